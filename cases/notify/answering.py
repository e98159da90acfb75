"""answering: what people do about notices: they see which there are, acknowledge them, or put them off for a time."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from cases.database import reading, writing
from cases.notify.notifier import ACKNOWLEDGED, TOLD
from cases.tables import NOTICE_SENDS, NOTICES


class NoSuchNotice(LookupError):
    """There is none of this number, or it is not one that can be answered. Plain text."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one channel."""

    channel: str
    round: int
    state: str
    """waiting, sent, dead, dropped."""
    attempts: int
    why: str
    """What it failed by last."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A message about cases, as it stands."""

    number: int
    rule: str
    state: str
    """gathering, told, acknowledged."""
    severity: int
    made: float
    told: float | None
    next: float | None
    """When it is told (again)."""
    snoozed: bool
    acknowledged: float | None
    acknowledged_by: str
    cases: tuple[str, ...]
    """Their ids."""
    lines: tuple[str, ...]
    more: int
    """Changes beyond the lines."""
    sends: tuple[Sent, ...]


def notices(engine: sa.Engine, *, state: str | None = None, limit: int | None = None) -> list[Notice]:
    """The newest first. limit: so many."""
    query = sa.select(NOTICES).order_by(NOTICES.c.number.desc()).limit(limit)
    if state is not None:
        query = query.where(NOTICES.c.state == state)
    with reading(engine) as connection:
        found = connection.execute(query).mappings().all()
        s = NOTICE_SENDS.c
        own = sa.select(NOTICE_SENDS).where(s.notice.in_([row["number"] for row in found]))
        sends: dict[int, list[Sent]] = {}
        for row in connection.execute(own.order_by(s.notice, s.round, s.channel)).mappings():
            said = Sent(**{name: row[name] for name in Sent.__struct_fields__})
            sends.setdefault(row["notice"], []).append(said)
    names = set(Notice.__struct_fields__) - {"cases", "lines", "sends"}
    return [
        Notice(
            **{name: row[name] for name in names},
            cases=tuple(dict.fromkeys(each["case"] for each in row["items"])),
            lines=tuple(each["line"] for each in row["items"]),
            sends=tuple(sends.get(row["number"], ())),
        )
        for row in found
    ]


def acknowledge(engine: sa.Engine, number: int, by: str, now: float) -> None:
    """Somebody has it: nobody else is told. Doing it again changes nothing. Raises NoSuchNotice."""
    values = {"state": ACKNOWLEDGED, "next": None, "snoozed": False, "acknowledged": now, "acknowledged_by": by}
    with writing(engine) as connection:
        if _state(connection, number) == TOLD:
            connection.execute(NOTICES.update().where(NOTICES.c.number == number).values(**values))


def snooze(engine: sa.Engine, number: int, until: float) -> None:
    """Put it off: it is told again at `until`, and nobody else is told before. Raises NoSuchNotice."""
    with writing(engine) as connection:
        if _state(connection, number) != TOLD:
            raise NoSuchNotice(f"notice {number} is acknowledged; it is not told again")
        mine = NOTICES.update().where(NOTICES.c.number == number)
        connection.execute(mine.values(next=until, snoozed=True))


def _state(connection: sa.Connection, number: int) -> str:
    state = connection.execute(sa.select(NOTICES.c.state).where(NOTICES.c.number == number)).scalar()
    if state not in (TOLD, ACKNOWLEDGED):
        raise NoSuchNotice(
            f"there is no notice {number} that has been told; `gridwatch notify list` says which there are"
        )
    return str(state)

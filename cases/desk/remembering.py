"""remembering: what fusion remembers, out of the store's rows at a start, and kept there as it changes.

Cases and their members are remembered by their own rows; what is in no case (held, shelvings, suppressions, storms) by
`cases.fusion.keeping`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

import msgspec
import sqlalchemy as sa

from cases.desk.book import Book, Row
from cases.desk.conditions import Conditions
from cases.desk.work import Work
from cases.fusion import Fusion, Happening, Live, Member, keeping
from cases.life import ENDED, ENDED_BY_ITSELF
from cases.tables import CASES, EPISODES, REPORTS

_ENDED = tuple(sorted(state.value for state in ENDED))
_MAY_COME_BACK = tuple(state.value for state in ENDED_BY_ITSELF)


def load(connection: sa.Connection, conditions: Conditions, at: float) -> Fusion:
    """Fusion as it was when the store was last written. at: the log's time then, UTC seconds."""
    since = at - conditions.fusion.longest if math.isfinite(at) else -math.inf
    recent = CASES.c.closed >= since if conditions.fusion.longest else sa.false()
    wanted = (CASES.c.state.not_in(_ENDED) & ~CASES.c.withdrawn) | (CASES.c.state.in_(_MAY_COME_BACK) & recent)
    fusion = Fusion(conditions.fusion, conditions.namespace, conditions.zone)
    beside = keeping.read(connection)
    fusion.load(_lives(connection, wanted), beside.held, beside.shelvings, beside.suppressions, beside.storms)
    return fusion


def live(book: Book, case: Row) -> Live:
    """One case, as fusion remembers it while it is active."""
    book.flush()
    (found,) = _lives(book.connection, CASES.c.id == case["id"])
    return msgspec.structs.replace(found, closed=math.nan, rejected=False)


def save(work: Work) -> None:
    """Keep what fusion remembers; that is dropped where the transaction fails."""
    for id in sorted(work.touched):
        case, remembered = work.case(id), work.fusion.case(id)
        mine = remembered is not None and remembered.id == id
        said = keeping.plain(msgspec.structs.replace(remembered, members=())) if mine and remembered else None
        if case is not None and said != case["fusion"]:
            case["fusion"] = said
            work.book.touch(CASES, case)
    keeping.write(work.book.connection, work.fusion, work.at)
    work.fusion.kept()


def _lives(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Live]:
    """Cases of which something is left."""
    cases = connection.execute(sa.select(CASES).where(wanted).order_by(CASES.c.id)).mappings().all()
    ids = sa.select(CASES.c.id).where(wanted)
    members: dict[str, list[tuple[int, Member]]] = defaultdict(list)
    episodes = sa.select(EPISODES).where(EPISODES.c.case_id.in_(ids), ~EPISODES.c.withdrawn)
    for row in connection.execute(episodes).mappings():
        happening = _happening(row, kind="episode", rule=row["rule"], started=row["started"])
        members[row["case_id"]].append((row["joined"] or 0, Member(happening=happening, ended=_nan(row["ended"]))))
    for row in connection.execute(sa.select(REPORTS).where(REPORTS.c.case_id.in_(ids))).mappings():
        happening = _happening(row, kind="report", rule="", started=row["at"])
        members[row["case_id"]].append((row["joined"] or 0, Member(happening=happening)))
    return [_live(row, _in_order(row["id"], members[row["id"]])) for row in cases if row["id"] in members]


def _in_order(case: str, found: Iterable[tuple[int, Member]]) -> tuple[Member, ...]:
    """As they came; of what an older gridwatch left, the one that gave the case its id first."""
    ordered = sorted(found, key=lambda each: (each[0], each[1].happening.id != case, each[1].happening.id))
    return tuple(member for _, member in ordered)


def _live(row: sa.RowMapping, members: tuple[Member, ...]) -> Live:
    if row["fusion"] is not None:
        return msgspec.structs.replace(msgspec.convert(row["fusion"], Live), members=members)
    ended = row["state"] in _ENDED
    return Live(
        id=row["id"],
        category=row["category"],
        lon=_nan(row["lon"]),
        lat=_nan(row["lat"]),
        opened=row["opened"],
        closed=_nan(row["closed"]) if ended else math.nan,
        members=members,
    )


def _happening(row: sa.RowMapping, *, kind: Literal["episode", "report"], rule: str, started: float) -> Happening:
    """As it was kept; of a row from before there was such a column, as far as the row says it."""
    if row["happening"] is not None:
        return msgspec.convert(row["happening"], Happening)
    return Happening(
        id=row["id"],
        kind=kind,
        rule=rule,
        category=row["category"],
        subject=row["subject"],
        part=row.get("part", ""),
        place=row.get("place", ""),
        lon=_nan(row["lon"]),
        lat=_nan(row["lat"]),
        started=started,
        at=started,
    )


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)

"""reading: what the API asks the store: a case, the reports of a channel, what became of a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.intake.numbers import as_written
from cases.intake.text import tidy
from cases.life import ENDED, State
from cases.reading import find
from cases.tables import CASES, REPORTS

Row = Mapping[str, Any]


class Followed(NamedTuple):
    """A report and how its case stands; one that is merged hands its reports on."""

    report: Row
    state: str
    due: float | None
    changed: float
    closed: float | None
    responsible: str

    @property
    def reply(self) -> str:
        """What the desk has said to the reporter in words of its own, where the case has ended; '': nothing."""
        answer = str(self.report["answer"])
        return answer if self.state in ENDED and answer not in set(State) else ""


def find_case(connection: sa.Connection, name: str) -> Row:
    """The case with this id, the beginning of it, or number. Raises NoSuchCase."""
    query = sa.select(CASES).where(CASES.c.id == find(connection, tidy(name, 200)))
    return dict(connection.execute(query).mappings().one())


def find_report(connection: sa.Connection, number: str, channels: Collection[str] | None = None) -> Followed | None:
    """The report with its reporter's number. channels: only by one of these ways; None: by any. The newest of several:
    two hotlines may count alike."""
    plain = tidy(number, 200)
    query = _followed().where(REPORTS.c.number.in_({plain, as_written(plain)}))
    if channels is not None:
        query = query.where(REPORTS.c.channel.in_(channels))
    row = connection.execute(query.order_by(REPORTS.c.at.desc()).limit(1)).mappings().first()
    return None if row is None else _of(dict(row))


def reports_of(connection: sa.Connection, *where: sa.ColumnElement[bool], limit: int) -> list[Followed]:
    """Reports that fit, newest first."""
    query = _followed().where(*where).order_by(REPORTS.c.at.desc(), REPORTS.c.id).limit(limit)
    return [_of(dict(row)) for row in connection.execute(query).mappings()]


def _followed() -> sa.Select[Any]:
    case = [CASES.c[name].label(f"case_{name}") for name in ("state", "due", "changed", "closed", "responsible")]
    return sa.select(REPORTS, *case).select_from(REPORTS.join(CASES, CASES.c.id == REPORTS.c.case_id))


def _of(row: Row) -> Followed:
    return Followed(row, *(row[f"case_{name}"] for name in Followed._fields[1:]))

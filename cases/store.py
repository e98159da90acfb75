"""store: the cases of one city, in SQLite or PostgreSQL: opened, brought up to date, read; written by its desk alone.

The read side for commands and tests; pages and the API read by `cases.reading`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from cases.case import Case, NoSuchCase
from cases.database import HeldDesk, open_database, reading, writing
from cases.database_postgres import BESIDE, DESK
from cases.desk import Conditions, Desk, Places, Plain
from cases.desk.desk import read_place
from cases.fold import Logged, Place
from cases.migrations import has_tables, migrate
from cases.reading import find
from cases.tables import ANSWERS, APPLIED, CASES, EPISODES
from cases.words import Answer

__all__ = ["FILE", "NoSuchCase", "Store"]

FILE = "cases.sqlite"
"""Its name in a city's data folder."""

_NUMBERS = ("lon", "lat", "started", "confirmed", "ended", "measure", "due")
_FIELDS = Case.__struct_fields__
_MANY = 500
"""Ids in one question."""


class Store:
    """The cases of one city. One desk; any number of readers, in this process or others."""

    def __init__(
        self,
        where: Path | str | None,
        *,
        read_only: bool = False,
        desk: bool = True,
        conditions: Callable[[str], Conditions] = lambda _: Conditions(),
        places: Callable[[sa.Connection], Places] = lambda _: Plain(),
    ) -> None:
        """where: a file, a URL, or None: in memory, for replay and tests. conditions, places: of the desk.

        desk: False: another process files cases there and makes the tables; here, in one process too, only what is not
        the desk's is written. Raises AnotherDesk where another process is that, NewerSchema where a newer gridwatch
        wrote it, OlderSchema where an older one did and it is not ours to bring up to date, FileNotFoundError where it
        is to be read and is not there.
        """
        self.engine = open_database(where, read_only=read_only)
        self._held: HeldDesk | None = None
        try:
            if not read_only:
                self._held = HeldDesk(self.engine, DESK if desk else BESIDE)
            if desk and not read_only:
                migrate(self.engine)
                self._empty = False
            else:
                self._empty = not has_tables(self.engine)
        except BaseException:
            self.close()
            raise
        self.desk = Desk(self.engine, conditions, places)

    def close(self) -> None:
        """Give the file back."""
        if self._held is not None:
            self._held.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def empty(self) -> bool:
        """Nobody had made the tables when it was opened."""
        return self._empty

    # -- writing ----------------------------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The journal position up to which all effects are in; -1 before any."""
        if self._empty:
            return -1
        with reading(self.engine) as connection:
            return int(connection.execute(sa.select(APPLIED.c.through)).scalar_one())

    @property
    def place(self) -> Place:
        """The last entry of the one ordered log whose effects are in."""
        with reading(self.engine) as connection:
            return read_place(connection)

    def apply(self, entries: Sequence[Logged], passed: float = -math.inf, through: int = -1, version: str = "") -> int:
        """See `Desk.apply`."""
        return self.desk.apply(entries, passed, through, version)

    def refresh(self, measures: Mapping[str, float]) -> None:
        """The worst measure so far of episodes that go on, by id; others are left as they are."""
        known = [{"episode": id, "worst": measure} for id, measure in measures.items() if math.isfinite(measure)]
        if known:
            with writing(self.engine) as connection:
                connection.execute(_REFRESH, known)
                connection.execute(_REFRESH_CASE, known)

    # -- reading ----------------------------------------------------------------------------------------------------

    def list(
        self,
        *,
        open: bool | None = None,
        rule: str | None = None,
        subject: str | None = None,
        since: float | None = None,
        limit: int | None = None,
        withdrawn: bool = False,
    ) -> Sequence[Case]:
        """Cases, sorted by (started, id).

        open: only those whose happening goes on (True) or has ended (False). since: only those that started then or
        later, UTC seconds. limit: only the newest so many. withdrawn: those that were taken back too.
        """
        query = sa.select(CASES)
        if not withdrawn:
            query = query.where(~CASES.c.withdrawn)
        if open is not None:
            going_on = CASES.c.ended.is_(None) & ~CASES.c.withdrawn
            query = query.where(going_on if open else ~going_on)
        if rule is not None:
            query = query.where(CASES.c.rule == rule)
        if subject is not None:
            query = query.where(CASES.c.subject == subject)
        if since is not None:
            query = query.where(CASES.c.started >= since)
        query = query.order_by(CASES.c.started.desc(), CASES.c.id.desc())
        if limit is not None:
            query = query.limit(limit)
        return self._cases(query)[::-1]

    def get(self, id: str) -> Case:
        """The case with this id or number, or the only one whose id begins so; withdrawn ones too.

        Raises NoSuchCase.
        """
        if self._empty:
            raise NoSuchCase(f"no case has an id that begins with '{id}'; `gridwatch cases list` shows them")
        with reading(self.engine) as connection:
            whole = find(connection, id)
            row = connection.execute(sa.select(CASES).where(CASES.c.id == whole)).mappings().one()
        return _case(row)

    def answer(self, id: str) -> Answer | None:
        """What became of a step or a report; None: nothing yet, or so long ago that it is forgotten."""
        return self.answers([id]).get(id)

    def answers(self, ids: Sequence[str]) -> dict[str, Answer]:
        """`answer` of each that has one."""
        found = {}
        with reading(self.engine) as connection:
            for start in range(0, len(ids), _MANY):
                some = sa.select(ANSWERS).where(ANSWERS.c.id.in_(ids[start : start + _MANY]))
                for row in connection.execute(some).mappings():
                    told = {name: row[name] for name in ("id", "taken", "why")}
                    found[row["id"]] = Answer(case=row["case_id"], allowed=tuple(row["allowed"]), **told)
        return found

    def _cases(self, query: sa.Select[Any]) -> Sequence[Case]:
        if self._empty:
            return []
        with reading(self.engine) as connection:
            return [_case(row) for row in connection.execute(query).mappings()]


_REFRESH = (
    EPISODES.update()
    .where(EPISODES.c.id == sa.bindparam("episode"), EPISODES.c.ended.is_(None), ~EPISODES.c.withdrawn)
    .values(measure=sa.bindparam("worst"))
)
_REFRESH_CASE = (
    CASES.update()
    .where(CASES.c.id == sa.bindparam("episode"), CASES.c.ended.is_(None), ~CASES.c.withdrawn)
    .values(measure=sa.bindparam("worst"))
)


def _case(row: sa.RowMapping) -> Case:
    values = {name: row[name] for name in _FIELDS}
    return Case(**values | {name: math.nan if values[name] is None else values[name] for name in _NUMBERS})

"""store: cases in SQLite, each effect committed together with the journal position that it comes from.

Keeps cases as they stood after each event. The first form: one case for each episode. An effect is "this is how it
stands now"; what lies at or before the stored position is skipped, so that a restart that judges the journal's tail
again changes nothing.

Write-ahead logging, so that readers in other processes never wait for the writer; `synchronous` is FULL, because a case
must not be lost once the engine's snapshot has passed it, and cases are few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from cases.case import Case
from cases.schema import APPLIED, CASES, VERDICTS, file_version, migrate
from cases.verdict import Verdict

FILE = "cases.sqlite"
"""Its name in a city's data folder."""
BUSY = 10_000
"""How long a connection waits for another's lock, milliseconds."""

_FIXED = {"id", "category", "unit", "opened_position"}
"""What an update never changes."""
_NUMBERS = ("lon", "lat", "started", "confirmed", "ended", "measure")
_COLUMNS = [column.name for column in CASES.columns]


class NoSuchCase(LookupError):
    """No case has this id, or several begin so. The message says which and is plain."""


class Store:
    """The cases of one city. One writer; any number of readers, in this process or others."""

    def __init__(self, file: Path | None, *, read_only: bool = False) -> None:
        """Open or make `file`; None: in memory, for replay and tests.

        Raises NewerSchema where a newer gridwatch wrote it; FileNotFoundError where it is to be read and is not there.
        """
        if read_only and (file is None or not file.exists()):
            raise FileNotFoundError(2, "no cases here yet; `gridwatch run` makes them", str(file))
        self._engine = _engine(file, read_only)
        self._writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        try:
            if read_only:
                with self._engine.begin() as connection:
                    self._empty = file_version(connection) == 0
            else:
                with self._writing.begin() as connection:
                    migrate(connection)
                self._empty = False
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- writing ----------------------------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The journal position up to which all effects are in; -1 before any."""
        if self._empty:
            return -1
        with self._engine.begin() as connection:
            return _position(connection)

    def apply(self, cases: Iterable[Case], through: int) -> int:
        """Cases as they stood after some events, and how far that is all of them, in one transaction.

        cases: in the order in which they are to be known. Their order is not the journal's: what one source said can
        be known before what another said earlier. So two things make judging a tail again harmless: what comes from a
        position at or before the stored one is skipped, and a case never goes back to what it was at an earlier
        position. through: the position up to which nothing is missing any more. Without any case nothing is written,
        since judging it again would find nothing again. Returns how many were new.
        """
        cases = list(cases)
        if not cases:
            return 0
        with self._writing.begin() as connection:
            stored = _position(connection)
            new = [case for case in cases if case.position > stored]
            if new:
                connection.execute(_UPSERT, _rows(new))
                if through > stored:
                    connection.execute(APPLIED.update().values(position=through))
        return len(new)

    def refresh(self, measures: Mapping[str, float]) -> None:
        """The worst measure so far of cases that go on, by id; others are left as they are."""
        known = [{"case": id, "worst": measure} for id, measure in measures.items() if math.isfinite(measure)]
        if known:
            with self._writing.begin() as connection:
                connection.execute(_REFRESH, known)

    def say(self, verdict: Verdict) -> None:
        """Add what somebody says of a case. Raises NoSuchCase where there is none of this id."""
        self.get(verdict.case)
        with self._writing.begin() as connection:
            connection.execute(VERDICTS.insert().values(**{n: getattr(verdict, n) for n in verdict.__struct_fields__}))

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

        open: only those that go on (True) or have ended (False). since: only those that started then or later, UTC
        seconds. limit: only the newest so many. withdrawn: those that were taken back too.
        """
        if self._empty:
            return []
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
        """The case with this id, or the only one whose id begins so; withdrawn ones too. Raises NoSuchCase."""
        wanted = id.strip().lower()
        found: Sequence[Case] = []
        if wanted and not self._empty:
            # Ids are of hexadecimal digits and '-', which all sort before 'g'.
            query = sa.select(CASES).where(CASES.c.id >= wanted, CASES.c.id < f"{wanted}g").order_by(CASES.c.id)
            found = self._cases(query.limit(4))
        if not found:
            raise NoSuchCase(f"no case has an id that begins with '{id}'; `gridwatch cases list` shows them")
        if len(found) > 1 and found[0].id != wanted:
            several = ", ".join(case.id for case in found[:3]) + (", …" if len(found) > 3 else "")
            raise NoSuchCase(f"several cases have an id that begins with '{id}': {several}; give more of it")
        return found[0]

    def verdicts(self) -> Sequence[Verdict]:
        """All that has been said, in the order in which it was."""
        if self._empty:
            return []
        query = sa.select(VERDICTS).order_by(VERDICTS.c.number)
        with self._engine.begin() as connection:
            if not sa.inspect(connection).has_table(VERDICTS.name):  # written by an older gridwatch, and only read here
                return []
            rows = connection.execute(query).mappings().all()
        return [Verdict(**{name: row[name] for name in Verdict.__struct_fields__}) for row in rows]

    def _cases(self, query: sa.Select[Any]) -> Sequence[Case]:
        with self._engine.begin() as connection:
            return [_case(row) for row in connection.execute(query).mappings()]


_INSERT = insert(CASES)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=[CASES.c.id],
    set_={name: _INSERT.excluded[name] for name in _COLUMNS if name not in _FIXED},
    where=_INSERT.excluded.position >= CASES.c.position,
)
_REFRESH = (
    CASES.update()
    .where(CASES.c.id == sa.bindparam("case"), CASES.c.ended.is_(None), ~CASES.c.withdrawn)
    .values(measure=sa.bindparam("worst"))
)


def _position(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(APPLIED.c.position)).scalar_one())


def _rows(cases: Iterable[Case]) -> Sequence[dict[str, Any]]:
    """The last state of each case, as rows of CASES, with what it got when it opened."""
    first: dict[str, Case] = {}
    last: dict[str, Case] = {}
    for case in cases:
        first.setdefault(case.id, case)
        last[case.id] = case
    rows = []
    for case in last.values():
        row = {name: getattr(case, name) for name in _COLUMNS}
        row |= {name: getattr(first[case.id], name) for name in _FIXED}
        # NaN and infinity are not numbers that a database compares well.
        row |= {name: row[name] if math.isfinite(row[name]) else None for name in _NUMBERS}
        rows.append(row)
    return rows


def _case(row: sa.RowMapping) -> Case:
    values = {name: row[name] for name in _COLUMNS}
    return Case(**values | {name: math.nan if values[name] is None else values[name] for name in _NUMBERS})


def _engine(file: Path | None, read_only: bool) -> sa.Engine:
    if file is None:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    else:
        query = {"uri": "true", "mode": "ro" if read_only else "rwc"}
        url = sa.URL.create("sqlite", database=file.absolute().as_uri(), query=query)
        engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver's own idea of transactions leaves out DDL; `begun` begins them
        for pragma in (f"busy_timeout = {BUSY}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine

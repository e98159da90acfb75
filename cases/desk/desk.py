"""desk: works through the one ordered log and keeps what comes of it, each effect together with its place in the log.

The only writer of cases, episodes, reports, steps, tasks, approvals, timers and changes. What the store has is never
done again, whatever a restart reads once more; so recovery undoes nothing that a person did. What happens by itself
(a deadline) happens at its time between the entries, by the log's time alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.desk import happenings, putting_aside, remembering, timing
from cases.desk.acting import act
from cases.desk.book import Book
from cases.desk.conditions import Conditions, Places
from cases.desk.work import Timers, Work
from cases.fold import Logged, Place
from cases.fusion import Fusion
from cases.life import CITY_ACTIONS
from cases.tables import ANSWERS, APPLIED, CHANGES, REPORTS, STEPS, TIMERS
from cases.words import Answer, Report, Step

BEFORE_ALL = -1.0
"""Stands for 'before any tick' in the store: no log's time is as early."""
ANSWERS_KEPT, CHANGES_KEPT = 86400.0, 31 * 86400.0
"""Seconds."""
AT_ONCE = 500
"""Entries in one transaction."""
_TIDY = 3600.0


class Desk:
    """Of one city. One thread; there is one desk in a store."""

    def __init__(
        self,
        engine: sa.Engine,
        conditions: Callable[[str], Conditions],
        places: Callable[[sa.Connection], Places],
    ) -> None:
        """conditions: of the version with a payload. places: what the registers say, as of a transaction."""
        self._engine, self._conditions, self._places = engine, conditions, places
        self._fusion: Fusion | None = None
        self._timers = Timers()
        self._version: str | None = None
        self._tidied = -math.inf

    def apply(self, entries: Sequence[Logged], passed: float, through: int, version: str = "") -> int:
        """Entries in the log's order and how far time has passed; how many of them were new.

        passed: what is due before it happens, UTC seconds. through: the journal position up to which nothing is missing
        then. version: the payload of what is in force, for a start where no entry says it. All or nothing of each
        transaction; raises what `cases.database.writing` raises.
        """
        count, before = 0, self._version
        try:
            for start in range(0, len(entries), AT_ONCE) or (0,):
                some = entries[start : start + AT_ONCE]
                last = start + AT_ONCE >= len(entries)
                before = self._version
                if some or self._due(passed):
                    count += self._apply(some, passed if last else -math.inf, through if last else None, version)
        except BaseException:
            self._fusion, self._version = None, before  # what is in memory is ahead of what was kept
            raise
        return count

    def _due(self, passed: float) -> bool:
        if self._fusion is None:
            return True
        soonest = self._timers.soonest()
        return (soonest is not None and soonest[0] < passed) or self._fusion.due() < passed

    def _apply(self, entries: Sequence[Logged], passed: float, through: int | None, version: str) -> int:
        with writing(self._engine) as connection:
            book = Book(connection)
            applied = read_place(connection)
            new = [entry for entry in entries if stored(entry.place) > applied]
            work = self._begin(book, new[0].version if new else version)
            work.position = applied.position
            for entry in new:
                self._become(work, entry.version)
                timing.until(work, entry.stamp)
                work.at, work.position = entry.stamp, entry.position
                if not math.isfinite(work.at):
                    work.at = entry.confirmed  # before any tick: what the row itself says is all there is
                self._take(work, entry)
            timing.until(work, passed)
            remembering.save(work)
            book.flush()
            self._timers.write(connection)
            if new:
                values = dict(stored(new[-1].place)._asdict())
                connection.execute(APPLIED.update().values(**values))
            if through is not None and (new or through > 0):
                connection.execute(APPLIED.update().values(through=through).where(APPLIED.c.through < through))
            self._tidy(connection, passed)
        return len(new)

    def _begin(self, book: Book, version: str) -> Work:
        if self._version is None:
            self._version = version
        conditions = self._conditions(self._version)
        if self._fusion is None:
            self._fusion = remembering.load(book.connection, conditions, read_place(book.connection).stamp)
            rows = book.connection.execute(sa.select(TIMERS.c.at, TIMERS.c.case_id, TIMERS.c.kind))
            self._timers = Timers((at, case, kind) for at, case, kind in rows)
        work = Work(book, self._places(book.connection), self._fusion, self._timers)
        work.conditions, work.version = conditions, self._version
        return work

    def _become(self, work: Work, version: str) -> None:
        """The version in force is another from here on."""
        if version == self._version:
            return
        self._version = work.version = version
        settings = work.conditions.fusion
        work.conditions = self._conditions(version)
        if work.conditions.fusion != settings:
            happenings.passed(work, work.fusion.configure(work.conditions.fusion, work.at))

    def _take(self, work: Work, entry: Logged) -> None:
        if entry.known is not None:
            happenings.episode(work, entry.known)
            return
        said = entry.step or entry.report
        if said is None or _known(work, said):
            return
        answer = happenings.report(work, said) if isinstance(said, Report) else _acted(work, said)
        work.book.add(ANSWERS, _row(answer, work.at))

    def _tidy(self, connection: sa.Connection, passed: float) -> None:
        """Let go what is kept for a time only."""
        if not math.isfinite(passed) or passed < self._tidied + _TIDY:
            return
        self._tidied = passed
        connection.execute(ANSWERS.delete().where(ANSWERS.c.at < passed - ANSWERS_KEPT))
        connection.execute(CHANGES.delete().where(CHANGES.c.at < passed - CHANGES_KEPT))


def _known(work: Work, said: Step | Report) -> bool:
    """Whether it was answered before; for longer than answers are kept, whether it was taken."""
    if work.book.get(ANSWERS, said.id) is not None:
        return True
    table = REPORTS if isinstance(said, Report) else STEPS
    before = work.book.get(table, said.id)
    if before is not None:
        answer = Answer(id=said.id, case=before["case_id"], taken=True)
        work.book.add(ANSWERS, _row(answer, work.at))
    return before is not None


def _acted(work: Work, step: Step) -> Answer:
    return putting_aside.act(work, step) if step.action in CITY_ACTIONS else act(work, step)


def _row(answer: Answer, at: float) -> dict[str, Any]:
    return {
        "id": answer.id,
        "case_id": answer.case,
        "taken": answer.taken,
        "why": answer.why,
        "allowed": list(answer.allowed),
        "at": at,
    }


def stored(place: Place) -> Place:
    """As a database keeps it, which knows no infinity."""
    stamp, confirmed = (BEFORE_ALL if math.isnan(each) else min(max(each, BEFORE_ALL), 1e18) for each in place[:2])
    return place._replace(stamp=stamp, confirmed=confirmed)


def read_place(connection: sa.Connection) -> Place:
    """How much of the log is in the store."""
    row = connection.execute(sa.select(APPLIED)).one()
    return Place(row.stamp, row.confirmed, row.id, row.position, row.nth)

"""work: what the desk has in its hands while it works on one entry of the log: the book, the time, the conditions.

What all effects need is here: a case's row, its revision, what others are told of a change, its timers.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cases.desk.book import Book, Row
from cases.desk.conditions import Conditions, Places
from cases.fusion import Fusion, Passed
from cases.tables import CASES, CHANGES, COUNTERS, EPISODES, REPORTS, STEPS, TIMERS


class Timers:
    """What is to happen by itself, in memory as in its table, soonest first."""

    def __init__(self, rows: Iterable[tuple[float, str, str]] = ()) -> None:
        """rows: (at, case id, kind)."""
        self._at = {(case, kind): at for at, case, kind in rows}
        self._heap = [(at, case, kind) for (case, kind), at in self._at.items()]
        self._changed: set[tuple[str, str]] = set()
        heapq.heapify(self._heap)

    def set(self, case: str, kind: str, at: float) -> None:
        """One more, or another time for one."""
        self._at[case, kind] = at
        self._changed.add((case, kind))
        heapq.heappush(self._heap, (at, case, kind))

    def drop(self, case: str, kind: str) -> None:
        """It is not to happen any more."""
        if self._at.pop((case, kind), None) is not None:
            self._changed.add((case, kind))

    def soonest(self) -> tuple[float, str, str] | None:
        """The first that is to happen: (at, case id, kind)."""
        while self._heap:
            at, case, kind = self._heap[0]
            if self._at.get((case, kind)) == at:
                return at, case, kind
            heapq.heappop(self._heap)
        return None

    def write(self, connection: sa.Connection) -> None:
        """What has changed since the last time, into its table."""
        changed = sorted(self._changed)
        self._changed.clear()
        if changed:
            connection.execute(_DROP, [{"case": case, "what": kind} for case, kind in changed])
        there = [(case, kind, self._at[case, kind]) for case, kind in changed if (case, kind) in self._at]
        if there:
            connection.execute(TIMERS.insert(), [{"case_id": c, "kind": kind, "at": at} for c, kind, at in there])


_DROP = TIMERS.delete().where(TIMERS.c.case_id == sa.bindparam("case"), TIMERS.c.kind == sa.bindparam("what"))


class Work:
    """Of one transaction. `at`, `position` and `conditions` are those of the entry that is worked on."""

    def __init__(self, book: Book, places: Places, fusion: Fusion, timers: Timers) -> None:
        self.book, self.places, self.fusion, self.timers = book, places, fusion, timers
        self.conditions = Conditions()
        self.version = ""
        """The payload of the version that they are of."""
        self.at = 0.0
        """The log's time, UTC seconds: what is done now is done then."""
        self.position = -1
        self.decided: list[Passed] = []
        """What a step has set free, to be looked after once it is taken."""
        self.touched: set[str] = set()
        """Cases of which fusion may remember something else now."""

    # ---- cases

    def case(self, id: str) -> Row | None:
        """A case's row."""
        return self.book.get(CASES, id)

    def known(self, id: str) -> Row:
        """The row of a case that there is."""
        row = self.case(id)
        if row is None:
            raise LookupError(f"the store has no case {id}; its log says that there is one")
        return row

    def changed(self, case: Row, event: str, data: Mapping[str, Any] | None = None) -> None:
        """People can see that it is another now, and whoever follows `changes` is told."""
        case["revision"] += 1
        case["changed"] = self.at
        case["position"] = max(case["position"], self.position)
        self.touched.add(case["id"])
        self.book.touch(CASES, case)
        units = [unit for unit in (case["responsible"], *case["helpers"]) if unit]
        said = {"state": case["state"], "revision": case["revision"], "units": units, **(data or {})}
        self.book.append(CHANGES, {"case_id": case["id"], "event": event, "at": self.at, "data": said})

    def record(self, case: Row, step: Mapping[str, Any], before: str) -> None:
        """A step that was taken: for ever in the history, and a change. step: id, action, by, role, note, data."""
        case["steps"] += 1
        self.book.append(
            STEPS,
            {
                "id": step["id"],
                "case_id": case["id"],
                "number": case["steps"],
                "action": step["action"],
                "from_state": before,
                "since": case["since"],
                "to_state": case["state"],
                "by": step["by"],
                "role": step["role"],
                "at": self.at,
                "note": step["note"],
                "data": step["data"],
            },
        )
        if case["state"] != before:
            case["since"] = self.at
        told = {"by": step["by"], "role": step["role"], "note": step["note"], "step": step["data"]}
        self.changed(case, step["action"], told)

    def own_id(self, case: Row, what: str) -> str:
        """The id of something that comes of a case's next step, the same wherever the log is read."""
        return str(uuid.uuid5(self.conditions.namespace, f"{case['id']}/{case['steps'] + 1}/{what}"))

    # ---- members

    def joins(self, table: sa.Table, member: Row, case: str) -> None:
        """A member, a row of episodes or reports, is one of a case's from now on, after those that it has."""
        counter = self.book.get(COUNTERS, "members")
        if counter is None:
            counter = self.book.add(COUNTERS, {"name": "members", "value": 0})
        counter["value"] += 1
        self.book.touch(COUNTERS, counter)
        member["case_id"], member["joined"] = case, counter["value"]
        self.book.touch(table, member)

    def members(self, case: str) -> list[tuple[sa.Table, Row]]:
        """Of a case, with their tables, in the order in which they came to it."""
        found = [
            (table, row) for table in (EPISODES, REPORTS) for row in self.book.select(table, table.c.case_id == case)
        ]
        return sorted(found, key=lambda each: (each[1]["joined"] or 0, each[1]["id"]))

    # ---- timers

    def set_timers(self, case: Row, times: Mapping[str, float]) -> None:
        """What is to happen by itself, in place of what was set under the same kinds."""
        for kind, at in times.items():
            self.timers.set(case["id"], kind, at)

    def drop_timers(self, case: Row, kinds: Iterable[str]) -> None:
        """It is not to happen any more."""
        for kind in kinds:
            self.timers.drop(case["id"], kind)

"""live_cases: follows the store's `changes` by number and tells the hub: each case as it now stands, or what
happened to the city.

One thread for all who listen. A case that changes several times between two looks is told once, with all its events.
Whoever may not see a case any more is told that it is gone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cases.case import iso
from cases.database import reading
from cases.database_errors import StoreBroken, StoreTrouble
from cases.reading_rows import Listed
from cases.tables import CASES, CHANGES
from console.live_hub import Hub, Seen
from console.rows import told

EACH = 0.1
"""Seconds between two looks."""
QUIET = 1.0
"""The same while nobody listens, or while the store can't be read."""
BATCH = 500
REMEMBERED = 50_000
"""Cases of which the units are remembered, so that it is known who has lost sight of one."""

Row = Mapping[str, Any]
Sees = Callable[[Any, Row], bool]
"""(sight, a case's row) -> whether they may see it."""
_COLUMNS = tuple(dict.fromkeys((*Listed.__struct_fields__, "helpers", "withdrawn", "merged_into")))


class Following:
    """`start` and `stop`, each once. `look` is one look, for whoever has no thread."""

    def __init__(
        self,
        engine: sa.Engine,
        hub: Hub,
        sees: Sees,
        say: Callable[[str], None] = lambda _: None,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        """engine: the store, to be read. say: where trouble is told, once. also: what is done at each look besides."""
        self._engine, self._hub, self._sees, self._say, self._also = engine, hub, sees, say, also
        self._number: int | None = None
        self._before: OrderedDict[str, Row] = OrderedDict()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._troubled = False

    def start(self) -> None:
        """From here on nothing is missed."""
        self._thread.start()

    def stop(self) -> None:
        """A second call does nothing."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            wait = EACH if len(self._hub) else QUIET
            try:
                if self.look() == BATCH:
                    continue
                self._also()
                self._troubled = False
            except (StoreTrouble, StoreBroken) as error:
                wait = QUIET
                if not self._troubled:
                    self._say(f"pages are not told what happens: {error}")
                self._troubled = True
            self._ending.wait(wait)

    def look(self) -> int:
        """Tell what is new; how many changes that was. Raises StoreTrouble, StoreBroken."""
        with reading(self._engine) as connection:
            if self._number is None:
                newest = sa.select(sa.func.coalesce(sa.func.max(CHANGES.c.number), 0))
                self._number = connection.execute(newest).scalar_one()
                self._hub.begin(self._number)
                return 0
            query = sa.select(CHANGES).where(CHANGES.c.number > self._number).order_by(CHANGES.c.number).limit(BATCH)
            changes: list[Row] = [dict(change) for change in connection.execute(query).mappings()]
            if not changes:
                return 0
            ids = {change["case_id"] for change in changes if change["case_id"]}
            wanted = sa.select(*(CASES.c[name] for name in _COLUMNS)).where(CASES.c.id.in_(ids))
            rows = {row["id"]: dict(row) for row in connection.execute(wanted).mappings()}
        some = [("cases", *each) for each in self._cases(changes, rows)]
        some += [("city", *_city(change)) for change in changes if not change["case_id"]]
        # In the order of their numbers: who has one has all before it.
        for topic, seen, number in sorted(some, key=lambda each: each[2]):
            self._hub.happened(topic, seen, number)
        self._number = changes[-1]["number"]
        return len(changes)

    def _cases(self, changes: Sequence[Row], rows: Mapping[str, Row]) -> list[tuple[Seen, int]]:
        events: dict[str, list[str]] = {}
        number: dict[str, int] = {}
        for change in changes:
            if change["case_id"] in rows:
                events.setdefault(change["case_id"], []).append(change["event"])
                number[change["case_id"]] = change["number"]
        if not events:
            return []
        some = []
        for id, names in events.items():
            row = rows[id]
            out = told(Listed.of(row)) | {"helpers": row["helpers"], "withdrawn": row["withdrawn"]}
            out |= {"event": names[-1], "events": names, "change": number[id]}
            some.append((row, self._before.pop(id, None), out))
            self._before[id] = {"responsible": row["responsible"], "helpers": row["helpers"], "grid": row["grid"]}
        while len(self._before) > REMEMBERED:
            self._before.popitem(last=False)

        def seen(sight: Hashable) -> dict[str, Any] | None:
            visible = [out for row, _, out in some if self._sees(sight, row)]
            gone = [
                row["id"]
                for row, before, _ in some
                if not self._sees(sight, row) and before is not None and self._sees(sight, before)
            ]
            return {"cases": visible, "gone": gone} if visible or gone else None

        return [(seen, max(number.values()))]


def _city(change: Row) -> tuple[Seen, int]:
    """A step about the city rather than a case: a rule was shelved …"""
    said = {"event": change["event"], "at": iso(change["at"]), "change": change["number"]}
    return lambda _: said, change["number"]

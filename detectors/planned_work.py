"""planned_work: has the planned work not been done by the end of its window?

Reads Position; remembers for the plan's current window which pieces of its route or area were passed. Reports how many
per cent were done. Wrong after the window's end while less than the plan's share is done; right once it is done, late
or not, or the next window begins. A vehicle that never came, or that is not heard of, is found by ticks.

A window counts only where the vehicle was heard of before it began, under the plan as it is: what was done before
anybody looked, nobody knows.

A piece is done when the vehicle passed within the plan's radius of its middle, going straight from one fix to the next
where they are no more than a minute apart, while it was working: with the column that the rule names on, in both of
them. Where that column is unknown, being there counts; a fix that is less accurate than the radius never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.pieces import how_many
from pipeline.plans import Planned
from pipeline.rows import Flags, Floats, Ints, Position
from pipeline.units import Quantity, Seconds
from pipeline.world import World

_FIX = [("heard", "?"), ("ts", "f8"), ("lon", "f8"), ("lat", "f8"), ("worked", "?")]


class PlannedWork(Detector):
    """Has the planned work not been done by the end of its window?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    memory = np.dtype([("work", "u8"), ("start", "f8"), ("seen", "?"), ("done", "u1", 32), *_FIX])
    """work: the plan and its pieces, start: of its window, seen: all of it, done: the pieces; then the last fix, and
    whether it was work."""
    worse = min
    unit = "%"

    working: str | None = None
    """The column that says that it works (a brush that is down), 0 off .. 1 on; none: it works wherever it is."""
    joined: Seconds = Quantity(60.0)
    """Between fixes no farther apart than this it went straight."""
    grace: Seconds = Quantity(600.0)
    """So long after the end of a window silence may yet turn out to be work: uploads after a dead zone."""

    def judge(self, rows: Position, world: World, memory: Any) -> Judgement:
        planned = world.plan(rows.subject, rows.ts)
        has = planned.plan >= 0
        begins = has & ((memory["work"] != planned.work) | (memory["start"] != planned.start))
        memory["done"][begins], memory["worked"][begins] = 0, False
        memory["seen"][begins] = (memory["heard"] & (memory["ts"] < planned.start))[begins]
        memory["work"][begins], memory["start"][begins] = planned.work[begins], planned.start[begins]
        works = has & ~(rows.accuracy > planned.radius)
        on = rows.column(self.working) if self.working else None
        if on is not None:
            works &= ~(on < 0.5)
        at = np.flatnonzero(works)
        if len(at):
            straight = memory["worked"][at] & (rows.ts[at] - memory["ts"][at] <= self.joined)
            lon, lat = rows.lon[at], rows.lat[at]
            begin = np.where(straight, memory["lon"][at], lon), np.where(straight, memory["lat"][at], lat)
            memory["done"][at] |= world.passed(planned.plan[at], begin, (lon, lat))
        memory["worked"], memory["heard"] = works, True
        memory["ts"], memory["lon"], memory["lat"] = rows.ts, rows.lon, rows.lat
        percent, enough = self._done(planned, memory)
        return Judgement(wrong=has & (rows.ts >= planned.end) & ~enough, measure=percent)

    def idle(self, last: Position, world: World, memory: Any) -> Floats | None:
        planned = world.plan(last.subject, last.ts)
        _, enough = self._done(planned, memory)
        return planned.deadline(last.ts, enough) + self.grace

    def _done(self, planned: Planned, memory: Memory) -> tuple[Floats, Flags]:
        """(%, enough): how much of the window's work is done, and whether nothing more is asked for."""
        percent = how_many(memory["done"]) * 100.0 / np.maximum(planned.pieces, 1)
        return percent, (percent >= planned.share * 100.0 - 1e-9) | ~memory["seen"]

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no plan with a route or a zone": ~world.has_plan(subjects)}

"""tipping: does it tip its load where it must not?

Reads Position; remembers the load before the body went up. Reports by how many points the load fell. Wrong while the
body is up, the vehicle is outside the disposal site that its manifest or permit assigns to it (where none is assigned:
outside every disposal site) and its load is well below what it was; right with the body down, inside that site, or when
the load has not fallen after all. What falls inside, or too near the boundary to tell, is no fall: lorries leave the
site with the body still up.

Default fall of 30 points: weighing cells swing by 10 to 20 while the body goes up and the axles are relieved. A load
that was said more than 5 minutes ago says nothing about what was tipped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.names import NOBODY
from pipeline.rows import Flags, Ints, Longs, Position
from pipeline.runs import before, last_at, lasts, of_row, rows_of
from pipeline.units import Quantity, Seconds, Share
from pipeline.world import World


class Tipping(Detector):
    """Does it tip its load where it must not?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat", "body", "load")
    memory = np.dtype([("heard", "?"), ("ts", "f8"), ("load", "f8")])
    """load: what it carried when it was last seen with the body down, or where it may tip."""
    unit = "%"

    raised: Share = Quantity(0.50)
    """From here on the body is up."""
    fall: Share = Quantity(0.30)
    """So many points below what it was, the load has been tipped; half of that is no fall at all."""
    recent: Seconds = Quantity(300.0)
    """After a longer silence the load is taken as it then is."""
    uses: tuple[str, ...] = ("disposal",)
    """The `use`s of the zones in which a vehicle may tip that has no site of its own."""

    def judge_runs(self, rows: Position, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        up = rows.body >= self.raised
        wrong, right, measure = np.zeros(n, np.bool_), ~up, np.full(n, np.nan)
        load, last = rows.load, lasts(starts, n)
        tipping = np.logical_or.reduceat(up, starts)
        reference = load[last]
        if tipping.any():  # of a few keys
            index, begin = rows_of(tipping, starts, n)
            some, mine, raised = rows.take(index), memory[tipping], up[index]
            inside, outside = np.zeros(len(index), np.bool_), np.zeros(len(index), np.bool_)
            inside[raised], outside[raised] = self._where(some.take(raised), world)
            stale = some.ts - before(some.ts, begin, mine["ts"]) > self.recent
            stale[begin[~mine["heard"]]] = True
            newest = last_at(~(raised & outside) | stale, begin)
            was = np.where(newest >= 0, some.load[newest], of_row(mine["load"], begin, len(index)))
            fell = was - some.load
            wrong[index] = outside & (fell >= self.fall)
            right[index] |= inside | (outside & (fell < self.fall / 2))
            measure[index] = fell * 100.0
            reference[tipping] = was[lasts(begin, len(index))]
        memory["load"], memory["ts"], memory["heard"] = reference, rows.ts[last], True
        return Judgement(wrong=wrong, right=right, measure=measure)

    def _where(self, rows: Position, world: World) -> tuple[Flags, Flags]:
        """(inside, outside), both certain: of the assigned site, or of all where none is assigned."""
        site = world.disposal(rows.subject, rows.ts)
        inside, outside = world.in_zone(rows, site)
        free = np.flatnonzero(site == NOBODY)
        if len(free):
            anywhere = world.within(rows.take(free), self.uses)
            inside[free], outside[free] = anywhere.inside, anywhere.outside
        return inside, outside

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        nowhere = ~np.logical_or.reduce([world.zoned(subjects, use) for use in self.uses])
        return {f"no zone of use {' or '.join(self.uses)}": nowhere}

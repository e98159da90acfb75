"""constant_over_trips: does a vehicle's sensor say the same, trip after trip?

Reads Position: the column that the rule names, and the place; remembers the least and the greatest that it said on this
trip, and how many trips it has been constant for. Reports those trips. A trip goes from a site to a disposal site and
back to a site: the load comes and goes on it, the lid opens, the body is raised. A sensor that does not move on so many
of them is broken, unplugged or tampered with. The question is put at the end of each trip, and the answer stands until
the end of the next.

Default 3 trips: one alone may be a drive without a load. Default tolerance 2 %: sensors tremble.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Longs, Position
from pipeline.runs import before, of_row
from pipeline.units import Amount, in_column
from pipeline.world import World

_SITE, _DISPOSAL = 1, 2
_MOST = 60_000
"""trips that are counted at most"""


class ConstantOverTrips(Detector):
    """Does a vehicle's sensor say the same, trip after trip?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    memory = np.dtype([("last", "u1"), ("under_way", "?"), ("trips", "u2"), ("low", "f8"), ("high", "f8")])
    """last: the kind of zone that it was last inside of, 0 for none. under_way: a trip has begun."""
    unit = "trips"

    column: str = "load"
    """The sensor's column."""
    tolerance: Amount = Amount(2, "%")
    """What changes by no more than this is constant."""
    trips: int = Field(3, ge=1, le=1000)
    """After so many trips it is under suspicion."""
    site: str = "site"
    """The `use` of the zones that a trip begins in."""
    disposal: str = "disposal"
    """The `use` of the zones that it leads to."""

    def needed(self) -> tuple[str, ...]:
        return (self.column, *self.needs)

    def judge_runs(self, rows: Position, starts: Longs, world: World, memory: Memory) -> Judgement:
        n, said = len(rows), rows.column(self.column)
        index, zone = self._zones(rows, world)
        key = of_row(np.arange(len(starts)), starts, n)[index]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        arrives = (zone == _SITE) & (before(zone, first, memory["last"][key[first]]) != _SITE)
        memory["last"][key] = zone  # of several rows of a key the last one's stays
        arrived, whose = index[arrives], key[arrives]

        # the least and the greatest from each key's first row or arrival to the next
        begin = np.union1d(starts, arrived)
        low, high = np.minimum.reduceat(said, begin), np.maximum.reduceat(said, begin)
        goes_on = memory["under_way"].copy()
        goes_on[whose[np.isin(arrived, starts)]] = False
        at = np.searchsorted(begin, starts)
        low[at[goes_on]] = np.minimum(low[at[goes_on]], memory["low"][goes_on])
        high[at[goes_on]] = np.maximum(high[at[goes_on]], memory["high"][goes_on])

        trips = of_row(memory["trips"], starts, n)
        tolerance, ends = in_column(self.tolerance, self.column), np.append(starts[1:], n)
        for k, row, part in zip(
            whose.tolist(), arrived.tolist(), np.searchsorted(begin, arrived).tolist(), strict=True
        ):
            if memory["under_way"][k]:
                known = part > at[k]  # else the trip was over with what is remembered
                least, greatest = (low[part - 1], high[part - 1]) if known else (memory["low"][k], memory["high"][k])
                constant = greatest - least <= tolerance
                memory["trips"][k] = min(int(memory["trips"][k]) + 1, _MOST) if constant else 0
            memory["under_way"][k] = True
            trips[row : ends[k]] = memory["trips"][k]
        newest = np.append(at[1:], len(begin)) - 1
        memory["low"] = np.where(memory["under_way"], low[newest], 0.0)
        memory["high"] = np.where(memory["under_way"], high[newest], 0.0)
        return Judgement(wrong=trips >= self.trips, measure=trips.astype(np.float64))

    def _zones(self, rows: Position, world: World) -> tuple[Longs, NDArray[np.uint8]]:
        """(row, kind): the rows that are certainly inside a zone of either use, and which it is."""
        index = np.flatnonzero(world.within(rows, (self.site, self.disposal)).inside)
        at_site = world.within(rows.take(index), (self.site,)).inside
        return index, np.where(at_site, _SITE, _DISPOSAL).astype(np.uint8)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {
            f"no zone of use {use} for its class": ~world.zoned(subjects, use) for use in (self.site, self.disposal)
        }

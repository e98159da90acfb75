"""permits: has a vehicle a permit at a time, for which hours, which routes, and to tip where?

Reads the permits' table; a vehicle may have several permits, and a permit several rows, each with its own time. A
permit without hours allows every hour. Nearly every vehicle has one route that always holds; the others' are looked up
row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.hours import Timetables
from pipeline.raster import Index, expand
from pipeline.registers import Table
from pipeline.rows import Flags, Floats, Ints

_NONE, _SEVERAL = -1, -2


class Spans:
    """Entries of owners, each from `since` to `until`: which of an owner's entries hold at a time?

    owner: in order, of 0 .. size - 1. The last owner, which -1 finds, has none: an unknown vehicle.
    """

    def __init__(self, owner: Sequence[int], since: Sequence[float], until: Sequence[float], size: int) -> None:
        self.since, self.until = np.array(since, np.float64), np.array(until, np.float64)
        self.count = np.bincount(np.array(owner, np.int64), minlength=size)
        self.start = np.cumsum(self.count) - self.count
        self.always: Flags = np.isneginf(self.since) & np.isposinf(self.until)

    def at(self, owner: NDArray[np.integer], ts: Floats) -> tuple[Index, Index]:
        """(row, entry): those that hold, in order of both."""
        row, entry = expand(self.start.take(owner), self.count.take(owner))
        if not self.always.all():
            when = ts[row]
            holds = (self.since[entry] <= when) & (when < self.until[entry])
            row, entry = row[holds], entry[holds]
        return row, entry


class Permits:
    """Permits by the vehicle's first register row.

    vehicles: id -> that row. routes: their ids, in the index's order. places: number of a zone by its id.
    """

    def __init__(
        self,
        permits: Table,
        vehicles: Mapping[str, int],
        routes: Sequence[str],
        places: Mapping[str, int],
        timetables: Timetables,
    ) -> None:
        self._timetables = timetables
        size = max(vehicles.values(), default=-1) + 2
        owner = [vehicles.get(name, -1) for name in permits.text("vehicle")]
        since, until = permits.numbers("valid_from").tolist(), permits.numbers("valid_to").tolist()
        schedule = timetables.numbers(permits.text("hours")).tolist()
        disposal = [places.get(name, _NONE) for name in permits.text("disposal")]
        # rows of one permit differ by their route alone; the first of the same in all else stands for them
        held = dict.fromkeys(zip(owner, since, until, schedule, disposal, strict=True))
        entries = sorted((e for e in held if e[0] >= 0), key=lambda e: e[0])  # of one vehicle: in the table's order
        self._held = Spans([e[0] for e in entries], [e[1] for e in entries], [e[2] for e in entries], size)
        self._schedule = np.array([e[3] for e in entries], np.int32)
        self._disposal = np.array([e[4] for e in entries], np.int32)
        self.any: Flags = self._held.count > 0
        """by vehicle: whether it has any, at any time"""
        self.any_hours = np.zeros(size, np.bool_)
        self.any_hours[[e[0] for e in entries if e[3] >= 0]] = True
        self._ways(zip(owner, permits.text("route"), since, until, strict=True), routes, size)

    def _ways(self, named: zip[tuple[int, str, float, float]], routes: Sequence[str], size: int) -> None:
        number = {name: k for k, name in enumerate(routes)}
        entries = sorted({(v, number[r], a, b) for v, r, a, b in named if v >= 0 and r in number})
        self.route = np.array([e[1] for e in entries], np.int32)
        self._routes = Spans([e[0] for e in entries], [e[2] for e in entries], [e[3] for e in entries], size)
        self.any_route: Flags = self._routes.count > 0
        self.only = np.full(size, _NONE, np.int32)
        self.only[self.any_route] = _SEVERAL
        single = np.flatnonzero(self._routes.count == 1)
        free = single[self._routes.always[self._routes.start[single]]]
        self.only[free] = self.route[self._routes.start[free]]

    def valid(self, vehicle: Ints, ts: Floats) -> tuple[Index, Index]:
        """(row, entry): the permits of each row's vehicle that are valid then; share it between the questions below."""
        return self._held.at(vehicle, ts)

    def in_hours(self, valid: tuple[Index, Index], ts: Floats) -> Flags:
        """Whether any of the valid permits allows that hour, shape of ts."""
        row, entry = valid
        found = np.zeros(len(ts), np.bool_)
        found[row[self._timetables.at(self._schedule.take(entry), ts[row])]] = True
        return found

    def disposal(self, valid: tuple[Index, Index], n: int) -> Ints:
        """The place where the first valid permit that names one says that its vehicle tips, shape (n,); -1 for none."""
        row, entry = valid
        named = np.flatnonzero(self._disposal.take(entry) >= 0)[::-1]  # backwards, so that the first is written last
        found = np.full(n, _NONE, np.int32)
        found[row[named]] = self._disposal[entry[named]]
        return found

    def routes(self, vehicle: Ints, ts: Floats) -> tuple[Index | None, NDArray[np.int32], Flags]:
        """(row, route, permitted): pairs of a row and a route that is permitted then, and which rows have any.

        vehicle: the first register row of each row's vehicle, or -1. row is None where each row has exactly one route.
        """
        only = self.only.take(vehicle)
        lowest = int(only.min(initial=0))
        if lowest >= 0:
            return None, only, np.ones(len(vehicle), np.bool_)
        permitted = only >= 0
        row: Index = np.flatnonzero(permitted)
        route = only[row]
        if lowest == _SEVERAL:
            several = np.flatnonzero(only == _SEVERAL)
            further, entry = self._routes.at(vehicle[several], ts[several])
            row = np.concatenate([row, several[further]])
            route = np.concatenate([route, self.route[entry]])
            permitted[several[further]] = True
        return row, route, permitted

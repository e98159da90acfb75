"""permits: which routes may a vehicle take at a time?

Reads the permits' table; a vehicle may have several permits, and a permit several routes, each with its own time.
Nearly every vehicle has one route that always holds; the others' are looked up row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.raster import Index, expand
from pipeline.registers import Table
from pipeline.rows import Flags, Floats, Ints

_NONE, _SEVERAL = -1, -2


class Permits:
    """Routes by the vehicle's first register row. vehicles: id -> that row; routes: their ids, in the index's order."""

    def __init__(self, permits: Table, vehicles: Mapping[str, int], routes: Sequence[str]) -> None:
        number = {name: k for k, name in enumerate(routes)}
        since, until = permits.numbers("valid_from").tolist(), permits.numbers("valid_to").tolist()
        named = zip(permits.text("vehicle"), permits.text("route"), since, until, strict=True)
        entries = sorted({(vehicles[v], number[r], a, b) for v, r, a, b in named if v in vehicles and r in number})
        owner = np.array([e[0] for e in entries], np.int64)
        size = max(vehicles.values(), default=-1) + 2  # the last place, which -1 finds, is an unknown vehicle's
        self.route = np.array([e[1] for e in entries], np.int32)
        self.since, self.until = np.array([e[2] for e in entries]), np.array([e[3] for e in entries])
        self.count = np.bincount(owner, minlength=size)
        self.start = np.cumsum(self.count) - self.count
        self.any_route: Flags = self.count > 0
        always = np.isneginf(self.since) & np.isposinf(self.until)
        self.only = np.full(size, _NONE, np.int32)
        self.only[self.any_route] = _SEVERAL
        single = (self.count == 1) & self.any_route
        free = np.flatnonzero(single)[always[self.start[single]]]
        self.only[free] = self.route[self.start[free]]

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
            owner, at = expand(self.start[vehicle[several]], self.count[vehicle[several]])
            further = several[owner]
            holds = (self.since[at] <= ts[further]) & (ts[further] < self.until[at])
            row = np.concatenate([row, further[holds]])
            route = np.concatenate([route, self.route[at[holds]]])
            permitted[further[holds]] = True
        return row, route, permitted

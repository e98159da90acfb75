"""nearby: which segments can be within some metres of a place?

Some grids, each cell with a list of the segments that pass within one cell of it: places are asked about in the finest
grid whose cell is as wide as their metres (32 m for a good fix), so that few segments are measured. Only cells with a
list are kept: a zone at the other end of the country costs no more than one next door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pipeline.geo import metres_per_degree, segment_distance
from pipeline.raster import Index, chunks, distinct, expand, touched
from pipeline.rows import Flags, Floats

CELLS = (32.0, 128.0, 512.0, 2048.0)
"""metres: the sides of the grids' cells. Most fixes are better than the first."""
MOST = CELLS[-1]
"""metres: the farthest that can be asked about"""
_PAIRS = 200_000
"""places times segments that are measured at once"""
_MARGIN = 1.0 + 1e-6


Wanted = Callable[[Index, Index], Flags]
"""(place, segment) -> whether each pair is asked about"""


class _Grid:
    """One grid: the lists of its cells, by the cells' numbers, which are sorted."""

    def __init__(self, ends: list[Floats], box: tuple[Any, Any, Any, Any], cell: float) -> None:
        """ends: the segments' lon, lat, lon, lat. cell: metres that a cell is wide at least, wherever it lies."""
        west, south, east, north = box
        beyond = 1.1 * cell / 110_000.0
        # a degree of longitude is shortest at the highest latitude, where a place may ask
        farthest = min(max(abs(south), abs(north)) + beyond, 89.9)
        self.per_lon = float(metres_per_degree(farthest)[0]) / cell
        self.per_lat = float(metres_per_degree(0.0)[1]) * 0.999 / cell
        self.west, self.south = west - 2 / self.per_lon, south - 2 / self.per_lat
        self.width = int((east - self.west) * self.per_lon) + 4
        self.height = int((north - self.south) * self.per_lat) + 4
        u1, u2 = ((ends[k] - self.west) * self.per_lon for k in (0, 2))
        v1, v2 = ((ends[k] - self.south) * self.per_lat for k in (1, 3))
        segment, i, j = touched(u1, v1, u2, v2, _MARGIN, (0, 0), (self.width - 1, self.height - 1))
        pair = distinct((j * self.width + i) * len(u1) + segment)
        cells = pair // len(u1)
        self.segment = (pair % len(u1)).astype(np.int32)
        first = np.flatnonzero(np.diff(cells, prepend=-1))
        self.cells = cells[first]
        self.start = first.astype(np.int32)
        self.count = np.diff(first, append=len(cells)).astype(np.int32)

    def lists(self, lon: Floats, lat: Floats) -> tuple[Index, Index]:
        """(start, count) of each place's list in `segment`."""
        i, j = np.floor((lon - self.west) * self.per_lon), np.floor((lat - self.south) * self.per_lat)
        inside = (i >= 0) & (i < self.width) & (j >= 0) & (j < self.height)
        number = np.where(inside, j * self.width + i, -1.0).astype(np.int64)
        place = np.minimum(np.searchsorted(self.cells, number), len(self.cells) - 1)
        count = np.where(self.cells[place] == number, self.count[place], 0)
        return self.start[place].astype(np.int64), count.astype(np.int64)


class Nearby:
    """Segments from a to b, straight in degrees, WGS-84."""

    def __init__(self, ax: Floats, ay: Floats, bx: Floats, by: Floats) -> None:
        self._ends = [ax, ay, bx, by]
        self._grids: list[tuple[float, _Grid]] = []
        if len(ax):
            box = np.minimum(ax, bx).min(), np.minimum(ay, by).min(), np.maximum(ax, bx).max(), np.maximum(ay, by).max()
            self._grids = [(cell, _Grid(self._ends, box, cell)) for cell in CELLS]

    def within(
        self, lon: Floats, lat: Floats, metres: Floats, wanted: Wanted | None = None
    ) -> Iterator[tuple[Index, Index, Floats]]:
        """(place, segment, how far): all pairs that are at most the place's metres apart, some at a time.

        lon, lat: shape (n,), finite. metres: shape (n,), 0 to MOST. wanted: which pairs are asked about; None: all.
        """
        least = -1.0
        for cell, grid in self._grids:
            rows = np.flatnonzero((metres > least) & (metres <= cell))
            least = cell
            if not len(rows):
                continue
            east, north = metres_per_degree(lat[rows])
            start, count = grid.lists(lon[rows], lat[rows])
            for part in chunks(count, _PAIRS):
                owner, at = expand(start[part], count[part])
                owner += part.start
                place, segment = rows[owner], grid.segment[at].astype(np.int64)
                if wanted is not None:
                    asked = np.flatnonzero(wanted(place, segment))
                    owner, place, segment = owner[asked], place[asked], segment[asked]
                ax, ay, bx, by = (end[segment] for end in self._ends)
                far = segment_distance(lon[place], lat[place], ax, ay, bx, by, east[owner], north[owner])
                near = np.flatnonzero(far <= metres[place])
                yield place[near], segment[near], far[near]

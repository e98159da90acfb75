"""zone_cells: a raster that knows for most places at once which zones contain them, and that no boundary is near.

Every cell of about 20 m holds the number of a *set*: the zones that contain the whole cell, and those whose boundary
passes through it and have to be asked. And it holds how many cells away the nearest boundary of any zone is at least,
so that a fix needs no measuring where its accuracy is less. A cell of 20 m keeps the exact tests to a few in a hundred
places and a city of 40 x 40 km in 12 MB.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import metres_per_degree
from pipeline.raster import filled, touched
from pipeline.rows import Floats
from pipeline.zone_edges import ZoneEdges

FINEST = 20.0
"""metres: the side of a cell, where the city is small enough"""
MOST_CELLS = 4_000_000
_EDGE = 1e-6
"""cells: how far an edge reaches beyond itself in the raster; far above rounding, far below GNSS"""
_RINGS = 8
"""cells: how far from a boundary its distance is counted; 140 m, which is more than most fixes are off by"""


class Spots(NamedTuple):
    """Where places are in the raster, shape (n,)."""

    cell: NDArray[np.int32]
    set: NDArray[np.intp]


class ZoneCells:
    """The raster over all zones, or all but the outermost where those would make it coarse."""

    def __init__(self, edges: ZoneEdges) -> None:
        self._frame(edges.box)
        self._paint(edges)

    def spots(self, lon: Floats, lat: Floats) -> Spots:
        """The cell and set of each place: share it between questions about the same places. NaN is nowhere."""
        u, v = lon - self.west, lat - self.south
        u *= self.per_lon
        v *= self.per_lat
        # fmax and fmin leave the number where the other is NaN: an unknown place goes to the border, where it is asked
        # about the zones that reach beyond the raster, and is in none of them
        np.fmin(np.fmax(u, 0.0, out=u), self.width - 1.0, out=u)
        np.fmin(np.fmax(v, 0.0, out=v), self.height - 1.0, out=v)
        cell = v.astype(np.int32)
        cell *= np.int32(self.width)
        cell += u.astype(np.int32)
        return Spots(cell, self.raster.take(cell).astype(np.intp))

    def clear(self, spots: Spots) -> Floats:
        """Metres around each place in which there is surely no boundary."""
        metres: Floats = self._metres.take(self.rings.take(spots.cell))
        return metres

    # -- compiling

    def _frame(self, box: Floats) -> None:
        """The raster's corner, its cells and how many."""
        west, south, east, north = 0.0, 0.0, 1.0, 1.0
        if box.size:
            west, south, east, north = box[0].min(), box[1].min(), box[2].max(), box[3].max()
            per_lon, per_lat = metres_per_degree((south + north) / 2)
            if (east - west) * per_lon * (north - south) * per_lat > MOST_CELLS * (2.5 * FINEST) ** 2:
                inner = [float(np.quantile(box[k], q)) for k, q in ((0, 0.02), (1, 0.02), (2, 0.98), (3, 0.98))]
                if (inner[2] - inner[0]) * (inner[3] - inner[1]) < (east - west) * (north - south) / 4:
                    west, south, east, north = inner
        lon_metres, lat_metres = (float(m) for m in metres_per_degree((south + north) / 2))
        wide, high = (east - west) * lon_metres, (north - south) * lat_metres
        side = max(FINEST, float(np.sqrt(wide * high / MOST_CELLS)), wide / MOST_CELLS, high / MOST_CELLS)
        self.per_lon, self.per_lat = lon_metres / side, lat_metres / side
        # a border of one cell, and room for rounding
        self.width, self.height = int(wide / side) + 4, int(high / side) + 4
        self.west, self.south = float(west) - 1.5 / self.per_lon, float(south) - 1.5 / self.per_lat
        # rings of cells are whole cells between a place and a boundary, which are narrowest at the highest latitude
        ends = np.clip([self.south, self.south + self.height / self.per_lat], -90.0, 90.0)
        shortest = np.array([metres_per_degree(ends)[0].min() / self.per_lon, 110_500.0 / self.per_lat]).min()
        self._metres = 0.999 * shortest * np.maximum(np.arange(_RINGS + 1) - 1.0, 0.0)

    def _paint(self, edges: ZoneEdges) -> None:
        """The set of each cell; always there are 0 (nothing) and 1 (beyond the raster: ask whoever reaches there)."""
        u1, u2 = ((edges.ends[k] - self.west) * self.per_lon for k in (0, 2))
        v1, v2 = ((edges.ends[k] - self.south) * self.per_lat for k in (1, 3))
        raster = np.zeros((self.height, self.width), np.int32)
        bounds = np.zeros(raster.shape, np.bool_)
        bounds[[0, -1], :] = bounds[:, [0, -1]] = True  # what lies beyond is not known
        sets: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), ())]
        numbers = {sets[0]: 0}
        beyond: list[int] = []
        for z in range(edges.box.shape[1]):
            own = slice(edges.start[z], edges.start[z + 1])
            a, b, c, d = u1[own], v1[own], u2[own], v2[own]
            left, right = np.floor(min(a.min(), c.min()) - _EDGE), np.floor(max(a.max(), c.max()) + _EDGE)
            down, up = np.floor(min(b.min(), d.min()) - _EDGE), np.floor(max(b.max(), d.max()) + _EDGE)
            if left < 1 or down < 1 or right > self.width - 2 or up > self.height - 2:
                beyond.append(z)
            low = (int(max(left, 1)), int(max(down, 1)))
            last = (int(min(right, self.width - 2)), int(min(up, self.height - 2)))
            if low[0] > last[0] or low[1] > last[1]:
                continue
            here = np.s_[low[1] : last[1] + 1, low[0] : last[0] + 1]
            window = raster[here]
            edge = np.zeros(window.shape, np.bool_)
            _, i, j = touched(a, b, c, d, _EDGE, low, last)
            edge[j - low[1], i - low[0]] = True
            bounds[here] |= edge
            within = filled(a, b, c, d, low, last) & ~edge
            for cells, certain in ((within, True), (edge, False)):
                before = window[cells]
                renumber = np.zeros(len(sets), np.int32)
                for old in np.flatnonzero(np.bincount(before, minlength=len(sets))):
                    inside, asked = sets[old]
                    new = ((*inside, z), asked) if certain else (inside, (*asked, z))
                    renumber[old] = numbers.setdefault(new, len(sets))
                    if renumber[old] == len(sets):
                        sets.append(new)
                window[cells] = renumber[before]
        used = np.flatnonzero(np.bincount(raster.ravel(), minlength=len(sets)))
        used = used[used != 0]
        renumber = np.zeros(len(sets), np.int32)
        renumber[used] = np.arange(2, len(used) + 2)
        raster = renumber[raster]
        raster[[0, -1], :] = 1
        raster[:, [0, -1]] = 1
        self.sets = [((), ()), ((), tuple(beyond)), *(sets[k] for k in used)]
        """of each set the zones that contain its cells, and those to be asked"""
        self.raster = raster.ravel().astype(np.uint16 if len(self.sets) <= 65536 else np.int32)
        self.rings = _rings(bounds).ravel()


def _rings(bounds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many cells, straight or aslant, each cell is from one of `bounds`; at most _RINGS."""
    rings = np.zeros(bounds.shape, np.uint8)
    reached = bounds.copy()
    for _ in range(_RINGS):
        rings += ~reached
        across = reached.copy()
        across[:, 1:] |= reached[:, :-1]
        across[:, :-1] |= reached[:, 1:]
        reached = across.copy()
        reached[1:] |= across[:-1]
        reached[:-1] |= across[1:]
    return rings

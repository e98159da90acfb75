"""zones: which zones contain a place? A raster that says certainly in, certainly out, or ask the geometry.

Reads `Zone`s (WGS-84 degrees, straight edges in longitude and latitude; the boundary belongs to the zone). Every cell
of about 20 m holds the number of a *set*: the zones that contain the whole cell, and those whose boundary passes
through it. Most places need one look-up; the others are tested exactly against the few edges that lie beside them
(each zone is cut into horizontal bands with a list of edges), by ray casting. A cell of 20 m keeps the exact tests to
a few in a hundred places and a city of 40 x 40 km in 8 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import metres_per_degree
from pipeline.hours import Timetables
from pipeline.raster import Index, Numbers, expand, filled, touched
from pipeline.registers import Zone
from pipeline.rows import Flags, Floats

FINEST = 20.0
"""metres: the side of a cell, where the city is small enough"""
MOST_CELLS = 4_000_000
_BANDS = 128
_EDGE = 1e-6
"""cells: how far an edge reaches beyond itself in the raster; far above rounding, far below GNSS"""

Classes = Callable[[], NDArray[np.int32]]
"""the class of each row, asked for only where a zone is for some classes"""


@dataclass(slots=True)
class Layer:
    """The zones that one question is about, by set: what needs no asking, and what has to be asked."""

    base: Floats
    """by set: the answer as far as it is certain for every row (the first zone, or the lowest limit); inf: none"""
    start: Index
    count: NDArray[np.int32]
    zone: NDArray[np.int32]
    """the ragged list of each set's other candidates, first zones first"""
    certain: Flags
    """whether the candidate contains the whole cell, so that only its time and class are asked"""
    conditional: bool
    """whether any candidate has a time or classes"""


class ZoneIndex:
    """All zones of a city, compiled. `classes`: class code by name, for zones that are for some classes."""

    def __init__(self, zones: Sequence[Zone], classes: dict[str, int], timetables: Timetables) -> None:
        self.zones = list(zones)
        self._timetables = timetables
        self.schedule = timetables.numbers([z.hours for z in zones])
        self.since = np.array([z.valid_from for z in zones])
        self.until = np.array([z.valid_to for z in zones])
        self.limit = np.array([z.speed_limit for z in zones])
        self.for_class = np.ones((len(zones), len(classes) + 1), np.bool_)  # the last column: of no known class
        for row, zone in zip(self.for_class, zones, strict=True):
            if zone.classes:
                row[:] = False
                row[[classes[name] for name in zone.classes if name in classes]] = True
        self.always = np.isneginf(self.since) & np.isposinf(self.until) & self.for_class.all(axis=1)
        self.always &= self.schedule < 0
        self._edges()
        self._raster()
        self._layers: dict[str, Layer] = {}
        for use in {z.use for z in zones}:
            self._layers[use] = self._layer(np.array([z.use == use for z in zones]), np.arange(float(len(zones))))
        self._limits = self._layer(~np.isnan(self.limit), self.limit)
        self.limiting = bool(np.any(~np.isnan(self.limit)))

    # -- asking

    def cells(self, lon: Floats, lat: Floats) -> NDArray[np.intp]:
        """The set of each place, shape (n,): share it between questions about the same places. NaN is nowhere."""
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
        return self.raster.take(cell).astype(np.intp)

    def first(self, use: str, cells: NDArray[np.intp], lon: Floats, lat: Floats, ts: Floats, of: Classes) -> Floats:
        """The index of the first zone of that use that contains each place then and is for its class; inf: none."""
        layer = self._layers.get(use)
        if layer is None:
            return np.full(len(cells), np.inf)
        found = layer.base.take(cells)
        row, zone = self._asked(layer, cells, lon, lat, ts, of)
        np.minimum.at(found, row, zone.astype(np.float64))
        return found

    def lowest(self, cells: NDArray[np.intp], lon: Floats, lat: Floats, ts: Floats, of: Classes) -> Floats:
        """The lowest limit of the zones that contain each place then and are for its class, km/h; inf: none."""
        found = self._limits.base.take(cells)
        row, zone = self._asked(self._limits, cells, lon, lat, ts, of)
        np.minimum.at(found, row, self.limit[zone])
        return found

    def _asked(
        self, layer: Layer, cells: NDArray[np.intp], lon: Floats, lat: Floats, ts: Floats, of: Classes
    ) -> tuple[Index, NDArray[np.int32]]:
        """(row, zone): which of the candidates that have to be asked do contain the row and hold for it."""
        count = layer.count.take(cells)
        rows = np.flatnonzero(count)
        if not len(rows):
            return rows, np.empty(0, np.int32)
        owner, at = expand(layer.start.take(cells[rows]), count[rows])
        row, zone, certain = rows[owner], layer.zone[at], layer.certain[at]
        if layer.conditional:
            keep = self.holds(zone, ts[row], of()[row])
            row, zone, certain = row[keep], zone[keep], certain[keep]
        ask = np.flatnonzero(~certain)
        certain[ask] = self.contains(zone[ask], lon[row[ask]], lat[row[ask]])
        return row[certain], zone[certain]

    def holds(self, zone: NDArray[np.int32], ts: Floats, of: NDArray[np.int32]) -> Flags:
        """Whether zone k holds at time k for class k."""
        found: Flags = (self.since[zone] <= ts) & (ts < self.until[zone]) & self.for_class[zone, of]
        found &= self._timetables.at(self.schedule[zone], ts)
        return found

    def contains(self, zone: NDArray[np.int32], lon: Floats, lat: Floats) -> Flags:
        """Whether zone k contains place k, exactly: ray casting against the edges of the place's band."""
        inside = np.zeros(len(zone), np.bool_)
        boxed = (lon >= self.box[0, zone]) & (lon <= self.box[2, zone])
        boxed &= (lat >= self.box[1, zone]) & (lat <= self.box[3, zone])
        near = np.flatnonzero(boxed)
        zone, lon, lat = zone[near], lon[near], lat[near]
        band = self._band(zone, lat) + self.first_band[zone]
        owner, at = expand(self.band_start[band], self.band_count[band])
        x, y = lon[owner], lat[owner]
        x1, y1, x2, y2 = (column[at] for column in self.edge)
        side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        up, over = y1 <= y, y2 <= y
        crossing = (up != over) & ((side > 0.0) == up)  # up: the edge rises through y, and the place is left of it
        inside[near] = np.bincount(owner[crossing], minlength=len(near)) & 1
        on = np.flatnonzero(side == 0.0)
        if len(on):
            between = np.minimum(x1[on], x2[on]) <= x[on]
            between &= x[on] <= np.maximum(x1[on], x2[on])
            between &= (np.minimum(y1[on], y2[on]) <= y[on]) & (y[on] <= np.maximum(y1[on], y2[on]))
            inside[near[owner[on[between]]]] = True
        return inside

    def some_class(self, chosen: Flags) -> Flags:
        """By class code: whether any of the chosen zones is for it; the last place is of no known class."""
        found: Flags = np.any(self.for_class[chosen], axis=0)
        return found

    def _band(self, zone: NDArray[np.int32], lat: Floats) -> Index:
        # the same sum for places and for edges, and it never falls as lat rises: no edge is missed by rounding
        band = ((lat - self.box[1, zone]) * self.per_band[zone]).astype(np.int64)
        limited: Index = np.minimum(band, self.bands[zone] - 1)
        return limited

    # -- compiling

    def _edges(self) -> None:
        """Every zone's edges, and for each of its bands the list of those that pass through it."""
        x1, y1, x2, y2, zone = [], [], [], [], []
        for number, z in enumerate(self.zones):
            for ring in (ring for polygon in z.polygons for ring in polygon):
                real = np.any(ring[1:] != ring[:-1], axis=1)
                x1.append(ring[:-1, 0][real])
                y1.append(ring[:-1, 1][real])
                x2.append(ring[1:, 0][real])
                y2.append(ring[1:, 1][real])
                zone.append(np.full(int(real.sum()), number, np.int32))
        empty = [np.empty(0)]
        ends: list[Numbers] = [np.concatenate(part or empty) for part in (x1, y1, x2, y2)]
        self._ends = ends
        self._zone_of_edge = of = np.concatenate(zone or [np.empty(0, np.int32)])
        n = len(self.zones)
        self.box = np.full((4, n), np.nan)
        self.edge_start = np.searchsorted(of, np.arange(n + 1))
        if n:
            for side, (a, b, worst) in enumerate(
                ((0, 2, np.minimum), (1, 3, np.minimum), (0, 2, np.maximum), (1, 3, np.maximum))
            ):
                self.box[side] = worst.reduceat(worst(ends[a], ends[b]), self.edge_start[:-1])
        self.bands = np.clip(np.diff(self.edge_start), 1, _BANDS)
        height = self.box[3] - self.box[1]
        self.per_band = self.bands / np.where(height > 0, height, 1.0)
        self.first_band = np.cumsum(self.bands) - self.bands
        low = self._band(of, np.minimum(ends[1], ends[3]))
        high = self._band(of, np.maximum(ends[1], ends[3]))
        edge, band = expand(low, high - low + 1)
        band += self.first_band[of[edge]]
        order = np.argsort(band, kind="stable")
        self.band_count = np.bincount(band, minlength=int(self.bands.sum()))
        self.band_start = np.cumsum(self.band_count) - self.band_count
        self.edge = [end[edge[order]] for end in ends]

    def _frame(self) -> tuple[float, float, float, float]:
        """The raster's west, south, east, north: all zones, or all but the outermost where those make it coarse."""
        if not self.zones:
            return 0.0, 0.0, 1.0, 1.0
        west, south, east, north = self.box[0].min(), self.box[1].min(), self.box[2].max(), self.box[3].max()
        per_lon, per_lat = metres_per_degree((south + north) / 2)
        if (east - west) * per_lon * (north - south) * per_lat > MOST_CELLS * (2.5 * FINEST) ** 2:
            inner = [float(np.quantile(self.box[k], q)) for k, q in ((0, 0.02), (1, 0.02), (2, 0.98), (3, 0.98))]
            if (inner[2] - inner[0]) * (inner[3] - inner[1]) < (east - west) * (north - south) / 4:
                west, south, east, north = inner
        return float(west), float(south), float(east), float(north)

    def _raster(self) -> None:
        """The set of each cell; always there are 0 (nothing) and 1 (beyond the raster: ask whoever reaches there)."""
        west, south, east, north = self._frame()
        lon_metres, lat_metres = (float(m) for m in metres_per_degree((south + north) / 2))
        wide, high = (east - west) * lon_metres, (north - south) * lat_metres
        side = max(FINEST, float(np.sqrt(wide * high / MOST_CELLS)), wide / MOST_CELLS, high / MOST_CELLS)
        self.per_lon, self.per_lat = lon_metres / side, lat_metres / side
        self.width, self.height = (
            int(wide / side) + 4,
            int(high / side) + 4,
        )  # a border of one cell, and room for rounding
        self.west, self.south = west - 1.5 / self.per_lon, south - 1.5 / self.per_lat
        u1, u2 = ((self._ends[k] - self.west) * self.per_lon for k in (0, 2))
        v1, v2 = ((self._ends[k] - self.south) * self.per_lat for k in (1, 3))
        raster = np.zeros((self.height, self.width), np.int32)
        sets: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), ())]
        numbers = {sets[0]: 0}
        beyond: list[int] = []
        for z in range(len(self.zones)):
            own = slice(self.edge_start[z], self.edge_start[z + 1])
            a, b, c, d = u1[own], v1[own], u2[own], v2[own]
            left, right = np.floor(min(a.min(), c.min()) - _EDGE), np.floor(max(a.max(), c.max()) + _EDGE)
            down, up = np.floor(min(b.min(), d.min()) - _EDGE), np.floor(max(b.max(), d.max()) + _EDGE)
            if left < 1 or down < 1 or right > self.width - 2 or up > self.height - 2:
                beyond.append(z)
            low = (int(max(left, 1)), int(max(down, 1)))
            last = (int(min(right, self.width - 2)), int(min(up, self.height - 2)))
            if low[0] > last[0] or low[1] > last[1]:
                continue
            window = raster[low[1] : last[1] + 1, low[0] : last[0] + 1]
            edge = np.zeros(window.shape, np.bool_)
            _, i, j = touched(a, b, c, d, _EDGE, low, last)
            edge[j - low[1], i - low[0]] = True
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
        self.raster = raster.ravel().astype(np.uint16 if len(self.sets) <= 65536 else np.int32)
        del self._ends, self._zone_of_edge

    def _layer(self, mine: Flags, worth: Floats) -> Layer:
        """What the sets say about the zones of one question; the least `worth` wins."""
        base = np.full(len(self.sets), np.inf)
        count = np.zeros(len(self.sets), np.int32)
        candidates: list[int] = []
        certain: list[bool] = []
        wanted, free, value = mine.tolist(), (mine & self.always).tolist(), worth.tolist()
        for number, (inside, asked) in enumerate(self.sets):
            sure = min((value[z] for z in inside if free[z]), default=np.inf)
            rest = [(z, True) for z in inside if wanted[z] and not free[z] and value[z] < sure]
            rest += [(z, False) for z in asked if wanted[z] and value[z] < sure]
            base[number] = sure
            count[number] = len(rest)
            candidates += [z for z, _ in rest]
            certain += [sure_in for _, sure_in in rest]
        zone = np.array(candidates, np.int32)
        start = np.cumsum(count, dtype=np.int64) - count
        return Layer(base, start, count, zone, np.array(certain, np.bool_), bool(np.any(~self.always[zone])))

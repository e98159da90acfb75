"""zones: which zones is a place in, surely in, surely not in?

Most places need one look-up in the raster of `pipeline/zone_cells.py`; the others are tested exactly against the edges
beside them. A fix that is good to some metres is surely in a zone where the zone contains it and its boundary is at
least as far away; where the raster knows that no boundary is near, that needs no measuring either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import metres_per_degree
from pipeline.hours import Timetables
from pipeline.nearby import MOST
from pipeline.raster import Index, expand
from pipeline.registers import Zone
from pipeline.rows import Flags, Floats, Position
from pipeline.zone_cells import Spots, ZoneCells
from pipeline.zone_edges import ZoneEdges


@dataclass(slots=True)
class Fixes:
    """Places at times, shape (n,)."""

    lon: Floats
    lat: Floats
    ts: Floats
    accuracy: Floats | None
    """metres, 0 or more; None: all are exact"""
    classes: Callable[[], NDArray[np.int32]]
    """the class of each row, asked for only where a zone is for some classes"""


_FAR = 1e6
"""metres: worse than any fix; in place of infinity, which sums of metres do not stand"""


def placed(rows: Position) -> Flags:
    """Whether each row has a place."""
    found: Flags = np.isfinite(rows.lon)
    found &= np.isfinite(rows.lat)
    return found


def accuracy(rows: Position) -> Floats | None:
    """What each row is good to, metres; what is unknown counts as exact. None: all are."""
    stated = rows.accuracy
    if stated.strides == (0,) and not np.any(stated[:1] > 0.0):
        return None
    known: Floats = np.minimum(np.fmax(stated, 0.0), _FAR)
    return known if np.any(known) else None


@dataclass(slots=True)
class Layer:
    """The zones that one question is about, by set: what needs no asking, and what has to be asked."""

    mine: Flags
    """by zone"""
    base: Floats
    """by set: the answer as far as it is certain for every row (the first zone, or the lowest limit); inf: none"""
    start: Index
    count: NDArray[np.int32]
    zone: NDArray[np.int32]
    """the ragged list of each set's other candidates, first zones first"""
    certain: Flags
    """whether the candidate contains the whole cell, so that only its time and class are asked"""
    conditional: bool
    """whether any candidate has a time, hours or classes"""


class ZoneIndex:
    """All zones of a city, compiled. `classes`: class code by name, for zones that are for some classes."""

    def __init__(self, zones: Sequence[Zone], classes: dict[str, int], timetables: Timetables) -> None:
        self.zones = list(zones)
        self._timetables = timetables
        self.since = np.array([z.valid_from for z in zones])
        self.until = np.array([z.valid_to for z in zones])
        self.schedule = timetables.numbers([z.hours for z in zones])
        self.limit = np.array([z.speed_limit for z in zones])
        self.for_class = np.ones((len(zones), len(classes) + 1), np.bool_)  # the last column: of no known class
        for row, zone in zip(self.for_class, zones, strict=True):
            if zone.classes:
                row[:] = False
                row[[classes[name] for name in zone.classes if name in classes]] = True
        self.always = np.isneginf(self.since) & np.isposinf(self.until) & (self.schedule < 0)
        self.always &= self.for_class.all(axis=1)
        self.ids = sorted({z.id for z in zones})
        number = {name: k for k, name in enumerate(self.ids)}
        self.numbers = np.array([number[z.id] for z in zones], np.int64)
        """of each zone: the place of its id in `ids`"""
        self._first = np.searchsorted(self.numbers, np.arange(len(self.ids) + 1))  # zones are sorted by id
        self.edges = ZoneEdges(zones)
        self.cells = ZoneCells(self.edges)
        self._none = np.zeros(len(zones), np.bool_)
        self._layers: dict[tuple[str, ...], Layer] = {}
        self._limits = self._layer(~np.isnan(self.limit), self.limit, self.always)
        self._all = self._layer(~self._none, np.zeros(len(zones)), self._none)
        self.limiting = bool(np.any(self._limits.mine))

    # -- asking

    def within(self, uses: tuple[str, ...], spots: Spots, fixes: Fixes) -> tuple[Flags, Flags, Floats]:
        """(inside, outside, first): surely in a zone of these uses, surely in none, and the first that contains it.

        Zones count where they hold. first: its index, inf for none. An unknown place is neither inside nor outside, nor
        is a fix that is worse than `MOST`.
        """
        layer = self._layers.get(uses)
        if layer is None:
            mine = np.array([z.use in uses for z in self.zones], np.bool_)
            layer = self._layers[uses] = self._layer(mine, np.arange(float(len(mine))), self.always)
        first = layer.base.take(spots.set)
        row, zone = self._containing(layer, None, spots, fixes)
        np.minimum.at(first, row, zone.astype(np.float64))
        inside = np.isfinite(first)
        outside = np.isfinite(fixes.lon) & np.isfinite(fixes.lat) & ~inside
        rows = self._unsure(spots, fixes)
        if len(rows):
            (row, _), near = self._sure(layer, rows, spots, fixes)
            inside[rows] = False
            inside[row] = True
            outside[near] = False
        return inside, outside, first

    def lowest(self, spots: Spots, fixes: Fixes) -> Floats:
        """The lowest limit of the zones that surely contain each place and hold, km/h; inf: none."""
        layer = self._limits
        found = layer.base.take(spots.set)
        row, zone = self._containing(layer, None, spots, fixes)
        np.minimum.at(found, row, self.limit[zone])
        rows = self._unsure(spots, fixes)
        rows = rows[np.isfinite(found[rows])]
        if len(rows):
            (row, zone), _ = self._sure(layer, rows, spots, fixes)
            found[rows] = np.inf
            np.minimum.at(found, row, self.limit[zone])
        return found

    def in_one(self, number: Index, fixes: Fixes) -> tuple[Flags, Flags]:
        """(inside, outside) of the zone with the id of that number in `ids`, for each row; -1: neither.

        A zone that does not hold then is one that no place is in. An unknown place is neither, nor is a fix that is
        worse than `MOST`.
        """
        inside, outside = np.zeros(len(number), np.bool_), number >= 0
        outside &= np.isfinite(fixes.lon) & np.isfinite(fixes.lat)
        if fixes.accuracy is not None:
            outside &= fixes.accuracy <= MOST
        rows = np.flatnonzero(outside)
        first = self._first[number[rows]]
        owner, zone = expand(first, self._first[number[rows] + 1] - first)
        row = rows[owner]
        unsure = fixes.accuracy[row] if fixes.accuracy is not None else np.zeros(len(row))
        near = self._boxed(zone, fixes.lon[row], fixes.lat[row], unsure)
        row, zone = row[near], zone[near]
        holds = self._holds(zone, row, fixes)
        row, zone = row[holds], zone[holds]
        contains = self.edges.contains(zone, fixes.lon[row], fixes.lat[row])
        inside[row[contains]] = True
        outside[row[contains]] = False
        if fixes.accuracy is not None:
            places, _ = self.edges.nearer(
                fixes.lon[row], fixes.lat[row], fixes.accuracy[row], lambda place, found: zone[place] == found
            )
            inside[row[places]] = outside[row[places]] = False
        return inside, outside

    def _boxed(self, zone: Index, lon: Floats, lat: Floats, metres: Floats) -> Flags:
        """Whether each place is in its zone's box, or nearer to it than `metres`."""
        west, south, east, north = self.edges.box[:, zone]
        per_lon, per_lat = metres_per_degree(lat)
        near: Flags = np.maximum(west - lon, lon - east) * per_lon <= metres * 1.001
        near &= np.maximum(south - lat, lat - north) * per_lat <= metres * 1.001
        return near

    def _unsure(self, spots: Spots, fixes: Fixes) -> Index:
        """The rows to which some boundary may be nearer than their accuracy."""
        if fixes.accuracy is None:
            return np.empty(0, np.int64)
        return np.flatnonzero(fixes.accuracy > self.cells.clear(spots))

    def _sure(self, layer: Layer, rows: Index, spots: Spots, fixes: Fixes) -> tuple[tuple[Index, Index], Index]:
        """((row, zone) that surely contains it, the rows that are near a boundary), of a layer's zones that hold.

        An unknown place, and a fix that is worse than `MOST`, are near everything.
        """
        accuracy = fixes.accuracy if fixes.accuracy is not None else np.zeros(len(spots.cell))
        known = np.isfinite(fixes.lon[rows]) & np.isfinite(fixes.lat[rows]) & (accuracy[rows] <= MOST)
        asked = rows[known]
        place, zone = self.edges.nearer(
            fixes.lon[asked], fixes.lat[asked], accuracy[asked], lambda _, zone: layer.mine[zone]
        )
        near = asked[place]
        holds = self._holds(zone, near, fixes)
        near, zone = near[holds], zone[holds]
        row, containing = self._containing(self._all, asked, spots, fixes, layer.mine)
        n = len(self.zones)
        sure = ~np.isin(row * n + containing, near * n + zone)
        return (row[sure], containing[sure]), np.concatenate([near, rows[~known]])

    def _containing(
        self, layer: Layer, rows: Index | None, spots: Spots, fixes: Fixes, mine: Flags | None = None
    ) -> tuple[Index, Index]:
        """(row, zone): which of the layer's candidates do contain the row and hold for it. rows: None, all of them."""
        count = layer.count.take(spots.set if rows is None else spots.set[rows])
        some = np.flatnonzero(count)
        if not len(some):
            return some, some
        asked = some if rows is None else rows[some]
        owner, at = expand(layer.start.take(spots.set[asked]), count[some])
        row, zone, certain = asked[owner], layer.zone[at].astype(np.int64), layer.certain[at]
        if mine is not None:
            keep = mine[zone]
            row, zone, certain = row[keep], zone[keep], certain[keep]
        if layer.conditional:
            keep = self._holds(zone, row, fixes)
            row, zone, certain = row[keep], zone[keep], certain[keep]
        ask = np.flatnonzero(~certain)
        certain[ask] = self.edges.contains(zone[ask], fixes.lon[row[ask]], fixes.lat[row[ask]])
        return row[certain], zone[certain]

    def _holds(self, zone: Index, row: Index, fixes: Fixes) -> Flags:
        """Whether zone k holds at the time and for the class of row k."""
        holds = self.always[zone]
        ask = np.flatnonzero(~holds)
        if len(ask):
            zone, row = zone[ask], row[ask]
            time = fixes.ts[row]
            good = (self.since[zone] <= time) & (time < self.until[zone]) & self.for_class[zone, fixes.classes()[row]]
            good &= self._timetables.at(self.schedule[zone], time)
            holds[ask] = good
        return holds

    def some_class(self, chosen: Flags) -> Flags:
        """By class code: whether any of the chosen zones is for it; the last place is of no known class."""
        found: Flags = np.any(self.for_class[chosen], axis=0)
        return found

    # -- compiling

    def _layer(self, mine: Flags, worth: Floats, free: Flags) -> Layer:
        """What the sets say about the zones of one question; the least `worth` wins. free: who needs no asking."""
        sets = self.cells.sets
        base = np.full(len(sets), np.inf)
        count = np.zeros(len(sets), np.int32)
        candidates: list[int] = []
        certain: list[bool] = []
        wanted, at_once, value = mine.tolist(), (mine & free).tolist(), worth.tolist()
        for number, (inside, asked) in enumerate(sets):
            sure = min((value[z] for z in inside if at_once[z]), default=np.inf)
            rest = [(z, True) for z in inside if wanted[z] and not at_once[z] and value[z] < sure]
            rest += [(z, False) for z in asked if wanted[z] and value[z] < sure]
            base[number] = sure
            count[number] = len(rest)
            candidates += [z for z, _ in rest]
            certain += [sure_in for _, sure_in in rest]
        zone = np.array(candidates, np.int32)
        start = np.cumsum(count, dtype=np.int64) - count
        conditional = bool(np.any(~self.always[zone]))
        return Layer(mine, base, start, count, zone, np.array(certain, np.bool_), conditional)

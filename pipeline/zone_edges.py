"""zone_edges: does a zone contain a place, and how near is its boundary? Exactly, edge by edge.

Reads `Zone`s (WGS-84 degrees, straight edges in longitude and latitude; the boundary belongs to the zone). Each zone is
cut into horizontal bands with a list of the edges that pass through them, so that ray casting looks at few edges.
Distances are in the plane that touches the earth at the place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.nearby import Nearby, Wanted
from pipeline.raster import Index, Numbers, distinct, expand
from pipeline.registers import Zone
from pipeline.rows import Flags, Floats

_BANDS = 128


class ZoneEdges:
    """The edges of all zones. A zone is named by its place in `zones`."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        rings = [(number, ring) for number, z in enumerate(zones) for polygon in z.polygons for ring in polygon]
        real = [np.any(ring[1:] != ring[:-1], axis=1) for _, ring in rings]
        empty = np.empty((0, 2))
        a = np.concatenate([empty, *(ring[:-1][keep] for (_, ring), keep in zip(rings, real, strict=True))])
        b = np.concatenate([empty, *(ring[1:][keep] for (_, ring), keep in zip(rings, real, strict=True))])
        self.ends: list[Numbers] = [np.ascontiguousarray(column) for column in (*a.T, *b.T)]
        """lon, lat, lon, lat of each edge, zone by zone"""
        numbers = [number for number, _ in rings]
        self.zone: Index = np.repeat(np.array(numbers, np.int64), [int(keep.sum()) for keep in real])
        self.start = np.searchsorted(self.zone, np.arange(len(zones) + 1))
        """where each zone's edges begin"""
        self.box = np.full((4, len(zones)), np.nan)
        """west, south, east, north of each zone"""
        if zones:
            for side, (one, other, worst) in enumerate(
                ((0, 2, np.minimum), (1, 3, np.minimum), (0, 2, np.maximum), (1, 3, np.maximum))
            ):
                self.box[side] = worst.reduceat(worst(self.ends[one], self.ends[other]), self.start[:-1])
        self._nearby = Nearby(*self.ends)
        self._cut()

    def _cut(self) -> None:
        """For each band of each zone the list of edges that pass through it."""
        self._bands = np.clip(np.diff(self.start), 1, _BANDS)
        height = self.box[3] - self.box[1]
        self._per_band = self._bands / np.where(height > 0, height, 1.0)
        self._first_band = np.cumsum(self._bands) - self._bands
        low = self._band(self.zone, np.minimum(self.ends[1], self.ends[3]))
        high = self._band(self.zone, np.maximum(self.ends[1], self.ends[3]))
        edge, band = expand(low, high - low + 1)
        band += self._first_band[self.zone[edge]]
        order = np.argsort(band, kind="stable")
        self._band_count = np.bincount(band, minlength=int(self._bands.sum()))
        self._band_start = np.cumsum(self._band_count) - self._band_count
        self._edge = [end[edge[order]] for end in self.ends]

    def _band(self, zone: NDArray[np.integer], lat: Floats) -> Index:
        # the same sum for places and for edges, and it never falls as lat rises: no edge is missed by rounding
        band = ((lat - self.box[1, zone]) * self._per_band[zone]).astype(np.int64)
        limited: Index = np.minimum(band, self._bands[zone] - 1)
        return limited

    def contains(self, zone: NDArray[np.integer], lon: Floats, lat: Floats) -> Flags:
        """Whether zone k contains place k, exactly: ray casting against the edges of the place's band."""
        inside = np.zeros(len(zone), np.bool_)
        boxed = (lon >= self.box[0, zone]) & (lon <= self.box[2, zone])
        boxed &= (lat >= self.box[1, zone]) & (lat <= self.box[3, zone])
        near = np.flatnonzero(boxed)
        zone, lon, lat = zone[near], lon[near], lat[near]
        band = self._band(zone, lat) + self._first_band[zone]
        owner, at = expand(self._band_start[band], self._band_count[band])
        x, y = lon[owner], lat[owner]
        x1, y1, x2, y2 = (column[at] for column in self._edge)
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

    def nearer(self, lon: Floats, lat: Floats, metres: Floats, wanted: Wanted) -> tuple[Index, Index]:
        """(place, zone) where the zone's boundary is nearer to the place than its metres, each once and in order.

        lon, lat: shape (n,), finite. metres: shape (n,), at most `nearby.MOST`. wanted: which pairs of a place and a
        zone are asked about.
        """
        n = len(self.start) - 1
        pairs = [np.empty(0, np.int64)]
        for place, edge, far in self._nearby.within(lon, lat, metres, lambda k, edge: wanted(k, self.zone[edge])):
            near = far < metres[place]
            pairs.append(distinct(place[near] * n + self.zone[edge[near]]))
        pair = distinct(np.concatenate(pairs))
        return pair // max(n, 1), pair % max(n, 1)

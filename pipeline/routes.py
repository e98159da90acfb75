"""routes: how far is a place from a route? Cells that say how far at most, then the few segments that matter.

Reads `Route`s in WGS-84 degrees. The distance of a place from a route is that to the nearest point of its segments
(never to its vertices), in the plane that touches the earth at the place. Each route has a window of tiles of 8 x 8
cells (a cell is 40 m; doubled until a long route's window has at most 64 x 64 tiles). A tile on the route knows for
each cell how far from the route a place in it can be at most, in 2 m steps, and which segments can be the nearest in
it; around, larger blocks know the latter; farther away all of the route's segments are measured. So a vehicle on its
route costs one look-up, and one off its route a handful of segments. For 2,000 routes of 20 km this is about 40 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import EARTH_RADIUS, metres_per_degree, segment_distance
from pipeline.raster import Index, chunks, expand, touched
from pipeline.registers import Route
from pipeline.rows import Flags, Floats

Short = NDArray[Any]
"""uint16 (int32 where a route has more than 65,536 segments): segments counted from their route's first"""

CELL = 40.0
"""metres: the side of the finest cell"""
_SIDE = 3
"""a tile is 2**3 cells wide, a block 2**3 tiles"""
_WINDOW = 64
"""tiles: the most that a window is wide and high"""
_PAD = 3
"""blocks around a window that still know their nearest segments"""
_STEP = 2.0
"""metres: the grain of a cell's bound; its 255 means more than 508 m"""
_PAIRS = 100_000
"""places times segments that are measured at once"""


class RouteIndex:
    """All routes of a city, compiled. A route is named by its place in `routes`."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = [route.id for route in routes]
        self._segments(routes)
        self._windows()
        self._lists()
        self._tiles()

    # -- asking

    def cells(self, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The finest cell (x, y) of each place: share it between questions about the same places. NaN is nowhere."""
        u, v = lon - self.west, lat - self.south
        u *= self.per_lon
        v *= self.per_lat
        np.fmin(np.fmax(u, 0.0, out=u), 2.0**30, out=u)
        np.fmin(np.fmax(v, 0.0, out=v), 2.0**30, out=v)
        return u.astype(np.int32), v.astype(np.int32)

    def within(
        self, route: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32], metres: float
    ) -> tuple[Flags, NDArray[np.int32]]:
        """(certain, tile): whether cell k is surely within `metres` of route k, and its tile, 0 for none."""
        if self.coarsest:
            shift = self.shift.take(route)
            x, y = x >> shift, y >> shift
        tx, ty = x >> _SIDE, y >> _SIDE
        tx -= self.tile_x.take(route)
        ty -= self.tile_y.take(route)
        wide = self.wide.take(route)
        inside = tx.view(np.uint32) < wide.view(np.uint32)  # one test for both sides: below 0 is very large
        inside &= ty.view(np.uint32) < self.high.take(route).view(np.uint32)
        ty *= wide
        ty += tx
        ty += self.first_tile.take(route)
        ty *= inside  # place 0 of `tiles` is tile 0: none
        tile = self.tiles.take(ty)
        cell = tile << (2 * _SIDE)
        cell |= (y & 7) << _SIDE
        cell |= x & 7
        return self.bound.take(cell) <= min(int(metres // _STEP), 254), tile

    def distance(
        self, route: NDArray[np.int32], tile: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32],
        lon: Floats, lat: Floats,
    ) -> Floats:  # fmt: skip
        """Metres from each place to its route, shape (n,); (x, y) its cell, `tile` as `within` says. NaN gives NaN."""
        which = tile.astype(np.int64)
        far = np.flatnonzero(tile == 0)
        which[far] = self._block(route[far], x[far], y[far])
        start, count, first = self.list_start[which], self.list_count[which], self.first_segment[route]
        east, north = metres_per_degree(lat)
        nearest = np.empty(len(lon))
        for part in chunks(count, _PAIRS):
            owner, at = expand(start[part], count[part])
            place = owner + part.start
            segment = first[place] + self.members[at]
            metres = segment_distance(
                lon[place], lat[place], self.ax[segment], self.ay[segment], self.bx[segment], self.by[segment],
                east[place], north[place],
            )  # fmt: skip
            nearest[part] = np.minimum.reduceat(metres, np.cumsum(count[part]) - count[part])
        return nearest

    def _block(self, route: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32]) -> Index:
        """The list of segments for places without a tile: their block's, or all of the route."""
        shift = self.shift[route] + 2 * _SIDE
        bx, by = (x >> shift) - self.block_x[route], (y >> shift) - self.block_y[route]
        inside = (bx >= 0) & (by >= 0) & (bx < self.blocks_wide[route]) & (by < self.blocks_high[route])
        block = self.first_block[route] + by * self.blocks_wide[route] + bx
        return np.where(inside, block, self.first_whole + route.astype(np.int64))

    # -- compiling

    def _segments(self, routes: Sequence[Route]) -> None:
        empty = np.empty((0, 2))
        lines = [(number, line) for number, route in enumerate(routes) for line in route.lines]
        a = np.concatenate([empty, *(line[:-1] for _, line in lines)])
        b = np.concatenate([empty, *(line[1:] for _, line in lines)])
        self.ax, self.ay, self.bx, self.by = (np.ascontiguousarray(c) for c in (*a.T, *b.T))
        self._route = np.repeat([n for n, _ in lines], [len(line) - 1 for _, line in lines]).astype(np.int64)
        self.first_segment = np.searchsorted(self._route, np.arange(len(routes)))
        self._count = np.bincount(self._route, minlength=len(routes))

    def _windows(self) -> None:
        """Where each route's tiles and blocks lie, in one grid of cells for all."""
        n = len(self.routes)
        ends = (self.ax, self.bx), (self.ay, self.by)
        low = [np.minimum.reduceat(np.minimum(*e), self.first_segment) if n else np.empty(0) for e in ends]
        high = [np.maximum.reduceat(np.maximum(*e), self.first_segment) if n else np.empty(0) for e in ends]
        middle = (float(low[1].min()) + float(high[1].max())) / 2 if n else 0.0
        east, north = (float(m) for m in metres_per_degree(middle))
        self.per_lon, self.per_lat = east / CELL, north / CELL
        spans = [(h - b) * p for b, h, p in zip(low, high, (self.per_lon, self.per_lat), strict=True)]
        widest = np.maximum(*spans) / (1 << _SIDE) + 3  # tiles, with the margin
        self.shift = np.maximum(np.ceil(np.log2(widest / _WINDOW)), 0).astype(np.int32)
        self.coarsest = int(self.shift.max(initial=0))
        # room for the blocks around the westernmost and southernmost route, so that no cell's number is below 0
        room = (_PAD + 2) << (2 * _SIDE + self.coarsest)
        self.west = (float(low[0].min()) if n else 0.0) - room / self.per_lon
        self.south = (float(low[1].min()) if n else 0.0) - room / self.per_lat
        tile = self.shift + _SIDE
        first, last = [], []
        for b, h, origin, per in (
            (low[0], high[0], self.west, self.per_lon),
            (low[1], high[1], self.south, self.per_lat),
        ):
            first.append((((b - origin) * per).astype(np.int64) >> tile) - 1)
            last.append((((h - origin) * per).astype(np.int64) >> tile) + 1)
        self.tile_x, self.tile_y = (f.astype(np.int32) for f in first)
        self.wide, self.high = ((b - f + 1).astype(np.int32) for f, b in zip(first, last, strict=True))
        size = self.wide.astype(np.int64) * self.high
        self.first_tile = (1 + np.cumsum(size) - size).astype(np.int32)
        self.tiles = np.zeros(1 + int(size.sum()), np.int32)
        self.block_x, self.block_y = ((f >> _SIDE) - _PAD for f in first)
        self.blocks_wide, self.blocks_high = (
            (b >> _SIDE) + _PAD - f + 1 for b, f in zip(last, (self.block_x, self.block_y), strict=True)
        )

    def _place(self, route: Index, x: Index, y: Index, size: int) -> tuple[Floats, Floats, Floats]:
        """(lon, lat, reach) of squares of 2**size of the route's cells: the middle, and metres from it to a corner."""
        step: Floats = np.exp2((self.shift[route] + size).astype(np.float64))
        lon = (x + 0.5) * step / self.per_lon + self.west
        lat = (y + 0.5) * step / self.per_lat + self.south
        east, north = metres_per_degree(np.clip(np.abs(lat) - step / self.per_lat, 0.0, 90.0))
        return lon, lat, 0.5 * np.hypot(step / self.per_lon * east, step / self.per_lat * north)

    def _lists(self) -> None:
        """Which segments can be the nearest: by tile on the route, by block around it, and all of them."""
        scale = 1.0 / (1 << _SIDE) / np.exp2(self.shift[self._route])
        u1, u2 = ((e - self.west) * self.per_lon * scale for e in (self.ax, self.bx))
        v1, v2 = ((e - self.south) * self.per_lat * scale for e in (self.ay, self.by))
        segment, i, j = touched(u1, v1, u2, v2, 0.15, (0, 0), (2**31, 2**31))
        route = self._route[segment]
        slot = self.first_tile[route] + (j - self.tile_y[route]) * self.wide[route] + i - self.tile_x[route]
        slot, once = np.unique(slot, return_index=True)
        route, i, j = route[once], i[once], j[once]
        self.tiles[slot] = np.arange(1, len(slot) + 1)
        self._tile_route, self._tile_x, self._tile_y = route, i, j

        blocks = self.blocks_wide * self.blocks_high
        owner, at = expand(np.zeros(len(blocks), np.int64), blocks)
        by, bx = np.divmod(at, self.blocks_wide[owner])
        middle = self._place(owner, bx + self.block_x[owner], by + self.block_y[owner], 2 * _SIDE)
        short = np.uint16 if self._count.max(initial=0) <= 65536 else np.int32
        whole: Short = (np.arange(len(self._route)) - self.first_segment[self._route]).astype(short)
        block_count, block_members = self._nearest(owner, middle, self.first_segment[owner], self._count[owner], whole)
        block_start = np.cumsum(block_count) - block_count

        in_block = (np.cumsum(blocks) - blocks)[route] + ((j >> _SIDE) - self.block_y[route]) * self.blocks_wide[route]
        in_block += (i >> _SIDE) - self.block_x[route]
        middle = self._place(route, i, j, _SIDE)
        starts, counts = block_start[in_block], block_count[in_block]
        tile_count, tile_members = self._nearest(route, middle, starts, counts, block_members)

        self.first_block = 1 + len(slot) + np.cumsum(blocks) - blocks
        self.first_whole = 1 + len(slot) + int(blocks.sum())
        self.list_count = np.concatenate([[0], tile_count, block_count, self._count]).astype(np.int32)
        self.list_start = (np.cumsum(self.list_count, dtype=np.int64) - self.list_count).astype(np.int32)
        self.members: Short = np.concatenate([tile_members, block_members, whole])

    def _nearest(
        self, route: Index, middle: tuple[Floats, Floats, Floats], start: Index, count: Index, members: Short
    ) -> tuple[Index, Short]:
        """(count, members): of each square's candidates those that can be the nearest to some place in it.

        Members are segments counted from their route's first.
        """
        lon, lat, reach = middle
        east, north = metres_per_degree(lat)
        stretch = _stretch(lat, reach)
        kept_count, kept = np.zeros(len(lon), np.int64), []
        for part in chunks(count, _PAIRS):
            owner, at = expand(start[part], count[part])
            member, square = members[at], owner + part.start
            segment = self.first_segment[route[square]] + member
            metres = segment_distance(
                lon[square], lat[square], self.ax[segment], self.ay[segment], self.bx[segment], self.by[segment],
                east[square], north[square],
            )  # fmt: skip
            best = np.minimum.reduceat(metres, np.cumsum(count[part]) - count[part])
            most = best * (1 + stretch[part]) + 2 * reach[part] + 1.0
            keep = metres * (1 - stretch[square]) <= most[owner]
            kept_count[part] = np.bincount(owner[keep], minlength=len(best))
            kept.append(member[keep])
        return kept_count, np.concatenate([members[:0], *kept])

    def _tiles(self) -> None:
        """For each cell of each tile how far from the route a place in it can be at most, in steps; 255: farther."""
        n = len(self._tile_route)
        side = 1 << _SIDE
        bound = np.full((n + 1, side * side), 255, np.uint8)
        lon, lat, reach = self._place(self._tile_route, self._tile_x, self._tile_y, _SIDE)
        east, north = metres_per_degree(lat)
        stretch = _stretch(lat, reach)
        step = np.exp2(self.shift[self._tile_route])[:, None]
        offset = np.arange(side) - (side - 1) / 2
        east_of, north_of = np.tile(offset, side) / self.per_lon, np.repeat(offset, side) / self.per_lat
        counts, starts = self.list_count[1 : n + 1], self.list_start[1 : n + 1]
        first = self.first_segment[self._tile_route]
        for begin in range(0, n, 1000):
            part = slice(begin, min(begin + 1000, n))
            x, y = lon[part, None] + step[part] * east_of, lat[part, None] + step[part] * north_of
            best = np.full(x.shape, np.inf)
            for k in range(int(counts[part].max())):
                has = np.flatnonzero(counts[part] > k)
                segment = first[part][has, None] + self.members[starts[part][has] + k][:, None]
                metres = segment_distance(
                    x[has], y[has], self.ax[segment], self.ay[segment], self.bx[segment], self.by[segment],
                    east[part][has, None], north[part][has, None],
                )  # fmt: skip
                best[has] = np.minimum(best[has], metres)
            most = best * (1 + stretch[part, None]) + reach[part, None] / side + 0.1
            bound[begin + 1 : part.stop + 1] = np.minimum(np.ceil(most / _STEP), 255.0)
        self.bound = bound.ravel()
        del self._route, self._count, self._tile_route, self._tile_x, self._tile_y


def _stretch(lat: Floats, reach: Floats) -> Floats:
    """By what share lengths can differ between the plane at the middle of a square and that at another place in it."""
    far = np.minimum(np.radians(np.abs(lat)) + 2 * reach / EARTH_RADIUS, 1.55)
    return 0.001 + 2 * reach / EARTH_RADIUS * np.tan(far)

"""routes: how far is a place from a route? Cells that say how far at most, then the few segments that matter.

Reads `Route`s in WGS-84 degrees. The distance of a place from a route is that to the nearest point of its segments
(never to its vertices), in the plane that touches the earth at the place. Each route has a window of tiles of 8 x 8
cells (a cell is 40 m; doubled until a long route's window has at most 64 x 64 tiles). A tile on the route knows for
each cell how far from the route a place in it can be at most, in 2 m steps, and which segments can be the nearest in
it; around, larger blocks know the latter; farther away all of the route's segments are measured. So a vehicle on its
route costs one look-up, and one off its route a handful of segments. For 2,000 routes of 20 km this is about 60 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import EARTH_RADIUS, metres_per_degree
from pipeline.raster import Index, chunks, expand, touched
from pipeline.registers import Route
from pipeline.rows import Flags, Floats
from pipeline.strokes import Strokes, segments, strokes_over

Short = NDArray[Any]
"""uint16 (int32 where a route has more than 65,536): segments or strokes counted from their route's first"""

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
        self.segments = segments(routes)
        self.strokes, self.begin, self.size = strokes_over(routes, self.segments)
        self.runs = bool(np.any(self.size > 1))
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
        self, route: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32], metres: float | Floats
    ) -> tuple[Flags, NDArray[np.int32]]:
        """(certain, tile): whether cell k is surely within `metres` (for all or each) of route k, and its tile or 0."""
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
        if isinstance(metres, float):
            return self.bound.take(cell) <= min(int(metres // _STEP), 254), tile
        # the whole steps in it, -1 for less than none; in place, and without a division that rounds down by itself
        steps = metres + _STEP
        np.clip(steps, 0.0, 255 * _STEP, out=steps)
        steps *= 1.0 / _STEP
        most = steps.astype(np.int16)
        most -= 1
        return self.bound.take(cell) <= most, tile

    def distance(
        self, route: NDArray[np.int32], tile: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32],
        lon: Floats, lat: Floats,
    ) -> Floats:  # fmt: skip
        """Metres from each place (finite) to its route, shape (n,); (x, y) is its cell, `tile` as `within` says."""
        east, north = metres_per_degree(lat)
        metres = np.empty(len(lon))
        near, far = np.flatnonzero(tile), np.flatnonzero(tile == 0)
        lists = tile[near].astype(np.int64)
        for part in chunks(self.tile_count[lists], _PAIRS):
            place = near[part]
            owner, at = expand(self.tile_start[lists[part]], self.tile_count[lists[part]])
            which = place[owner]
            segment = self.segments.first[route[which]] + self.tile_members[at]
            found = self.segments.metres(segment, lon[which], lat[which], east[which], north[which])
            metres[place] = _least(found, owner)
        lists = self._block(route[far], x[far], y[far])
        for part in chunks(self.block_count[lists], _PAIRS):
            place = far[part]
            owner, at = expand(self.block_start[lists[part]], self.block_count[lists[part]])
            which = place[owner]
            stroke = self.strokes.first[route[which]] + self.block_members[at]
            found = self.strokes.metres(stroke, lon[which], lat[which], east[which], north[which])
            if self.runs:
                slack = self.strokes.slack[stroke]
                most = _least(found + slack, owner)
                keep = np.flatnonzero(found - slack <= most[owner])
                inner, segment = expand(self.begin[stroke[keep]], self.size[stroke[keep]])
                owner = owner[keep][inner]
                which = place[owner]
                found = self.segments.metres(segment, lon[which], lat[which], east[which], north[which])
            metres[place] = _least(found, owner)
        return metres

    def _block(self, route: NDArray[np.int32], x: NDArray[np.int32], y: NDArray[np.int32]) -> Index:
        """The list of strokes for places without a tile: their block's, or all of the route's."""
        shift = self.shift[route] + 2 * _SIDE
        bx, by = (x >> shift) - self.block_x[route], (y >> shift) - self.block_y[route]
        inside = (bx >= 0) & (by >= 0) & (bx < self.blocks_wide[route]) & (by < self.blocks_high[route])
        block = self.first_block[route] + by * self.blocks_wide[route] + bx
        return np.where(inside, block, self.first_whole + route.astype(np.int64))

    # -- compiling

    def _windows(self) -> None:
        """Where each route's tiles and blocks lie, in one grid of cells for all."""
        n = len(self.routes)
        all_ = self.segments
        ends = (all_.ax, all_.bx), (all_.ay, all_.by)
        low = [np.minimum.reduceat(np.minimum(*e), all_.first) if n else np.empty(0) for e in ends]
        high = [np.maximum.reduceat(np.maximum(*e), all_.first) if n else np.empty(0) for e in ends]
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
        """What can be the nearest: segments by tile on the route, strokes by block around it, and all its strokes."""
        parts, strokes = self.segments, self.strokes
        of = np.repeat(np.arange(len(parts.count)), parts.count)
        scale = 1.0 / (1 << _SIDE) / np.exp2(self.shift[of])
        u1, u2 = ((e - self.west) * self.per_lon * scale for e in (parts.ax, parts.bx))
        v1, v2 = ((e - self.south) * self.per_lat * scale for e in (parts.ay, parts.by))
        segment, i, j = touched(u1, v1, u2, v2, 0.15, (0, 0), (2**31, 2**31))
        route = of[segment]
        slot = self.first_tile[route] + (j - self.tile_y[route]) * self.wide[route] + i - self.tile_x[route]
        slot, once = np.unique(slot, return_index=True)
        route, i, j = route[once], i[once], j[once]
        self.tiles[slot] = np.arange(1, len(slot) + 1)
        self._tile_route, self._tile_x, self._tile_y = route, i, j

        blocks = self.blocks_wide * self.blocks_high
        owner, at = expand(np.zeros(len(blocks), np.int64), blocks)
        by, bx = np.divmod(at, self.blocks_wide[owner])
        middle = self._place(owner, bx + self.block_x[owner], by + self.block_y[owner], 2 * _SIDE)
        first, count = strokes.first[owner], strokes.count[owner]
        counts, members = _nearest(strokes, middle, first, count, lambda part: expand(first[part], count[part]))
        whole = _short(np.arange(len(strokes.ax)) - np.repeat(strokes.first, strokes.count), strokes.count)
        self.first_block = np.cumsum(blocks) - blocks
        self.first_whole = int(blocks.sum())
        self.block_count = np.concatenate([counts, strokes.count]).astype(np.int32)
        self.block_start = np.cumsum(self.block_count, dtype=np.int64) - self.block_count
        self.block_members = np.concatenate([members, whole])

        block = self.first_block[route] + ((j >> _SIDE) - self.block_y[route]) * self.blocks_wide[route]
        block += (i >> _SIDE) - self.block_x[route]
        middle = self._place(route, i, j, _SIDE)
        start, count = self.block_start[block], self.block_count[block]

        def of_block(part: slice) -> tuple[Index, Index]:
            tile, at = expand(start[part], count[part])
            return tile, strokes.first[route[part]][tile] + self.block_members[at]

        counts, members = _nearest(strokes, middle, strokes.first[route], count, of_block)
        self._tile_strokes = counts, members
        if self.runs:  # from the strokes that can be the nearest to the segments that can
            start, count = np.cumsum(counts) - counts, counts

            def under(part: slice) -> tuple[Index, Index]:
                tile, at = expand(start[part], count[part])
                stroke = strokes.first[route[part]][tile] + members[at]
                run, segment = expand(self.begin[stroke], self.size[stroke])
                return tile[run], segment

            counts, members = _nearest(parts, middle, parts.first[route], count * int(self.size.max()), under)
        self.tile_members = members
        self.tile_count = np.concatenate([[0], counts]).astype(np.int32)
        self.tile_start = (np.cumsum(self.tile_count, dtype=np.int64) - self.tile_count).astype(np.int32)

    def _tiles(self) -> None:
        """For each cell of each tile how far from the route a place in it can be at most, in steps; 255: farther."""
        n, side = len(self._tile_route), 1 << _SIDE
        bound = np.full((n + 1, side * side), 255, np.uint8)
        lon, lat, reach = self._place(self._tile_route, self._tile_x, self._tile_y, _SIDE)
        east, north = metres_per_degree(lat)
        stretch = _stretch(lat, reach)
        step = np.exp2(self.shift[self._tile_route])[:, None]
        offset = np.arange(side) - (side - 1) / 2
        east_of, north_of = np.tile(offset, side) / self.per_lon, np.repeat(offset, side) / self.per_lat
        counts, members = self._tile_strokes
        starts = np.cumsum(counts) - counts
        first = self.strokes.first[self._tile_route]
        for begin in range(0, n, 1000):
            part = slice(begin, min(begin + 1000, n))
            x, y = lon[part, None] + step[part] * east_of, lat[part, None] + step[part] * north_of
            best = np.full(x.shape, np.inf)
            for k in range(int(counts[part].max())):
                has = np.flatnonzero(counts[part] > k)
                stroke = first[part][has, None] + members[starts[part][has] + k][:, None]
                metres = self.strokes.metres(stroke, x[has], y[has], east[part][has, None], north[part][has, None])
                metres += self.strokes.slack[stroke]
                best[has] = np.minimum(best[has], metres)
            most = best * (1 + stretch[part, None]) + reach[part, None] / side + 0.1
            bound[begin + 1 : part.stop + 1] = np.minimum(np.ceil(most / _STEP), 255.0)
        self.bound = bound.ravel()
        del self._tile_route, self._tile_x, self._tile_y, self._tile_strokes


def _least(metres: Floats, owner: Index) -> Floats:
    """The least of each owner's, which stand together and in order."""
    least: Floats = np.minimum.reduceat(metres, np.flatnonzero(np.diff(owner, prepend=-1)))
    return least


def _short(members: Index, count: Index) -> Short:
    return members.astype(np.uint16 if count.max(initial=0) <= 65536 else np.int32)


def _nearest(
    strokes: Strokes,
    middle: tuple[Floats, Floats, Floats],
    first: Index,
    weight: Index,
    candidates: Callable[[slice], tuple[Index, Index]],
) -> tuple[Index, Short]:
    """(count, members): for each square those of its candidates that can be the nearest to some place in it.

    middle: as `_place` says. first: what members are counted from. weight: how many candidates each has, about.
    candidates: (square, stroke) pairs of a slice of the squares, squares counted from the slice's begin.
    """
    lon, lat, reach = middle
    east, north = metres_per_degree(lat)
    stretch = _stretch(lat, reach)
    kept_count, kept = np.zeros(len(lon), np.int64), []
    for part in chunks(weight, _PAIRS):
        owner, stroke = candidates(part)
        square = owner + part.start
        metres = strokes.metres(stroke, lon[square], lat[square], east[square], north[square])
        slack = strokes.slack[stroke]
        most = _least(metres + slack, owner) * (1 + stretch[part]) + 2 * reach[part] + 1.0
        keep = (metres - slack) * (1 - stretch[square]) <= most[owner]
        kept_count[part] = np.bincount(owner[keep], minlength=part.stop - part.start)
        kept.append(_short(stroke[keep] - first[square[keep]], strokes.count))
    return kept_count, np.concatenate([_short(np.empty(0, np.int64), strokes.count), *kept])


def _stretch(lat: Floats, reach: Floats) -> Floats:
    """By what share lengths can differ between the plane at the middle of a square and that at another place in it."""
    far = np.minimum(np.radians(np.abs(lat)) + 2 * reach / EARTH_RADIUS, 1.55)
    return 0.001 + 2 * reach / EARTH_RADIUS * np.tan(far)

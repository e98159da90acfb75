"""pieces: a route or an area as at most 256 places to pass: which of them did a vehicle pass on its way from a to b?

A route is cut into pieces of one length, an area into square cells; each stands for its middle. Reads lines and
polygons in WGS-84 degrees; distances are those in the plane that touches the earth in their midst.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from pipeline.geo import Place, Plane
from pipeline.raster import expand
from pipeline.registers import Line
from pipeline.rows import Floats, Longs

MOST = 256
_SHORTEST = 50.0
"""metres: pieces and cells are about as long, or longer, so that it takes a vehicle a few seconds to go through one"""

_WIDE, _FAR = 1e6, 4e5
"""metres: how far apart plans lie in the list of all pieces, and how far off a place still is where it is"""

Bits = NDArray[np.uint8]
"""Shape (n, 32): one bit a piece, as np.packbits orders them"""


def of_route(lines: Sequence[Line]) -> Floats:
    """The middles of pieces of one length along all the lines, shape (k, 2), degrees."""
    plane = _plane(lines)
    a = np.concatenate([line[:-1] for line in lines])
    b = np.concatenate([line[1:] for line in lines])
    ax, ay = plane.to_metres(a[:, 0], a[:, 1])
    bx, by = plane.to_metres(b[:, 0], b[:, 1])
    ends = np.cumsum(np.hypot(bx - ax, by - ay))
    total = float(ends[-1])
    count = int(np.clip(round(total / _SHORTEST), 1, MOST))
    along = (np.arange(count) + 0.5) / count * total
    segment = np.minimum(np.searchsorted(ends, along), len(ends) - 1)
    before = np.append(0.0, ends)[segment]
    share = (along - before) / np.maximum(ends[segment] - before, 1e-9)
    middles: Floats = a[segment] + (b - a)[segment] * share[:, None]
    return middles


def of_area(polygons: Sequence[Sequence[Line]]) -> tuple[Floats, float]:
    """(middles, reach): shape (k, 2), degrees, of the cells whose middle is inside; half a cell's diagonal, metres."""
    plane = _plane([ring for polygon in polygons for ring in polygon])

    def flat(ring: Line) -> Floats:
        return np.column_stack(plane.to_metres(ring[:, 0], ring[:, 1]))

    shape = shapely.MultiPolygon([shapely.Polygon(flat(p[0]), [flat(hole) for hole in p[1:]]) for p in polygons])
    west, south, east, north = shape.bounds
    side = max(_SHORTEST, float(np.sqrt(shape.area / MOST)))
    while True:
        columns, rows = (max(int(np.ceil(span / side - 1e-3)), 1) for span in (east - west, north - south))
        # the grid's middle is the area's, so that a narrow one has its cells along its midst
        x = (west + east) / 2 + (np.arange(columns) - (columns - 1) / 2) * side
        y = (south + north) / 2 + (np.arange(rows) - (rows - 1) / 2) * side
        xs, ys = np.tile(x, rows), np.repeat(y, columns)
        inside = shapely.contains_xy(shape, xs, ys)
        if inside.sum() <= MOST:
            break
        side *= 1.02
    if not inside.any():
        point = shape.representative_point()
        xs, ys, inside = np.array([point.x]), np.array([point.y]), np.array([True])
    return np.column_stack(plane.to_degrees(xs[inside], ys[inside])), side / np.sqrt(2.0)


def _plane(lines: Sequence[Line]) -> Plane:
    points = np.concatenate(lines)
    lon, lat = (points.min(axis=0) + points.max(axis=0)) / 2
    return Plane(float(lon), float(lat))


class Pieces:
    """The pieces of many plans, by the plan's place in the list: middles of shape (k, 2), degrees, 0 to 256 of them."""

    def __init__(self, middles: Sequence[Floats], radius: Floats) -> None:
        self.radius = radius
        """metres from a piece's middle within which it is passed, by plan"""
        self.count = np.array([len(some) for some in middles], np.int64)
        self._origin = np.zeros((len(middles), 4))
        west, y, which = [np.empty(0)], [np.empty(0)], [np.empty(0, np.int64)]
        for k, some in enumerate(middles):
            if len(some):
                plane = _plane([some])
                self._origin[k] = plane.lon, plane.lat, plane.east, plane.north
                across, up = plane.to_metres(some[:, 0], some[:, 1])
                order = np.argsort(across, kind="stable")
                west.append(across[order] + k * _WIDE)
                y.append(up[order])
                which.append(order)
        # from west to east, one plan after the other, so that those that a way may pass are found by a search
        self._x, self._y, self._which = np.concatenate(west), np.concatenate(y), np.concatenate(which)

    def passed(self, plan: Longs, a: Place, b: Place) -> Bits:
        """Which pieces of its plan each way passes, shape (n, 32). a, b: where the ways begin and end, shape (n,)."""
        lon, lat, east, north = self._origin[plan].T
        first, radius = plan * _WIDE, self.radius[plan]
        ax, ay = np.clip((a[0] - lon) * east, -_FAR, _FAR), (a[1] - lat) * north
        ux, uy = np.clip((b[0] - lon) * east, -_FAR, _FAR) - ax, (b[1] - lat) * north - ay
        begin = np.searchsorted(self._x, first + ax + np.minimum(ux, 0.0) - radius - 0.01)
        end = np.searchsorted(self._x, first + ax + np.maximum(ux, 0.0) + radius + 0.01, side="right")
        way, piece = expand(begin, end - begin)
        px, py = self._x[piece] - (first + ax)[way], self._y[piece] - ay[way]
        length2 = ux * ux + uy * uy
        per = np.where(length2 > 0.0, 1.0 / np.where(length2 > 0.0, length2, 1.0), 0.0)
        along = np.clip(px * (ux * per)[way] + py * (uy * per)[way], 0.0, 1.0)
        px -= along * ux[way]
        py -= along * uy[way]
        near = np.flatnonzero(px * px + py * py <= (radius * radius)[way])
        passed = np.zeros((len(plan), MOST), np.bool_)
        passed[way[near], self._which[piece[near]]] = True
        return np.packbits(passed, axis=1)


def how_many(bits: Bits) -> Longs:
    """The number of pieces, shape (n,)."""
    count: Longs = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return count

"""cells: a place as one integer, so that a plain index finds what is near it.

The globe is cut into cells of a thousandth of a degree (111 m from south to north, and as much or less from west to
east), numbered row by row: cells beside each other in a row have numbers in sequence, so a rectangle is one range of
numbers for each of its rows. Nothing wraps around at 180 degrees: what lies on the other side is not near.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.geo import metres_per_degree

PER_DEGREE = 1000
_ROW = 360 * PER_DEGREE + 1
"""Cells of a row; 180 degrees east has one of its own."""
_SLACK = 1.01
"""What a degree is long differs by up to 0.6 % between the ellipsoid and the sphere that distances are measured on."""


def cells_of(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
    """The cells that places (WGS-84 degrees, any shape) are in."""
    return _axis(lat, 90) * _ROW + _axis(lon, 180)


def ranges(lon: float, lat: float, metres: float) -> list[tuple[int, int]]:
    """(first, last) cells, row by row, that hold every place within some metres; near a pole rows are whole."""
    _, north = metres_per_degree(lat)
    tall = metres / float(north) * _SLACK
    bottom, top = max(lat - tall, -90.0), min(lat + tall, 90.0)
    east = min(float(metres_per_degree(bottom)[0]), float(metres_per_degree(top)[0]))
    wide = metres / east * _SLACK if east * 180.0 > metres * _SLACK else 180.0
    west, right = max(lon - wide, -180.0), min(lon + wide, 180.0)
    first, last = int(_axis(west, 180)), int(_axis(right, 180))
    rows = range(int(_axis(bottom, 90)), int(_axis(top, 90)) + 1)
    return [(row * _ROW + first, row * _ROW + last) for row in rows]


def _axis(degrees: ArrayLike, offset: int) -> NDArray[np.int64]:
    return np.floor((np.asarray(degrees, np.float64) + offset) * PER_DEGREE).astype(np.int64)

"""space: what lies near a place, without looking at everything: squares of a fixed side, and metres between two places.

Reads longitudes and latitudes in degrees, WGS-84. The squares of one row have one width in degrees, wide enough for the
row's farther edge from the equator, so that whatever lies within a side of a place is in the nine squares around it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Generic, TypeVar

from pipeline.geo import EARTH_RADIUS

Item = TypeVar("Item")
_DEGREE = math.radians(1.0) * EARTH_RADIUS
"""metres in a degree of latitude"""
_POLE = 89.0
"""degrees: beyond, squares get no narrower"""


def metres(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Between two places, on the mean sphere (haversine), as `pipeline.geo.distance`; NaN where one is unknown."""
    if not (placed(lon1, lat1) and placed(lon2, lat2)):
        return math.nan
    y1, y2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((y2 - y1) / 2.0) ** 2
    h += math.cos(y1) * math.cos(y2) * math.sin(math.radians(lon2 - lon1) / 2.0) ** 2
    return 2.0 * EARTH_RADIUS * math.asin(math.sqrt(min(h, 1.0)))


def placed(lon: float, lat: float) -> bool:
    """Whether it is a place."""
    return math.isfinite(lon) and math.isfinite(lat)


class Squares:
    """A lattice of squares of `side` metres."""

    def __init__(self, side: float) -> None:
        self.side = side
        self._height = side / _DEGREE * 1.001
        self._widths: dict[int, float] = {}

    def of(self, lon: float, lat: float) -> tuple[int, int]:
        """(row, column) of a place."""
        row = math.floor(lat / self._height)
        return row, math.floor(_turned(lon) / self._width(row))

    def around(self, lon: float, lat: float) -> Iterator[tuple[int, int]]:
        """The squares that hold whatever is at most a side away."""
        middle = math.floor(lat / self._height)
        for row in (middle - 1, middle, middle + 1):
            width = self._width(row)
            reach = max(width, self._width(middle))
            first = math.floor(_turned(lon - reach) / width)
            last = math.floor(_turned(lon + reach) / width)
            if first <= last:
                yield from ((row, column) for column in range(first, last + 1))
            else:  # across the line where 180° east meets 180° west
                yield from ((row, column) for column in range(first, math.floor(360.0 / width) + 1))
                yield from ((row, column) for column in range(last + 1))

    def _width(self, row: int) -> float:
        """Degrees of longitude."""
        width = self._widths.get(row)
        if width is None:
            farthest = min(max(abs(row), abs(row + 1)) * self._height + self._height, _POLE)
            width = self._widths[row] = min(self._height / math.cos(math.radians(farthest)), 120.0)
        return width


def _turned(lon: float) -> float:
    """0 to 360."""
    return (lon + 180.0) % 360.0


class Near(Generic[Item]):
    """Things at places, found again from places near them. What has no place is in none."""

    def __init__(self, side: float) -> None:
        self._squares = Squares(side)
        self._cells: dict[tuple[str, int, int], dict[Item, None]] = {}

    def add(self, kind: str, lon: float, lat: float, item: Item) -> None:
        """kind: what is asked for apart."""
        if placed(lon, lat):
            self._cells.setdefault((kind, *self._squares.of(lon, lat)), {})[item] = None

    def remove(self, kind: str, lon: float, lat: float, item: Item) -> None:
        """Take out what was added there; nothing where it was not."""
        if placed(lon, lat):
            cell = (kind, *self._squares.of(lon, lat))
            items = self._cells.get(cell)
            if items is not None:
                items.pop(item, None)
                if not items:
                    del self._cells[cell]

    def around(self, kind: str, lon: float, lat: float) -> Iterator[Item]:
        """All that are at most a side away, with others that are a little farther."""
        if placed(lon, lat):
            for row, column in self._squares.around(lon, lat):
                items = self._cells.get((kind, row, column))
                if items is not None:
                    yield from items

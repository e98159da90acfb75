"""shifts: do places look as if they were in another datum than was said?

Reads two registers (or a stream's tracks) that belong together: ends of routes lie in yards, lorries stand in yards and
drive on roads. Reports that they don't fit, and that they would if one of them were in another datum. GCJ-02 and BD-09
move a city by 300 m to 1.5 km, each by one vector everywhere in it, so a wrong datum is no scatter: the whole of one
fits the other once it is moved. Whatever fits only because streets are everywhere fits moved in other directions as
well, so that those are tried too, and nothing is said unless the one vector is far better than all of them.

Nothing that lies outside China is ever found: there the datums are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from pipeline.geo import Datum, Degrees, Plane, from_wgs84, to_wgs84

FEWEST = 8
"""Places that are needed to say anything."""
MOST = 2000
"""Places that are looked at; of more, every n-th."""
SHIFTS = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
"""CGCS2000 is WGS-84 to centimetres."""

_LEAST = 100.0
"""Metres: a smaller shift is none of these."""
_FITS = 0.5
"""So large a share has to fit once it is moved,"""
_TIMES = 3.0
"""so many times as many as fit where they are,"""
_BETTER = 0.25
"""and so much larger a share than moved in any other direction."""
_OTHERS = 8
"""Directions that are tried for comparison, the right one and no move apart."""


@dataclass(frozen=True, slots=True)
class Points:
    """Places that should lie somewhere. lon, lat: WGS-84 as it was made of the stated datum, shape (n,)."""

    name: str
    lon: Degrees
    lat: Degrees
    stated: Datum


@dataclass(frozen=True, slots=True)
class Shapes:
    """Where they should lie: areas or lines. shapes: shapely's, in degrees, made of the stated datum as WGS-84."""

    name: str
    shapes: Sequence[Any]
    stated: Datum
    within: float
    """metres: so near counts as there"""


@dataclass(frozen=True, slots=True)
class Shift:
    """A datum that fits better than the stated one."""

    points: int
    fit: int
    """of them where they are"""
    moved: int
    """of them once they are moved"""
    metres: float
    side: str
    """the name of what would have to be in another datum"""
    datum: Datum
    """in which"""


def shifts(points: Points, shapes: Shapes) -> list[Shift]:
    """None, or what explains that they don't fit: one of the two in another datum. The best fit first; those that fit
    nearly as well follow, since from two things alone nobody can tell which of them is wrong."""
    known = np.flatnonzero(np.isfinite(points.lon) & np.isfinite(points.lat))
    known = known[:: max(1, len(known) // MOST)]
    if len(known) < FEWEST or not len(shapes.shapes):
        return []
    lon, lat = points.lon[known], points.lat[known]
    where = _Where(shapes, float(np.mean(lon)), float(np.mean(lat)))
    x, y = where.plane.to_metres(lon, lat)
    base = where.share(x, y)
    if base * _TIMES > 1.0:
        return []
    found = []
    for side, stated, sign in ((points.name, points.stated, 1.0), (shapes.name, shapes.stated, -1.0)):
        for datum in SHIFTS:
            if datum is not _plain(stated):
                dx, dy = _moved(lon, lat, stated, datum, where.plane)
                metres = float(np.hypot(np.mean(dx), np.mean(dy)))
                if metres >= _LEAST:
                    share = where.share(x + sign * dx, y + sign * dy)
                    if (
                        share >= max(_FITS, _TIMES * base)
                        and share - where.by_chance(x, y, sign * dx, sign * dy) >= _BETTER
                    ):
                        n = len(known)
                        found.append(Shift(n, round(base * n), round(share * n), metres, side, datum))
    found.sort(key=lambda each: -each.moved)
    return [each for each in found if each.moved >= 0.9 * found[0].moved]


def _plain(datum: Datum) -> Datum:
    return Datum.WGS84 if datum is Datum.CGCS2000 else datum


def _moved(lon: Degrees, lat: Degrees, stated: Datum, datum: Datum, plane: Plane) -> tuple[Degrees, Degrees]:
    """By how much places would lie elsewhere if what was said to be in `stated` were in `datum`, metres."""
    there = to_wgs84(*from_wgs84(lon, lat, stated), datum)
    x, y = plane.to_metres(lon, lat)
    u, v = plane.to_metres(*there)
    return u - x, v - y


class _Where:
    """Shapes on a plane, asked how many places are in or near one."""

    def __init__(self, shapes: Shapes, lon: float, lat: float) -> None:
        self.plane = Plane(lon, lat)
        flat = shapely.transform(
            np.asarray(shapes.shapes, object), lambda at: np.stack(self.plane.to_metres(at[:, 0], at[:, 1]), axis=1)
        )
        self._tree, self._within = shapely.STRtree(flat), shapes.within

    def share(self, x: Degrees, y: Degrees) -> float:
        """Which share of the places is there."""
        hit = self._tree.query(shapely.points(x, y), predicate="dwithin", distance=self._within)
        return len(np.unique(hit[0])) / len(x)

    def by_chance(self, x: Degrees, y: Degrees, dx: Degrees, dy: Degrees) -> float:
        """The largest share that is there when places are moved as far in other directions."""
        turns = np.arange(1, _OTHERS) * (2 * np.pi / _OTHERS)
        cos, sin = np.cos(turns), np.sin(turns)
        return max(self.share(x + c * dx - s * dy, y + s * dx + c * dy) for c, s in zip(cos, sin, strict=True))

"""geo: places on the ground: datums, distances, and a plane small enough to measure in.

Reads longitudes and latitudes in degrees (scalars or arrays, any shape), gives the same shape. NaN stays NaN. Inside
gridwatch every place is WGS-84; the other datums exist only where files and maps come in or go out.

Sources of the formulas. GCJ-02: the published transcription known as `eviltransform` (Krasovsky 1940 ellipsoid,
polynomial and sines); nobody outside the authority has read the original, so it is checked against that project's
test vectors. BD-09: the offset on top of GCJ-02 as in `coordtransform`, checked in the same way. Both inverses are
iterated to 1e-10 degrees (about 0.01 mm); the simple inverses in use elsewhere are off by up to 2 m. CGCS2000 differs
from WGS-84 by centimetres and is taken as equal.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees = NDArray[np.float64]
Place = tuple[Degrees, Degrees]
"""(lon, lat), degrees"""

EARTH_RADIUS = 6371008.8
"""metres: the mean radius of the WGS-84 ellipsoid (IUGG)"""
_WGS84_A = 6378137.0
_WGS84_E2 = 6.69437999014e-3
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""west, south, east, north: where GCJ-02 is applied, by the usual rectangle"""
_BD_TURN = np.pi * 3000.0 / 180.0


class Datum(StrEnum):
    """What a pair of coordinates is measured against."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"
    CGCS2000 = "CGCS2000"


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Place:
    """(lon, lat) in WGS-84 of places given in `datum`; good to a centimetre."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if datum is Datum.GCJ02:
        return _inverse(_gcj02_offset, x, y)
    if datum is Datum.BD09:
        return _inverse(_bd09_offset, x, y)
    return x, y


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Place:
    """(lon, lat) in `datum` of places given in WGS-84. Outside China GCJ-02 and BD-09 are WGS-84."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if datum in (Datum.WGS84, Datum.CGCS2000):
        return x, y
    dx, dy = (_gcj02_offset if datum is Datum.GCJ02 else _bd09_offset)(x, y)
    inside = in_china(x, y)
    return np.where(inside, x + dx, x), np.where(inside, y + dy, y)


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether GCJ-02 is applied there. A rectangle, so it takes in neighbours near the border; NaN is outside."""
    x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    west, south, east, north = _CHINA
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _inverse(offset: Callable[[Degrees, Degrees], Place], x: Degrees, y: Degrees) -> Place:
    """Where p + offset(p) = (x, y), by fixed-point iteration; (x, y) itself where p lies outside China."""
    wx, wy = x, y
    for _ in range(12):  # each step gains about two digits: the offset changes by less than 1 % over its own length
        dx, dy = offset(wx, wy)
        nx, ny = x - dx, y - dy
        step = np.maximum(np.abs(nx - wx), np.abs(ny - wy))
        wx, wy = nx, ny
        if not np.any(step > 1e-10):
            break
    inside = in_china(wx, wy)
    return np.where(inside, wx, x), np.where(inside, wy, y)


def _gcj02_offset(lon: Degrees, lat: Degrees) -> Place:
    """What GCJ-02 adds to WGS-84, degrees."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    both = 20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (both + 20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y / 30.0 * pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (both + 20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    a, e2 = _KRASOVSKY_A, _KRASOVSKY_E2
    phi = np.radians(lat)
    w2 = 1.0 - e2 * np.sin(phi) ** 2
    w = np.sqrt(w2)
    return np.degrees(east / (a / w * np.cos(phi))), np.degrees(north / (a * (1.0 - e2) / (w2 * w)))


def _bd09_offset(lon: Degrees, lat: Degrees) -> Place:
    """What BD-09 adds to WGS-84, degrees: GCJ-02's offset, and Baidu's on top."""
    dx, dy = _gcj02_offset(lon, lat)
    x, y = lon + dx, lat + dy
    far = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    turn = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return far * np.cos(turn) + 0.0065 - lon, far * np.sin(turn) + 0.006 - lat


def distance(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Metres between places on the mean sphere (haversine); within 0.6 % of the ellipsoid's."""
    x1, y1, x2, y2 = (np.radians(np.asarray(v, np.float64)) for v in (lon1, lat1, lon2, lat2))
    h = np.sin((y2 - y1) / 2.0) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2.0) ** 2
    metres: NDArray[np.float64] = 2.0 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return metres


def metres_per_degree(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(east, north): metres in a degree of longitude and of latitude at `lat`, by the WGS-84 radii of curvature.

    This is the plane that touches the ellipsoid there: within 0.2 % of the truth for 10 km around, at latitudes below
    60.
    """
    cos = np.cos(np.radians(np.asarray(lat, np.float64)))
    w2 = (1.0 - _WGS84_E2) + _WGS84_E2 * cos * cos
    prime = (np.pi / 180.0 * _WGS84_A) / np.sqrt(w2)
    return prime * cos, prime * (1.0 - _WGS84_E2) / w2


def segment_distance(
    lon: Degrees, lat: Degrees, ax: Degrees, ay: Degrees, bx: Degrees, by: Degrees, east: Degrees, north: Degrees
) -> NDArray[np.float64]:
    """Metres from each place to the segment a-b, in the plane with `east` and `north` metres a degree.

    All of one shape (or broadcasting to one). A segment of no length is its point. NaN in, NaN out.
    """
    ux, uy = (bx - ax) * east, (by - ay) * north
    px, py = np.asarray((lon - ax) * east), np.asarray((lat - ay) * north)
    length2 = ux * ux + uy * uy
    # In place: these columns are large, and a fresh one for each step would cost as much as the sums.
    along, step = np.asarray(px * ux), np.asarray(py * uy)
    along += step
    along /= np.where(length2 > 0.0, length2, 1.0)
    np.minimum(np.maximum(along, 0.0, out=along), 1.0, out=along)
    px -= np.multiply(along, ux, out=step)
    py -= np.multiply(along, uy, out=step)
    px *= px
    py *= py
    px += py
    metres: NDArray[np.float64] = np.sqrt(px, out=px)
    return metres


class Plane:
    """A local metric projection: metres east and north of a centre, for a city's size.

    Within 0.1 % of the truth for 10 km around the centre, 0.4 % for 50 km (the length of a degree of longitude is the
    centre's everywhere).
    """

    def __init__(self, lon: float, lat: float) -> None:
        self.lon, self.lat = lon, lat
        east, north = metres_per_degree(lat)
        self.east, self.north = float(east), float(north)

    def to_metres(self, lon: ArrayLike, lat: ArrayLike) -> Place:
        """(x, y): metres east and north of the centre."""
        return (np.asarray(lon) - self.lon) * self.east, (np.asarray(lat) - self.lat) * self.north

    def to_degrees(self, x: ArrayLike, y: ArrayLike) -> Place:
        """(lon, lat) of metres east and north of the centre."""
        return np.asarray(x) / self.east + self.lon, np.asarray(y) / self.north + self.lat

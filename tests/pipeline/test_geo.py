"""Datums against published vectors, exact inverses, distances against known lengths and plain geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo import Datum, Plane, distance, from_wgs84, in_china, metres_per_degree, segment_distance, to_wgs84


@pytest.mark.parametrize(
    "wgs, gcj",
    [  # lon, lat: the test vectors of eviltransform
        pytest.param((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), id="shanghai"),
        pytest.param((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), id="shenzhen"),
        pytest.param((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), id="beijing"),
    ],
)
def test_gcj02_is_as_published(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert np.allclose(from_wgs84(*wgs, Datum.GCJ02), gcj, rtol=0, atol=1e-9)
    assert distance(*to_wgs84(*gcj, Datum.GCJ02), *wgs) < 0.01


def test_bd09_is_as_published() -> None:
    """coordtransform's vector starts from GCJ-02: GCJ-02 116.404, 39.915 is BD-09 116.41036949…, 39.92133699…"""
    wgs = to_wgs84(116.404, 39.915, Datum.GCJ02)
    assert np.allclose(from_wgs84(*wgs, Datum.BD09), (116.41036949371029, 39.92133699351021), rtol=0, atol=1e-8)


def test_gcj02_and_bd09_shift_by_what_the_field_knows() -> None:
    lon, lat = np.array([104.06, 116.39, 121.47, 113.26]), np.array([30.67, 39.91, 31.23, 23.13])
    gcj = distance(lon, lat, *from_wgs84(lon, lat, Datum.GCJ02))
    bd = distance(lon, lat, *from_wgs84(lon, lat, Datum.BD09))
    assert np.all((gcj > 250) & (gcj < 700))
    assert np.all((bd > 600) & (bd < 1900))


@given(
    lon=st.floats(72.1, 137.7),
    lat=st.floats(1.0, 55.7),
    datum=st.sampled_from(Datum),
)
def test_every_inverse_is_exact(lon: float, lat: float, datum: Datum) -> None:
    """To 1e-9 degrees, a tenth of a millimetre, both ways round."""
    there = from_wgs84(lon, lat, datum)
    back = to_wgs84(*there, datum)
    assert np.allclose(back, (lon, lat), rtol=0, atol=1e-9)
    assert np.allclose(from_wgs84(*back, datum), there, rtol=0, atol=1e-9)


@pytest.mark.parametrize("lon, lat", [(2.35, 48.86), (-74.05, 40.72), (144.66, -37.9), (139.767, 35.681), (0.0, 0.0)])
@pytest.mark.parametrize("datum", list(Datum))
def test_outside_china_nothing_is_shifted(lon: float, lat: float, datum: Datum) -> None:
    assert not in_china(lon, lat)
    assert [float(v) for v in from_wgs84(lon, lat, datum)] == [lon, lat]
    assert [float(v) for v in to_wgs84(lon, lat, datum)] == [lon, lat]


def test_unknown_places_stay_unknown_beside_known_ones() -> None:
    lon, lat = to_wgs84([math.nan, 116.384], [39.9, 39.913], Datum.BD09)
    assert np.isnan(lon[0])
    assert np.isfinite(lon[1])
    assert np.isfinite(lat[1])


def test_distance_on_the_sphere() -> None:
    assert distance(0, 0, 0, 1) == pytest.approx(111_195.08, abs=0.1)
    assert distance(104, 31, 104, 31) == 0
    assert distance(0, 0, 180, 0) == pytest.approx(math.pi * 6371008.8)
    assert np.isnan(distance([0.0], [0.0], [math.nan], [1.0]))


@pytest.mark.parametrize(
    "lat, east, north",
    [  # lengths of a degree on WGS-84, as tables give them
        pytest.param(0, 111_320, 110_574, id="equator"),
        pytest.param(30, 96_486, 110_852, id="30"),
        pytest.param(-45, 78_847, 111_132, id="45-south"),
        pytest.param(60, 55_800, 111_412, id="60"),
    ],
)
def test_metres_in_a_degree(lat: float, east: float, north: float) -> None:
    assert [float(v) for v in metres_per_degree(lat)] == pytest.approx([east, north], abs=1)


# To a tenth of a millimetre: of segments shorter than that the plain formula below makes 0 / 0.
degrees = st.floats(-1, 1).map(lambda v: round(v, 9))
places = st.tuples(degrees, degrees)


@given(p=places, a=places, b=places)
def test_segment_distance_is_that_of_plain_geometry(
    p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]
) -> None:
    px, py, ax, ay, bx, by = (np.array([v]) for v in (*p, *a, *b))
    got = segment_distance(px, py, ax, ay, bx, by, np.array([3.0]), np.array([5.0]))
    point, start, end = ((x * 3, y * 5) for x, y in (p, a, b))
    line = shapely.Point(start) if start == end else shapely.LineString([start, end])
    assert got[0] == pytest.approx(shapely.Point(point).distance(line), abs=1e-9)


def test_the_middle_of_a_long_segment_is_near_though_its_ends_are_far() -> None:
    plane = Plane(104.0, 30.6)
    lon, lat = (np.atleast_1d(v) for v in plane.to_degrees(5_000.0, 80.0))
    ax, ay = (np.atleast_1d(v) for v in plane.to_degrees(0.0, 0.0))
    bx, by = (np.atleast_1d(v) for v in plane.to_degrees(10_000.0, 0.0))
    east, north = metres_per_degree(lat)
    assert segment_distance(lon, lat, ax, ay, bx, by, east, north)[0] == pytest.approx(80.0, abs=0.01)


@given(lon=st.floats(103.9, 104.1), lat=st.floats(30.5, 30.7))
def test_the_plane_there_and_back_and_its_lengths(lon: float, lat: float) -> None:
    plane = Plane(104.0, 30.6)
    x, y = plane.to_metres(lon, lat)
    assert np.allclose(plane.to_degrees(x, y), (lon, lat), rtol=0, atol=1e-12)
    # the sphere is within 0.6 % of the ellipsoid, the plane within 0.2 % of it at 10 km
    assert math.hypot(x, y) == pytest.approx(float(distance(104.0, 30.6, lon, lat)), rel=0.008, abs=1e-6)

"""Whatever lies within a side of a place is found from it, anywhere on earth; nothing else is promised."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from cases.fusion.space import Near, Squares, metres
from pipeline.geo import distance

LON = st.one_of(st.floats(-180.0, 180.0), st.sampled_from((-180.0, 180.0, 179.9999, -179.9999, 0.0)))
LAT = st.one_of(st.floats(-85.0, 85.0), st.sampled_from((0.0, 1e-9, -1e-9, 60.0)))
SIDE = st.sampled_from((5.0, 50.0, 1000.0, 10_000.0))


@settings(deadline=None)
@given(lon=LON, lat=LAT, side=SIDE, bearing=st.floats(0.0, 2 * math.pi), share=st.floats(0.0, 1.5))
def test_what_is_near_is_found(lon: float, lat: float, side: float, bearing: float, share: float) -> None:
    north = side * share * math.cos(bearing) / 111_195.0
    east = side * share * math.sin(bearing) / (111_195.0 * math.cos(math.radians(lat)))
    other = (lon + east + 180.0) % 360.0 - 180.0, lat + north
    near: Near[str] = Near(side)
    near.add("a", *other, "there")
    near.add("b", *other, "of another kind")
    found = list(near.around("a", lon, lat))
    assert found in ([], ["there"])
    if metres(lon, lat, *other) <= side:
        assert found == ["there"]
    near.remove("a", *other, "there")
    assert list(near.around("a", lon, lat)) == []


@given(lon1=LON, lat1=LAT, lon2=LON, lat2=LAT)
def test_metres_are_those_of_the_pipeline(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    assert metres(lon1, lat1, lon2, lat2) == pytest.approx(float(distance(lon1, lat1, lon2, lat2)), abs=1e-3)


def test_few_squares_are_looked_at() -> None:
    squares = Squares(50.0)
    for lat in (0.0, 31.2, 60.0, -60.0):
        assert len(list(squares.around(121.47, lat))) <= 12


def test_nothing_is_near_nowhere() -> None:
    near: Near[str] = Near(50.0)
    near.add("a", math.nan, 0.0, "x")
    near.remove("a", math.nan, 0.0, "x")
    assert list(near.around("a", math.nan, 0.0)) == []
    assert math.isnan(metres(0.0, math.nan, 0.0, 0.0))

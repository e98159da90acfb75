"""Wrong datums are found by the vector that lies between two of them in that city, and nothing else is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geo import Datum, Plane, from_wgs84, to_wgs84
from pipeline.shifts import FEWEST, Points, Shapes, Shift, shifts

CITIES = {
    "shanghai": (121.47, 31.23),
    "beijing": (116.39, 39.91),
    "chengdu": (104.06, 30.67),
    "shenzhen": (114.06, 22.54),
    "harbin": (126.64, 45.75),
    "urumqi": (87.62, 43.82),
}
BERLIN = (13.4, 52.52)


def yards(at: tuple[float, float], seed: int, count: int = 20) -> tuple[Any, Any]:
    """Squares of 200 m, at random in 10 km around, WGS-84; and a place inside of each, shape (count, 2)."""
    dice, plane = np.random.default_rng(seed), Plane(*at)
    centres = dice.uniform(-5000, 5000, (count, 2))
    corners = np.array([[-100, -100], [100, -100], [100, 100], [-100, 100]])
    squares = [shapely.Polygon(np.stack(plane.to_degrees(*(centre + corners).T), axis=1)) for centre in centres]
    inside = centres + dice.uniform(-90, 90, (count, 2))
    return squares, np.stack(plane.to_degrees(*inside.T), axis=1)


def streets(at: tuple[float, float], apart: float, seed: int) -> tuple[Any, Any]:
    """A grid of streets, crooked by chance, and places on them to some metres."""
    dice, plane = np.random.default_rng(seed), Plane(*at)
    lines, places = [], []
    for along in np.arange(-4000, 4001, apart):
        for turned in (False, True):
            across = np.arange(-4000, 4001, 200.0)
            at_ = along + np.cumsum(dice.normal(0, apart / 10, len(across)))
            x, y = (at_, across) if turned else (across, at_)
            lines.append(shapely.LineString(np.stack(plane.to_degrees(x, y), axis=1)))
            i = dice.integers(0, len(x) - 1, 10)
            t = dice.uniform(0, 1, 10)
            places += list(zip(x[i] + t * (x[i + 1] - x[i]), y[i] + t * (y[i + 1] - y[i]), strict=True))
    noisy = np.array(places) + dice.normal(0, 5, (len(places), 2))
    return lines, np.stack(plane.to_degrees(*noisy.T), axis=1)


def as_stated(places: Any, true: Datum, stated: Datum) -> Any:
    """What is made of places whose file is in `true` and is said to be in `stated`, as WGS-84."""
    return np.stack(to_wgs84(*from_wgs84(places[:, 0], places[:, 1], true), stated), axis=1)


def found(places: Any, shapes: Any, stated: Datum, within: float = 50.0) -> list[Shift]:
    points = Points("tracks", places[:, 0], places[:, 1], stated)
    return shifts(points, Shapes("zones", shapes, Datum.WGS84, within))


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize(
    "true, stated",
    [
        pytest.param(Datum.GCJ02, Datum.WGS84, id="a-web-map-taken-for-gnss"),
        pytest.param(Datum.WGS84, Datum.GCJ02, id="gnss-taken-for-a-web-map"),
        pytest.param(Datum.BD09, Datum.WGS84, id="baidu-taken-for-gnss"),
        pytest.param(Datum.BD09, Datum.GCJ02, id="baidu-taken-for-another-web-map"),
        pytest.param(Datum.GCJ02, Datum.CGCS2000, id="a-web-map-taken-for-the-survey"),
    ],
)
def test_a_wrong_datum_is_found_in_real_cities(city: str, true: Datum, stated: Datum) -> None:
    squares, inside = yards(CITIES[city], seed=1)
    best = found(as_stated(inside, true, stated), squares, stated)[0]
    assert best.fit <= 3, "by chance"
    assert best.moved == len(inside)
    assert 250 < best.metres < 1900
    assert ("tracks", true) in [
        (each.side, each.datum) for each in found(as_stated(inside, true, stated), squares, stated)
    ]


def test_from_two_alone_nobody_can_tell_which_is_wrong() -> None:
    """Tracks in GCJ-02 that are said to be WGS-84, and zones in WGS-84 that are said to be GCJ-02, look alike."""
    squares, inside = yards(CITIES["shanghai"], seed=2)
    lon, lat = as_stated(inside, Datum.GCJ02, Datum.WGS84).T
    points = Points("tracks", lon, lat, Datum.WGS84)
    both = shifts(points, Shapes("zones", squares, Datum.GCJ02, 50.0))
    assert {(each.side, each.datum) for each in both} == {("tracks", Datum.GCJ02), ("zones", Datum.WGS84)}


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.GCJ02, Datum.BD09, Datum.CGCS2000])
def test_what_is_stated_rightly_is_right(city: str, datum: Datum) -> None:
    squares, inside = yards(CITIES[city], seed=3)
    assert found(as_stated(inside, datum, datum), squares, datum) == []


@pytest.mark.parametrize("apart", [150.0, 500.0], ids=["dense", "wide"])
def test_streets_find_it_too_where_they_are_not_so_dense_that_anything_fits(apart: float) -> None:
    lines, places = streets(CITIES["chengdu"], apart, seed=4)
    assert found(places, lines, Datum.WGS84, within=20.0) == []
    wrong = found(as_stated(places, Datum.GCJ02, Datum.WGS84), lines, Datum.WGS84, within=20.0)
    assert [each.datum for each in wrong] == ([] if apart == 150.0 else [Datum.GCJ02])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(CITIES)), st.integers(0, 10_000), st.floats(0, 2 * np.pi), st.floats(0, 2000))
def test_nothing_is_said_of_a_shift_that_is_no_datums(city: str, seed: int, turn: float, far: float) -> None:
    """A map that is simply wrong, by any vector that is 200 m or more beside those of the datums."""
    squares, inside = yards(CITIES[city], seed)
    plane = Plane(*CITIES[city])
    x, y = plane.to_metres(*inside.T)
    dx, dy = far * np.cos(turn), far * np.sin(turn)
    for datum in (Datum.GCJ02, Datum.BD09):
        u, v = plane.to_metres(*from_wgs84(*CITIES[city], datum))
        if np.hypot(dx - u, dy - v) < 300 or np.hypot(dx + u, dy + v) < 300:
            return
    moved = np.stack(plane.to_degrees(x + dx, y + dy), axis=1)
    assert found(moved, squares, Datum.WGS84) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 300))
def test_nothing_is_said_of_places_that_have_nothing_to_do_with_each_other(seed: int, count: int) -> None:
    squares, _ = yards(CITIES["beijing"], seed)
    plane = Plane(*CITIES["beijing"])
    anywhere = np.stack(plane.to_degrees(*np.random.default_rng(seed).uniform(-6000, 6000, (2, count))), axis=1)
    assert found(anywhere, squares, Datum.WGS84) == []


@pytest.mark.parametrize(
    "places, shapes",
    [
        pytest.param(FEWEST - 1, 20, id="few-places"),
        pytest.param(0, 20, id="no-places"),
        pytest.param(20, 0, id="no-shapes"),
    ],
)
def test_too_little_to_say_anything(places: int, shapes: int) -> None:
    squares, inside = yards(CITIES["shanghai"], seed=5)
    assert found(as_stated(inside, Datum.GCJ02, Datum.WGS84)[:places], squares[:shapes], Datum.WGS84) == []


def test_unknown_places_are_left_out_and_outside_china_nothing_is_shifted() -> None:
    squares, inside = yards(CITIES["shanghai"], seed=6)
    wrong = np.concatenate([as_stated(inside, Datum.GCJ02, Datum.WGS84), np.full((5, 2), np.nan)])
    assert found(wrong, squares, Datum.WGS84)[0].points == 20
    squares, inside = yards(BERLIN, seed=7)
    assert found(inside + 0.005, squares, Datum.WGS84) == []

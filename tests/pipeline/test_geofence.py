"""Inside, outside or nobody can tell: by the accuracy of a fix, against shapely in the plane that touches the place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.geo import metres_per_degree
from pipeline.names import NOBODY, Names
from pipeline.nearby import CELLS, MOST, Nearby
from pipeline.registers import Road, Route, Zone
from pipeline.world import World
from tests.drawn_zones import STEP, crowds, holds
from tests.places import box, codes, line, positions, registers

BRUTE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHO, CLASSES = ["truck", "bus", "stranger"], ["muck_truck", "bus", None]
HAIR = 1e-6
"""metres: nearer to the threshold than that, rounding decides"""

accuracies = st.sampled_from([math.nan, -1.0, 0.0, 3.0, 10.0, 31.9, 32.1, 80.0, 200.0, 600.0, 1900.0, 2500.0, math.inf])


def world(zones: list[Zone], **rest: Any) -> World:
    vehicles: list[dict[str, object]] = [{"id": "truck"}, {"id": "bus", "class": "bus"}]
    return World(registers(vehicles, zones=zones, **rest)).bind(Names(["somebody-else"]))


def edge_distance(zone: Zone, lon: float, lat: float) -> float:
    """Metres from a place to the boundary of a zone."""
    east, north = (float(m) for m in metres_per_degree(lat))
    rings = [(ring - (lon, lat)) * (east, north) for polygon in zone.polygons for ring in polygon]
    return float(shapely.MultiLineString(rings).distance(shapely.Point(0, 0)))


def expected(zones: list[tuple[Zone, Any]], x: float, y: float, unsure: float) -> tuple[bool, bool, bool]:
    """(inside, outside, near a threshold) of a place in steps, among zones that hold."""
    if not (math.isfinite(x) and math.isfinite(y)) or unsure > MOST:
        return False, False, False
    inside, outside, close = False, True, False
    for zone, shape in zones:
        contains = bool(shape.intersects(shapely.Point(x, y)))
        metres = edge_distance(zone, x * STEP + 104.0, y * STEP + 30.0) if unsure > 0 else math.inf
        close |= abs(metres - unsure) < HAIR
        inside |= contains and metres >= unsure
        outside &= not contains and metres >= unsure
    return inside, outside, close


@BRUTE
@given(crowd=crowds(), data=st.data())
def test_what_is_said_is_sure(crowd: Any, data: st.DataObject) -> None:
    zones, places = crowd
    good = [max(0.0, data.draw(accuracies)) for _ in places]
    city = world([zone for zone, _ in zones], default=60.0)
    rows = positions(
        city.names, [WHO[k] for *_, k in places], [x * STEP + 104.0 for x, *_ in places],
        [y * STEP + 30.0 for _, y, *_ in places], [ts for _, _, ts, _ in places], accuracy=good,
    )  # fmt: skip
    for uses in (("no_go",), ("site", "no_go"), ("no_such_use",)):
        found = city.within(rows, uses)
        for k, (x, y, ts, who) in enumerate(places):
            mine = [(z, shape) for z, shape in zones if z.use in uses and holds(z, ts, CLASSES[who])]
            inside, outside, close = expected(mine, x, y, good[k])
            if not close:
                assert (found.inside[k], found.outside[k]) == (inside, outside), k
    limits = city.speed_limit(rows)
    ids = st.sampled_from([*(z.id for z, _ in zones), "", "none", "truck"])
    named = codes(city.names, [data.draw(ids) for _ in places])
    one = city.in_zone(rows, named)
    for k, (x, y, ts, who) in enumerate(places):
        here = [(z, shape) for z, shape in zones if holds(z, ts, CLASSES[who])]
        surely = [(z, expected([(z, shape)], x, y, good[k])) for z, shape in here]
        if not any(close for _, (_, _, close) in surely):
            lower = [z.speed_limit for z, (inside, *_) in surely if inside and z.speed_limit < 60]
            assert limits[k] == min([60.0, *lower])
        name = city.names[int(named[k])]
        inside, outside, close = expected([(z, shape) for z, shape in here if z.id == name], x, y, good[k])
        if name not in {z.id for z, _ in zones}:
            inside, outside = False, False
        if not close:
            assert (one[0][k], one[1][k]) == (inside, outside), k


#            1 km
#        +---------+      x: how many metres east of the western boundary, at the middle of its length
#   -50  0  30   500
@pytest.mark.parametrize(
    "x, accuracy, inside, outside",
    [
        pytest.param(500.0, 10.0, True, False, id="well-inside"),
        pytest.param(30.0, 10.0, True, False, id="inside"),
        pytest.param(30.0, 31.0, False, False, id="may-be-outside"),
        pytest.param(-30.0, 31.0, False, False, id="may-be-inside"),
        pytest.param(-30.0, 29.0, False, True, id="outside"),
        pytest.param(30.0, math.nan, True, False, id="unknown-counts-as-exact"),
        pytest.param(-30.0, -5.0, False, True, id="below-0-counts-as-exact"),
        pytest.param(0.5, 0.0, True, False, id="exact"),
        pytest.param(500.0, 490.0, True, False, id="coarse-and-inside"),
        pytest.param(500.0, 510.0, False, False, id="coarser"),
        pytest.param(500.0, 3000.0, False, False, id="worse-than-2-km-says-nothing"),
        pytest.param(-90_000.0, 3000.0, False, False, id="wherever-it-is"),
        pytest.param(-90_000.0, 1000.0, False, True, id="far-away"),
        pytest.param(math.nan, 10.0, False, False, id="no-place"),
        pytest.param(math.nan, math.nan, False, False, id="no-place-exactly"),
    ],
)
def test_a_fix_and_a_square(x: float, accuracy: float, inside: bool, outside: bool) -> None:
    east, north = (float(m) for m in metres_per_degree(30.0))
    square = Zone("Z", "site", [[box(104, 30 - 500 / north, 104 + 1000 / east, 30 + 500 / north)]])
    city = world([square])
    rows = positions(city.names, ["truck"], [104 + x / east], [30.0], accuracy=[accuracy])
    found = city.within(rows, ("site",))
    assert (found.inside.tolist(), found.outside.tolist()) == ([inside], [outside])
    assert [each.tolist() for each in city.in_zone(rows, codes(city.names, ["Z"]))] == [[inside], [outside]]
    nowhere = city.within(rows, ("depot",))
    known = math.isfinite(x) and not accuracy > MOST
    assert (nowhere.inside.tolist(), nowhere.outside.tolist()) == ([False], [known])


def test_near_two_zones_nobody_can_tell_which() -> None:
    """Surely in one of them, but in neither surely."""
    zones = [Zone("A", "site", [[box(104, 30, 104.01, 30.01)]]), Zone("B", "site", [[box(104.01, 30, 104.02, 30.01)]])]
    city = world(zones)
    rows = positions(city.names, ["truck"], [104.00999], [30.005], accuracy=[10.0])
    found = city.within(rows, ("site",))
    assert (found.inside.tolist(), found.outside.tolist(), city.names[int(found.zone[0])]) == ([False], [False], "A")


def test_zones_that_hold_at_night() -> None:
    zone = Zone("N", "no_go", [[box(104, 30, 104.01, 30.01)]], hours="Mo-Fr 20:00-04:30")
    city = world([zone], time_zone="Asia/Shanghai")
    night, noon = 1717592400.0, 1717560000.0  # Wednesday, 5 June 2024, 21:00 and 12:00 in Shanghai
    rows = positions(city.names, ["truck"] * 2, [104.005] * 2, [30.005] * 2, [night, noon], accuracy=[5.0, 5.0])
    found = city.within(rows, ("no_go",))
    assert (found.inside.tolist(), found.outside.tolist()) == ([True, False], [False, True])
    assert [city.names[code] for code in found.zone.tolist()] == ["N", ""]
    inside, outside = city.in_zone(rows, codes(city.names, ["N", "N"]))
    assert (inside.tolist(), outside.tolist()) == ([True, False], [False, True])


# -- routes


@pytest.mark.parametrize(
    "x, accuracy, off, on, metres",
    [
        #   0 ---- 90 ---- 100 ---- 110 -- 400 ----> metres from the route; tolerance 100 m
        pytest.param(90.0, math.nan, False, True, None, id="on"),
        pytest.param(110.0, math.nan, True, False, 110.0, id="off"),
        pytest.param(90.0, 9.0, False, True, None, id="surely-on"),
        pytest.param(90.0, 11.0, False, False, 90.0, id="may-be-off"),
        pytest.param(110.0, 11.0, False, False, 110.0, id="may-be-on"),
        pytest.param(110.0, 9.0, True, False, 110.0, id="surely-off"),
        pytest.param(400.0, 250.0, True, False, 400.0, id="coarse-and-off"),
        pytest.param(0.0, 150.0, False, False, 0.0, id="coarser-than-the-tolerance"),
        pytest.param(5000.0, math.inf, False, False, 5000.0, id="infinitely-coarse"),
        pytest.param(math.nan, 5.0, False, False, None, id="no-place"),
    ],
)
def test_off_a_route(x: float, accuracy: float, off: bool, on: bool, metres: float | None) -> None:
    east = float(metres_per_degree(30.0)[0])
    way = Route("R", [line((104.0, 29.9), (104.0, 30.1))])
    city = world([], routes=[way], permits=[{"id": "P", "vehicle": "truck", "route": "R"}])
    rows = positions(city.names, ["truck", "bus"], [104.0 + x / east] * 2, [30.0] * 2, accuracy=[accuracy] * 2)
    found = city.off_route(rows, 100.0)
    assert found.off.tolist() == [off, False]
    assert found.on.tolist() == [on, True]  # the bus has no route to be off
    assert found.metres[0] == pytest.approx(math.nan if metres is None else metres, abs=1e-6, nan_ok=True)


# -- roads


MOTORWAY = Road("G5", [line((104.0, 29.9), (104.0, 30.1))], 100.0, 30.0)
BELOW = Road("street", [line((104.0002, 29.9), (104.0002, 30.0)), line((104.0002, 30.0), (104.0002, 30.1))], 40.0)
LANE = Road("lane", [line((104.001, 29.9), (104.001, 30.1))], 30.0, 10.0)
BUSES = Road("bus lane", [line((104.002, 29.9), (104.002, 30.1))], 50.0, 10.0, ("bus",))


@pytest.mark.parametrize(
    "who, x, accuracy, limit",
    [
        #   0 motorway    19 street     96 lane    193 bus lane -> metres; the city: 60, buses 70
        pytest.param("truck", 0.0, math.nan, 100.0, id="motorway"),
        pytest.param("truck", 14.9, math.nan, 100.0, id="both-the-higher-counts"),
        pytest.param("truck", 15.5, math.nan, 40.0, id="street"),
        pytest.param("truck", 29.0, 15.0, 100.0, id="may-be-on-the-motorway"),
        pytest.param("truck", 60.0, math.nan, 60.0, id="on-none"),
        pytest.param("truck", 96.3, 2.0, 30.0, id="lane"),
        pytest.param("truck", 96.3, 90.0, 100.0, id="or-anywhere"),
        pytest.param("truck", 9600.0, 5000.0, 100.0, id="worse-than-2-km-may-be-on-any"),
        pytest.param("truck", 192.6, 2.0, 60.0, id="not-for-lorries"),
        pytest.param("bus", 192.6, 2.0, 50.0, id="for-buses"),
        pytest.param("truck", math.nan, 2.0, 60.0, id="no-place"),
        pytest.param("slow", 0.0, 2.0, 45.0, id="its-own-limit-stays"),
    ],
)
def test_limits_of_roads(who: str, x: float, accuracy: float, limit: float) -> None:
    east = float(metres_per_degree(30.03)[0])
    vehicles: list[dict[str, object]] = [{"id": "truck"}, {"id": "bus", "class": "bus"}]
    vehicles.append({"id": "slow", "speed_limit": 45.0})
    city = World(registers(vehicles, roads=[MOTORWAY, BELOW, LANE, BUSES], default=60.0, bus=70.0)).bind(Names())
    rows = positions(city.names, [who], [104.0 + x / east], [30.03], accuracy=[accuracy])
    assert city.speed_limit(rows).tolist() == [limit]


def test_a_zone_bounds_a_road_where_it_surely_is() -> None:
    city = world([Zone("S", "limit", [[box(103.99, 29.99, 104.01, 30.01)]], 20.0)], roads=[MOTORWAY], default=60.0)
    rows = positions(city.names, ["truck"] * 2, [104.0] * 2, [30.0, 30.0099], accuracy=[5.0, 50.0])
    assert city.speed_limit(rows).tolist() == [20.0, 100.0]


def test_roads_alone_are_limits_for_whom_they_are() -> None:
    city = world([], roads=[BUSES])
    assert city.limited(codes(city.names, ["truck", "bus", "stranger"])).tolist() == [False, True, False]


# -- which segments are near


@BRUTE
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-5, 1e-3, 1e-1]), lat=st.sampled_from([0.0, 30.0, -69.0]))
def test_no_segment_that_is_near_is_missed(seed: int, scale: float, lat: float) -> None:
    dice = np.random.default_rng(seed)
    ax = 104.0 + dice.normal(0, 0.02, 60)
    bx = ax + dice.normal(0, scale, 60)
    ay = lat + dice.normal(0, 0.02, 60)
    by = ay + dice.normal(0, scale, 60)
    lon, where = 104.0 + dice.normal(0, 0.03, 80), lat + dice.normal(0, 0.03, 80)
    metres = dice.choice([0.0, 5.0, *CELLS, MOST / 2], 80)
    found = {(p, s) for places, parts, _ in Nearby(ax, ay, bx, by).within(lon, where, metres)
             for p, s in zip(places.tolist(), parts.tolist(), strict=True)}  # fmt: skip
    for p in range(80):
        east, north = (float(m) for m in metres_per_degree(where[p]))
        for s in range(60):
            part = shapely.LineString([((ax[s] - lon[p]) * east, (ay[s] - where[p]) * north),
                                       ((bx[s] - lon[p]) * east, (by[s] - where[p]) * north)])  # fmt: skip
            far = part.distance(shapely.Point(0, 0))
            if abs(far - metres[p]) > HAIR:
                assert ((p, s) in found) == (far <= metres[p])


def test_nothing_is_near_where_there_is_nothing() -> None:
    none = np.empty(0)
    assert list(Nearby(none, none, none, none).within(np.zeros(3), np.zeros(3), np.zeros(3))) == []
    city = world([])
    rows = positions(city.names, ["truck"], [104.0], [30.0], accuracy=[5.0])
    found = city.within(rows, ("no_go",))
    assert (found.inside.tolist(), found.outside.tolist(), found.zone.tolist()) == ([False], [True], [NOBODY])
    assert [each.tolist() for each in city.in_zone(rows, codes(city.names, ["x"]))] == [[False], [False]]

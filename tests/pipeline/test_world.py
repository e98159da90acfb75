"""The world's look-ups against brute force: shapely and plain formulas, row by row, with no index."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.geo import distance, metres_per_degree, segment_distance
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers, Route, Zone
from pipeline.rows import Position
from pipeline.world import World
from tests.drawn_zones import STEP, crowds, holds, times
from tests.places import box, codes, line, positions, registers

BRUTE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Shapes take their time to draw; on a busy machine that is no fault."""


def world(content: Registers) -> World:
    return World(content).bind(Names(["somebody-else"]))


# -- zones


@BRUTE
@given(crowds())
def test_zones_are_those_that_plain_geometry_finds(
    crowd: tuple[list[tuple[Zone, Any]], list[tuple[float, float, float, int]]],
) -> None:
    zones, places = crowd
    who = ["truck", "bus", "stranger"]
    city = world(registers([{"id": "truck"}, {"id": "bus", "class": "bus"}], zones=[z for z, _ in zones], default=60.0))
    rows = positions(
        city.names, [who[k] for *_, k in places], [x * STEP + 104.0 for x, *_ in places],
        [y * STEP + 30.0 for _, y, *_ in places], [ts for _, _, ts, _ in places],
    )  # fmt: skip
    classes = ["muck_truck", "bus", None]
    inside: list[list[Zone]] = []
    for x, y, ts, k in places:
        here = shapely.Point(x, y) if math.isfinite(x) and math.isfinite(y) else None
        inside.append(
            [
                zone
                for zone, shape in zones
                if here is not None and shape.intersects(here) and holds(zone, ts, classes[k])
            ]
        )
    for use in ("no_go", "site", "no_such_use"):
        expected = [min((z.id for z in found if z.use == use), default="") for found in inside]
        assert [city.names[code] for code in city.within(rows, (use,)).zone.tolist()] == expected
    expected_limits = [min([60.0, *(z.speed_limit for z in found if z.speed_limit < 60)]) for found in inside]
    assert city.speed_limit(rows).tolist() == expected_limits


def test_a_zone_far_away_does_not_make_the_raster_coarse_nor_is_it_lost() -> None:
    near = [Zone(f"A{k}", "site", [[box(104 + k / 100, 30, 104.005 + k / 100, 30.005)]]) for k in range(60)]
    far = Zone("Z", "site", [[box(110, 35, 110.01, 35.01)]])
    city = world(registers(zones=[*near, far]))
    rows = positions(city.names, ["x"] * 4, [104.001, 110.005, 110.02, 104.007], [30.001, 35.005, 35.005, 30.001])
    assert [city.names[c] for c in city.within(rows, ("site",)).zone.tolist()] == ["A0", "Z", "", ""]
    assert city._zones.cells.raster.nbytes + city._zones.cells.rings.nbytes < 30e6


def test_no_zones_no_routes_no_rows() -> None:
    city = world(registers())
    rows = positions(city.names, ["x"], [104.0], [30.0])
    assert city.within(rows, ("no_go",)).zone.tolist() == [NOBODY]
    assert np.isnan(city.speed_limit(rows)).all()
    way = city.off_route(rows, 100.0)
    assert (way.off.tolist(), way.on.tolist(), np.isnan(way.metres).tolist()) == ([False], [True], [True])
    assert city.zone_uses() == []
    assert len(city.within(positions(city.names, [], [], []), ("no_go",)).zone) == 0
    assert len(city.off_route(positions(city.names, [], [], []), 100.0).off) == 0


# -- routes


def brute_distance(route: Route, lon: float, lat: float) -> float:
    a = np.concatenate([part[:-1] for part in route.lines])
    b = np.concatenate([part[1:] for part in route.lines])
    east, north = metres_per_degree(lat)
    x, y = np.full(len(a), lon), np.full(len(a), lat)
    return float(segment_distance(x, y, a[:, 0], a[:, 1], b[:, 0], b[:, 1], east, north).min())


@st.composite
def routes(draw: st.DrawFn) -> list[Route]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        scale = draw(st.sampled_from([1e-4, 1e-3, 1e-2, 0.3]))
        start = np.array([104.0, 30.0]) + draw(st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)))
        lines = []
        for _ in range(draw(st.integers(1, 2))):
            turns = draw(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=12))
            lines.append(start + np.cumsum([(0.0, 0.0), *turns], axis=0) * scale)
        found.append(Route(f"R{number}", lines))
    return found


@BRUTE
@given(data=st.data(), ways=routes(), tolerance=st.sampled_from([0.0, 7.0, 50.0, 100.0, 500.0, 3000.0]))
def test_distances_from_routes_are_those_of_plain_formulas(
    data: st.DataObject, ways: list[Route], tolerance: float
) -> None:
    names = [r.id for r in ways]
    permits = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(names), times, times), max_size=6))
    permits = [(v, r, *((lo, hi) if lo < hi else (-math.inf, math.inf))) for v, r, lo, hi in permits]
    city = world(
        registers(
            [{"id": v} for v in "abc"], routes=ways,
            permits=[
                {"id": "P", "vehicle": v, "route": r, "valid_from": lo, "valid_to": hi} for v, r, lo, hi in permits
            ],
        )
    )  # fmt: skip
    places = []
    for _ in range(data.draw(st.integers(1, 40))):
        way = data.draw(st.sampled_from(ways)).lines[0]
        k, f = data.draw(st.integers(0, len(way) - 2)), data.draw(st.floats(0, 1))
        noise = data.draw(st.sampled_from([0.0, 1e-5, 1e-4, 1e-3, 5e-3, 0.05, 1.0]))
        shift = data.draw(st.tuples(st.floats(-1, 1), st.floats(-1, 1)))
        x, y = way[k] * (1 - f) + way[k + 1] * f + np.array(shift) * noise
        bad = data.draw(st.integers(0, 20)) == 0
        places.append(
            (data.draw(st.sampled_from("abcd")), float(data.draw(st.integers(0, 8))), math.nan if bad else x, y)
        )
    rows = positions(
        city.names, [p[0] for p in places], [p[2] for p in places], [p[3] for p in places], [p[1] for p in places]
    )
    found = city.off_route(rows, tolerance)
    by_id = {route.id: route for route in ways}
    for k, (who, ts, lon, lat) in enumerate(places):
        allowed = {r for v, r, lo, hi in permits if v == who and lo <= ts < hi}
        nearest = min((brute_distance(by_id[r], lon, lat) for r in allowed), default=math.nan)
        assert found.off[k] == (nearest > tolerance)  # NaN is not
        assert found.on[k] == (not allowed or nearest <= tolerance)
        if found.off[k]:
            assert found.metres[k] == pytest.approx(nearest, rel=1e-12)
        else:
            assert np.isnan(found.metres[k])


@pytest.mark.parametrize(
    "step, parts, noise",
    [
        pytest.param(0.02, 1, [1e-4, 1e-2, 1, 20], id="across-the-country"),
        pytest.param(0.0002, 1, [1e-5, 1e-3, 1e-2, 1], id="recorded-every-20-m"),
        pytest.param(0.0002, 7, [1e-5, 1e-3, 1e-2, 1], id="recorded-in-parts"),
        pytest.param(0.000002, 1, [1e-6, 1e-5, 1e-3, 0.1], id="recorded-standing-still"),
    ],
)
def test_a_route_of_many_segments_is_exact_from_near_and_far(step: float, parts: int, noise: list[float]) -> None:
    rng = np.random.default_rng(3)
    way = np.array([100.0, 28.0]) + np.cumsum(rng.normal(step, 1.5 * step, (2_000, 2)), axis=0)
    route = Route("R", [np.ascontiguousarray(part) for part in np.array_split(way, parts)])
    city = world(registers([{"id": "v"}], routes=[route], permits=[{"id": "P", "vehicle": "v", "route": "R"}]))
    spots = way[rng.integers(0, len(way), 400)] + rng.normal(0, 1, (400, 2)) * rng.choice(noise, (400, 1))
    spots[:, 1] = np.clip(spots[:, 1], -85, 85)
    rows = positions(city.names, ["v"] * 400, spots[:, 0].tolist(), spots[:, 1].tolist())
    found = city.off_route(rows, 60.0)
    off, metres = found.off, found.metres
    expected = [brute_distance(route, x, y) for x, y in spots.tolist()]
    assert off.tolist() == [d > 60.0 for d in expected]
    assert 50 < off.sum() < 400
    assert metres[off].tolist() == pytest.approx([d for d in expected if d > 60.0], rel=1e-12)


def test_metres_are_metres_on_the_ground() -> None:
    way = line((104.0, 30.0), (104.2, 30.0))
    city = world(
        registers([{"id": "v"}], routes=[Route("R", [way])], permits=[{"id": "P", "vehicle": "v", "route": "R"}])
    )
    rows = positions(city.names, ["v"], [104.1], [30.01])
    assert city.off_route(rows, 100.0).metres[0] == pytest.approx(float(distance(104.1, 30.0, 104.1, 30.01)), rel=0.005)


def test_fine_work_is_shared_only_between_the_same_columns() -> None:
    city = world(registers(zones=[Zone("Z", "site", [[box(104, 30, 104.01, 30.01)]])]))
    inside = positions(city.names, ["x"], [104.005], [30.005])
    outside = positions(city.names, ["x"], [104.05], [30.005])
    for _ in range(5):
        assert city.within(inside, ("site",)).zone.tolist() != [NOBODY]
        assert city.within(outside, ("site",)).zone.tolist() == [NOBODY]


# -- who

SINCE: list[dict[str, object]] = [
    {"id": "moved", "class": "muck_truck", "valid_to": 10.0},
    {"id": "moved", "class": "bus", "valid_from": 10.0, "valid_to": 20.0, "speed_limit": 45.0},
    {"id": "moved", "class": "bus", "valid_from": 30.0},
    {"id": "always"},
]


@pytest.mark.parametrize(
    "who, ts, known, bus, limit",
    [
        #  0        10       20        30        moved
        #  truck    bus      nobody    bus
        pytest.param("moved", 9.9, True, False, 60.0, id="first-row"),
        pytest.param("moved", 10.0, True, True, 45.0, id="from-is-inclusive"),
        pytest.param("moved", 20.0, False, False, 80.0, id="to-is-exclusive"),
        pytest.param("moved", 30.0, True, True, 80.0, id="third-row"),
        pytest.param("always", -1e9, True, False, 60.0, id="always"),
        pytest.param("stranger", 5.0, False, False, 80.0, id="stranger"),
        pytest.param("", 5.0, False, False, 80.0, id="nobody"),
        pytest.param("B", 5.0, True, False, 80.0, id="bin"),
    ],
)
def test_a_subject_is_who_it_was_then(who: str, ts: float, known: bool, bus: bool, limit: float) -> None:
    bins: list[dict[str, object]] = [{"id": "B", "class": "street", "lon": 104.0, "lat": 30.0}]
    city = world(registers(SINCE, bins, muck_truck=60.0, default=80.0))
    rows = positions(city.names, [who], [104.0], [30.0], [ts])
    assert city.known(rows.subject, rows.ts).tolist() == [known]
    assert city.of_class(rows.subject, rows.ts, ("bus", "no_such")).tolist() == [bus]
    assert city.of_class(rows.subject, rows.ts, ()).tolist() == [False]
    assert city.speed_limit(rows).tolist() == [limit]


def test_a_permit_does_not_hang_on_which_row_its_vehicle_has_then() -> None:
    way = Route("R", [line((104.0, 30.0), (104.2, 30.0))])
    city = world(registers(SINCE, routes=[way], permits=[{"id": "P", "vehicle": "moved", "route": "R"}]))
    rows = positions(city.names, ["moved"] * 3, [104.1] * 3, [31.0] * 3, [5.0, 15.0, 35.0])
    assert city.off_route(rows, 100.0).off.all()


def test_where_things_stand() -> None:
    bins: list[dict[str, object]] = [{"id": "B", "lon": 104.5, "lat": 30.5, "valid_from": 10.0}]
    city = world(registers([{"id": "V"}], bins))
    subject = codes(city.names, ["B", "B", "V", "x"])
    lon, lat = city.location(subject, np.array([5.0, 15.0, 15.0, 15.0]))
    assert np.array_equal(lon, [np.nan, 104.5, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(lat, [np.nan, 30.5, np.nan, np.nan], equal_nan=True)
    assert (city.subjects("bin"), city.subjects("vehicle")) == (["B"], ["V"])
    with pytest.raises(ValueError, match="expected 'vehicle' or 'bin'"):
        city.subjects("tram")


DEVICES: list[dict[str, object]] = [
    {"device": "T1", "subject": "V1", "valid_to": 10.0},
    {"device": "T1", "subject": "V2", "valid_from": 20.0},
    {"device": "T2", "subject": "V2"},
]


@pytest.mark.parametrize(
    "device, ts, subject",
    [
        pytest.param("T1", 5.0, "V1", id="on-the-first"),
        pytest.param("T1", 10.0, "T1", id="on-none"),
        pytest.param("T1", 20.0, "V2", id="on-the-second"),
        pytest.param("T2", 5.0, "V2", id="always"),
        pytest.param("V1", 5.0, "V1", id="not-listed"),
        pytest.param("", 5.0, "", id="nobody"),
    ],
)
def test_a_device_is_on_what_it_was_mounted_on_then(device: str, ts: float, subject: str) -> None:
    city = world(registers([{"id": "V1"}, {"id": "V2"}], devices=DEVICES))
    found = city.resolve(codes(city.names, [device]), np.array([ts]))
    assert [city.names[c] for c in found.tolist()] == [subject]
    assert city.known(found, np.array([ts])).tolist() == [subject.startswith("V")]


def test_names_that_come_later_are_followed() -> None:
    city = world(registers([{"id": f"V{k}"} for k in range(50)], devices=[{"device": "T", "subject": "V49"}]))
    for k in range(50):
        subject = codes(city.names, [f"V{k}", f"x{k}"])
        assert city.known(subject, np.zeros(2)).tolist() == [True, False]
    device = codes(city.names, ["T"])
    assert city.resolve(device, np.zeros(1)).tolist() == codes(city.names, ["V49"]).tolist()


def test_two_engines_share_one_city_in_their_own_codes() -> None:
    content = registers([{"id": "V"}], zones=[Zone("Z", "site", [[box(104, 30, 104.01, 30.01)]])])
    one = World(content)
    other = one.bind(Names([f"x{k}" for k in range(100)]))
    for city in (one, other):
        rows = positions(city.names, ["V"], [104.005], [30.005])
        assert city.known(rows.subject, rows.ts).tolist() == [True]
        assert city.names[int(city.within(rows, ("site",)).zone[0])] == "Z"
    assert one.names.find("x5") == NOBODY
    assert one.hash == other.hash == World(Registers.from_bytes(content.to_bytes())).hash
    assert one.hash != World(registers([{"id": "W"}])).hash


# -- no order, no split of the rows changes an answer


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 300))
def test_any_split_gives_the_same_answers(cut: int) -> None:
    city, rows = _crowd()
    parts = [rows.take(np.arange(0, cut)), rows.take(np.arange(cut, len(rows)))]
    for ask in (
        lambda r: city.within(r, ("no_go",)).zone, city.speed_limit, lambda r: city.off_route(r, 50.0).metres,
        lambda r: city.known(r.subject, r.ts),
    ):  # fmt: skip
        assert np.array_equal(ask(rows), np.concatenate([ask(p) for p in parts]), equal_nan=True)


def _crowd() -> tuple[World, Position]:
    rng = np.random.default_rng(7)
    areas = []
    for k in range(12):
        x, y = 104 + rng.uniform(0, 0.05), 30 + rng.uniform(0, 0.05)
        ring = box(x, y, x + 0.01, y + 0.01)
        areas.append(Zone(f"Z{k:02}", ["no_go", "site"][k % 2], [[ring]], float(rng.choice([30, 50]))))
    ways = [Route(f"R{k}", [np.array([104.0, 30.0]) + np.cumsum(rng.normal(0, 0.003, (30, 2)), 0)]) for k in range(5)]
    permits: list[dict[str, object]] = [{"id": "P", "vehicle": f"V{k}", "route": f"R{k % 5}"} for k in range(8)]
    city = world(
        registers([{"id": f"V{k}"} for k in range(10)], zones=areas, routes=ways, permits=permits, default=80.0)
    )
    who = [f"V{k // 30}" for k in range(300)]
    return city, positions(
        city.names, who, (104.02 + rng.normal(0, 0.02, 300)).tolist(), (30.02 + rng.normal(0, 0.02, 300)).tolist()
    )

"""What the desk asks of the registers: whose it is, where it is, what and who is nearest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.registers.cells import cells_of, ranges
from cases.registers.duty import Duty
from cases.registers.lookup import Located, Lookup
from cases.registers.nearest import nearest
from cases.registers.rows import Memory
from cases.tables import ADDRESSES, PARTS
from pipeline.geo import distance
from tests.cases.registers.kit import empty_store, keep, keep_points

HERE = (120.15, 30.28)


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def east_of(metres: float) -> tuple[float, float]:
    return HERE[0] + metres / 96_200.0, HERE[1]


@pytest.fixture
def store() -> Iterator[sa.Connection]:
    with empty_store().begin() as connection:
        yield connection


DUTIES: list[dict[str, Any]] = [
    {"id": "1", "unit": "anything"},
    {"id": "2", "category": "06*", "unit": "sanitation", "helpers": ["market"]},
    {"id": "3", "category": "06042", "unit": "bins"},
    {"id": "4", "category": "06042", "grid": "3301*", "unit": "bins-west"},
    {"id": "5", "category": "06042", "street": "朝晖", "unit": "bins-street"},
    {"id": "6", "category": "06042", "grid": "330102001", "unit": "bins-cell", "valid_from": 100.0, "valid_to": 200.0},
    {"id": "7", "category": "07", "zone": "site-1", "unit": "site"},
    {"id": "8", "category": "07", "unit": "first"},
    {"id": "9", "category": "07", "unit": "second"},
]


@pytest.mark.parametrize(
    "category, grid, zone, at, expected",
    [
        pytest.param("99", "", "", 0.0, Duty("anything"), id="whatever is named nowhere"),
        pytest.param("06041", "", "", 0.0, Duty("sanitation", ("market",)), id="by the beginning, with who helps"),
        pytest.param("06042", "", "", 0.0, Duty("bins"), id="a whole code before a pattern"),
        pytest.param("06042", "330199001", "", 0.0, Duty("bins-west"), id="a place before none"),
        pytest.param("06042", "44", "", 0.0, Duty("bins-street"), id="the street that the cell is in"),
        pytest.param("06042", "330102001", "", 150.0, Duty("bins-cell"), id="a whole cell before a pattern"),
        pytest.param("06042", "330102001", "", 200.0, Duty("bins-west"), id="not any more"),
        pytest.param("07", "", "site-1", 0.0, Duty("site"), id="a zone"),
        pytest.param("07", "", "", 0.0, Duty("first"), id="of equals the first id"),
    ],
)
def test_whose_it_is(store: sa.Connection, category: str, grid: str, zone: str, at: float, expected: Duty) -> None:
    keep(store, "duty", DUTIES)
    keep(store, "grid", [{"id": "44", "street": "朝晖", "geometry": square(0, 0, 1)}])
    assert Lookup(store).duty(category, grid, at, zone=zone) == expected


def test_nobodys(store: sa.Connection) -> None:
    assert Lookup(store).duty("06042", "", 0.0) is None


def test_a_place_in_the_citys_own_words(store: sa.Connection) -> None:
    keep_points(store, ADDRESSES, [{"id": "a", "text": "朝晖路 12 号", "lon": HERE[0], "lat": HERE[1]}])
    cells = [
        {"id": "g1", "street": "朝晖", "community": "一区", "area_class": "A", "geometry": square(120.14, 30.27, 0.02)},
        {"id": "g2", "street": "武林", "geometry": square(120.16, 30.27, 0.02)},
    ]
    keep(store, "grid", cells)
    keep(store, "areas", [{"id": "x", "area_class": "C", "geometry": square(120.0, 30.0, 1.0)}])
    lookup = Lookup(store)
    assert lookup.locate(*east_of(35), 0.0) == Located("朝晖路 12 号 东 35 m", "g1", "A", "朝晖", "一区")
    assert lookup.locate(*HERE, 0.0).address == "朝晖路 12 号"
    assert lookup.locate(120.175, 30.28, 0.0) == Located("", "g2", "C", "武林", "")
    assert lookup.locate(math.nan, math.nan, 0.0) == Located()
    assert lookup.locate(10.0, 50.0, 0.0) == Located()


@pytest.mark.parametrize(
    "dx, dy, expected",
    [
        pytest.param(0.0, 1.0, "Main St 1 N 111 m", id="in its own language"),
        pytest.param(-1.0, -1.0, "Main St 1 SW 147 m", id="between"),
    ],
)
def test_which_way(store: sa.Connection, dx: float, dy: float, expected: str) -> None:
    keep_points(store, ADDRESSES, [{"id": "a", "text": "Main St 1", "lon": HERE[0], "lat": HERE[1]}])
    assert Lookup(store).locate(HERE[0] + dx / 1000, HERE[1] + dy / 1000, 0.0).address == expected


PART_ROWS: list[dict[str, Any]] = [
    {"id": "far", "kind": "0102", "lon": east_of(40)[0], "lat": HERE[1]},
    {"id": "near", "kind": "0301", "lon": east_of(5)[0], "lat": HERE[1], "owner": "lamps"},
    {"id": "gone", "kind": "0102", "lon": east_of(1)[0], "lat": HERE[1], "valid_to": 50.0},
]


@pytest.mark.parametrize(
    "kind, at, within, code",
    [
        pytest.param("", 60.0, 50.0, "near", id="of any kind"),
        pytest.param("0102", 60.0, 50.0, "far", id="of a kind"),
        pytest.param("0102", 40.0, 50.0, "gone", id="while it stood"),
        pytest.param("0102", 60.0, 30.0, None, id="too far"),
        pytest.param("9999", 60.0, 50.0, None, id="of no kind there is"),
    ],
)
def test_the_nearest_part(store: sa.Connection, kind: str, at: float, within: float, code: str | None) -> None:
    keep_points(store, PARTS, PART_ROWS)
    part = Lookup(store).nearest_part(*HERE, kind, at, within)
    assert (part and part.code) == code
    if code == "near":
        assert part is not None
        assert part.owner == "lamps"
        assert part.metres == pytest.approx(5, abs=0.1)


UNITS: list[dict[str, Any]] = [
    {"id": "city", "name": "市城管局", "level": "city"},
    {"id": "street", "parent": "city", "lon": east_of(100)[0], "lat": HERE[1]},
    {"id": "team-1", "parent": "street", "lon": east_of(300)[0], "lat": HERE[1]},
    {"id": "team-2", "parent": "street", "lon": east_of(900)[0], "lat": HERE[1], "valid_to": 500.0},
    {"id": "other", "lon": HERE[0], "lat": HERE[1]},
]


@pytest.mark.parametrize(
    "category, at, load, expected",
    [
        pytest.param("06", 0.0, {}, ["street", "team-1", "team-2"], id="whose it is and below, by distance"),
        pytest.param("06", 0.0, {"street": 1, "team-1": 2}, ["team-2", "street", "team-1"], id="the free first"),
        pytest.param("06", 500.0, {"street": 1}, ["team-1", "street"], id="who is still there"),
        pytest.param("07", 0.0, {}, ["other", "street", "team-1", "team-2", "city"], id="all where the list is silent"),
    ],
)
def test_who_is_offered(
    store: sa.Connection, category: str, at: float, load: dict[str, int], expected: list[str]
) -> None:
    keep(store, "units", UNITS)
    keep(store, "duty", [{"id": "1", "category": "06", "unit": "street"}])
    lookup = Lookup(store)
    assert [offer.unit.id for offer in lookup.nearest_units(category, *HERE, "", at, load)] == expected
    first = lookup.nearest_unit(category, *HERE, "", at, load)
    assert first is not None
    assert first.unit.id == expected[0]


def test_what_is_remembered_is_read_again_after_a_change(store: sa.Connection) -> None:
    memory = Memory()
    keep(store, "units", [{"id": "a"}])
    assert [u.id for u in Lookup(store, memory).units(0.0)] == ["a"]
    keep(store, "units", [{"id": "b"}])
    assert [u.id for u in Lookup(store, memory).units(0.0)] == ["a", "b"]
    assert Lookup(store, memory).unit("c", 0.0) is None


def test_officers_of_a_cell(store: sa.Connection) -> None:
    keep(store, "officers", [{"id": "o1", "grids": ["3301*"]}, {"id": "o2", "grids": ["3302", "3303"]}, {"id": "o3"}])
    assert [o.id for o in Lookup(store).officers(0.0, "3303")] == ["o2"]
    assert len(Lookup(store).officers(0.0)) == 3


places = st.tuples(st.floats(-179.9, 179.9), st.floats(-89.9, 89.9))
steps = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


@given(places, steps, st.floats(1.0, 2000.0))
def test_ranges_hold_whatever_is_near(place: tuple[float, float], step: tuple[float, float], metres: float) -> None:
    lon, lat = place
    other = min(max(lon + step[0] * 0.02, -180.0), 180.0), min(max(lat + step[1] * 0.02, -90.0), 90.0)
    if distance(lon, lat, *other) <= metres:
        cell = int(cells_of(*other))
        assert any(first <= cell <= last for first, last in ranges(lon, lat, metres))


@settings(deadline=None)  # each makes a store
@given(st.lists(steps, max_size=30), st.floats(1.0, 3000.0))
def test_the_nearest_is_the_nearest(around: list[tuple[float, float]], within: float) -> None:
    rows: list[dict[str, Any]]
    rows = [{"id": f"{i:02}", "lon": HERE[0] + x / 50, "lat": HERE[1] + y / 50} for i, (x, y) in enumerate(around)]
    with empty_store().begin() as connection:
        keep_points(connection, PARTS, rows)
        found = nearest(connection, PARTS, *HERE, 0.0, within)
    metres = {row["id"]: float(distance(*HERE, row["lon"], row["lat"])) for row in rows}
    expected = min(((far, id) for id, far in metres.items() if far <= within), default=None)
    assert (found and (found[1], found[0]["id"])) == expected

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cases.database import writing
from cases.tables.registers import ADDRESSES, PARTS, REGISTER_CHANGES, REGISTER_ROWS
from console.live_map import Box
from tests.console.kit import NOW, Town, case_row
from tests.console.map_kit import SQUARE, on_the_ground

PART = {"valid_from": None, "valid_to": None, "since": 1, "until": None, "cell": 0}
SHAPE = {"type": "Polygon", "coordinates": [SQUARE.tolist()]}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Nothing here changes it."""
    town = Town(tmp_path_factory.mktemp("town"))
    ground = on_the_ground(town)
    ground.been(("muck-1", 1.0, 121.05, 31.05, 20.0))
    ground.said("B-1", "fullness", 83.24)
    with writing(town.engine) as connection:
        done = {"number": 1, "register": "grid", "at": NOW, "by": "x", "mode": "replace", "source": "x"}
        connection.execute(REGISTER_CHANGES.insert(), done | {"added": 1, "removed": 0, "skipped": 0})
        kept = [
            ("grid", "310101001", {"name": "一区", "geometry": SHAPE}),
            ("units", "unit-7", {"name": "环卫一所", "lon": 121.01, "lat": 31.01}),
            ("units", "unit-8", {"name": "nowhere"}),
        ]
        for register, id, data in kept:
            row = {"register": register, "id": id, "data": data, "since": 1, "valid_from": None, "valid_to": None}
            connection.execute(REGISTER_ROWS.insert(), row)
        part = PART | {"kind": "0102", "grid": "", "owner": "unit-7", "lat": 31.02}
        connection.execute(PARTS.insert(), [part | {"id": "p1", "lon": 121.02}, part | {"id": "p2", "lon": 123.0}])
        address = PART | {"lon": 121.02, "lat": 31.02}
        connection.execute(
            ADDRESSES.insert(), [address | {"id": n, "text": t} for n, t in (("1", "朝晖路 12 号"), ("2", "朝晖路"))]
        )
    town.add(
        case_row("a", lon=121.03, lat=31.03, responsible="unit-7", text="满溢 朝晖"),
        case_row("b", lon=121.03, lat=31.03, responsible="unit-9"),
        case_row("c", lon=121.03, lat=31.03, state="closed"),
        case_row("d", lon=150.0, lat=31.03),
    )
    yield town
    town.engine.dispose()


def features(town: Town, layer: str, token: str = "BOSS", **query: Any) -> list[dict[str, Any]]:
    answer = town.client(token).get(f"/api/layers/{layer}", params={"bbox": "121,31,121.2,31.2"} | query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["features"])


@pytest.mark.parametrize(
    ("layer", "ids", "kind"),
    [
        pytest.param("zones", [], "", id="zones_of_another_place_or_year"),
        pytest.param("sites", ["site-1"], "MultiPolygon", id="sites"),
        pytest.param("routes", ["A-1"], "MultiLineString", id="routes"),
        pytest.param("grid", ["310101001"], "Polygon", id="grid"),
        pytest.param("bins", ["B-1"], "Point", id="bins"),
        pytest.param("units", ["unit-7"], "Point", id="units"),
        pytest.param("parts", ["p1"], "Point", id="parts"),
        pytest.param("cases", ["a", "b"], "Point", id="cases"),
        pytest.param("cameras", [], "", id="no_cameras"),
        pytest.param("crews", [], "", id="nobody_on_duty"),
    ],
)
def test_what_is_in_sight_of_a_layer(mapped: Town, layer: str, ids: list[str], kind: str) -> None:
    some = features(mapped, layer)
    assert sorted(each["properties"]["id"] for each in some) == ids
    assert {each["geometry"]["type"] for each in some} == ({kind} if kind else set())


def test_a_bin_says_how_full_it_is(mapped: Town) -> None:
    [one] = features(mapped, "bins")
    assert one["properties"] == {
        "id": "B-1",
        "class": "street_bin",
        "address": "朝晖路 12 号",
        "level": 83.2,
        "at": "2026-05-28T20:26:40Z",
    }


def test_a_zone_says_what_holds_in_it(mapped: Town) -> None:
    [one] = features(mapped, "zones", bbox="121.5,31.5,121.6,31.6")
    assert one["properties"] == {
        "id": "center",
        "use": "no_go",
        "speed_limit": 30.0,
        "hours": "",
        "classes": ["muck_truck"],
    }


def test_a_layer_says_where_there_is_more(mapped: Town) -> None:
    answer = mapped.client("BOSS").get("/api/layers/cases?limit=1").json()
    assert (len(answer["features"]), answer["truncated"]) == (1, True)
    assert not mapped.client("BOSS").get("/api/layers/cases").json()["truncated"]


def test_a_unit_sees_its_own_cases_and_no_bins(mapped: Town) -> None:
    assert [each["properties"]["id"] for each in features(mapped, "cases", "UNIT")] == ["a"]
    assert mapped.client("UNIT").get("/api/layers/bins").status_code == 403


@pytest.mark.parametrize(
    ("q", "found"),
    [
        pytest.param("沪a d1", [("vehicle", "muck-1", 121.05)], id="plate_as_people_write_it"),
        pytest.param("muck-2", [("vehicle", "muck-2", None)], id="vehicle_that_is_nowhere_yet"),
        pytest.param("B-1", [("bin", "B-1", 121.05)], id="bin"),
        pytest.param("朝晖", [("address", "2", 121.02), ("address", "1", 121.02), ("case", "a", 121.03)], id="address"),
        pytest.param("N-b", [("case", "b", 121.03)], id="number_of_a_case"),
        pytest.param("%", [], id="no_pattern"),
        pytest.param("·", [], id="nothing_to_look_for"),
    ],
)
def test_what_is_found(mapped: Town, q: str, found: list[tuple[str, str, float | None]]) -> None:
    answer = mapped.client("BOSS").get("/api/search", params={"q": q}).json()
    assert [(each["kind"], each["id"], each["lon"]) for each in answer] == found


def test_a_unit_finds_only_its_own(mapped: Town) -> None:
    assert mapped.client("UNIT").get("/api/search", params={"q": "muck"}).json() == []
    assert [each["id"] for each in mapped.client("UNIT").get("/api/search", params={"q": "N-"}).json()] == ["a"]


@pytest.mark.parametrize(
    ("box", "bounds", "touches"),
    [
        pytest.param(Box(0, 0, 2, 2), (1, 1, 3, 3), True, id="overlap"),
        pytest.param(Box(0, 0, 2, 2), (2, 2, 3, 3), True, id="corner"),
        pytest.param(Box(0, 0, 2, 2), (0, 3, 2, 4), False, id="north_of_it"),
        pytest.param(Box(0, 0, 2, 2), (3, 0, 4, 2), False, id="east_of_it"),
        pytest.param(Box(170, 0, -170, 2), (175, 0, 176, 1), True, id="across_180_in_the_west"),
        pytest.param(Box(170, 0, -170, 2), (-179, 0, -178, 1), True, id="across_180_in_the_east"),
        pytest.param(Box(170, 0, -170, 2), (0, 0, 1, 1), False, id="across_180_elsewhere"),
    ],
)
def test_what_a_box_touches(box: Box, bounds: tuple[float, float, float, float], touches: bool) -> None:
    assert box.touches(*bounds) is touches

"""What those on duty are located for: who is where, who is nearest, which cells were visited."""

from __future__ import annotations

from typing import Any

import pytest

from cases.database import writing
from cases.tables import TASKS
from tests.cases.registers.kit import keep
from tests.console.kit import NOW, Town, case_row

#   lat 30.3 +----+----+----+
#            | 01 | 02 | 03 |
#   lat 30.2 +----+----+----+
#        120.1  120.2  120.3  120.4
CELLS = [("33010600100101", 120.1), ("33010600100102", 120.2), ("33010600200103", 120.3)]
OFFICERS: list[dict[str, Any]] = [
    {"id": "collector-1", "name": "李", "unit": "street", "grids": ["330106001*"]},
    {"id": "wang", "name": "王", "unit": "street", "grids": ["33010600200103"]},
]


def square(west: float) -> dict[str, Any]:
    ring = [[west, 30.2], [west + 0.1, 30.2], [west + 0.1, 30.3], [west, 30.3], [west, 30.2]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def patrolled(town: Town) -> Town:
    with writing(town.engine) as connection:
        keep(connection, "units", [{"id": "street", "name": "街道"}, {"id": "unit-7", "name": "环卫所"}])
        keep(connection, "officers", OFFICERS)
        keep(connection, "grid", [{"id": code, "geometry": square(west)} for code, west in CELLS])
    return town


def go(town: Town, token: str, *places: tuple[float, float, float]) -> None:
    """Sign on and be at places: lon, lat, accuracy."""
    client = town.client(token)
    client.post("/api/duty", json={})
    said = [
        {"number": n, "age": 0, "lon": lon, "lat": lat, "accuracy": accuracy}
        for n, (lon, lat, accuracy) in enumerate(places)
    ]
    assert not said or client.post("/api/duty/positions", json={"positions": said}).status_code == 200


def test_who_is_on_duty_is_on_the_map_and_nobody_else(patrolled: Town) -> None:
    boss = patrolled.client("BOSS")
    assert boss.get("/api/duty/crews").json() == []
    go(patrolled, "COLLECTOR", (120.15, 30.25, 8.0))
    go(patrolled, "UNIT")
    li, sweepers = boss.get("/api/duty/crews").json()
    assert (li["who"], li["name"], li["unit"], li["lon"], li["accuracy"]) == (
        *("collector-1", "李", "street"),
        *(120.15, 8.0),
    )
    assert (sweepers["name"], sweepers["unit"], sweepers["at"], sweepers["lon"]) == ("sweepers", "unit-7", None, None)
    assert [each["who"] for each in patrolled.client("UNIT").get("/api/duty/crews").json()] == ["sweepers"]
    patrolled.client("COLLECTOR").delete("/api/duty")
    assert [each["who"] for each in boss.get("/api/duty/crews").json()] == ["sweepers"]


@pytest.mark.parametrize(
    "params, expected",
    [
        pytest.param({}, [("sweepers", 0), ("collector-1", 1)], id="the-nearest-first"),
        pytest.param({"unit": "street"}, [("collector-1", 1)], id="of-a-unit"),
        pytest.param({"limit": 1}, [("sweepers", 0)], id="so-many"),
    ],
)
def test_who_is_nearest(patrolled: Town, params: dict[str, Any], expected: list[tuple[str, int]]) -> None:
    go(patrolled, "COLLECTOR", (120.15, 30.25, 8.0))
    go(patrolled, "UNIT", (120.25, 30.25, 8.0))
    patrolled.add(case_row("c", state="checking"), case_row("d", state="closed"))
    task = {"kind": "check", "collector": "collector-1", "asked": NOW, "answered": None, "result": ""}
    with writing(patrolled.engine) as connection:
        connection.execute(TASKS.insert(), [task | {"id": each, "case_id": each} for each in "cd"])
    here = {"lon": 120.26, "lat": 30.25}
    found = patrolled.client("ACCEPTOR").get("/api/duty/nearest", params=here | params).json()
    assert [(each["who"], each["tasks"]) for each in found] == expected
    assert found[0]["metres"] == pytest.approx(961 if found[0]["who"] == "sweepers" else 10_567, rel=0.01)


@pytest.mark.parametrize(
    "places, visited, elsewhere, missed, unit",
    [
        pytest.param([], 0, 0, ["33010600100101", "33010600100102"], (3, 0), id="nowhere"),
        pytest.param([(120.15, 30.25, 8.0)], 1, 0, ["33010600100102"], (3, 1), id="one-of-two"),
        pytest.param([(120.15, 30.25, 8.0), (120.151, 30.25, 8.0)], 1, 0, ["33010600100102"], (3, 1), id="once"),
        pytest.param([(120.15, 30.25, 8.0), (120.35, 30.25, 8.0)], 1, 1, ["33010600100102"], (3, 2), id="another's"),
        pytest.param([(120.15, 30.25, 150.0)], 0, 0, ["33010600100101", "33010600100102"], (3, 0), id="not-sure"),
        pytest.param([(120.15, 35.0, 8.0)], 0, 0, ["33010600100101", "33010600100102"], (3, 0), id="outside"),
    ],
)
def test_which_cells_were_visited(
    patrolled: Town,
    places: list[tuple[float, float, float]],
    visited: int,
    elsewhere: int,
    missed: list[str],
    unit: tuple[int, int],
) -> None:
    go(patrolled, "COLLECTOR", *places)
    patrolled.now += 1
    boss = patrolled.client("BOSS")
    found = {each["id"]: each for each in boss.get("/api/duty/coverage").json()}
    mine = found["collector-1"]
    assert (mine["cells"], mine["visited"], mine["elsewhere"], mine["missed"]) == (2, visited, elsewhere, missed)
    assert mine["share"] == visited / 2
    assert (found["street"]["cells"], found["street"]["visited"]) == unit
    assert (found["wang"]["cells"], found["wang"]["visited"]) == (1, 0)
    only = boss.get("/api/duty/coverage", params={"officer": "collector-1"}).json()
    assert [each["id"] for each in only] == ["collector-1"]
    assert {each["id"] for each in boss.get("/api/duty/coverage?unit=street").json()} == {"street", *found} - {"unit-7"}


def test_a_city_without_a_grid_has_no_shares(town: Town) -> None:
    go(town, "COLLECTOR", (120.15, 30.25, 8.0))
    town.now += 1
    (one,) = town.client("BOSS").get("/api/duty/coverage").json()
    assert (one["id"], one["cells"], one["share"]) == ("collector-1", 0, None)

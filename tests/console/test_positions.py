from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from console.positions import HEADER
from pipeline.latest import Way
from tests.console.kit import NOW, Town, case_row
from tests.console.map_kit import GroundKit, on_the_ground

COLUMNS = {"number": "<u4", "lon": "<i4", "lat": "<i4", "age": "<u2", "heading": "u1", "speed": "u1", "state": "u1"}


@pytest.fixture
def ground(town: Town) -> GroundKit:
    ground = on_the_ground(town)
    ground.been(("muck-1", 60.0, 121.05, 31.05, 0.0), ("B-1", 9000.0, 121.05, 31.05, np.nan))
    ground.been(("muck-2", 2.0, 122.0, 31.0, 61.4), ("stranger", 0.0, -0.1, -51.5, 300.0))
    return ground


def ask(town: Town, **query: Any) -> tuple[str, bool, dict[str, list[Any]]]:
    """The cursor, whether it is all, and the columns."""
    answer = town.client("BOSS").get("/api/positions", params=query)
    assert answer.status_code == 200, answer.text
    magic, count, run, low, high, whole, _ = HEADER.unpack(answer.content[: HEADER.size])
    assert magic == b"GWP1"
    at, columns = HEADER.size, {}
    for name, kind in COLUMNS.items():
        size = count * np.dtype(kind).itemsize
        columns[name] = np.frombuffer(answer.content[at : at + size], kind).tolist()
        at += size
    assert at == len(answer.content)
    return f"{run}.{low + (high << 32)}", bool(whole), columns


@pytest.mark.usefixtures("ground")
def test_all_that_is_known_in_columns(town: Town) -> None:
    _, whole, columns = ask(town)
    assert whole
    assert columns["number"] == [0, 1, 2, 3]
    assert columns["lon"] == [1210500000, 1210500000, 1220000000, -1000000]
    assert columns["lat"] == [310500000, 310500000, 310000000, -515000000]
    assert columns["age"] == [600, 65535, 20, 0]
    assert columns["heading"] == [64, 64, 64, 64]
    assert columns["speed"] == [0, 255, 61, 254]
    assert columns["state"] == [3, 3, 3, 3]


def test_only_what_has_come_since(town: Town, ground: GroundKit) -> None:
    cursor, _, _ = ask(town)
    assert ask(town, since=cursor) == (cursor, False, {name: [] for name in COLUMNS})
    ground.been(("muck-1", 1.0, 121.06, 31.05, 20.0))
    _, whole, columns = ask(town, since=cursor)
    assert (whole, columns["number"], columns["speed"]) == (False, [0], [20])


@pytest.mark.parametrize(
    "since",
    [
        pytest.param("12.1", id="another_run"),
        pytest.param("77", id="no_cursor"),
        pytest.param("77.x", id="no_number"),
        pytest.param("77.99999999999999999999999999", id="too_long"),
        pytest.param("²2.³", id="odd_digits"),
    ],
)
@pytest.mark.usefixtures("ground")
def test_a_cursor_of_elsewhere_gets_all(town: Town, since: str) -> None:
    _, whole, columns = ask(town, since=since)
    assert (whole, len(columns["number"])) == (True, 4)


@pytest.mark.usefixtures("ground")
def test_only_what_is_in_sight(town: Town) -> None:
    assert ask(town, bbox="121,31,121.5,31.5")[2]["number"] == [0, 1]
    assert ask(town, bbox="170,-60,121.5,0")[2]["number"] == [3], "across 180 degrees"


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "0,10,1,5", "0,0,nan,5", "0,0,181,5", "0,-91,1,5"])
@pytest.mark.usefixtures("ground")
def test_a_box_that_is_none(town: Town, bbox: str) -> None:
    answer = town.client("BOSS").get("/api/positions", params={"bbox": bbox})
    assert answer.status_code == 422
    assert "bbox" in answer.json()["detail"]


def test_five_thousand_are_less_than_100_kb(town: Town, ground: GroundKit) -> None:
    ground.been(*((f"v{n}", 0.0, 121 + n / 1e5, 31.0, 30.0) for n in range(5_000)))
    assert len(town.client("BOSS").get("/api/positions").content) < 100_000


@pytest.mark.usefixtures("ground")
def test_who_they_are(town: Town) -> None:
    answer = town.client("BOSS").get("/api/vehicles").json()
    assert [(each["number"], each["id"], each["kind"]) for each in answer] == [
        (0, "muck-1", "vehicle"),
        (1, "B-1", "bin"),
        (2, "muck-2", "vehicle"),
        (3, "stranger", "other"),
    ]
    assert answer[0]["plate"] == "沪A·D1234"
    assert [each["id"] for each in town.client("BOSS").get("/api/vehicles?after=2").json()] == ["stranger"]


@pytest.mark.usefixtures("ground")
def test_one_with_what_is_open_about_it(town: Town) -> None:
    town.add(case_row("a", subject="muck-2"), case_row("b", subject="muck-2", state="closed"), case_row("c"))
    one = town.client("BOSS").get("/api/vehicles/muck-2").json()
    assert (one["vehicle_class"], one["lon"], one["speed"], one["heading"], one["load"]) == (
        "muck_truck",
        122.0,
        61.4,
        90.0,
        None,
    )
    assert one["at"] == "2026-05-28T20:26:38Z"
    assert [case["id"] for case in one["cases"]["cases"]] == ["a"]


def test_one_that_has_not_been_anywhere(town: Town) -> None:
    on_the_ground(town)
    one = town.client("BOSS").get("/api/vehicles/muck-2").json()
    assert (one["number"], one["at"], one["lon"], one["plate"]) == (None, None, None, "沪A·D5678")
    assert town.client("BOSS").get("/api/vehicles/nobody").status_code == 404


def test_a_trail_of_the_last_hours(town: Town, ground: GroundKit) -> None:
    ground.been(*(("muck-1", ago, 121 + ago / 1e4, 31.0, 10.0) for ago in (7000.0, 3000.0, 10.0)))
    way = town.client("BOSS").get("/api/vehicles/muck-1/trail").json()
    assert way["lon"] == [121.3, 121.05, 121.001]
    assert way["speed"] == [10.0, 0.0, 10.0]
    assert len(town.client("BOSS").get("/api/vehicles/muck-1/trail?hours=2").json()["at"]) == 4


class Before:
    """A history that has a place a minute; asked for what it was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float, float]] = []

    def way(self, subject: str, since: float, until: float) -> Way | None:
        self.asked.append((subject, NOW - since, NOW - until))
        ts = np.arange(since, until, 60.0)
        return Way(ts, *(np.full(len(ts), value) for value in (121.0, 31.0, 30.0)))


def test_a_longer_trail_begins_in_the_history(town: Town, ground: GroundKit) -> None:
    ground.been(*(("muck-1", ago, 121.5, 31.0, 10.0) for ago in (600.0, 10.0)))
    before, city = Before(), town.app.state.city
    town.app.state.city = replace(city, beside=replace(city.beside, earlier=before))
    way = town.client("BOSS").get("/api/vehicles/muck-1/trail?hours=1").json()
    assert before.asked == [("muck-1", 3600.0, 600.0)]
    assert way["lon"] == [121.0] * 50 + [121.5, 121.05, 121.5]
    assert way["at"] == sorted(way["at"])
    town.client("BOSS").get("/api/vehicles/muck-1/trail?hours=0.17")
    assert len(before.asked) == 1, "memory has all of it"


@pytest.mark.parametrize("path", ["/api/positions", "/api/vehicles", "/api/vehicles/x", "/api/vehicles/x/trail"])
@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param("", 401, id="nobody"),
        pytest.param("APP", 403, id="no_role"),
        pytest.param("UNIT", 403, id="of_one_unit"),
        pytest.param("BOSS", 503, id="no_city_runs"),
    ],
)
def test_who_may_not_see_them(town: Town, path: str, token: str, status: int) -> None:
    assert town.client(token).get(path).status_code == status

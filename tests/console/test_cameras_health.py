"""How cameras were: stretches of what they say, kept for a month, there after a restart; gaps are not made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from cases.database import StoreTrouble, reading, writing
from cases.tables import CAMERA_HEALTH
from console import cameras_health
from console.cameras_known import Change
from console.city import Beside
from gridwatch.camera_beside import CameraBeside
from tests.console.kit import NOW, Town, case_row
from tests.gridwatch.test_web import Log

DAY = 86_400.0
CITY = """
city: test
cameras:
  gate: {url: "rtsp://camera-7/main"}
  yard: {url: "rtsp://camera-8/main"}
"""


class Cameras:
    """A town with cameras whose past is in its store; `again` is a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, Log()
        (folder / "city.yaml").write_text(CITY, "utf-8")
        self.town = Town(folder)
        self.town.user("ann", "integrator")
        self.again()

    def again(self) -> None:
        configuration: Any = SimpleNamespace(data=self.folder / "var", sources={}, streams={})
        file, now = self.folder / "city.yaml", lambda: self.town.now
        self.beside = CameraBeside(file, lambda: configuration, self.log, {}, now, self.town.engine)
        self.town = Town(self.folder, engine=self.town.engine, beside=Beside(cameras=self.beside))
        health = self.beside._health
        assert health is not None
        self.health = health

    def say(self, ago: float, state: str, camera: str = "gate", reason: str = "") -> None:
        said = {"ts": self.town.now - ago, "state": state, "reason": reason}
        self.beside._hear(f"cameras/{camera}/health", json.dumps(said).encode())

    def rows(self) -> list[tuple[str, float, float, str]]:
        table = CAMERA_HEALTH
        columns = (table.c.camera, table.c.since, table.c.until, table.c.state)
        with reading(self.town.engine) as connection:
            found = connection.execute(sa.select(*columns).order_by(table.c.camera, table.c.since))
            return [(camera, NOW - since, NOW - until, state) for camera, since, until, state in found]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cameras]:
    found = Cameras(tmp_path)
    yield found
    found.beside.stop()
    found.town.engine.dispose()


#  ago: 300   270   240   210   180  …  30    0
@pytest.mark.parametrize(
    "said, rows",
    [
        pytest.param([(60, "up"), (30, "up"), (0, "up")], [(60, 0, "up")], id="one-stretch"),
        pytest.param([(60, "up"), (40, "down"), (30, "down")], [(60, 40, "up"), (40, 30, "down")], id="a-change"),
        pytest.param([(300, "up"), (30, "up")], [(300, 300, "up"), (30, 30, "up")], id="a-gap-is-not-made-up"),
        pytest.param([(30, "up"), (60, "down")], [(30, 30, "up")], id="late"),
        pytest.param([(-9e9, "up"), (0, "up")], [(0, 0, "up")], id="a-clock-that-is-ahead"),
    ],
)
def test_stretches(at: Cameras, said: list[tuple[float, str]], rows: list[tuple[float, float, str]]) -> None:
    for ago, state in said:
        at.say(ago, state)
    at.health.write()
    assert at.rows() == [("gate", *row) for row in rows]
    at.health.write()
    assert at.rows() == [("gate", *row) for row in rows]


def test_what_goes_on_is_one_row_however_often_it_is_written(at: Cameras) -> None:
    at.say(0, "up")
    for _ in range(5):
        at.town.now += 30
        at.say(0, "up")
        at.health.write()
    assert at.rows() == [("gate", 0, -150, "up")]


def test_a_restart_forgets_nothing(at: Cameras) -> None:
    at.say(7200, "up")
    at.say(7170, "down", reason="the network")
    at.say(20, "up", "yard")
    at.beside.start()
    at.beside.stop()
    assert len(at.rows()) == 3, "the last is written when it ends"
    at.again()
    at.beside.start()
    at.say(0, "up", "yard")
    ann = at.town.person("ann")
    changes = ann.get("/api/cameras/gate").json()["changes"]
    assert [(each["state"], each["reason"]) for each in changes] == [("up", ""), ("down", "the network")]
    assert all(each["until"] for each in changes), "since then nothing was heard"
    (yard,) = ann.get("/api/cameras/yard").json()["changes"]
    assert yard["until"] is None, "it goes on, although we were away for a moment"
    at.beside.stop()
    assert [row for row in at.rows() if row[0] == "yard"] == [("yard", 20, 0, "up")]


def test_a_month_of_one_camera(at: Cameras) -> None:
    with writing(at.town.engine) as connection:
        old = [Change(NOW - 20 * DAY, "up", "", NOW - 12 * DAY), Change(NOW - 9 * DAY, "down", "x", NOW - 5 * DAY)]
        cameras_health.keep(connection, {"gate": old})
    at.say(DAY, "up")
    ann = at.town.person("ann")
    assert ann.get("/api/cameras/gate").json()["changes"] == [
        {"at": "2026-05-27T20:26:40Z", "until": "2026-05-27T20:26:40Z", "state": "up", "reason": ""}
    ]
    whole = ann.get("/api/cameras/gate/health").json()
    assert [each["state"] for each in whole["changes"]] == ["up", "down", "up"]
    assert (whole["known"], whole["up"]) == (12 * DAY, 8 * DAY)
    week = ann.get("/api/cameras/gate/health", params={"days": 7}).json()
    assert (week["known"], week["up"]) == (2 * DAY, 0)
    for path, status in (("gate/health?days=31", 422), ("gate/health?days=0", 422), ("none/health", 404)):
        assert ann.get(f"/api/cameras/{path}").status_code == status


def test_who_may(at: Cameras) -> None:
    assert at.town.client("APP").get("/api/cameras/gate/health").status_code == 403
    assert at.town.client("BOSS").get("/api/cameras/gate/health").status_code == 200


def test_it_is_bounded(at: Cameras, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras_health, "MOST", 3)
    monkeypatch.setattr(cameras_health, "STEP", 2)
    with writing(at.town.engine) as connection:
        flapping = [Change(NOW - n, "up" if n % 2 else "down", "", NOW - n + 1) for n in range(10, 3, -1)]
        over = [Change(NOW - 40 * DAY, "up", "", NOW - 31 * DAY), Change(NOW - 35 * DAY, "up", "", NOW - 29 * DAY)]
        cameras_health.keep(connection, {"gate": flapping, "yard": over})
    steps = []
    for _ in range(4):
        with writing(at.town.engine) as connection:
            steps.append(cameras_health.thin(connection, NOW))
    assert steps == [2, 2, 1, 0]
    assert [(camera, round(since)) for camera, since, *_ in at.rows()] == [
        ("gate", 6), ("gate", 5), ("gate", 4), ("yard", 35 * 86_400),
    ]  # fmt: skip


def test_what_can_not_be_written_is_written_later(at: Cameras, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreTrouble("the disk is full")

    at.say(60, "up")
    with monkeypatch.context() as patch:
        patch.setattr(cameras_health, "keep", full)
        with pytest.raises(StoreTrouble):
            at.health.write()
    at.say(30, "down")
    at.health.write()
    assert at.rows() == [("gate", 60, 30, "up"), ("gate", 30, 30, "down")]


@pytest.mark.parametrize(
    "areas, seen", [pytest.param((), ["c1", "c2"], id="all"), pytest.param(("51",), ["c1"], id="own")]
)
def test_cases_of_other_areas_do_not_show_beside_a_camera(at: Cameras, areas: tuple[str, ...], seen: list[str]) -> None:
    at.town.add(case_row("c1", subject="gate", grid="5101"), case_row("c2", subject="gate", grid="3301"))
    at.town.user("olga", "operator", areas=areas)
    olga: TestClient = at.town.person("olga")
    assert sorted(each["id"] for each in olga.get("/api/cameras/gate").json()["cases"]) == seen
    (gate, _) = olga.get("/api/cameras").json()["cameras"]
    assert sorted(each["id"] for each in gate["cases"]) == seen

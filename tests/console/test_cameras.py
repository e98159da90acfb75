"""Cameras over the web: the wall, one camera, its picture, and zones that are drawn, saved and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
from cameras.latest_form import Shown, closed
from connectors.mqtt_settings import MqttSource
from console.city import Beside
from gridwatch.camera_beside import CameraBeside
from gridwatch.camera_section import read_cameras
from gridwatch.cameras_listening import carries
from gridwatch.cameras_running import CamerasRunning
from gridwatch.drawn_zones import FILE
from pipeline.faults import Faulty
from pipeline.runtime.reloads import Reloads
from tests.console.kit import NOW, Town, case_row

SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
LANE = [[0.1, 0.6], [0.9, 0.6], [0.9, 0.9]]
CITY = f"""\
city: demo   # what a city's file says besides does not matter here
data: var
cameras:
  gate:
    url: gate.mp4   # by the gate
    name: North gate
    area: north
    at: {{lon: 121.5, lat: 31.0}}
    zones:
      lane: {LANE}
    watchers:
      static_object: {{zones: [lane]}}
  yard:
    url: yard.mp4
    zones:
      container: {{corners: {SQUARE}, about: bin-7}}
    watchers:
      bin_fullness: {{}}
evidence:
  store: kept
  faces: {{none: nobody is in the pictures}}
  when:
    heap: {{zones: [lane]}}
"""
JPEG = b"\xff\xd8\xffpixels\xff\xd9"


class Cameras:
    """A town with cameras, and what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "city.yaml"
        self.file.write_text(CITY, "utf-8")
        stream = SimpleNamespace(zones=("lane",))
        configuration: Any = SimpleNamespace(data=folder / "var", sources={}, streams={"seen": stream})
        self.beside = CameraBeside(self.file, lambda: configuration, None, {}, lambda: NOW)
        self.town = Town(folder, beside=Beside(cameras=self.beside))
        self.town.user("ann", "integrator")
        self.town.user("olga", "operator")

    def say(self, topic: str, **said: Any) -> None:
        self.beside._hear(topic, json.dumps(said).encode())

    def show(self, camera: str, ts: float, **more: Any) -> None:
        what = Shown(camera=camera, ts=ts, width=640, height=360, **more)
        self.beside._hear(f"frames/{camera}", closed(what, b"" if what.reason else JPEG))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cameras]:
    found = Cameras(tmp_path)
    yield found
    found.town.engine.dispose()


@pytest.fixture
def ann(at: Cameras) -> TestClient:
    """May edit cameras."""
    return at.town.person("ann")


# ---- the wall --------------------------------------------------------------------------------------------------------


def test_the_wall_says_how_each_is_what_it_sees_and_what_is_open(at: Cameras, ann: TestClient) -> None:
    at.show("gate", NOW - 4)
    at.say("cameras/gate/health", ts=NOW - 10, state="up", reason="", fps=25.0, looked=5.0)
    at.say(
        "cameras/gate/sightings", ts=NOW - 1, objects=[{"track": 1, "label": "car", "box": [0, 0, 1, 1], "still": 9}]
    )
    at.say("cameras/yard/health", ts=NOW - 500, state="up")
    at.say("cameras/yard/readings", ts=NOW - 2, about="bin-7", fullness=80.5)
    at.town.add(case_row("c1", subject="bin-7", severity=3), case_row("c2", subject="other"))
    found = ann.get("/api/cameras").json()
    gate, yard = found["cameras"]
    assert (gate["name"], gate["area"], gate["lon"], gate["state"], gate["mode"]) == (
        "North gate", "north", 121.5, "up", "day",
    )  # fmt: skip
    assert gate["frame"]["age"] == 4.0
    assert gate["sees"] == {"at": gate["sees"]["at"], "labels": {"car": 1}, "longest": 9.0}
    assert (yard["name"], yard["state"], yard["frame"]) == ("yard", "silent", None)
    assert [(each["metric"], each["value"]) for each in yard["readings"]] == [("fullness", 80.5)]
    assert [each["id"] for each in yard["cases"]] == ["c1"]
    assert found["areas"] == ["north"]


def test_who_is_chosen(ann: TestClient) -> None:
    chosen: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["gate", "yard"]),
        ({"text": "NORTH"}, ["gate"]),
        ({"area": "north"}, ["gate"]),
        ({"state": "unknown"}, ["gate", "yard"]),
        ({"state": "up"}, []),
        ({"limit": "1"}, ["gate"]),
    ]
    for asked, names in chosen:
        assert [each["id"] for each in ann.get("/api/cameras", params=asked).json()["cameras"]] == names, asked


def test_an_edge_boxs_camera_is_known_by_what_it_says_and_not_edited_here(at: Cameras, ann: TestClient) -> None:
    at.show("bridge", NOW, name="The bridge", area="east", preset="down", lon=121.0, lat=31.0)
    said = ann.get("/api/cameras/bridge").json()
    assert (said["name"], said["area"], said["presets"], said["edited_here"]) == ("The bridge", "east", ["down"], False)
    refused = ann.put("/api/cameras/bridge/zones", json={"zones": {}, "revision": 0})
    assert refused.status_code == 409
    assert "edge box" in refused.json()["detail"]


def test_how_it_was_of_late(at: Cameras, ann: TestClient) -> None:
    for ago, state in ((90_000, "up"), (100, "up"), (60, "down"), (20, "up")):
        at.say("cameras/gate/health", ts=NOW - ago, state=state, reason="" if state == "up" else "the network")
    changes = ann.get("/api/cameras/gate").json()["changes"]
    assert [each["state"] for each in changes] == ["up", "down", "up"]


# ---- a picture -------------------------------------------------------------------------------------------------------


def test_a_picture_with_its_age_and_not_twice(at: Cameras, ann: TestClient) -> None:
    at.show("gate", NOW - 7)
    got = ann.get("/api/cameras/gate/frame")
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert got.headers["age"] == "7"
    again = ann.get("/api/cameras/gate/frame", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    at.show("gate", NOW - 1)
    assert ann.get("/api/cameras/gate/frame", headers={"If-None-Match": got.headers["etag"]}).status_code == 200


def test_a_picture_of_each_preset_by_each_light(at: Cameras, ann: TestClient) -> None:
    at.show("gate", NOW - 2, preset="a", infrared=True)
    at.show("gate", NOW - 1, preset="b")
    ages = {"a": "2", "b": "1"}
    for preset, age in ages.items():
        assert ann.get("/api/cameras/gate/frame", params={"preset": preset}).headers["age"] == age
    assert ann.get("/api/cameras/gate/frame", params={"preset": "a", "light": "day"}).status_code == 404
    assert ann.get("/api/cameras/gate/frame", params={"light": "infrared"}).headers["age"] == "2"


def test_no_picture_says_why(at: Cameras, ann: TestClient) -> None:
    assert "'frames'" in ann.get("/api/cameras/gate/frame").json()["detail"]
    at.show("gate", NOW, reason="the model is not here")
    assert "the model is not here" in ann.get("/api/cameras/gate/frame").json()["detail"]
    assert "no camera of that name" in ann.get("/api/cameras/nobody/frame").json()["detail"]


def test_who_may(at: Cameras) -> None:
    at.show("gate", NOW)
    for token, status in (("APP", 403), ("BOSS", 200), ("", 401)):
        for path in ("/api/cameras", "/api/cameras/gate", "/api/cameras/gate/frame"):
            assert at.town.client(token).get(path).status_code == status
    olga = at.town.person("olga")
    for path in ("", "/try", "/restore"):
        ask = olga.put if not path else olga.post
        assert ask(f"/api/cameras/gate/zones{path}", json={}).status_code == 403


def test_where_no_city_runs_it_is_said(tmp_path: Path) -> None:
    town = Town(tmp_path)
    assert town.client("BOSS").get("/api/cameras").status_code == 503
    town.engine.dispose()


# ---- zones -----------------------------------------------------------------------------------------------------------


def save(client: TestClient, zones: dict[str, Any], revision: int, camera: str = "gate") -> Any:
    body = {"zones": zones, "revision": revision, "note": "moved"}
    return client.put(f"/api/cameras/{camera}/zones", json=body)


def test_zones_that_are_saved_hold_and_can_be_taken_back(at: Cameras, ann: TestClient) -> None:
    moved = {"lane": {"corners": SQUARE}, "kerb": {"corners": LANE}}
    said = save(ann, moved, 0)
    assert said.status_code == 200
    assert (said.json()["revision"], said.json()["drawn"]) == (1, True)
    assert any("no watcher" in each["what"] for each in said.json()["warnings"])
    found = read_cameras(at.file)
    assert set(found.cameras["gate"].settings.zones) == {"lane", "kerb"}
    assert found.drawn == {"gate"}
    assert at.file.read_text("utf-8") == CITY
    assert save(ann, {"lane": {"corners": LANE}}, 1).json()["revision"] == 2
    back = ann.post("/api/cameras/gate/zones/restore", json={"back_to": 1, "revision": 2}).json()
    assert set(back["zones"]) == {"lane", "kerb"}
    own = ann.post("/api/cameras/gate/zones/restore", json={"back_to": 0, "revision": 3}).json()
    assert (own["drawn"], own["revision"], set(own["zones"])) == (False, 4, {"lane"})
    assert read_cameras(at.file).drawn == frozenset()
    assert ann.get("/api/cameras/gate").json()["zones"]["revision"] == 4
    history = ann.get("/api/cameras/gate/zones/history").json()["versions"]
    assert [(each["revision"], each["by"], each["zones"] is None) for each in history] == [
        (4, "ann", True), (3, "ann", False), (2, "ann", False), (1, "ann", False),
    ]  # fmt: skip


def test_two_who_draw_at_once_do_not_overwrite_each_other(ann: TestClient) -> None:
    assert save(ann, {"lane": {"corners": SQUARE}}, 0).status_code == 200
    late = save(ann, {"lane": {"corners": LANE}}, 0)
    assert late.status_code == 409
    assert "version 1" in late.json()["detail"]


def test_a_bad_edit_is_refused_in_the_words_of_check(at: Cameras, ann: TestClient) -> None:
    bow_tie, line = [[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]], [[0.1, 0.1], [0.1, 0.2], [0.1, 0.3]]
    bad: list[tuple[dict[str, Any], str]] = [
        ({"lane": {"corners": bow_tie}}, "do not cross"),
        ({"lane": {"corners": LANE, "preset": "tower"}}, "no preset 'tower'"),
        ({"other": {"corners": LANE}}, "no camera has this"),  # evidence is kept of it
        ({"lane": {"corners": line}}, "nothing is between"),
    ]
    for zones, words in bad:
        said = save(ann, zones, 0)
        assert said.status_code == 422
        assert words in said.json()["detail"]
        tried = ann.post("/api/cameras/gate/zones/try", json={"zones": zones}).json()
        assert any(words in each["what"] for each in tried["faults"])
    assert not (at.folder / "var" / FILE).exists()


def test_a_watchers_zone_that_is_gone_is_refused(at: Cameras, ann: TestClient) -> None:
    at.file.write_text(CITY.replace("heap: {zones: [lane]}", "heap: {}"), "utf-8")
    said = save(ann, {"other": {"corners": LANE}}, 0)
    assert said.status_code == 422
    assert "has no zone 'lane'" in said.json()["detail"]


def test_what_might_not_be_meant_is_told(ann: TestClient) -> None:
    zones = {"container": {"corners": SQUARE}, "ground": {"corners": LANE, "about": "bin-7"}}
    said = save(ann, zones, 0, "yard").json()
    assert [each["where"] for each in said["warnings"] if "which bin" in each["what"]] == ["container"]


def test_zones_of_the_file_that_change_later_are_told(at: Cameras, ann: TestClient) -> None:
    save(ann, {"lane": {"corners": SQUARE}}, 0)
    assert not ann.get("/api/cameras/gate").json()["zones"]["outdated"]
    at.file.write_text(CITY.replace("[0.9, 0.9]", "[0.8, 0.9]"), "utf-8")
    assert ann.get("/api/cameras/gate").json()["zones"]["outdated"]


def test_a_fault_in_what_was_drawn_is_that_files(at: Cameras, ann: TestClient) -> None:
    save(ann, {"lane": {"corners": SQUARE}}, 0)
    kept = at.folder / "var" / FILE
    kept.write_text(kept.read_text("utf-8").replace("0.5", "7.5"), "utf-8")
    with pytest.raises(Faulty, match=FILE):
        read_cameras(at.file)


def test_it_is_in_the_audit_trail(at: Cameras, ann: TestClient) -> None:
    save(ann, {"lane": {"corners": SQUARE}}, 0)
    from cases.database import reading
    from console.audit import Wanted, entries

    with reading(at.town.engine) as connection:
        (found,) = entries(connection, Wanted(action="camera"), None, 10)
    assert (found["who"], found["action"], found["about"]) == ("ann", "camera.zones", "gate")


def test_cameras_at_work_follow_what_is_drawn(at: Cameras, ann: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    running, read = CamerasRunning(lambda: read_cameras(at.file), None, registry, Reloads(registry)), []
    monkeypatch.setattr(running, "_file", read_cameras(at.file))
    monkeypatch.setattr(running, "reload", lambda: read.append(1))
    running.look()
    save(ann, {"lane": {"corners": SQUARE}}, 0)
    running.look()
    running.look()
    assert read == [1]


# ---- rubbish ---------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["ts", "state", "reason", "objects", "about", "fps", "box", "label", "still", "track"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.sampled_from(["health", "sightings", "readings"]),
    said=st.dictionaries(KEYS, JSON) | JSON,
    objects=st.lists(st.dictionaries(KEYS, JSON), max_size=3),
)
def test_whatever_cameras_say_is_told_or_left_out(at: Cameras, what: str, said: Any, objects: list[Any]) -> None:
    if isinstance(said, dict) and what == "sightings":
        said = said | {"ts": NOW, "objects": objects}
    at.beside._hear(f"cameras/gate/{what}", json.dumps(said).encode())
    client = at.town.client("BOSS")
    assert client.get("/api/cameras").status_code == 200
    assert client.get("/api/cameras/gate").status_code == 200


@pytest.mark.parametrize(
    ("filters", "listened"),
    [
        pytest.param(["cameras/+/sightings"], True, id="cameras"),
        pytest.param(["$share/g/cameras/#"], True, id="shared"),
        pytest.param(["#"], True, id="all"),
        pytest.param(["fleet/+/gps", "$share/g/bins/+/state"], False, id="others"),
    ],
)
def test_which_brokers_are_listened_to(filters: list[str], listened: bool) -> None:
    source = MqttSource(type="mqtt", host="h", client_id="c", subscribe=tuple(filters))
    assert carries(source) == listened

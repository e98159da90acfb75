"""Some cameras at work in this process: what goes out, what is dropped, and that they come back."""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.looking import Looking
from cameras.scenes import Scene, Scenes
from cameras.settings import CameraSettings
from cameras.watcher import Frame, Look, Measured, Seen, View, Watcher, Zone, corners
from cameras.worker import Worker
from pipeline.backoff import Backoff
from pipeline.units import Quantity
from tests.cameras.clips import clip, jpeg
from tests.cameras.fakes import Bright, Misbehaves
from tests.services.onvif_camera import OnvifServer
from tests.services.rtsp import RtspServer
from tests.services.wait import until
from tests.services.web_camera import WebCamera


class Heard:
    """What goes out."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.last: dict[str, Any] = {}
        self.health: dict[str, list[dict[str, Any]]] = {}
        self.said: list[str] = []

    def publish(self, topic: str, payload: bytes) -> None:
        _, camera, kind = topic.split("/")
        self.last[topic] = json.loads(payload)
        if kind == "health":
            self.health.setdefault(camera, []).append(self.last[topic])
        self.count[topic] += 1

    def pictures(self, camera: str) -> int:
        return self.count[f"cameras/{camera}/sightings"]

    def states(self, camera: str) -> list[str]:
        """One after another, without what goes before the first opening."""
        found = [each["state"] for each in self.health.get(camera, []) if "not been opened" not in each["reason"]]
        return [state for n, state in enumerate(found) if n == 0 or found[n - 1] != state]


@contextmanager
def working(
    cameras: dict[str, dict[str, Any]], watchers: dict[str, dict[str, Watcher]] | None = None, **how: Any
) -> Iterator[Heard]:
    heard = Heard()
    worker = Worker(
        {name: CameraSettings(**{"stall": Quantity(1.0), **said}) for name, said in cameras.items()},
        watchers or {},
        heard.publish,
        heard.said.append,
        backoff=lambda: Backoff(0.1, 0.5),
        **how,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield heard
    finally:
        worker.stop()
        thread.join()


def url(path: Path) -> dict[str, Any]:
    return {"url": str(path), "loop": True, "fps": 20.0}


# ---- what goes out ---------------------------------------------------------------------------------------------------


def test_every_picture_gives_its_messages(tmp_path: Path) -> None:
    zone = {"corners": [[0, 0], [1, 0], [1, 1]], "about": "bin-7"}
    cameras = {"a": url(clip(tmp_path / "a.mp4")) | {"zones": {"bin": zone}}, "b": url(tmp_path / "a.mp4")}
    with working(cameras, {"a": {"bright": Bright()}}) as heard:
        until(lambda: heard.pictures("a") > 5 and heard.pictures("b") > 5, "pictures")
        until(lambda: heard.states("a") == ["up"], "health")
    (one,) = heard.last["cameras/a/sightings"]["objects"]
    assert one | {"track": 0} == {
        "track": 0,
        "label": "object",
        "box": [0.1, 0.2, 0.3, 0.4],
        "still": 1.2,
        "zone": "lane",
    }
    assert heard.last["cameras/b/sightings"]["objects"] == []
    reading = heard.last["cameras/a/readings"]
    assert reading["about"] == "bin-7"
    assert 30 < reading["brightness"] < 150
    assert heard.count["cameras/a/readings"] == heard.pictures("a")
    assert "cameras/b/readings" not in heard.count
    health = heard.health["a"][-1]
    assert (health["codec"], health["width"], health["height"], health["reason"]) == ("h264", 160, 96, "")


def test_a_recording_is_played_as_it_was_taken_and_ends(tmp_path: Path) -> None:
    """A second of it, with ten pictures."""
    with working({"a": {"url": str(clip(tmp_path / "a.mp4", pictures=10)), "fps": 20.0}}) as heard:
        until(lambda: heard.states("a") == ["up", "down"], "its end")
    assert "the recording has ended" in heard.health["a"][-1]["reason"]
    first = min(each["ts"] for each in heard.health["a"])
    assert heard.last["cameras/a/sightings"]["ts"] - first > 0.5


def test_while_it_turns_its_watchers_pause(
    tmp_path: Path, onvif_server: Callable[..., OnvifServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    street = np.repeat(np.random.default_rng(1).integers(0, 255, (6, 10, 3), np.uint8), 16, axis=0).repeat(16, axis=1)
    monkeypatch.setattr("tests.cameras.clips.drawn", lambda _: np.ascontiguousarray(street))
    server = onvif_server(user="me", password="mine")
    said = {
        "onvif": {"host": "127.0.0.1", "port": server.port, "poll": "200ms", "user_env": "ME", "password_env": "MINE"},
        "presets": {"gate": {"token": "1"}},
    }
    environment = {"ME": "me", "MINE": "mine"}
    with working({"a": url(clip(tmp_path / "a.mp4")) | said}, environment=environment) as heard:
        until(lambda: heard.pictures("a") > 5, "pictures")
        server.moving = "MOVING"
        until(lambda: heard.states("a")[-1] == "away", "that it turns")
        before = heard.pictures("a")
        server.moving, server.place = "IDLE", (0.5, 0.0, 0.0)
        until(lambda: server.asked.count("GetStatus") > 20, "further answers")
        assert heard.pictures("a") == before
        server.place = (0.0, 0.0, 0.0)
        until(lambda: heard.states("a")[-1] == "up", "that it is back")
        server.behaves = "rubbish"
        until(lambda: any("known by the picture" in each for each in heard.said), "that it fails")
        before = heard.pictures("a")
        until(lambda: heard.pictures("a") > before + 5, "pictures again, by what was seen there")
    assert "none of its presets" in next(each["reason"] for each in heard.health["a"] if each["state"] == "away")


def test_while_it_looks_elsewhere_its_watchers_pause() -> None:
    class Turning(Scenes):
        def of(self, frame: Frame) -> Scene | None:
            return None if frame.image.max() == 0 else Scene("gate", False)

    looking = Looking("a", {"bright": Bright()}, scenes=Turning())
    there, elsewhere = np.full((8, 8, 3), 9, np.uint8), np.zeros((8, 8, 3), np.uint8)
    for n, (image, messages, away) in enumerate([(there, 2, False), (elsewhere, 0, True), (there, 2, False)]):
        assert len(looking.look(Frame(1e9 + n, image))) == messages
        assert looking.away == away


class _Begins(Watcher):
    def begin(self, view: View) -> Look:
        began.append(view.camera)
        return _Begun()


class _Begun:
    def look(self, frame: Frame) -> list[Seen | Measured]:
        return [Seen(3, "bag", 0.5, (0.0, 0.0, 0.1, 0.1), 0.0), Measured("infrared", float(frame.infrared))]


began: list[str] = []


def test_a_look_for_each_scene_and_size_and_no_number_twice() -> None:
    began.clear()
    looking = Looking("a", {"x": _Begins(), "y": _Begins()}, first=1_700_000_000)
    rng = np.random.default_rng(1)
    day = np.asarray(rng.integers(0, 255, (96, 128, 3)), np.uint8)
    night = np.repeat(day[..., :1], 3, axis=2)
    tracks, infrared = set(), []
    for n, image in enumerate([day, night, day, night, day[::2, ::2]]):
        (_, sightings), (_, readings) = looking.look(Frame(1_700_000_100.0 + n, np.ascontiguousarray(image)))
        tracks |= {one["track"] for one in json.loads(sightings)["objects"]}
        infrared.append(json.loads(readings)["infrared"])
    assert infrared == [0, 1, 0, 1, 0]
    assert len(began) == 6
    assert len(tracks) == 6
    assert max(tracks) < 2**53  # JavaScript counts no further
    again = Looking("a", {"x": _Begins()}, first=1_700_000_110)
    (_, sightings), _ = again.look(Frame(1_700_000_110.0, day))
    assert json.loads(sightings)["objects"][0]["track"] > max(tracks)


def test_the_same_pictures_give_the_same_bytes() -> None:
    image = np.full((8, 8, 3), 9, np.uint8)
    first, second = (
        [Looking("a", {"y": Bright(), "x": _Begins()}).look(Frame(5.0 + n, image)) for n in range(3)] for _ in range(2)
    )
    assert first == second
    assert [one["track"] for one in json.loads(first[0][0][1])["objects"]] == [768, 257]


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_watcher_that_raises_costs_nobody_else(tmp_path: Path) -> None:
    good_and_bad = {"bad": Misbehaves(what="raises"), "good": Bright()}
    with working({"a": url(clip(tmp_path / "a.mp4"))}, {"a": good_and_bad}) as heard:
        until(lambda: heard.count["cameras/a/readings"] > 10, "readings")
    assert any("'bad' failed (ArithmeticError: it went wrong)" in said for said in heard.said)


def test_a_watcher_that_raised_is_begun_anew() -> None:
    failed: list[str] = []
    looking = Looking("a", {"bad": Misbehaves(what="raises", at=2)}, failed=lambda name, _: failed.append(name))
    for n in range(100):
        looking.look(Frame(1e9 + n, np.zeros((8, 8, 3), np.uint8)))
    assert 3 <= len(failed) <= 8
    views = {"": View("a", {"lane": Zone("lane", corners([[0, 0], [1, 0], [1, 1]]))})}
    zoned = Looking("a", {"bad": Misbehaves(what="raises", at=2)}, views, failed=lambda *_: None)
    shown = [json.loads(zoned.look(Frame(1e9 + n, np.zeros((8, 8, 3), np.uint8)))[0][1])["zones"] for n in range(3)]
    assert shown == [["lane"], [], []]  # nobody can say that nothing is in it
    strict = Looking("a", {"bad": Misbehaves(what="raises", at=1)})
    with pytest.raises(ArithmeticError):
        strict.look(Frame(0.0, np.zeros((8, 8, 3), np.uint8)))


class _Slow(Watcher):
    def begin(self, view: View) -> Look:
        return _Waits()


class _Waits:
    def look(self, frame: Frame) -> list[Seen | Measured]:
        threading.Event().wait(0.3)
        return []


def test_what_comes_faster_than_it_is_looked_at_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cameras.health.EVERY", 0.3)
    with working({"a": url(clip(tmp_path / "a.mp4", fps=20))}, {"a": {"slow": _Slow()}}) as heard:
        until(lambda: heard.pictures("a") > 2 and heard.health["a"][-1]["dropped"] > 5, "pictures, and dropped ones")
        seen = heard.last["cameras/a/sightings"]["ts"]
        until(lambda: heard.last["cameras/a/sightings"]["ts"] > seen, "another")
        assert heard.last["cameras/a/sightings"]["ts"] - seen > 0.2
        until(lambda: (heard.health["a"][-1]["looked"] or 9) < 5, "how many are looked at")
        assert heard.health["a"][-1]["fps"] > 5


@pytest.mark.service
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_server_that_is_killed_and_started_again(rtsp_server: Callable[..., RtspServer], transport: str) -> None:
    server = rtsp_server()
    with working({"a": {"url": server.url, "transport": transport, "fps": 10.0}}) as heard:
        until(lambda: heard.pictures("a") > 5, "pictures")
        server.kill()
        until(lambda: heard.states("a")[1:] in (["down"], ["stalled"], ["stalled", "down"]), "its end")
        server.start()
        until(lambda: heard.states("a")[-1] == "up", "its return")
        before = heard.pictures("a")
        until(lambda: heard.pictures("a") > before + 5, "pictures again")


@pytest.mark.service
def test_a_server_that_stalls(rtsp_server: Callable[..., RtspServer]) -> None:
    server = rtsp_server()
    with working({"a": {"url": server.url, "fps": 10.0}}) as heard:
        until(lambda: heard.pictures("a") > 5, "pictures")
        server.freeze()
        until(lambda: "stalled" in heard.states("a"), "that it stalls")
        server.thaw()
        until(lambda: heard.states("a")[-1] == "up", "its return")
        last = heard.last["cameras/a/sightings"]["ts"]
        until(lambda: heard.last["cameras/a/sightings"]["ts"] > last + 1, "pictures again")


def test_rubbish_costs_nobody_else(tmp_path: Path, web_camera: Callable[..., WebCamera]) -> None:
    web = web_camera(jpeg)
    cameras = {
        "good": url(clip(tmp_path / "a.mp4")),
        "rubbish": {"url": web.url("rubbish")},
        "silent": {"url": web.url("silence")},
        "unset": {"url": "rtsp://127.0.0.1:1/a", "user_env": "NOBODY_SET_THIS"},
    }
    with working(cameras, environment={}) as heard:
        until(lambda: heard.pictures("good") > 10, "pictures")
        until(lambda: all(heard.states(bad) == ["down"] for bad in ("rubbish", "silent", "unset")), "their health")
        until(lambda: web.asked > 4, "further attempts")
    assert "'NOBODY_SET_THIS' is not set" in heard.health["unset"][-1]["reason"]
    assert not any(heard.pictures(bad) for bad in ("rubbish", "silent", "unset"))


# ---- snapshots -------------------------------------------------------------------------------------------------------


def test_many_cameras_in_rotation_share_few_hands(tmp_path: Path, web_camera: Callable[..., WebCamera]) -> None:
    web = web_camera(jpeg)
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "1.jpg").write_bytes(jpeg(1))
    (tmp_path / "empty").mkdir()
    cameras = {f"c{n}": {"url": web.url("snapshot.jpg"), "every": Quantity(0.5)} for n in range(5)}
    cameras["file"] = {"url": str(clip(tmp_path / "a.mp4")), "every": Quantity(0.5)}
    cameras["folder"] = {"url": str(tmp_path / "shots"), "every": Quantity(0.5)}
    cameras["empty"] = {"url": str(tmp_path / "empty"), "every": Quantity(0.5)}
    with working(cameras, at_once=2) as heard:
        until(lambda: all(heard.pictures(name) > 2 for name in cameras if name not in ("empty", "folder")), "snapshots")
        names = {thread.name for thread in threading.enumerate()}
        until(lambda: heard.states("empty") == ["down"], "that one has none")
        assert heard.pictures("folder") == 1  # there was no other
        (tmp_path / "shots" / "2.jpg").write_bytes(jpeg(2))
        until(lambda: heard.pictures("folder") == 2, "what came later")
    assert {name for name in names if name.startswith(("camera-", "snapshots-"))} == {"snapshots-0", "snapshots-1"}
    assert not any(name.endswith("stalled") for name in heard.states("c0"))


def test_backoff_doubles_to_its_most() -> None:
    backoff = Backoff(1.0, 8.0, dice=lambda: 1.0)
    assert [backoff.delay() for _ in range(5)] == [1, 2, 4, 8, 8]
    backoff.reset()
    assert backoff.delay() == 1
    assert Backoff(dice=lambda: 0.0).delay() == 0.5
    assert math.isfinite(Backoff().delay())

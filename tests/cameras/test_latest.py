"""The latest pictures of cameras: what is made of a picture, how often, and that nothing but the newest is sent."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.evidence.settings import Faces
from cameras.latest import Latest, Waiting, shrunk
from cameras.latest_form import LARGEST, Shown, closed, opened
from cameras.latest_settings import LatestSettings
from cameras.models import Model
from cameras.offered import MOST, Offered
from cameras.polygons import area, crossing
from cameras.scenes import Scene
from cameras.settings import CameraSettings
from cameras.watcher import Frame, corners
from cameras.worker import Worker
from gridwatch.cameras_frames import KEPT, SCENES, FrameFiles
from pipeline.units import Quantity
from tests.cameras.clips import clip
from tests.cameras.test_worker import url
from tests.services.wait import until

NOBODY = Faces(none="the pictures are drawn")
GATE = CameraSettings(url="x", name="Gate", area="east", at={"lon": 121.5, "lat": 31.0, "datum": "GCJ-02"})


def frame(ts: float = 100.0, wide: int = 1280, high: int = 720) -> Frame:
    return Frame(ts, np.full((high, wide, 3), 90, np.uint8))


def latest(said: list[str] | None = None, **how: Any) -> Latest:
    return Latest(LatestSettings(**{"faces": NOBODY, **how}), {"gate": GATE}, (said or []).append)


# ---- one picture -----------------------------------------------------------------------------------------------------


def test_a_picture_goes_out_small_with_what_it_is() -> None:
    topic, payload = latest(width=320).make("gate", Waiting(frame(), Scene("yard", True)))
    assert topic == "cameras/gate/frame"
    found = opened("gate", payload)
    assert found is not None
    shown, jpeg = found
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (180, 320, 3)
    assert (shown.preset, shown.infrared, shown.away, shown.ts) == ("yard", True, False, 100.0)
    assert (shown.width, shown.height, shown.name, shown.area) == (320, 180, "Gate", "east")
    assert shown.lon == pytest.approx(121.4955, abs=1e-3)


def test_without_what_finds_persons_there_is_no_picture_but_a_word_why(tmp_path: Path) -> None:
    said: list[str] = []
    missing = Latest(
        LatestSettings(faces=Faces(model=Model.model_validate(str(tmp_path / "none.onnx")))),
        {"gate": GATE},
        said.append,
    )
    for _ in range(2):
        found = opened("gate", missing.make("gate", Waiting(frame(), Scene("", False)))[1])
        assert found is not None
        assert found[1] == b""
        assert "none.onnx" in found[0].reason
    assert len(said) == 1


def test_a_small_picture_stays_as_it_is() -> None:
    image = frame(wide=300, high=200).image
    assert shrunk(image, 320) is image


def test_of_each_camera_one_as_often_as_it_is_asked_for(tmp_path: Path) -> None:
    heard: list[Shown] = []
    pictures: list[str] = []

    def publish(topic: str, payload: bytes) -> None:
        if topic.endswith("/frame"):
            found = opened("a", payload)
            assert found is not None
            assert found[1]
            heard.append(found[0])
        elif topic.endswith("/sightings"):
            pictures.append(topic)

    settings = CameraSettings(**url(clip(tmp_path / "a.mp4")))
    frames = LatestSettings(faces=NOBODY, every=Quantity(1.0))
    worker = Worker({"a": settings}, {}, publish, str, frames=frames)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        until(lambda: len(pictures) > 20 and len(heard) > 1, "pictures")
    finally:
        worker.stop()
        thread.join()
    assert (np.diff([each.ts for each in heard]) >= 1.0).all()


# ---- on its way ------------------------------------------------------------------------------------------------------


class Link:
    """A client that takes what it is given, or is busy."""

    def __init__(self) -> None:
        self.busy = False
        self.sent: list[tuple[str, bytes, int]] = []

    def want_write(self) -> bool:
        return self.busy

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        self.sent.append((topic, payload, qos))


def test_the_newest_goes_when_the_link_is_idle_and_the_rest_never() -> None:
    offered, link = Offered(), Link()
    link.busy = True
    for n in range(3):
        offered.put("frames/a", b"%d" % n)
        offered.send(link)  # type: ignore[arg-type]
    assert link.sent == []
    link.busy = False
    for _ in range(3):
        offered.send(link)  # type: ignore[arg-type]
    assert link.sent == [("frames/a", b"2", 0)]


def test_what_waits_is_bounded() -> None:
    offered, link = Offered(), Link()
    for n in range(MOST + 10):
        offered.put(f"frames/{n}", b"x")
    for _ in range(MOST + 10):
        offered.send(link)  # type: ignore[arg-type]
    assert len(link.sent) == MOST


@given(st.binary(max_size=200) | st.builds(lambda line: line + b"\n\xff\xd8\xff..\xff\xd9", st.binary(max_size=80)))
def test_rubbish_is_no_picture(payload: bytes) -> None:
    assert opened("gate", payload) is None


@pytest.mark.parametrize(
    ("camera", "jpeg", "reason", "taken"),
    [
        pytest.param("gate", b"\xff\xd8\xff..\xff\xd9", "", True, id="picture"),
        pytest.param("gate", b"", "no model", True, id="word"),
        pytest.param("gate", b"", "", False, id="nothing"),
        pytest.param("yard", b"\xff\xd8\xff..\xff\xd9", "", False, id="another-camera"),
        pytest.param("gate", b"<svg>", "", False, id="no-jpeg"),
        pytest.param("gate", b"\xff\xd8\xff" + bytes(LARGEST) + b"\xff\xd9", "", False, id="too-large"),
    ],
)
def test_what_is_taken(camera: str, jpeg: bytes, reason: str, taken: bool) -> None:
    payload = closed(Shown(camera=camera, ts=1.0, reason=reason), jpeg)
    assert (opened("gate", payload) is not None) == taken


# ---- in the data folder ----------------------------------------------------------------------------------------------


def shown(ts: float, preset: str = "", infrared: bool = False, camera: str = "gate") -> tuple[Shown, bytes]:
    what = Shown(camera=camera, ts=ts, preset=preset, infrared=infrared)
    return what, closed(what, b"\xff\xd8\xff%f\xff\xd9" % ts)


def test_one_file_for_each_scene_whatever_comes(tmp_path: Path) -> None:
    files = FrameFiles(tmp_path, 0.0)
    for ts in range(10):
        for infrared in (False, True):
            assert files.take(*shown(float(ts), "gate/../north", infrared), 100.0)
    assert not files.take(*shown(3.0, "gate/../north"), 100.0)
    assert not files.take(*shown(1000.0), 100.0)
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2
    again = FrameFiles(tmp_path, 100.0)
    found = again.picture("gate", "gate/../north", True)
    assert found is not None
    assert found[0].ts == 9.0
    assert again.picture("gate", "elsewhere", None) is None
    assert FrameFiles(tmp_path, KEPT + 100.0).cameras() == []
    assert not list(tmp_path.rglob("*.frame"))


def test_scenes_are_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    files = FrameFiles(tmp_path, 0.0)
    for n in range(SCENES + 3):
        assert files.take(*shown(float(n), f"preset {n}"), 100.0)
    assert [each.preset for each in files.of("gate")] == [f"preset {n}" for n in reversed(range(3, SCENES + 3))]
    assert len(list(tmp_path.rglob("*.frame"))) == SCENES


# ---- zones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        pytest.param([[0, 0], [1, 0], [1, 1], [0, 1]], "", id="square"),
        pytest.param([[0, 0], [1, 1], [1, 0], [0, 1]], "do not cross", id="bow-tie"),
        pytest.param([[0, 0], [0.5, 0.5], [1, 1]], "nothing is between", id="line"),
        pytest.param([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], "do not cross", id="touches-an-edge"),
        pytest.param([[0, 0], [1, 0], [0.4, 0.2], [1, 1], [0, 1]], "", id="dented"),
        pytest.param([[0, 0], [1, 0]], "at least three", id="two"),
        pytest.param([[0, 0], [1, 0], [1, 1.2]], "shares of the picture", id="outside"),
    ],
)
def test_corners(points: list[list[float]], fault: str) -> None:
    if not fault:
        corners(points)
        return
    with pytest.raises(ValueError, match=fault):
        corners(points)


@given(st.lists(st.floats(0, 6.28), min_size=3, max_size=12, unique=True))
def test_what_goes_around_a_point_crosses_nothing(turns: list[float]) -> None:
    turns.sort()
    points = [[0.5 + 0.4 * float(np.cos(a)), 0.5 + 0.4 * float(np.sin(a))] for a in turns]
    assert area(points) < 1e-6 or min(np.diff(turns)) < 1e-6 or crossing(points) is None

"""The object detector: a model of our own on drawn pictures, and YOLOX-nano on real ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.bins import DATA
from cameras.boxes import overlap
from cameras.models import Model, ModelError, digest
from cameras.watcher import Frame, Image, Measured, Seen, View, Zone, corners
from cameras.watchers.object_detector import DetectorLook, ObjectDetector
from cameras.yolox import COCO, Found, Picking
from tests.cameras.tiny_model import tiny

for each in ("cv2", "onnxruntime", "trackers"):
    pytest.importorskip(each, reason="needs gridwatch[cameras]")

START = 1_714_521_600.0
NANO = DATA / "models" / "yolox_nano.onnx"
real = pytest.mark.skipif(not NANO.is_file(), reason=f"real data is missing: {NANO}")


@pytest.fixture
def watcher(tmp_path: Path) -> ObjectDetector:
    pytest.importorskip("onnx", reason="models for tests are made with it")
    file = tiny(tmp_path / "tiny.onnx")
    return ObjectDetector(model=Model(file=file), classes=("person", "car"), labels=("car",))


def picture(*at: tuple[int, int], side: int = 64) -> Image:
    """Grey, with a white square of 8 x 8 pixels at each place, which lies in the model's cells."""
    image = np.full((side, side, 3), 90, np.uint8)
    for x, y in at:
        image[y : y + 8, x : x + 8] = 250
    return image


def watch(look: DetectorLook, pictures: Sequence[Image], every: float = 0.5) -> Iterator[list[Seen]]:
    for n, image in enumerate(pictures):
        yield objects(look.look(Frame(START + every * n, image)))


def objects(said: Sequence[Seen | Measured]) -> list[Seen]:
    return [one for one in said if isinstance(one, Seen)]


# ---- what it says ----------------------------------------------------------------------------------------------------

#        0     5    10    15    20 pictures, two a second; those of the first 3 s are what was there before
#        |-----|-----|-----|-----|


@pytest.mark.parametrize(
    "appears, goes, stood",
    [
        pytest.param(10, 31, [0.5 * n for n in range(21)], id="stops"),
        pytest.param(0, 31, [math.nan] * 30, id="stood-there"),
        pytest.param(10, 14, [0.0, 0.5, 1.0, 1.5], id="goes-again"),
        pytest.param(31, 31, [], id="nothing"),
    ],
)
def test_how_long_each_has_stood(watcher: ObjectDetector, appears: int, goes: int, stood: list[float]) -> None:
    pictures = [picture((16, 24)) if appears <= n < goes else picture() for n in range(31)]
    seen = [one for row in watch(watcher.begin(View("c")), pictures) for one in row]
    told = [one.still for one in seen]
    assert len(told) >= len(stood) - 1  # what is seen once may be nothing
    assert np.allclose(told, stood[: len(told)], equal_nan=True)
    assert {(one.track, one.label, one.box, one.zone) for one in seen} <= {(1, "car", (0.25, 0.375, 0.125, 0.125), "")}


@pytest.mark.parametrize(
    "at, zone",
    [
        pytest.param((16, 16), "lane", id="inside"),
        pytest.param((16, 40), "", id="below-it"),
        pytest.param((16, 24), "lane", id="its-foot-on-the-edge"),
        pytest.param((40, 16), "stop", id="in-the-other"),
        pytest.param((24, 16), "lane", id="the-first-of-two"),
    ],
)
def test_an_object_is_in_the_zone_that_it_stands_on(watcher: ObjectDetector, at: tuple[int, int], zone: str) -> None:
    zones = {
        "lane": Zone("lane", corners([[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]])),
        "stop": Zone("stop", corners([[0.4, 0], [1, 0], [1, 0.5], [0.4, 0.5]])),
    }
    *_, last = watch(watcher.begin(View("c", zones)), [picture(at)] * 4)
    assert [one.zone for one in last] == [zone]


def test_only_what_is_looked_for(watcher: ObjectDetector) -> None:
    other = watcher.model_copy(update={"labels": ("person",)})
    assert [row for row in watch(other.begin(View("c")), [picture((8, 8))] * 4) if row] == []


def test_small_things_are_seen_in_tiles(watcher: ObjectDetector) -> None:
    """256 x 256 pixels for a model of 64: a square of 24 is 6 there, less than a cell, and 15 in tiles of 102."""
    image = np.full((256, 256, 3), 90, np.uint8)
    image[40:64, 40:64] = 250
    seen = []
    for tiles in (0, 3):
        *_, last = watch(watcher.model_copy(update={"tiles": tiles}).begin(View("c")), [image] * 4)
        seen.append(len(last))
    assert seen[0] == 0 < seen[1]


def test_cameras_share_a_session_and_its_batches(watcher: ObjectDetector) -> None:
    def story(shift: int) -> list[Image]:
        return [picture((8 * ((n // 3 + shift) % 7), 8 * shift)) for n in range(12)]

    stories = [story(shift) for shift in range(5)]
    alone = [list(watch(watcher.begin(View("c")), images)) for images in stories]
    looks = [watcher.begin(View(str(n))) for n in range(5)]
    assert len({id(look.session) for look in looks}) == 1
    together = [
        DetectorLook.look_together(
            [(look, Frame(START + 0.5 * n, images[n])) for look, images in zip(looks, stories, strict=True)]
        )
        for n in range(12)
    ]
    for camera in range(5):
        assert repr([row[camera] for row in together]) == repr(alone[camera])


def test_watchers_of_one_camera_have_a_picture_looked_at_once(
    watcher: ObjectDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [watcher.begin(View("c")), watcher.begin(View("c")), watcher.begin(View("other"))]
    find, asked = looks[0].session.find, []

    def counted(questions: Sequence[tuple[Image, Picking]]) -> list[Found]:
        asked.append(len(questions))
        return find(questions)

    monkeypatch.setattr(looks[0].session, "find", counted)
    for n in range(4):
        mine, others = Frame(START + n, picture((16, 24))), Frame(START + n, picture((8, 8)))
        first, second, third = DetectorLook.look_together([(looks[0], mine), (looks[1], mine), (looks[2], others)])
    assert asked == [2] * 4
    assert repr(first) == repr(second) != repr(third)


@pytest.mark.parametrize("every", [0.2, 1.0, 2.0, 10.0, 300.0])
def test_what_stands_is_known_again_however_seldom_pictures_come(watcher: ObjectDetector, every: float) -> None:
    """It is hidden in one of them."""
    pictures = [picture((16, 24)) if n >= 20 and n != 30 else picture() for n in range(40)]
    seen = [one for row in watch(watcher.begin(View("c")), pictures, every) for one in row]
    assert {one.track for one in seen} == {1}
    assert seen[-1].still == pytest.approx(18 * every)
    assert len(seen) == 18


def test_while_the_camera_looks_elsewhere_nothing_that_stands_is_lost(watcher: ObjectDetector) -> None:
    """A car that stands, one that drives; 30 s unseen; and another that now is where the second one was."""
    look = watcher.begin(View("c"))
    *_, before = watch(look, [picture((16, 24), (8 * (n // 12 % 8), 48)) if n > 10 else picture() for n in range(100)])
    after: Sequence[Seen | Measured] = []
    for n in range(6):
        frame = Frame(START + 80.0 + 0.5 * n, picture((16, 24), (8 * (99 // 12 % 8), 48)), paused=0.0 if n else 30.5)
        after = look.look(frame)
    parked, drove = (one for one in before if isinstance(one, Seen))
    still, other = (one for one in after if isinstance(one, Seen))
    assert (still.track, still.still) == (parked.track, parked.still + 33.0)
    assert other.track != drove.track
    assert other.still < 3


# ---- what it can't do ------------------------------------------------------------------------------------------------


def test_what_fits_no_model_is_told_when_it_begins(watcher: ObjectDetector, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tells 2 classes apart, and `classes` names 80"):
        watcher.model_copy(update={"classes": COCO}).begin(View("c"))
    with pytest.raises(ModelError, match="no class 'bus'"):
        watcher.model_copy(update={"labels": ("bus",)}).begin(View("c"))
    with pytest.raises(ModelError, match="there is no such model"):
        ObjectDetector(model=Model(file=tmp_path / "none.onnx")).begin(View("c"))


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"model": "yolo"}, id="model"),
        pytest.param({"tiles": -1}, id="tiles"),
        pytest.param({"faint": 0.1}, id="bare-number"),
        pytest.param({"providers": []}, id="no-provider"),
        pytest.param({"threads": 0}, id="threads"),
    ],
)
def test_wrong_parameters_are_faults(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ObjectDetector.model_validate(parameters)


def test_settings_as_they_are_written_are_read_again() -> None:
    given = ObjectDetector.model_validate({"model": "yolox_nano", "faint": "20 %", "standing": {"settle": "3s"}})
    assert ObjectDetector.model_validate(given.model_dump(mode="json")) == given


# ---- real pictures ---------------------------------------------------------------------------------------------------


@real
def test_the_named_model_is_the_one_that_is_measured() -> None:
    assert digest(NANO) == ObjectDetector().model.sha256


def clip(name: str, every: float) -> Iterator[Frame]:
    """A picture every so many seconds of a real clip."""
    av = pytest.importorskip("av", reason="needs gridwatch[cameras]")
    file = DATA / name
    if not file.is_file():
        pytest.skip(f"real data is missing: {file}")
    due = 0.0
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            ts = float(frame.pts * frame.time_base)
            if ts >= due - 1e-6:
                due += every
                yield Frame(START + ts, frame.to_ndarray(format="bgr24"))


@real
def test_yolox_nano_sees_the_cars_of_a_street() -> None:
    """Ten seconds: cars wait far off, and one is parked at the right, in every picture; nothing else has stood."""
    look = ObjectDetector(model=Model(file=NANO)).begin(View("street"))
    frames = [frame for frame in clip("video/residential_street.mp4", 0.5) if frame.ts <= START + 10]
    rows = [objects(look.look(frame)) for frame in frames]
    parked = [[one for one in row if one.box[0] > 0.9] for row in rows[1:]]
    assert all(len(row) == 1 and math.isnan(row[0].still) for row in parked)
    assert len({row[0].track for row in parked}) == 1
    assert all(one.label in ("car", "truck", "bus") for row in rows for one in row)


@real
def test_yolox_nano_sees_a_car_that_crosses_a_car_park() -> None:
    """Whatever it takes it for, nothing stands for five seconds."""
    look = ObjectDetector(model=Model(file=NANO)).begin(View("park"))
    frames = list(clip("video/car-detection.mp4", 0.2))[:60]
    rows = [objects(look.look(frame)) for frame in frames]
    assert any(rows)
    assert all(one.still < 5 or math.isnan(one.still) for row in rows for one in row)
    assert all(later.ts > earlier.ts for earlier, later in pairwise(frames))


@real
@pytest.mark.slow
def test_yolox_nano_finds_vehicles_down_to_a_twentieth_of_the_picture() -> None:
    """Vehicles that it is sure of, in pictures made smaller: the numbers are those of docs/watchers.md."""
    import cv2

    look = ObjectDetector(model=Model(file=NANO)).begin(View("road"))
    find, asked = look.session.find, look.picking
    found: dict[str, list[bool]] = {"small": [], "twentieth": []}
    for name in ("video/residential_street.mp4", "video/motorway_720p.mp4"):
        for frame in clip(name, 1.6):
            image = frame.image
            (sure,) = find([(image, asked)])
            large = 416 / max(image.shape[:2])
            for scale in (1.0, 0.7, 0.5, 0.4):
                smaller = np.full_like(image, 114)
                less = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                smaller[: less.shape[0], : less.shape[1]] = less
                (now,) = find([(smaller, asked)])
                there = [
                    (box / scale).tolist() for box, score in zip(now.boxes, now.scores, strict=True) if score >= 0.25
                ]
                for box in sure.boxes[sure.scores >= 0.5].tolist():
                    size = large * scale * math.sqrt((box[2] - box[0]) * (box[3] - box[1]))
                    seen = any(overlap(tuple(box), tuple(other)) > 0.5 for other in there)
                    if 10 <= size < 15:
                        found["small"].append(seen)
                    elif 20 <= size < 60:
                        found["twentieth"].append(seen)
    assert len(found["twentieth"]) > 50
    assert np.mean(found["twentieth"]) >= 0.88
    assert np.mean(found["small"]) >= 0.55

"""The watcher parked_vehicle: a model of our own on drawn pictures, and YOLOX-nano on a real street."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cameras.models import Model
from cameras.watcher import Frame, Image, Seen, View, Zone, corners
from cameras.watchers.parked_vehicle import ParkedVehicle
from pipeline.units import Quantity
from tests.cameras.test_object_detector import NANO, START, clip, objects, picture, real
from tests.cameras.tiny_model import tiny

for each in ("cv2", "onnxruntime", "trackers"):
    pytest.importorskip(each, reason="needs gridwatch[cameras]")

KERB = Zone("kerb", corners([[0, 0], [1, 0], [1, 0.6], [0, 0.6]]))
LANE = Zone("lane", corners([[0, 0.7], [1, 0.7], [1, 1], [0, 1]]))
ZONES = {"kerb": KERB, "lane": LANE}
CAR, BELOW = (16, 24), (16, 48)
"""A place at the kerb, and one in the lane."""


@pytest.fixture
def watcher(tmp_path: Path) -> ParkedVehicle:
    pytest.importorskip("onnx", reason="models for tests are made with it")
    file = tiny(tmp_path / "tiny.onnx")
    return ParkedVehicle(model=Model(file=file), classes=("person", "car"), labels=("car",))


Story = Callable[[float], list[tuple[int, int]]]
"""Where cars are at a time."""


def watch(watcher: ParkedVehicle, story: Story, zones: Mapping[str, Zone] = ZONES) -> list[tuple[float, Seen]]:
    """Two minutes, a picture a second: when, and what was told."""
    look = watcher.begin(View("c", zones))
    told = []
    for t in range(120):
        said = look.look(Frame(START + t, picture(*story(t))))
        told += [(float(t), one) for one in objects(said)]
    return told


# Seconds:       20        30                    60                  120
#                |---------|---------------------|-------------------|
#                comes     has stood for `still`, and is not told before it has been seen twice


@pytest.mark.parametrize(
    "story, zones, told",
    [
        pytest.param(lambda t: [CAR] if t >= 20 else [], (), [(31.0, 119.0)], id="parks"),
        pytest.param(lambda t: [CAR] if 20 <= t < 28 else [], (), [], id="lets-somebody-out"),
        pytest.param(lambda t: [(int(8 * (t % 7)), 24)] if t >= 20 else [], (), [], id="traffic"),
        pytest.param(lambda t: [CAR] if 20 <= t < 60 or t >= 95 else [], (), [(31.0, 119.0)], id="hidden-by-a-bus"),
        pytest.param(
            lambda t: [CAR] if 20 <= t < 60 or t >= 105 else [], (), [(31.0, 59.0), (116.0, 119.0)], id="gone"
        ),
        pytest.param(lambda t: [BELOW] if t >= 20 else [], ("kerb",), [], id="in-a-zone-that-is-not-meant"),
        pytest.param(lambda t: [BELOW] if t >= 20 else [], (), [(31.0, 119.0)], id="in-any-zone"),
        pytest.param(lambda t: [(16, 32)] if t >= 20 else [], (), [], id="in-no-zone"),
        pytest.param(lambda t: [CAR, (40, 24)] if t >= 20 else [], (), [(31.0, 119.0)] * 2, id="two"),
        pytest.param(lambda _: [], (), [], id="nothing"),
    ],
)
def test_who_is_parked(
    watcher: ParkedVehicle, story: Story, zones: tuple[str, ...], told: list[tuple[float, float]]
) -> None:
    by_track: dict[int, list[float]] = {}
    for ts, one in watch(watcher.model_copy(update={"zones": zones}), story):
        by_track.setdefault(one.track, []).append(ts)
        assert one.still >= 10
    assert sorted((times[0], times[-1]) for times in by_track.values()) == told


# Still, s:     0 .. 9  10  11  .   0   0   0  (out of the picture)
#                       |-----------------|
#                       told, also hidden and in no zone, until it is out of the picture


def parked(
    watcher: ParkedVehicle, stills: Sequence[float | None], every: float = 1.0, score: float = 0.9
) -> list[float]:
    """What is told of a vehicle that has stood for so long in each picture; None: it is not seen."""
    look = watcher.begin(View("c", ZONES))
    told = []
    for n, still in enumerate(stills):
        zone = "" if n > 13 else "kerb"
        seen = [Seen(7, "car", score, (0.1, 0.1, 0.1, 0.1), still, zone)] if still is not None else []
        look.stood = {one.track: one.still for one in seen}
        told += [one.still for one in look.parked(START + every * n, seen)]
    return told


def test_it_is_told_that_it_drives_off(watcher: ParkedVehicle) -> None:
    assert parked(watcher, [*range(12), None, 0.0, 0.0, 0.0, None]) == [10.0, 11.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "stills, every, score, told",
    [
        pytest.param(range(12), 1.0, 0.9, [10, 11], id="sure"),
        pytest.param(range(12), 1.0, 0.2, [], id="too-faint"),
        pytest.param([0, 5, 10, 15, 20], 5.0, 0.9, [15, 20], id="seldom"),
        pytest.param([0, 60, 120, 180], 60.0, 0.9, [180], id="two-pictures-prove-little"),
        pytest.param([0, 1, 2, 0, 1, 2, 3, 4, 5], 60.0, 0.9, [], id="it-moved-in-between"),
    ],
)
def test_what_proves_that_it_stands(
    watcher: ParkedVehicle, stills: Sequence[float], every: float, score: float, told: list[float]
) -> None:
    assert parked(watcher, stills, every, score) == told


def test_how_long_what_stood_there_before_has_stood_is_unknown(watcher: ParkedVehicle) -> None:
    told = watch(watcher, lambda _: [CAR])
    assert told[0][0] == 11.0  # it is followed from the second picture on
    assert all(math.isnan(one.still) for _, one in told)


def test_without_zones_the_whole_picture_is_meant(watcher: ParkedVehicle) -> None:
    told = watch(watcher, lambda t: [(16, 32)] if t >= 20 else [], {})
    assert {one.zone for _, one in told} == {""}


def test_a_zone_that_the_camera_has_not_is_told(watcher: ParkedVehicle) -> None:
    with pytest.raises(ValueError, match="no zone 'curb'; its zones: kerb, lane"):
        watcher.model_copy(update={"zones": ("curb",)}).begin(View("c", ZONES))


def test_it_has_the_parameters_of_the_detector_and_its_own() -> None:
    given = ParkedVehicle.model_validate({"still": "1min", "tiles": 2, "standing": {"moved": "25 %"}})
    assert (given.still, given.tiles, given.standing.moved, given.standing.remember) == (60, 2, 0.25, 120)
    assert ParkedVehicle.model_validate(given.model_dump(mode="json")) == given
    with pytest.raises(ValidationError):
        ParkedVehicle.model_validate({"still": 30})


@real
@pytest.mark.parametrize("every", [0.5, 2.0])
def test_on_a_motorway_nobody_is_parked(every: float) -> None:
    """Dashes of the lanes are taken for cars now and then, and do not move."""
    look = ParkedVehicle(model=Model(file=NANO)).begin(View("motorway"))
    assert not any(objects(look.look(frame)) for frame in clip("video/motorway_720p.mp4", every))


# ---- a real street ---------------------------------------------------------------------------------------------------

STREET = {
    "queue": Zone("queue", corners([[0.4, 0.25], [0.7, 0.25], [0.7, 0.5], [0.4, 0.5]])),
    "drive": Zone("drive", corners([[0.85, 0.4], [1, 0.4], [1, 0.6], [0.85, 0.6]])),
    "lane": Zone("lane", corners([[0, 0.4], [0.55, 0.4], [0.9, 1], [0, 1]])),
}


def as_it_is(image: Image) -> Image:
    return image


def dark(image: Image) -> Image:
    noise = np.random.default_rng(int(image[0, 0, 0])).normal(0, 4, image.shape)
    return np.asarray(np.clip(image * 0.4 + noise, 0, 255), np.uint8)


@real
@pytest.mark.parametrize(
    "light, still, where",
    [
        pytest.param(as_it_is, 30.0, {"drive"}, id="longer-than-a-red-light"),
        pytest.param(dark, 30.0, {"drive"}, id="in-the-dusk"),
        pytest.param(as_it_is, 10.0, {"drive", "queue"}, id="a-queue-is-told-too"),
    ],
)
def test_a_street_with_a_parked_car_a_queue_and_traffic(
    light: Callable[[Image], Image], still: float, where: set[str]
) -> None:
    """A car stands in a drive for all of 37 s, others wait at a traffic light for 20 s and more, the rest passes."""
    look = ParkedVehicle(model=Model(file=NANO), still=Quantity(still)).begin(View("street", STREET))
    told = [
        one
        for frame in clip("video/residential_street.mp4", 1.0)
        for one in objects(look.look(Frame(frame.ts, light(frame.image))))
    ]
    assert {one.zone for one in told} - {""} == where
    assert len({one.track for one in told if one.zone == "drive"}) == 1
    assert all(math.isnan(one.still) for one in told if one.zone == "drive")

"""The watcher parking_spaces: drawn car parks, a model of our own, and the tarmac of a real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.bins import DATA
from cameras.models import Model
from cameras.parking import inner, textured
from cameras.watcher import Frame, Image, Measured, View, Zone, corners
from cameras.watchers.parked_vehicle import ParkedVehicle
from cameras.watchers.parking_spaces import ParkingSpaces
from pipeline.units import Quantity
from tests.cameras.test_object_detector import START, picture
from tests.cameras.tiny_model import tiny

WIDE, HIGH = 480, 270
SPACES = 6
COLOURS = [(200, 200, 205), (40, 40, 42), (60, 40, 150), (150, 60, 40), (90, 95, 100), (235, 235, 235)]
"""Of the cars: white, black, red, blue, grey as tarmac, white."""


def place(n: int) -> tuple[int, int, int, int]:
    """left, top, right, bottom of a space, pixels."""
    left = 30 + 72 * n
    return left, 90, left + 66, 220


def area(name: str, box: tuple[int, int, int, int], about: str = "", size: tuple[int, int] = (WIDE, HIGH)) -> Zone:
    left, top, right, bottom = (edge / size[n % 2] for n, edge in enumerate(box))
    return Zone(name, corners([[left, top], [right, top], [right, bottom], [left, bottom]]), about)


ZONES = {f"p{n}": area(f"p{n}", place(n), "car-park") for n in range(SPACES)}
VIEW = View("c", ZONES)


def car_park(taken: Sequence[int], seed: int = 0, cobbles: bool = False, passing: bool = False) -> Image:
    """Tarmac with lines between spaces; a car stands on each that is taken; a lorry may drive over the first three."""
    dice = np.random.default_rng(seed)
    rough = np.random.default_rng(7)  # the ground is the same in each picture
    canvas = np.full((HIGH, WIDE, 3), (100, 100, 103), np.float32)
    canvas += cv2.resize(rough.normal(0, 5, (HIGH // 12, WIDE // 12)).astype(np.float32), (WIDE, HIGH))[..., None]
    if cobbles:
        # Stones with dark joints on a part of it, as where tree roots were paved over.
        for y in range(90, 220, 10):
            cv2.line(canvas, (0, y), (72 * 2 + 20, y), (60, 60, 60), 2)
        for x in range(0, 72 * 2 + 20, 10):
            cv2.line(canvas, (x, 90), (x, 220), (60, 60, 60), 2)
    for n in range(SPACES + 1):
        cv2.line(canvas, (27 + 72 * n, 90), (27 + 72 * n, 220), (225, 225, 225), 3)
    for n in taken:
        left, top, right, bottom = place(n)
        body = (left + 9, top + 8, right - 9, bottom - 8)
        cv2.rectangle(canvas, (body[0] - 3, body[1] + 5), (body[2] + 3, body[3] + 4), (45, 45, 48), -1)
        cv2.rectangle(canvas, body[:2], body[2:], COLOURS[n], -1)
        cv2.rectangle(canvas, (body[0] + 5, body[1] + 25), (body[2] - 5, body[1] + 45), (70, 55, 45), -1)
        cv2.rectangle(canvas, (body[0] + 6, body[3] - 30), (body[2] - 6, body[3] - 14), (60, 50, 45), -1)
        for x in (body[0] + 3, body[2] - 11):
            cv2.rectangle(canvas, (x, body[3] - 8), (x + 8, body[3] - 3), (60, 60, 200), -1)
    if passing:
        cv2.rectangle(canvas, (20, 60), (240, 230), (170, 170, 165), -1)
        for x in range(20, 240, 24):
            cv2.line(canvas, (x, 60), (x, 230), (90, 90, 90), 3)
    canvas += dice.normal(0, 2, (HIGH, WIDE, 1)).astype(np.float32)
    return np.asarray(np.clip(canvas, 0, 255), np.uint8)


def shadow(image: Image) -> Image:
    """Of a house, with a sharp edge across the spaces."""
    y, x = np.mgrid[:HIGH, :WIDE]
    return np.asarray(image * np.where(y + 0.1 * x > 180, 0.5, 1.0)[..., None], np.uint8)


def infrared(image: Image) -> Image:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) * 0.6
    grey += np.random.default_rng(1).normal(0, 4, grey.shape).astype(np.float32)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def read(told: Sequence[object]) -> dict[tuple[str, str], float]:
    return {(one.metric, one.about): one.value for one in told if isinstance(one, Measured)}


def watch(watcher: ParkingSpaces, pictures: Sequence[Image], view: View = VIEW, every: float = 10.0) -> Any:
    """The last readings."""
    look = watcher.begin(view)
    last: dict[tuple[str, str], float] = {}
    for n, image in enumerate(pictures):
        last = read(look.look(Frame(START + every * n, image))) or last
    return last


# ---- without a model -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(lambda image: image, id="by-day"),
        pytest.param(lambda image: np.asarray(image * 0.4, np.uint8), id="dusk"),
        pytest.param(lambda image: np.asarray(np.clip(image * 1.4, 0, 255), np.uint8), id="sun"),
        pytest.param(shadow, id="a-shadow-with-a-sharp-edge"),
        pytest.param(infrared, id="infrared"),
    ],
)
@pytest.mark.parametrize("taken", [(), (0,), (1, 4), (0, 2, 5), tuple(range(SPACES))], ids=lambda t: f"{len(t)}")
def test_how_many_are_free(how: Callable[[Image], Image], taken: tuple[int, ...]) -> None:
    found = watch(ParkingSpaces(), [how(car_park(taken, seed)) for seed in range(4)])
    assert found == {
        ("spaces_free", "car-park"): SPACES - len(taken),
        ("spaces_taken", "car-park"): len(taken),
    }


# Pictures, every 10 s:   0    60   120  180
#                         |----|----|----|      told once a minute, when three are known
#                                  ^^           a lorry passes


def test_who_drives_by_is_left_out_and_who_comes_is_counted() -> None:
    look = ParkingSpaces().begin(VIEW)
    told = {}
    for n in range(31):
        taken = (3,) if n < 20 else (3, 4)
        found = read(look.look(Frame(START + 10 * n, car_park(taken, n, passing=n in (13, 14)))))
        if found:
            told[10 * n] = found["spaces_taken", "car-park"]
    assert told == {20: 1, 80: 1, 140: 1, 200: 1, 260: 2}


def test_each_car_park_has_its_own_readings() -> None:
    zones = {name: Zone(name, zone.corners, "north" if name < "p2" else "south") for name, zone in ZONES.items()}
    found = watch(ParkingSpaces(), [car_park((0, 3), seed) for seed in range(3)], View("c", zones))
    assert {key: value for key, value in found.items() if key[0] == "spaces_free"} == {
        ("spaces_free", "north"): 1,
        ("spaces_free", "south"): 3,
    }


def test_ground_with_texture_of_its_own_needs_a_picture_of_it(tmp_path: Path) -> None:
    file = tmp_path / "empty.png"
    cv2.imwrite(str(file), car_park((), cobbles=True))
    pictures = [car_park((4,), seed, cobbles=True) for seed in range(4)]
    paved = View("c", {name: zone for name, zone in ZONES.items() if name != "p0"})
    assert watch(ParkingSpaces(), pictures, paved)["spaces_taken", "car-park"] > 1
    only_those_that_can_be_told = ParkingSpaces(empty=(file,), zones=("p2", "p3", "p4", "p5"))
    assert watch(only_those_that_can_be_told, pictures, paved)["spaces_taken", "car-park"] == 1
    assert watch(ParkingSpaces(empty=(file,)), pictures, paved) == {}  # not all of them can


def test_what_is_too_dark_to_be_seen_is_not_told() -> None:
    assert watch(ParkingSpaces(), [np.asarray(car_park((1,), seed) * 0.1, np.uint8) for seed in range(4)]) == {}


@pytest.mark.parametrize(
    "view, given, message",
    [
        pytest.param(View("gate"), {}, "camera 'gate' has no zones", id="no-zones"),
        pytest.param(VIEW, {"zones": ["p7"]}, "no zone 'p7'", id="no-such-zone"),
        pytest.param(VIEW, {"spaces": {"row": 3}}, "no zone 'row'", id="spaces-of-no-zone"),
        pytest.param(VIEW, {"spaces": {"p1": 0}}, "at least one", id="no-space"),
        pytest.param(VIEW, {"spaces": {"p1": 3}}, "count vehicles with a `detector`", id="a-row-without-a-detector"),
        pytest.param(VIEW, {"empty": ["none.png"]}, "none.png is no picture", id="no-picture"),
    ],
)
def test_what_can_not_be_begun(view: View, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ParkingSpaces.model_validate(given).begin(view)


def test_settings_as_they_are_written_are_read_again() -> None:
    given = ParkingSpaces.model_validate({"detector": {"tiles": 2}, "spaces": {"row": 12}, "settle": "2min"})
    assert ParkingSpaces.model_validate(given.model_dump(mode="json")) == given
    with pytest.raises(ValidationError):
        ParkingSpaces.model_validate({"settle": 60})


# ---- with a detector -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cars, free, taken",
    [
        pytest.param([], 4, 0, id="none"),
        pytest.param([(0, 8)], 3, 1, id="one-in-the-row"),
        pytest.param([(0, 8), (16, 8), (32, 8)], 1, 3, id="the-row-is-full"),
        pytest.param([(0, 8), (16, 8), (32, 8), (48, 8)], 1, 3, id="no-more-than-it-has"),
        pytest.param([(0, 40)], 3, 1, id="on-the-single-space"),
        pytest.param([(32, 56)], 4, 0, id="elsewhere"),
    ],
)
def test_vehicles_are_counted(tmp_path: Path, cars: list[tuple[int, int]], free: int, taken: int) -> None:
    for each in ("onnx", "onnxruntime", "trackers"):
        pytest.importorskip(each, reason="needs gridwatch[cameras]")
    model = Model(file=tiny(tmp_path / "tiny.onnx"))
    detector = ParkedVehicle(model=model, classes=("person", "car"), labels=("car",))
    watcher = ParkingSpaces(detector=detector, spaces={"row": 3})
    view = View(
        "c", {"row": area("row", (0, 0, 64, 24), size=(64, 64)), "one": area("one", (0, 32, 24, 56), size=(64, 64))}
    )
    found = watch(watcher, [picture(*cars)] * 8, view)
    assert found == {("spaces_free", ""): free, ("spaces_taken", ""): taken}


def test_a_car_that_is_not_found_for_a_moment_is_still_there(tmp_path: Path) -> None:
    for each in ("onnx", "onnxruntime", "trackers"):
        pytest.importorskip(each, reason="needs gridwatch[cameras]")
    model = Model(file=tiny(tmp_path / "tiny.onnx"))
    detector = ParkedVehicle(model=model, classes=("person", "car"), labels=("car",))
    view = View("c", {"one": area("one", (0, 0, 64, 64), size=(64, 64))})
    look = ParkingSpaces(detector=detector, report=Quantity(0.0)).begin(view)
    told = [read(look.look(Frame(START + 10 * n, picture(*[(16, 16)] * (n not in (6, 7)))))) for n in range(16)]
    assert {each["spaces_taken", ""] for each in told if each} == {1}


# ---- the tarmac of a real car park -----------------------------------------------------------------------------------

VIDEO = DATA / "video" / "car-detection.mp4"
MARKED = Path(__file__).with_name("car_park.json")


def covered(space: Sequence[int], cars: Sequence[Sequence[int]]) -> float:
    """The share of a space that cars cover."""
    left, top, right, bottom = space
    both = [
        max(0, min(right, car[2]) - max(left, car[0])) * max(0, min(bottom, car[3]) - max(top, car[1])) for car in cars
    ]
    return sum(both) / ((right - left) * (bottom - top))


@pytest.mark.skipif(not VIDEO.is_file(), reason=f"real data is missing: {VIDEO}")
def test_on_real_tarmac_a_space_with_a_car_is_told_from_an_empty_one() -> None:
    """The numbers are those of docs/watchers.md."""
    av = pytest.importorskip("av", reason="needs gridwatch[cameras]")
    marked = json.loads(MARKED.read_text("utf-8"))
    zones = [inner(area(name, tuple(box), size=(768, 432))) for name, box in marked["spaces"].items()]
    watcher = ParkingSpaces()
    found: dict[bool, list[float]] = {True: [], False: []}
    with av.open(str(VIDEO)) as container:
        for n, frame in enumerate(container.decode(video=0)):
            cars = marked["cars"].get(str(n))
            if cars is None:
                continue
            shares = textured(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), zones, watcher.contrast)
            for name, space in marked["spaces"].items():
                share, cover = shares[name], covered(space, cars)
                assert share is not None
                if cover >= 0.6 or cover <= 0.05:
                    found[cover >= 0.6].append(share)
    assert (len(found[True]), len(found[False])) == (9, 90)
    assert min(found[True]) > 0.235
    assert max(found[False]) < 0.055
    assert max(found[False]) < watcher.textured < min(found[True])

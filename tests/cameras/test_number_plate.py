"""The watcher number_plate: when is who read, and what is told; and plates on pictures of real cars."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.bins import DATA
from cameras.models import Model, ModelError
from cameras.plate_finder import Finds, PlateFinder
from cameras.plate_reader import PlateReader
from cameras.plates import Ballot, Plate
from cameras.watcher import Frame, Image, Seen, View, Zone, corners
from cameras.watchers import number_plate
from cameras.watchers.number_plate import NumberPlate, PlateLook
from pipeline.units import Quantity
from tests.cameras.test_object_detector import NANO, START, clip, objects, picture
from tests.cameras.test_plates import said, spread
from tests.cameras.tiny_model import tiny

for each in ("onnxruntime", "trackers"):
    pytest.importorskip(each, reason="needs gridwatch[cameras]")

ZONES = {"bay": Zone("bay", corners([[0, 0], [1, 0], [1, 0.5], [0, 0.5]]))}
VIEW = View("c", ZONES)
BAY, OUTSIDE = (16, 16), (16, 48)


class Scripted:
    """A finder and reader of what the test says: the next text for each look at a vehicle; '' for nothing found."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self.texts: Iterator[str] = iter(texts)
        self.asked = 0

    def find(self, image: Image) -> list[Image]:
        self.asked += 1
        return [image]

    def among(self, images: Sequence[Image]) -> list[Any]:
        text = next(self.texts, "")
        return [said(*spread(text))] if text else []

    def ballot(self) -> Ballot:
        return Ballot()

    def sure(self, ballot: Ballot) -> Plate | None:
        plate = ballot.plate()
        return plate if plate is not None and plate.score >= 0.5 else None


@pytest.fixture
def watcher(tmp_path: Path) -> NumberPlate:
    pytest.importorskip("onnx", reason="models for tests are made with it")
    file = tiny(tmp_path / "tiny.onnx")
    return NumberPlate(model=Model(file=file), classes=("person", "car"), labels=("car",))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    script = Scripted()
    monkeypatch.setattr(number_plate, "plate_finder", lambda _: script)
    monkeypatch.setattr(number_plate, "plate_reader", lambda _: script)
    return script


def watch(look: PlateLook, until: int, cars: Sequence[tuple[int, int]] = (BAY,), since: int = 10) -> list[list[Seen]]:
    """A picture a second, in which these stand from a time on."""
    return [objects(look.look(Frame(START + t, picture(*cars) if t >= since else picture()))) for t in range(until)]


# ---- who is read -----------------------------------------------------------------------------------------------------

# Seconds:  10      41                        100
#           |-------|--------------------------|
#           comes   has stood for 30 s


@pytest.mark.parametrize(
    "given, cars, until, read",
    [
        pytest.param({}, [BAY], 41, False, id="not-before-it-has-stood-for-30-s"),
        pytest.param({}, [BAY], 44, True, id="then"),
        pytest.param({}, [OUTSIDE], 100, False, id="never-outside-the-zones"),
        pytest.param({"still": Quantity(0.0)}, [BAY], 14, True, id="at-once-where-that-is-written-down"),
        pytest.param({"still": Quantity(0.0)}, [OUTSIDE], 100, False, id="but-in-a-zone"),
    ],
)
def test_only_who_stands_in_a_zone_is_read(
    watcher: NumberPlate,
    scripted: Scripted,
    given: dict[str, Any],
    cars: list[tuple[int, int]],
    until: int,
    read: bool,
) -> None:
    watch(watcher.model_copy(update=given).begin(VIEW), until, cars)
    assert (scripted.asked > 0) == read


@pytest.mark.usefixtures("scripted")
def test_a_camera_without_zones_reads_nothing(watcher: NumberPlate) -> None:
    with pytest.raises(ValueError, match="camera 'c' has no zones: draw one"):
        watcher.begin(View("c"))


def test_each_picture_reads_one_vehicle_and_seldom_the_same(watcher: NumberPlate, scripted: Scripted) -> None:
    watch(watcher.begin(VIEW), 42 + 70, [BAY, (40, 16)])
    assert scripted.asked == 2 * 8  # after 0, 1, 2, 4, 8, 16, 32 and 64 s
    scripted.asked = 0
    watch(watcher.model_copy(update={"pictures": 3}).begin(VIEW), 42 + 70)
    assert scripted.asked == 8  # nothing was found


def test_after_enough_pictures_it_is_read_no_more(watcher: NumberPlate, scripted: Scripted) -> None:
    scripted.texts = iter(["皖A12345"] * 100)
    rows = watch(watcher.model_copy(update={"pictures": 3}).begin(VIEW), 42 + 70)
    assert scripted.asked == 3
    assert [one.text for one in rows[-1]] == ["皖A12345"]


# ---- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts, told",
    [
        pytest.param([""] * 6, [""], id="nothing-found"),
        pytest.param(["皖A12345"] * 6, ["", "皖A12345"], id="read"),
        pytest.param(["皖A12345"], [""], id="in-one-picture-only"),
        pytest.param(["", "", "皖A12345", "皖A12345"], ["", "皖A12345"], id="found-later"),
        pytest.param(["苏B67890", *["皖A12345"] * 5], ["", "皖A12345"], id="of-somebody-who-passed-first"),
        pytest.param(["  A12345"] * 6, [""], id="not-sure"),
        pytest.param(["  A12345", "皖A12345", "皖A12345"], ["", "皖A12345"], id="sure-after-several"),
        pytest.param(["皖A12345", "皖A12345", "皖A12845", "皖A12845"] * 2, ["", "皖A12345"], id="not-to-and-fro"),
        pytest.param(
            ["皖A12845", "皖A12845", *["皖A12345"] * 9], ["", "皖A12845", "皖A12345"], id="a-much-surer-one-replaces-it"
        ),
    ],
)
def test_what_is_told(watcher: NumberPlate, scripted: Scripted, texts: list[str], told: list[str]) -> None:
    scripted.texts = iter(texts)
    rows = watch(watcher.begin(VIEW), 44 + 2 ** len(texts) // 4)
    seen = [one for row in rows for one in row]
    assert list(dict.fromkeys(one.text for one in seen)) == told
    changes = sum(now.text != then.text for then, now in pairwise(seen))
    assert changes == len(told) - 1
    assert all(math.isnan(one.text_score) if not one.text else one.text_score >= 0.3 for one in seen)


def test_without_the_models_it_says_what_to_install(watcher: NumberPlate, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> None:
        raise FileNotFoundError("pip install 'gridwatch[plates]'")

    monkeypatch.setattr(number_plate, "plate_finder", missing)
    with pytest.raises(ModelError, match="pip install"):
        watcher.begin(VIEW)


def test_settings_as_they_are_written_are_read_again() -> None:
    given = NumberPlate.model_validate({"still": "0s", "reading": {"home": "皖"}, "finding": {"smallest": 80}})
    assert NumberPlate.model_validate(given.model_dump(mode="json")) == given
    assert NumberPlate().still == 30
    with pytest.raises(ValidationError):
        NumberPlate.model_validate({"still": 0})


# ---- finding, with the real models -----------------------------------------------------------------------------------


def drawn(*texts: tuple[str, int, int]) -> Image:
    """The back of a drawn vehicle, with these texts on it."""
    dice = np.random.default_rng(0)
    image = np.full((300, 360, 3), (70, 75, 80), np.float32)
    image += dice.normal(0, 3, image.shape)
    canvas = np.clip(image, 0, 255).astype(np.uint8)
    for text, x, y in texts:
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
        cv2.rectangle(canvas, (x - 6, y - high - 8), (x + wide + 6, y + 8), (160, 70, 20), -1)
        cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (245, 245, 245), 2, cv2.LINE_AA)
    return canvas


@pytest.mark.parametrize(
    "texts, found",
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([("A 8K631", 120, 250)], 1, id="one"),
        pytest.param([("A 8K631", 120, 250), ("LOGISTICS", 100, 100)], 2, id="two"),
    ],
)
def test_what_is_written_on_a_vehicle_is_found(texts: list[tuple[str, int, int]], found: int) -> None:
    pytest.importorskip("rapidocr", reason="finding plates needs rapidocr")
    assert len(PlateFinder().find(drawn(*texts))) == found


@pytest.mark.parametrize("text", ["LOGISTICS", "TEL 820 8820", "POLICE", "BUS 118", "13812345678"])
def test_what_is_no_plate_is_not_taken_for_one(text: str) -> None:
    pytest.importorskip("rapidocr", reason="reading plates needs rapidocr")
    reader = PlateReader()
    ballot = reader.ballot()
    for reading in reader.among(PlateFinder(Finds(smallest=30)).find(drawn((text, 60, 250)))):
        ballot.add(reading)
    assert reader.sure(ballot) is None


def test_too_small_a_plate_is_left_alone() -> None:
    pytest.importorskip("rapidocr", reason="finding plates needs rapidocr")
    image = drawn(("A 8K631", 120, 250))
    assert PlateFinder(Finds(smallest=200)).find(image) == []
    assert PlateFinder().find(image[:, :50]) == []


# ---- all of it, on a real car ----------------------------------------------------------------------------------------

STREET = DATA / "video" / "residential_street.mp4"
LARGER = 8
CORNER, CAR_PLATE = (220, 110), (338, 193)
"""Of the street, the left and top of the part that is looked at, and where the plate of a car is at 9.6 s; pixels."""


def with_plate(street: Image, plate: Image, dice: np.random.Generator) -> Image:
    """The part of the street, larger, with this plate over the car's own, and noise."""
    left, top = CORNER
    part = street[top : top + 120, left : left + 160]
    large = cv2.resize(part, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    put = cv2.resize(plate, (120, 38), interpolation=cv2.INTER_CUBIC)
    x, y = (LARGER * (at - start) for at, start in zip(CAR_PLATE, CORNER, strict=True))
    large[y - 40 : y + 40, x - 70 : x + 70] = 45  # what is left of its own, and the grill around it
    large[y - 19 : y + 19, x - 60 : x + 60] = put
    return np.asarray(np.clip(large + dice.normal(0, 3, large.shape), 0, 255), np.uint8)


@pytest.mark.skipif(
    not (NANO.is_file() and STREET.is_file() and (DATA / "plates").is_dir()), reason=f"real data is missing: {STREET}"
)
def test_the_plate_of_a_real_car_that_stops_is_told() -> None:
    """YOLOX finds the car, the text detector its plate: one picture of a street, and one of a plate put onto it."""
    pytest.importorskip("rapidocr", reason="reading plates needs rapidocr")
    from benchmarks.pictures import read

    pictures = {round(frame.ts - START, 1): frame.image for frame in clip("video/residential_street.mp4", 0.4)}
    stands, empty = pictures[9.6], pictures[11.2]
    file = sorted((DATA / "plates").glob("皖*.jpg"))[3]
    dice = np.random.default_rng(0)
    watcher = NumberPlate(model=Model(file=NANO), still=Quantity(3.0))
    look = watcher.begin(View("street", {"lane": Zone("lane", corners([[0.2, 0.6], [0.9, 0.6], [0.9, 1], [0.2, 1]]))}))
    told = []
    for t in range(16):
        image = with_plate(stands, read(file), dice) if t >= 6 else with_plate(empty, empty[:20, :60], dice)
        told.append([(one.label, one.text) for one in objects(look.look(Frame(START + t, image)))])
    assert told[8] == []
    assert told[-1] == [("car", file.stem)]


# ---- the page --------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "results" / "pictures.md"
PLATES, VIDEO = DATA / "plates", DATA / "video" / "car-detection.mp4"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not (PLATES.is_dir() and VIDEO.is_file()), reason=f"real data is missing: {PLATES}, {VIDEO}")
def test_plates_on_real_cars_are_found_and_read_as_the_page_says() -> None:
    pytest.importorskip("rapidocr", reason="reading plates needs rapidocr")
    from benchmarks.pictures import plates_for_cars
    from benchmarks.plates_on_cars import on_cars

    cells = re.search(r"(?m)^\| 100 \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text("utf-8"))
    assert cells, f"{PAGE.name} has no row of plates that are 100 pixels wide"
    of, found, one, told, right = map(int, cells.groups())
    now = on_cars(plates_for_cars(), 100)
    assert now.of == of
    assert now.found >= found - 1
    assert now.one >= one - 1  # another processor may round the models' answers otherwise
    assert now.told >= told - 1
    assert now.right >= right - 1

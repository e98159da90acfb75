"""The watcher bin_fullness: how full a drawn container is, by day, in the dusk, in sun, shadow, rain and wind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cameras.watcher import Frame, Image, Measured, View, Zone, corners
from cameras.watchers.bin_fullness import BinFullness
from pipeline.units import Quantity
from tests.cameras.street import EDGE, HIGH, WIDE, Street

LEFT, TOP, BROAD, DEEP = 110, 70, 90, 70
"""The inside of an open container, in pixels of the view."""


def around(left: float, top: float, width: float, height: float) -> list[list[float]]:
    right, bottom = left + width, top + height
    return [[x / WIDE, y / HIGH] for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]


OPENING = Zone("opening", corners(around(LEFT, TOP, BROAD, DEEP)), "bin-7")
GROUND = Zone("ground", corners(around(LEFT - 60, 130, 55, 40)), "bin-7")
VIEW = View("camera", {"opening": OPENING, "ground": GROUND})


def container(level: float, beside: float = 0.0, seed: int = 5) -> Street:
    """A container that is filled with bags up to this share of its depth, and bags on this share of the ground."""
    street = Street(3)
    left, top = EDGE + LEFT, EDGE + TOP
    cv2.rectangle(street.scene, (left - 8, top - 8), (left + BROAD + 8, top + DEEP + 30), (60, 110, 50), -1)
    cv2.rectangle(street.scene, (left, top), (left + BROAD, top + DEEP), (52, 60, 50), -1)
    for x in range(left + 15, left + BROAD, 25):
        cv2.line(street.scene, (x, top), (x, top + DEEP), (38, 44, 36), 2)
    bags(street, left, top + round(DEEP * (1 - level)), BROAD, round(DEEP * level), seed)
    ground = EDGE + LEFT - 60, EDGE + 130 + round(40 * (1 - beside))
    bags(street, *ground, 55, round(40 * beside), seed + 1)
    return street


def bags(street: Street, left: int, top: int, width: int, height: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    heap = np.zeros((height, width, 3), np.uint8)
    for _ in range(width * height // 12):
        at = int(dice.integers(0, max(1, width))), int(dice.integers(0, max(1, height)))
        shade = tuple(int(v) for v in dice.integers(40, 255, 3))
        cv2.ellipse(heap, at, (7, 5), float(dice.integers(0, 180)), 0, 360, shade, -1)
    street.scene[top : top + height, left : left + width] = heap


def watch(pictures: Sequence[Image], infrared: bool = False, **given: Any) -> dict[str, float]:
    """The last readings."""
    look = BinFullness(report=Quantity(0.0), settle=Quantity(0.0), **given).begin(VIEW)
    told = [look.look(Frame(10.0 * n, image, infrared)) for n, image in enumerate(pictures)]
    assert all(one.about == "bin-7" for one in told[-1] if isinstance(one, Measured))
    return {one.metric: one.value for one in told[-1] if isinstance(one, Measured)}


def begun(then: Callable[[Street], Image], street: Street) -> list[Image]:
    empty = container(0.0)
    return [empty.picture() for _ in range(6)] + [then(street) for _ in range(5)]


HOW = [
    pytest.param(lambda s: s.picture(), id="as-it-began"),
    pytest.param(lambda s: s.picture(light=0.6), id="a-cloud"),
    pytest.param(lambda s: s.picture(light=0.4, noise=5), id="dusk"),
    pytest.param(lambda s: s.picture(light=1.4), id="sun"),
    pytest.param(lambda s: s.picture(tint=(0.8, 1.0, 1.15)), id="evening-sun"),
    pytest.param(lambda s: s.picture(rain=40), id="rain"),
    pytest.param(lambda s: s.picture(turn=(4, -3)), id="wind"),
]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("level", [0.0, 0.3, 0.6, 1.0])
def test_how_full(how: Callable[[Street], Image], level: float) -> None:
    found = watch(begun(how, container(level)))
    assert found["fullness"] == pytest.approx(100 * level, abs=12)


@pytest.mark.parametrize("how", HOW)
def test_what_lies_beside(how: Callable[[Street], Image]) -> None:
    clean = watch(begun(how, container(0.5)), beside=("ground",))
    dirty = watch(begun(how, container(0.5, beside=0.6)), beside=("ground",))
    assert clean["beside"] < 12
    assert dirty["beside"] == pytest.approx(60, abs=15)


def shaded(image: Image) -> Image:
    """The shadow of a house on half of the opening."""
    light = np.ones((1, WIDE, 1))
    light[:, : LEFT + BROAD // 2] = 0.5
    return np.asarray(image * light, np.uint8)


def test_a_shadow_is_not_waste() -> None:
    assert watch(begun(lambda s: shaded(s.picture()), container(0.0)))["fullness"] < 15


def test_it_fills_and_is_emptied() -> None:
    levels = [0.0] * 6 + [0.2] * 3 + [0.5] * 3 + [0.9] * 3 + [0.0] * 3
    look = BinFullness(settle=Quantity(0.0), report=Quantity(0.0)).begin(VIEW)
    found = [
        [one.value for one in look.look(Frame(10.0 * n, container(level).picture())) if isinstance(one, Measured)]
        for n, level in enumerate(levels)
    ]
    said = [each[-1] for each in found if each]
    assert said[-1] < 10
    assert max(said) == pytest.approx(90, abs=12)


def test_who_stands_before_it_for_a_moment_is_left_out() -> None:
    empty = container(0.0)
    look = BinFullness().begin(VIEW)
    told: dict[int, Sequence[object]] = {}
    for n in range(40):
        image = empty.picture()
        if n in (20, 21):
            image[40:170, 120:170] = (30, 60, 160)
        told[10 * n] = look.look(Frame(10.0 * n, image))
    values = [one.value for each in told.values() for one in each if isinstance(one, Measured)]
    assert max(values) < 10
    assert [ts for ts, each in told.items() if each] == [70, 130, 190, 250, 310, 370]


# ---- what empty looks like -------------------------------------------------------------------------------------------


def test_begun_with_a_full_bin_it_needs_a_picture_of_the_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "empty.png"
    cv2.imwrite(str(file), container(0.0).picture())
    full = container(0.9)
    pictures = [full.picture() for _ in range(6)]
    assert watch([*pictures, full.picture()]).get("fullness", 0.0) < 10
    assert watch(pictures, empty=(file,))["fullness"] == pytest.approx(90, abs=12)


def test_by_infrared_light_nothing_is_said_without_a_picture_of_the_empty_bin(tmp_path: Path) -> None:
    street = container(0.6)
    pictures = [street.picture(infrared=True, noise=5) for _ in range(8)]
    assert watch(pictures, infrared=True) == {}
    day, night = tmp_path / "day.png", tmp_path / "night.png"
    cv2.imwrite(str(day), container(0.0).picture())
    cv2.imwrite(str(night), container(0.0).picture(infrared=True))
    assert watch(pictures, infrared=True, empty=(day,)) == {}
    assert watch(pictures, infrared=True, empty=(day, night))["fullness"] == pytest.approx(60, abs=15)


def test_what_is_too_dark_to_be_seen_is_not_told() -> None:
    assert watch(begun(lambda s: s.picture(light=0.05), container(0.0))) == {}


@pytest.mark.parametrize(
    "view, given, message",
    [
        pytest.param(View("gate"), {}, "no zone with `about`", id="no-zone"),
        pytest.param(View("gate", {"a": Zone("a", OPENING.corners)}), {}, "no zone with `about`", id="nobody's-zone"),
        pytest.param(VIEW, {"beside": ("gruond",)}, "no zone 'gruond'; its zones: ground, opening", id="no-such-zone"),
        pytest.param(VIEW, {"empty": (Path("none.png"),)}, "none.png is no picture", id="no-picture"),
    ],
)
def test_what_can_not_be_begun(view: View, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BinFullness(**given).begin(view)

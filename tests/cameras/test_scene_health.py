"""The watcher scene_health: what is wrong with a picture is found; weather, light and traffic are not wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from cameras.watcher import Frame, Image, Measured, Seen, View
from cameras.watchers.scene_health import METRICS, SceneHealth
from pipeline.units import Quantity
from tests.cameras.street import HIGH, WIDE, Street

FAULT = 0.5
STILL = [Street(3).picture(), Street(3).picture(car=0.3, light=0.95)]
OTHER = Street(7)
Picture = Callable[[Street, int], Image]


def watch(pictures: list[Image], infrared: bool = False, every: float = 5.0, **given: Any) -> list[dict[str, float]]:
    """The readings of each picture."""
    look = SceneHealth(report=Quantity(0.0), **given).begin(View("camera"))
    found = [look.look(Frame(1_000.0 + n * every, image, infrared)) for n, image in enumerate(pictures)]
    return [{one.metric.removeprefix("health_"): one.value for one in measured(each)} for each in found]


def measured(told: Sequence[Seen | Measured]) -> list[Measured]:
    return [one for one in told if isinstance(one, Measured)]


def faults(readings: list[dict[str, float]]) -> set[str]:
    return {what for each in readings for what, value in each.items() if value >= FAULT}


def clip(then: Picture, before: int = 15, after: int = 20) -> list[Image]:
    """A street in which cars pass, and after a while something else."""
    street = Street(3)
    first = [street.picture(car=n * 0.37 % 1.0 if n % 3 else None) for n in range(before)]
    return first + [then(street, n) for n in range(after)]


def clock(image: Image, n: int) -> Image:
    image = image.copy()
    cv2.putText(image, f"12:00:{n:02}", (5, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1)
    return image


def noisy(image: Image, spread: float, n: int) -> Image:
    grain = np.random.default_rng(n).normal(0, spread, image.shape)
    return np.asarray(np.clip(np.round(image + grain), 0, 255), np.uint8)


# ---- what is no fault ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(lambda s, _: s.picture(), id="nothing-happens"),
        pytest.param(lambda s, n: s.picture(car=n / 20), id="a-car-passes"),
        pytest.param(lambda s, _: s.picture(light=0.5), id="a-cloud-at-once"),
        pytest.param(lambda s, _: s.picture(light=1.5), id="the-sun-at-once"),
        pytest.param(lambda s, n: s.picture(light=max(0.3, 1 - n / 20), noise=2 + n / 4), id="dusk"),
        pytest.param(
            lambda s, n: s.picture(light=0.3, noise=6, lamps=14 if n % 4 == 0 else 0), id="night-and-headlights"
        ),
        pytest.param(lambda s, _: s.picture(light=0.8, rain=80), id="rain"),
        pytest.param(lambda s, _: s.picture(noise=10), id="noise"),
        pytest.param(lambda s, n: s.picture(turn=((n * 7) % 13 - 6, (n * 5) % 7 - 3)), id="shake"),
        pytest.param(lambda s, _: s.picture(tint=(0.7, 0.95, 1.2)), id="evening-sun"),
        pytest.param(lambda s, _: s.picture(tint=(1.25, 1.0, 0.8)), id="blue-hour"),
        pytest.param(lambda s, n: clock(s.picture(), n), id="a-clock"),
    ],
)
def test_no_fault(then: Picture) -> None:
    assert faults(watch(clip(then))) == set()


def test_infrared_is_a_scene_of_its_own() -> None:
    street = Street(3)
    assert faults(watch([street.picture(infrared=True, noise=5) for _ in range(25)], infrared=True)) == set()


def test_who_stands_before_the_lens_at_first_is_not_the_scene() -> None:
    street = Street(3)
    pictures = [street.picture() for _ in range(25)]
    for n in (0, 1, 2):
        pictures[n][20:, 40:280] = 90
    assert faults(watch(pictures)) == set()


# ---- what is one -----------------------------------------------------------------------------------------------------


def smeared(image: Image, width: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), width), np.uint8)


def beyond(image: Image, share: float) -> Image:
    image = image.copy()
    image[:, : int(WIDE * share)] = (70, 80, 75)
    return image


@pytest.mark.parametrize(
    "then, fault",
    [
        pytest.param(lambda _s, n: noisy(np.zeros((HIGH, WIDE, 3), np.uint8), 3, n), "black", id="black"),
        pytest.param(lambda s, n: clock(s.picture(light=0.02, noise=3), n), "black", id="black-with-a-clock"),
        pytest.param(lambda s, _n: s.picture(light=6.0), "overexposed", id="overexposed"),
        pytest.param(lambda _s, n: noisy(np.full((HIGH, WIDE, 3), 80, np.uint8), 4, n), "covered", id="a-bag-over-it"),
        pytest.param(lambda s, _n: beyond(s.picture(), 0.7), "covered", id="most-is-covered"),
        pytest.param(lambda s, n: noisy(smeared(s.picture(), 4), 1, n), "blurred", id="out-of-focus"),
        pytest.param(lambda s, _n: s.picture(turn=(60, 0)), "moved", id="turned"),
        pytest.param(lambda s, _n: s.picture(turn=(20, 30)), "moved", id="sunk"),
        pytest.param(lambda _s, _n: OTHER.picture(), "moved", id="another-view"),
        pytest.param(lambda s, _n: s.picture(tint=(0.7, 1.1, 0.7)), "colour_cast", id="green"),
        pytest.param(lambda s, _n: s.picture(tint=(1.2, 0.75, 1.2)), "colour_cast", id="magenta"),
    ],
)
def test_a_fault_is_found_and_is_the_only_one(then: Picture, fault: str) -> None:
    settled = watch(clip(then))[15 + 5 :]
    assert all(each[fault] >= FAULT for each in settled)
    assert faults(settled) == {fault}


def test_a_fault_ends_with_its_cause() -> None:
    street = Street(3)
    good = [street.picture() for _ in range(15)]
    found = watch([*good, *(beyond(street.picture(), 0.7) for _ in range(5)), *good])
    assert [each["covered"] >= FAULT for each in found] == [False] * 15 + [True] * 5 + [False] * 15


def test_what_has_been_odd_for_long_is_normal() -> None:
    found = watch(clip(lambda s, _: s.picture(turn=(60, 0)), after=60), accept=Quantity(100.0))
    assert "moved" in faults(found[20:30])
    assert faults(found[50:]) == set()


# ---- frozen ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then, frozen",
    [  # a picture every 5 s; frozen for 60 s to the bit, 600 s to noise
        pytest.param(lambda _s, _n: STILL[0], True, id="to-the-bit"),
        pytest.param(lambda _s, n: clock(STILL[0], n), True, id="while-a-clock-runs"),
        pytest.param(lambda _s, n: noisy(STILL[0], 0.4, n), False, id="encoded-anew"),
        pytest.param(lambda s, _n: s.picture(noise=1.5), False, id="a-street-at-night-where-nothing-happens"),
        pytest.param(lambda _s, n: STILL[n % 2], False, id="two-pictures-in-turn"),
    ],
)
def test_frozen(then: Picture, frozen: bool) -> None:
    found = watch(clip(then))
    assert "frozen" not in faults(found[: 15 + 11])
    assert [each["frozen"] >= FAULT for each in found[-5:]] == [frozen] * 5


def test_frozen_and_encoded_anew_takes_ten_times_as_long() -> None:
    still = Street(3).picture()
    found = watch([noisy(still, 0.4, n) for n in range(125)])
    assert [each["frozen"] >= FAULT for each in found] == [False] * 120 + [True] * 5


def test_a_camera_that_looked_elsewhere_goes_on_as_if_nothing_had_been() -> None:
    street = Street(3)
    look = SceneHealth(report=Quantity(0.0)).begin(View("camera"))
    told = [look.look(Frame(ts, street.picture())) for ts in (*range(0, 100, 5), *range(9_000, 9_050, 5))]
    assert all(one.value < FAULT for each in told for one in measured(each))


# ---- how it is told --------------------------------------------------------------------------------------------------


def test_told_now_and_then_and_at_once_when_a_fault_begins_or_ends() -> None:
    street = Street(3)
    look = SceneHealth().begin(View("camera"))
    black = np.zeros((HIGH, WIDE, 3), np.uint8)
    images = {ts: black if 80 <= ts < 90 else street.picture() for ts in range(131)}
    told = {ts: look.look(Frame(float(ts), image)) for ts, image in images.items()}
    assert [ts for ts, each in told.items() if each] == [0, 60, 80, 90]
    assert all(tuple(one.metric for one in measured(each)) == METRICS for each in told.values() if each)


def test_another_size_of_picture_begins_anew() -> None:
    pictures = clip(lambda s, _: np.asarray(cv2.resize(s.picture(), (300, 240)), np.uint8))
    assert faults(watch(pictures)) == set()

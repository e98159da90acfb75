"""standing_water: water that rises on a drawn road is told as what it covers, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from cameras.watcher import Frame, Measured, View, Zone, corners
from cameras.watchers.standing_water import StandingWater
from pipeline.units import Quantity
from tests.cameras.drawn import CAR, START, Canvas, Stays, Street, both, clouds, dusk, sudden, traffic

STREET = Street(480, 270)
LANE = Zone("lane", corners([[0.05, 0.78], [0.95, 0.78], [0.95, 0.98], [0.05, 0.98]]), "street-4")
VIEW = View("gate", {"lane": LANE})
FLOODED = np.pi * 0.25 * 0.08 / (0.9 * 0.2) * 100
"""Per cent of the lane, when the puddle is as large as it gets."""


def rains(t: float, picture: Canvas) -> Canvas:
    """From 600 s on the road is wet and darker, and a puddle rises on it for 300 s; it shows a bright sky."""
    if t < 600:
        return picture
    height, width = picture.shape[:2]
    wet = picture.copy()
    wet[height // 2 :] *= 0.75
    size = min(1.0, (t - 600) / 300)
    puddle = np.zeros((height, width), np.float32)
    axes = max(1, round(0.25 * width * size)), max(1, round(0.08 * height * size))
    cv2.ellipse(puddle, (width // 2, round(0.88 * height)), axes, 0, 0, 360, 1.0, -1)
    puddle = np.asarray(cv2.GaussianBlur(puddle, (0, 0), 2.0), np.float32)[..., None]
    sky = np.linspace(95, 110, width, dtype=np.float32)[None, :, None]
    return np.asarray(wet * (1 - puddle) + sky * puddle, np.float32)


def blurred(t: float, picture: Canvas) -> Canvas:
    """From 600 s on, drops on the lens."""
    return picture if t < 600 else np.asarray(cv2.GaussianBlur(picture, (0, 0), 4.0), np.float32)


def watched(frames: Iterable[Frame], view: View = VIEW, **settings: Any) -> list[tuple[float, float]]:
    """What is told, with its seconds from the start."""
    look, found = StandingWater(**settings).begin(view), []
    for frame in frames:
        for one in look.look(frame):
            assert isinstance(one, Measured)
            assert (one.metric, one.about) == ("standing_water", "street-4" if view is VIEW else "")
            found.append((frame.ts - START, one.value))
    return found


film = partial(STREET.film, 1500.0, every=20.0)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film, light=rains), id="plain"),
        pytest.param(partial(film, light=rains, things=traffic(1500, y=0.95)), id="traffic"),
        pytest.param(partial(film, light=both(clouds, rains)), id="clouds"),
        pytest.param(partial(film, light=both(dusk(3000), rains)), id="dusk"),
        pytest.param(partial(film, light=rains, rain=True), id="rain"),
        pytest.param(partial(film, light=rains, shake=2), id="shake"),
        pytest.param(partial(film, light=rains, infrared=True), id="infrared"),
    ],
)
def test_water_is_told_as_what_it_covers(frames: Any) -> None:
    told = watched(frames())
    assert max(value for t, value in told if t < 900) < 5
    assert told[-1][1] == pytest.approx(FLOODED, abs=15)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(film, id="dry"),
        pytest.param(partial(film, things=traffic(1500, y=0.95)), id="traffic"),
        pytest.param(partial(film, light=clouds), id="clouds"),
        pytest.param(partial(film, light=sudden(700, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, light=dusk(1500)), id="dusk"),
        pytest.param(partial(film, rain=True), id="rain"),
        pytest.param(partial(film, things=[Stays((0.5, 0.95), CAR, since=600)]), id="a-parked-car"),
        pytest.param(partial(film, light=blurred), id="drops-on-the-lens"),
        pytest.param(partial(film, noise=6), id="noise"),
    ],
)
def test_what_is_no_water_is_not(frames: Any) -> None:
    assert max((value for _, value in watched(frames())), default=0.0) < 5


def test_what_is_wet_for_a_moment_is_not_told() -> None:
    def cart(t: float, picture: Canvas) -> Canvas:
        return rains(900 + t, picture) if 600 <= t < 840 else picture

    assert max(value for _, value in watched(film(light=cart))) < 5


def test_it_dries() -> None:
    def dries(t: float, picture: Canvas) -> Canvas:
        return rains(t, picture) if t < 1500 else picture

    told = watched(STREET.film(2400.0, every=20.0, light=dries))
    assert max(value for _, value in told) > 20
    assert told[-1][1] < 5


def test_a_road_without_texture_says_nothing() -> None:
    flat = [Frame(START + 20.0 * n, np.full((90, 160, 3), 90, np.uint8)) for n in range(40)]
    assert watched(flat) == []


def test_a_camera_without_zones_is_asked_as_a_whole() -> None:
    told = watched(film(), View("gate"), settle=Quantity(60.0))
    assert told
    assert max(value for _, value in told) < 5


def test_a_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone 'kerb'; its zones: lane"):
        StandingWater(zones=("kerb",)).begin(VIEW)


def test_it_claims_nothing() -> None:
    assert not StandingWater.measured

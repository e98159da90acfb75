"""smoke: a plume that rises in a drawn street is told, and veils, shadows and things that are none are not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from cameras.watcher import Frame, Measured, View, Zone, corners
from cameras.watchers.smoke import Smoke
from tests.cameras.drawn import (
    CAR,
    LORRY,
    PERSON,
    START,
    Canvas,
    Moves,
    Stays,
    Street,
    clouds,
    dusk,
    shadow,
    sudden,
    traffic,
)

STREET = Street(480, 270)
YARD = Zone("yard", corners([[0.3, 0.1], [0.8, 0.1], [0.8, 0.8], [0.3, 0.8]]), "yard-2")
VIEW = View("gate", {"yard": YARD})


def plume(t: float, picture: Canvas, since: float = 30.0, grey: float = 205.0, thick: float = 0.75) -> Canvas:
    """From a place in the yard smoke rises by a tenth of the picture in five seconds, widens, and drifts in puffs."""
    if t < since:
        return picture
    height, width = picture.shape[:2]
    reach = min(0.6, (t - since) * 0.02)
    veil = np.zeros((height, width), np.float32)
    for step in np.linspace(0.0, reach, max(2, int(reach * 40))).tolist():
        sway = 0.02 * np.sin(9 * step - 1.7 * t) + 0.015 * np.sin(23 * step - 4.1 * t)
        x, y = round((0.55 + sway) * width), round((0.78 - step) * height)
        cv2.circle(veil, (x, y), round((0.02 + 0.12 * step) * width), float(1.0 - 0.6 * step / 0.6), -1)
    veil = np.asarray(cv2.GaussianBlur(veil, (0, 0), 5.0) * thick, np.float32)[..., None]
    return np.asarray(picture * (1 - veil) + grey * veil, np.float32)


def fog(t: float, picture: Canvas) -> Canvas:
    """It takes half of all, within a minute."""
    veil = 0.5 * min(1.0, max(0.0, t - 30.0) / 60.0)
    return np.asarray(picture * (1 - veil) + 190.0 * veil, np.float32)


def dust(t: float, picture: Canvas) -> Canvas:
    """A veil that is red."""
    before = picture.copy()
    whole = plume(t, picture)
    return np.asarray(whole + (whole - before) * np.array([-0.6, -0.3, 0.35], np.float32), np.float32)


def pane(t: float, picture: Canvas) -> Canvas:
    """A grey pane of glass that somebody puts there: a veil that does not move."""
    if t < 30:
        return picture
    out = picture.copy()
    height, width = picture.shape[:2]
    part = out[round(0.3 * height) : round(0.7 * height), round(0.45 * width) : round(0.65 * width)]
    part[:] = part * 0.5 + 100.0
    return out


def watched(frames: Iterable[Frame], view: View = VIEW, **settings: Any) -> list[tuple[float, float]]:
    """What is told, with its seconds from the start."""
    look, found = Smoke(**settings).begin(view), []
    for frame in frames:
        for one in look.look(frame):
            assert isinstance(one, Measured)
            assert (one.metric, one.about) == ("smoke", "yard-2" if view is VIEW else "")
            found.append((frame.ts - START, one.value))
    return found


film = partial(STREET.film, 90.0, every=1.0)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film, light=plume), id="white"),
        pytest.param(partial(film, light=partial(plume, grey=60.0)), id="dark"),
        pytest.param(partial(film, light=partial(plume, thick=0.5)), id="thin"),
        pytest.param(partial(film, light=partial(plume, thick=0.95)), id="thick"),
        pytest.param(partial(film, light=plume, things=traffic(90, y=0.9)), id="traffic"),
        pytest.param(partial(film, light=plume, shake=2), id="shake"),
        pytest.param(partial(film, light=plume, infrared=True), id="infrared"),
        pytest.param(partial(STREET.film, 90.0, every=2.0, light=plume), id="key-frames-2s"),
    ],
)
def test_a_plume_is_told(frames: Any) -> None:
    told = watched(frames())
    assert max((value for t, value in told if t < 40), default=0.0) == 0.0
    assert max(value for _, value in told) > 4.0
    assert next(t for t, value in told if value > 0) <= 75.0


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(film, id="nothing"),
        pytest.param(partial(film, things=traffic(90, y=0.75)), id="traffic"),
        pytest.param(partial(film, light=clouds), id="clouds"),
        pytest.param(partial(film, light=sudden(40, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, light=sudden(40, 1.6)), id="suddenly-brighter"),
        pytest.param(partial(film, light=dusk(90)), id="dusk"),
        pytest.param(partial(film, light=shadow((0.4, 0.4, 0.2, 0.3), 40)), id="a-shadow"),
        pytest.param(partial(film, light=fog), id="fog"),
        pytest.param(partial(film, light=dust), id="red-dust"),
        pytest.param(partial(film, light=pane), id="a-veil-that-does-not-move"),
        pytest.param(partial(film, rain=True), id="rain"),
        pytest.param(partial(film, shake=3), id="shake"),
        pytest.param(partial(film, noise=8), id="noise"),
        pytest.param(partial(film, things=[Stays((0.5, 0.75), CAR, since=40)]), id="a-parked-car"),
        pytest.param(
            partial(film, things=[Moves(LORRY, [(40, 1.2, 0.7), (44, 0.5, 0.7), (80, 0.5, 0.7)])]), id="a-lorry"
        ),
        pytest.param(
            partial(film, things=[Moves(PERSON, [(40, 0, 0.7), (60, 0.5, 0.5), (85, 0.6, 0.45)])]), id="who-walks-up"
        ),
    ],
)
def test_what_is_no_smoke_is_not(frames: Any) -> None:
    assert max((value for _, value in watched(frames())), default=0.0) == 0.0


def test_it_ends_and_is_told_at_once() -> None:
    def ends(t: float, picture: Canvas) -> Canvas:
        return plume(t, picture) if t < 75 else picture

    told = watched(STREET.film(100.0, every=1.0, light=ends))
    begin = next(t for t, value in told if value > 0)
    assert next(t for t, value in told if t > begin and value == 0) <= 75 + 5


def test_a_camera_without_zones_is_asked_as_a_whole() -> None:
    assert max(value for _, value in watched(film(light=plume), View("gate"))) > 0


def test_a_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone 'kerb'; its zones: yard"):
        Smoke(zones=("kerb",)).begin(VIEW)


def test_it_claims_nothing() -> None:
    assert not Smoke.measured

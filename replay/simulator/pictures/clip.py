"""clip: what a drawn camera shows, again and again: a script of so many seconds, and what is wrong in it.

A clip ends as it began, so that playing it in a loop is one day after the other. Everything is drawn by the time in the
script alone; noise and passing clouds are drawn over it and differ from picture to picture.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np

from replay.simulator.pictures import solids
from replay.simulator.pictures.lens import Floats, Fractions, Image, Lens
from replay.simulator.pictures.solids import Solid

FPS = 5


class Happening(NamedTuple):
    """Something that is wrong in a clip: its truth."""

    what: str
    started: float
    """Seconds of the clip: from then on somebody can see that it is so."""
    ended: float
    box: Fractions
    """Where in the picture."""


@dataclass(frozen=True)
class Clip:
    """A script."""

    name: str
    """Of the camera."""
    seconds: float
    lens: Lens
    backdrop: Image
    """What is there when nobody is."""
    act: Callable[[Image, float], None]
    """Draws what is there at a time, seconds from 0 to `seconds`, over the backdrop."""
    happenings: Sequence[Happening] = ()
    zones: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    """The parts of the picture that matter, as shares of it."""
    seed: int = 1

    def pictures(self, start: float = 0.0, end: float | None = None) -> Iterator[Image]:
        """From one second to another, `FPS` a second; at its end it begins again. end: not given: once."""
        light = Light(self.seed, self.backdrop.shape[:2], self.seconds)
        for n in range(round(start * FPS), round((self.seconds if end is None else end) * FPS)):
            canvas = self.backdrop.copy()
            self.act(canvas, n / FPS % self.seconds)
            yield light.on(canvas, n)


class Light:
    """Clouds that pass, and the noise of a sensor."""

    def __init__(self, seed: int, shape: tuple[int, ...], seconds: float) -> None:
        dice = np.random.default_rng([seed, 5])
        self._dice, self._seconds = random.Random(seed), seconds
        grain = dice.normal(0, 2.4, (4, *shape, 1)) + dice.normal(0, 0.9, (4, *shape, 3))
        self._lighter = np.clip(np.round(grain), 0, 255).astype(np.uint8)
        self._darker = np.clip(np.round(-grain), 0, 255).astype(np.uint8)
        self._phase = dice.uniform(0, 2 * np.pi, 2)

    def on(self, canvas: Image, n: int) -> Image:
        """The n-th picture, as a camera takes it."""
        turn = 2 * np.pi * (n / FPS) / self._seconds
        gain = 1.0 + 0.025 * np.sin(2 * turn + self._phase[0]) + 0.015 * np.sin(5 * turn + self._phase[1])
        lit = cv2.convertScaleAbs(canvas, alpha=float(gain))
        which, down, right = self._dice.randrange(4), self._dice.randrange(64), self._dice.randrange(64)
        lit = cv2.add(lit, np.roll(self._lighter[which], (down, right), (0, 1)))
        return np.asarray(cv2.subtract(lit, np.roll(self._darker[which], (down, right), (0, 1))), np.uint8)


class Drive(NamedTuple):
    """A vehicle that comes along the street, may stop once, and goes."""

    solid: Solid
    start: float
    """When it is at `begin`, seconds of the clip."""
    y: float
    """Of its middle."""
    speed: float
    """m/s; below 0 to the left."""
    begin: float
    end: float
    """From x to x."""
    stop: float | None = None
    """x where it stops."""
    waits: float = 0.0
    """... and for how long, s."""

    def x(self, t: float) -> float | None:
        """Where it is; None: not in the street."""
        if self.stop is None:
            x = self.begin + self.speed * (t - self.start)
        else:
            x = self._stopping(t - self.start, self.stop)
        inside = min(self.begin, self.end) <= x <= max(self.begin, self.end)
        return x if inside and t >= self.start else None

    def _stopping(self, t: float, stop: float) -> float:
        """It slows down, and gathers speed, within 2.5 s: half as far as it would have gone."""
        pace = abs(self.speed)
        way = abs(stop - self.begin)
        brakes = way / pace - 1.25
        left = brakes + 2.5 + self.waits
        if t < brakes:
            gone = pace * t
        elif t < brakes + 2.5:
            rest = (brakes + 2.5 - t) / 2.5
            gone = way - pace * 1.25 * rest * rest
        elif t < left:
            gone = way
        else:
            on = t - left
            gone = way + (pace * on * on / 5.0 if on < 2.5 else pace * (on - 1.25))
        return self.begin + math.copysign(gone, self.speed)

    def stands(self) -> tuple[float, float]:
        """From when to when it stands."""
        stop = self.end if self.stop is None else self.stop
        begins = self.start + abs(stop - self.begin) / abs(self.speed) + 1.25
        return begins, begins + self.waits


def drive(canvas: Image, lens: Lens, drives: Sequence[Drive], t: float) -> None:
    """Draw those that are in the street, the far ones first."""
    for each in sorted(drives, key=lambda each: -each.y):
        x = each.x(t)
        if x is not None:
            solids.draw(canvas, lens, each.solid, x, each.y, 0.0 if each.speed > 0 else 180.0)


def on_ground(x: tuple[float, float], y: tuple[float, float]) -> Floats:
    """The corners of a piece of ground, around it."""
    return np.array([(x[0], y[1], 0.0), (x[1], y[1], 0.0), (x[1], y[0], 0.0), (x[0], y[0], 0.0)])

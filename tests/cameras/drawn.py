"""Clips that the tests draw: a street with texture, and what happens in it. The same numbers, the same clip.

    street = Street()
    clip = street.film(60, every=0.5, things=[Stays((0.5, 0.7), BAG, since=20)], light=clouds, shake=3)

Pictures are `cameras.watcher.Frame`s. Places are shares of the picture, sizes too; times are seconds from the start.
Every picture has sensor noise, and went through JPEG, so that it has blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.watcher import Fractions, Frame, Image

START = 1_700_000_000.0
"""When the first picture was taken, UTC seconds."""
Canvas = NDArray[np.float32]
"""Shape (height, width, 3): blue, green, red, levels."""
Light = Callable[[float, Canvas], Canvas]
"""What the light of a moment makes of a picture."""


# ---- what can be seen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How a thing looks: its size, its colours, and how rough it is."""

    size: tuple[float, float]
    colour: tuple[int, int, int]
    rough: float = 14.0
    """Levels (standard deviation) of its texture."""
    round: bool = False
    seed: int = 1

    @lru_cache(maxsize=64)  # noqa: B019 looks are few and small
    def drawn(self, width: int, height: int) -> tuple[Canvas, Canvas]:
        """Its picture, and how much it covers, 0..1; not to be changed. Shapes (h, w, 3) and (h, w, 1)."""
        w, h = max(3, round(self.size[0] * width)), max(3, round(self.size[1] * height))
        dice = np.random.default_rng(self.seed)
        coarse = dice.normal(0, self.rough, (max(2, h // 4), max(2, w // 4), 1)).astype(np.float32)
        texture = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
        shade = np.linspace(1.15, 0.75, h, dtype=np.float32)[:, None, None]
        cover = np.zeros((h, w), np.float32)
        if self.round:
            cv2.ellipse(cover, (w // 2, h), (w // 2, h - 1), 0, 180, 360, 1.0, -1)
        else:
            cover[:] = 1.0
        return np.asarray((np.array(self.colour, np.float32) + texture) * shade), cover[..., None]


BAG = Look((0.035, 0.06), (40, 45, 50), seed=2)
BOX = Look((0.045, 0.07), (90, 140, 185), rough=8, seed=3)
HEAP = Look((0.16, 0.12), (70, 95, 120), rough=26, round=True, seed=4)
CAR = Look((0.16, 0.13), (150, 60, 40), rough=20, seed=5)
TAXI = Look((0.15, 0.12), (40, 170, 200), rough=20, seed=6)
LORRY = Look((0.30, 0.28), (170, 170, 165), rough=16, seed=7)
PERSON = Look((0.03, 0.15), (60, 70, 95), rough=22, seed=8)


class Thing(Protocol):
    """Something in the street."""

    def at(self, t: float) -> tuple[Look, float, float] | None:
        """How it looks and where its foot (middle, bottom) is at a time; None: it is not there."""
        ...


@dataclass(frozen=True)
class Stays:
    """It stands there from one time to another."""

    place: tuple[float, float]
    look: Look
    since: float = -1.0
    until: float = float("inf")

    def at(self, t: float) -> tuple[Look, float, float] | None:
        return (self.look, *self.place) if self.since <= t < self.until else None

    def box(self) -> Fractions:
        """left, top, width, height"""
        (x, y), (w, h) = self.place, self.look.size
        return x - w / 2, y - h, w, h


@dataclass(frozen=True)
class Moves:
    """It goes along a path: (time, x, y), straight between them; it is there from the first to the last."""

    look: Look
    path: Sequence[tuple[float, float, float]]

    def at(self, t: float) -> tuple[Look, float, float] | None:
        times = [p[0] for p in self.path]
        if not times[0] <= t < times[-1]:
            return None
        return self.look, *(float(np.interp(t, times, [p[i] for p in self.path])) for i in (1, 2))  # type: ignore[return-value]


def traffic(seconds: float, every: float = 4.0, y: float = 0.72, takes: float = 3.0) -> list[Thing]:
    """Cars of several colours that cross the picture, one after the other."""
    found: list[Thing] = []
    for n, begin in enumerate(np.arange(0.5, seconds, every).tolist()):
        colour = ((150, 60, 40), (40, 40, 45), (210, 210, 205), (45, 60, 170))[n % 4]
        x = (-0.2, 1.2) if n % 2 else (1.2, -0.2)
        look = Look((0.15, 0.12), colour, rough=20, seed=50 + n)
        found.append(Moves(look, [(begin, x[0], y), (begin + takes, x[1], y)]))
    return found


# ---- light and weather -----------------------------------------------------------------------------------------------


def steady(_: float, picture: Canvas) -> Canvas:
    """Nothing changes."""
    return picture


def clouds(t: float, picture: Canvas) -> Canvas:
    """Their soft shadows cross the street, one in 12 s, and take 35 % of the light."""
    height, width = picture.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32) + 0.3 * np.linspace(0, 1, height, dtype=np.float32)[:, None]
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (x / 1.6 - t / 12.0))
    return np.asarray(picture * (1.0 - 0.35 * wave[..., None]), np.float32)


def sudden(when: float, gain: float) -> Light:
    """From one picture to the next, all is brighter or darker."""
    return lambda t, picture: picture * np.float32(gain if t >= when else 1.0)


def dusk(seconds: float) -> Light:
    """It gets dark by two thirds."""
    return lambda t, picture: picture * np.float32(1.0 - 0.67 * min(1.0, t / seconds))


def exposure(t: float, picture: Canvas) -> Canvas:
    """The camera's own exposure: the brighter the street, the darker it makes it, and its tones are bent."""
    gain = 105.0 / float(picture.mean())
    return np.asarray(255.0 * (np.clip(picture * gain, 0, 255) / 255.0) ** (1.0 + 0.25 * np.sin(t / 5)), np.float32)


def shadow(place: Fractions, since: float, creeps: float = 0.0) -> Light:
    """A shadow with a sharp edge, of something out of the picture; it grows by a share of the width a second."""

    def falls(t: float, picture: Canvas) -> Canvas:
        if t < since:
            return picture
        height, width = picture.shape[:2]
        left, top, w, h = place
        right = left + w + creeps * (t - since)
        out = picture.copy()
        out[round(top * height) : round((top + h) * height), round(left * width) : round(right * width)] *= 0.6
        return out

    return falls


def both(*lights: Light) -> Light:
    """One light after the other."""

    def apply(t: float, picture: Canvas) -> Canvas:
        for light in lights:
            picture = light(t, picture)
        return picture

    return apply


# ---- the street ------------------------------------------------------------------------------------------------------


@dataclass
class Street:
    """Houses with windows, a pavement of slabs, a road of asphalt with a line, and a bin."""

    width: int = 640
    height: int = 360
    seed: int = 0
    picture: Canvas = field(init=False)

    def __post_init__(self) -> None:
        dice = np.random.default_rng(self.seed)
        w, h = self.width, self.height
        base = np.zeros((h, w, 3), np.float32)
        base[: h // 3] = (120, 130, 150)
        base[h // 3 : h // 2] = (150, 155, 158)
        base[h // 2 :] = (105, 105, 108)
        for x in range(w // 24, w - w // 24, w // 9):
            base[h // 10 : h // 4, x : x + w // 20] = (70, 55, 45)
        for x in range(0, w, w // 20):
            base[h // 3 : h // 2, x : x + 2] -= 25
        base[round(h * 0.74) : round(h * 0.755), :] = (200, 205, 205)
        coarse = cv2.resize(dice.normal(0, 5, (h // 12, w // 12)).astype(np.float32), (w, h))
        grain = cv2.GaussianBlur(dice.normal(0, 9, (h, w)).astype(np.float32), (0, 0), 0.9)
        base += (coarse + grain)[..., None]
        self.picture = base

    def film(
        self,
        seconds: float,
        every: float = 0.2,
        things: Sequence[Thing] = (),
        light: Light = steady,
        shake: float = 0.0,
        rain: bool = False,
        noise: float = 2.0,
        quality: int = 75,
        infrared: bool = False,
        start: float = START,
    ) -> Iterator[Frame]:
        """Pictures for so long. things: drawn in their order. shake: pixels. noise: levels. quality: JPEG's."""
        dice = np.random.default_rng(self.seed + 1)
        for n in range(round(seconds / every)):
            t = n * every
            canvas = self.picture.copy()
            for thing in things:
                self._draw(canvas, thing, t)
            canvas = light(t, canvas)
            if shake:
                move = np.array([[1, 0, dice.uniform(-shake, shake)], [0, 1, dice.uniform(-shake, shake)]], np.float32)
                moved = cv2.warpAffine(canvas, move, (self.width, self.height), borderMode=cv2.BORDER_REFLECT)
                canvas = np.asarray(moved, np.float32)
            if rain:
                self._rain(canvas, dice)
            if infrared:
                canvas = np.repeat(cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
            grain = dice.standard_normal((self.height, self.width, 1), np.float32) * np.float32(noise)
            yield Frame(start + t, blocks(canvas, quality, grain), infrared)

    def _draw(self, canvas: Canvas, thing: Thing, t: float) -> None:
        found = thing.at(t)
        if found is None:
            return
        look, x, y = found
        drawn, cover = look.drawn(self.width, self.height)
        h, w = drawn.shape[:2]
        left, top = round(x * self.width - w / 2), round(y * self.height - h)
        a, b = max(0, left), min(self.width, left + w)
        c, d = max(0, top), min(self.height, top + h)
        if a >= b or c >= d:
            return
        part, over = drawn[c - top : d - top, a - left : b - left], cover[c - top : d - top, a - left : b - left]
        canvas[c:d, a:b] = canvas[c:d, a:b] * (1 - over) + part * over

    def _rain(self, canvas: Canvas, dice: np.random.Generator) -> None:
        for _ in range(120):
            x, y = int(dice.integers(0, self.width)), int(dice.integers(-20, self.height))
            cv2.line(canvas, (x, y), (x - 2, y + int(dice.integers(8, 20))), (205, 205, 205), 1)


def blocks(canvas: Canvas, quality: int, grain: Canvas) -> Image:
    """What JPEG leaves of a picture with its grain, which has shape (height, width, 1)."""
    levels = cv2.add(canvas, cv2.cvtColor(grain, cv2.COLOR_GRAY2BGR), dtype=cv2.CV_8U)  # rounds, and stays in 0..255
    coded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def bin_at(fill: float, width: int = 64, height: int = 96, seed: int = 3) -> Image:
    """A bin without a lid, filled to a share: its dark inside above, what is in it below."""
    dice = np.random.default_rng(seed)
    canvas = np.full((height, width, 3), (60, 90, 60), np.float32)
    inner = canvas[height // 8 : -height // 8, width // 8 : -width // 8]
    inner[:] = (35, 38, 36)
    top = round(inner.shape[0] * (1 - fill))
    waste = dice.normal(140, 45, inner[top:].shape).astype(np.float32)
    inner[top:] = cv2.GaussianBlur(waste, (0, 0), 1.5) if waste.size else waste
    return blocks(canvas, 80, dice.normal(0, 2, (height, width, 1)).astype(np.float32))

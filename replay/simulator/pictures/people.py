"""people: figures who walk, stand and carry. Nobody in particular: a coat, trousers, a head seen from afar."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from replay.simulator.pictures.lens import Image, Lens
from replay.simulator.pictures.solids import Colour, box, fill, shadow
from replay.simulator.pictures.sprites import Sprite, put

_COATS: tuple[Colour, ...] = (
    (120, 70, 50),
    (60, 60, 150),
    (70, 110, 70),
    (150, 150, 155),
    (45, 45, 50),
    (140, 120, 60),
)
_TROUSERS: tuple[Colour, ...] = ((60, 50, 45), (95, 75, 60), (45, 45, 48))
_SKIN: Colour = (120, 150, 190)
_HAIR: Colour = (35, 35, 40)
VEST: Colour = (30, 130, 245)
"""Crews wear it."""
_STEP = 0.72
"""Metres."""


_BODY = box((-0.18, 0.18), (-0.12, 0.12), (0.0, 1.7), _HAIR)
"""What casts the shadow."""


class Person(NamedTuple):
    """Somebody at a moment."""

    x: float
    y: float
    number: int
    walked: float = 0.0
    """Metres so far: which leg is ahead."""
    towards: float = 1.0
    """1 to the right, -1 to the left, 0 stands."""
    crew: bool = False
    bag: Sprite | None = None
    raised: float = 0.0
    """How far up an arm is, 0..1."""


def draw(canvas: Image, lens: Lens, who: Person) -> None:
    """With the shadow."""
    place = np.array([who.x, who.y, 0.0])
    scale = lens.scale(place)
    foot_x, foot_y = lens.seen(place[None])[0].tolist()
    if not (-60 < foot_x < lens.width + 60 and -60 < foot_y < lens.height + 200):
        return
    shadow(canvas, lens, _BODY.at(who.x, who.y))

    def at(x: float, z: float) -> tuple[float, float]:
        return foot_x + x * scale, foot_y - z * scale

    coat = VEST if who.crew else _COATS[who.number % len(_COATS)]
    trousers = _TROUSERS[who.number % len(_TROUSERS)]
    swing = 0.26 * math.sin(math.pi * who.walked / _STEP) * abs(who.towards)
    for side, shade in ((-1, 0.7), (1, 1.0)):
        leg = side * swing
        _limb(canvas, [at(0.04 * side, 0.86), at(0.06 * side + leg, 0.04)], 0.17 * scale, _dim(trousers, shade))
    far_arm = at(-0.9 * swing - 0.16, 0.85)
    _limb(canvas, [at(-0.16, 1.36), far_arm], 0.1 * scale, _dim(coat, 0.65))
    torso = [at(-0.22, 1.42), at(0.22, 1.42), at(0.19, 0.8), at(-0.19, 0.8)]
    fill(canvas, np.array(torso), _dim(coat, 0.95))
    fill(canvas, np.array([at(0.06, 1.42), at(0.22, 1.42), at(0.19, 0.8), at(0.05, 0.8)]), _dim(coat, 0.72))
    if who.crew:
        for z in (0.98, 1.16):
            fill(
                canvas, np.array([at(-0.21, z), at(0.21, z), at(0.21, z + 0.07), at(-0.21, z + 0.07)]), (200, 230, 230)
            )
    hand = at((0.24 + 0.9 * swing) if who.towards >= 0 else (-0.24 - 0.9 * swing), 0.78 + 0.7 * who.raised)
    _limb(canvas, [at(0.17 if who.towards >= 0 else -0.17, 1.36), hand], 0.1 * scale, _dim(coat, 0.85))
    _ball(canvas, at(0.0, 1.58), 0.125 * scale, _SKIN)
    _ball(canvas, at(0.0, 1.64), 0.12 * scale, (40, 190, 235) if who.crew else _HAIR)
    if who.bag is not None:
        put(canvas, who.bag, (hand[0], hand[1] + 0.5 * scale), 0.5 * scale, 0.5 * scale)


def _dim(colour: Colour, by: float) -> tuple[float, ...]:
    return tuple(level * by for level in colour)


def _limb(canvas: Image, ends: list[tuple[float, float]], wide: float, colour: tuple[float, ...]) -> None:
    (x, y), (u, v) = ends
    length = max(math.hypot(u - x, v - y), 1e-3)
    a, b = -(v - y) / length * wide / 2, (u - x) / length * wide / 2
    fill(
        canvas,
        np.array([(x + a, y + b), (u + a * 0.8, v + b * 0.8), (u - a * 0.8, v - b * 0.8), (x - a, y - b)]),
        colour,
    )


def _ball(canvas: Image, middle: tuple[float, float], radius: float, colour: tuple[float, ...]) -> None:
    x, y = (round(each * 16) for each in middle)
    cv2.circle(canvas, (x, y), max(round(radius * 16), 8), colour, -1, cv2.LINE_AA, 4)

"""sprites: what has no flat faces: bags of waste, a heap of rubble, the crown of a tree. Each has a number.

What is drawn has shape (height, width, 4), blue, green, red and how much it covers, 0..1, as float32; its foot is in
the middle of its lower edge.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures.lens import Floats, Image, Lens
from replay.simulator.pictures.solids import Colour

Drawn = NDArray[np.float32]


class Sprite(NamedTuple):
    """What draws it, and which one it is."""

    make: Callable[[int], Drawn]
    number: int


BAGS: tuple[Colour, ...] = (
    (52, 48, 46),
    (46, 44, 48),
    (205, 208, 212),
    (150, 96, 44),
    (62, 58, 54),
    (70, 130, 66),
    (60, 120, 205),
    (178, 186, 192),
)


@cache
def bag(number: int) -> Drawn:
    """A tied bag with creases, 96 x 88 pixels. Numbers give colours in turn, and each a shape of its own."""
    dice = np.random.default_rng([number, 1])
    high, wide = 88, 96
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    wave = sum(dice.normal(0, 0.05) * np.cos(k * turns + dice.uniform(0, 6.3)) for k in range(2, 6))
    reach = 1.0 + wave
    x = wide / 2 + 42 * reach * np.cos(turns)
    y = 52 + np.where(np.sin(turns) > 0, 34, 40) * reach * np.sin(turns) * np.where(np.sin(turns) < 0, 0.8, 1.0)
    cover = np.zeros((high, wide), np.float32)
    cv2.fillPoly(cover, [np.stack([x, np.minimum(y, 86)], 1).astype(np.int32)], 1.0, cv2.LINE_AA)
    knot = np.array([[wide / 2 - 6, 22], [wide / 2 - 11, 3], [wide / 2 + 1, 9], [wide / 2 + 10, 2], [wide / 2 + 6, 22]])
    cv2.fillPoly(cover, [knot.astype(np.int32)], 1.0, cv2.LINE_AA)
    down, across = np.mgrid[0:high, 0:wide].astype(np.float32)
    side, top = (across - wide / 2) / 46, (down - 46) / 44
    round_ = 0.95 - 0.38 * side - 0.5 * top - 0.25 * (side**2 + top**2)
    # Creases run from the knot: noise that is long along that direction.
    angle = np.arctan2(down - 10, across - wide / 2) * 14
    far = np.hypot(down - 10, across - wide / 2) / 16
    noise = dice.normal(0, 1, (64, 8)).astype(np.float32)
    creases = cv2.remap(noise, (far % 7).astype(np.float32), ((angle + 64) % 63).astype(np.float32), cv2.INTER_LINEAR)
    creases = cv2.GaussianBlur(creases, (0, 0), 1.2)
    shine = np.clip(creases - 0.55, 0, None) * 95
    colour = np.array(BAGS[number % len(BAGS)], np.float32)
    look = (
        colour * np.clip(round_ + 0.22 * creases, 0.25, 1.5)[..., None] + shine[..., None] * (round_ > 0.7)[..., None]
    )
    return np.asarray(np.dstack([np.clip(look, 0, 255), cover]), np.float32)


@cache
def heap(number: int) -> Drawn:
    """A heap of soil and rubble, 320 x 130 pixels."""
    dice = np.random.default_rng([number, 2])
    high, wide = 130, 320
    picture = np.zeros((high, wide, 3), np.float32)
    cover = np.zeros((high, wide), np.float32)
    across = np.linspace(-1, 1, wide)
    lump = cv2.GaussianBlur(dice.normal(0, 1, (1, wide)).astype(np.float32), (0, 0), 14)[0] * 0.5
    crest = np.clip(0.97 * (1 - np.abs(across) ** 1.5) + 0.25 * lump * (1 - across**2), 0.01, 1) * (high - 8)
    outline = np.stack([np.arange(wide), high - 1 - crest], 1)
    cv2.fillPoly(cover, [np.vstack([outline, [[wide - 1, high - 1], [0, high - 1]]]).astype(np.int32)], 1.0)
    stones = dice.uniform(size=(1500, 2))
    for n, (u, v) in enumerate(stones[np.argsort(stones[:, 1])].tolist()):
        x, y = int(u * wide), int(high - crest[min(int(u * wide), wide - 1)] * (1 - v))
        size = dice.uniform(3, 6) if n % 12 else dice.uniform(7, 14)
        base = ((54, 74, 98), (48, 62, 78), (100, 108, 116), (52, 66, 130), (132, 136, 138))[
            int(dice.choice(5, p=[0.42, 0.3, 0.14, 0.07, 0.07]))
        ]
        lit = (1.12 - 0.35 * u) * dice.uniform(0.8, 1.15)
        turns = np.sort(dice.uniform(0, 2 * np.pi, 6))
        stone = np.stack([x + size * np.cos(turns), y + 0.7 * size * np.sin(turns)], 1)
        below = (stone + np.array([1, 2])).astype(np.int32)
        cv2.fillPoly(picture, [below], tuple(0.45 * c for c in base), cv2.LINE_AA)
        cv2.fillPoly(picture, [stone.astype(np.int32)], tuple(min(255.0, c * lit) for c in base), cv2.LINE_AA)
        if size > 4:
            cv2.fillPoly(cover, [stone.astype(np.int32)], 1.0)
    grain = dice.normal(0, 7, (high, wide, 1)).astype(np.float32)
    return np.dstack([np.clip(picture + grain, 0, 255), cv2.GaussianBlur(cover, (0, 0), 0.8)]).astype(np.float32)


@cache
def crown(number: int) -> Drawn:
    """The leaves of a tree, 220 x 200 pixels."""
    dice = np.random.default_rng([number, 3])
    high, wide = 200, 220
    picture, cover = np.zeros((high, wide, 3), np.float32), np.zeros((high, wide), np.float32)
    lumps = [(dice.normal(0, 0.42), dice.normal(0, 0.36), dice.uniform(0.30, 0.48)) for _ in range(9)]
    spots = []
    for cx, cy, reach in lumps:
        for _ in range(150):
            a, r = dice.uniform(0, 2 * np.pi), reach * np.sqrt(dice.uniform())
            x, y = cx + r * np.cos(a), cy + 0.85 * r * np.sin(a)
            light = 0.75 - 0.55 * (y - cy) / reach * 0.7 - 0.30 * (x - cx) / reach * 0.8 - 0.25 * y
            spots.append((light + dice.normal(0, 0.16), x, y))
    green = np.array([(42, 88, 58), (38, 104, 76), (52, 118, 92)], np.float32)[number % 3]
    for light, x, y in sorted(spots):
        place = (int(wide / 2 + 66 * x), int(high / 2 + 66 * y))
        size = int(dice.integers(2, 6))
        colour = np.clip(green * (0.45 + 0.9 * max(light, 0.0)), 0, 255).tolist()
        cv2.ellipse(
            picture, place, (size, max(2, size - 2)), float(dice.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA
        )
        cv2.circle(cover, place, size, 1.0, -1, cv2.LINE_AA)
    return np.dstack([picture, cover]).astype(np.float32)


def put(canvas: Image, sprite: Sprite, foot: tuple[float, float], wide: float, high: float) -> None:
    """Draw a sprite so large (pixels), with its foot there (pixels)."""
    scaled = _scaled(*sprite, max(2, round(wide)), max(2, round(high)))
    rows, columns = scaled.shape[:2]
    left, top = round(foot[0] - columns / 2), round(foot[1] - rows)
    a, b = max(0, left), min(canvas.shape[1], left + columns)
    c, d = max(0, top), min(canvas.shape[0], top + rows)
    if a >= b or c >= d:
        return
    part = scaled[c - top : d - top, a - left : b - left]
    cover = part[..., 3:]
    canvas[c:d, a:b] = (canvas[c:d, a:b] * (1 - cover) + part[..., :3] * cover).astype(np.uint8)


def put_there(canvas: Image, lens: Lens, sprite: Sprite, place: Floats, wide: float, high: float) -> None:
    """... so large in metres, with its foot at a place in the street."""
    scale = lens.scale(place)
    x, y = lens.seen(place[None])[0].tolist()
    put(canvas, sprite, (x, y), wide * scale, high * scale)


@lru_cache(maxsize=512)
def _scaled(make: Callable[[int], Drawn], number: int, wide: int, high: int) -> Drawn:
    drawn = make(number)
    how = cv2.INTER_AREA if wide < drawn.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(drawn, (wide, high), interpolation=how), np.float32)

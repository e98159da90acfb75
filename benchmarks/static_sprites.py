"""static_sprites: how things look that are put into the clips of `benchmarks.static_clips`: a bag, a car, people.

Each is drawn once, large, and made smaller for the picture. The same numbers give the same sprite.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[Any]
"""Shape (height, width, 3), float32: blue, green, red, levels."""


class Sprite(NamedTuple):
    """How something looks, at a height of its own; made larger or smaller for the picture."""

    picture: Canvas
    cover: Canvas
    """Shape (height, width), 0..1."""
    height: float
    """Share of the picture's height."""

    @property
    def width(self) -> float:
        """Share of the picture's width, which is 16 for 9 of its height."""
        return float(self.height * self.picture.shape[1] / self.picture.shape[0] * 9 / 16)


def _rough(shape: tuple[int, int], levels: float, grain: int, seed: int) -> Canvas:
    dice = np.random.default_rng(seed)
    coarse = dice.normal(0, levels, (max(2, shape[0] // grain), max(2, shape[1] // grain), 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def bag(height: float = 0.08, colour: tuple[int, int, int] = (45, 42, 40), seed: int = 2) -> Sprite:
    """A bin bag: round, with folds that shine, knotted at its top."""
    h, w = 96, 80
    cover = np.zeros((h, w), np.float32)
    cv2.ellipse(cover, (w // 2, 58), (36, 37), 0, 0, 360, 1.0, -1)
    cv2.fillPoly(cover, [np.array([[28, 26], [33, 4], [40, 12], [48, 2], [52, 26]])], 1.0)
    cover[92:] = 0
    folds = _rough((h, w), 16, 8, seed).mean(2, keepdims=True)
    shine = np.linspace(1.2, 0.7, h, dtype=np.float32)[:, None, None]
    return Sprite((np.array(colour, np.float32) + folds) * shine, cover, height)


def crate(height: float = 0.08, colour: tuple[int, int, int] = (80, 130, 180)) -> Sprite:
    """A box of one flat colour, as simple as it can be drawn."""
    return Sprite(np.full((60, 60, 3), colour, np.float32), np.ones((60, 60), np.float32), height)


def heap(height: float = 0.12, seed: int = 4) -> Sprite:
    """Waste of many colours, in a flat heap without a straight edge."""
    h, w = 100, 240
    top = np.random.default_rng(seed).normal(0, 5, w // 8)
    edge = 96 * np.sqrt(np.clip(1 - (np.arange(w) / w * 2 - 1) ** 2, 0, 1)) * 0.9
    edge += np.interp(np.arange(w), np.arange(len(top)) * 8, top)
    cover = (np.arange(h)[:, None] >= h - edge[None]).astype(np.float32)
    picture = np.array((85, 105, 125), np.float32) + _rough((h, w), 24, 10, seed) + _rough((h, w), 18, 3, seed + 1)
    return Sprite(picture, cover, height)


def car(height: float = 0.14, colour: tuple[int, int, int] = (150, 60, 40)) -> Sprite:
    """A car from its side."""
    picture = np.full((90, 220, 3), colour, np.float32)
    cover = np.zeros((90, 220), np.float32)
    cv2.fillPoly(cover, [np.array([[2, 80], [2, 45], [45, 38], [75, 8], [150, 8], [180, 40], [217, 46], [217, 80]])], 1)
    cv2.fillPoly(picture, [np.array([[58, 38], [80, 14], [146, 14], [168, 38]])], (60, 50, 45))
    for x in (50, 170):
        cv2.circle(cover, (x, 74), 15, 1.0, -1)
        cv2.circle(picture, (x, 74), 15, (25, 25, 25), -1)
    picture[44:48] += 25
    return Sprite(picture + _rough((90, 220), 4, 6, 9), cover, height)


def lorry(height: float = 0.3, raised: bool = False) -> Sprite:
    """A tipper from its side: its cab on the left; raised: the body is up."""
    picture = np.full((160, 300, 3), (60, 90, 110), np.float32)
    cover = np.zeros((160, 300), np.float32)
    body = np.array([[85, 40], [298, 40], [290, 118], [85, 118]])
    if raised:
        body = np.array([[75, 4], [98, 0], [299, 95], [280, 122], [240, 120]])
    cv2.fillPoly(cover, [body], 1.0)
    cv2.fillPoly(picture, [body], (70, 130, 160))
    for part in ((4, 50, 78, 138), (4, 118, 292, 138)):
        cover[part[1] : part[3], part[0] : part[2]] = 1
    picture[50:138, 4:78] = (40, 60, 190)
    picture[60:88, 10:50] = (70, 60, 50)
    for x in (40, 200, 250):
        cv2.circle(cover, (x, 138), 20, 1.0, -1)
        cv2.circle(picture, (x, 138), 20, (30, 30, 30), -1)
    return Sprite(picture + _rough((160, 300), 5, 8, 7), cover, height)


@cache
def person(step: int, height: float = 0.22, seed: int = 8) -> Sprite:
    """Somebody who walks; step: which of eight pictures of a stride, 0: standing."""
    dice = np.random.default_rng(seed)
    coat, legs = dice.integers(20, 200, 3).tolist(), dice.integers(20, 110, 3).tolist()
    picture, cover = np.zeros((160, 70, 3), np.float32), np.zeros((160, 70), np.float32)
    wide = round(16 * np.sin(step / 8 * 2 * np.pi))
    for foot in (35 - wide, 35 + wide):
        for image, colour in ((picture, legs), (cover, 1.0)):
            cv2.line(image, (35, 88), (foot, 154), colour, 11)
    for image, colour in ((picture, coat), (cover, 1.0)):
        cv2.ellipse(image, (35, 60), (16, 36), 0, 0, 360, colour, -1)
        cv2.line(image, (35, 40), (35 + wide // 2, 84), colour, 9)
    for image, colour in ((picture, (110, 140, 190)), (cover, 1.0)):
        cv2.circle(image, (35, 14), 12, colour, -1)
    return Sprite(picture + _rough((160, 70), 7, 6, seed), cover, height)

"""walls: pictures of what stands upright: the fronts of houses, and a wall of concrete panels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures.lens import Image
from replay.simulator.pictures.solids import Colour

Canvas = NDArray[np.float32]
"""Shape (height, width, 3): blue, green, red, levels."""
_WALL = 40
"""Pixels a metre."""
_WALLS: tuple[Colour, ...] = (
    (150, 172, 190),
    (120, 140, 172),
    (176, 186, 192),
    (106, 126, 158),
    (164, 160, 150),
    (140, 164, 182),
)
_SIGNS: tuple[Colour, ...] = ((60, 60, 170), (150, 90, 40), (70, 120, 60), (40, 140, 200), (110, 60, 110))


def facade(wide: float, high: float, dice: np.random.Generator, shop: bool = True) -> Image:
    """A house's front: windows in rows, and below them a shop. Metres."""
    rows, columns = round(high * _WALL), round(wide * _WALL)
    wall = np.array(_WALLS[int(dice.integers(len(_WALLS)))], np.float32) * dice.uniform(0.85, 1.08)
    grain = cv2.GaussianBlur(dice.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 1.5) * 12
    canvas = np.asarray(wall + grain[..., None], np.float32)
    for course in range(0, rows, 12):
        canvas[course : course + 1] -= 9
    canvas[: _WALL // 3] *= 0.78
    floor, bay = 3.0 * _WALL, 2.2 * _WALL
    ground = 3.4 * _WALL if shop else 0.6 * _WALL
    number = max(1, int(columns // bay))
    for top in np.arange(rows - ground - floor, 0.3 * _WALL, -floor).astype(int).tolist():
        for n in range(number):
            _window(canvas, round((n + 0.5) * columns / number), top + round(0.5 * _WALL), dice)
        canvas[top + round(2.75 * _WALL) : top + round(2.85 * _WALL)] *= 0.86
    if shop:
        _shop(canvas, round(rows - ground), dice)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _window(canvas: Canvas, middle: int, top: int, dice: np.random.Generator) -> None:
    wide, high = round(0.58 * _WALL), round(1.7 * _WALL)
    a, b = max(0, middle - wide), middle + wide
    canvas[top - 4 : top + high + 6, a - 4 : b + 4] = canvas[top - 4 : top + high + 6, a - 4 : b + 4] * 0.3 + 150
    glass = np.linspace(dice.uniform(95, 135), dice.uniform(55, 95), high, dtype=np.float32)[:, None, None]
    canvas[top : top + high, a:b] = glass * np.array([1.12, 1.0, 0.86], np.float32)
    if dice.uniform() < 0.5:  # a curtain
        cloth = np.array([170, 178, 186], np.float32) * dice.uniform(0.7, 1.1)
        canvas[top : top + round(high * dice.uniform(0.3, 1)), a : a + round(wide * dice.uniform(0.4, 0.9))] = cloth
    canvas[top : top + high, middle - 2 : middle + 2] = 190
    canvas[top + high // 3 : top + high // 3 + 3, a:b] = 190
    canvas[top + high : top + high + 4, a - 6 : b + 6] *= 1.25
    canvas[top + high + 4 : top + high + 9, a - 6 : b + 6] *= 0.65


def _shop(canvas: Canvas, top: int, dice: np.random.Generator) -> None:
    rows, columns = canvas.shape[:2]
    canvas[top:] *= 0.82
    sign = np.array(_SIGNS[int(dice.integers(len(_SIGNS)))], np.float32)
    canvas[top + 6 : top + 34, 10:-10] = sign
    x = 24
    while x < columns - 60:  # letters that say nothing
        wide = int(dice.integers(6, 18))
        canvas[top + 13 : top + 27, x : x + wide] = sign * 0.25 + 185
        x += wide + int(dice.integers(4, 12))
    for left in range(16, columns - 60, 92):
        shade = np.linspace(95, 50, rows - top - 62, dtype=np.float32)[:, None, None]
        canvas[top + 44 : rows - 18, left : left + 80] = shade * np.array([1.05, 1.0, 0.92], np.float32)
        for _ in range(7):
            u, v = left + int(dice.integers(4, 62)), top + 52 + int(dice.integers(0, max(1, rows - top - 100)))
            canvas[v : v + 14, u : u + int(dice.integers(6, 16))] = dice.uniform(60, 190, 3)
    door = columns // 2
    canvas[top + 44 :, door - 18 : door + 18] = (52, 60, 72)


def boards(wide: float, high: float, seed: int) -> Image:
    """A wall of concrete panels between posts, stained. Metres."""
    dice = np.random.default_rng([seed, 13])
    rows, columns = round(high * _WALL), round(wide * _WALL)
    stains = cv2.resize(
        dice.normal(0, 1, (3, max(2, columns // 40))).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
    )
    grain = cv2.GaussianBlur(dice.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 1.5) * 10
    canvas = np.array([158, 166, 168], np.float32) + (5 * stains + grain)[..., None]
    for left in range(0, columns, round(2.5 * _WALL)):
        canvas[:, left : left + 10] *= 1.08
        canvas[:, left + 10 : left + 13] *= 0.6
    for top in range(rows // 4, rows, rows // 4):
        canvas[top : top + 2] *= 0.8
    canvas[:6] *= 1.1
    canvas[-14:] *= np.linspace(1.0, 0.7, 14, dtype=np.float32)[:, None, None]
    return np.clip(canvas, 0, 255).astype(np.uint8)

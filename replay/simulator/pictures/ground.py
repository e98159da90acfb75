"""ground: a texture of the ground, seen from above: surfaces, paving, painted lines, the shade of trees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures.lens import Image
from replay.simulator.pictures.solids import Colour

_FINE = 24
"""Pixels a metre."""


class Ground:
    """A texture of the ground, seen from above, in metres of the street."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], dice: np.random.Generator) -> None:
        self._x, self._y, self._dice = x, y, dice
        shape = round((y[1] - y[0]) * _FINE), round((x[1] - x[0]) * _FINE)
        self._canvas = np.zeros((*shape, 3), np.float32)

    def _part(self, x: tuple[float, float], y: tuple[float, float]) -> NDArray[np.float32]:
        left, right = (max(0, round((each - self._x[0]) * _FINE)) for each in x)
        top, bottom = (max(0, round((self._y[1] - each) * _FINE)) for each in (y[1], y[0]))
        return self._canvas[top:bottom, left:right]

    def plain(self, x: tuple[float, float], y: tuple[float, float], colour: Colour, rough: float = 8.0) -> None:
        """A surface with stains and grain."""
        part = self._part(x, y)
        high, wide = part.shape[:2]
        stains = cv2.resize(
            self._dice.normal(0, 1, (max(2, high // 60), max(2, wide // 60))).astype(np.float32),
            (wide, high),
            interpolation=cv2.INTER_CUBIC,
        )
        grain = cv2.GaussianBlur(self._dice.normal(0, 1, (high, wide)).astype(np.float32), (0, 0), 1.1)
        part[:] = np.array(colour, np.float32) + (0.6 * rough * stains + 2.0 * rough * grain)[..., None]

    def slabs(self, x: tuple[float, float], y: tuple[float, float], size: float, spread: float = 7.0) -> None:
        """Joints of paving, and stones that are not all alike."""
        part = self._part(x, y)
        step = max(3, round(size * _FINE))
        for top in range(0, part.shape[0], step):
            for left in range(0, part.shape[1], step):
                part[top : top + step, left : left + step] += np.float32(self._dice.normal(0, spread))
            part[top : top + 1] -= 30
        for left in range(0, part.shape[1], step):
            part[:, left : left + 1] -= 30

    def line(
        self, x: tuple[float, float], y: tuple[float, float], colour: Colour = (212, 216, 216), dash: float = 0.0
    ) -> None:
        """A painted line, worn; dash: metres on and off, along x."""
        starts = np.arange(x[0], x[1], 2 * dash).tolist() if dash else [x[0]]
        for start in starts:
            part = self._part((start, start + dash if dash else x[1]), y)
            worn = np.clip(self._dice.normal(0.86, 0.16, part.shape[:2]), 0.25, 1.0)[..., None].astype(np.float32)
            part[:] = part * (1 - worn) + np.array(colour, np.float32) * worn

    def shade(self, x: float, y: float, wide: float, high: float, dark: float = 0.62) -> None:
        """A soft, mottled shadow, as a tree's."""
        part = self._part((x - wide, x + wide), (y - high, y + high))
        rows, columns = part.shape[:2]
        if not rows or not columns:
            return
        down, across = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
        spots = cv2.GaussianBlur(self._dice.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 4) * 5
        cover = np.clip(1.6 * (1 - down**2 - across**2) + 0.5 * spots, 0, 1)[..., None]
        part *= 1 - (1 - dark) * cover

    def levels(self) -> Image:
        return np.clip(self._canvas, 0, 255).astype(np.uint8)

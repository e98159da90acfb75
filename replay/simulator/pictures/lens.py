"""lens: where in the picture a place in the street is seen: a pinhole camera on a pole.

The street has x to the right, y away from the pole's foot and z up, metres. Pictures have x to the right and y down,
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
"""Shape (height, width, 3): blue, green, red."""
Fractions = tuple[float, float, float, float]
"""left, top, width, height, as shares of the picture"""

NEAR = 1.0
"""Metres: what is nearer than this can't be drawn."""


@dataclass(frozen=True)
class Lens:
    """A camera: its height (m), where it looks (degrees to the right and down), how much it sees, and its pixels."""

    up: float
    right: float
    down: float
    focal: float = 0.87
    """In widths of the picture; 0.87 sees 60° across."""
    width: int = 640
    height: int = 360

    def times(self, factor: int) -> Lens:
        """The same view with so many times the pixels."""
        return replace(self, width=self.width * factor, height=self.height * factor)

    @cached_property
    def _axes(self) -> Floats:
        """To the right, up and ahead. Shape (3, 3)."""
        a, b = np.radians([self.right, self.down])
        return np.array(
            [
                [np.cos(a), -np.sin(a), 0.0],
                [np.sin(a) * np.sin(b), np.cos(a) * np.sin(b), np.cos(b)],
                [np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), -np.sin(b)],
            ]
        )

    @property
    def place(self) -> Floats:
        """Where it is."""
        return np.array([0.0, 0.0, self.up])

    def ahead(self, points: Floats) -> Floats:
        """How far ahead of it places are, metres. points: shape (n, 3)."""
        return np.asarray((points - self.place) @ self._axes[2])

    def seen(self, points: Any) -> Floats:
        """Where in the picture, pixels. points: shape (n, 3); all have to be ahead. Shape (n, 2)."""
        x, y, z = self._axes @ (np.asarray(points, np.float64) - self.place).T
        pixels = self.focal * self.width / np.maximum(z, 1e-6)
        return np.stack([self.width / 2 + pixels * x, self.height / 2 - pixels * y], axis=1)

    def scale(self, point: Any) -> float:
        """Pixels a metre there."""
        return self.focal * self.width / max(float(self.ahead(np.asarray([point], np.float64))[0]), NEAR)

    def shares(self, points: Any) -> list[tuple[float, float]]:
        """Where in the picture, as shares of its width and height: what zones are written in."""
        return [(round(x / self.width, 3), round(y / self.height, 3)) for x, y in self.seen(points).tolist()]

    def box(self, points: Any) -> Fractions:
        """What encloses them, as far as it is in the picture."""
        seen = np.clip(self.seen(points) / [self.width, self.height], 0.0, 1.0)
        left, top = seen.min(axis=0).tolist()
        right, bottom = seen.max(axis=0).tolist()
        return left, top, right - left, bottom - top

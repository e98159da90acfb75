"""A street that tests draw: houses with windows, a road, cars; with light, noise, shake, rain, lamps, infrared.

Every seed is another street. Nothing is random but by the seed and the picture's number.
"""

from __future__ import annotations

import cv2
import numpy as np

from cameras.watcher import Image

HIGH, WIDE = 180, 320
EDGE = 100
"""Pixels drawn around the view, so that it may turn."""


class Street:
    """One street, seen by a camera that may do what cameras do."""

    def __init__(self, seed: int = 0) -> None:
        dice = np.random.default_rng(seed)
        high, wide = HIGH + 2 * EDGE, WIDE + 2 * EDGE
        scene = np.full((high, wide, 3), (150, 140, 130), np.uint8)
        x = 0
        while x < wide:
            broad, top = int(dice.integers(30, 70)), int(dice.integers(0, high // 3))
            wall = tuple(int(v) for v in dice.integers(50, 200, 3))
            cv2.rectangle(scene, (x, top), (x + broad, int(high * 0.6)), wall, -1)
            for _ in range(14):
                left, up = x + int(dice.integers(3, broad - 8)), int(dice.integers(top + 3, int(high * 0.56)))
                glass = tuple(int(v) for v in dice.integers(20, 240, 3))
                cv2.rectangle(scene, (left, up), (left + 5, up + 8), glass, -1)
            x += broad
        cv2.rectangle(scene, (0, int(high * 0.6)), (wide, high), (85, 85, 90), -1)
        for left in range(0, wide, 40):
            cv2.rectangle(scene, (left, int(high * 0.72)), (left + 18, int(high * 0.72) + 3), (220, 220, 220), -1)
        grain = dice.normal(0, 5, (high, wide, 1))
        self.scene = np.clip(scene + grain, 0, 255).astype(np.uint8)
        self.dice = np.random.default_rng(seed + 1000)

    def picture(
        self,
        *,
        light: float = 1.0,
        noise: float = 2.0,
        turn: tuple[int, int] = (0, 0),
        infrared: bool = False,
        rain: int = 0,
        car: float | None = None,
        lamps: int = 0,
        tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> Image:
        """turn: pixels to the right and down. car: where it is, as a share of the width. lamps: headlights' radius."""
        scene = self.scene.copy()
        y, x = EDGE + turn[1], EDGE + turn[0]
        if car is not None:
            left = EDGE + int(car * WIDE)
            road = EDGE + int(HIGH * 0.75)
            cv2.rectangle(scene, (left, road), (left + 50, road + 24), (40, 40, 180), -1)
            cv2.rectangle(scene, (left + 8, road - 12), (left + 40, road), (200, 180, 160), -1)
        view = scene[y : y + HIGH, x : x + WIDE].astype(np.float64) * light * np.array(tint)
        if infrared:
            view[:] = (view @ np.array([0.2, 0.5, 0.3]))[..., None]
        if lamps:
            glow = np.zeros((HIGH, WIDE), np.float64)
            for place in (WIDE // 3, WIDE // 3 + 40):
                cv2.circle(glow, (place, int(HIGH * 0.7)), lamps, 1.0, -1)
            view += 400 * cv2.GaussianBlur(glow, (0, 0), lamps / 2 + 1)[..., None]
        for _ in range(rain):
            x, y = int(self.dice.integers(0, WIDE)), int(self.dice.integers(0, HIGH))
            cv2.line(view, (x, y), (x + 2, y + 10), (190.0, 190.0, 190.0), 1)
        grain = self.dice.normal(0, noise, (HIGH, WIDE, 1 if infrared else 3)) if noise else 0.0
        return np.asarray(np.clip(np.round(view + grain), 0, 255), np.uint8)

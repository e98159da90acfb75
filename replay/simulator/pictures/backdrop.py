"""backdrop: what stands in a picture before anybody comes: ground, houses, walls, trees, sky; drawn once, by seed.

Drawn with twice the picture's pixels and made smaller, so that edges are smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from replay.simulator.pictures import solids
from replay.simulator.pictures.ground import Ground
from replay.simulator.pictures.lens import Image, Lens
from replay.simulator.pictures.solids import Colour, Solid
from replay.simulator.pictures.sprites import Sprite, crown, put_there
from replay.simulator.pictures.walls import facade

_FINE = 2


@dataclass
class Backdrop:
    """A picture in the making, from the sky to the foreground."""

    lens: Lens
    seed: int
    canvas: Image = field(init=False)
    dice: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.dice = np.random.default_rng([self.seed, 7])
        self.lens = self.lens.times(_FINE)
        self._sky()

    def done(self) -> Image:
        """The picture, at the size that was asked for."""
        size = (self.lens.width // _FINE, self.lens.height // _FINE)
        return np.asarray(cv2.resize(self.canvas, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _sky(self) -> None:
        high, wide = self.lens.height, self.lens.width
        down = np.linspace(0, 1, high, dtype=np.float32)[:, None, None]
        blue = np.array([228, 190, 150], np.float32) * (1 - down) + np.array([236, 226, 214], np.float32) * down
        cloud = sum(
            cv2.resize(
                self.dice.normal(0, 1, (n, 2 * n)).astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC
            )
            / n**0.6
            for n in (3, 6, 12, 24)
        )
        white = np.clip(np.asarray(cloud) * 0.9, 0, 1)[..., None] * 0.75
        self.canvas = (blue * (1 - white) + 244 * white).astype(np.uint8)

    def ground(self, x: tuple[float, float], y: tuple[float, float], paint: Callable[[Ground], None]) -> None:
        """A piece of ground: from x to x, from y to y. paint: what is on it."""
        ground = Ground(x, y, self.dice)
        paint(ground)
        corners = np.array([(a, b, 0.0) for a, b in ((x[0], y[1]), (x[1], y[1]), (x[1], y[0]), (x[0], y[0]))])
        self._laid(ground.levels(), corners)

    def wall(self, corners: list[tuple[float, float, float]], picture: Image) -> None:
        """A picture on an upright rectangle. corners: upper left, upper right, lower right, lower left."""
        self._laid(picture, np.array(corners, np.float64))

    def house(self, x: float, y: float, wide: float, high: float, number: int, shop: bool = True) -> None:
        """A house that faces us, with its left edge at x."""
        picture = facade(wide, high, np.random.default_rng([self.seed, 11, number]), shop)
        self.wall([(x, y, high), (x + wide, y, high), (x + wide, y, 0.0), (x, y, 0.0)], picture)

    def tree(self, x: float, y: float, high: float, number: int) -> None:
        """A tree, with its trunk there."""
        trunk = solids.box((x - 0.13, x + 0.13), (y - 0.13, y + 0.13), (0.0, 0.55 * high), (52, 66, 80))
        solids.draw(self.canvas, self.lens, trunk)
        foot = np.array([x, y, 0.22 * high])
        put_there(self.canvas, self.lens, Sprite(crown, number), foot, 0.95 * high, 0.86 * high)

    def pole(self, x: float, y: float, high: float, colour: Colour = (110, 110, 108)) -> None:
        """A lamp post whose arm reaches over the road."""
        post = solids.box((x - 0.07, x + 0.07), (y - 0.07, y + 0.07), (0.0, high), colour)
        arm = solids.box((x - 0.05, x + 0.05), (y - 2.2, y), (high - 0.1, high), colour)
        lamp = solids.box((x - 0.12, x + 0.12), (y - 2.9, y - 2.1), (high - 0.16, high), (200, 205, 205))
        self.solid(post + arm + lamp)

    def solid(self, solid: Solid) -> None:
        """Anything with faces, with its shadow."""
        solids.draw(self.canvas, self.lens, solid)

    def _laid(self, picture: Image, corners: NDArray[np.float64]) -> None:
        high, wide = picture.shape[:2]
        flat = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
        seen = self.lens.seen(corners)
        size = (self.lens.width, self.lens.height)
        turn = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
        drawn = cv2.warpPerspective(picture, turn, size, flags=cv2.INTER_AREA)
        cover = np.zeros((size[1], size[0], 3), np.uint8)
        solids.fill(cover, seen, (255, 255, 255))
        self.canvas = np.where(cover > 127, drawn, self.canvas).astype(np.uint8)

"""shading: where does a picture show the scene itself, in another light; and where is its texture gone?

Light multiplies what it falls on, also where a shadow ends at a sharp edge: the scene's texture stays, and so does its
place. What stands in front hides it; a veil, such as smoke, takes some of it away. So the texture around each pixel,
which is its levels over their mean there, is compared with the scene's. Where the scene has none this says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cameras.pictures import Levels, cv, drawn

_AROUND = (7, 7)
"""Pixels: what is around one."""
_DARK = 8.0
"""Levels added before a ratio is taken, so that black noise is no texture."""
_SAME = 0.75
"""A correlation from which on two textures are the same: 49 pixels reach it by chance, with as much detail as a
picture has after JPEG, in one place of a thousand."""
_SHADE = 0.35
"""Light leaves at least so much of a level, or makes at most one over it of it."""


class Texture(NamedTuple):
    """A picture as it is compared. All of shape (height, width)."""

    fine: Levels
    """Levels over the mean around there, less one."""
    power: Levels
    """The variance of that around there."""
    mean: Levels
    """The mean around there."""

    def shown(self, noise: float) -> Levels:
        """Where there is any. noise: levels; a texture is more than twice that. Bool."""
        least = 2.0 * noise / (self.mean + _DARK)
        found: Levels = self.power > least * least
        return found


def texture(levels: Levels) -> Texture:
    """levels: brightness, of shape (height, width)."""
    whole = levels.astype(np.float32)
    mean = cv.blur(whole, _AROUND)
    fine = (whole + _DARK) / (mean + _DARK) - 1.0
    return Texture(fine, cv.blur(fine * fine, _AROUND), mean)


def together(a: Texture, b: Texture) -> Levels:
    """The covariance of two textures around each pixel."""
    found: Levels = cv.blur(a.fine * b.fine, _AROUND)
    return found


def in_other_light(now: Levels, then: Levels, noise: float) -> Levels:
    """Where the picture shows the texture of the scene. now, then: brightness, of one shape. noise: levels.

    Shape as theirs; 255 where it does, else 0.
    """
    a, b = texture(now), texture(then)
    same = together(a, b) >= _SAME * cv.sqrt(a.power * b.power)
    ratio = (a.mean + _DARK) / (b.mean + _DARK)
    same &= (ratio >= _SHADE) & (ratio <= 1.0 / _SHADE)
    same &= a.shown(noise) & b.shown(noise)
    found: Levels = drawn(same)
    return found

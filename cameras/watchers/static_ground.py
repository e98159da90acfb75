"""static_ground: where in a place that looks different can its ground still be seen, and where is it covered?

A shadow of any shape, and any other light, is a factor. In logarithms it is added, and of the local variation (variance
in a small window) of the difference it leaves nothing but its own edge. What covers the ground adds its own texture to
what it hides: there the difference varies as much as both together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cameras.background import Mask
from cameras.pictures import Levels, cv, drawn

_WINDOW = 7
"""Pixels: the neighbourhood whose texture is compared."""
_NOISE = 2.5
"""Levels (standard deviation) that a camera and its compression may leave; less texture than that is none."""
_DARK = 8.0
"""Levels added before a logarithm is taken, so that black noise is no light."""
_HALF = 0.5
"""Of the texture of both: with less in their difference, they are the same."""
_LINE = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (_WINDOW + 2, _WINDOW + 2)))


class Ground(NamedTuple):
    """Both: shape as the pictures'. What is in neither shows too little texture to tell."""

    seen: Mask
    covered: Mask


def ground(then: Levels, now: Levels) -> Ground:
    """then, now: brightness, float32, of one shape."""
    then, now = (np.ascontiguousarray(each, np.float32) for each in (then, now))
    a, b = (cv.log(each + np.float32(_DARK)) for each in (then, now))
    before, after, between = _varies(a), _varies(b), _varies(cv.subtract(b, a))
    grain = (_NOISE / (cv.blur(cv.min(then, now), (_WINDOW, _WINDOW)) + _DARK)) ** 2
    both = before + after
    same = between < _HALF * both
    return Ground(drawn(same & (before > grain) & (after > grain / 2)), drawn(~same & (between > 2 * grain)))


def covered(found: Ground, where: Mask) -> Mask:
    """The part of a place whose ground is hidden, with what it encloses; lines, such as a shadow's edge, are none."""
    hidden = cv.bitwise_and(found.covered, where)
    outlines, _ = cv.findContours(hidden, cv.RETR_EXTERNAL, cv.CHAIN_APPROX_NONE)
    filled = np.zeros_like(hidden)
    cv.drawContours(filled, outlines, -1, 255, cv.FILLED)
    return np.asarray(cv.bitwise_and(cv.morphologyEx(filled, cv.MORPH_OPEN, _LINE), where), np.uint8)


def _varies(levels: Levels) -> Levels:
    mean = cv.blur(levels, (_WINDOW, _WINDOW))
    return np.asarray(cv.blur(cv.multiply(levels, levels), (_WINDOW, _WINDOW)) - cv.multiply(mean, mean))

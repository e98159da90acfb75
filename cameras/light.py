"""light: a remembered picture as it would look in the light of now.

A cloud, a lamp, a camera's exposure change every pixel, and no object. What they do is smooth: one tone curve for the
whole picture (exposure, gamma, saturation), and on top of it a factor that varies slowly across it (the shadow of a
cloud). Both are medians, so what moves or stands in the picture does not bend them as long as it covers less than half
of what is looked at. Colour moves by one shift for all (white balance).

Where the texture of the ground can still be seen (a block's pixels correlate with what they were), its factor is that
of the light, however strong it is and however near its edge; there the factor is followed closely. An object hides the
texture, and what shows none says nothing: there the median stands.

What has sharp edges, such as the shadow of a house, is none of this: `cameras.watchers.static_presence` knows it by the
texture of the ground, which a shadow leaves.
"""

from __future__ import annotations

import numpy as np

from cameras.pictures import Levels, cv
from cameras.watcher import Image

_BLOCK = 8
"""Pixels: the curve and the factors are found in a picture smaller by this."""
_BENT = 0.6
"""A picture's tones are bent by a power between 1 less and 1 more than this, at most."""
_FLAT = 0.05
"""Octaves squared: tones that vary by less than that do not say by which power."""
_FAR = 0.1
"""Octaves off the curve, from which on a block counts less than half."""
_ROUNDS = 4
_BURNT = 245.0
"""Levels: what is brighter may be more than can be shown."""
_FIELD = 1.5
"""How much brighter or darker than the whole a part may be by light that varies smoothly."""
_REACH = 0.3
"""How far a part is looked at, as a share of the picture's shorter side: an object is smaller than half of it."""
_STRONG = 4.0
"""... and a part where the ground is still to be seen."""
_GRAIN = 10.0
"""Levels squared: the variance of noise. A block with less than this shows nothing."""
_CHANCE = 0.3
"""The squared correlation up to which a block shows something else that is a little like it."""
_NEAR = 2.0
"""Blocks: how far such a part speaks for what is around it."""
_WEAK = 0.02
"""What the median counts, beside the ground's 1."""
_DARK = 8.0
"""Levels added before a ratio is taken, so that black noise is no light."""


class Light:
    """How the light of one picture differs from that of a remembered one."""

    def __init__(self, now: Image, then: Image) -> None:
        """now, then: brightness and two colours (`pictures.apart`), of one shape."""
        height, width = now.shape[:2]
        size = max(4, width // _BLOCK), max(4, height // _BLOCK)
        self._shape = height, width
        self._whole = min(height, size[1] * _BLOCK), min(width, size[0] * _BLOCK)
        # whole blocks are ten times as quick
        now, then = (each[: self._whole[0], : self._whole[1]] for each in (now, then))
        a, b = (cv.resize(each, size, interpolation=cv.INTER_AREA).astype(np.float32) for each in (now, then))
        ground = _ground(now[..., 0], then[..., 0], size)
        curve = _tones(a[..., 0], b[..., 0], ground)
        colours = np.median((a - b)[..., 1:].reshape(-1, 2), axis=0)
        steps = np.arange(256, dtype=np.float32)
        self._table = np.empty((1, 256, 3), np.uint8)
        for channel, table in enumerate((curve, steps + colours[0], steps + colours[1])):
            self._table[0, :, channel] = np.clip(np.round(table), 0, 255)
        expected = np.interp(b[..., 0], steps, curve).astype(np.float32)
        self._sure: Levels | None = None
        self._field = self._varying(a[..., 0], expected, ground)
        plain = np.repeat(steps[:, None], 3, axis=1)
        self.same = self._field is None and float(np.abs(self._table[0] - plain).max()) < 2.0
        """Whether there is nothing to change."""

    def _varying(self, now: Levels, then: Levels, ground: Levels) -> Levels | None:
        ratio = np.log2((now + _DARK) / (then + _DARK))
        most = float(np.log2(_FIELD))
        coded = np.clip(np.round(128.0 + ratio * (100.0 / most)), 28, 228).astype(np.uint8)
        reach = max(3, int(min(coded.shape) * _REACH) | 1)
        smooth = cv.GaussianBlur(cv.medianBlur(coded, reach), (0, 0), 1.5).astype(np.float32)
        weak = (smooth - 128.0) * (most / 100.0)
        strong = np.clip(ratio, -np.log2(_STRONG), np.log2(_STRONG)) * ground
        spoken, heard = (cv.GaussianBlur(each, (0, 0), _NEAR) for each in (strong, ground))
        self._sure = self._wide(spoken / (heard + _WEAK))
        return self._wide((spoken + _WEAK * weak) / (heard + _WEAK))

    def _wide(self, octaves: Levels) -> Levels | None:
        factor = np.exp2(octaves).astype(np.float32)
        if float(np.abs(factor - 1.0).max()) < 0.04:
            return None
        (height, width), (high, wide) = self._shape, self._whole
        field = cv.resize(factor, (wide, high), interpolation=cv.INTER_LINEAR)
        return np.asarray(cv.copyMakeBorder(field, 0, height - high, 0, width - wide, cv.BORDER_REPLICATE))

    def on(self, then: Image) -> tuple[Image, Image]:
        """The remembered picture in the light of now; and in so much of it only as is sure: what has changed in all of
        the picture, and where the ground is seen."""
        if self.same:
            return then, then
        lit = np.asarray(cv.LUT(then, self._table), np.uint8)
        sure = lit.copy() if self._sure is not None else lit
        bright = lit.copy() if self._field is not None else lit
        for image, field in ((bright, self._field), (sure, self._sure)):
            if field is not None:
                levels = np.add(lit[..., 0], np.float32(_DARK), dtype=np.float32)
                moved = cv.max(cv.multiply(levels, field) - np.float32(_DARK), 0.0)
                cv.insertChannel(cv.convertScaleAbs(moved), image, 0)
        return bright, sure


def _ground(now: Image, then: Image, size: tuple[int, int]) -> Levels:
    """How well the texture of each block can still be seen, 0..1: its squared correlation, in front of noise."""
    x, y = (np.ascontiguousarray(each).astype(np.float32) for each in (now, then))
    mean = cv.INTER_AREA
    of = x, y, cv.multiply(x, y), cv.multiply(x, x), cv.multiply(y, y)
    a, b, ab, aa, bb = (cv.resize(each, size, interpolation=mean) for each in of)
    both = np.maximum(ab - a * b, 0.0)
    alike = both * both / ((aa - a * a + _GRAIN) * (bb - b * b + _GRAIN))
    return np.asarray(np.maximum(alike - _CHANCE, 0.0) / (1.0 - _CHANCE), np.float32)


def _tones(now: Levels, then: Levels, ground: Levels) -> Levels:
    """What each of 256 levels has become: a factor and a power, which is what exposure and gamma are. Shape (256,).

    Least squares, each block weighted anew by how near it lies (Cauchy): what is in a shadow, or is an object, counts
    little, however much of one tone it has.
    """
    x, y = (np.log2(each.ravel().astype(np.float64) + _DARK) for each in (then, now))
    fair = (0.1 + ground.ravel()) * ((now.ravel() < _BURNT) & (then.ravel() < _BURNT))
    factor, power, middle = float(np.median(y - x)), 1.0, float(np.median(x))
    for _ in range(_ROUNDS):
        off = y - x - factor - (power - 1.0) * (x - middle)
        weight = fair / (1.0 + (off / _FAR) ** 2)
        total = float(weight.sum()) + 1e-9
        across, rise = x - middle, y - x
        mean_x, mean_y = float((weight * across).sum()) / total, float((weight * rise).sum()) / total
        spread = float((weight * (across - mean_x) ** 2).sum()) / total
        slope = float((weight * (across - mean_x) * (rise - mean_y)).sum()) / total / (spread + _FLAT)
        slope = min(max(slope, -_BENT), _BENT)
        power, factor = 1.0 + slope, mean_y - slope * mean_x
    levels = np.log2(np.arange(256, dtype=np.float64) + _DARK)
    curve = np.exp2(levels + factor + (power - 1.0) * (levels - middle)) - _DARK
    return np.asarray(np.clip(curve, 0, 255), np.float32)

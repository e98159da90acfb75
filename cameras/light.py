"""light: a remembered picture as it would look in the light of now.

A cloud, a lamp, a camera's exposure change every pixel, and no object. What they do is smooth: one tone curve for the
whole picture (exposure, gamma, saturation), and on top of it a factor that varies slowly across it (the shadow of a
cloud). Both are medians, so what moves or stands in the picture does not bend them as long as it covers less than half
of what is looked at. Colour moves by one shift for all (white balance).

What has sharp edges, such as the shadow of a house, is none of this: `cameras.watchers.static_presence` knows it by the
texture of the ground, which a shadow leaves.
"""

from __future__ import annotations

import numpy as np

from cameras.pictures import Levels, cv
from cameras.watcher import Image

_BLOCK = 8
"""Pixels: the curve and the factors are found in a picture smaller by this."""
_TONES = 12
_BENT = 1.5
"""A tone's gain is at most so much more or less than all tones' together: more is an object that has that tone."""
_FIELD = 1.5
"""How much brighter or darker than the whole a part may be by light that varies smoothly."""
_REACH = 0.3
"""How far a part is looked at, as a share of the picture's shorter side: an object is smaller than half of it."""
_DARK = 8.0
"""Levels added before a ratio is taken, so that black noise is no light."""


class Light:
    """How the light of one picture differs from that of a remembered one."""

    def __init__(self, now: Image, then: Image) -> None:
        """now, then: brightness and two colours (`pictures.apart`), of one shape."""
        height, width = now.shape[:2]
        size = max(4, width // _BLOCK), max(4, height // _BLOCK)
        a, b = (cv.resize(each, size, interpolation=cv.INTER_AREA).astype(np.float32) for each in (now, then))
        curve = _tones(a[..., 0], b[..., 0])
        colours = np.median((a - b)[..., 1:].reshape(-1, 2), axis=0)
        steps = np.arange(256, dtype=np.float32)
        self._table = np.empty((1, 256, 3), np.uint8)
        for channel, table in enumerate((curve, steps + colours[0], steps + colours[1])):
            self._table[0, :, channel] = np.clip(np.round(table), 0, 255)
        self._field = self._varying(a[..., 0], np.interp(b[..., 0], steps, curve), (width, height))
        plain = np.repeat(steps[:, None], 3, axis=1)
        self.plain = float(np.abs(self._table[0] - plain).max()) < 2.0
        """Whether nothing has changed in all of the picture."""
        self.same = self._field is None and self.plain
        """Whether there is nothing to change."""

    def _varying(self, now: Levels, then: Levels, size: tuple[int, int]) -> Levels | None:
        ratio = np.log2((now + _DARK) / (then + _DARK))
        most = float(np.log2(_FIELD))
        coded = np.clip(np.round(128.0 + ratio * (100.0 / most)), 28, 228).astype(np.uint8)
        reach = max(3, int(min(coded.shape) * _REACH) | 1)
        smooth = cv.GaussianBlur(cv.medianBlur(coded, reach), (0, 0), 1.5).astype(np.float32)
        factor = np.exp2((smooth - 128.0) * (most / 100.0))
        if float(np.abs(factor - 1.0).max()) < 0.04:
            return None
        return np.asarray(cv.resize(factor, size, interpolation=cv.INTER_LINEAR))

    def on(self, then: Image, everywhere: bool = False) -> Image:
        """The remembered picture, in the light of now. everywhere: only by what has changed in all of the picture."""
        if self.same:
            return then
        lit = np.asarray(cv.LUT(then, self._table), np.uint8)
        if self._field is not None and not everywhere:
            levels = np.add(lit[..., 0], np.float32(_DARK), dtype=np.float32)
            bright = cv.subtract(cv.multiply(levels, self._field), _DARK)
            cv.insertChannel(cv.convertScaleAbs(cv.max(bright, 0.0)), lit, 0)
        return lit


def _tones(now: Levels, then: Levels) -> Levels:
    """What each of 256 levels has become: shape (256,), never falling."""
    order = np.argsort(then, axis=None, kind="stable")
    x, y = then.ravel()[order], now.ravel()[order]
    gain = float(np.median((y + _DARK) / (x + _DARK)))
    parts = [(np.median(x[part]), np.median(y[part])) for part in np.array_split(np.arange(len(x)), _TONES)]
    at = np.array([p[0] for p in parts])
    ratio = np.clip([(p[1] + _DARK) / (p[0] + _DARK) for p in parts], gain / _BENT, gain * _BENT)
    at = np.maximum.accumulate(at + np.arange(_TONES) * 1e-3)
    steps = np.arange(256, dtype=np.float64)
    curve = (steps + _DARK) * np.interp(steps, at, ratio) - _DARK
    return np.asarray(np.clip(np.maximum.accumulate(curve), 0, 255), np.float32)

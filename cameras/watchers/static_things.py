"""static_things: the objects of one scene, each pixel by pixel: does it still stand there?

A thing stands as long as its own pixels are seen, wherever they are not hidden. It has gone when its background is seen
in most of its place. What is neither is hidden: by who walks past, or by a lorry that stops in front of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cameras.background import Background, Mask
from cameras.pictures import cv
from cameras.watcher import Fractions, Image, Zone
from cameras.watchers.static_ground import ground
from cameras.watchers.static_presence import correlation

_MOST = 0.5
"""Of a thing's pixels: so many make it seen, or gone."""
_NEAR = 2
"""Pixels between two parts of one object, at most."""
_SOME = 0.25
"""So many of its pixels are enough to say that it is there, if more of them are seen than of its background."""


_RIM = 4
"""Pixels around a thing that its texture is compared with."""
_SHOWS = 0.2
"""Of its pixels: where the ground is seen in so many, and is hidden in fewer, it is no object."""


@dataclass(slots=True)
class Thing:
    """One object that came to rest, or a place that something was taken from."""

    number: int
    label: str
    since: float
    """When it came to rest, as `ts`."""
    part: tuple[int, int, int, int]
    """Left, top, width, height in pixels: the part of the picture that has its `mask`."""
    mask: Mask
    """The pixels by which it is known, of its part."""
    outer: tuple[int, int, int, int]
    """As far as it reaches."""
    zone: str
    last: float
    """When it was last seen."""
    gone: float = 0.0
    """Seconds for which its background has been seen."""
    lit: float = 0.0
    """Seconds for which its ground has been seen, though in another light: it was light, and no object."""
    share: float = 1.0
    """How much of it could be seen in the last picture."""

    @property
    def place(self) -> tuple[slice, slice]:
        """Its part, as an index of a picture."""
        left, top, width, height = self.part
        return slice(top, top + height), slice(left, left + width)

    @property
    def pixels(self) -> int:
        """How many it is known by."""
        return int(cv.countNonZero(self.mask))

    def box(self, shape: tuple[int, int]) -> Fractions:
        """Where it is in a picture of this height and width."""
        height, width = shape
        left, top, wide, high = self.outer
        return left / width, top / height, wide / width, high / height

    def whole(self, shape: tuple[int, int]) -> Mask:
        """Its pixels, in the whole picture."""
        drawn = np.zeros(shape, np.uint8)
        drawn[self.place] = self.mask
        return drawn

    def beside(self, outer: tuple[int, int, int, int]) -> bool:
        """Whether what reaches so far touches it, or overlaps it."""
        return all(
            self.outer[i] - _NEAR <= outer[i] + outer[i + 2] and outer[i] <= self.outer[i] + self.outer[i + 2] + _NEAR
            for i in (0, 1)
        )

    def grow(self, where: Mask, outer: tuple[int, int, int, int]) -> None:
        """It is larger by these pixels of the picture."""
        both = cv.bitwise_or(self.whole((where.shape[0], where.shape[1])), where)
        left, top, width, height = cv.boundingRect(both)
        self.part = left, top, width, height
        self.mask = both[self.place].copy()
        left, top = min(self.outer[0], outer[0]), min(self.outer[1], outer[1])
        right = max(self.outer[0] + self.outer[2], outer[0] + outer[2])
        bottom = max(self.outer[1] + self.outer[3], outer[1] + outer[3])
        self.outer = left, top, right - left, bottom - top

    def check(self, background: Background, ts: float, credit: float) -> None:
        """Look for it in the last picture. credit: the seconds that this picture may count for."""
        all_of = self.pixels
        front = cv.bitwise_and(background.front[self.place], self.mask)
        rest = cv.bitwise_or(cv.bitwise_and(background.at_rest[self.place], self.mask), self._nearer(background, front))
        behind = cv.countNonZero(cv.subtract(cv.subtract(self.mask, front), rest)) / all_of
        self.share = cv.countNonZero(rest) / all_of
        if self.share < _MOST:
            self._compare(background, all_of)
        if self.share >= _MOST or (self.share >= _SOME and self.share > behind):
            self.last, self.gone = ts, 0.0
        elif behind >= _MOST and self._empty(background):
            self.gone += credit
        self.lit = self.lit + credit if self._is_light(background, all_of) else 0.0

    def _nearer(self, background: Background, front: Mask) -> Mask:
        """Where what is seen may be the background, by what is allowed for noise, but is more like the thing."""
        now, rest, then = (each[self.place] for each in (background.now, background.other, background.then))
        mine, its = (_largest(cv.absdiff(now, each)) for each in (rest, then))
        return np.asarray(cv.bitwise_and(cv.subtract(self.mask, front), cv.compare(mine, its, cv.CMP_LT)), np.uint8)

    def _is_light(self, background: Background, all_of: int) -> bool:
        """Is its ground to be seen, whatever the light?"""
        left, top, width, height = self.part
        around = slice(max(0, top - _RIM), top + height + _RIM), slice(max(0, left - _RIM), left + width + _RIM)
        found = ground(background.long[around][..., 0], background.now[around][..., 0])
        inside = slice(min(top, _RIM), min(top, _RIM) + height), slice(min(left, _RIM), min(left, _RIM) + width)
        seen, hidden = (cv.countNonZero(cv.bitwise_and(each[inside], self.mask)) for each in found)
        return bool(seen > hidden and seen >= _SHOWS * all_of)

    def _empty(self, background: Background) -> bool:
        """Is it the background that is seen, and not a large thing in front that was taken for a change of light?"""
        inside = self.mask > 0
        now, then, plain = (
            each[self.place][..., 0][inside].astype(np.float32)
            for each in (background.now, background.then, background.plain)
        )
        return float(np.abs(now - plain).mean()) < _NEARLY or _alike(now, then) >= _HALF

    def _compare(self, background: Background, all_of: int) -> None:
        """Light may have changed on it alone. Which of the two is its place more like, without the light?"""
        inside = self.mask > 0
        now, rest, then = (
            each[self.place][..., 0][inside].astype(np.float32)
            for each in (background.now, background.other, background.then)
        )
        mine, its = _alike(now, rest), _alike(now, then)
        if mine >= _SURE and mine > its + _CLEARLY:
            self.share = mine


_NEARLY = 16.0
"""Levels."""
_HALF = 0.5
_SURE = 0.75
_CLEARLY = 0.15


def _largest(off: Image) -> Mask:
    """Of each pixel's channels."""
    bright, red, blue = cv.split(off)
    return np.asarray(cv.max(bright, cv.max(red, blue)), np.uint8)


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation, -1..1; 0 where there is nothing to compare."""
    return correlation(a - a.mean(), b - b.mean())


def zone_of(where: Mask, zones: dict[str, tuple[Zone, Mask]]) -> str | None:
    """The zone that a thing of these pixels is in: most of it, and at least half, or where it touches the ground.

    None: in none of them. '' where no zones are given.
    """
    if not zones:
        return ""
    pixels = cv.countNonZero(where)
    rows, columns = np.nonzero(where)
    foot = rows >= rows.max() - max(1, (rows.max() - rows.min()) // 5)
    x, y = float(columns[foot].mean() + 0.5) / where.shape[1], float(rows.max() + 0.5) / where.shape[0]
    found = []
    for name, (zone, mask) in sorted(zones.items()):
        share = cv.countNonZero(cv.bitwise_and(where, mask)) / pixels
        if share >= _MOST or zone.contains(x, y):
            found.append((-share, name))
    return min(found)[1] if found else None

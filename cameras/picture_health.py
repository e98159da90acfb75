"""picture_health: the watcher `scene_health` at work: what each picture measures, against what is normal here.

Everything is measured on a small picture, in a few milliseconds. Nothing is random; what is remembered is a few small
pictures, whatever happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import exp
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.pictures import slopes
from cameras.scenes import likeness, pattern, small
from cameras.watcher import Frame, Image, Measured

if TYPE_CHECKING:
    from cameras.watchers.scene_health import SceneHealth

Array = NDArray[np.float32]

_WIDTH = 320
"""Width in pixels at which pictures are measured."""
_THIN = 160
"""... and of every n-th pixels, at which they are told to be the same, or black, or burnt."""
_CELL = 20
"""Pixels of that: the side of the cells in which structure and sharpness are told, about 16 by 9 of them."""
_STRUCTURE = 0.03
"""A cell has structure from this contrast on: the spread of its pixels about their surroundings, as a share of its
brightness."""
_FLAT = 0.2
"""A cell has lost it when its contrast is less than this share of what it was."""
_LEAST = 0.05
"""Less of a picture than this is too little to judge the whole by."""
_NOISE = 2
"""Grey levels by which an unchanged picture differs when it was encoded anew."""
_FIRST = 9
"""What is normal is known from as many pictures on."""
_VIEWS = 9
"""Likeness is the median of as many pictures: a lorry before the lens is not a turned camera."""


class Picture(NamedTuple):
    """What is measured of a picture."""

    structure: Array
    """The contrast of each cell."""
    sharpness: Array
    """How much steeper each cell's edges are than they would be in a blurred picture."""
    pattern: Array
    """See cameras.scenes."""
    hues: Array
    """Shape (high, wide, 2): the logarithms of red and of blue over green, NaN where there is no colour."""


def measure(image: Image) -> Picture:
    """A picture's measures. image: as `small` makes it."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.5), np.float32)
    off = smooth - cv2.blur(smooth, (_CELL - 1, _CELL - 1))
    structure = np.sqrt(_cells(off * off)) / (_cells(grey) + np.float32(16.0))
    steep, gentle = _slopes(grey), _slopes(np.asarray(cv2.GaussianBlur(grey, (0, 0), 4.0), np.float32))
    sharpness = np.sqrt(_cells(steep) / (_cells(gentle) + np.float32(0.05)))
    return Picture(structure, sharpness, pattern(image), _hues(small(image, 48)))


def _slopes(grey: Array) -> Array:
    x, y = slopes(grey)
    return np.asarray(x * x + y * y, np.float32)


def _cells(values: Array) -> Array:
    high, wide = max(1, round(values.shape[0] / _CELL)), max(1, round(values.shape[1] / _CELL))
    return np.asarray(cv2.resize(values, (wide, high), interpolation=cv2.INTER_AREA), np.float32)


def _hues(tiny: Image) -> Array:
    lit = (_highest(tiny) > 24) & (_lowest(tiny) < 245)
    logs = np.log(tiny.astype(np.float32) + np.float32(8.0))
    hues = np.stack((logs[..., 2] - logs[..., 1], logs[..., 0] - logs[..., 1]), axis=2)
    hues[~lit] = np.nan
    return hues


class Normal:
    """What is normal here: the middle of the first pictures, and then the mean, the last ones counting most."""

    def __init__(self) -> None:
        self._first: list[Picture] = []
        self.seen: Picture | None = None
        """None: not known yet."""
        self.likeness = 1.0
        """How much its pictures are usually like it: traffic and trees are not."""

    def begin(self, picture: Picture, shake: float) -> None:
        """One of the first pictures. Who stands before the lens in a few of them is not the scene."""
        if self._first and self._first[0].structure.shape != picture.structure.shape:
            self._first.clear()
        self._first.append(picture)
        if len(self._first) < _FIRST:
            return
        middle = [np.median(np.stack(each), axis=0).astype(np.float32) for each in zip(*self._first, strict=True)]
        self.seen = Picture(*middle)
        known = _inner(self.seen.pattern, shake)
        self.likeness = max(0.05, median(likeness(each.pattern, known) for each in self._first))
        self._first.clear()

    def learn(self, picture: Picture, like: float, share: float) -> None:
        """share: how much of what is normal this picture is."""
        old = self.seen or picture
        mixed = [was + np.float32(share) * (now - was) for was, now in zip(old, picture, strict=True)]
        # What has no colour now keeps what it had; what had none gets what it has.
        mixed[3] = np.where(np.isnan(old.hues), picture.hues, np.where(np.isnan(mixed[3]), old.hues, mixed[3]))
        self.seen = Picture(*mixed)
        self.likeness = max(0.05, self.likeness + share * (like - self.likeness))


class Unchanged:
    """For how long nothing has changed but in a small part of the picture, always the same."""

    def __init__(self, beyond: int, overlay: float) -> None:
        self._beyond, self._overlay = beyond, overlay
        self._first: Image | None = None
        self._changed = np.zeros((0, 0), np.bool_)
        self._since = 0.0
        self._pictures = 0

    def seconds(self, ts: float, thin: Image) -> float:
        """The next picture, every n-th pixel of it. Two alike prove nothing to noise, so that three are needed."""
        if self._first is not None and self._first.shape == thin.shape:
            self._changed |= _highest(cv2.absdiff(thin, self._first)) > self._beyond
            if np.count_nonzero(self._changed) <= self._overlay * self._changed.size:
                self._pictures += 1
                return ts - self._since if self._pictures > 2 or self._beyond == 0 else 0.0
        self._first, self._since, self._pictures = thin, ts, 1
        self._changed = np.zeros(thin.shape[:2], np.bool_)
        return 0.0


class PictureHealth:
    """One scene of one camera."""

    def __init__(self, settings: SceneHealth) -> None:
        self._given = settings
        self._normal = Normal()
        self._same = Unchanged(0, settings.overlay)
        self._alike = Unchanged(_NOISE, settings.overlay)
        self._views: deque[float] = deque(maxlen=_VIEWS)
        self._looked = self._told = float("-inf")
        self._odd: float | None = None
        self._faults: tuple[bool, ...] = ()

    def look(self, frame: Frame) -> Sequence[Measured]:
        """The readings, when they are due."""
        given = self._given
        if frame.ts < self._looked + given.each:
            return ()
        since, self._looked = frame.ts - self._looked, frame.ts
        found = self._judge(frame, since)
        faults = tuple(value >= 0.5 for value in found.values())
        if faults == self._faults and frame.ts < self._told + given.report:
            return ()
        self._told, self._faults = frame.ts, faults
        return [Measured(f"health_{what}", round(value, 3)) for what, value in found.items()]

    def _judge(self, frame: Frame, since: float) -> dict[str, float]:
        given, image = self._given, small(frame.image, _WIDTH)
        some = image[:: _WIDTH // _THIN, :: _WIDTH // _THIN]
        found = {
            "black": _over(1.0 - _top(some) / (2.0 * 255.0 * given.dark), 0.5),
            "overexposed": _over(float(np.mean(_lowest(some) >= 255 * given.bright)), given.burnt),
            "frozen": self._frozen(frame),
            "covered": 0.0,
            "moved": 0.0,
            "blurred": 0.0,
            "colour_cast": 0.0,
        }
        odd = found["black"] >= 0.5 or found["overexposed"] >= 0.5
        if odd:
            found["frozen"] = 0.0  # nothing is the same as nothing
        else:
            odd = self._compare(frame, measure(image), found, since)
        if not odd:
            self._odd = None
        elif self._odd is None:
            self._odd = frame.ts
        elif frame.ts - self._odd >= given.accept:
            self._odd, self._normal = None, Normal()
            self._views.clear()
        return found

    def _frozen(self, frame: Frame) -> float:
        step = max(1, frame.image.shape[1] // _THIN)
        thin = np.ascontiguousarray(frame.image[::step, ::step])
        same, alike = self._same.seconds(frame.ts, thin), self._alike.seconds(frame.ts, thin)
        return _over(max(same, alike / 10.0), self._given.frozen)

    def _compare(self, frame: Frame, picture: Picture, found: dict[str, float], since: float) -> bool:
        """Fills in what is told against what is normal; is it odd?"""
        given, seen = self._given, self._normal.seen
        if seen is not None and seen.structure.shape != picture.structure.shape:
            self._normal, seen = Normal(), None
        normal = self._normal
        if seen is None:
            normal.begin(picture, given.shake)
            return False
        like = likeness(picture.pattern, _inner(seen.pattern, given.shake))
        self._views.append(like)
        found["covered"] = _over(_lost(picture, seen), given.covered)
        if found["covered"] < 0.5 and len(self._views) == _VIEWS:
            found["moved"] = _over(1.0 - max(0.0, median(self._views)) / normal.likeness, given.moved)
        if max(found["covered"], found["moved"]) < 0.5:
            found["blurred"] = _over(_softer(picture, seen), given.blurred)
            if not frame.infrared:
                found["colour_cast"] = _over(_shifted(picture, seen), given.cast)
        odd = any(found[what] >= 0.5 for what in ("covered", "moved", "blurred", "colour_cast"))
        if not odd:
            normal.learn(picture, like, 1.0 - exp(-since / given.learn))
        return odd


def _over(value: float, limit: float) -> float:
    """0.5 at the limit, 1 at twice that or where no more is possible."""
    return min(1.0, max(0.0, 0.5 * value / limit))


def _top(image: Image) -> float:
    """The brightness that a twentieth of the picture exceeds."""
    return float(np.percentile(_highest(image), 95))


def _highest(image: Any) -> Any:
    """The highest channel of each pixel, as `image.max(2)`, which takes ten times as long."""
    return np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])


def _lowest(image: Any) -> Any:
    return np.minimum(np.minimum(image[..., 0], image[..., 1]), image[..., 2])


def _inner(whole: Array, shake: float) -> Array:
    high, wide = whole.shape
    x, y = max(1, round(wide * shake)), max(1, round(high * shake))
    return np.ascontiguousarray(whole[y : high - y, x : wide - x])


def _lost(now: Picture, normal: Picture) -> float:
    """The share of the cells with structure that have lost it."""
    had = normal.structure >= _STRUCTURE
    if np.count_nonzero(had) < _LEAST * had.size:
        return 0.0
    return float(np.mean(now.structure[had] < _FLAT * normal.structure[had]))


def _softer(now: Picture, normal: Picture) -> float:
    """How much of the sharpness is gone, 0..1: the median of the cells that have structure."""
    both = (normal.structure >= _STRUCTURE) & (now.structure >= _FLAT * _STRUCTURE) & (normal.sharpness > 0.0)
    if np.count_nonzero(both) < _LEAST * both.size:
        return 0.0
    return 1.0 - float(np.median(now.sharpness[both] / normal.sharpness[both]))


def _shifted(now: Picture, normal: Picture) -> float:
    """How far the colours have gone together, in logarithms: across the way of daylight, or a third of along it."""
    off = (now.hues - normal.hues).reshape(-1, 2)
    off = off[~np.isnan(off).any(1)]
    if len(off) < _LEAST * now.hues.shape[0] * now.hues.shape[1]:
        return 0.0
    red, blue = np.median(off, axis=0).tolist()
    return float(max(abs(red + blue), abs(red - blue) / 3.0))

"""fullness: the watcher `bin_fullness` at work: which part of a zone no longer looks as when it was empty?

Each pixel is compared by the texture around it, which is grey levels over their local mean, and by its colour. Texture
that was not there, that is gone, or that is another one has changed; so has another colour. A brightness that changed
alone has not. What is encircled by change, such as the flat side of a bag, has changed too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.pictures import read_empty
from cameras.scenes import colours, pattern, small
from cameras.watcher import Frame, Image, Measured, Zone

if TYPE_CHECKING:
    from cameras.watchers.bin_fullness import BinFullness

Array = NDArray[np.float32]

_WIDTH = 480
"""Width in pixels at which pictures are compared."""
_AROUND = 9
"""Pixels: the side of what is around one."""
_CLOSED = 7
"""Pixels: what is narrower and encircled by change has changed."""
_SPILT = 5
"""Pixels: what is around a pixel reaches beyond what has changed, by about half of this; specks are gone with it."""
_FIRST = 5
"""So many first pictures say what is empty, where nobody does."""
_GREY = 1.5
"""Grey levels: a picture that is no more coloured was taken by infrared light."""
_DARK = 16.0
"""A zone that is darker than this can't be seen."""


class Plain(NamedTuple):
    """A picture as it is compared. All of shape (high, wide), colours with two more."""

    grey: Array
    texture: Array
    """Grey levels over the mean around there, less one."""
    contrast: Array
    """The spread of that."""
    colours: Array
    """How far red and blue are from green, in grey levels."""


def plain(image: Image) -> Plain:
    """image: as `small` makes it."""
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)
    grey = np.asarray(cv2.cvtColor(soft, cv2.COLOR_BGR2GRAY), np.float32)
    texture = (grey + np.float32(_DARK)) / (_mean(grey) + np.float32(_DARK)) - np.float32(1.0)
    wide = np.asarray(cv2.GaussianBlur(soft, (0, 0), 2.0), np.float32)
    tints = wide[..., ::2] - wide[..., 1:2]
    return Plain(grey, texture, np.sqrt(_mean(texture * texture)), tints)


def _mean(values: Array) -> Array:
    return np.asarray(cv2.blur(values, (_AROUND, _AROUND)), np.float32)


def changed(now: Plain, empty: Plain, contrast: float, alike: float, colour: float) -> NDArray[np.bool_]:
    """Where there is something that was not there, or no longer what was. Shape (high, wide)."""
    both = _mean(now.texture * empty.texture) / (now.contrast * empty.contrast + np.float32(1e-6))
    rich, poor = np.maximum(now.contrast, empty.contrast), np.minimum(now.contrast, empty.contrast)
    other = (rich >= contrast) & (both < alike)
    other |= (rich >= 2.0 * contrast) & (poor < rich / 3.0)
    # The light has a colour and a strength of its own, and changes all pixels' the same way.
    gain = float(np.median((now.grey + 1.0) / (empty.grey + 1.0)))
    shift = now.colours - empty.colours * np.float32(gain)
    shift -= np.median(shift.reshape(-1, 2), axis=0).astype(np.float32)
    other |= np.abs(shift).max(2) >= colour * max(0.5, min(1.0, gain))
    drawn = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_CLOSED, _CLOSED), np.uint8))
    return np.asarray(cv2.erode(drawn, np.ones((_SPILT, _SPILT), np.uint8)), np.bool_)


class _What(NamedTuple):
    """What a value is of."""

    metric: str
    about: str
    zone: str


class Fullness:
    """One scene of one camera."""

    def __init__(self, settings: BinFullness, zones: Sequence[Zone]) -> None:
        self._given, self._zones = settings, zones
        self._known: dict[bool, Image] = {}
        for path in settings.empty:
            image = small(read_empty(path), _WIDTH)
            self._known[(colours(image) or 0.0) < _GREY] = image
        self._first: list[Image] = []
        self._classifier = None if settings.classifier is None else settings.classifier.begin()
        self._values: dict[_What, deque[tuple[float, float]]] = {}
        self._looked = self._told = float("-inf")

    def look(self, frame: Frame) -> Sequence[Measured]:
        """The readings, when they are due."""
        given = self._given
        if frame.ts < self._looked + given.each:
            return ()
        self._looked = frame.ts
        self._compare(frame)
        if self._classifier is not None and not frame.infrared:
            for about, part in _parts(self._zones, frame.image).items():
                self._add(_What("waste", about, ""), frame.ts, 100.0 * self._classifier.waste(part))
        if frame.ts < self._told + given.report:
            return ()
        found = [(what, self._middle(what, frame.ts)) for what in sorted(self._values)]
        told = [Measured(what.metric, round(value, 1), what.about) for what, value in found if value is not None]
        if told:
            self._told = frame.ts
        return told

    def _compare(self, frame: Frame) -> None:
        """How much of each zone is no longer empty."""
        given = self._given
        image = small(frame.image, _WIDTH)
        empty = self._empty(image, frame.infrared)
        if empty is None:
            return
        then, right, down = _together(image, empty, given.shake)
        this = plain(image)
        other = changed(this, plain(then), given.contrast, given.alike, given.colour)
        for zone in self._zones:
            mask = np.roll(zone.mask((other.shape[0], other.shape[1])), (down, right), (0, 1))
            if np.any(mask) and float(this.grey[mask].mean()) >= _DARK:
                what = _What("beside" if zone.name in given.beside else "fullness", zone.about, zone.name)
                self._add(what, frame.ts, 100.0 * float(np.mean(other[mask])))

    def _add(self, what: _What, ts: float, value: float) -> None:
        self._values.setdefault(what, deque(maxlen=256)).append((ts, value))

    def _middle(self, what: _What, ts: float) -> float | None:
        """The median of the last seconds; None: too little was seen."""
        values = self._values[what]
        recent = [value for when, value in values if when > ts - self._given.settle]
        last = recent if len(recent) >= 3 else [value for _, value in list(values)[-3:]]
        return median(last) if len(last) >= 3 and values[-1][0] == ts else None

    def _empty(self, image: Image, infrared: bool) -> Image | None:
        known = self._known.get(infrared)
        if known is None and not infrared and not self._given.empty:
            self._first = [each for each in self._first if each.shape == image.shape] + [image]
            if len(self._first) == _FIRST:
                self._known[False] = np.median(np.stack(self._first), axis=0).astype(np.uint8)
                self._first.clear()
        if known is not None and known.shape != image.shape:
            known = np.asarray(cv2.resize(known, (image.shape[1], image.shape[0])), np.uint8)
        return known


def _parts(zones: Sequence[Zone], image: Image) -> dict[str, Image]:
    """The part of the picture around each bin's zones, with as much again beside them: bin -> its part."""
    height, width = image.shape[:2]
    found = {}
    for about in sorted({zone.about for zone in zones}):
        corners = np.concatenate([zone.corners for zone in zones if zone.about == about])
        low, high = corners.min(axis=0), corners.max(axis=0)
        reach = (high - low) / 2
        left, top = (np.clip(low - reach, 0, 1) * (width, height)).astype(int).tolist()
        right, bottom = np.ceil(np.clip(high + reach, 0, 1) * (width, height)).astype(int).tolist()
        found[about] = np.ascontiguousarray(image[top : max(top + 1, bottom), left : max(left + 1, right)])
    return found


def _together(now: Image, empty: Image, shake: float) -> tuple[Image, int, int]:
    """The second picture, moved to where the camera looks now, and by how many pixels right and down that is.

    What it does not show is as it is now.
    """
    seen, known = pattern(now, now.shape[1]), pattern(empty, now.shape[1])
    high, wide = known.shape
    x, y = round(wide * shake), round(high * shake)
    fits = cv2.matchTemplate(seen, known[y : high - y, x : wide - x], cv2.TM_CCOEFF_NORMED)
    right, down = cv2.minMaxLoc(fits)[3]
    moved = now.copy()
    by = np.array([[1, 0, right - x], [0, 1, down - y]], np.float32)
    cv2.warpAffine(empty, by, (wide, high), dst=moved, borderMode=cv2.BORDER_TRANSPARENT)
    return moved, right - x, down - y

"""standing_water_look: `standing_water` at work on one scene: where has the road lost its texture, and for how long?"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from cameras.pictures import Aligner, Levels, cv, shifted, slopes, small
from cameras.shading import texture
from cameras.watcher import Frame, Image, Measured, View

if TYPE_CHECKING:
    from cameras.watchers.standing_water import StandingWater

_PICTURES = 9
"""Their median is judged: what is there in fewer than five of them passes."""
_PIXELS = 60_000
_NOISE = 0.5
"""Levels: the noise of such a median."""
_SEEN = 16.0
"""Levels: what is darker can't be seen."""
_KNOWN = 0.3
"""Of a zone: with less texture, it can't be told that it is gone."""
_EVERYWHERE = 0.3
"""Of the picture beside the zones: when so much has lost its texture, the camera sees badly."""
_EDGE = 12.0
"""Levels a pixel: an object's outline is as sharp; water's edge is not, even where it shows the sky."""
_NEAR = np.ones((11, 11), np.uint8)
"""An outline is so near where the texture ends: that is told by what is around a pixel."""
_REACH = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (9, 9)))
"""... and water reaches as far beyond that."""
_THIN = np.ones((3, 3), np.uint8)
_BRUSH = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (7, 7)))


class StandingWaterLook:
    """One scene: the road as it was, and since when each part of it has been wet."""

    def __init__(self, settings: StandingWater, view: View) -> None:
        """view: the scene, with the zones that are meant."""
        self._given, self._zones = settings, [view.zones[name] for name in sorted(view.zones)]
        self._last: deque[Image] = deque(maxlen=_PICTURES)
        self._aligner: Aligner | None = None
        self._dry: Levels | None = None
        """The road as it was, brightness."""
        self._since: Levels = np.zeros((1, 1))
        """Since when each pixel has been wet, as `ts`; infinite: it is dry."""
        self._looked = self._told = float("-inf")

    def look(self, frame: Frame) -> Sequence[Measured]:
        """The readings, when they are due."""
        given = self._given
        if frame.ts < self._looked + given.each:
            return ()
        seconds = min(frame.ts - self._looked, given.adapt)
        self._looked = frame.ts
        grey = np.asarray(cv.cvtColor(small(frame.image, _PIXELS), cv.COLOR_BGR2GRAY), np.uint8)
        if self._aligner is None or self._last[0].shape != grey.shape:
            self._aligner = Aligner((grey.shape[0], grey.shape[1]), given.shake * grey.shape[1])
            self._last.clear()
            self._dry = None
        elif len(self._last):
            grey = shifted(grey, *self._aligner.shift(grey, self._last[0] if self._dry is None else self._dry))
        self._last.append(grey)
        if len(self._last) < _PICTURES:
            return ()
        now = np.median(np.stack(self._last), axis=0).astype(np.float32)
        if self._dry is None:
            self._dry, self._since = now, np.full(now.shape, np.inf)
            return ()
        return self._compare(now, self._dry, frame.ts, seconds)

    def _compare(self, now: Levels, dry: Levels, ts: float, seconds: float) -> Sequence[Measured]:
        given = self._given
        a, b = texture(now), texture(dry)
        known = b.shown(_NOISE) & (a.mean >= _SEEN)
        masks = [zone.mask((now.shape[0], now.shape[1])) for zone in self._zones] or [np.ones(now.shape, bool)]
        lost = known & (a.power < given.lost * given.lost * b.power)
        beside = known & ~np.logical_or.reduce(masks)
        if self._zones and beside.any() and float(lost[beside].mean()) > _EVERYWHERE:
            return ()
        wet = self._puddles(lost, known, now) & known
        self._since = np.where(wet, np.minimum(self._since, ts), np.inf)
        share = 1.0 - exp(-seconds / given.adapt)
        self._dry = np.where(lost, dry, dry + np.float32(share) * (now - dry))
        if ts < self._told + given.report:
            return ()
        stays = self._since <= ts - given.settle
        values: dict[str, float] = {}
        for mask, about in zip(masks, [zone.about for zone in self._zones] or [""], strict=True):
            inside = known & mask
            if inside.sum() >= _KNOWN * mask.sum():
                values[about] = max(values.get(about, 0.0), 100.0 * float(stays[inside].mean()))
        if values:
            self._told = ts
        return [Measured("standing_water", round(value, 1), about) for about, value in sorted(values.items())]

    def _puddles(self, lost: Levels, known: Levels, now: Levels) -> Levels:
        """What has lost its texture in pieces of some size, without an object's outline. Bool."""
        whole = (lost | ~known).astype(np.uint8)
        whole &= cv.dilate(lost.astype(np.uint8), _BRUSH)
        drawn = cv.morphologyEx(whole, cv.MORPH_OPEN, _BRUSH)
        count, labels, stats, _ = cv.connectedComponentsWithStats(drawn, connectivity=8)
        soft = cv.GaussianBlur(now, (3, 3), 0)
        right, down = slopes(soft)
        steepest = cv.dilate(cv.magnitude(right, down), _NEAR)
        found = np.zeros(drawn.shape, bool)
        for i in range(1, count):
            if stats[i, cv.CC_STAT_AREA] >= self._given.smallest * drawn.size:
                piece = (labels == i).astype(np.uint8)
                rim = cv.subtract(piece, cv.erode(piece, _THIN)) > 0
                if float(np.median(steepest[rim])) < _EDGE:
                    found |= piece > 0
        return np.asarray(cv.dilate(found.astype(np.uint8), _REACH) > 0)

"""smoke_look: `smoke` at work on one scene: where is a veil, and does it rise?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cameras.background import Background, Mask
from cameras.pictures import Aligner, Levels, apart, cv, drawn, shifted, small
from cameras.shading import texture, together
from cameras.watcher import Frame, Image, Measured, View

if TYPE_CHECKING:
    from cameras.watchers.smoke import Smoke

_PIXELS = 60_000
_CONTRAST = 0.03
"""How much a veil changes, at least, as a share of full brightness."""
_THROUGH = (0.1, 0.8)
"""Of the texture, so much comes through a veil."""
_SEEN = 0.6
"""... and correlates with the scene's by this."""
_LIGHT = 50.0
"""Levels: a veil's own light is brighter; a shadow has none."""
_ALL = 0.5
"""Of the picture's texture: when so much is veiled, it is fog or the lens."""
_ANEW = 0.02
"""Of the veil: so much of it is elsewhere in the next picture, if it does not stand still."""
_GAP = 3.0
"""Seconds for which a veil may not be found and be the same."""
_JOIN = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (11, 11)))
_SPECK = np.asarray(cv.getStructuringElement(cv.MORPH_ELLIPSE, (5, 5)))


class _Veil:
    """What is veiled in one zone."""

    def __init__(self, name: str, about: str, mask: Mask) -> None:
        self.about, self.mask = about, mask
        self.name = name
        self.area = max(1, cv.countNonZero(mask))
        self.since: float | None = None
        self.last = 0.0
        self.start = self.top = 0.0
        """How high it reached at first, and at most, as rows from the upper edge."""
        self.before: Mask | None = None
        self.moving = 0.0
        """How much of it is elsewhere from picture to picture, the mean of the last ones."""

    def see(self, found: Mask, ts: float, least: int) -> None:
        """What is veiled in the next picture."""
        here = cv.bitwise_and(found, self.mask)
        pixels = cv.countNonZero(here)
        if pixels < least:
            if self.since is not None and ts - self.last > _GAP:
                self.since, self.before = None, None
            return
        top = float(np.quantile(np.nonzero(here)[0], 0.02))
        if self.since is None:
            self.since, self.start, self.top, self.moving = ts, top, top, 0.0
        if self.before is not None:
            other = cv.countNonZero(cv.bitwise_xor(here, self.before)) / pixels
            self.moving += 0.2 * (min(1.0, other) - self.moving)
        self.top = min(self.top, top)
        self.before, self.last = here, ts

    def share(self, ts: float, settle: float, rise: float) -> float:
        """Of the zone, if it is smoke; 0 if not. rise: pixels."""
        if self.since is None or self.before is None or ts - self.since < settle:
            return 0.0
        smoke = self.moving >= _ANEW and self.start - self.top >= rise
        return cv.countNonZero(self.before) / self.area if smoke else 0.0


class SmokeLook:
    """One scene: its background, and what is veiled in its zones."""

    def __init__(self, settings: Smoke, view: View) -> None:
        """view: the scene, with the zones that are meant."""
        self._given, self._zones = settings, [view.zones[name] for name in sorted(view.zones)]
        self._background: Background | None = None
        self._veils: list[_Veil] = []
        self._ts = self._told = float("-inf")
        self._begun = 0.0
        self._smoky: dict[str, bool] = {}

    def look(self, frame: Frame) -> Sequence[Measured]:
        """The readings, when they are due."""
        given = self._given
        if frame.ts < self._ts + given.each:
            return ()
        now = apart(small(frame.image, _PIXELS))
        background = self._background
        if background is None or background.long.shape != now.shape:
            self._begin(now, frame.ts)
            return ()
        seconds, self._ts = frame.ts - self._ts, frame.ts
        background.see(shifted(now, *self._aligner.shift(now[..., 0], background.reference)), frame.ts, seconds)
        if frame.ts < self._begun + given.learn:
            return ()
        found = self._veiled(background)
        if found is None:
            return ()
        least, height = round(given.smallest * found.size), found.shape[0]
        shares: dict[str, float] = {}
        for veil in self._veils:
            veil.see(found, frame.ts, least)
            share = veil.share(frame.ts, given.settle, given.rise * height)
            shares[veil.about] = max(shares.get(veil.about, 0.0), share)
        smoky = {about: share > 0 for about, share in shares.items()}
        if smoky == self._smoky and frame.ts < self._told + given.report:
            return ()
        self._told, self._smoky = frame.ts, smoky
        return [Measured("smoke", round(100.0 * share, 1), about) for about, share in sorted(shares.items())]

    def _begin(self, now: Levels, ts: float) -> None:
        given = self._given
        shape = now.shape[0], now.shape[1]
        self._background = Background(now, 255.0 * _CONTRAST, given.adapt, given.settle / 3, given.settle)
        self._aligner = Aligner(shape, given.shake * shape[1])
        zones = [(zone.name, zone.about, drawn(zone.mask(shape))) for zone in self._zones]
        whole = np.full(shape, 255, np.uint8)
        self._veils = [_Veil(*each) for each in zones or [("", "", whole)]]
        self._ts = self._begun = ts
        self._smoky = {}

    def _veiled(self, background: Background) -> Mask | None:
        """Where a veil is, and what it encloses; None where too much is."""
        now: Image = background.now
        a, b = texture(now[..., 0]), texture(background.long[..., 0])
        noise = float(np.median(background.noise))
        shown = b.shown(noise)
        # In levels, not as shares: what comes through a veil is less of the levels' own contrast.
        scale = (a.mean + 8.0) / (b.mean + 8.0)
        through = np.sqrt(a.power / np.maximum(b.power, 1e-9)) * scale
        same = together(a, b) >= _SEEN * np.sqrt(a.power * b.power)
        veiled = shown & same & (through > _THROUGH[0]) & (through < _THROUGH[1])
        if veiled.sum() > _ALL * max(1, shown.sum()):
            return None
        kept = np.clip(through, 0.0, _THROUGH[1])
        veiled &= np.abs(a.mean - b.mean) > 255.0 * _CONTRAST
        veiled &= (a.mean - kept * b.mean) / (1.0 - kept) > _LIGHT
        for channel in (1, 2):
            mine = cv.blur(now[..., channel], (7, 7)).astype(np.float32) - 128.0
            its = cv.blur(background.long[..., channel], (7, 7)) - 128.0
            veiled &= np.abs((mine - kept * its) / (1.0 - kept)) < self._given.grey
        opened = cv.morphologyEx(drawn(veiled), cv.MORPH_OPEN, _SPECK)
        closed = cv.morphologyEx(opened, cv.MORPH_CLOSE, _JOIN)
        count, labels, stats, _ = cv.connectedComponentsWithStats(closed, connectivity=8)
        least = round(self._given.smallest * closed.size / 4)
        large = [i for i in range(1, count) if stats[i, cv.CC_STAT_AREA] >= least]
        found: Mask = drawn(np.isin(labels, large))
        return found

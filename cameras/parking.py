"""parking: how many spaces are taken, from pictures in which somebody drives by now and then.

`Tally` makes readings of what single pictures say: for each zone the median of the last pictures, summed up for what
they are about. `TextureLook` says which spaces are taken without a model: tarmac looks much the same all over, and a
vehicle has edges, windows, wheels and lamps. So a space is taken if enough of it has texture, by steps of brightness
relative to what it is there, whatever the light is. The edge of a shadow is such a step too, but it goes one way:
what counts is what is left in that direction in which there is least.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median_high
from typing import TYPE_CHECKING

import numpy as np

from cameras.watcher import Frame, Image, Measured, Zone

if TYPE_CHECKING:
    from cameras.watchers.parking_spaces import ParkingSpaces

_LEAST = 3
"""Pictures of which a reading is the median, at least."""
_MOST = 256
"""... and at most, which bounds the memory."""
_WIDTH = 960
"""Pixels: the width at which pictures are looked at."""
_INNER = 0.8
"""Of a zone's size: its rim may show a line, or the neighbour."""
_AROUND = 9
"""Pixels: the side of what is around one."""
_WAYS = 8
"""Directions in which texture is looked for, in half a turn."""
_SMALL = 100
"""Pixels: a smaller zone can't be judged."""
_DARK = 16.0
"""Grey levels: a zone that is darker can't be judged."""
_ROUGH = 0.5
"""Ground of which so much has texture of its own says nothing."""


class Tally:
    """What the last pictures say of each zone, and what that makes in all."""

    def __init__(self, given: ParkingSpaces, zones: Sequence[Zone]) -> None:
        self._given = given
        self._zones = zones
        self._taken: dict[str, deque[tuple[float, int]]] = {zone.name: deque(maxlen=_MOST) for zone in zones}
        self._looked = self._told = float("-inf")

    def due(self, ts: float) -> bool:
        """Is a picture of that time to be counted?"""
        return ts >= self._looked + self._given.each

    def add(self, ts: float, taken: Mapping[str, int | None]) -> list[Measured]:
        """The readings, if they are due. taken: how many vehicles stand in each zone; None: it can't be told."""
        self._looked = ts
        for zone in self._zones:
            count = taken[zone.name]
            if count is not None:
                self._taken[zone.name].append((ts, min(count, self._spaces(zone))))
        if ts < self._told + self._given.report:
            return []
        told = []
        for about in sorted({zone.about for zone in self._zones}):
            zones = [zone for zone in self._zones if zone.about == about]
            middles = [self._middle(zone.name, ts) for zone in zones]
            known = [each for each in middles if each is not None]
            if len(known) == len(zones):
                free = sum(map(self._spaces, zones)) - sum(known)
                told += [Measured("spaces_free", free, about), Measured("spaces_taken", sum(known), about)]
        if told:
            self._told = ts
        return told

    def _spaces(self, zone: Zone) -> int:
        return self._given.spaces.get(zone.name, 1)

    def _middle(self, zone: str, ts: float) -> int | None:
        """The median of the last seconds; None: too little was seen, or nothing now."""
        counts = self._taken[zone]
        recent = [count for when, count in counts if when > ts - self._given.settle]
        last = recent if len(recent) >= _LEAST else [count for _, count in list(counts)[-_LEAST:]]
        return median_high(last) if len(last) >= _LEAST and counts[-1][0] == ts else None


class TextureLook:
    """Spaces of one scene, each a zone, without a model."""

    def __init__(self, given: ParkingSpaces, zones: Sequence[Zone]) -> None:
        self._given, self._zones = given, [inner(zone) for zone in zones]
        self._tally = Tally(given, zones)
        self._empty: dict[str, float] = {}
        from cameras.pictures import read_empty

        for path in given.empty:
            for zone, share in textured(read_empty(path), self._zones, given.contrast).items():
                if share is not None:
                    self._empty[zone] = max(share, self._empty.get(zone, 0.0))

    def look(self, frame: Frame) -> Sequence[Measured]:
        """The readings, when they are due."""
        if not self._tally.due(frame.ts):
            return ()
        shares = textured(frame.image, self._zones, self._given.contrast)
        return self._tally.add(frame.ts, {zone: self._taken(zone, share) for zone, share in shares.items()})

    def _taken(self, zone: str, share: float | None) -> int | None:
        empty = self._empty.get(zone, 0.0)
        if share is None or empty > _ROUGH:
            return None
        return int(share >= empty + self._given.textured)


def textured(image: Image, zones: Sequence[Zone], contrast: float) -> dict[str, float | None]:
    """Which share of each zone has texture, by its name; None: it is too dark or too small to be told."""
    import cv2

    from cameras.pictures import slopes
    from cameras.scenes import small

    grey = cv2.cvtColor(cv2.GaussianBlur(small(image, _WIDTH), (0, 0), 1.0), cv2.COLOR_BGR2GRAY).astype(np.float32)
    light = np.log(grey + np.float32(_DARK))
    right, down = slopes(light)
    steps = [cv2.blur(each, (_AROUND, _AROUND)) for each in (right * right, right * down, down * down)]
    found: dict[str, float | None] = {}
    for zone in zones:
        mask = zone.mask((grey.shape[0], grey.shape[1]))
        if np.count_nonzero(mask) < _SMALL or float(grey[mask].mean()) < _DARK:
            found[zone.name] = None
            continue
        across, both, along = (each[mask] for each in steps)
        shares = []
        for turn in np.arange(_WAYS) * np.pi / _WAYS:
            x, y = np.cos(turn), np.sin(turn)
            shares.append(float(np.mean(x * x * across + 2 * x * y * both + y * y * along >= contrast**2)))
        found[zone.name] = min(shares)
    return found


def inner(zone: Zone) -> Zone:
    """The zone without its rim."""
    middle = zone.corners.mean(axis=0)
    return Zone(zone.name, middle + _INNER * (zone.corners - middle), zone.about)

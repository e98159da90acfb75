"""path: where one object has been, and for how long it has been where it is now.

Still is not the opposite of fast: an object has stood for as long as it has not been elsewhere, farther from here than
`moved` of its own size. A box that trembles stays within that; a lorry that creeps leaves it again and again, and so
never stands for long however slow it is. Where it is now is the middle of its last second's boxes, so that a single
stray box is nowhere.

Places that are nearly the same are one, and only the last `_KEPT` are kept: the memory of an object is bounded.
"""

from __future__ import annotations

from collections import deque

from cameras.boxes import Box, middle, shift

_RECENT = 1.0
"""Seconds of boxes that say where it is now."""
_MOST = 31
"""... and how many of them at most, which bounds the work at any picture rate."""
_KEPT = 64
"""How many places are remembered."""
_SAME = 0.25
"""Places nearer than this share of `moved` are one."""


class _Place:
    __slots__ = ("box", "since", "until")

    def __init__(self, box: Box, ts: float) -> None:
        self.box, self.since, self.until = box, ts, ts


class Path:
    """One object's places."""

    __slots__ = ("_boxes", "_moved", "_places", "here", "home", "last")

    def __init__(self, moved: float) -> None:
        """moved: in its own widths or heights."""
        self._moved = moved
        self._boxes: deque[tuple[float, Box]] = deque(maxlen=_MOST)
        self._places: list[_Place] = []
        self.here: Box = (0.0, 0.0, 0.0, 0.0)
        """Where it is now."""
        self.home: Box = self.here
        """Of the places that it stands in now, which are nearly the same, where it was longest: what hides a part of it
        for a while changes where it is now, but not this."""
        self.last = 0.0
        """When it was seen last."""

    def go(self, ts: float, box: Box) -> float:
        """It was seen there; returns for how many seconds it has stood. ts: seconds, later than before."""
        boxes = self._boxes
        boxes.append((ts, box))
        while boxes[0][0] < ts - _RECENT:
            boxes.popleft()
        self.last = ts
        self.here = middle([b for _, b in boxes])
        self._remember(ts)
        longest = -1.0
        for place in reversed(self._places):
            if shift(place.box, self.here) > self._moved:
                return ts - place.until
            if place.until - place.since > longest:
                longest, self.home = place.until - place.since, place.box
        return ts - self._places[0].since

    def _remember(self, ts: float) -> None:
        places = self._places
        if places and shift(places[-1].box, self.here) <= _SAME * self._moved:
            places[-1].until = ts
            return
        places.append(_Place(self.here, ts))
        if len(places) > _KEPT:
            oldest = places.pop(0)
            if shift(oldest.box, places[0].box) <= self._moved:
                places[0].since = oldest.since

    def moving(self, within: float) -> bool:
        """Has it moved in its last `within` seconds, or since its last box where that is older?"""
        now = self._boxes[-1][1]
        for ts, box in reversed(self._boxes):
            if shift(box, now) > self._moved:
                return True
            if ts < self.last - within:
                break
        return False

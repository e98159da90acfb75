"""handing: the same object by day and by infrared light.

At dusk a camera changes to infrared light, where backgrounds and models see another picture: each watcher has a look of
its own for it, which finds what stands there anew. It is not new: what is found, within `_SOON` of the change, in the
place of what stood in the last picture before it is that object, with its number and its time. The same at dawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cameras.boxes import Box, overlap
from cameras.watcher import Fractions, Seen

Numbered = tuple[int, Seen]
"""An object with its number, which is one of all the camera's."""

_SOON = 120.0
"""Seconds: what stands is found within them, also where pictures come seldom or something is in the way."""
_SAME = 0.5
"""How much two boxes share (intersection over union) if they are of one object."""
_STOOD = 2.0
"""Seconds: what has stood for less moves, and its place says nothing."""
_FORGET = 172_800.0
"""Seconds: what has not been seen for so long is not seen again."""


@dataclass(slots=True)
class _Stood:
    """An object in the last picture before the light changed."""

    number: int
    box: Box
    since: float
    """When it came to stand; NaN: nobody knows."""


@dataclass(slots=True)
class _Same:
    """What an object's number of one look is in truth."""

    number: int
    infrared: bool
    """By which light."""
    since: float
    own: float
    """When it came to stand as its look has it; NaN: nobody knows."""
    last: float


class Handing:
    """The objects of one watcher at one preset."""

    def __init__(self) -> None:
        self._infrared: bool | None = None
        self._standing: list[_Stood] = []
        """In the last picture."""
        self._before: list[_Stood] = []
        """In the last picture before the light changed, without those that were found again."""
        self._until = 0.0
        self._itself: set[int] = set()
        """What was seen to stand since the light changed, and is none of those before."""
        self._same: dict[int, _Same] = {}

    def handed(self, ts: float, infrared: bool, seen: Sequence[Numbered]) -> list[Numbered]:
        """The objects of the next picture under the numbers that they have."""
        if infrared != self._infrared:
            self._infrared = infrared
            self._before, self._until = self._standing, ts + _SOON
            self._itself.clear()
            self._same = {number: one for number, one in self._same.items() if ts - one.last <= _FORGET}
        if ts <= self._until and self._before:
            self._look_for(ts, seen)
        while themselves := self._mistaken({number for number, _ in seen}):
            for number in themselves:
                del self._same[number]
        told = [self._told(ts, number, one) for number, one in seen]
        self._standing = [_Stood(number, _edges(one.box), ts - one.still) for number, one in told if _stands(one)]
        return told

    def _look_for(self, ts: float, seen: Sequence[Numbered]) -> None:
        there = {self._same[number].number if number in self._same else number for number, _ in seen}
        self._before = [one for one in self._before if one.number not in there]
        fits = [
            (-share, before.number, number, before)
            for number, one in seen
            if _stands(one) and number not in self._same and number not in self._itself
            for before in self._before
            if (share := overlap(before.box, _edges(one.box))) >= _SAME
        ]
        for _, _, number, before in sorted(fits, key=lambda fit: fit[:3]):
            if number not in self._same and before in self._before:
                for other in self._taken_for({before.number}):
                    del self._same[other]
                still = next(one.still for each, one in seen if each == number)
                self._same[number] = _Same(before.number, bool(self._infrared), before.since, ts - still, ts)
                self._before.remove(before)
        self._itself |= {number for number, one in seen if _stands(one) and number not in self._same}

    def _mistaken(self, seen: set[int]) -> list[int]:
        """What was taken for an object that is seen itself."""
        return self._taken_for(seen - self._same.keys())

    def _taken_for(self, numbers: set[int]) -> list[int]:
        """What is, by this light, taken for the objects of these numbers."""
        light = self._infrared
        return [each for each, one in self._same.items() if one.infrared == light and one.number in numbers]

    def _told(self, ts: float, number: int, one: Seen) -> Numbered:
        same = self._same.get(number)
        if same is None:
            return number, one
        same.last = ts
        if one.still == one.still and not ts - one.still <= same.own + _STOOD:  # it has moved since, as its look knows
            return same.number, one
        return same.number, one._replace(still=ts - same.since)


def _stands(one: Seen) -> bool:
    return not one.still < _STOOD  # NaN: it stood there from the beginning


def _edges(box: Fractions) -> Box:
    left, top, width, height = box
    return left, top, left + width, top + height

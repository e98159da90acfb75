"""known: which of the objects that stand stood there before anybody looked?

For how long they have stood nobody knows, so no rule may say that it is too long: cars that are parked along a street
when its camera starts. Such an object stays known until it is seen to move. A detector that misses it for a while, or
takes it up under another number, finds it in its old place: what appears there and has not moved is the same.
"""

from __future__ import annotations

from cameras.boxes import Box, overlap

_PLACE = 0.5
"""How much two boxes share (intersection over union) if they are of one object in one place."""
_MOVED = 1.0
"""Seconds: what has stood for as long as it is seen, but for this, has not moved: it takes a moment to know its box."""
_FORGET = 600.0
"""Seconds: a place that nothing was seen in for so long is anybody's."""


class Known:
    """What stood in one scene from the beginning. Times in seconds, those of the pictures."""

    def __init__(self, until: float) -> None:
        """until: what stands since then, or since before, was there."""
        self._until = until
        self._first: dict[int, tuple[float, float]] = {}
        """Each object's first sight and its last."""
        self._places: dict[int, tuple[float, Box]] = {}
        """Where each known object was last, and when."""

    def see(self, ts: float, number: int, box: Box, still: float) -> bool:
        """Was this object, seen now, there from the beginning? still: seconds for which it has stood."""
        first, _ = self._first.get(number, (ts, ts))
        self._first[number] = (first, ts)
        if ts - still <= self._until or self._again(ts, number, box, still, first):
            self._places[number] = (ts, box)
            return True
        self._places.pop(number, None)
        return False

    def _again(self, ts: float, number: int, box: Box, still: float, first: float) -> bool:
        """Does it stand where a known one stood, having not moved?"""
        if still + _MOVED < ts - first:
            return False
        at = self._places.get(number)
        if at is not None:
            return overlap(at[1], box) >= _PLACE
        return any(overlap(place, box) >= _PLACE for _, place in self._places.values())

    def forget(self, ts: float) -> None:
        """Forget what was long not seen. Memory is bounded by what was seen within `_FORGET`."""
        self._first = {one: when for one, when in self._first.items() if ts - when[1] <= _FORGET}
        self._places = {one: at for one, at in self._places.items() if ts - at[0] <= _FORGET}

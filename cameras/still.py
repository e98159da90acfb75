"""still: for how long has each object stood in its place, and is what stands there the same as before?

Reads boxes with a tracker's numbers, picture by picture. Says the object that each box is of, and the seconds for which
it has stood. A tracker loses what a lorry hides, or what a detector does not find for a while, and what it finds again
is new to it. But what stood has a place. So:

- A box in the place of an object that stood is that object, whatever the tracker says: it keeps its number and goes on
  standing. Not seen, it is remembered for as long as it has stood, `remember` at most: what stood for three seconds and
  was not seen for ten may have been anything.
- A box that has just been moving is nobody that stood: traffic passes over the places of parked cars.
- What drives off keeps its number. If its place turns out not to be empty, then the tracker mistook what passed for
  what stood: the number stays with the place, and what passed gets another.

While nobody looks, because the camera looks elsewhere (`pause`), nothing that stood is lost.

What stands in the first picture has stood since then. No clock: time is that of the pictures. Memory is bounded by what
is in the picture and stood there within `remember`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from cameras.boxes import Box, overlap
from cameras.path import Path
from pipeline.units import Quantity, Seconds, Share

NOBODY = -1

_UNSEEN = 600.0
"""Seconds for which nobody may have looked, and what stands there is still the same."""
_PASSING = 0.5
"""Seconds: who moved within them is passing. A lorry at walking pace is farther than `moved` by then."""


class Standing(BaseModel):
    """What counts as standing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    moved: Share = Field(Quantity(0.18), gt=0, lt=1)
    """An object has moved when it is farther than this share of its own size from where it was."""
    settle: Seconds = Field(Quantity(2.0), gt=0)
    """What has stood for so long has a place of its own, by which it is known again."""
    overlap: Share = Field(Quantity(0.50), gt=0, lt=1)
    """How much a box and the place share (intersection over union) if it is the object that stood there."""
    remember: Seconds = Field(Quantity(20.0), gt=0)
    """For how long a place is kept for an object that is not seen, at most."""


class _Object:
    __slots__ = ("number", "path", "places", "still", "stood")

    def __init__(self, number: int, moved: float) -> None:
        self.number = number
        self.path = Path(moved)
        self.still = 0.0
        self.places: tuple[Box, ...] = ()
        """Where it stands: where it has been longest, and where it was last. None: it has no place of its own."""
        self.stood = 0.0
        """When it was last standing in its place."""


@dataclass(frozen=True, slots=True)
class Stood:
    """One box: which object it is, NOBODY for none yet, and the seconds for which it has stood."""

    number: int
    still: float


class Still:
    """The objects of one camera, and where they stand."""

    def __init__(self, settings: Standing | None = None, first: int = 1) -> None:
        """first: the first object's number; numbers are never used again."""
        self._given = settings or Standing()
        self._next = first
        self._objects: dict[int, _Object] = {}
        self._followed: dict[int, int] = {}
        """the tracker's number -> the object's"""

    def see(self, ts: float, boxes: list[Box], tracks: list[int]) -> list[Stood]:
        """The next picture. ts: seconds, later than before. tracks: the tracker's number of each box, below 0 none."""
        found = self._in_place(boxes, tracks)
        taken = set(found.values())
        for i, track in enumerate(tracks):
            if i in found:
                number = found[i]
            elif track >= 0:
                number = self._followed.get(track, NOBODY)
                if number == NOBODY or number in taken:
                    number = self._new()
                found[i] = number
                taken.add(number)
            else:
                continue
            if track >= 0:
                self._followed[track] = number
        answer = [self._stood(ts, box, found.get(i, NOBODY)) for i, box in enumerate(boxes)]
        self._forget(ts)
        return answer

    def pause(self, seconds: float) -> None:
        """Nobody looked for so long before the next picture, and the tracker begins anew. What stood is kept if it had
        stood for as long: nothing hid it."""
        for number, one in list(self._objects.items()):
            if one.places and seconds <= min(one.still, _UNSEEN):
                one.path.last += seconds
                one.stood += seconds
            else:
                del self._objects[number]
        self._followed.clear()

    def _in_place(self, boxes: list[Box], tracks: list[int]) -> dict[int, int]:
        """The boxes that are objects in their places: box -> object.

        First what is where an object has been longest, then what is where it was last; of these what fits best, and
        then the older object.
        """
        fits = []
        for one in self._objects.values():
            for rank, place in enumerate(one.places):
                for i, box in enumerate(boxes):
                    share = overlap(place, box)
                    if share >= self._given.overlap and not self._passes(tracks[i], one):
                        fits.append((rank, -share, one.number, i))
        found: dict[int, int] = {}
        taken: set[int] = set()
        for _, _, number, i in sorted(fits):
            if i not in found and number not in taken:
                found[i] = number
                taken.add(number)
        return found

    def _passes(self, track: int, place_of: _Object) -> bool:
        """Is what the tracker follows under this number another object, and one that moves?"""
        other = self._objects.get(self._followed.get(track, NOBODY))
        return other is not None and other is not place_of and not other.places and other.path.moving(_PASSING)

    def _new(self) -> int:
        number = self._next
        self._next += 1
        self._objects[number] = _Object(number, self._given.moved)
        return number

    def _stood(self, ts: float, box: Box, number: int) -> Stood:
        if number == NOBODY:
            return Stood(NOBODY, 0.0)
        one = self._objects[number]
        one.still = one.path.go(ts, box)
        if one.still >= self._given.settle:
            one.places, one.stood = (one.path.home, one.path.here), ts
        return Stood(number, one.still)

    def _forget(self, ts: float) -> None:
        given = self._given
        for one in self._objects.values():
            if one.still < given.settle and ts - one.stood > given.settle:
                one.places = ()  # it was seen to drive off, and nothing was found to be left there
        gone = [
            number
            for number, one in self._objects.items()
            if ts - one.path.last > (min(one.still, given.remember) if one.places else given.settle)
        ]
        for number in gone:
            del self._objects[number]
        if gone:
            self._followed = {track: number for track, number in self._followed.items() if number in self._objects}

"""parked_vehicle: which vehicles stand in a zone, and for how long has each?

The object detector, reduced to what a question about parking needs: a vehicle is told once it has stood for `still` in
one of the watcher's zones, and from then on for as long as it is in the picture, so that it is also told that it drives
off. Traffic is not told, and does not fill the journal. Whether it may stand there, and for how long, is for the rule.

Default 10 s: who stops to let somebody out, or to turn, is gone by then; a queue at a traffic light stands for longer,
and is told. A bus that stops in front of it hides a parked car for a minute, so that its place is kept for two. Default
sure 25 %: of the dashes of a lane, which the detector takes for a car now and then and which do not move, it is 17 %
sure, of parked cars 32 to 57 %, and 22 to 33 % by a fifth of the light.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from cameras.inference import Session
from cameras.still import Standing
from cameras.watcher import Frame, Measured, Seen, View
from cameras.watchers.object_detector import DetectorLook, ObjectDetector
from pipeline.units import Quantity, Seconds, Share

_PICTURES = 3.0
"""One picture proves at most `still` over this: where they come seldom, what passes in two of them has not stood."""
_AGAIN = 1.0
"""Seconds: what came to stand later than this after it had come to stand has moved in between."""
_FORGET = 600.0
"""Seconds: what was not seen for so long is forgotten here."""
VEHICLES = ("car", "motorcycle", "bus", "truck")
"""What parks, of COCO's classes: bicycles are taken for each other where many stand."""


class Parked(Standing):
    """What counts as standing, where what stands may be hidden for long."""

    remember: Seconds = Field(Quantity(120.0), gt=0)


class ParkedVehicle(ObjectDetector):
    """Which vehicles stand in a zone, and for how long has each? Its other parameters are those of object_detector."""

    measured: ClassVar[bool] = True

    labels: tuple[str, ...] = VEHICLES
    """What is looked for, of the classes."""
    still: Seconds = Field(Quantity(10.0), ge=0)
    """What has stood for so long is told."""
    sure: Share = Field(Quantity(0.25), ge=0, le=1)
    """... if the detector was so sure of it, on average, while it stood."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""
    standing: Parked = Parked()
    """What counts as standing."""

    def begin(self, view: View) -> ParkedLook:
        """Raises ModelError as object_detector does; ValueError: a zone that the camera does not have."""
        return ParkedLook(self, view.only(self.zones), self.running())


class Proof:
    """For how long pictures prove that something was so: not what was between two that are far apart."""

    __slots__ = ("_last", "_least", "_proved")

    def __init__(self, least: float) -> None:
        """least: seconds that are to be proved."""
        self._least, self._proved = least, 0.0
        self._last: float | None = None

    def enough(self, ts: float) -> bool:
        """Another picture of it; do they prove it now?"""
        if self._last is not None:
            self._proved += min(ts - self._last, self._least / _PICTURES)
        self._last = ts
        return self._proved >= self._least - 1e-6


class _Stand:
    """What is known of a vehicle in the place where it stands."""

    __slots__ = ("last", "pictures", "proof", "scores", "since")

    def __init__(self, since: float, least: float) -> None:
        self.since = self.last = since
        self.proof = Proof(least)
        self.pictures, self.scores = 0, 0.0


class ParkedLook(DetectorLook):
    """Parked vehicles in one scene."""

    def __init__(self, given: ParkedVehicle, view: View, running: Session) -> None:
        super().__init__(given, view, running)
        self._least, self._sure = given.still, given.sure
        self._zoned = bool(view.zones)
        self._stands: dict[int, _Stand] = {}
        self._parked: dict[int, float] = {}
        """When each that was told was seen last."""

    def told(self, frame: Frame, seen: Sequence[Seen]) -> Sequence[Seen | Measured]:
        """Those that are parked, or were until they drove off."""
        return self.parked(frame.ts, seen)

    def parked(self, ts: float, seen: Sequence[Seen]) -> list[Seen]:
        """Of the objects in the next picture those that have stood for long enough where they are meant."""
        told = []
        for one in seen:
            meant = bool(one.zone) or not self._zoned
            if (self._stood(ts, one) and meant) or one.track in self._parked:
                self._parked[one.track] = ts
                told.append(one)
        self._parked = {track: last for track, last in self._parked.items() if ts - last <= _FORGET}
        self._stands = {track: each for track, each in self._stands.items() if ts - each.last <= _FORGET}
        return told

    def _stood(self, ts: float, one: Seen) -> bool:
        """Has it stood for so long, and surely?"""
        since = ts - self.stood[one.track]
        stand = self._stands.get(one.track)
        if stand is None or since > stand.since + _AGAIN:
            stand = self._stands[one.track] = _Stand(since, self._least)
        stand.last = ts
        stand.pictures += 1
        stand.scores += one.score
        long = stand.proof.enough(ts) and self.stood[one.track] >= self._least
        return long and stand.scores >= self._sure * stand.pictures

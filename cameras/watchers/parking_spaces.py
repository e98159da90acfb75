"""parking_spaces: how many spaces of a car park, or of a street section, are free?

Reports the readings `spaces_free` and `spaces_taken`, for parking guidance. They are about what the zones are about: a
car park or a street section of the registers, and the sum of all zones that are about the same. Nobody is told apart,
and no vehicle is told at all.

With `detector`, a zone is a space, or a row of so many as `spaces` says, and the vehicles that are parked in it are
counted, as `parked_vehicle` finds them. Without, each zone is one space, and is taken if it has texture
(`cameras.parking`). Who drives by is left out by a median.

Default textured 15 %: of the spaces of a real car park, at least 24 % was textured with a car on it, and at most 5 %
without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from cameras.inference import Session
from cameras.parking import Tally, TextureLook
from cameras.watcher import Frame, Look, Measured, Seen, View, Watcher
from cameras.watchers.parked_vehicle import ParkedLook, ParkedVehicle, Proof
from pipeline.units import Quantity, Seconds, Share

_FOLLOWED = 2
"""A vehicle is followed from the second picture on."""


class ParkingSpaces(Watcher):
    """How many spaces of a car park, or of a street section, are free?"""

    measured: ClassVar[bool] = False
    together: ClassVar[bool] = True

    detector: ParkedVehicle | None = None
    """What finds vehicles, with the parameters of parked_vehicle; not given: no model is needed, and zones are single
    spaces."""
    spaces: Mapping[str, int] = Field(default_factory=dict)
    """How many spaces a zone has, by its name; not given: one."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has."""
    each: Seconds = Field(Quantity(5.0), ge=0)
    """Pictures are counted no more often."""
    report: Seconds = Field(Quantity(60.0), ge=0)
    """Readings are told as often."""
    settle: Seconds = Field(Quantity(60.0), ge=0)
    """A reading is the median of so many seconds, and of three pictures at least."""
    empty: tuple[Path, ...] = ()
    """Without a detector: pictures of the scene with its spaces empty, whose ground has texture of its own."""
    contrast: Share = Field(Quantity(0.015), gt=0, lt=1)
    """Without a detector: texture is where brightness changes by so much of itself from pixel to pixel."""
    textured: Share = Field(Quantity(0.15), gt=0, lt=1)
    """Without a detector: a space is taken when so much more of it has texture than of the empty one."""

    def begin(self, view: View) -> Look:
        """ValueError: the camera has no zones, or not that one, a zone has no spaces, or has several and there is no
        detector, or a picture of `empty` can't be read. Raises ModelError as object_detector does."""
        if not view.zones:
            raise ValueError(f"camera '{view.camera}' has no zones: draw one for each parking space, or for each row")
        meant = view.only(self.zones)
        for name, count in sorted(self.spaces.items()):
            view.only([name])
            if count < 1:
                raise ValueError(f"spaces: expected at least one in the zone '{name}', got {count}")
            if count > 1 and self.detector is None:
                raise ValueError(
                    f"spaces: the zone '{name}' has {count}: draw a zone for each of them, or count vehicles with a"
                    " `detector`"
                )
        if self.detector is None:
            return TextureLook(self, [zone for _, zone in sorted(meant.zones.items())])
        return CountedLook(self, self.detector, meant.only(self.detector.zones), self.detector.running())


class CountedLook(ParkedLook):
    """Vehicles on the spaces of one scene."""

    def __init__(self, given: ParkingSpaces, detector: ParkedVehicle, view: View, running: Session) -> None:
        super().__init__(detector, view, running)
        self._zones = [zone for _, zone in sorted(view.zones.items())]
        self._tally = Tally(given, self._zones)
        self._proof = Proof(self._least)
        self._pictures = 0
        """... in which what stands could have been known to."""

    def told(self, frame: Frame, seen: Sequence[Seen]) -> Sequence[Seen | Measured]:
        """The readings, when they are due; none before what stood there from the first picture on can be known to."""
        parked = [one.zone for one in self.parked(frame.ts, seen)]
        self._pictures += self._proof.enough(frame.ts)
        if self._pictures < _FOLLOWED or not self._tally.due(frame.ts):
            return ()
        return self._tally.add(frame.ts, {zone.name: parked.count(zone.name) for zone in self._zones})

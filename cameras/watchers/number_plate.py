"""number_plate: which number plate has the vehicle that stands in that zone?

Reads what `parked_vehicle` tells, and tells the same with the plate as each one's text, once it is sure enough. Chinese
plates, by their patterns (`cameras.plates`). Several pictures of one vehicle are voted on, the second half a second
after the first and each further one twice as long after the one before, so that a vehicle that stands for long is read
in more than one light. Once told, a plate is replaced only by one that is surer by far.

Who passes is not read. A plate is read only of a vehicle that has stood for `still` in a zone of the watcher, and a
camera without zones reads none: default 30 s, longer than stopping for somebody to get out. A shorter time has to be
written down. No picture of a plate is kept here, and nothing but what was read leaves this place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from cameras.inference import Session
from cameras.models import ModelError
from cameras.plate_finder import Finds, plate_finder
from cameras.plate_reader import Reads, plate_reader
from cameras.watcher import Fractions, Frame, Image, Measured, Seen, View
from cameras.watchers.parked_vehicle import ParkedLook, ParkedVehicle
from pipeline.units import Quantity, Seconds

if TYPE_CHECKING:
    from cameras.plates import Ballot, Plate

_AROUND = 0.05
"""How much around a vehicle's box is looked at, as a share of it: plates hang at its edge."""
_LONGEST = 600.0
"""Seconds between two pictures of one plate, at most."""
_LEAST = 2
"""Pictures in which a plate was found, before it is told: who passes in front is in one of them at most."""


class NumberPlate(ParkedVehicle):
    """Which number plate has the vehicle that stands in that zone? Its other parameters are those of parked_vehicle."""

    measured: ClassVar[bool] = False

    still: Seconds = Field(Quantity(30.0), ge=0)
    """What has stood for so long in a zone is told, and read."""
    each: Seconds = Field(Quantity(0.5), gt=0)
    """Between the first two pictures of a vehicle that are read; it doubles from picture to picture."""
    pictures: int = Field(12, ge=1, le=100)
    """In which a plate was found, and which are voted on; no more are read."""
    finding: Finds = Finds()
    """How plates are found."""
    reading: Reads = Reads()
    """How plates are read."""

    def begin(self, view: View) -> PlateLook:
        """Raises ModelError; ValueError: a zone that the camera does not have, or it has none at all."""
        if not view.zones:
            raise ValueError(
                f"camera '{view.camera}' has no zones: draw one where plates may be read; elsewhere they are not"
            )
        return PlateLook(self, view.only(self.zones), self.running())


class _Reading:
    """What is known of one vehicle's plate."""

    __slots__ = ("ballot", "due", "found", "plate", "wait")

    def __init__(self, ballot: Ballot, due: float, wait: float) -> None:
        self.ballot, self.due, self.wait = ballot, due, wait
        self.found = 0
        """Pictures in which there was a plate."""
        self.plate: Plate | None = None
        """What is told."""


class PlateLook(ParkedLook):
    """Parked vehicles and their plates in one scene."""

    def __init__(self, given: NumberPlate, view: View, running: Session) -> None:
        super().__init__(given, view, running)
        try:
            self._finder, self._reader = plate_finder(given.finding), plate_reader(given.reading)
        except (FileNotFoundError, ModuleNotFoundError) as error:
            raise ModelError(str(error)) from error
        self._each, self._pictures, self._still = given.each, given.pictures, given.still
        self._surer = (1.0 + given.reading.sure) / 2.0  # halfway from sure to certain
        self._readings: dict[int, _Reading] = {}

    def told(self, frame: Frame, seen: Sequence[Seen]) -> Sequence[Seen | Measured]:
        """Those that are parked, with their plates. One vehicle is read in each picture, the one that has waited most:
        a street full of them holds up no other camera."""
        parked = self.parked(frame.ts, seen)
        for one in parked:
            if one.track not in self._readings:
                self._readings[one.track] = _Reading(self._reader.ballot(), frame.ts, self._each)
        stand = [one for one in parked if one.zone and self.stood[one.track] >= self._still]
        due = [one for one in stand if self._readings[one.track].due <= frame.ts]
        if due:
            self._read(frame, min(due, key=lambda one: self._readings[one.track].due))
        self._readings = {track: each for track, each in self._readings.items() if track in self._parked}
        return [self._with_plate(one) for one in parked]

    def _with_plate(self, one: Seen) -> Seen:
        plate = self._readings[one.track].plate
        return one if plate is None else one._replace(text=plate.text, text_score=plate.score)

    def _read(self, frame: Frame, one: Seen) -> None:
        reading = self._readings[one.track]
        said = self._reader.among(self._finder.find(_around(frame.image, one.box)))
        for each in said:
            reading.ballot.add(each)
        reading.found += bool(said)
        reading.due = frame.ts + reading.wait if reading.found < self._pictures else np.inf
        reading.wait = min(2.0 * reading.wait, _LONGEST)
        plate, before = self._reader.sure(reading.ballot), reading.plate
        if plate is None or reading.found < _LEAST:
            return
        if before is None or plate.text == before.text or plate.score >= self._surer:
            reading.plate = plate


def _around(image: Image, box: Fractions) -> Image:
    """The picture of a vehicle."""
    high, wide = image.shape[:2]
    left, top, width, height = box
    x, y = _AROUND * width, _AROUND * height
    rows = slice(max(0, round((top - y) * high)), round((top + height + y) * high))
    return image[rows, max(0, round((left - x) * wide)) : round((left + width + x) * wide)]

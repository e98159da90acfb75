"""stationary: has an object stood in a camera's picture for too long?

Reads Sighting. Wrong where it has stood for `still`; right where it has stood for less than `rolling`, which means that
it moves, and where its place is none that is asked about: outside the `zones` and the `hours`, or because it is a
fixture of the register. In between it stays what it was: a lorry that creeps has not stopped, and a car that stopped
and is pushed onto the shoulder has not driven off. Reports the seconds.
How long it has stood is for the camera to say (`cameras.still`), which also knows it again behind what hides it.
Default 6 s: on a motorway nobody stands for so long, and slow lorries far off seem to, for up to 5 s. In towns: more.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pipeline.detector import Detector, Judgement, Memory
from pipeline.hours import Schedule
from pipeline.rows import Sighting
from pipeline.units import Quantity, Seconds, Share
from pipeline.world import World


class Stationary(Detector):
    """Has an object stood in a camera's picture for too long?"""

    rows = Sighting
    needs: ClassVar[tuple[str, ...]] = ("still",)
    unit = "s"
    version: ClassVar[str] = "1"

    still: Seconds = Field(Quantity(6.0), ge=0)
    """From this on it has stood for too long."""
    rolling: Seconds = Field(Quantity(0.5), ge=0)
    """What has stood for less is moving: it has covered a fifth of its length in that time."""
    score: Share = Field(Quantity(0.30), ge=0, le=1)
    """A fainter sighting proves nothing: shadows and signs are taken for cars now and then, and do not move either."""
    labels: tuple[str, ...] = ()
    """What is meant; not given: anything."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all of it."""
    hours: Schedule | None = None
    """When it must not stand there; not given: at any time."""
    alone: bool = False
    """Only while nobody stands beside it, of the labels that the stream names under `beside`."""

    def needed(self) -> tuple[str, ...]:
        return (*self.needs, "beside") if self.alone else self.needs

    def judge(self, rows: Sighting, world: World, memory: Memory | None) -> Judgement:
        asked = ~world.fixtures.are(rows)
        if self.zones:
            asked &= world.names.among(rows.zone, self.zones)
        if self.hours is not None:
            asked &= world.during(self.hours, rows.ts)
        if self.alone:
            asked &= rows.extra["beside"] == 0
        wrong = asked & (rows.still >= self.still) & ~(rows.score < self.score)  # unknown is not faint
        if self.labels:
            wrong &= world.names.among(rows.label, self.labels)
        right = (rows.still < min(self.rolling, self.still)) | ~asked
        return Judgement(wrong=wrong, right=right, measure=rows.still, place=rows.zone)

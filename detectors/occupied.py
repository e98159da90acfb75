"""occupied: is a zone of a camera's picture taken up?

Reads Presence. Wrong where at least `least` objects of `kinds` different labels are in the zone, one of which has stood
for `still`; right where there are fewer, where all of them have come since, and outside the `hours` and the `zones`.
Which labels count is for the stream to say. What nobody is sure of, or has stood for nobody knows how long, says
nothing: the zone stays what it was. Reports how many there are.
A rule follows the zone, not who is in it: of a stall, the vendor may go and come, and another thing be put beside it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from pipeline.detector import Detector, Judgement, Memory
from pipeline.hours import Schedule
from pipeline.rows import Presence
from pipeline.units import Quantity, Seconds, Share
from pipeline.world import World

Count = Annotated[int, Field(ge=1)]


class Occupied(Detector):
    """Is a zone of a camera's picture taken up?"""

    rows = Presence
    needs: ClassVar[tuple[str, ...]] = ("count", "kinds")

    least: Count = 1
    """So many objects take it up."""
    kinds: Count = 1
    """They have at least so many different labels: 2 is a person and a thing."""
    still: Seconds = Field(Quantity(0.0), ge=0)
    """One of them has stood for so long: people who walk through do not take it up."""
    score: Share = Field(Quantity(0.30), ge=0, le=1)
    """Where the camera is surer of none of them, nothing is proved."""
    zones: tuple[str, ...] = ()
    """The zones that are meant; not given: all that the streams name."""
    hours: Schedule | None = None
    """When nobody may; not given: at any time."""

    def judge(self, rows: Presence, world: World, memory: Memory | None) -> Judgement:
        asked = np.ones(len(rows), np.bool_)
        if self.zones:
            asked &= world.names.among(rows.zone, self.zones)
        if self.hours is not None:
            asked &= world.during(self.hours, rows.ts)
        there = asked & (rows.count >= self.least) & (rows.kinds >= self.kinds)
        stood = (rows.stood >= self.still) if self.still > 0 else there
        sure = ~(rows.surest < self.score)  # unknown is not faint
        right = ~there | (rows.stood < self.still)
        return Judgement(wrong=there & stood & sure, right=right, measure=rows.count, place=rows.zone)

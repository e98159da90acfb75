"""overspeed: is the vehicle faster than it may be here?

Reads Position. Reports km/h over the limit. The limit is the lowest of the vehicle's own, that of the zones it is in,
and the road's or, off the roads that have one, the city's for its class. What its place leaves in doubt counts in the
driver's favour: a zone limits only where the fix is inside it by more than its accuracy. Default tolerance 10 %: GNSS
speed of moving lorries scatters by about 3 km/h. Where no limit holds nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Position
from pipeline.units import Quantity, Share
from pipeline.world import World


class Overspeed(Detector):
    """Is the vehicle faster than it may be here?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("speed", "lon", "lat")
    unit = "km/h"
    version: ClassVar[str] = "2"

    tolerance: Share = Quantity(0.10)
    """How much over the limit is let pass, as a share of the limit."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        limit = world.speed_limit(rows)
        # no limit is NaN, and nothing is greater than that
        return Judgement(wrong=rows.speed > limit * (1.0 + self.tolerance), measure=rows.speed - limit)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no speed limit: neither its own, nor its class's, nor any zone's or road's": ~world.limited(subjects)}

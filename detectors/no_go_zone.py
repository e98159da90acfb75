"""no_go_zone: is the vehicle where its kind must not be?

Reads Position. Reports no number, but the place: the zone's id. A zone counts if its `use` is the one asked for, its
`classes`, if it names any, have the vehicle's, and its `hours`, if it has any, hold then. If several contain the
vehicle it is the first by id. Wrong well inside, right well outside; within the fix's accuracy of a boundary neither,
so that a vehicle that passes along a boundary is not accused by noise, nor released by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Position
from pipeline.world import World


class NoGoZone(Detector):
    """Is the vehicle where its kind must not be?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    version: ClassVar[str] = "2"

    use: str = "no_go"
    """The `use` of the zones that are meant."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        within = world.within(rows, (self.use,))
        return Judgement(wrong=within.inside, right=within.outside, place=within.zone)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {f"no zone with the use '{self.use}' for its class": ~world.zoned(subjects, self.use)}

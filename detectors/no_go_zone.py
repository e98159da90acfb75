"""no_go_zone: is the vehicle where its kind must not be?

Reads Position. Reports no number, but the place: the zone's id. A zone counts if its `use` is the one asked for and
its `classes`, if it names any, have the vehicle's. The boundary belongs to the zone. If several contain the vehicle
it is the first by id. There is no margin: GNSS noise at a boundary is what the rule's `for` and `clear` are there
for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.detector import Detector, Judgement, Memory
from pipeline.names import NOBODY
from pipeline.rows import Flags, Ints, Position
from pipeline.world import World


class NoGoZone(Detector):
    """Is the vehicle where its kind must not be?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")

    use: str = "no_go"
    """The `use` of the zones that are meant."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        zone = world.zone_of(rows, self.use)
        return Judgement(wrong=zone != NOBODY, place=zone)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {f"no zone with the use '{self.use}' for its class": ~world.zoned(subjects, self.use)}

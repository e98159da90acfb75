"""no_permit: is the vehicle under way although no permit of its is valid?

Reads Position. Reports no number. Which vehicles need a permit is said by the rule's `classes`. Wrong while it moves
outside the city's own yards and none is valid; right as soon as one is, and in a yard (a lorry without a permit may be
moved about its depot). Standing says nothing: a red light ends no trip. In a city without any register of permits it
says nothing, because there everybody would be wrong. Default moving 5 km/h: GNSS speed of a vehicle that stands seldom
reaches 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Position
from pipeline.units import Kmh, Quantity
from pipeline.world import World


class NoPermit(Detector):
    """Is the vehicle under way although no permit of its is valid?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("speed", "lon", "lat")

    moving: Kmh = Quantity(5.0)
    """From here on it is under way."""
    uses: tuple[str, ...] = ("site", "disposal", "depot")
    """The `use`s of the zones in which it may move without one."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        permitted = world.permitted(rows.subject, rows.ts)
        yard = world.within(rows, self.uses)
        some = len(world.registers.permits) > 0
        return Judgement(
            wrong=~permitted & yard.outside & (rows.speed >= self.moving) & some,
            right=permitted | yard.inside,
        )

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"the registers have no permits": np.full(len(subjects), len(world.registers.permits) == 0)}

"""off_route: is the vehicle off every route that its permits name?

Reads Position. Reports metres from the nearest of its routes, measured to their segments. Default tolerance 100 m:
twice what GNSS is off by between high buildings, and wider than any road; some cities use 500 m. A fix says so only as
far as its own accuracy lets it: wrong beyond the tolerance by more than that, right within it by as much, else neither.
A vehicle without a permit for the time has no route to be off: that is another question (`no_permit`), so it is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Position
from pipeline.units import Metres, Quantity
from pipeline.world import World


class OffRoute(Detector):
    """Is the vehicle off every route that its permits name?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    unit = "m"
    version: ClassVar[str] = "2"

    tolerance: Metres = Quantity(100.0)
    """How far from the route still counts as on it."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        way = world.off_route(rows, self.tolerance)
        return Judgement(wrong=way.off, right=way.on, measure=way.metres)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no permit with a route": ~world.routed(subjects)}

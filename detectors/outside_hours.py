"""outside_hours: is the vehicle under way at an hour that its permits do not allow?

Reads Position. Reports no number. Wrong while it moves, has a permit that is valid now, and none of those allows this
hour; a permit without hours allows every hour. Right when one allows it, when none is valid (that is `no_permit`), and
in the city's own yards: a lorry that queues in the site for its hour to begin is not on the road. Standing says
nothing: a red light ends no trip. Default moving 5 km/h: GNSS speed of a vehicle that stands seldom reaches 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Ints, Position
from pipeline.units import Kmh, Quantity
from pipeline.world import World


class OutsideHours(Detector):
    """Is the vehicle under way at an hour that its permits do not allow?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("speed", "lon", "lat")

    moving: Kmh = Quantity(5.0)
    """From here on it is under way."""
    uses: tuple[str, ...] = ("site", "disposal", "depot")
    """The `use`s of the zones in which it may move at any hour."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        allowed = world.in_hours(rows.subject, rows.ts) | ~world.permitted(rows.subject, rows.ts)
        yard = world.within(rows, self.uses)
        return Judgement(wrong=~allowed & yard.outside & (rows.speed >= self.moving), right=allowed | yard.inside)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no permit that names hours": ~world.has_hours(subjects)}

"""displaced: is a thing that stands still somewhere else than the register says?

Reads Position, of things with a place in the register (a bin, a manhole cover with a GNSS sensor). Reports metres from
that place. Wrong farther than `tolerance` and what the fix itself may be off by; right where even the fix's error
leaves it within the tolerance; in between, and where the register has no place at the time, neither.

Default 50 m: GNSS under trees and between houses is off by 20 to 30 m, and a bin on the wrong side of the street is no
case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.geo import distance
from pipeline.rows import Flags, Ints, Position
from pipeline.units import Metres, Quantity
from pipeline.world import World


class Displaced(Detector):
    """Is a thing that stands still somewhere else than the register says?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")
    unit = "m"

    tolerance: Metres = Quantity(50.0)
    """How far from its place still counts as there."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        metres = distance(rows.lon, rows.lat, *world.location(rows.subject, rows.ts))
        doubt = np.nan_to_num(rows.accuracy, nan=0.0)
        # no place is NaN, and nothing is more or less than that
        wrong = metres - doubt > self.tolerance
        return Judgement(wrong=wrong, right=metres + doubt <= self.tolerance, measure=metres)

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no place in the register": ~world.placed(subjects)}

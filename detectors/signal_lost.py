"""signal_lost: has nothing been heard of a vehicle that was under way?

Reads Position. Says nothing by rows: each says that all is well. Reports no number; the episode starts when `after` has
passed since the last row, if that row was under way: ignition on, or ignition unknown and moving. A terminal that goes
quiet with the ignition off is asleep, wherever it stands, and a depot is where vehicles are cut off from their battery
with the key still turned; neither is a loss. (A terminal that is pulled out while its vehicle stands, and comes back
elsewhere, is a jump.) A last row that only may be in a depot is excused, one without a place is not: an aerial torn off
is what this is about. Default 5 min: longer than tunnels take; `silent`, which asks of parked ones too, waits longer.
What a terminal stored meanwhile and sends later takes the episode back, or brings its end forward.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Floats, Position
from pipeline.units import Kmh, Quantity, Seconds
from pipeline.world import World


class SignalLost(Detector):
    """Has nothing been heard of a vehicle that was under way?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ()  # a row without a fix is heard, too

    after: Seconds = Quantity(300.0)
    """How long silence may last."""
    moving: Kmh = Quantity(5.0)
    """Where the ignition is unknown: from here on it is under way."""
    depots: tuple[str, ...] = ("depot",)
    """The `use`s of the zones in which silence is no loss."""

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        return Judgement(wrong=np.zeros(len(rows), np.bool_))

    def idle(self, last: Position, world: World, memory: Memory | None) -> Floats:
        # unknown is neither on nor off, and not moving
        under_way = (last.ignition >= 0.5) | (np.isnan(last.ignition) & (last.speed >= self.moving))
        nowhere = np.isnan(last.lon) | np.isnan(last.lat)
        lost = under_way & (world.within(last, self.depots).outside | nowhere)
        return np.where(lost, last.ts + self.after, np.inf)

"""silent: has nothing been heard of it for too long?

Reads rows of any kind (the rule says which). Says nothing by rows: each says that all is well. Reports no number; the
episode starts when `after` has passed since the last row. Default 10 min: terminals that report each 10 to 30 s drive
through tunnels, and parked ones send a heartbeat every few minutes. A source that is down is not silence (one case
about the source).
"""

from __future__ import annotations

import numpy as np

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Floats, Rows
from pipeline.units import Quantity, Seconds
from pipeline.world import World


class Silent(Detector):
    """Has nothing been heard of it for too long?"""

    rows = Rows

    after: Seconds = Quantity(600.0)
    """How long silence may last."""

    def judge(self, rows: Rows, world: World, memory: Memory | None) -> Judgement:
        return Judgement(wrong=np.zeros(len(rows), np.bool_))

    def idle(self, last: Rows, world: World, memory: Memory | None) -> Floats:
        due: Floats = last.ts + self.after
        return due

"""planned_emptying: has the bin not been emptied by the end of its plan's window?

Reads Reading, of the metric that the rule names (fullness), and the plans that name neither route nor zone. Remembers
when the level last fell as only an emptying makes it fall, or was last so low that nothing was there to collect
(pipeline/emptying.py, as not_emptied). Reports how full it is. Wrong after the window's end where that was not since
its start; right once it is, late or not, or the next window begins. While a fall waits for the next reading to agree,
the row says nothing. A window counts only where the bin was heard of before it began.

A sensor that reports every few hours tells of an emptying only afterwards, so silence is wrong no sooner than 12 hours
after the end. Default drop 20 %: settling takes off 5 to 10 %, a lorry takes all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from pipeline import emptying
from pipeline.detector import Detector, Judgement
from pipeline.plans import Planned
from pipeline.rows import Flags, Floats, Ints, Reading
from pipeline.units import Amount, Quantity, Seconds
from pipeline.world import World


class PlannedEmptying(Detector):
    """Has the bin not been emptied by the end of its plan's window?"""

    rows = Reading
    needs: ClassVar[tuple[str, ...]] = ("value",)
    memory = np.dtype([("start", "f8"), ("seen", "?"), *emptying.FIELDS])
    """start: of the window, seen: from its start; then what emptying remembers."""

    drop: Amount = Amount(20, "%")
    """A fall by so much is an emptying."""
    empty: Amount = Amount(10, "%")
    """So low there is nothing to collect."""
    echo: Seconds = Quantity(3 * 3600.0)
    """Two readings no farther apart check each other."""
    grace: Seconds = Quantity(12 * 3600.0)
    """So long after the end of a window silence may yet turn out to have been an emptying."""

    @property
    def unit(self) -> str:  # type: ignore[override]  # the unit that the level is written in
        return self.drop.unit

    def judge(self, rows: Reading, world: World, memory: Any) -> Judgement:
        planned = world.plan(rows.subject, rows.ts, placed=False)
        begins = (planned.plan >= 0) & (memory["start"] != planned.start)
        memory["seen"][begins] = (memory["heard"] & (memory["ts"] < planned.start))[begins]
        memory["start"][begins] = planned.start[begins]
        emptying.step(memory, rows.ts, rows.value, self.drop, self.empty, self.echo)
        over = self._waits(planned, memory) & (rows.ts >= planned.end)
        return Judgement(wrong=over & ~memory["falling"], right=~over, measure=rows.value)

    def idle(self, last: Reading, world: World, memory: Any) -> Floats | None:
        planned = world.plan(last.subject, last.ts, placed=False)
        return planned.deadline(last.ts, ~self._waits(planned, memory)) + self.grace

    def _waits(self, planned: Planned, memory: Any) -> Flags:
        """Whether it is still to be emptied in this window."""
        waits: Flags = (planned.plan >= 0) & memory["seen"] & (memory["since"] < planned.start)
        return waits

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        return {"no plan without a route or a zone": ~world.has_plan(subjects, placed=False)}

"""fill_forecast: will the bin be full before anyone comes?

Reads Reading, of the metric that the rule names (fullness). Remembers up to 24 readings spread over the time since the
last emptying, and forecasts from them (pipeline/filling.py). Reports hours until it is full. Wrong where the likely
time is no more than `within` away; right where it is farther, or the bin has just been emptied. Once it is full, and
while a fall waits for the next reading to agree, it stays what it was: a bin that became full as foretold is still to
be emptied. Fewer than four readings since the last emptying say nothing. A level below nothing or beyond `most` is the
sensor's fault: it says nothing, and is not remembered.

The likely time decides, not the interval around it (80 %): a crew that goes when the earliest time is near goes to
twice as many bins as needed. Default 4 hours: half a shift, in which a round can still take one bin more.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pipeline import emptying
from pipeline.detector import Detector, Judgement, Memory
from pipeline.filling import forecast
from pipeline.rows import Floats, Longs, Reading
from pipeline.runs import of_row, rounds
from pipeline.units import Amount, Quantity, Seconds
from pipeline.world import World

SIZE = 24
"""How many readings are remembered."""

__all__ = ["FillForecast", "forecast"]


class FillForecast(Detector):
    """Will the bin be full before anyone comes?"""

    rows = Reading
    needs: ClassVar[tuple[str, ...]] = ("value",)
    memory = np.dtype([*emptying.FIELDS, ("count", "i8"), ("times", "f8", SIZE), ("levels", "f8", SIZE)])
    """The newest reading is the last."""
    worse: ClassVar[Any] = min
    unit = "h"

    full: Amount = Amount(90, "%")
    """Here it is full."""
    most: Amount = Amount(100, "%")
    """No bin is fuller."""
    within: Seconds = Quantity(4 * 3600.0)
    """So soon is wrong."""
    drop: Amount = Amount(20, "%")
    """A fall by so much is an emptying."""
    empty: Amount = Amount(10, "%")
    """So low it has been emptied."""
    echo: Seconds = Quantity(3 * 3600.0)
    """Two readings no farther apart check each other."""

    def judge_runs(self, rows: Reading, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        left, emptied, falling = np.full(n, np.nan), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        fit = np.flatnonzero((rows.value >= 0.0) & (rows.value <= self.most))
        key, begin = np.unique(of_row(np.arange(len(starts)), starts, n)[fit], return_index=True)
        for which, place in rounds(begin, len(fit)):
            keys, row = key[which], fit[place]
            mine, ts, value = memory[keys], rows.ts[row], rows.value[row]
            emptied[row] = emptying.step(mine, ts, value, self.drop, self.empty, self.echo)
            falling[row] = mine["falling"]
            _remember(mine, ts, value, np.where(emptied[row], mine["since"], -np.inf))
            known = np.arange(SIZE) >= SIZE - mine["count"][:, None]
            times, levels = (np.where(known, mine[name], np.nan) for name in ("times", "levels"))
            left[row] = forecast(times, levels, self.full)[1] - ts
            memory[keys] = mine
        full = (rows.value >= self.full) | (left <= 0.0)
        soon = left <= self.within  # what is not known is NaN, and neither
        wrong = soon & ~full & ~falling & ~emptied
        right = emptied | ((left > self.within) & ~full & ~falling)
        return Judgement(wrong=wrong, right=right, measure=left / 3600.0)


def _remember(memory: Memory, ts: Floats, value: Floats, since: Floats) -> None:
    """The reading as the newest, and none from before `since`. Of too many, the one goes that leaves the least gap."""
    times = memory["times"]
    kept = (np.arange(SIZE) >= SIZE - memory["count"][:, None]) & (times >= since[:, None])
    count = kept.sum(axis=1)
    gone = np.where(count == SIZE, 1 + np.argmin(times[:, 2:] - times[:, :-2], axis=1), 0)
    others = np.arange(SIZE - 1) + (np.arange(SIZE - 1) >= gone[:, None])
    for name, new in (("times", ts), ("levels", value)):
        memory[name] = np.concatenate([np.take_along_axis(memory[name], others, axis=1), new[:, None]], axis=1)
    memory["count"] = np.minimum(count + 1, SIZE)

"""not_emptied: has the bin not been emptied for too long?

Reads Reading, of the metric that the rule names (fullness). Remembers when the level last fell as only an emptying
makes it fall, or was last so low that nothing was there to collect; before that is known, time counts from the first
reading. Reports days. While a fall waits for the next reading to agree (pipeline/emptying.py) the row says nothing. A
bin that reports nothing is silent, which is another rule's question.

Default 7 days: organic waste that lies longer draws rats and flies in summer. Default drop 20 %: settling takes off 5
to 10 %, a lorry takes all.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pipeline import emptying
from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Longs, Reading
from pipeline.runs import rounds
from pipeline.units import Amount, Quantity, Seconds
from pipeline.world import World


class NotEmptied(Detector):
    """Has the bin not been emptied for too long?"""

    rows = Reading
    needs: ClassVar[tuple[str, ...]] = ("value",)
    memory = np.dtype(emptying.FIELDS)
    unit = "d"

    longest: Seconds = Quantity(7 * 86400.0)
    """How long may lie between two emptyings."""
    drop: Amount = Amount(20, "%")
    """A fall by so much is an emptying."""
    empty: Amount = Amount(10, "%")
    """So low there is nothing to collect."""
    echo: Seconds = Quantity(3 * 3600.0)
    """Two readings no farther apart check each other."""

    def judge_runs(self, rows: Reading, starts: Longs, world: World, memory: Memory) -> Judgement:
        lasted, falling = np.empty(len(rows)), np.zeros(len(rows), np.bool_)
        for keys, row in rounds(starts, len(rows)):
            mine, ts = memory[keys], rows.ts[row]
            emptying.step(mine, ts, rows.value[row], self.drop, self.empty, self.echo)
            lasted[row], falling[row] = ts - mine["since"], mine["falling"]
            memory[keys] = mine
        over = lasted > self.longest
        return Judgement(wrong=over & ~falling, right=~over, measure=lasted / 86400.0)

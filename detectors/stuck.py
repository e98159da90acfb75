"""stuck: has a sensor said the same for too long?

Reads Reading, of the metric that the rule names, or any column of rows (`column`). Remembers the value at which it
stands, since when, and how often it was said. Reports hours. Wrong where `longest` has passed and at least `readings`
in a row are within `tolerance` of the first of them: a sensor that is merely silent is not stuck. Standing still at
`rests_at` is normal (a rain gauge at 0, a lamp that is off) and right.

Default one day: whatever weather, people or traffic move has moved in a day. Default tolerance none: a live sensor's
last digit is never still; one that rounds to whole degrees needs a longer time instead.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Longs, Rows
from pipeline.runs import rounds
from pipeline.units import Amount, Quantity, Seconds, in_column
from pipeline.world import World


class Stuck(Detector):
    """Has a sensor said the same for too long?"""

    rows = Rows
    memory = np.dtype([("count", "i8"), ("since", "f8"), ("value", "f8")])
    unit = "h"
    version: ClassVar[str] = "1"

    column: str = "value"
    """What is looked at; `value` is what a reading says of the rule's metric."""
    longest: Seconds = Quantity(86400.0)
    """How long it may say the same."""
    readings: int = Field(default=5, ge=2)
    """So often at least it has said so."""
    tolerance: Amount | None = None
    """So much to either side is still the same; not given: none."""
    rests_at: Amount | None = None
    """Where standing still is normal."""

    @model_validator(mode="after")
    def _units(self) -> Self:
        self._in_column()
        return self

    def _in_column(self) -> tuple[float, float]:
        """(tolerance, rests_at) in the column's unit; NaN where it rests nowhere."""
        tolerance, rests_at = (
            np.nan if amount is None else in_column(amount, self.column) for amount in (self.tolerance, self.rests_at)
        )
        return float(np.nan_to_num(tolerance)), rests_at

    def needed(self) -> tuple[str, ...]:
        return (self.column,)

    def judge_runs(self, rows: Rows, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        tolerance, rests_at = self._in_column()
        values, lasted, wrong = rows.column(self.column), np.empty(n), np.zeros(n, np.bool_)
        for keys, row in rounds(starts, n):
            mine, value, ts = memory[keys], values[row], rows.ts[row]
            same = (mine["count"] > 0) & (np.abs(value - mine["value"]) <= tolerance)
            mine["count"] = np.where(same, mine["count"] + 1, 1)
            mine["since"] = np.where(same, mine["since"], ts)
            mine["value"] = np.where(same, mine["value"], value)
            lasted[row] = ts - mine["since"]
            wrong[row] = (lasted[row] > self.longest) & (mine["count"] >= self.readings)
            wrong[row] &= ~(np.abs(mine["value"] - rests_at) <= tolerance)
            memory[keys] = mine
        return Judgement(wrong=wrong, measure=lasted / 3600.0)

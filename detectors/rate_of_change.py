"""rate_of_change: did a number rise or fall too much in too short a time?

Reads Reading, of the metric that the rule names, or any column of rows (`column`). Reports by how much it changed.
Wrong where it rose by more than `rise`, or fell by more than `fall`, within `within`; right where it did not.

One stray value is no change: two readings in a row must be at the new level (the lower of them counts for a rise), and
two in a row must have been at the old one (the higher of them counts). While only the newest shows a change the row
says nothing. So `within` must be at least two intervals between reports. Sixteen earlier readings are remembered; of a
sensor that reports faster, those that are spread over `within`.

Default 10 °C in 5 minutes: sun warms a bin by 2 °C in that time, fire by 50.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Flags, Floats, Longs, Rows
from pipeline.runs import rounds
from pipeline.units import Amount, Quantity, Seconds, in_column, scale
from pipeline.world import World

SIZE = 16
"""How many earlier readings are remembered."""


class RateOfChange(Detector):
    """Did a number rise or fall too much in too short a time?"""

    rows = Rows
    memory = np.dtype([("count", "i8"), ("ts", "f8", SIZE + 1), ("value", "f8", SIZE + 1)])
    """The newest reading is the last; those before are older than it, NaN where there is none."""
    version: ClassVar[str] = "1"

    column: str = "value"
    """What is looked at; `value` is what a reading says of the rule's metric."""
    rise: Amount | None = None
    """Rising by more is wrong."""
    fall: Amount | None = None
    """Falling by more is wrong."""
    within: Seconds = Field(default=Quantity(300.0), gt=0)
    """In so long."""

    @model_validator(mode="before")
    @classmethod
    def _some_change(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("rise") is None and given.get("fall") is None:
            return {**given, "rise": Amount(10, "°C")}
        return given

    @model_validator(mode="after")
    def _changes(self) -> Self:
        if any(change <= 0 for change in self._limits()):
            raise ValueError("expected 'rise' and 'fall' above 0")
        return self

    def _limits(self) -> tuple[float, float]:
        """(rise, fall) in the column's unit; infinite where it is not asked."""
        rise, fall = (np.inf if a is None else in_column(a, self.column) for a in (self.rise, self.fall))
        return rise, fall

    @property
    def unit(self) -> str:  # type: ignore[override]  # it is the bound's
        unit = self._written()
        return "" if unit == "1" else unit

    def _written(self) -> str:
        return next(amount.unit for amount in (self.rise, self.fall) if amount is not None)

    def needed(self) -> tuple[str, ...]:
        return (self.column,)

    def judge_runs(self, rows: Rows, starts: Longs, world: World, memory: Memory) -> Judgement:
        n = len(rows)
        values, changes = rows.column(self.column), np.empty((4, n))
        for keys, row in rounds(starts, n):
            mine = memory[keys]
            changes[:, row] = _changes(mine, rows.ts[row], values[row], self.within)
            _remember(mine, rows.ts[row], values[row], self.within / (SIZE - 4))
            memory[keys] = mine
        rise, fall = self._limits()
        wrong: Flags = (changes[0] > rise) | (changes[1] > fall)
        doubtful = (changes[2] > rise) | (changes[3] > fall)
        asked = [change for change, limit in zip(changes[:2], (rise, fall), strict=True) if limit < np.inf]
        measure = np.maximum.reduce(asked) / scale(self._written(), self.column)
        return Judgement(wrong=wrong, right=~wrong & ~doubtful, measure=measure)


def _changes(memory: Memory, now: Floats, value: Floats, within: float) -> tuple[Floats, Floats, Floats, Floats]:
    """(rise, fall, and both as the newest reading alone has them), each of shape (n,); -inf where nothing shows any."""
    ts, old = memory["ts"], memory["value"]
    seen = np.arange(SIZE + 1) >= (SIZE + 1 - memory["count"])[:, None]
    recent = seen & (now[:, None] - ts <= within)
    pair = recent[:, 1:] & seen[:, :-1]
    low = np.where(pair, np.maximum(old[:, 1:], old[:, :-1]), np.inf)
    high = np.where(pair, np.minimum(old[:, 1:], old[:, :-1]), -np.inf)
    # the newest two readings are at the new level: the old one is of pairs before them
    newest = old[:, -1]
    rise = np.minimum(value, newest) - low[:, :-1].min(axis=1)
    fall = high[:, :-1].max(axis=1) - np.maximum(value, newest)
    return rise, fall, value - low.min(axis=1), high.max(axis=1) - value


def _remember(memory: Memory, now: Floats, value: Floats, apart: float) -> None:
    """The reading as the newest; the one that was stays if it is at least `apart` seconds from the one before it."""
    ts, old, count = memory["ts"], memory["value"], memory["count"]
    near = (count > 1) & (ts[:, -1] - ts[:, -2] < apart)
    for column, new in ((ts, now), (old, value)):
        moved = np.concatenate([column[:, 1:], new[:, None]], axis=1)
        column[:] = np.where(near[:, None], np.concatenate([column[:, :-1], new[:, None]], axis=1), moved)
    memory["count"] = np.minimum(count + ~near, SIZE + 1)

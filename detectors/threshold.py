"""threshold: is a number too high, too low, or out of its range?

Reads Reading, of the metric that the rule names, or any column of rows (`column`). Wrong above `above` and below
`below`; right again below `clear_below` and above `clear_above`, and between the two it stays what it was: sensors step
and rubbish settles. Reports the number, the worst of an episode being the farthest beyond its bound; with both bounds,
how far beyond the nearer of them it is. A single stray value is not this detector's business: the rule's `for` and
`clear` outlast it. Without any bound it is `above: 90 %`: a bin beyond which the next bag lies beside it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import model_validator

from pipeline.bound import Bound
from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Rows
from pipeline.units import Amount, in_column, scale
from pipeline.world import World


class Threshold(Detector):
    """Is a number too high, too low, or out of its range?"""

    rows = Rows
    version: ClassVar[str] = "1"

    column: str = "value"
    """What is compared; `value` is what a reading says of the rule's metric."""
    above: Amount | None = None
    """Above this it is wrong."""
    below: Amount | None = None
    """Below this it is wrong."""
    clear_below: Amount | None = None
    """What was above is right again below this; not given: at the bound itself."""
    clear_above: Amount | None = None
    """What was below is right again above this; not given: at the bound itself."""

    @model_validator(mode="before")
    @classmethod
    def _some_bound(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("above") is None and given.get("below") is None:
            return {**given, "above": Amount(90, "%")}
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        self._bounds()
        if self.above is not None and self.below is not None:
            low, high = (in_column(amount, self.column) for amount in (self.below, self.above))
            if low > high:
                raise ValueError(f"expected below ({self.below}) to be no more than above ({self.above})")
        return self

    def _bounds(self) -> list[Bound]:
        if self.above is None or self.below is None:
            return [Bound.of(self.column, self.above, self.below, self.clear_below, self.clear_above)]
        high = Bound.of(self.column, self.above, None, self.clear_below)
        return [high, Bound.of(self.column, None, self.below, None, self.clear_above)]

    @property
    def worse(self) -> Any:  # which of two is worse depends on the bound
        return self._bounds()[0].worse

    @property
    def unit(self) -> str:  # type: ignore[override]  # it is the bound's
        return self._bounds()[0].unit

    def needed(self) -> tuple[str, ...]:
        return (self.column,)

    def judge(self, rows: Rows, world: World, memory: Memory | None) -> Judgement:
        bounds = self._bounds()
        first = bounds[0]
        wrong, right, measure = first.beyond(rows), first.back(rows), first.measure(rows)
        if len(bounds) > 1:
            low = bounds[1]
            wrong, right = wrong | low.beyond(rows), right & low.back(rows)
            shown = scale(first.limit.unit, self.column)
            above, below = (in_column(bound.limit, self.column) / shown for bound in bounds)
            measure = np.maximum(measure - above, below - measure)
        return Judgement(wrong=wrong, right=right, measure=measure)

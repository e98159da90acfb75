"""bin_overflow: is the bin full?

Reads Reading, of the metric that the rule names (%). Reports % full. Wrong from `full` on, right below `clear_below`,
and between the two it stays what it was: level sensors step by a few percent and rubbish settles, and a bin that is
emptied falls far below. A single stray echo is not this detector's business: the rule's `for` and `clear` outlast it.
Defaults 90 % and 70 %: above 90 % the next bag lies beside the bin, and no settling takes a bin below 70 %.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Reading
from pipeline.units import Percent, Quantity
from pipeline.world import World


class BinOverflow(Detector):
    """Is the bin full?"""

    rows = Reading
    needs: ClassVar[tuple[str, ...]] = ("value",)
    unit = "%"

    full: Percent = Quantity(90.0)
    """From here on it overflows."""
    clear_below: Percent = Quantity(70.0)
    """Below this it has been emptied."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.clear_below > self.full:
            raise ValueError(f"expected clear_below ({self.clear_below:g} %) to be no more than full ({self.full:g} %)")
        return self

    def judge(self, rows: Reading, world: World, memory: Memory | None) -> Judgement:
        return Judgement(wrong=rows.value >= self.full, right=rows.value < self.clear_below, measure=rows.value)

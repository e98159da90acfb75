"""contradiction: does a sensor say what can't be true, going by another?

Reads Position: two columns, each with a bound (`above` or `below`). Reports what the second one says. Wrong while both
are beyond their bounds, which can't be; right when either is not: a stray speed of a parked vehicle is no contradiction
that lasts. A red light ends none where the rule's `clear` is longer than it. `column` is the sensor in doubt, `against`
the witness.

Default: ignition off (half way to on) while driving at 10 km/h or more, three times what GNSS speed of a vehicle that
stands reaches; a tow truck or a ferry does it too, and rarely. A body that is raised at 40 km/h is its own case: a lie
of the sensor, or a danger. `for` should be longer than the two sensors are apart in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from pipeline.bound import Bound
from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Position
from pipeline.units import Amount
from pipeline.world import World


class Contradiction(Detector):
    """Does a sensor say what can't be true, going by another?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ()

    column: str = "ignition"
    """The sensor in doubt."""
    above: Amount | None = None
    """Above this it says so; either this or `below`."""
    below: Amount | None = None
    """Below this it says so."""
    against: str = "speed"
    """The sensor that it is held against."""
    against_above: Amount | None = None
    """Above this that one excludes it; either this or `against_below`."""
    against_below: Amount | None = None
    """Below this that one excludes it."""

    @model_validator(mode="before")
    @classmethod
    def _off_while_driving(cls, given: Any) -> Any:
        """What a rule leaves out is about the ignition and the speed."""
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        if not {"column", "above", "below"} & given.keys():
            filled["below"] = Amount(50, "%")
        if not {"against", "against_above", "against_below"} & given.keys():
            filled["against_above"] = Amount(10, "km/h")
        return filled

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        _ = self._doubted, self._witness
        return self

    @property
    def _doubted(self) -> Bound:
        return Bound.of(self.column, self.above, self.below)

    @property
    def _witness(self) -> Bound:
        return Bound.of(self.against, self.against_above, self.against_below, prefix="against_")

    @property
    def worse(self) -> Any:  # which way is worse is the bound's
        return self._witness.worse

    @property
    def unit(self) -> str:  # type: ignore[override]  # the unit that the bound is written in
        return self._witness.unit

    def needed(self) -> tuple[str, ...]:
        return (self.column, self.against)

    def amounts(self) -> Mapping[str, str]:
        return {
            name: self.against if name.startswith("against_") else self.column
            for name, value in self
            if isinstance(value, Amount)
        }

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        wrong = self._doubted.beyond(rows) & self._witness.beyond(rows)
        return Judgement(wrong=wrong, measure=self._witness.measure(rows))

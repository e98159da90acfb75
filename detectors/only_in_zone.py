"""only_in_zone: does the vehicle do outside its zones what it may do in them alone?

Reads Position: the column that the rule names, with a bound (`above` or `below`, itself included), and the place.
Reports no number. Wrong while the column is beyond the bound outside every zone of these uses; right when it is not, or
inside one. Within the fix's accuracy of a zone's boundary, and between the bound and `clear`, neither.

A body raised above 30 % outside a site, a disposal site or a depot is the default: tipping, or driving off with the
body up; below that a body rattles on a bad road. Speed below 3 km/h for a quarter of an hour (the rule's `for`) is a
suspicious stop.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import model_validator

from pipeline.bound import Bound
from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Position
from pipeline.units import Amount
from pipeline.world import World


class OnlyInZone(Detector):
    """Does the vehicle do outside its zones what it may do in them alone?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("lon", "lat")

    column: str = "body"
    """What it does: the column that is looked at."""
    above: Amount | None = None
    """It does so from here on; either this or `below`."""
    below: Amount | None = None
    """It does so up to here."""
    clear: Amount | None = None
    """It has stopped when the column is back here; None: when it is not beyond the bound."""
    uses: tuple[str, ...] = ("site", "disposal", "depot")
    """The `use`s of the zones in which it may."""

    @model_validator(mode="before")
    @classmethod
    def _raised(cls, given: Any) -> Any:
        """A rule that names neither column nor bound asks about the body."""
        if isinstance(given, dict) and not {"column", "above", "below"} & given.keys():
            return {"above": Amount(30, "%"), **given}
        return given

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        self._bound()
        return self

    def _bound(self) -> Bound:
        return Bound.of(self.column, self.above, self.below, self.clear)

    def needed(self) -> tuple[str, ...]:
        return (self.column, *self.needs)

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        bound, place = self._bound(), world.within(rows, self.uses)
        return Judgement(wrong=bound.beyond(rows) & place.outside, right=bound.back(rows) | place.inside)

"""only_in_zone: does the vehicle do outside its zones what it may do in them alone?

Reads Position: the column that the rule names, with a bound (`above` or `below`), and the place. Reports the column.
Wrong while the column is beyond the bound outside every zone of these uses; right when it is not, or inside one. Within
the fix's accuracy of a zone's boundary, and between the bound and the one that clears it, neither.

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
    """Above this it does so; either this or `below`."""
    below: Amount | None = None
    """Below this it does so."""
    clear_below: Amount | None = None
    """Below this it no longer does; not given: as soon as it is not above."""
    clear_above: Amount | None = None
    """Above this it no longer does; not given: as soon as it is not below."""
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
        _ = self._bound
        return self

    @property
    def _bound(self) -> Bound:
        return Bound.of(self.column, self.above, self.below, self.clear_below, self.clear_above)

    @property
    def worse(self) -> Any:  # which way is worse is the bound's
        return self._bound.worse

    @property
    def unit(self) -> str:  # type: ignore[override]  # the unit that the bound is written in
        return self._bound.unit

    def needed(self) -> tuple[str, ...]:
        return (self.column, *self.needs)

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        bound, place = self._bound, world.within(rows, self.uses)
        return Judgement(
            wrong=bound.beyond(rows) & place.outside,
            right=bound.back(rows) | place.inside,
            measure=bound.measure(rows),
        )

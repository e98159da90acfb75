"""load_not_sealed: is the vehicle under way with a load and its lid open?

Reads Position. Reports how far the lid is open, in %. Wrong while it is loaded, moves and the lid is open; right when
the lid is closed, the load gone, or it stands: loading under an open lid is no offence, and a stray speed then must not
become one by what follows. A red light ends none where the rule's `clear` is longer than it. Load and lid have two
bounds each, between which the last answer stands, because weighing cells swing by a few percent while a lorry brakes
and a lid's sensor trembles in the wind. Defaults: below 10 % is what sticks to an empty body, 20 % is certainly a load;
a lid less than 5 % open is closed, and one more than 10 % open lets the load blow out.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from pipeline.detector import Detector, Judgement, Memory
from pipeline.rows import Position
from pipeline.units import Kmh, Quantity, Share
from pipeline.world import World


class LoadNotSealed(Detector):
    """Is the vehicle under way with a load and its lid open?"""

    rows = Position
    needs: ClassVar[tuple[str, ...]] = ("load", "lid", "speed")
    unit = "%"

    loaded: Share = Quantity(0.20)
    """From here on it carries something."""
    empty: Share = Quantity(0.10)
    """Below this it carries nothing."""
    open: Share = Quantity(0.10)
    """Above this the lid is open."""
    closed: Share = Quantity(0.05)
    """Up to here the lid is closed."""
    moving: Kmh = Quantity(5.0)
    """From here on it is under way."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (("empty", "loaded"), ("closed", "open")):
            below, above = getattr(self, low), getattr(self, high)
            if below > above:
                raise ValueError(f"expected {low} ({below:.4g}) to be no more than {high} ({above:.4g})")
        return self

    def judge(self, rows: Position, world: World, memory: Memory | None) -> Judgement:
        under_way = (rows.load >= self.loaded) & (rows.speed >= self.moving)
        return Judgement(
            wrong=under_way & (rows.lid > self.open),
            right=(rows.load < self.empty) | (rows.lid <= self.closed) | (rows.speed < self.moving),
            measure=rows.lid * 100.0,
        )

"""bound: a bound of a column that a rule names: is the row beyond it, and is it back?

For detectors whose parameters are `column`, `above` or `below`, and what clears it. Numbers are those of `Amount`,
compared in the column's unit and shown in the bound's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from pipeline.rows import Flags, Floats, Rows
from pipeline.units import Amount, in_column, scale


@dataclass(frozen=True, slots=True)
class Bound:
    """Beyond `limit`, and back beyond `clear` on the other side; each bound itself is neither."""

    column: str
    limit: Amount
    clear: Amount | None
    """None: what is not beyond is back."""
    upward: bool
    """Beyond is above."""

    @classmethod
    def of(
        cls,
        column: str,
        above: Amount | None,
        below: Amount | None,
        clear_below: Amount | None = None,
        clear_above: Amount | None = None,
        prefix: str = "",
    ) -> Self:
        """From the parameters of a rule; `prefix` is what the names of their bounds begin with. Raises ValueError."""
        limit = below if above is None else above
        if limit is None or (above is not None and below is not None):
            raise ValueError(f"expected either {prefix}above or {prefix}below")
        upward = above is not None
        clear, useless = (clear_below, clear_above) if upward else (clear_above, clear_below)
        if useless is not None:
            raise ValueError("expected clear_below with above and clear_above with below")
        bound = cls(column, limit, clear, upward)
        at = in_column(limit, column)
        if clear is not None and (in_column(clear, column) > at if upward else in_column(clear, column) < at):
            order = "clear_below to be no more than above" if upward else "clear_above to be no less than below"
            raise ValueError(f"expected {order} ({limit})")
        return bound

    @property
    def worse(self) -> Any:
        """Which of two measures is worse."""
        return max if self.upward else min

    @property
    def unit(self) -> str:
        """The measure's, as it is shown."""
        return "" if self.limit.unit == "1" else self.limit.unit

    def measure(self, rows: Rows) -> Floats:
        """The column in the unit that the bound is written in, shape (n,)."""
        shown: Floats = rows.column(self.column) / scale(self.limit.unit, self.column)
        return shown

    def beyond(self, rows: Rows) -> Flags:
        """Which rows are beyond the bound, shape (n,)."""
        return self._past(rows, self.limit, self.upward)

    def back(self, rows: Rows) -> Flags:
        """Which rows are back, shape (n,)."""
        return ~self.beyond(rows) if self.clear is None else self._past(rows, self.clear, not self.upward)

    def _past(self, rows: Rows, amount: Amount, upward: bool) -> Flags:
        values, at = rows.column(self.column), in_column(amount, self.column)
        flags: Flags = values > at if upward else values < at
        return flags

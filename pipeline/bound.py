"""bound: a bound of a column that a rule names: is the row beyond it, and is it back?

For detectors whose parameters are `column`, `above` or `below`, and `clear`. Numbers are those of `Amount`, brought
into the column's unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pipeline.rows import Flags, Rows
from pipeline.units import Amount, in_column


@dataclass(frozen=True, slots=True)
class Bound:
    """Beyond `limit` (itself included), and back at `clear` (itself included); in the column's unit."""

    column: str
    limit: float
    clear: float | None
    """None: what is not beyond is back."""
    upward: bool
    """Beyond is above."""

    @classmethod
    def of(
        cls, column: str, above: Amount | None, below: Amount | None, clear: Amount | None = None, of: str = ""
    ) -> Self:
        """From the parameters of a rule; `of` is what their names begin with. Raises ValueError."""
        limit = below if above is None else above
        if limit is None or (above is not None and below is not None):
            raise ValueError(f"expected either {of}above or {of}below")
        upward = above is not None
        bound = cls(column, in_column(limit, column), None if clear is None else in_column(clear, column), upward)
        if bound.clear is not None and (bound.clear > bound.limit if upward else bound.clear < bound.limit):
            side = f"no more than {of}above" if upward else f"no less than {of}below"
            raise ValueError(f"expected {of}clear ({clear}) to be {side} ({limit})")
        return bound

    def beyond(self, rows: Rows) -> Flags:
        """Which rows are beyond the bound, shape (n,)."""
        values = rows.column(self.column)
        flags: Flags = values >= self.limit if self.upward else values <= self.limit
        return flags

    def back(self, rows: Rows) -> Flags:
        """Which rows are back for certain, shape (n,); between the bound and `clear` neither."""
        if self.clear is None:
            return ~self.beyond(rows)
        values = rows.column(self.column)
        flags: Flags = values <= self.clear if self.upward else values >= self.clear
        return flags & ~self.beyond(rows)

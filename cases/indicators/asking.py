"""asking: what can be asked, and what is answered: indicators by dimensions and periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import sqlalchemy as sa

from cases.indicators.dimensions import DIMENSIONS
from cases.indicators.periods import KINDS, WHOLE, Period, periods
from cases.tables.desk import CASES
from pipeline.faults import did_you_mean

PATIENCE = 600
"""seconds: a question about years of a large city"""


def patiently(connection: sa.Connection) -> None:
    """What is asked in this transaction may take long: reports and commands, which nobody waits for at a page."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET LOCAL statement_timeout = '{PATIENCE}s'"))


@dataclass(frozen=True, slots=True)
class Question:
    """Which cases, told apart how. Times are UTC seconds."""

    start: float
    end: float
    now: float
    """What lies at or after it has not happened yet."""
    zone: tzinfo
    period: str = WHOLE
    """One of KINDS, or WHOLE."""
    by: tuple[str, ...] = ()
    """Of DIMENSIONS."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Only cases with this value of a dimension."""
    within: tuple[str, ...] = ()
    """Only cases in grid cells whose codes begin so; none: all."""

    def __post_init__(self) -> None:
        """Raises ValueError for what there is not; the message is plain."""
        for name in (*self.by, *self.where):
            if name not in DIMENSIONS:
                hint = did_you_mean(name, DIMENSIONS)
                raise ValueError(f"nothing can be told by '{name}'{hint or '; known: ' + ', '.join(DIMENSIONS)}")
        if self.period not in (*KINDS, WHOLE):
            hint = did_you_mean(self.period, [*KINDS, WHOLE])
            raise ValueError(f"no period '{self.period}'{hint or '; known: ' + ', '.join([*KINDS, WHOLE])}")

    def periods(self) -> Sequence[Period]:
        """Those asked about, none beyond now. Raises ValueError where there are too many."""
        return periods(self.start, min(self.end, self.now), self.period, self.zone)

    def columns(self) -> list[sa.ColumnElement[Any]]:
        """What tells groups apart."""
        return [DIMENSIONS[name].expression.label(f"by_{name}") for name in self.by]

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Of the cases that are told (rule 1) and asked for."""
        chosen = [DIMENSIONS[name].expression == value for name, value in self.where.items()]
        areas = [CASES.c.grid.startswith(area, autoescape=True) for area in self.within]
        inside = [sa.or_(*areas)] if areas else []
        return [CASES.c.withdrawn.is_(False), CASES.c.state != "merged", *chosen, *inside]

"""report: what a report says, before it is a workbook or a page: one reading of the store, all in numbers.

Reads `cases` and `steps` by `cases.indicators`. The period is compared with the one before it, told day by day (a
single day with the six before it), and by each dimension that is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple

import sqlalchemy as sa

from cases.indicators.asking import Question, patiently
from cases.indicators.catalogue import COUNTS, score
from cases.indicators.counting import Line, ask
from cases.indicators.periods import Period, around
from cases.indicators.stays import Stays, ask_stays
from cases.indicators.working import WorkingTime
from cases.reporting.settings import KINDS, WEIGHTS

_DAY = 86400.0
_BEFORE = 6
"""days before a single one"""

Names = Mapping[str, Mapping[str, str]]
"""Dimension -> value -> what people call it."""


@dataclass(frozen=True)
class Order:
    """What is to be reported."""

    kind: str
    """One of KINDS."""
    period: Period
    city: str
    zone: tzinfo
    zone_name: str
    now: float
    """When it is made, UTC seconds; what lies after it has not happened."""
    by: tuple[str, ...] = ("unit", "street", "grid", "class")
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    names: Names = field(default_factory=dict)


class Row(NamedTuple):
    """A group's, or a day's."""

    value: str
    """The dimension's; of a day its date."""
    name: str
    """What people call it."""
    counts: Mapping[str, int]
    rates: Mapping[str, float | None]
    score: float | None


@dataclass(frozen=True)
class Report:
    """All that it says."""

    order: Order
    whole: Row
    before: Row
    """The period before."""
    before_period: Period
    days: Sequence[Row]
    groups: Mapping[str, Sequence[Row]]
    """By dimension; the best first, those without a score last."""
    stays: Sequence[Stays]


def make(connection: sa.Connection, order: Order, working: WorkingTime) -> Report:
    """Read it. All of it is of one moment if the connection's transaction is."""
    patiently(connection)
    period, zone = order.period, order.zone

    def rows(start: float, end: float, kind: str = "whole", by: tuple[str, ...] = ()) -> list[Row]:
        lines = ask(connection, Question(start, end, order.now, zone, kind, by))
        return [_row(order, line, by) for line in lines]

    previous = around(period.start, KINDS[order.kind], zone, back=1)
    since = around(period.start - _BEFORE * _DAY, "day", zone).start if order.kind == "daily" else period.start
    return Report(
        order,
        _only(order, rows(period.start, period.end)),
        _only(order, rows(previous.start, previous.end)),
        previous,
        rows(since, period.end, "day"),
        {name: sorted(rows(period.start, period.end, by=(name,)), key=_rank) for name in order.by},
        ask_stays(connection, Question(period.start, period.end, order.now, zone), working),
    )


def _row(order: Order, line: Line, by: tuple[str, ...]) -> Row:
    value = line.group[0] if by else line.period.name
    name = order.names.get(by[0], {}).get(value, value) if by else value
    rates = line.rates
    return Row(value, name, line.counts, rates, score(rates, order.weights))


def _only(order: Order, rows: Sequence[Row]) -> Row:
    """Nothing at all where the period has not begun."""
    nothing = Line(order.period, (), dict.fromkeys(COUNTS, 0))
    return rows[0] if rows else _row(order, nothing, ())


def _rank(row: Row) -> tuple[bool, float, int, str]:
    return row.score is None, -round(row.score or 0.0, 9), -row.counts["due"], row.value

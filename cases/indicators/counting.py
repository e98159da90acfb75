"""counting: the counts of the catalogue, in SQL: one query for each moment that puts cases into periods.

The database adds up; what comes back is a row for each group and period. Periods are numbers in it: how many of their
ends a time has passed, found by halving, so that a year of days costs nine comparisons a case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.indicators.asking import Question
from cases.indicators.catalogue import COLLECTOR, COUNTS, FALSE_VERDICTS, MACHINE, rates
from cases.indicators.dimensions import Expression
from cases.indicators.periods import Period
from cases.tables.desk import CASES


class Line(NamedTuple):
    """The indicators of a group of cases in a period."""

    period: Period
    group: tuple[str, ...]
    """A value for each of the question's `by`."""
    counts: Mapping[str, int]

    @property
    def rates(self) -> Mapping[str, float | None]:
        """Every rate; None: not known."""
        return rates(self.counts)


def ask(connection: sa.Connection, question: Question) -> Sequence[Line]:
    """A line for each group and period in which something is counted, sorted; without `by` one for each period.

    Raises ValueError where there are too many periods.
    """
    periods = question.periods()
    if not periods:
        return []
    found: dict[tuple[int, tuple[str, ...]], dict[str, int]] = {}
    if not question.by:
        found = {(number, ()): dict.fromkeys(COUNTS, 0) for number in range(len(periods))}
    for moment in dict.fromkeys(count.moment for count in COUNTS.values()):
        names = [id for id, count in COUNTS.items() if count.moment == moment]
        for row in connection.execute(_query(question, periods, moment, names)):
            number, group, numbers = row[0], tuple(row[1 : -len(names)]), row[-len(names) :]
            if numbers[0]:  # the first of a moment's counts holds all others
                counts = found.setdefault((number, group), dict.fromkeys(COUNTS, 0))
                counts.update(zip(names, numbers, strict=True))
    return [Line(periods[number], group, counts) for (number, group), counts in sorted(found.items())]


def _query(question: Question, periods: Sequence[Period], moment: str, names: Sequence[str]) -> sa.Select[Any]:
    c = CASES.c
    when = c[moment]
    ends = [period.end for period in periods]
    own = passed(when, ends)

    def happened(column: Expression) -> Expression:
        """Before the end of the case's period."""
        return passed(column, ends) <= own

    true = (c.state != "rejected") & c.verdict.not_in(FALSE_VERDICTS)
    counts = true & c.filed.is_not(None)
    done = sa.func.coalesce(c.handled, c.closed)
    dispatched = happened(c.dispatched) & (c.dispatched >= c.filed)
    in_time = happened(done) & (done <= c.due)
    of: dict[str, Expression] = {
        "reported": sa.true(),
        "valid": true & (happened(c.filed) | happened(c.closed)),
        "filed": counts,
        "filed_in_time": counts & (c.file_due.is_(None) | (c.filed <= c.file_due) | (c.reopenings > 0)),
        "dispatched": counts & dispatched,
        "dispatched_right": counts & dispatched & (c.returns == 0),
        "found_machine": counts & (c.channel == MACHINE),
        "found_collector": counts & (c.channel == COLLECTOR),
        "found_public": counts & c.channel.not_in((MACHINE, COLLECTOR)),
    }
    # What is due, and what has become of it.
    due = counts & (c.state != "suspended")
    of |= {
        "due": due,
        "handled": due & happened(done),
        "handled_in_time": due & in_time,
        "overdue_waiting": due & sa.or_(done.is_(None), ~happened(done)),
        "closed": due & happened(c.closed),
        "closed_in_time": due & happened(c.closed) & in_time,
        "reworked": due & (c.reworks > 0),
        "extended": due & (c.extensions > 0),
    }
    inside = sa.and_(when >= periods[0].start, when < periods[-1].end, *question.conditions())
    rows = (
        sa.select(own.label("period"), *question.columns(), *(of[name].label(f"is_{name}") for name in names))
        .where(inside)
        .subquery()
    )
    keys = [rows.c.period, *(rows.c[f"by_{name}"] for name in question.by)]
    totals = [sa.func.count().filter(rows.c[f"is_{name}"]).label(name) for name in names]
    return sa.select(*keys, *totals).group_by(*keys)


def passed(column: Expression, ends: Sequence[float]) -> Expression:
    """How many of the ends a time is at or after; NULL where the time is."""

    def between(low: int, high: int) -> Expression:
        if low == high:
            return sa.literal(low)
        middle = (low + high) // 2
        return sa.case((column < ends[middle], between(low, middle)), else_=between(middle + 1, high))

    return sa.case((column.is_(None), sa.null()), else_=between(0, len(ends)))

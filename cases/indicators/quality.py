"""quality: how often rules are right, by what people said of their cases: precision by rule, false alarms by period.

Reads the verdicts (研判) of cases that the pipeline opened. Confirmed: it was so. False alarm and known fixture: it was
not. A duplicate says nothing of the rule, and most cases get no verdict at all: both are counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from cases.indicators.asking import Question
from cases.indicators.catalogue import MACHINE
from cases.indicators.counting import passed
from cases.indicators.periods import Period
from cases.tables.desk import CASES

_RIGHT, _WRONG = ("confirmed",), ("false alarm", "known fixture")


class Quality(NamedTuple):
    """Of a rule's cases that were opened in the time that is asked for."""

    rule: str
    cases: int
    confirmed: int
    false: int
    rejected: int
    """Not accepted (不予受理), and nobody said what it was."""
    by_period: Sequence[tuple[Period, int, int]]
    """Of each period: cases, and false alarms among them."""

    @property
    def precision(self) -> float | None:
        """Of the cases that somebody judged, the share that was so; None where nobody judged any."""
        judged = self.confirmed + self.false
        return self.confirmed / judged if judged else None


def ask_quality(connection: sa.Connection, question: Question) -> Sequence[Quality]:
    """A line for each rule, by its id. Raises ValueError where there are too many periods."""
    periods = question.periods()
    if not periods:
        return []
    c = CASES.c
    number = passed(c.opened, [period.end for period in periods])
    right, wrong = c.verdict.in_(_RIGHT), c.verdict.in_(_WRONG)
    rows = (
        sa.select(
            number.label("period"),
            c.rule,
            right.label("right"),
            wrong.label("wrong"),
            sa.and_(c.state == "rejected", ~right, ~wrong).label("rejected"),
        )
        .where(c.opened >= periods[0].start, c.opened < periods[-1].end, c.channel == MACHINE, *question.conditions())
        .subquery()
    )
    r = rows.c
    sums = [sa.func.count().filter(r[name]) for name in ("right", "wrong", "rejected")]
    query = sa.select(r.rule, r.period, sa.func.count(), *sums).group_by(r.rule, r.period)
    found: dict[str, dict[int, tuple[int, ...]]] = {}
    for rule, at, *counts in connection.execute(query):
        found.setdefault(rule, {})[at] = tuple(counts)
    return [_quality(rule, found[rule], periods) for rule in sorted(found)]


def _quality(rule: str, counts: Mapping[int, tuple[int, ...]], periods: Sequence[Period]) -> Quality:
    cases, confirmed, false, rejected = (sum(column) for column in zip(*counts.values(), strict=True))
    of = []
    for at, period in enumerate(periods):
        all_, _, wrong, _ = counts.get(at, (0, 0, 0, 0))
        of.append((period, all_, wrong))
    return Quality(rule, cases, confirmed, false, rejected, of)

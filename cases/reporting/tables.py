"""tables: what a workbook and a page both show, as columns: which numbers, in which order, and what kind each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cases.indicators.catalogue import COUNTS, RATES
from cases.indicators.stays import Stays
from cases.reporting.report import Report, Row
from cases.reporting.words import Words

COUNT, RATE, SCORE, HOURS, TEXT = "count", "rate", "score", "hours", "text"
"""Kinds of numbers."""

Value = str | float | None


class Column(NamedTuple):
    """Of a table."""

    id: str
    head: str
    kind: str


class Table(NamedTuple):
    """A heading, columns, and a row's values for each; None: not known."""

    id: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]


_SHOWN = (
    *("reported", "filed", "due", "handled", "closed", "overdue_waiting"),
    *("handling_in_time", "closing", "closing_in_time", "rework", "extension"),
)
"""Of a group or day; the summary has all."""


def summary(report: Report, words: Words) -> Table:
    """Every count and rate, this period and the one before, and the score."""
    columns = [
        Column("indicator", words("indicator"), TEXT),
        Column("this", words("this"), ""),
        Column("before", words("before"), ""),
        Column("change", words("change"), ""),
    ]
    rows: list[list[Value]] = []
    for id in (*COUNTS, *RATES):
        now, before = _value(report.whole, id), _value(report.before, id)
        rows.append([id, now, before, None if now is None or before is None else now - before])
    if report.order.weights:
        now, before = report.whole.score, report.before.score
        rows.append(["score", now, before, None if now is None or before is None else now - before])
    return Table("summary", words("summary"), columns, rows)


def days(report: Report, words: Words) -> Table:
    """A row for each day."""
    columns = [Column("day", words("day"), TEXT), *_numbers(report, words)]
    return Table("days", words("days"), columns, [[row.value, *_values(report, row)] for row in report.days])


def groups(report: Report, dimension: str, words: Words) -> Table:
    """A row for each unit, street …, with its rank where there is a score."""
    rows = report.groups[dimension]
    columns = [Column("name", words.dimension(dimension), TEXT), *_numbers(report, words)]
    found: list[list[Value]] = [[words.value(dimension, row.name), *_values(report, row)] for row in rows]
    if report.order.weights:
        columns.insert(0, Column("rank", words("rank"), COUNT))
        for k, (row, values) in enumerate(zip(rows, found, strict=True)):
            same = k > 0 and row.score is not None and rows[k - 1].score == row.score
            values.insert(0, None if row.score is None else found[k - 1][0] if same else float(k + 1))
    return Table(dimension, words.by(dimension), columns, found)


def times(report: Report, words: Words) -> Table:
    """A row for each state, in hours."""

    def hours(each: Stays) -> list[Value]:
        return [seconds / 3600 for seconds in (*each.clock, *each.working)]

    heads = ("clock_median", "clock_p90", "working_median", "working_p90")
    columns = [
        Column("state", words("state"), TEXT),
        Column("stays", words("stays"), COUNT),
        *(Column(head, words(head), HOURS) for head in heads),
    ]
    rows = [[words.state(each.state), float(each.stays), *hours(each)] for each in report.stays]
    return Table("times", words("times"), columns, rows)


def all_tables(report: Report, words: Words) -> list[Table]:
    """All but the summary, in the order of a report."""
    return [days(report, words), *(groups(report, name, words) for name in report.groups), times(report, words)]


def kind_of(id: str) -> str:
    """Of a row of the summary."""
    return COUNT if id in COUNTS else RATE if id in RATES else SCORE


def _numbers(report: Report, words: Words) -> list[Column]:
    columns = [Column(id, words.indicator(id), kind_of(id)) for id in _SHOWN]
    return columns + ([Column("score", words("score"), SCORE)] if report.order.weights else [])


def _values(report: Report, row: Row) -> list[float | None]:
    return [_value(row, id) for id in _SHOWN] + ([row.score] if report.order.weights else [])


def _value(row: Row, id: str) -> float | None:
    return float(row.counts[id]) if id in COUNTS else row.rates[id]

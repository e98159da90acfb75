"""periods: the days, weeks, months, quarters and years of a stretch of time, in a city's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

MOST = 1000
"""periods in one question: days of almost three years"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Period(NamedTuple):
    """From its first moment up to but without its last, UTC seconds."""

    name: str
    start: float
    end: float


class _Kind(NamedTuple):
    first: Callable[[date], date]
    """The first day of the period that a day lies in."""
    next: Callable[[date], date]
    """The first day of the one after, of a first day."""
    name: Callable[[date], str]


def _months(count: int) -> Callable[[date], date]:
    def next(day: date) -> date:
        months = day.year * 12 + day.month - 1 + count
        return date(months // 12, months % 12 + 1, 1)

    return next


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


KINDS: Mapping[str, _Kind] = {
    "day": _Kind(lambda d: d, lambda d: d + timedelta(days=1), lambda d: d.isoformat()),
    "week": _Kind(lambda d: d - timedelta(days=d.weekday()), lambda d: d + timedelta(days=7), _week),
    "month": _Kind(lambda d: d.replace(day=1), _months(1), lambda d: f"{d.year}-{d.month:02d}"),
    "quarter": _Kind(
        lambda d: date(d.year, (d.month - 1) // 3 * 3 + 1, 1),
        _months(3),
        lambda d: f"{d.year}-Q{(d.month + 2) // 3}",
    ),
    "year": _Kind(lambda d: date(d.year, 1, 1), _months(12), lambda d: str(d.year)),
}
"""Weeks are those of ISO 8601: they begin on Mondays."""
WHOLE = "whole"
"""All of what is asked for, as one period."""


def moment(day: date, zone: tzinfo) -> float:
    """The first moment of a day, UTC seconds."""
    return datetime.combine(day, time(), zone).timestamp()


def day_of(ts: float, zone: tzinfo) -> date:
    """The day that a moment lies in. Raises OverflowError beyond the calendar."""
    return (_EPOCH + timedelta(seconds=ts)).astimezone(zone).date()


def around(ts: float, kind: str, zone: tzinfo, back: int = 0) -> Period:
    """The whole period that a moment lies in, or the one so many before it."""
    of = KINDS[kind]
    first = of.first(day_of(ts, zone))
    for _ in range(back):
        first = of.first(first - timedelta(days=1))
    return Period(of.name(first), moment(first, zone), moment(of.next(first), zone))


def periods(start: float, end: float, kind: str, zone: tzinfo) -> Sequence[Period]:
    """Those of a kind that lie in a stretch, the first and the last cut to it. None where it has no length.

    Raises ValueError where there are more than MOST.
    """
    if not start < end:
        return []
    if kind == WHOLE:
        return [Period(WHOLE, start, end)]
    of = KINDS[kind]
    found: list[Period] = []
    day = of.first(day_of(start, zone))
    while (begins := moment(day, zone)) < end:
        after = of.next(day)
        if (ends := moment(after, zone)) > start:
            if len(found) == MOST:
                raise ValueError(f"more than {MOST} periods; ask for longer ones, or a shorter time")
            found.append(Period(of.name(day), max(begins, start), min(ends, end)))
        day = after
    return found

"""schedule: which reports are to be made now? A pure function of the time and of what has been made.

A report is made once its period is over, at the time of the day that the settings say. What was missed, because nothing
ran then, is made up afterwards, each once and the oldest first, at most MADE_UP of a kind. Where there is no report of
a kind yet, the newest alone is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from cases.indicators.periods import Period, around, day_of
from cases.reporting.settings import KINDS, ReportsSection

MADE_UP = 7


class Due(NamedTuple):
    """A report that is to be made."""

    kind: str
    period: Period


def due(now: float, last: Mapping[str, float], settings: ReportsSection, zone: tzinfo) -> Sequence[Due]:
    """Those to be made, the oldest first. last: kind -> the end of the newest period that has its report."""
    found = []
    for kind in settings.kinds:
        over = [period for period in _newest(kind, now, zone) if time_of(period, settings, zone) <= now]
        made = last.get(kind)
        missed = over[-1:] if made is None else [period for period in over[-MADE_UP:] if period.end > made]
        found += [Due(kind, period) for period in missed]
    return sorted(found, key=lambda each: (each.period.end, list(KINDS).index(each.kind)))


def time_of(period: Period, settings: ReportsSection, zone: tzinfo) -> float:
    """When the report of a period is due: on the day that follows it."""
    return datetime.combine(day_of(period.end, zone), settings.clock, zone).timestamp()


def _newest(kind: str, now: float, zone: tzinfo) -> Sequence[Period]:
    """The newest periods that are over, the oldest first; the very newest may not be due yet."""
    found: list[Period] = []
    period = around(now, KINDS[kind], zone)
    while len(found) < MADE_UP + 1:
        period = around(period.start - 1, KINDS[kind], zone)
        found.append(period)
    return found[::-1]

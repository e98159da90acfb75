"""working: the working time between many pairs of moments at once, by the city's hours.

`cases.deadlines.working` answers the same one pair at a time; a month has millions of them. The working time up to a
moment is piecewise linear, so that two interpolations are all there is to a pair.
"""

from __future__ import annotations

from datetime import date, tzinfo
from typing import NamedTuple

import numpy as np

from cases.deadlines.settings import WorkingHoursSection, windows
from pipeline.calendars import Calendar
from pipeline.rows import Floats

_DAY = 86400.0
_EPOCH = date(1970, 1, 1).toordinal()
_MARGIN = 40
"""days: what is asked next lies most often near what was asked before"""


class _UpTo(NamedTuple):
    """The working time up to a moment, between two days, as points of a line."""

    first: int
    last: int
    points: Floats
    worked: Floats


class WorkingTime:
    """A city's working hours."""

    def __init__(self, section: WorkingHoursSection, zone: tzinfo, calendar: Calendar) -> None:
        self._section, self._zone, self._calendar = section, zone, calendar
        self._known = _UpTo(0, -1, np.zeros(0), np.zeros(0))

    def between(self, since: Floats, until: Floats) -> Floats:
        """Seconds of working time of each pair, shape (n,); since <= until, finite UTC seconds."""
        if not len(since):
            return np.zeros(0)
        first, last = int(since.min() // _DAY), int(until.max() // _DAY)
        known = self._known
        if first < known.first or last > known.last:
            known = self._known = self._up_to(first - _MARGIN, last + _MARGIN)
        if not len(known.points):
            return np.zeros(len(since))
        after = np.interp(until, known.points, known.worked) - np.interp(since, known.points, known.worked)
        return np.asarray(after, np.float64)

    def _up_to(self, first: int, last: int) -> _UpTo:
        """first, last: days since 1970."""
        # A window may begin a day before, by its zone two, and end as much after.
        days = range(_EPOCH + first - 3, _EPOCH + last + 4)
        found = sorted(windows(self._section, self._zone, self._calendar, days))
        starts, ends = np.array(found, np.float64).reshape(-1, 2).T
        # Windows that overlap count once: each begins where those before it end.
        reached = np.maximum.accumulate(ends)
        starts = np.maximum(starts, np.concatenate([starts[:1], reached[:-1]]))
        points = np.column_stack([starts, np.maximum(starts, reached)]).ravel()
        inside = np.arange(len(points)) % 2 == 1  # what ends at a window's end was worked
        worked = np.cumsum(np.where(inside, np.diff(points, prepend=points[:1]), 0.0))
        return _UpTo(first, last, points, worked)

"""working: which time counts? The two clocks of deadlines in a city's zone, with its holidays and moved work days.

Working time is what lies in the windows of the city's schedule (pipeline/hours.py), by its calendar. All is differences
of one function: the working time up to a moment, which stands still outside windows. So what is worked adds up, and a
deadline is the first moment at which enough has been worked: four hours from 14:00 to 18:00 are due at 18:00, not at
08:00 of the next day. Windows that overlap count once. Times are UTC seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, tzinfo
from itertools import accumulate
from typing import NamedTuple, Self

from cases.deadlines.limits import Limit, Unit
from cases.deadlines.settings import WorkingHoursSection, windows
from pipeline.calendars import Calendar

_DAY = 86400.0
_STRETCH = 400
"""days: the working time of a stretch is found once and remembered"""
_KEPT = 64
"""stretches, 70 years of them"""
_BEYOND = 100
"""stretches: a deadline further away than a century is none"""
_CRUMB = 1e-6
"""seconds: what rounding may add without a deadline at 12:00 becoming one at 14:00"""
_EPOCH = date(1970, 1, 1).toordinal()


class _Stretch(NamedTuple):
    """The windows of some days, none overlapping, cut to the stretch: `before` is what is worked before each, with the
    whole stretch's as its last."""

    starts: list[float]
    ends: list[float]
    before: list[float]

    def until(self, ts: float) -> float:
        """The working time of the stretch up to `ts`."""
        at = bisect_right(self.starts, ts) - 1
        return 0.0 if at < 0 else self.before[at] + (min(ts, self.ends[at]) - self.starts[at])

    def when(self, worked: float) -> float:
        """The first time by which so much has been worked; more than a crumb, and at most one more than the whole."""
        at = bisect_left(self.before, worked - _CRUMB) - 1
        return min(self.starts[at] + (worked - self.before[at]), self.ends[at])


class WorkingHours:
    """When a city works, and what follows for limits and deadlines."""

    def __init__(self, section: WorkingHoursSection, zone: tzinfo, calendar: Calendar) -> None:
        self._section, self._zone, self._calendar = section, zone, calendar
        self._stretches: dict[int, _Stretch] = {}
        self.day = section.day_seconds
        """Of a work day, seconds of working time."""

    @classmethod
    def always(cls, zone: tzinfo) -> Self:
        """Where nothing is configured: 08:00-12:00 and 14:00-18:00 from Monday to Friday."""
        return cls(WorkingHoursSection(), zone, {})

    def seconds(self, limit: Limit) -> float:
        """How much time a limit is, on its own clock."""
        return limit.amount * {Unit.URGENT_DAY: _DAY, Unit.WORK_DAY: self.day}.get(limit.unit, 3600.0)

    def due(self, start: float, limit: Limit) -> float:
        """When what starts then must be done."""
        return self.advance(start, self.seconds(limit), limit.unit.working)

    def remaining(self, now: float, due: float, limit: Limit) -> float:
        """How much time is left on the limit's clock; below 0: how much too late it is."""
        return self.worked(now, due) if limit.unit.working else due - now

    def resume(self, due: float, suspended: float, resumed: float, limit: Limit) -> float:
        """The deadline of a clock that stood still: what was left when it was suspended is left when it goes on."""
        return self.advance(resumed, self.remaining(suspended, due, limit), limit.unit.working)

    def working(self, ts: float) -> bool:
        """Whether it is working time; the start of a window belongs to it, the end does not."""
        stretch = self._stretch(math.floor(ts / (_STRETCH * _DAY)))
        at = bisect_right(stretch.starts, ts) - 1
        return at >= 0 and ts < stretch.ends[at]

    def worked(self, since: float, until: float) -> float:
        """Working time between two moments, seconds; below 0 where `until` is the earlier one."""
        if until < since:
            return -self.worked(until, since)
        first, last = (math.floor(ts / (_STRETCH * _DAY)) for ts in (since, until))
        whole = sum(self._stretch(number).before[-1] for number in range(first, last))
        return whole + self._stretch(last).until(until) - self._stretch(first).until(since)

    def advance(self, ts: float, seconds: float, working: bool) -> float:
        """The first moment with so much (working) time between `ts` and it; before `ts` where seconds are below 0.

        Raises ValueError where there is none within a century.
        """
        if not working or seconds == 0:
            return ts + seconds
        number = first = math.floor(ts / (_STRETCH * _DAY))
        wanted = self._stretch(number).until(ts) + seconds
        while abs(number - first) <= _BEYOND:
            whole = self._stretch(number).before[-1]
            if wanted > whole + _CRUMB:
                wanted, number = wanted - whole, number + 1
            elif wanted <= _CRUMB:
                number -= 1
                wanted += self._stretch(number).before[-1]
            else:
                found = self._stretch(number).when(wanted)
                return max(found, ts) if seconds > 0 else min(found, ts)
        raise ValueError("nobody works enough for this limit within a century; look at working_hours and the calendar")

    def _stretch(self, number: int) -> _Stretch:
        known = self._stretches.get(number)
        if known is None:
            while len(self._stretches) >= _KEPT:
                del self._stretches[next(iter(self._stretches))]
            since, until = number * _STRETCH * _DAY, (number + 1) * _STRETCH * _DAY
            # A window may begin a day before, by its zone two, and end as much after.
            days = range(_EPOCH + number * _STRETCH - 3, _EPOCH + (number + 1) * _STRETCH + 3)
            found = windows(self._section, self._zone, self._calendar, days)
            cut = [(max(start, since), min(end, until)) for start, end in found if start < until and end > since]
            apart = list(_apart(sorted(cut)))
            before = list(accumulate((end - start for start, end in apart), initial=0.0))
            known = _Stretch([start for start, _ in apart], [end for _, end in apart], before)
            self._stretches[number] = known
        return known


def _apart(windows: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Sorted windows, those that touch or overlap as one."""
    current: tuple[float, float] | None = None
    for start, end in windows:
        if current is not None and start <= current[1]:
            current = current[0], max(current[1], end)
        else:
            if current is not None:
                yield current
            current = start, end
    if current is not None:
        yield current

"""calendars: which days are holidays, and which rest days are worked?

A calendar is a mapping of dates: 'holiday' for a day off by law, whatever day of the week it is; 'workday' for a day
that is worked though it is a Saturday or Sunday (调休). A day that is not in it is what its day of the week says:
Monday to Friday are worked. What a city names is turned into dates once, when its registers are read, so that a replay
years later has the same days off, whatever the library knows by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import chinese_calendar

HOLIDAY, WORKDAY = "holiday", "workday"
Calendar = Mapping[date, str]


def worked(day: date, calendar: Calendar) -> bool:
    """Whether people work on that day."""
    kind = calendar.get(day)
    return kind == WORKDAY or (kind != HOLIDAY and day.weekday() < 5)


def known_until(calendar: Calendar) -> date | None:
    """The last day it can say anything about: calendars come by the year. None: it knows nothing."""
    return max(calendar).replace(month=12, day=31) if calendar else None


def _china() -> dict[date, str]:
    """The State Council's yearly notices since 2004, as the package chinesecalendar has them."""
    holidays = dict.fromkeys(chinese_calendar.constants.holidays, HOLIDAY)
    return holidays | dict.fromkeys(chinese_calendar.constants.workdays, WORKDAY)


CALENDARS: dict[str, Callable[[], dict[date, str]]] = {"china": _china}
"""Those that need no file, by the name that a configuration uses."""

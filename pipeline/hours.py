"""hours: on which days and at what times does something hold? A weekly schedule in a city's own time.

    20:00-04:30                                      every night; it belongs to the day it begins on
    Mo-Fr 07:00-09:00,17:00-19:00; Sa,Su off
    workdays 20:00-05:00; restdays 22:00-04:00; holidays off

Parts are separated by ';'. A part is days (none: every day) and its windows or 'off'; a later part replaces what the
earlier ones said about its days. Days: Mo Tu We Th Fr Sa Su, ranges and lists of them; `workdays` and `restdays` by
the calendar, so that a Saturday that is worked is a workday; `holidays`, days off by law. It is the common core of
OpenStreetMap's opening_hours, with words for what China's calendar needs.

A window that begins at a time that a change of the clocks leaves out begins as if the clocks had not changed yet (RFC
5545, 3.3.5); where a time comes twice, a window begins at the first and ends at the second, so that it never ends
while the clock still shows a time inside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, WithJsonSchema

from pipeline.calendars import HOLIDAY, Calendar, worked
from pipeline.faults import did_you_mean
from pipeline.rows import Flags, Floats, Ints

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
WORKDAYS, RESTDAYS, HOLIDAYS = "workdays", "restdays", "holidays"
KINDS = (WORKDAYS, RESTDAYS, HOLIDAYS)

_PART = re.compile(r"(?:(?P<days>[a-z][a-z\s,-]*?)\s+)?(?P<windows>off|\d.*)")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY = 86400.0
_STRETCH = 400
"""days: one table of windows serves all times of such a stretch, and knows the windows of as much before and after"""
_TABLES = 8
"""how many tables are kept: more than a stream of readings with a few odd clocks needs"""
_FIRST, _LAST = date(1900, 1, 1).toordinal(), date(2999, 12, 31).toordinal()
_EPOCH = date(1970, 1, 1).toordinal()


class Part(NamedTuple):
    """Some days, and from when to when on each: minutes after midnight, the end after the start, maybe next day."""

    days: frozenset[str]
    windows: tuple[tuple[int, int], ...]


def parse(text: str) -> tuple[Part, ...]:
    """The parts of a schedule. ValueError says what was expected."""
    plain = unicodedata.normalize("NFKC", text).replace("–", "-").lower()  # as spreadsheets and people write them
    parts: list[Part] = []
    for part in plain.split(";"):
        if not part.strip() and parts:
            continue
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise _unlike(text)
        windows = match["windows"]
        parts.append(
            Part(
                frozenset(_days(match["days"], text) if match["days"] else DAYS),
                () if windows == "off" else tuple(_window(each.strip(), text) for each in windows.split(",")),
            )
        )
    return tuple(parts)


def _unlike(text: str, why: str = "") -> ValueError:
    return ValueError(f"expected hours such as 'Mo-Fr 20:00-04:30', got '{text}'{why}")


def _days(said: str, text: str) -> Iterator[str]:
    known = {name.lower(): name for name in (*DAYS, *KINDS)}
    for item in said.split(","):
        names = [name.strip() for name in item.split("-")]
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or f"; known: {', '.join(known.values())}"
                raise _unlike(text, f": no day '{name}'{hint}")
        if len(names) == 1:
            yield known[names[0]]
            continue
        if len(names) > 2 or not set(names) <= {name.lower() for name in DAYS}:
            raise _unlike(text, f": no range of days '{item.strip()}'")
        first, last = (DAYS.index(known[name]) for name in names)
        yield from (DAYS[(first + k) % 7] for k in range((last - first) % 7 + 1))


def _window(said: str, text: str) -> tuple[int, int]:
    match = _WINDOW.fullmatch(said)
    if match is None:
        raise _unlike(text, f": no window '{said}'")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = 60 * hour + minute, 60 * end_hour + end_minute
    if max(minute, end_minute) > 59 or start >= 1440 or end > 1440:
        raise _unlike(text, f": '{said}' is not within 00:00-24:00")
    if start == end:
        raise _unlike(text, f": '{said}' has no length; all day is 00:00-24:00")
    return start, end if end > start else end + 1440


def _schedule(text: str) -> str:
    parse(text)
    return text.strip()


Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    WithJsonSchema({"type": "string", "description": "hours", "examples": ["07:00-20:00", "workdays 07:00-09:00"]}),
]
"""A schedule as a parameter: `world.during` says when it holds."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The windows of a stretch and around it, by their start; before the first and after the last stands NaN."""

    start: Floats
    end: Floats
    until: Floats
    """the latest end of a window and all before it: windows may overlap"""


class Hours:
    """A schedule in a time zone and a calendar. Times are UTC seconds, shape (n,); NaN is in no window."""

    def __init__(self, text: str, zone: tzinfo, calendar: Calendar | None = None) -> None:
        self.text = text
        self._zone, self._calendar = zone, calendar or {}
        self._parts = parse(text)
        self._tables: dict[int, _Table] = {}

    def at(self, ts: Floats) -> Flags:
        """Whether each time lies in a window; the start belongs to it, the end does not."""
        found = np.zeros(len(ts), np.bool_)
        for table, rows in self._by_stretch(ts):
            when = ts[rows]
            found[rows] = when < table.until.take(np.searchsorted(table.start[1:-1], when, "right"))
        return found

    def current(self, ts: Floats) -> tuple[Floats, Floats]:
        """(start, end) of the newest window with start <= ts, be it over or not; NaN: none in the year before."""
        return self._window_at(ts, 0)

    def next(self, ts: Floats) -> tuple[Floats, Floats]:
        """(start, end) of the first window with start > ts; NaN: none in the year after."""
        return self._window_at(ts, 1)

    def _window_at(self, ts: Floats, step: int) -> tuple[Floats, Floats]:
        start, end = np.full(len(ts), np.nan), np.full(len(ts), np.nan)
        for table, rows in self._by_stretch(ts):
            place = np.searchsorted(table.start[1:-1], ts[rows], "right") + step
            start[rows], end[rows] = table.start.take(place), table.end.take(place)
        return start, end

    def _by_stretch(self, ts: Floats) -> Iterator[tuple[_Table, slice | Flags]]:
        """The table of each stretch that a time lies in, and which times those are; most often it is one for all."""
        stretch = np.floor(ts / (_STRETCH * _DAY))
        low, high = np.fmin.reduce(stretch, initial=np.inf), np.fmax.reduce(stretch, initial=-np.inf)
        if low == high and not np.isnan(stretch).any():
            if np.isfinite(low):
                yield self._table(int(low)), slice(None)
            return
        for number in np.unique(stretch[np.isfinite(stretch)]).tolist():
            yield self._table(int(number)), stretch == number

    def _table(self, stretch: int) -> _Table:
        known = self._tables.get(stretch)
        if known is not None:
            return known
        first, last = (_EPOCH + _STRETCH * (stretch + k) for k in (-1, 2))
        windows = sorted(self.windows(max(first, _FIRST), min(last, _LAST)))
        start, end = np.array([(np.nan, np.nan), *windows, (np.nan, np.nan)]).T
        until = np.fmax.accumulate(np.where(np.isnan(end), -np.inf, end))
        table = _Table(np.ascontiguousarray(start), np.ascontiguousarray(end), until)
        while len(self._tables) >= _TABLES:
            del self._tables[next(iter(self._tables))]
        self._tables[stretch] = table
        return table

    def windows(self, first: int, last: int) -> Iterator[tuple[float, float]]:
        """(start, end) of every window that begins on the days with these ordinals, the first to the last."""
        for ordinal in range(first, last + 1):
            day = date.fromordinal(ordinal)
            midnight = datetime.combine(day, time(), self._zone)
            for start, end in self.on(day):
                begins = (midnight + timedelta(minutes=start)).timestamp()
                ends = midnight + timedelta(minutes=end)
                yield begins, max(ends.timestamp(), ends.replace(fold=1).timestamp())

    def on(self, day: date) -> tuple[tuple[int, int], ...]:
        """The windows that begin on a day: minutes after its midnight."""
        kinds = {DAYS[day.weekday()], WORKDAYS if worked(day, self._calendar) else RESTDAYS}
        if self._calendar.get(day) == HOLIDAY:
            kinds.add(HOLIDAYS)
        return next((part.windows for part in reversed(self._parts) if part.days & kinds), ())


class Timetables:
    """The distinct schedules of a city by number, so that a fleet with one text costs one look-up; -1 is always."""

    def __init__(self, texts: Iterable[str], zone: tzinfo, calendar: Calendar) -> None:
        self._hours = [Hours(text, zone, calendar) for text in sorted(set(texts))]
        self._number = {hours.text: number for number, hours in enumerate(self._hours)}

    def numbers(self, texts: Sequence[str]) -> Ints:
        """The number of each text; '' is always."""
        return np.array([self._number[text] if text else -1 for text in texts], np.int32).reshape(len(texts))

    def at(self, number: Ints, ts: Floats) -> Flags:
        """Whether each time lies in a window of the schedule of that number, shape (n,)."""
        found: Flags = number < 0
        for each in np.flatnonzero(np.bincount(number[~found], minlength=1)).tolist():
            rows = np.flatnonzero(number == each)
            found[rows] = self._hours[each].at(ts[rows])
        return found

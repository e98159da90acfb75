"""plans: what work has to be done by when, and where?

Reads the plans' table. A plan says what one subject has to do in each window of its hours, by the window's end: go
along a route, go over an area, or (with neither) something that has no place of its own, such as having a bin emptied.
Of a subject's plans with a place, and of those without, one window counts at a time: the one that began last, and of
those that began together that of the last id. It counts until the next begins, but no longer than the plan is valid or
a day after the window's end, whichever is later. A window is the plan's if it begins while the plan is valid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipeline.hours import Hours
from pipeline.pieces import Pieces, of_area, of_route
from pipeline.registers import Registers
from pipeline.rows import Flags, Floats, Ints, Longs

_SHARE, _RADIUS = 0.9, 30.0
"""Where a plan gives none: parked cars leave something out; 30 m is a road with both its sides."""
_AFTER = 86400.0
"""seconds: how long after a window's end its work is asked for, where the plan is not valid any more"""


@dataclass(slots=True)
class Planned:
    """What each row's subject has to do then: columns of shape (n,), times in UTC seconds."""

    plan: Longs
    """which, by its place in the register; -1 for none"""
    work: NDArray[np.uint64]
    """the plan and its pieces, as a number that no change of the registers gives to others; 0 for none"""
    pieces: Longs
    """how many its route or area has; 0: it has no place"""
    share: Floats
    """how much of them has to be passed, 0..1"""
    radius: Floats
    """within how many metres of a piece's middle"""
    start: Floats
    """when its window began; NaN for none"""
    end: Floats
    """by when it has to be done"""
    following: Floats
    """when the next window of any of the subject's plans begins; inf for none"""
    following_end: Floats
    """and ends"""

    def deadline(self, ts: Floats, done: Flags) -> Floats:
        """By when something has to be done next: in this window, or where it is done or over, the next; inf: never.

        ts: each row's; done: whether this window's work is.
        """
        waits = (self.plan >= 0) & ~done & (ts < self.end) & (self.end <= self.following)
        end = np.where(waits, self.end, self.following_end)
        return np.where(np.isnan(end), np.inf, end)


class Plans:
    """All plans. subjects: id -> its first register row."""

    def __init__(self, registers: Registers, subjects: Mapping[str, int]) -> None:
        table = registers.plans
        routes = {route.id: route.lines for route in registers.routes}
        areas = {zone.id: zone.polygons for zone in registers.zones}  # sorted by time: of one id's the newest
        radius = np.where(np.isnan(table.numbers("radius")), _RADIUS, table.numbers("radius"))
        middles, work = [], []
        for k, name in enumerate(table.text("id")):
            route, area = table.text("route")[k], table.text("zone")[k]
            some = np.empty((0, 2))
            if route in routes:
                some = of_route(routes[route])
            elif area in areas:
                some, reach = of_area(areas[area])
                radius[k] = max(radius[k], reach)  # who was in a cell has passed it
            middles.append(some)
            content = b"\0".join([name.encode(), some.tobytes()])
            work.append(int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little") | 1)
        self.pieces = Pieces(middles, radius)
        share = np.where(np.isnan(table.numbers("share")), _SHARE, table.numbers("share"))
        # the last place of each, which -1 finds, is that of no plan
        self._work, self._count = np.array([*work, 0], np.uint64), np.append(self.pieces.count, 0)
        self._share, self._radius = np.append(share, 1.0), np.append(radius, 0.0)
        zone = ZoneInfo(registers.time_zone)
        hours = {text: Hours(text, zone, registers.calendar) for text in sorted(set(table.text("hours")))}
        size = max(subjects.values(), default=-1) + 2  # the last place, which -1 finds, is an unknown subject's
        self._timelines: dict[bool, _Timelines] = {}
        for placed in (True, False):
            mine: dict[int, list[_Plan]] = {}
            for k, name in enumerate(table.text("subject")):
                if name in subjects and bool(self.pieces.count[k]) == placed:
                    since, until = (float(table.numbers(column)[k]) for column in ("valid_from", "valid_to"))
                    mine.setdefault(subjects[name], []).append(_Plan(k, hours[table.text("hours")[k]], since, until))
            self._timelines[placed] = _Timelines(mine, size)

    def current(self, owner: Ints, ts: Floats, *, placed: bool) -> Planned:
        """What counts then. owner: the first register row of each subject, or -1. placed: of plans with a place?"""
        columns = self._timelines[placed].at(owner, ts)
        plan = columns["plan"]
        return Planned(
            plan,
            self._work[plan],
            self._count[plan],
            self._share[plan],
            self._radius[plan],
            *(columns[name] for name in ("start", "end", "following", "following_end")),
        )

    def any(self, owner: Ints, *, placed: bool) -> Flags:
        """Whether each subject has a plan, at any time."""
        return self._timelines[placed].some.take(owner)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One plan of a subject."""

    place: int
    hours: Hours
    since: float
    until: float

    def newest(self, ts: float) -> tuple[float, float, _Plan]:
        """(start, end) of its newest window that began at ts or before, -inf where there is none; and itself."""
        start, end = self.hours.current(np.array([min(ts, np.nextafter(self.until, -np.inf))]))
        return (start.item(), end.item(), self) if start[0] >= self.since else (-np.inf, np.nan, self)

    def next(self, ts: float) -> tuple[float, float, _Plan]:
        """The same of the first that begins after ts; inf where there is none."""
        start, end = self.hours.next(np.array([max(ts, np.nextafter(self.since, -np.inf))]))
        return (start.item(), end.item(), self) if start[0] < self.until else (np.inf, np.nan, self)


_COLUMNS: dict[str, float] = {"plan": -1, "start": np.nan, "end": np.nan, "following": np.inf, "following_end": np.nan}


class _Timelines:
    """What counts for each subject, found out once for each stretch of time in which it stays the same."""

    def __init__(self, plans: Mapping[int, list[_Plan]], size: int) -> None:
        self._plans = plans
        self.some: Flags = np.zeros(size, np.bool_)
        self.some[list(plans)] = True
        self._from, self._to = np.full(size, -np.inf), np.full(size, np.inf)  # who has no plan has none at any time
        self._to[self.some] = -np.inf
        self._known = {name: np.full(size, none) for name, none in _COLUMNS.items()}
        self._known["plan"] = np.full(size, -1, np.int64)

    def at(self, owner: Ints, ts: Floats) -> dict[str, NDArray[Any]]:
        """The columns of `_COLUMNS` at each time, shape (n,)."""
        known = (self._from.take(owner) <= ts) & (ts < self._to.take(owner))
        if known.all():
            return {name: column.take(owner) for name, column in self._known.items()}
        found = {name: column.take(owner) for name, column in self._known.items()}
        for row in np.flatnonzero(~known).tolist():  # a few a day, or late ones
            whose, when = int(owner[row]), float(ts[row])
            if not self._from[whose] <= when < self._to[whose]:
                self._find(whose, when)
            for name, column in self._known.items():
                found[name][row] = column[whose]
        return found

    def _find(self, whose: int, ts: float) -> None:
        """Takes up the stretch around `ts`."""
        plans = self._plans[whose]
        start, end, plan = max((plan.newest(ts) for plan in plans), key=lambda w: (w[0], w[2].place))
        following, following_end, _ = min((plan.next(ts) for plan in plans), key=lambda w: (w[0], -w[2].place))
        begin, over, which = ts, following, -1
        if np.isfinite(start):
            asked = max(plan.until, end + _AFTER)
            begin, over, which = (start, min(following, asked), plan.place) if ts < asked else (asked, following, -1)
        if which < 0:
            start = end = np.nan
        self._from[whose], self._to[whose] = begin, over
        for name, value in zip(_COLUMNS, (which, start, end, following, following_end), strict=True):
            self._known[name][whose] = value

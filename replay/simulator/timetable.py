"""timetable: at which hours a lorry's permit lets it drive, and at what times its turns are booked.

A disposal site takes lorries by appointment: a lorry has slots, one after the other for as long as its hours allow,
each long enough to load, haul, tip and come back in ordinary traffic. Nothing in here depends on a day's seed, so that
permits, and manifests for any day, can be written as registers before anyone has driven.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from replay.simulator.streets import streets
from replay.simulator.town import Town, Truck

LOCAL = 8 * 3600.0
"""the city's time is eight hours ahead of UTC, all year"""
_DAY = 86_400.0
_TRAFFIC = 1.28
"""how much longer a drive takes than its streets would at cruising speed, nearly always"""
_LOADING, _TIPPING, _SLACK = 540.0, 220.0, 150.0
"""seconds"""
_GRACE = 420.0
"""seconds after the longest usual arrival at which a manifest falls due"""
_AFTER_THE_START, _BEFORE_THE_END = 30.0, 480.0
"""seconds of a permit's hours that nobody plans to need"""


class Slot(NamedTuple):
    """One turn that is booked. UTC seconds."""

    number: int
    since: float
    """loading begins"""
    until: float
    """the next may begin"""
    due: float
    """by then the load must be in the disposal site"""


@dataclass
class Timetable:
    """One lorry's."""

    truck: Truck
    town: Town

    @cached_property
    def _drives(self) -> tuple[float, float, float]:
        """fetch, haul and home: seconds in ordinary traffic"""
        return (*(self._drive(route) for route in self.truck.routes),)  # type: ignore[return-value]

    def _drive(self, route: str) -> float:
        net = streets()
        seconds = sum(net.seconds[net.edge_between(a, b)] for a, b in pairwise(self.town.ways[route]))
        return seconds * _TRAFFIC + 30.0

    @cached_property
    def period(self) -> float:
        """Seconds from slot to slot."""
        _, haul, home = self._drives
        return float(round((_LOADING + haul + _TIPPING + max(haul, home) + _SLACK) / 60) * 60)

    @property
    def lead(self) -> float:
        """Seconds before a slot at which it leaves its depot."""
        return self._drives[0] + 60.0

    @cached_property
    def _offsets(self) -> list[float]:
        """When slots begin, seconds after local midnight of the day that their window of hours begins on."""
        found = []
        for start, end in sorted(self.truck.hours):
            since = start * 60.0 + self.lead + _AFTER_THE_START
            over = (end if end > start else end + 1440) * 60.0 - _BEFORE_THE_END
            count = int(max(over - since, 0.0) // self.period)
            found += [since + n * self.period for n in range(count)]
        return found

    def slot(self, number: int) -> Slot:
        """Slots have numbers since 1970, on and on."""
        day, which = divmod(number, len(self._offsets))
        since = day * _DAY - LOCAL + self._offsets[which]
        return Slot(number, since, since + self.period, since + _LOADING + self._drives[1] + _TIPPING + _GRACE)

    def at(self, ts: float) -> Slot:
        """The newest slot that has begun by then."""
        number = int((ts + LOCAL) // _DAY + 1) * len(self._offsets)
        while self.slot(number).since > ts:
            number -= 1
        return self.slot(number)

    def allowed(self, start: float, end: float) -> bool:
        """Whether the permit's hours allow all of a time."""
        return self.ends(start) >= end

    def ends(self, ts: float) -> float:
        """When the hours that a time lies in end, UTC seconds; `ts` itself if it lies in none; never: infinite."""
        if not self.truck.hours:
            return float("inf")
        midnight = (ts + LOCAL) // _DAY * _DAY - LOCAL
        for day in (-_DAY, 0.0):
            for start, end in self.truck.hours:
                a = midnight + day + start * 60
                b = midnight + day + (end if end > start else end + 1440) * 60
                if a <= ts < b:
                    return b
        return ts

    def manifests(self, start: float, end: float) -> Iterator[Slot]:
        """Those of all turns that touch a time; without a permit there are none."""
        slot = self.at(start)
        while self.truck.permitted and slot.since < end:
            yield slot
            slot = self.slot(slot.number + 1)

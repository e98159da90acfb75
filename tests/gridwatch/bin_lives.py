"""bin_lives: how cases of full bins must go, reckoned from the readings alone, by other means than the desk's.

Two crews, west and east of a line; each says at five in the afternoon, on the day on which it was given a bin or some
days later, that it is emptied. A case is closed when its crew has said so and the bin has been measured empty; what
runs over again within BACK after that is the same case again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from benchmarks import bins

ZONE = bins.ZONE
HOUR, DAY = 3600.0, 86_400.0
LATE = {"crew-west": 0, "crew-east": 3}
"""Days after it was given a bin that each crew says so."""
BACK = 60 * HOUR
"""Seconds after its closing in which a case comes back."""


@dataclass
class Round:
    """From a filing of a case to its closing. Times are UTC seconds; inf: nothing recorded says when."""

    filed: float
    done: float
    """When its crew says so."""
    closed: float = math.inf


@dataclass
class Life:
    """A case as it must go; after the first round each begins with its coming back."""

    bin: str
    crew: str
    rounds: list[Round] = field(default_factory=list)

    def file(self, at: float) -> None:
        self.rounds.append(Round(at, hour_of(day_of(at) + timedelta(days=LATE[self.crew]), 17)))

    def over(self, end: float) -> None:
        """The bin is empty; once the crew has said that it is done too, the case is closed."""
        self.rounds[-1].closed = max(self.rounds[-1].done, end)


def hour_of(day: date, hour: int) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).timestamp()


def day_of(at: float) -> date:
    return datetime.fromtimestamp(at, ZONE).date()


def overflows(days: Sequence[bins.Day]) -> Iterator[tuple[float, float]]:
    """From the first reading of 8 tenths or more to the first below 6; inf where readings were lacking for more than
    three days, or end: nobody has seen it empty."""
    start, before = math.nan, days[0].day
    for each in days:
        at = hour_of(date.fromordinal(each.day), 0)
        if not math.isnan(start) and (each.day - before > bins.UNKNOWN or each.full < 6):
            yield start, math.inf if each.day - before > bins.UNKNOWN else at
            start = math.nan
        if math.isnan(start) and each.full >= 8:
            start = at
        before = each.day
    if not math.isnan(start):
        yield start, math.inf


def lives(recorded: dict[str, list[bins.Day]], crews: dict[str, str]) -> list[Life]:
    """Every case: what runs over before the last time is closed belongs to it, what does soon after comes back."""
    found: list[Life] = []
    for name, days in recorded.items():
        closed = -math.inf
        for start, empty in overflows(days):
            if start - closed >= BACK:
                found.append(Life(name, crews[name]))
            if start > closed:
                found[-1].file(start)
            found[-1].over(empty)
            closed = found[-1].rounds[-1].closed
    return found

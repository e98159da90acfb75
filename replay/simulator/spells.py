"""spells: when something out of the ordinary happens to a thing that stands, and how it goes.

A spell is a stretch of time in which one thing at a time is wrong with a device, or nearly. What goes on in it is
known when it begins, as curves of the quantities that it concerns; labels are read from the same curves.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from replay.labels import Label
from replay.simulator.limits import LIMITS, Limit
from replay.simulator.rates import Rates

Spans = list[tuple[float, float]]
"""(from, to), UTC seconds"""

_DAY = 86_400.0
_REST = (3600.0, 3 * 3600.0)
"""Seconds between two spells of a device, at least: what the first left behind in a rule's window is over then."""
_GRID = 10.0
"""Seconds between the points at which a rise is looked for."""


class How(StrEnum):
    """How a spell stands to its rule's limit."""

    WRONG = "wrong"
    """clearly beyond it, for clearly long enough"""
    NEAR = "near"
    """clearly on the right side of it"""
    EDGE = "edge"
    """on the right side of it, as close as its sensor's noise allows"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity over time: straight lines between knots, level before the first and after the last."""

    t: tuple[float, ...]
    """UTC seconds, growing"""
    value: tuple[float, ...]

    def at(self, ts: float) -> float:
        """The quantity at a time."""
        n = bisect_right(self.t, ts)
        if n == 0 or n == len(self.t):
            return self.value[max(n - 1, 0)]
        (t0, t1), (v0, v1) = self.t[n - 1 : n + 1], self.value[n - 1 : n + 1]
        return v0 + (v1 - v0) * (ts - t0) / (t1 - t0)

    def reaches(self, bound: float) -> float:
        """When it is first at or above a bound; infinite: never."""
        if self.value[0] >= bound:
            return self.t[0]
        for n in range(1, len(self.t)):
            if self.value[n] >= bound:
                (t0, t1), (v0, v1) = self.t[n - 1 : n + 1], self.value[n - 1 : n + 1]
                return t0 + (t1 - t0) * (bound - v0) / (v1 - v0)
        return math.inf

    def beyond(self, bound: float, below: bool = False) -> Spans:
        """When it is above a bound (or below it); infinite where it ends so."""
        sign = -1.0 if below else 1.0
        over = [sign * (v - bound) for v in self.value]
        found: Spans = []
        since = self.t[0] if over[0] > 0 else None
        for n in range(1, len(over)):
            if (over[n] > 0) != (over[n - 1] > 0):
                crossed = self.t[n - 1] + (self.t[n] - self.t[n - 1]) * over[n - 1] / (over[n - 1] - over[n])
                if since is None:
                    since = crossed
                else:
                    found.append((since, crossed))
                    since = None
        return found if since is None else [*found, (since, math.inf)]

    def rises(self, by: float, window: float) -> Spans:
        """When it is more than `by` above its least value of the last `window` seconds; to 10 s."""
        t = np.arange(self.t[0], self.t[-1] + window + _GRID, _GRID)
        value = np.interp(t, self.t, self.value)
        width = int(window / _GRID) + 1
        padded = np.concatenate([np.full(width - 1, value[0]), value])
        least = np.lib.stride_tricks.sliding_window_view(padded, width).min(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], value - least > by, [False]])))
        return [(float(t[a]), float(t[min(b, len(t) - 1)])) for a, b in edges.reshape(-1, 2).tolist()]


@dataclass(slots=True)
class Spell:
    """What happens to one device for a while."""

    rule: str
    how: How
    begins: float
    ends: float
    """UTC seconds; infinite: until someone comes"""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """by the payload's field: what is then true of it, instead of what is usual"""
    alarm: bool = True
    """the device notices, and reports at once and then often"""
    stuck: bool = False
    """its sensor repeats what it showed last"""
    silent: bool = False
    emptied: bool = False
    """a bin that is empty when it ends"""
    emptied_first: bool = False
    """and when it begins"""
    passed_until: float = -math.inf
    """until when those who would empty a bin pass it by"""


class Coming(NamedTuple):
    """A spell that will come."""

    when: float
    rule: str
    how: How


@dataclass(slots=True)
class Fate:
    """When which spell comes upon one device: one after the other, by a Poisson process each."""

    rng: np.random.Generator
    choices: list[tuple[str, How]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    """of the choices, a second"""

    @classmethod
    def of(cls, rng: np.random.Generator, a_day: Mapping[str, float], shares: Mapping[How, Rates]) -> Fate:
        """a_day: by rule, how many a day at a rate of 1; shares: the city's rates."""
        fate = cls(rng)
        for how, rates in shares.items():
            for rule, often in a_day.items():
                if rate := rates.of(rule) * often / _DAY:
                    fate.choices.append((rule, how))
                    fate.weights.append(rate)
        return fate

    def next(self, after: float, rested: bool = True) -> Coming | None:
        """The next spell after a time; None: there is never any."""
        total = sum(self.weights)
        if not total:
            return None
        rest = self.rng.uniform(*_REST) if rested else 0.0
        when = after + rest + self.rng.exponential(1 / total)
        chosen = bisect_right(list(accumulate(self.weights)), self.rng.random() * total)
        return Coming(when, *self.choices[min(chosen, len(self.choices) - 1)])


def beyond(limit: Limit, how: How, rng: np.random.Generator) -> float:
    """What a quantity comes to that is wrong, nearly wrong or on the edge of it."""
    sign = -1.0 if limit.below else 1.0
    span = abs(limit.bound - limit.usual)
    if how is How.WRONG:
        return limit.bound + sign * max(rng.uniform(0.3, 1.5) * span, 10 * limit.sigma)
    away = (
        rng.uniform(4.5, 5.5) * limit.sigma if how is How.EDGE else max(rng.uniform(0.1, 0.25) * span, 8 * limit.sigma)
    )
    return limit.bound - sign * away


def labelled(rule: str, subject: str, curve: Curve, ends: float) -> list[Label]:
    """What a rule with a bound says of a curve; `ends`: when the spell is over that it belongs to."""
    limit = LIMITS[rule]
    return [Label(a, rule, subject, min(b, ends)) for a, b in curve.beyond(limit.bound, limit.below)]

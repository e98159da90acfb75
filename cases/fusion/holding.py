"""holding: what is in no case for now, and what holds it: shelvings, suppressions, and parts that wait for others.

A shelving or suppression with a rule, subject or camera written out is found by that name; those with `*` or an area
alone are asked one by one.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Literal

import msgspec
import numpy as np

from cases.fusion.scopes import covers
from cases.fusion.words import Happening, Held, Scope, Suppression
from pipeline.hours import Hours

Key = tuple[str, str]
Kind = Literal["shelving", "suppression", "part"]


class Scopes:
    """Shelvings and suppressions."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.of: dict[str, Scope] = {}
        self._by: dict[Key, dict[str, Scope]] = {}
        self._hours: dict[str, Hours] = {}
        self._ends: list[tuple[float, str]] = []
        self.changed: set[str] = set()

    def add(self, scope: Scope) -> None:
        """One more, or another in place of one."""
        self.remove(scope.id)
        self.of[scope.id] = scope
        for key in _keys(scope):
            self._by.setdefault(key, {})[scope.id] = scope
        heapq.heappush(self._ends, (scope.until, scope.id))
        self.changed.add(scope.id)

    def remove(self, id: str) -> Scope | None:
        """One less; None where it is not there."""
        scope = self.of.pop(id, None)
        if scope is not None:
            for key in _keys(scope):
                del self._by[key][id]
            self.changed.add(id)
        return scope

    def counted(self, scope: Scope) -> None:
        """It has held one more."""
        more = msgspec.structs.replace(scope, count=scope.count + 1)
        self.of[scope.id] = more
        for key in _keys(scope):
            self._by[key][scope.id] = more
        self.changed.add(scope.id)

    def due(self) -> tuple[float, str] | None:
        """Which ends first, and when."""
        while self._ends:
            until, id = self._ends[0]
            scope = self.of.get(id)
            if scope is not None and scope.until == until:
                return until, id
            heapq.heappop(self._ends)
        return None

    def about(self, happening: Happening, at: float) -> Iterator[tuple[Scope, float]]:
        """Those that are about it now, and until when its hours are (infinite: all of its time); by (since, id)."""
        keys = (
            ("subject", happening.subject),
            ("rule", happening.rule),
            ("camera", happening.seen_by),
            ("", ""),
        )
        found = [
            scope
            for key in keys
            for scope in self._by.get(key, {}).values()
            if scope.since <= at < scope.until and covers(scope, happening)
        ]
        for scope in sorted(found, key=lambda each: (each.since, each.id)):
            until = self._until(scope, at)
            if at < until:
                yield scope, until

    def _until(self, scope: Scope, at: float) -> float:
        """When its hours are over for this time; infinite without any, before `at` where they do not hold."""
        if not isinstance(scope, Suppression) or not scope.hours:
            return math.inf
        hours = self._hours.get(scope.hours)
        if hours is None:
            hours = self._hours[scope.hours] = Hours(scope.hours, self._zone)
        end = float(hours.current(np.array([at]))[1][0])
        return end if math.isfinite(end) else -math.inf


def _keys(scope: Scope) -> tuple[Key, ...]:
    """By what it is found: the first of its names that are all written out; else it must always be asked."""
    for kind, names in (("subject", scope.subjects), ("rule", scope.rules), ("camera", scope.cameras)):
        if names and not any("*" in name for name in names):
            return tuple((kind, name) for name in dict.fromkeys(names))
    return (("", ""),)


class Holding:
    """What is held, by id."""

    def __init__(self) -> None:
        self.of: dict[str, Held] = {}
        self._by: dict[str, dict[str, None]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._last = 0
        self.changed: set[str] = set()

    def load(self, held: Iterable[Held]) -> None:
        """Those of a store."""
        for each in sorted(held, key=lambda each: each.number):
            self._put(each)

    def add(self, happening: Happening, by: str, kind: Kind, until: float, ended: float = math.nan) -> None:
        """One more. kind: of what holds it."""
        self._put(Held(happening=happening, by=by, kind=kind, number=self._last + 1, until=until, ended=ended))

    def _put(self, held: Held) -> None:
        id = held.happening.id
        self.of[id] = held
        self._last = max(self._last, held.number)
        self._by.setdefault(held.by, {})[id] = None
        if math.isfinite(held.until):
            heapq.heappush(self._due, (held.until, held.number, id))
        self.changed.add(id)

    def pop(self, id: str) -> Held | None:
        """It is held no more; None where it is not."""
        held = self.of.pop(id, None)
        if held is not None:
            self._by[held.by].pop(id)
            if not self._by[held.by]:
                del self._by[held.by]
            if held.number == self._last:  # as if it had been loaded without it
                self._last = max((each.number for each in self.of.values()), default=0)
            self.changed.add(id)
        return held

    def pop_by(self, by: str) -> list[Held]:
        """All that one thing holds, in the order in which it was held."""
        held = [self.of[id] for id in self._by.get(by, ())]
        for each in held:
            self.pop(each.happening.id)
        return sorted(held, key=lambda each: each.number)

    def ended(self, id: str, at: float) -> None:
        """It ended; NaN: it goes on after all."""
        self.of[id] = msgspec.structs.replace(self.of[id], ended=at)
        self.changed.add(id)

    def due(self) -> tuple[float, int, str] | None:
        """What is to be looked at again first: when, its number, its id."""
        while self._due:
            until, number, id = self._due[0]
            held = self.of.get(id)
            if held is not None and held.number == number:
                return until, number, id
            heapq.heappop(self._due)
        return None

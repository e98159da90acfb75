"""changes: a lorry's turn that is to be made wrong, nearly wrong, or right on the edge of it, for lorry_wrongs.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from replay.simulator.legs import Driver
from replay.simulator.motion import Course, drive
from replay.simulator.streets import Floats, streets
from replay.simulator.stretches import Leg, Signal
from replay.simulator.timetable import Slot
from replay.simulator.town import DARK

_UNSEEN = 0.4
"""how often what can be done in the dark is done there"""
WRONG, NEAR, EDGE = "wrong", "near", "edge"


@dataclass(slots=True)
class Change:
    """One turn to be changed, and how."""

    driver: Driver
    legs: list[Leg]
    how: str
    slot: Slot
    starts: float
    """UTC seconds"""

    @property
    def rng(self) -> np.random.Generator:
        """The driver's dice."""
        return self.driver.rng

    def between(self, low: float, high: float) -> float:
        """A die."""
        return float(self.driver.rng.uniform(low, high))

    def find(self, kind: str) -> int:
        """Where a leg is; 'back' is the return or the way home, -1 where there is none."""
        kinds = ("return", "home") if kind == "back" else (kind,)
        return next((n for n, leg in enumerate(self.legs) if leg.kind in kinds), -1)

    def any_drive(self) -> int:
        """The haul or the way back."""
        return self.find("haul" if self.rng.random() < 0.6 else "back")

    def with_leg(self, at: int, leg: Leg) -> list[Leg]:
        """The legs, one of them another."""
        return [*self.legs[:at], leg, *self.legs[at + 1 :]]

    def somewhere(self, at: int) -> float:
        """How far along one of the drives it stops, metres: often where nobody hears of it at once, if it comes by."""
        way = self.legs[at].way
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(streets().nodes[list(way)], axis=0).T))])
        places = self.between(0.25, 0.75) * along[-1]
        edges = [streets().edge_between(a, b) for a, b in pairwise(way)]
        dark = [n for n, edge in enumerate(edges) if edge in self.driver.maker.town.dark]
        if len(dark) > 3 and self.rng.random() < _UNSEEN:
            places = self.between(along[dark[1]] + 50.0, along[dark[-1]] - 50.0)
        return float(places)

    def again(self, at: int, stand: tuple[float, float]) -> Leg:
        """The same drive with a stop on the way: (metres, seconds)."""
        leg = self.legs[at]
        course = drive(streets(), list(leg.way), self.driver.maker.pace(self.driver.truck), self.rng, stand=stand)
        return replace(leg, course=course, seconds=course.seconds)


def with_signals(leg: Leg, **signals: Signal) -> Leg:
    """The leg, with some of what is true of it changed."""
    return replace(leg, signals={**leg.signals, **signals})


def length_of(way: Sequence[int]) -> float:
    """Metres along a way's nodes."""
    return float(np.hypot(*np.diff(streets().nodes[list(way)], axis=0).T).sum())


def gets_dark(course: Course) -> bool:
    """Whether it leads through where there is no network."""
    return bool(shapely.contains_xy(DARK, course.x, course.y).any())


def leaves_yard(c: Change, course: Course) -> tuple[float, float]:
    """When it leaves the yard that it starts in (seconds), and how far along its way that is (metres)."""
    t = np.arange(0.0, course.seconds, 0.5)
    x, y, _, _ = course.at(t)
    outside = np.flatnonzero(~shapely.contains_xy(c.driver.maker.town.yards, x, y))
    at = int(outside[0]) if len(outside) else len(t) - 1
    return float(t[at]), _travelled(x[: at + 1], y[: at + 1])


def _travelled(x: Floats, y: Floats) -> float:
    return float(np.hypot(np.diff(x), np.diff(y)).sum())

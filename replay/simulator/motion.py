"""motion: how a lorry drives along a way: it speeds up, brakes for turns, waits at lights, and keeps its lane's pace.

A way becomes a course: knots of time, place and speed, between which both change evenly. Speeding up takes 0.7 m/s²
and braking 1.0 m/s², as loaded lorries do; that keeps true places plausible at any report interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from replay.simulator.streets import CRUISE, Floats, Grade, Plane, Streets

_SPEED_UP, _BRAKE = 0.7, 1.0  # m/s²
_STEP = 40.0
"""metres between knots at most"""
_LIGHT = 0.10
"""how often a crossing of arterial streets shows red"""


@dataclass(slots=True)
class Course:
    """Where something is at which second after its departure. All of shape (n,)."""

    t: Floats
    """seconds, not falling; the first is 0"""
    x: Floats
    y: Floats
    speed: Floats
    """km/h"""
    heading: Floats
    """degrees clockwise from north, of the way on from the knot"""
    stand: tuple[float, float] | None = None
    """from when to when it stands where it was told to"""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return float(self.t[-1])

    def at(self, t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """x, y, speed and heading at seconds after the departure."""
        knot = np.clip(np.searchsorted(self.t, t, side="right") - 1, 0, len(self.t) - 1)
        x, y, speed = (np.interp(t, self.t, column) for column in (self.x, self.y, self.speed))
        return x, y, speed, self.heading[knot]


@dataclass(frozen=True, slots=True)
class Pace:
    """How one vehicle may drive."""

    highest: float = math.inf
    """km/h, whatever the street"""
    slow: frozenset[int] = frozenset()
    """edges where it goes slowly"""
    slow_speed: float = 26.0
    dark: frozenset[int] = frozenset()
    """edges without a light: nobody stops there"""


def drive(
    streets: Streets,
    way: list[int],
    pace: Pace,
    rng: np.random.Generator,
    fast: tuple[int, int, float] | None = None,
    stand: tuple[float, float] | None = None,
) -> Course:
    """A course along the nodes of a way.

    fast: (from, to, km/h): the steps of the way on which it hurries, or creeps. stand: (metres, seconds): how far
    along the way it stops, and for how long.
    """
    edges = [streets.edge_between(a, b) for a, b in pairwise(way)]
    humour = rng.uniform(0.92, 1.0)
    wanted = np.array([_wanted(streets, edge, pace) for edge in edges]) * humour * rng.uniform(0.93, 1.0, len(edges))
    hurried = np.zeros(len(edges), bool)
    if fast:
        hurried[fast[0] : fast[1]] = True
        wanted[hurried] = fast[2]
    wait = _lights(streets, way, edges, hurried, pace, rng)
    points = streets.nodes[way]
    limit = np.minimum(_turning(points), np.where(wait > 0, 0.0, np.inf))
    at = -1
    if stand:
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        at = min(int(np.searchsorted(along, stand[0])), len(along) - 1)
        place = [[np.interp(stand[0], along, points[:, 0]), np.interp(stand[0], along, points[:, 1])]]
        points = np.insert(points, at, place, axis=0)
        wanted, limit = np.insert(wanted, at, wanted[at - 1]), np.insert(limit, at, 0.0)
        wait = np.insert(wait, at, stand[1])
    return _course(*_divide(points, wanted / 3.6, limit / 3.6, wait), at=at)


def _wanted(streets: Streets, edge: int, pace: Pace) -> float:
    speed = min(CRUISE[streets.grade[edge]], pace.highest)
    return min(speed, pace.slow_speed) if edge in pace.slow else speed


def _lights(
    streets: Streets, way: list[int], edges: list[int], hurried: np.ndarray, pace: Pace, rng: np.random.Generator
) -> Floats:
    """Seconds of waiting at each node: only where arterial streets cross, never on the ring."""
    wait = np.zeros(len(way))
    dice = rng.random(len(way))
    for i in range(1, len(way) - 1):
        crossing = sum(streets.grade[e] == Grade.ARTERIAL for _, e in streets.near[way[i]]) >= 3
        free = hurried[i - 1] or hurried[i] or edges[i - 1] in pace.dark or edges[i] in pace.dark
        if crossing and not free and dice[i] < _LIGHT * 3:
            wait[i] = rng.uniform(8, 35)
    return wait


def _turning(points: Plane) -> Floats:
    """How fast each node can be passed, km/h: 0 at both ends, slowly round corners."""
    step = np.diff(points, axis=0)
    direction = np.arctan2(step[:, 1], step[:, 0])
    turn = np.abs((np.diff(direction) + np.pi) % (2 * np.pi) - np.pi)
    passing = np.select(
        [turn < math.radians(16), turn < math.radians(50), turn < math.radians(115)], [np.inf, 32.0, 19.0], 9.0
    )
    return np.concatenate([[0.0], passing, [0.0]])


def _divide(
    points: Plane, wanted: Floats, limit: Floats, wait: Floats
) -> tuple[Plane, Floats, Floats, Floats, NDArray[np.int_]]:
    """The same with knots at most _STEP apart: points, wanted speed of each step, limit and waiting at each knot, and
    which knot each point has become.
    """
    pieces = np.maximum(np.ceil(np.hypot(*np.diff(points, axis=0).T) / _STEP), 1).astype(int)
    place = np.concatenate([[0], np.cumsum(pieces)])
    knots = np.arange(place[-1] + 1)
    dense = np.stack([np.interp(knots, place, points[:, 0]), np.interp(knots, place, points[:, 1])], axis=1)
    limits, waits = np.full(len(knots), np.inf), np.zeros(len(knots))
    limits[place], waits[place] = limit, wait
    return dense, np.repeat(wanted, pieces), limits, waits, place


def _course(points: Plane, wanted: Floats, limit: Floats, wait: Floats, place: NDArray[np.int_], at: int) -> Course:
    step = np.hypot(*np.diff(points, axis=0).T)
    ceiling = np.minimum(limit, np.minimum(np.append(wanted, wanted[-1]), np.append(wanted[0], wanted)))
    # v² grows by no more than 2 a s along s metres, forwards and backwards: so v² - 2 a s never rises
    along = np.concatenate([[0.0], np.cumsum(step)])
    rise, fall = 2 * _SPEED_UP * along, 2 * _BRAKE * (along[-1] - along)
    square = np.minimum.accumulate(ceiling**2 - rise) + rise
    square = (np.minimum.accumulate((square - fall)[::-1]) + fall[::-1])[::-1]
    speed = np.sqrt(np.where(ceiling > 0, np.maximum(square, 0.0), 0.0))
    # a step between two stops would take for ever: creep at half a metre a second
    pace = np.maximum((speed[:-1] + speed[1:]) / 2, 0.5)
    arrive = np.concatenate([[0.0], np.cumsum(step / pace)]) + np.concatenate([[0.0], np.cumsum(wait)[:-1]])
    heading = np.degrees(np.arctan2(np.diff(points[:, 0]), np.diff(points[:, 1]))) % 360
    heading = np.append(heading, heading[-1])
    # a knot where it waits is two: it arrives, and it leaves
    twice = np.repeat(np.arange(len(points)), 1 + (wait > 0))
    leaves = np.concatenate([[False], twice[1:] == twice[:-1]])
    t = arrive[twice] + np.where(leaves, wait[twice], 0.0)
    stood = None if at < 0 else (float(arrive[place[at]]), float(arrive[place[at]] + wait[place[at]]))
    return Course(t, points[twice, 0], points[twice, 1], speed[twice] * 3.6, heading[twice], stood)

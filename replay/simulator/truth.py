"""truth: from when to when is a vehicle on a course really too fast, in a no-go zone, or off its permit's routes?

Reads a course (motion.py) second by second, with the city's limits (labels.py). Reports spans in seconds after the
departure. A course is only used for a day's wrongs when it is decisive: a span that noise of 30 m could split, hide
or make would be neither clearly wrong nor clearly right, and no rule could be scored by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.simulator import labels
from replay.simulator.motion import Course
from replay.simulator.streets import Floats, streets
from replay.simulator.town import DARK, Town, Truck

Spans = list[tuple[float, float]]
"""(from, to), seconds after the departure"""

_DOUBT = 40.0
"""metres; noise beside high houses is up to 30 m"""
SHORTEST = {labels.OVERSPEED: 45.0, labels.NO_GO: 40.0, labels.OFF_ROUTE: 75.0}
"""Seconds that a wrong must last to be clearly one."""


def spans(flags: NDArray[np.bool_], t: Floats) -> Spans:
    """The runs of True, from the first to the first that is not (or the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(float(t[a]), float(t[min(b, len(t) - 1)])) for a, b in edges.reshape(-1, 2).tolist()]


@dataclass
class Truth:
    """What holds in a town, made ready to be asked often."""

    town: Town

    @cached_property
    def _no_go(self) -> list[shapely.Geometry]:
        """The no-go zones: a little too large, as they are, a little too small."""
        zones = shapely.union_all([z.outline for z in self.town.drawn if z.use == "no_go"])
        return [zones.buffer(by) for by in (_DOUBT, 0.0, -_DOUBT)]

    @cached_property
    def _slow(self) -> shapely.Geometry:
        return shapely.union_all([z.outline for z in self.town.drawn if z.use == "limit"])

    def routes(self, truck: Truck) -> shapely.Geometry:
        """The ways that its permit names."""
        nodes = streets().nodes
        return shapely.MultiLineString([nodes[self.town.ways[route]] for route in truck.routes])

    def wrongs(self, course: Course, truck: Truck) -> dict[str, Spans] | None:
        """For each rule the spans in which it is wrong; None if the course is not decisive."""
        t = np.arange(0.0, course.seconds + 1.0)
        x, y, speed, _ = course.at(t)
        limit = np.where(shapely.contains_xy(self._slow, x, y), 30.0, labels.CITY_LIMIT)
        limit = np.minimum(limit, truck.speed_limit or np.inf)
        excess = speed / (limit * (1 + labels.SPEED_TOLERANCE))
        far = shapely.distance(shapely.points(x, y), self.routes(truck))
        found = {
            labels.OVERSPEED: _sure([excess > share for share in (0.92, 1.0, 1.08)], t),
            labels.NO_GO: _sure([shapely.contains_xy(zone, x, y) for zone in self._no_go], t),
            labels.OFF_ROUTE: _sure([far > labels.OFF_ROUTE_METRES + by for by in (-_DOUBT, 0.0, _DOUBT)], t),
        }
        result = {rule: span for rule, span in found.items() if span is not None}
        if len(result) < len(found) or any(b - a < SHORTEST[rule] for rule, span in result.items() for a, b in span):
            return None
        return result

    @staticmethod
    def dark(course: Course) -> Spans:
        """The spans without network."""
        t = np.arange(0.0, course.seconds + 1.0)
        x, y, _, _ = course.at(t)
        return spans(shapely.contains_xy(DARK, x, y), t)


def _sure(measures: Sequence[NDArray[np.bool_]], t: Floats) -> Spans | None:
    """The exact spans; None unless they are as many by the loose and by the strict measure (loose, exact, strict)."""
    loose, exact, strict = (spans(flags, t) for flags in measures)
    return exact if len(loose) == len(exact) == len(strict) else None

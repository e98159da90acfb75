"""roads: which limit may hold on the road that a fix may be on?

Reads `Road`s: centre lines with a width. A fix may be on a road where it is no farther from its centre line than half
the width and its own accuracy. Where that fits several, such as a motorway and the street below it, the highest limit
counts: a driver has the benefit of the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.nearby import MOST, Nearby
from pipeline.registers import Road
from pipeline.rows import Flags, Floats, Ints
from pipeline.strokes import segments


class RoadIndex:
    """All roads of a city, compiled. `classes`: class code by name, for roads whose limit is for some classes."""

    def __init__(self, roads: Sequence[Road], classes: dict[str, int]) -> None:
        parts = segments(roads)
        of = np.repeat(np.arange(len(roads)), parts.count)
        self._limit = np.array([r.speed_limit for r in roads], np.float64)[of]
        self._reach = np.array([r.width / 2 for r in roads], np.float64)[of]
        self._widest = float(self._reach.max(initial=0.0))
        for_class = np.ones((len(roads), len(classes) + 1), np.bool_)  # the last column: of no known class
        for row, road in zip(for_class, roads, strict=True):
            if road.classes:
                row[:] = False
                row[[classes[name] for name in road.classes if name in classes]] = True
        self.some_class: Flags = np.any(for_class, axis=0)
        """by class code: whether any road's limit is for it"""
        self._highest: Floats = np.max(
            np.where(for_class, np.array([[r.speed_limit] for r in roads]).reshape(-1, 1), -np.inf),
            axis=0,
            initial=-np.inf,
        )
        self._for_class = for_class
        self._all_classes = bool(for_class.all())
        self._road = of
        self._nearby = Nearby(parts.ax, parts.ay, parts.bx, parts.by)

    def highest(self, lon: Floats, lat: Floats, accuracy: Floats | None, classes: Ints) -> Floats:
        """The highest limit of the roads that each fix (finite) may be on, for its class, km/h; -inf: on none."""
        found = np.full(len(lon), -np.inf)
        unsure = np.zeros(len(lon)) if accuracy is None else accuracy
        reach = unsure + self._widest
        anywhere = reach > MOST  # such a fix may be on any road
        found[anywhere] = self._highest[classes[anywhere]]
        for row, segment, far in self._nearby.within(lon, lat, reach):
            near = far <= self._reach[segment] + unsure[row]
            if not self._all_classes:
                near &= self._for_class[self._road[segment], classes[row]]
            np.maximum.at(found, row[near], self._limit[segment[near]])
        return found

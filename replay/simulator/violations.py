"""violations: how a lorry's drive is made wrong: too fast, into a no-go zone, or a way that its permit does not name.

Each maker is given a drive that would have been right, and tries a few times to change it so that the wrong shows
clearly (truth.py). Where it can't (the way is too short, no such street leads there), the drive stays right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely

from replay.simulator import labels
from replay.simulator.labels import Label
from replay.simulator.motion import Course, Pace, drive
from replay.simulator.streets import Grade, streets
from replay.simulator.town import Town, Truck
from replay.simulator.truth import Spans, Truth

_TRIES = 6
_UNSEEN = 0.4
"""how often a hurrying driver on a way through the dark hurries there"""
_HASTE = 1_250.0
"""metres of street that a hurrying driver needs at least: about a minute"""


@dataclass(frozen=True, slots=True)
class Drive:
    """A course with what is wrong on it."""

    course: Course
    wrongs: tuple[tuple[str, float, float, bool], ...] = ()
    """(rule, from, to, late), seconds after the departure"""

    def labels(self, truck: Truck, departure: float) -> list[Label]:
        """What is wrong, in UTC seconds."""
        return [Label(departure + a, rule, truck.id, departure + b, late) for rule, a, b, late in self.wrongs]


class Maker:
    """Makes drives in one town, right ones and wrong ones."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.truth = Truth(town)

    def right(self, way: list[int], truck: Truck, rng: np.random.Generator) -> Drive:
        """An ordinary drive along a way."""
        return Drive(drive(streets(), way, self.pace(truck), rng))

    def wrong(self, rule: str, way: list[int], truck: Truck, rng: np.random.Generator) -> Drive | None:
        """A drive from the way's start to its end on which the rule is broken; None if that could not be done."""
        for _ in range(_TRIES):
            course = self._hurry(way, truck, rng) if rule == labels.OVERSPEED else self._detour(rule, way, truck, rng)
            made = self._checked(rule, course, truck) if course is not None else None
            if made:
                return made
        return None

    def pace(self, truck: Truck | None) -> Pace:
        """How it may drive: a lorry with a limit of its own keeps well below that."""
        own = 0.85 * truck.speed_limit if truck and truck.speed_limit else float("inf")
        return Pace(highest=own, slow=self.town.slow, dark=self.town.dark)

    def _checked(self, rule: str, course: Course, truck: Truck) -> Drive | None:
        wrongs = self.truth.wrongs(course, truck)
        if not wrongs or not wrongs[rule]:
            return None
        dark = self.truth.dark(course)
        found = []
        for name, spans in wrongs.items():
            for a, b in spans:
                late = _inside(a, b, dark)
                if late is None or (late and rule != labels.OVERSPEED):
                    return None  # half in the dark: it would be neither seen nor late
                found.append((name, a, b, late))
        return Drive(course, tuple(sorted(found, key=lambda wrong: wrong[1])))

    def _hurry(self, way: list[int], truck: Truck, rng: np.random.Generator) -> Course | None:
        """The driver hurries along a stretch of arterial street or ring road, maybe where nobody hears of it."""
        net = streets()
        edges = [net.edge_between(a, b) for a, b in pairwise(way)]
        wide = np.array([net.grade[e] != Grade.LOCAL and e not in self.town.slow for e in edges])
        length = np.array([net.length[e] for e in edges])
        along = np.concatenate([[0.0], np.cumsum(length)])
        first = int(rng.integers(len(edges)))
        dark = [n for n, edge in enumerate(edges) if edge in self.town.dark]
        if dark and rng.random() < _UNSEEN:
            first = dark[0] + int(rng.integers(1, 4))
        last = first
        wanted = rng.uniform(_HASTE, 2 * _HASTE)
        while last < len(edges) and wide[last] and along[last] - along[first] < wanted:
            last += 1
        if along[last] - along[first] < _HASTE:
            return None
        return drive(net, way, self.pace(truck), rng, fast=(first, last, rng.uniform(78.0, 92.0)))

    def _detour(self, rule: str, way: list[int], truck: Truck, rng: np.random.Generator) -> Course | None:
        """Another way, over a place where it must not be."""
        net = streets()
        if rule == labels.NO_GO:
            zone = self._in_zones[int(rng.integers(len(self._in_zones)))]
            via, closed = int(rng.choice(zone)), self.town.dark
        else:
            far = shapely.distance(shapely.points(net.nodes), self.truth.routes(truck))
            via, closed = (
                int(rng.choice(np.flatnonzero((far > 900) & (far < 2_400)))),
                self.town.dark | self.town.forbidden,
            )
        try:
            there, back = net.way(way[0], via, closed), net.way(via, way[-1], closed)
        except ValueError:
            return None
        if len(there) < 2 or len(back) < 2 or there[-2] == back[1]:
            return None  # it would turn round on the spot
        return drive(net, there + back[1:], self.pace(truck), rng)

    @cached_property
    def _in_zones(self) -> list[np.ndarray]:
        nodes = streets().nodes
        inside = [
            np.flatnonzero(shapely.contains_xy(z.outline.buffer(-100), nodes[:, 0], nodes[:, 1]))
            for z in self.town.drawn
            if z.use == "no_go"
        ]
        return [zone for zone in inside if len(zone)]


def _inside(a: float, b: float, dark: Spans) -> bool | None:
    """Whether a span lies in the dark, clear of its ends; None if it lies across an end or near one."""
    for start, end in dark:
        if start + 5 < a and b < end - 5:
            return True
        if a < end + 30 and b > start - 30:
            return None
    return False

"""violations: how a lorry's drive is made wrong: too fast, into a no-go zone, or a way that its permit does not name.

Each maker is given a drive that would have been right, and tries a few times to change it so that the wrong shows
clearly (truth.py), or so that it is clearly only nearly wrong. Where it can't (the way is too short, no such street
leads there), the drive stays right.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely

from replay.simulator import labels
from replay.simulator.motion import Course, Pace, drive
from replay.simulator.streets import Grade, streets
from replay.simulator.town import BESIDE, CANYON, Town, Truck
from replay.simulator.truth import Truth

_TRIES = 6
_UNSEEN = 0.4
"""how often a hurrying driver on a way through the dark hurries there"""
_HASTE = 1_250.0
"""metres of street that a hurrying driver needs at least: about a minute"""
_NEARLY = (0.70, 0.87)
"""of the tolerance: how far off its route it gets that is nearly off it"""

Way = list[int]


class Maker:
    """Makes drives in one town, right ones and wrong ones."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.truth = Truth(town)
        self._trees: dict[tuple[int, frozenset[int]], list[int]] = {}
        self._known: dict[int, np.ndarray] = {}

    def right(self, way: Way, truck: Truck, rng: np.random.Generator) -> Course:
        """An ordinary drive along a way."""
        return drive(streets(), way, self.pace(truck), rng)

    def wrong(self, rule: str, way: Way, truck: Truck, rng: np.random.Generator) -> tuple[Way, Course] | None:
        """A drive from the way's start to its end on which the rule is broken; None if that could not be done."""
        for _ in range(_TRIES):
            if rule == labels.OVERSPEED:
                made = self._hurry(way, truck, rng, rng.uniform(78.0, 92.0))
            else:
                made = self._detour(rule, way, truck, rng)
            wrongs = made and self.truth.wrongs(made[1], truck)
            if wrongs and wrongs[rule]:
                return made
        return None

    def nearly(self, rule: str, way: Way, truck: Truck, rng: np.random.Generator) -> tuple[Way, Course] | None:
        """A drive on which the rule is kept, but only just."""
        for _ in range(_TRIES):
            if rule == labels.OVERSPEED:
                made = self._hurry(way, truck, rng, 1.08 * min(truck.speed_limit or np.inf, labels.CITY_LIMIT))
                made = made if made and not self._fast_in_the_canyon(made[1], truck) else None
            elif rule == labels.NO_GO:
                made = self._beside(way, truck, rng)
            else:
                made = self._nearly_off(way, truck, rng)
            wrongs = made and self.truth.wrongs(made[1], truck, near=True)
            if wrongs and not any(wrongs.values()):
                return made
        return None

    def pace(self, truck: Truck | None) -> Pace:
        """How it may drive: a lorry with a limit of its own keeps well below that."""
        own = 0.85 * truck.speed_limit if truck and truck.speed_limit else float("inf")
        return Pace(highest=own, slow=self.town.slow, dark=self.town.dark)

    def _hurry(self, way: Way, truck: Truck, rng: np.random.Generator, speed: float) -> tuple[Way, Course] | None:
        """The driver hurries along a stretch of arterial street or ring road, maybe where nobody hears of it."""
        net = streets()
        edges = [net.edge_between(a, b) for a, b in pairwise(way)]
        wide = np.array([net.grade[e] != Grade.LOCAL and e not in self.town.slow for e in edges])
        length = np.array([net.length[e] for e in edges])
        along = np.concatenate([[0.0], np.cumsum(length)])
        first, end, wanted = int(rng.integers(len(edges))), len(edges), float(rng.uniform(_HASTE, 2 * _HASTE))
        dark = [n for n, edge in enumerate(edges) if edge in self.town.dark]
        if dark and rng.random() < _UNSEEN:
            first, end, wanted = dark[0] + int(rng.integers(1, 3)), dark[-1] - 2, 2 * _HASTE
        last = first
        while last < end and wide[last] and along[last] - along[first] < wanted:
            last += 1
        if along[last] - along[first] < _HASTE:
            return None
        return way, drive(net, way, self.pace(truck), rng, fast=(first, last, speed))

    @staticmethod
    def _fast_in_the_canyon(course: Course, truck: Truck) -> bool:
        fast = course.speed > min(truck.speed_limit or np.inf, labels.CITY_LIMIT)
        return bool((fast & shapely.contains_xy(CANYON, course.x, course.y)).any())

    def _detour(self, rule: str, way: Way, truck: Truck, rng: np.random.Generator) -> tuple[Way, Course] | None:
        """Another way, over a place where it must not be."""
        if rule == labels.NO_GO:
            zone = self._in_zones[int(rng.integers(len(self._in_zones)))]
            return self._over(way, int(rng.choice(zone)), self.town.dark, truck, rng)
        far = self._far(truck)
        via = int(rng.choice(np.flatnonzero((far > 900) & (far < 2_400))))
        return self._over(way, via, self._closed, truck, rng)

    def _nearly_off(self, way: Way, truck: Truck, rng: np.random.Generator) -> tuple[Way, Course] | None:
        """Another way, that leaves the routes by less than the tolerance."""
        low, high = (share * labels.OFF_ROUTE_METRES for share in _NEARLY)
        far = self._far(truck)
        via = int(rng.choice(np.flatnonzero((far > low) & (far < high))))
        made = self._over(way, via, self._closed, truck, rng)
        if made is None:
            return None
        course = made[1]
        off = float(shapely.distance(shapely.points(course.x, course.y), self.truth.routes(truck)).max())
        return made if low < off < high else None

    def _beside(self, way: Way, truck: Truck, rng: np.random.Generator) -> tuple[Way, Course] | None:
        """A way along the no-go zone that has a street beside it."""
        beside = self._beside_zone
        if len(beside & set(way)) > 1:
            return way, self.right(way, truck, rng)
        return self._over(way, int(rng.choice(sorted(beside))), self._closed, truck, rng)

    def _over(
        self, way: Way, via: int, closed: frozenset[int], truck: Truck, rng: np.random.Generator
    ) -> tuple[Way, Course] | None:
        there, back = self._way(way[0], via, closed), self._way(way[-1], via, closed)[::-1]
        if len(there) < 2 or len(back) < 2 or there[-2] == back[1]:
            return None  # it would turn round on the spot
        whole = there + back[1:]
        return whole, drive(streets(), whole, self.pace(truck), rng)

    def _way(self, site: int, via: int, closed: frozenset[int]) -> Way:
        """The quickest way from a site to a node; empty where there is none. Streets may be driven both ways."""
        if (site, closed) not in self._trees:
            self._trees[site, closed] = streets().tree(site, closed)
        tree, way = self._trees[site, closed], [via]
        if tree[via] < 0:
            return []
        while way[-1] != site:
            way.append(tree[way[-1]])
        return way[::-1]

    def _far(self, truck: Truck) -> np.ndarray:
        """How far each node is from the lorry's routes, metres."""
        if truck.number not in self._known:
            far = shapely.distance(shapely.points(streets().nodes), self.truth.routes(truck))
            self._known[truck.number] = far
        return self._known[truck.number]

    @cached_property
    def _closed(self) -> frozenset[int]:
        return self.town.dark | self.town.forbidden

    @cached_property
    def _beside_zone(self) -> set[int]:
        zone = next(z.outline for z in self.town.drawn if z.id == BESIDE)
        return set(np.flatnonzero(shapely.distance(shapely.points(streets().nodes), zone) < 40.0).tolist())

    @cached_property
    def _in_zones(self) -> list[np.ndarray]:
        nodes = streets().nodes
        inside = [
            np.flatnonzero(shapely.contains_xy(z.outline.buffer(-100), nodes[:, 0], nodes[:, 1]))
            for z in self.town.drawn
            if z.use == "no_go"
        ]
        return [zone for zone in inside if len(zone)]

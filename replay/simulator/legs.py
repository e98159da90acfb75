"""legs: what a lorry's turn is made of when all is as it should be: load, haul, tip, and back or home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from replay.simulator.motion import Course, drive
from replay.simulator.streets import streets
from replay.simulator.stretches import Leg, Signal, level, ramp
from replay.simulator.town import Truck
from replay.simulator.violations import Maker

FULL = 0.95


@dataclass(slots=True)
class Driver:
    """Whoever drives one muck truck: makes legs, with the dice of its day."""

    truck: Truck
    maker: Maker
    rng: np.random.Generator

    def usual(self, ahead: bool, full: float = FULL) -> list[Leg]:
        """A turn from its loading site. ahead: to be back there; otherwise it goes home."""
        truck, rng = self.truck, self.rng
        seconds = rng.uniform(240, 540)
        load = self.stop("load", seconds, truck.loading.node, load=ramp(0.0, full, 0.0, seconds), lid=level(1.0))
        haul = self.drive("haul", truck.loading.node, truck.disposal.node, load=level(full))
        return [load, haul, self.tip(truck.disposal.node, full), self.back(ahead)]

    def tip(self, node: int, full: float = FULL) -> Leg:
        """It empties its load in a site."""
        seconds = self.rng.uniform(100, 220)
        return self.stop("tip", seconds, node, load=ramp(full, 0.0, 0.0, seconds), lid=level(1.0), body=level(1.0))

    def back(self, ahead: bool) -> Leg:
        """Empty, to the loading site or home."""
        truck = self.truck
        if ahead:
            return self.drive("return", truck.disposal.node, truck.loading.node)
        return self.drive("home", truck.disposal.node, truck.depot.node)

    def drive(self, kind: str, a: int, b: int, stand: tuple[float, float] | None = None, **signals: Signal) -> Leg:
        """From one site to another along the permit's routes. stand: as in motion.py."""
        way = self.way(a, b)
        course = drive(streets(), way, self.maker.pace(self.truck), self.rng, stand=stand)
        return self.along(kind, way, course, signals)

    def along(self, kind: str, way: Sequence[int], course: Course, signals: Mapping[str, Signal]) -> Leg:
        """A leg of a course."""
        end = (float(course.x[-1]), float(course.y[-1]))
        return Leg(kind, course.seconds, course, end, signals, way=way)

    def stop(self, kind: str, seconds: float, node: int, **signals: Signal) -> Leg:
        """It stands in a site; the ignition is on unless a signal says otherwise."""
        x, y = streets().nodes[node].tolist()
        return Leg(kind, seconds, None, (x, y), signals)

    def way(self, a: int, b: int) -> list[int]:
        """Along the permit's route between two of its sites, whichever way round."""
        for route in self.truck.routes:
            way = self.maker.town.ways[route]
            if {way[0], way[-1]} == {a, b}:
                return way if way[0] == a else way[::-1]
        return streets().way(a, b, self.maker.town.forbidden)

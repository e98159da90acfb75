"""trips: what vehicles do all day, as stretches: a lorry's from its depot and back, a refuse truck's rounds.

A stretch is a drive or a stop, with what the body's sensors would say. Stretches follow each other without a gap and
for ever; they are made when they are needed. A lorry waits in its depot with the ignition off, drives to its loading
site, loads with an open lid, drives to the disposal site, tips with a raised body, and after a few turns goes home.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from replay.simulator import labels
from replay.simulator.labels import Label
from replay.simulator.motion import Course, Pace, drive
from replay.simulator.rates import Rates
from replay.simulator.streets import Floats, streets
from replay.simulator.town import RefuseTruck, Town, Truck
from replay.simulator.violations import Drive, Maker

_BEGUN = {"rest": 0.12, "load": 0.13, "haul": 0.4, "return": 0.25, "fetch": 0.1}
"""what lorries are in the middle of when the day begins"""
_AFTER = {
    "rest": "fetch",
    "fetch": "load",
    "load": "haul",
    "haul": "tip",
    "tip": "return",
    "return": "load",
    "home": "rest",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A drive or a stop of one vehicle. Times are UTC seconds."""

    start: float
    end: float
    course: Course | None
    """None: it stands still"""
    at: tuple[float, float]
    """where it stands, or where the drive ends, on the plane"""
    ignition: float = 1.0
    load: tuple[float, float] = (0.0, 0.0)
    """at its start and its end, share of full"""
    lid: float = 0.0
    body: float = 0.0
    labels: tuple[Label, ...] = ()
    """what is wrong in it"""
    emptied: tuple[tuple[float, int], ...] = ()
    """a refuse truck's: (when, which bin)"""

    def place(self, t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """x, y, speed (km/h) and heading at UTC seconds."""
        if self.course is not None:
            return self.course.at(t - self.start)
        still = np.zeros(len(t))
        return still + self.at[0], still + self.at[1], still, still


@dataclass(slots=True)
class Lorry:
    """One muck truck's days."""

    truck: Truck
    maker: Maker
    rng: np.random.Generator
    rates: Rates
    """how often something is wrong"""
    quiet_until: float = -np.inf
    """its terminal is silent until then: nothing shall be wrong that nobody could see"""

    def stretches(self, start: float, opening: tuple[str, float] | None = None) -> Iterator[Stretch]:
        """For ever, from `start` on, in the middle of what it was doing. opening: (rule, seconds after the start)."""
        stretch = self._opened(start, *opening) if opening else None
        step = "haul"
        if stretch is None:
            step = str(self.rng.choice(list(_BEGUN), p=list(_BEGUN.values())))
            stretch = self._next(step, start, quiet=True)
            stretch = _shifted(stretch, self.rng.uniform(0.05, 0.8) * (stretch.end - stretch.start))
        turns = int(self.rng.integers(1, 5))
        while True:
            yield stretch
            if step == "rest":
                turns = int(self.rng.integers(2, 6))
            turns -= step == "tip"
            step = _AFTER[step] if step != "tip" or turns > 0 else "home"
            stretch = self._next(step, stretch.end)

    def _opened(self, start: float, rule: str, after: float) -> Stretch | None:
        """A haul that has been under way so long that `rule` is broken `after` seconds from the start on."""
        made = self.maker.wrong(
            rule, self._way(self.truck.loading.node, self.truck.disposal.node), self.truck, self.rng
        )
        if made is None or made.wrongs[0][0] != rule or made.wrongs[0][1] < after or made.wrongs[0][3]:
            return None
        return _shifted(self._drive(made, start, (0.95, 0.95)), made.wrongs[0][1] - after)

    def _next(self, step: str, start: float, quiet: bool = False) -> Stretch:
        truck, rng = self.truck, self.rng
        if step == "rest":
            return self._stop(start, rng.uniform(600, 1_800), truck.depot.node, ignition=0.0)
        if step == "load":
            return self._stop(start, rng.uniform(240, 540), truck.loading.node, load=(0.0, 0.95), lid=1.0)
        if step == "tip":
            return self._stop(start, rng.uniform(100, 220), truck.disposal.node, load=(0.95, 0.0), lid=1.0, body=1.0)
        a, b = {
            "fetch": (truck.depot.node, truck.loading.node),
            "haul": (truck.loading.node, truck.disposal.node),
            "return": (truck.disposal.node, truck.loading.node),
            "home": (truck.disposal.node, truck.depot.node),
        }[step]
        made = None
        rule = self.rates.draw((labels.OVERSPEED, labels.NO_GO, labels.OFF_ROUTE), rng)
        if rule and not quiet and start > self.quiet_until:
            made = self.maker.wrong(rule, self._way(a, b), truck, rng)
        load = (0.95, 0.95) if step == "haul" else (0.0, 0.0)
        return self._drive(made or self.maker.right(self._way(a, b), truck, rng), start, load)

    def _way(self, a: int, b: int) -> list[int]:
        """Along the permit's route between two of its sites, whichever way round."""
        for route in self.truck.routes:
            way = self.maker.town.ways[route]
            if {way[0], way[-1]} == {a, b}:
                return way if way[0] == a else way[::-1]
        raise ValueError(f"the permit {self.truck.permit} has no route between nodes {a} and {b}")

    def _drive(self, made: Drive, start: float, load: tuple[float, float]) -> Stretch:
        wrong = tuple(made.labels(self.truck, start))
        return Stretch(start, start + made.course.seconds, made.course, _end(made.course), load=load, labels=wrong)

    def _stop(
        self,
        start: float,
        seconds: float,
        node: int,
        ignition: float = 1.0,
        load: tuple[float, float] = (0.0, 0.0),
        lid: float = 0.0,
        body: float = 0.0,
    ) -> Stretch:
        return Stretch(start, start + seconds, None, _place(node), ignition, load, lid, body)


@dataclass(slots=True)
class Rounds:
    """One refuse truck's rounds: from bin to bin, and back to the yard to tip, never through the dark."""

    truck: RefuseTruck
    town: Town
    rng: np.random.Generator
    _ways: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def stretches(self, start: float) -> Iterator[Stretch]:
        """For ever, from `start` on; the first round begins at a bin of its own choice."""
        yard = self.town.depots[-1].node
        stops = list(self.truck.round)
        skip = int(self.rng.integers(len(stops))) if stops else 0
        here, load, now = self.town.bins[stops[skip]].node if stops else yard, 0.0, start
        todo = stops[skip:]
        while True:
            for number in todo:
                node = self.town.bins[number].node
                if node != here:
                    yield (stretch := self._drive(here, node, now, load))
                    now, here = stretch.end, node
                seconds = self.rng.uniform(35, 75)
                fuller = min(load + 0.9 / max(len(stops), 1), 1.0)
                emptied = ((now + seconds / 2, number),)
                yield Stretch(now, now + seconds, None, _place(node), load=(load, fuller), lid=1.0, emptied=emptied)
                now, load = now + seconds, fuller
            if here != yard:
                yield (stretch := self._drive(here, yard, now, load))
                now, here = stretch.end, yard
            seconds = self.rng.uniform(120, 240)
            yield Stretch(now, now + seconds, None, _place(yard), load=(load, 0.0), lid=1.0, body=1.0)
            now, load, todo = now + seconds, 0.0, stops

    def _drive(self, a: int, b: int, start: float, load: float) -> Stretch:
        net = streets()
        if (a, b) not in self._ways:
            self._ways[a, b] = net.way(a, b, self.town.dark)
        course = drive(net, self._ways[a, b], self._pace, self.rng)
        return Stretch(start, start + course.seconds, course, _end(course), load=(load, load))

    @property
    def _pace(self) -> Pace:
        return Pace(slow=self.town.slow, dark=self.town.dark)


def _place(node: int) -> tuple[float, float]:
    x, y = streets().nodes[node].tolist()
    return (x, y)


def _end(course: Course) -> tuple[float, float]:
    return (float(course.x[-1]), float(course.y[-1]))


def _shifted(stretch: Stretch, by: float) -> Stretch:
    """The same, having begun `by` seconds earlier."""
    moved = tuple(replace(label, started=label.started - by, ended=label.ended - by) for label in stretch.labels)
    return replace(stretch, start=stretch.start - by, end=stretch.end - by, labels=moved)

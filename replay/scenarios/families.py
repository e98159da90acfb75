"""families: the two cities that scenarios happen in: for what vehicles do in a day, and for what sensors say in days.

The second is slow (a reading each quarter of an hour) and long, the first quick and short; one city of both would spend
its time on rows that say nothing new. Sizes are such that the false cases of a rule can be counted in thousands of
hours; the small ones are for a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from replay.scenarios.library import Scenario
from replay.simulator import City, labels, limits
from replay.simulator.rates import Share

START = 1_709_589_600.0
"""When scenarios begin: Tuesday, 2024-03-05, 06:00 in the demo city."""
_MADE_AT_ONCE = 7_200.0
"""seconds"""


_LORRIES = {
    labels.OVERSPEED: 0.07,
    labels.NO_GO: 0.07,
    labels.OFF_ROUTE: 0.03,
    labels.OUTSIDE_HOURS: 0.5,
    labels.NO_PERMIT: 0.8,
    labels.NOT_SEALED: 0.07,
    labels.BODY_RAISED: 0.06,
    labels.TIPPING: 0.05,
    labels.SUSPICIOUS_STOP: 0.06,
    labels.OVERLOAD: 0.07,
    labels.TRIP_NOT_COMPLETED: 0.03,
    labels.SIGNAL_LOST: 0.08,
    labels.JUMP: 0.07,
    labels.SENSOR_CONTRADICTION: 0.07,
    labels.SENSOR_CONSTANT: 0.12,
    labels.NOT_SWEPT: 0.3,
    labels.NOT_PATROLLED: 0.3,
    limits.BIN_FULL: 0.15,
}
"""How often what is wrong: more often than in a city, so that there is enough of each to count."""


@dataclass(frozen=True, slots=True)
class Family:
    """A city's size, and how long it is watched."""

    name: str
    about: str
    trucks: int
    refuse: int
    sweepers: int
    patrols: int
    bins: int
    sensors: int
    interval: float
    """seconds between a vehicle's fixes"""
    parked: float
    """the same in the depot"""
    readings: float
    """seconds between a sensor's readings"""
    hours: float
    wrongs: Share = field(hash=False)

    def city(self, scenario: Scenario, seed: int) -> City:
        """The city that a scenario happens in; what it has in common with the one before is not made again."""
        return _city(self, scenario.near, scenario.edge, seed).heard(scenario.conditions)

    def at(self, near: bool, edge: bool, seed: int) -> City:
        """The city with what is nearly wrong and on an edge, or without."""
        return City(
            seed,
            trucks=self.trucks,
            refuse=self.refuse,
            sweepers=self.sweepers,
            patrols=self.patrols,
            bins=self.bins,
            sensors=self.sensors,
            interval=self.interval,
            parked=self.parked,
            bin_interval=self.readings,
            wrongs=self.wrongs,
            near=near,
            edge=edge,
            step=_MADE_AT_ONCE,
        )


@lru_cache(maxsize=2)
def _city(family: Family, near: bool, edge: bool, seed: int) -> City:
    return family.at(near, edge, seed)


FLEET = Family(
    name="fleet",
    about="60 vehicles, a fix each 10 s, for a day",
    trucks=44,
    refuse=4,
    sweepers=7,
    patrols=5,
    bins=40,
    sensors=0,
    interval=10.0,
    parked=60.0,
    readings=900.0,
    hours=24.0,
    wrongs=_LORRIES,
)
SENSORS = Family(
    name="sensors",
    about="200 bins and 80 other sensors, a reading each 15 min, for five days",
    trucks=0,
    refuse=0,
    sweepers=0,
    patrols=0,
    bins=200,
    sensors=80,
    interval=10.0,
    parked=60.0,
    readings=900.0,
    hours=120.0,
    wrongs=0.3,
)
FAMILIES = {family.name: family for family in (FLEET, SENSORS)}
SMALL = {
    "fleet": replace(FLEET, trucks=14, refuse=2, sweepers=2, patrols=2, bins=12, hours=4.0),
    "sensors": replace(SENSORS, bins=40, sensors=24, hours=24.0, wrongs=0.4),
}
"""The same in little."""

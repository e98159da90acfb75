"""families: the two cities that scenarios happen in: for what vehicles do in a day, and for what sensors say in days.

The second is slow (a reading each quarter of an hour) and long, the first quick and short; one city of both would spend
its time on rows that say nothing new. Sizes are such that the false cases of a rule can be counted in thousands of
hours; the small ones are for a test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from replay.scenarios.library import Scenario
from replay.simulator import City

START = 1_709_589_600.0
"""When scenarios begin: Tuesday, 2024-03-05, 06:00 in the demo city."""
_MADE_AT_ONCE = 7_200.0
"""seconds"""


@dataclass(frozen=True, slots=True)
class Family:
    """A city's size, and how long it is watched."""

    name: str
    about: str
    trucks: int
    refuse: int
    bins: int
    interval: float
    """seconds between a vehicle's fixes"""
    parked: float
    """the same in the depot"""
    readings: float
    """seconds between a sensor's readings"""
    hours: float
    wrongs: float

    def city(self, scenario: Scenario, seed: int) -> City:
        """The city that a scenario happens in."""
        return City(
            seed,
            trucks=self.trucks,
            refuse=self.refuse,
            bins=self.bins,
            interval=self.interval,
            parked=self.parked,
            bin_interval=self.readings,
            wrongs=self.wrongs,
            near=scenario.near,
            edge=scenario.edge,
            conditions=scenario.conditions,
            step=_MADE_AT_ONCE,
        )


FLEET = Family("fleet", "50 vehicles, a fix each 10 s, for a day", 44, 6, 60, 10.0, 60.0, 900.0, 24.0, 0.15)
SENSORS = Family(
    "sensors",
    "300 bins and other sensors, a reading each 15 min, for three days",
    0,
    0,
    300,
    10.0,
    60.0,
    900.0,
    72.0,
    0.15,
)
FAMILIES = {family.name: family for family in (FLEET, SENSORS)}
SMALL = {
    "fleet": replace(FLEET, trucks=12, refuse=3, bins=12, hours=4.0, wrongs=0.3),
    "sensors": replace(SENSORS, bins=40, hours=24.0, wrongs=0.3),
}
"""The same in little."""

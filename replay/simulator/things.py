"""things: the city's sensors that are no bins: where they stand, what they measure, and how the register knows them.

As the town's, they follow from how many there are alone, never from a day's seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from replay.simulator import limits, names
from replay.simulator.streets import LAYOUT_SEED, streets, to_lonlat


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of sensor: each measures one quantity."""

    thing: str
    """its class in the register"""
    letter: str
    """what its ids begin with"""
    rule: str
    """what can be wrong about what it measures"""
    field: str
    """in the payload"""
    digits: int = 1
    """after the point"""


SORTS = (
    Sort("water_sensor", "W", limits.STANDING_WATER, "water"),
    Sort("manhole_sensor", "M", limits.MANHOLE_MOVED, "cover_tilt"),
    Sort("dust_sensor", "D", limits.DUST, "pm10"),
    Sort("noise_sensor", "N", limits.NOISE, "noise"),
    Sort("gas_sensor", "G", limits.GAS, "gas"),
    Sort("smoke_sensor", "S", limits.SMOKE, "smoke", 2),
    Sort("lamp", "L", limits.LAMP_OUT, "missing_power"),
    Sort("slope_sensor", "H", limits.SLOPE_MOVING, "displacement"),
)
GNSS_EACH = 10
"""Every tenth bin knows where it is."""
STREET_BIN, CONTAINER = "street_bin", "container"


def bin_class(number: int) -> str:
    """Every third bin is a large container with a lock: it fills steadily, and no fly-tipper gets at it."""
    return CONTAINER if number % 3 == 1 else STREET_BIN


def is_planned(number: int) -> bool:
    """Every fifth bin is to be emptied each day, in a window that its plan names."""
    return number % 5 == 2


def bin_plans(count: int) -> Iterator[tuple[str, str, str]]:
    """Rows for the register of plans: id, subject, hours."""
    hours = "-".join(f"{ts / 3600:02.0f}:00" for ts in (limits.PLANNED_FROM, limits.PLANNED_TO))
    for number in filter(is_planned, range(count)):
        yield f"E-{number + 1:04d}", f"B-{number + 1:04d}", hours


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor at the roadside, on the plane."""

    id: str
    sort: Sort
    x: float
    y: float
    address: str


def sensors(count: int) -> list[Sensor]:
    """The city's sensors, the sorts by turns; more of them are the fewer and some more."""
    net, rng = streets(), np.random.default_rng([LAYOUT_SEED, 2])
    found = []
    for n in range(count):
        edge = int(rng.integers(len(net.edges)))
        a, b = (net.nodes[node] for node in net.edges[edge])
        x, y = (a + (b - a) * rng.uniform(0.3, 0.7)).tolist()
        sort = SORTS[n % len(SORTS)]
        where = names.address(net.name[edge], int(rng.integers(1, 400)))
        found.append(Sensor(f"{sort.letter}-{n // len(SORTS) + 1:03d}", sort, x, y, where))
    return found


def register(count: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows for the register of what stands: id, class, lon, lat, address."""
    some = sensors(count)
    if some:
        for each, (lon, lat) in zip(some, to_lonlat(np.array([(s.x, s.y) for s in some])).tolist(), strict=True):
            yield each.id, each.sort.thing, f"{lon:.6f}", f"{lat:.6f}", each.address

"""beats: what sweepers and patrols have to do by plan: which streets, which area, in which window of each hour.

A real plan has a window or two a day; these have one each hour, at other minutes for each crew, so that something is
always about to be due while one watches. A sweeper's plan names a route, a patrol's an area. Nothing in here depends
on a day's seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from replay.simulator import names
from replay.simulator.streets import streets
from replay.simulator.town import Site, Town

WINDOW = 36
"""minutes"""
STARTS = 90.0
"""Seconds after a run's start from which on plans hold: everyone has been heard of by then."""
_SHARE = 0.85
"""of its pieces that must be done: cars park in the way of the rest"""
_ROUTE_RADIUS, _AREA_RADIUS = 30.0, 150.0
"""metres: a street with both its sides; as far as a patrol sees"""
_WIDE = 120.0
"""metres to both sides of a patrol's way: its area"""
_METRES = (2_200.0, 3_200.0)
"""how long a way may be: a quarter of an hour's work"""


@dataclass(frozen=True)
class Beat:
    """One crew with its plan."""

    id: str
    device: str
    plate: str
    sweeps: bool
    """a sweeper with a route; otherwise a patrol with an area"""
    plan: str
    depot: Site
    way: tuple[int, ...]
    """the nodes that it goes along"""
    minute: int
    """of each hour, at which its windows begin"""

    @property
    def place(self) -> str:
        """The id of its route or area."""
        return f"{'S' if self.sweeps else 'beat'}-{self.id.split('-')[1]}"

    @property
    def share(self) -> float:
        """How much must be done."""
        return _SHARE

    @property
    def radius(self) -> float:
        """Within how many metres something is done."""
        return _ROUTE_RADIUS if self.sweeps else _AREA_RADIUS

    @cached_property
    def line(self) -> shapely.LineString:
        """Its way on the plane."""
        return shapely.LineString(streets().nodes[list(self.way)])

    @cached_property
    def area(self) -> shapely.Polygon:
        """A patrol's, on the plane."""
        return shapely.simplify(self.line.buffer(_WIDE, quad_segs=2), 10.0)

    @cached_property
    def points(self) -> np.ndarray:
        """Places that stand for the whole of the work, as shapely points on the plane."""
        if self.sweeps:
            return np.asarray(shapely.line_interpolate_point(self.line, np.arange(0.0, self.line.length, 20.0)))
        west, south, east, north = self.area.bounds
        x, y = np.meshgrid(np.arange(west, east, 40.0), np.arange(south, north, 40.0))
        grid = shapely.points(x.ravel(), y.ravel())
        return np.asarray(grid[shapely.contains(self.area, grid)])

    @property
    def hours(self) -> str:
        """Its windows, as a register of plans writes them."""
        starts = [60 * hour + self.minute for hour in range(24)]
        return ",".join(f"{_clock(at)}-{_clock((at + WINDOW) % 1440)}" for at in starts)


def sweepers(town: Town) -> list[Beat]:
    """The city's sweepers."""
    count = town.sweeper_count
    return [_beat(town, n, True, 60 * n // count) for n in range(count)]


def patrols(town: Town) -> list[Beat]:
    """The city's patrols."""
    count = town.patrol_count
    return [_beat(town, n, False, (60 * n // count + 5) % 60) for n in range(count)]


def _beat(town: Town, n: int, sweeps: bool, minute: int) -> Beat:
    depot = town.depots[(n if sweeps else n + 2) % len(town.depots)]
    kind, letter = ("sweeper", "S") if sweeps else ("patrol", "C")
    name = f"{kind}-{n + 1:02d}"
    way = _way(town, depot, 2 * n + (not sweeps))
    return Beat(
        name, f"{letter}{n + 1:04d}", names.plate(letter, n + 1), sweeps, f"W-{letter}{n + 1:02d}", depot, way, minute
    )


def _way(town: Town, depot: Site, choice: int) -> tuple[int, ...]:
    """From a node near the depot to one that is far enough, nowhere near the dark."""
    net, closed = streets(), town.dark | town.forbidden
    away = np.hypot(*(net.nodes - net.nodes[depot.node]).T)
    rng = np.random.default_rng(choice)
    while True:
        a = int(rng.choice(np.flatnonzero((away > 300) & (away < 900))))
        b = int(rng.choice(np.flatnonzero((away > 1_800) & (away < 3_000))))
        try:
            way = net.way(a, b, closed)
        except ValueError:
            continue
        if _METRES[0] < shapely.LineString(net.nodes[way]).length < _METRES[1]:
            return tuple(way)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

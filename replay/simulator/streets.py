"""streets: the network of the made-up city, a graph with names, speed classes and ways through it.

About 12 km by 10 km on a plane in metres (x east, y north, origin in the middle): nine avenues and eight roads bent
by a gentle warp, a ring road, local streets that divide the blocks between them unevenly, a river that only arterial
streets cross. It is laid out in a straight city (u, v), where crossings are exact, and then warped. The plane touches
the earth at (LON0, LAT0); lengths on it are within 0.1 % of the true ones.

The layout has a seed of its own and never changes with a day's: registers of it are kept in configs/demo.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

from pipeline import geo
from replay.simulator import names

Floats = NDArray[np.float64]
Plane = NDArray[np.float64]
"""Points on the plane, metres, shape (n, 2)."""

LAYOUT_SEED = 20_240
LON0, LAT0 = 121.9, 30.95
"""The origin of the plane, WGS-84: near the coast where no such city is."""
PLANE = geo.Plane(LON0, LAT0)
WIDTH, HEIGHT = 12_000.0, 10_000.0
RIVER_U = 1_100.0
"""The river runs north and south at this u, 260 m wide."""


class Grade(IntEnum):
    """What kind of street it is."""

    LOCAL = 0
    ARTERIAL = 1
    RING = 2


CRUISE = {Grade.LOCAL: 30.0, Grade.ARTERIAL: 47.0, Grade.RING: 54.0}
"""What traffic drives there, km/h. Lorries may drive 60."""


def to_lonlat(plane: Plane) -> Floats:
    """WGS-84 degrees (lon, lat) of points on the plane, shape (n, 2)."""
    return np.stack(PLANE.to_degrees(plane[:, 0], plane[:, 1]), axis=1)


def warp(uv: Plane) -> Plane:
    """From the straight city to the real one: everything bends a little, nothing crosses that did not."""
    u, v = uv[:, 0], uv[:, 1]
    x = u + 210 * np.sin(v / 2_300 + 0.4) + 90 * np.sin(u / 1_700 + v / 3_100)
    y = v + 170 * np.sin(u / 2_700 - 0.8) + 80 * np.sin(v / 1_900 - u / 2_900)
    return np.stack([x, y], axis=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A street as it was laid out, in the straight city."""

    name: names.Name
    grade: Grade
    course: LineString


@dataclass(slots=True)
class Streets:
    """The graph. Every edge may be driven both ways."""

    nodes: Plane
    edges: list[tuple[int, int]]
    grade: list[Grade]
    name: list[names.Name]
    length: list[float]
    """metres"""
    near: list[list[tuple[int, int]]] = field(default_factory=list)
    """for each node its (neighbour, edge)"""
    seconds: list[float] = field(default_factory=list)
    """how long traffic takes along each edge"""
    _tree: shapely.STRtree | None = None

    def __post_init__(self) -> None:
        self.seconds = [long / (CRUISE[grade] / 3.6) for long, grade in zip(self.length, self.grade, strict=True)]
        self.near = [[] for _ in range(len(self.nodes))]
        for edge, (a, b) in enumerate(self.edges):
            self.near[a].append((b, edge))
            self.near[b].append((a, edge))

    def way(self, a: int, b: int, closed: frozenset[int] = frozenset()) -> list[int]:
        """The nodes of the quickest way from a to b (A*: nothing is quicker than straight on at a ring road's pace).

        closed: edges not to be used. Raises ValueError where there is no way.
        """
        quickest = max(CRUISE.values()) / 3.6
        left = (np.hypot(*(self.nodes - self.nodes[b]).T) / quickest).tolist()
        best, via, heap = {a: 0.0}, {a: a}, [(left[a], 0.0, a)]
        seconds, unknown = self.seconds, math.inf
        while heap:
            _, cost, node = heapq.heappop(heap)
            if node == b:
                way = [b]
                while way[-1] != a:
                    way.append(via[way[-1]])
                return way[::-1]
            if cost > best[node]:
                continue
            for neighbour, edge in self.near[node]:
                further = cost + seconds[edge]
                if further < best.get(neighbour, unknown) and edge not in closed:
                    best[neighbour], via[neighbour] = further, node
                    heapq.heappush(heap, (further + left[neighbour], further, neighbour))
        raise ValueError(f"no way from node {a} to node {b}")

    def tree(self, a: int, closed: frozenset[int] = frozenset()) -> list[int]:
        """For each node the one before it on the quickest way from a (Dijkstra); -1 where there is no way."""
        best, via, heap = [math.inf] * len(self.nodes), [-1] * len(self.nodes), [(0.0, a)]
        best[a], via[a] = 0.0, a
        while heap:
            cost, node = heapq.heappop(heap)
            if cost > best[node]:
                continue
            for neighbour, edge in self.near[node]:
                further = cost + self.seconds[edge]
                if further < best[neighbour] and edge not in closed:
                    best[neighbour], via[neighbour] = further, node
                    heapq.heappush(heap, (further, neighbour))
        return via

    def edge_between(self, a: int, b: int) -> int:
        """The edge of two neighbours."""
        return next(edge for neighbour, edge in self.near[a] if neighbour == b)

    def nearest(self, x: float, y: float, among: Sequence[bool]) -> int:
        """The node nearest to a place, of those marked in `among` (one flag a node)."""
        distance = np.hypot(self.nodes[:, 0] - x, self.nodes[:, 1] - y)
        return int(np.argmin(np.where(among, distance, np.inf)))

    def name_at(self, lon: float, lat: float) -> names.Name:
        """The street nearest to a place (WGS-84)."""
        x, y = PLANE.to_metres(lon, lat)
        if self._tree is None:
            self._tree = shapely.STRtree(shapely.linestrings(self.nodes[np.array(self.edges)]))
        return self.name[int(self._tree.nearest(shapely.Point(float(x), float(y))))]

    def edges_in(self, area: shapely.Geometry) -> frozenset[int]:
        """The edges that touch an area."""
        ends = self.nodes[np.array(self.edges)]
        return frozenset(np.flatnonzero(shapely.intersects(shapely.linestrings(ends), area)).tolist())


def _ticks(rng: np.random.Generator, count: int, extent: float, jitter: float) -> list[float]:
    even = np.linspace(-extent / 2, extent / 2, count)
    shift = rng.uniform(-jitter, jitter, count)
    shift[[0, -1]] = 0
    return [round(float(t), 0) for t in even + shift]


def _lay_out(rng: np.random.Generator) -> list[Line]:
    us = _ticks(rng, len(names.AVENUES), WIDTH, 180)
    vs = _ticks(rng, len(names.ROADS), HEIGHT, 160)
    lines = [
        Line(name, Grade.ARTERIAL, LineString([(u, vs[0]), (u, vs[-1])]))
        for u, name in zip(us, names.AVENUES, strict=True)
    ]
    lines += [
        Line(name, Grade.ARTERIAL, LineString([(us[0], v), (us[-1], v)]))
        for v, name in zip(vs, names.ROADS, strict=True)
    ]
    turn = np.linspace(0, 2 * np.pi, 73)
    # a rounded rectangle: |x|^4 + |y|^4 = 1
    ring = np.stack(
        [
            3_800 * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.5,
            2_950 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.5,
        ],
        axis=1,
    )
    lines.append(Line(names.RING, Grade.RING, LineString(np.round(ring))))
    banks = (RIVER_U - 190, RIVER_U + 190)
    lines += [
        Line(name, Grade.LOCAL, LineString([(u, vs[0]), (u, vs[-1])]))
        for u, name in zip(banks, names.QUAYS, strict=True)
    ]
    number = 0
    for west, east in pairwise(us):
        for south, north in pairwise(vs):
            for line in _block(rng, west, east, south, north):
                if line.intersects(shapely.box(RIVER_U - 188, vs[0], RIVER_U + 188, vs[-1])):
                    continue  # only arterial streets and the ring cross the river
                lines.append(Line(names.local(number), Grade.LOCAL, line))
                number += 1
    return lines


def _block(rng: np.random.Generator, west: float, east: float, south: float, north: float) -> list[LineString]:
    """The local streets between four arterial ones: cuts across the block, some of which stop half way."""
    lines = []
    cuts, across = _cuts(rng), _cuts(rng)
    skew = rng.uniform(-0.07, 0.07, 2)
    for cut in cuts:
        u, v = west + cut * (east - west), north if rng.random() < 0.75 else south + across[-1] * (north - south)
        lines.append(LineString(np.round([(u, south), (u + skew[0] * (v - south), v)])))
    for cut in across:
        v, u = south + cut * (north - south), east if rng.random() < 0.75 else west + cuts[-1] * (east - west)
        lines.append(LineString(np.round([(west, v), (u, v + skew[1] * (u - west))])))
    return lines


def _cuts(rng: np.random.Generator) -> list[float]:
    """Where a side is cut, as shares: one to four, none near another."""
    count = int(rng.integers(1, 5))
    cuts = (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count * 0.7 + 0.15
    return [float(cut) for cut in cuts]


@cache
def streets() -> Streets:
    """The city's network, always the same."""
    lines = _lay_out(np.random.default_rng(LAYOUT_SEED))
    noded = shapely.union_all([shapely.segmentize(line.course, 400.0) for line in lines], grid_size=1.0)
    pieces = sorted(tuple(map(tuple, piece.coords)) for piece in noded.geoms)
    tree = shapely.STRtree([line.course for line in lines])
    number: dict[tuple[float, float], int] = {}
    edges, grade, name = [], [], []
    for piece in pieces:
        for start, end in pairwise(piece):
            middle = shapely.Point((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
            line = max((lines[i] for i in sorted(tree.query(middle, "dwithin", 1.5))), key=lambda line: line.grade)
            edges.append((number.setdefault(start, len(number)), number.setdefault(end, len(number))))
            grade.append(line.grade)
            name.append(line.name)
    nodes = warp(np.array(list(number)))
    return _connected(nodes, edges, grade, name)


def _connected(nodes: Plane, edges: list[tuple[int, int]], grade: list[Grade], name: list[names.Name]) -> Streets:
    """The largest part that hangs together; quays near bridges can leave scraps."""
    part = list(range(len(nodes)))

    def root(n: int) -> int:
        while part[n] != n:
            part[n] = part[part[n]]
            n = part[n]
        return n

    for a, b in edges:
        part[root(a)] = root(b)
    roots = np.array([root(n) for n in range(len(nodes))])
    largest = np.bincount(roots).argmax()
    renumber = np.cumsum(roots == largest) - 1
    kept = [i for i, (a, _) in enumerate(edges) if roots[a] == largest]
    pairs = [(int(renumber[edges[i][0]]), int(renumber[edges[i][1]])) for i in kept]
    place = nodes[roots == largest]
    length = [float(np.hypot(*(place[a] - place[b]))) for a, b in pairs]
    return Streets(place, pairs, [grade[i] for i in kept], [name[i] for i in kept], length)


def block(u: float, v: float, inset: float) -> Polygon:
    """The ground between the arterial streets around (u, v), drawn in by `inset` metres, on the plane."""
    rng = np.random.default_rng(LAYOUT_SEED)
    us, vs = _ticks(rng, len(names.AVENUES), WIDTH, 180), _ticks(rng, len(names.ROADS), HEIGHT, 160)
    west, east = max(t for t in us if t <= u), min(t for t in us if t > u)
    south, north = max(t for t in vs if t <= v), min(t for t in vs if t > v)
    outline = shapely.segmentize(shapely.box(west + inset, south + inset, east - inset, north - inset), 250.0)
    return Polygon(warp(np.array(outline.exterior.coords)))

"""strokes: the segments of routes, and coarser strokes over runs of them, to measure places against.

A route that was recorded or exported has a vertex every few metres. A stroke is the straight line over a run of such
segments, with how far (`slack`) they leave it: a place is as far from the run as from the stroke, give or take that.
So the few runs that matter are found by strokes, and only those are measured segment by segment. A route of at most
96 segments is its own strokes, with no slack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import segment_distance
from pipeline.raster import Index, expand
from pipeline.registers import Road, Route
from pipeline.rows import Floats

_MOST = 96
"""strokes of a route, about"""
_LONGEST_DEGREE = (111_400.0, 111_700.0)
"""metres: a degree of longitude and of latitude is nowhere longer, so that a slack in them holds at any latitude"""


@dataclass(slots=True)
class Strokes:
    """Straight lines from a to b, degrees; those of route k are `count[k]` from `first[k]` on."""

    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    slack: Floats
    """metres that what a stroke stands for can be from it"""
    first: Index
    count: Index

    def metres(
        self, stroke: NDArray[np.integer], lon: Floats, lat: Floats, east: Floats, north: Floats
    ) -> NDArray[np.float64]:
        """From each place to its stroke, in the plane of `east` and `north` metres a degree; shapes that broadcast."""
        return segment_distance(
            lon, lat, self.ax[stroke], self.ay[stroke], self.bx[stroke], self.by[stroke], east, north
        )


def segments(routes: Sequence[Route | Road]) -> Strokes:
    """Every segment of every route or road, in order."""
    empty = np.empty((0, 2))
    lines = [line for route in routes for line in route.lines]
    a = np.concatenate([empty, *(line[:-1] for line in lines)])
    b = np.concatenate([empty, *(line[1:] for line in lines)])
    ax, ay, bx, by = (np.ascontiguousarray(column) for column in (*a.T, *b.T))
    count = np.array([sum(len(line) - 1 for line in route.lines) for route in routes], np.int64)
    return Strokes(ax, ay, bx, by, np.zeros(len(ax)), np.cumsum(count) - count, count)


def strokes_over(routes: Sequence[Route], parts: Strokes) -> tuple[Strokes, Index, Index]:
    """(strokes, begin, size): strokes over runs of the segments `parts`, each over `size` of them from `begin` on."""
    begins: list[int] = []
    counts: list[int] = []
    at = 0
    for route, total in zip(routes, parts.count.tolist(), strict=True):
        run = max(-(-total // _MOST), 1)
        before = len(begins)
        for line in route.lines:  # a run does not go over from one line to the next
            begins.extend(range(at, at + len(line) - 1, run))
            at += len(line) - 1
        counts.append(len(begins) - before)
    begin, count = np.array(begins, np.int64), np.array(counts, np.int64)
    size = np.diff(np.append(begin, at))
    last = begin + size - 1
    ends = parts.ax[begin], parts.ay[begin], parts.bx[last], parts.by[last]
    slack = np.zeros(len(begin))
    if np.any(size > 1):
        stroke, segment = expand(begin, size)
        east, north = (np.full(len(segment), m) for m in _LONGEST_DEGREE)
        ax, ay, bx, by = (end[stroke] for end in ends)
        away = segment_distance(parts.bx[segment], parts.by[segment], ax, ay, bx, by, east, north)
        slack = np.where(size > 1, np.maximum.reduceat(away, np.cumsum(size) - size) + 0.01, 0.0)
    return Strokes(*ends, slack, np.cumsum(count) - count, count), begin, size

"""polygons: whether a zone's corners go around something: no edge crosses another, and something is inside.

A polygon that crosses itself has parts that are neither clearly in nor out, and every tool fills them in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence

Point = Sequence[float]

LEAST = 1e-5
"""The least part of the picture that a zone covers: of 1920 x 1080 that is about 20 pixels."""


def area(points: Sequence[Point]) -> float:
    """What it covers, as a share of the picture (shoelace formula)."""
    after = [*points[1:], *points[:1]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, after, strict=True))) / 2


def crossing(points: Sequence[Point]) -> tuple[int, int] | None:
    """Two edges that cross or touch, counted from 1 (edge 1 goes from corner 1 to corner 2); None: none do."""
    n = len(points)
    edges = [(points[i], points[(i + 1) % n]) for i in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            if j - i in (1, n - 1):  # they share a corner
                continue
            if _meet(*edges[i], *edges[j]):
                return i + 1, j + 1
    return None


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the lines from a to b and from c to d have a point in common."""
    one, two, three, four = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if one * two < 0 and three * four < 0:
        return True
    ends = ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b))
    return any(side == 0 and _between(p, q, at) for side, p, q, at in ends)


def _side(a: Point, b: Point, c: Point) -> float:
    """On which side of the line from a to b c is: positive, negative; 0: on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether a point of the line through a and b is between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])

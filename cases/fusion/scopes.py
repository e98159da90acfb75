"""scopes: does a happening belong to what a rule, a storm, a shelving or a suppression is about?"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence

from cases.fusion.settings import Which
from cases.fusion.space import metres
from cases.fusion.words import Happening, Scope, Suppression
from pipeline.hours import parse

OVERLAP = 0.5
"""What two boxes in a picture have in common of what they cover together, at least, to be the same thing: the usual
bound of detection benchmarks."""


def chosen(which: Which, happening: Happening) -> bool:
    """Whether a rule or a storm is about it."""
    return (
        _named(which.rules, happening.rule)
        and _named(which.categories, happening.category)
        and _named(which.subjects, happening.subject)
        and _named(which.cameras, happening.seen_by)
        and _named(which.places, happening.place)
    )


def covers(scope: Scope, happening: Happening) -> bool:
    """Whether a shelving or suppression is about it; its time apart."""
    return (
        happening.kind == "episode"
        and _named(scope.rules, happening.rule)
        and _named(scope.categories, happening.category)
        and _named(scope.subjects, happening.subject)
        and _named(scope.cameras, happening.seen_by)
        and _named(scope.places, happening.place)
        and _named(scope.grids, happening.grid)
        and (scope.circle is None or metres(*scope.circle[:2], happening.lon, happening.lat) <= scope.circle[2])
        and (not scope.polygon or _inside(scope.polygon, happening.lon, happening.lat))
        and (not isinstance(scope, Suppression) or scope.box is None or _overlap(scope.box, happening.box) >= OVERLAP)
    )


def faults(scope: Scope) -> list[str]:
    """What is wrong with it, in plain words."""
    found = []
    named = (scope.rules, scope.categories, scope.subjects, scope.cameras, scope.places, scope.grids)
    if not any(named) and scope.circle is None and not scope.polygon:
        found.append("expected a rule, category, subject, camera or area: nobody puts a whole city aside")
    if scope.circle is not None and not (all(map(math.isfinite, scope.circle)) and scope.circle[2] > 0):
        found.append("expected a circle as lon, lat and metres")
    corners = [value for corner in scope.polygon for value in corner]
    if corners and (len(scope.polygon) < 3 or not all(map(math.isfinite, corners))):
        found.append("expected a polygon of three corners (lon, lat) or more")
    if not (math.isfinite(scope.since) and math.isfinite(scope.until)) or scope.until <= scope.since:
        found.append("expected an end that lies after the beginning: it comes back by itself")
    if isinstance(scope, Suppression) and scope.verdict == "duplicate" and not scope.of_subject:
        found.append("expected 'of_subject', whose case it is a duplicate of")
    if isinstance(scope, Suppression) and scope.hours:
        try:
            parse(scope.hours)
        except ValueError as error:
            found.append(str(error))
    if not scope.reason.strip():
        found.append("expected a reason")
    return found


def _named(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or name in patterns or any("*" in p and _pattern(p).fullmatch(name) for p in patterns)


@functools.lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


def _inside(corners: Sequence[tuple[float, float]], lon: float, lat: float) -> bool:
    """Whether a place is in a polygon, straight in degrees: an odd number of edges is crossed on the way east."""
    odd = False
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (ay > lat) != (by > lat) and lon < ax + (lat - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


Box = tuple[float, float, float, float]


def _overlap(one: Box, other: Box | None) -> float:
    """The share that two boxes have in common of what they cover together; 0 where one is not known."""
    if other is None:
        return 0.0
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    common = max(wide, 0.0) * max(high, 0.0)
    together = one[2] * one[3] + other[2] * other[3] - common
    return common / together if together > 0 else 0.0

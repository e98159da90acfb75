"""drawn_zones: zones of any shape, and places on their corners, beside their edges and all over, for Hypothesis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st

from pipeline.registers import Zone

STEP = 2.0**-12
"""degrees: some 25 m. Corners and places are whole and half steps, so that sums are exact and places lie on edges."""


steps = st.integers(-60, 60)
corners = st.tuples(steps, steps)


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    """A star, or boxes with boxes cut out: holes and several parts."""
    if draw(st.booleans()):
        points = draw(st.lists(corners, min_size=3, max_size=9, unique=True))
        x, y = (sum(c) / len(points) for c in zip(*points, strict=True))
        ring = sorted(points, key=lambda p: (math.atan2(p[1] - y, p[0] - x), p))
        shape: Any = shapely.Polygon(ring)
    else:
        shape = shapely.Polygon()
        for a, b, cut in draw(st.lists(st.tuples(corners, corners, st.booleans()), min_size=1, max_size=4)):
            part = shapely.box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) + 1, max(a[1], b[1]) + 1)
            shape = shape.difference(part) if cut else shape.union(part)
    if not (shape.is_valid and shape.area > 0 and shape.geom_type in ("Polygon", "MultiPolygon")):
        return shapely.box(-3, -3, 3, 3)
    return shape


def polygons(shape: Any) -> list[list[Any]]:
    parts = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
    scaled = shapely.transform
    return [
        [shapely.get_coordinates(scaled(r, lambda c: c * STEP + (104.0, 30.0))) for r in (p.exterior, *p.interiors)]
        for p in parts
    ]


times = st.sampled_from([-math.inf, 2.0, 5.0, math.inf])


@st.composite
def zones(draw: st.DrawFn) -> list[tuple[Zone, Any]]:
    found = []
    for number, shape in enumerate(draw(st.lists(shapes(), min_size=1, max_size=6))):
        since, until = sorted((draw(times), draw(times)))
        classes = draw(st.sampled_from([(), (), ("muck_truck",), ("bus", "nobody_has_it")]))
        zone = Zone(
            f"Z{number}", draw(st.sampled_from(["no_go", "site"])), polygons(shape),
            draw(st.sampled_from([math.nan, 30.0, 40.0, 70.0])), classes,
            since if draw(st.booleans()) else -math.inf, until if until > since and draw(st.booleans()) else math.inf,
            draw(st.sampled_from(["", "", "Th 00:00-24:00", "Fr 00:00-24:00"])),
        )  # fmt: skip
        found.append((zone, shape))
    if draw(st.integers(0, 9)) == 0:  # one that lies far away, so that the raster leaves it out
        far = shapely.box(40_000, 1_000, 40_020, 1_030)
        found.append((Zone("far", "no_go", polygons(far), 20.0), far))
    return found


fine = st.floats(-70, 70).map(lambda v: round(v * 2**20) / 2**20)
anywhere = st.one_of(
    st.tuples(fine, fine),
    st.sampled_from([(40_010.0, 1_010.0), (1e5, -1e5), (math.nan, 0.0), (0.0, math.nan), (math.inf, 0.0)]),
)


@st.composite
def crowds(draw: st.DrawFn) -> tuple[list[tuple[Zone, Any]], list[tuple[float, float, float, int]]]:
    """Zones, and rows (x, y, ts, who) all over; many on corners and edges, or a hair beside them."""
    areas = draw(zones())
    rings = [np.round((ring - (104.0, 30.0)) / STEP) for z, _ in areas for polygon in z.polygons for ring in polygon]
    rows: list[tuple[float, float, float, int]] = []
    for _ in range(draw(st.integers(1, 60))):
        if draw(st.integers(0, 3)) == 0:
            x, y = draw(anywhere)
        else:
            ring = draw(st.sampled_from(rings))
            k = draw(st.integers(0, len(ring) - 2))
            along = draw(st.sampled_from([0.0, 0.25, 0.5, 0.75]))
            beside = draw(st.tuples(*[st.sampled_from([0.0, 0.0, 2.0**-16, -(2.0**-16), 0.25, -0.25])] * 2))
            x, y = (ring[k] * (1 - along) + ring[k + 1] * along + beside).tolist()
        rows.append((x, y, float(draw(st.integers(0, 8))), draw(st.integers(0, 2))))
    return areas, rows


def holds(zone: Zone, ts: float, its_class: str | None) -> bool:
    """Whether a zone holds: the first days of 1970 began with a Thursday."""
    if not zone.valid_from <= ts < zone.valid_to or zone.hours.startswith("Fr"):
        return False
    return not zone.classes or its_class in zone.classes

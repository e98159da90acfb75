"""ground: the city's registers as SVG in metres: zones by use, routes, roads and things that stand still.

Places are projected on a plane that touches the ground in the middle of what is shown (equirectangular, true to
a part in a thousand over some ten kilometres): x metres east, y metres south, as SVG counts. Outlines are simplified to
what can be seen, and what lies outside is left out, so that a city's whole road map stays some hundred kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from pipeline.geo import EARTH_RADIUS
from pipeline.registers import Registers, Zone
from pipeline.rows import Floats
from replay.report.markup import Markup, el, join

USES = ("no_go", "depot", "site", "disposal", "limit")
"""Those that have a colour of their own."""
_OUT = 4.0
"""A place this many times as far from the middle as four of five are does not widen the picture."""
_FINE = (2000.0, 800.0, 300.0)
"""What is simplified away, as a part of the picture's width: coarser while there are more than `_POINTS` points."""
_POINTS = 24_000
_BINS = 3_000
NAMED = 40
"""Zones: beyond this many their names would hide the map."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where the picture is: its middle in degrees, its half width and height in metres."""

    lon: float
    lat: float
    half_width: float
    half_height: float

    @classmethod
    def around(cls, lon: Floats, lat: Floats, *, least: float = 150.0, ratio: float = 0.62) -> Plane | None:
        """What shows these places, but for those that are out of all proportion: a lost fix may be at 0, 0. None
        where there are none."""
        known = np.isfinite(lon) & np.isfinite(lat)
        if not known.any():
            return None
        lon, lat = lon[known], lat[known]
        away = np.hypot(lon - np.median(lon), lat - np.median(lat))
        near = away <= _OUT * np.quantile(away, 0.8) + 0.001
        west, east = float(lon[near].min()), float(lon[near].max())
        south, north = float(lat[near].min()), float(lat[near].max())
        middle = cls((west + east) / 2, (south + north) / 2, 1.0, 1.0)
        x, y = middle.put(np.array([west, east]), np.array([south, north]))
        half_width = max(float(x[1] - x[0]) / 2 * 1.12, least)
        half_height = max(float(y[0] - y[1]) / 2 * 1.12, least * ratio)
        half_width = max(half_width, half_height / ratio)
        return cls(middle.lon, middle.lat, half_width, max(half_height, half_width * ratio))

    def put(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Degrees -> metres east and south of the middle."""
        scale = np.pi / 180.0 * EARTH_RADIUS
        return (lon - self.lon) * scale * np.cos(np.radians(self.lat)), (self.lat - lat) * scale

    @property
    def box(self) -> str:
        """An SVG's viewBox."""
        width, height = 2 * self.half_width, 2 * self.half_height
        return f"{-self.half_width:.0f} {-self.half_height:.0f} {width:.0f} {height:.0f}"

    def path(self, lon: Floats, lat: Floats, *, closed: bool = False) -> str:
        """A line, to what can be told apart when it is magnified some ten times; '' for less than two places."""
        known = np.isfinite(lon) & np.isfinite(lat)
        x, y = self.put(lon[known], lat[known])
        digits = 0 if self.half_width > 1500 else 1
        points = np.round(np.column_stack([x, y]), digits)
        if len(points) < 2:
            return ""
        points = points[np.append(True, np.any(np.diff(points, axis=0) != 0, axis=1))]
        written = "L".join(f"{a:.{digits}f} {b:.{digits}f}" for a, b in points.tolist())
        return f"M{written}{'Z' if closed else ''}"


@dataclass(frozen=True, slots=True)
class Ground:
    """The city, drawn."""

    markup: Markup
    uses: list[str]
    """The uses of the zones in it, sorted; '' for those that only limit speed."""
    routes: bool
    roads: bool
    bins: bool


def ground(registers: Registers, plane: Plane) -> Ground:
    """What of the registers is in the picture, or near it."""
    reach = shapely.box(*(3 * each for each in (-plane.half_width, -plane.half_height)), 3 * plane.half_width,
                        3 * plane.half_height)  # fmt: skip
    zones = [(zone, _area(zone, plane)) for zone in registers.zones]
    zones = [(zone, area) for zone, area in zones if area.intersects(reach)]
    lines = {
        kind: [(each.id, shapely.MultiLineString([_placed(line, plane) for line in each.lines])) for each in of]
        for kind, of in (("road", registers.roads), ("route", registers.routes))
    }
    lines = {kind: [each for each in of if each[1].intersects(reach)] for kind, of in lines.items()}
    for fine in _FINE:
        tolerance = 2 * plane.half_width / fine
        shapes = [shapely.simplify(area, tolerance) for _, area in zones]
        drawn = {kind: [shapely.simplify(each, tolerance) for _, each in of] for kind, of in lines.items()}
        if sum(map(shapely.get_num_coordinates, [*shapes, *drawn["road"], *drawn["route"]])) <= _POINTS:
            break
    digits = 0 if plane.half_width > 1500 else 1
    parts = [_zone(zone, shape, digits) for (zone, _), shape in zip(zones, shapes, strict=True)]
    for kind, of in lines.items():
        named = zip(of, drawn[kind], strict=True)
        parts += [el("path", el("title", name), d=_lines(shape, digits), class_=kind) for (name, _), shape in named]
    bins = _bins(registers, plane)
    if len(zones) <= NAMED:
        parts += [_name(zone, area, plane) for zone, area in zones]
    uses = sorted({_use(zone) for zone, _ in zones})
    return Ground(join([*parts, bins]), uses, bool(lines["route"]), bool(lines["road"]), bool(bins))


def _placed(line: Floats, plane: Plane) -> Floats:
    return np.column_stack(plane.put(line[:, 0], line[:, 1]))


def _area(zone: Zone, plane: Plane) -> shapely.MultiPolygon:
    rings = [[_placed(ring, plane) for ring in polygon] for polygon in zone.polygons]
    return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in rings])


def _use(zone: Zone) -> str:
    return zone.use or "limit"


def use_class(use: str) -> str:
    """The class that colours it."""
    return f"use-{use}" if use in USES else "use-other"


def _zone(zone: Zone, shape: shapely.Geometry, digits: int) -> Markup:
    polygons = getattr(shape, "geoms", [shape])
    rings: Iterable[shapely.LinearRing] = (
        ring for each in polygons if not each.is_empty for ring in (each.exterior, *each.interiors)
    )
    d = "".join(_ring(np.asarray(ring.coords), digits) + "Z" for ring in rings)
    limit = f", {zone.speed_limit:g} km/h" if np.isfinite(zone.speed_limit) else ""
    hours = f", {zone.hours}" if zone.hours else ""
    return el(
        "path", el("title", f"{zone.id} ({_use(zone)}{limit}{hours})"), d=d, class_=f"zone {use_class(_use(zone))}"
    )


def _ring(points: Floats, digits: int) -> str:
    return "M" + "L".join(f"{x:.{digits}f} {y:.{digits}f}" for x, y in points[:, :2].tolist())


def _lines(shape: shapely.Geometry, digits: int) -> str:
    return "".join(_ring(np.asarray(line.coords), digits) for line in getattr(shape, "geoms", [shape]))


def _name(zone: Zone, area: shapely.MultiPolygon, plane: Plane) -> Markup:
    """In the middle of the zone, or above it where there is no room."""
    at, (west, north, east, _) = area.representative_point(), area.bounds
    x, y = (at.x, at.y) if east - west > plane.half_width / 8 else ((west + east) / 2, north - plane.half_height / 80)
    return el("text", zone.id, x=round(x), y=round(y), class_="zone-name")


def _bins(registers: Registers, plane: Plane) -> Markup:
    x, y = plane.put(registers.bins.numbers("lon"), registers.bins.numbers("lat"))
    known = np.flatnonzero((np.abs(x) <= 3 * plane.half_width) & (np.abs(y) <= 3 * plane.half_height))
    if not len(known):
        return Markup()
    known = known[:: -(-len(known) // _BINS)]
    dots = "".join(f"M{a:.0f} {b:.0f}h0" for a, b in zip(x[known].tolist(), y[known].tolist(), strict=True))
    return el("path", d=dots, class_="bin")

"""register_shapes: zones, routes and roads from GeoJSON (RFC 7946: lon before lat), bad features named with their line.

Reads the text of a FeatureCollection in a stated datum, gives `Zone`s, `Route`s and `Road`s in WGS-84 with the line
each stands on. Vertices are converted one by one; between them an edge is straight in either datum, which differs by
centimetres for edges of some hundred metres.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import shapely

from pipeline.faults import did_you_mean
from pipeline.geo import Datum, distance, to_wgs84
from pipeline.hours import parse
from pipeline.registers import ROAD_WIDTH, Line, Road, Route, Zone

Report = Callable[[int, str, str], None]
"""(line, feature id, message)"""
Feature = tuple[int, str, dict[str, Any], dict[str, Any]]
"""(line, id, properties, geometry)"""
Times = Callable[[str, bool], float]
"""(text, whether it is an end) -> UTC seconds"""

_ZONE_PROPERTIES = ("speed_limit", "classes", "valid_from", "valid_to")
"""Long enough that a property that is nearly one of them is a slip; any other property is the map maker's own."""
_FAR, _NEAR = 1_000_000.0, 300_000.0
"""metres: a place this far from the others, but this near with lon and lat exchanged, has them swapped"""


def read_zones(text: str, datum: Datum, times: Times, report: Report) -> list[tuple[int, Zone]]:
    """(line, zone) for each good feature: Polygon or MultiPolygon; id, use, speed_limit, classes, hours, valid_*."""
    return zones_of(features(text, report), datum, times, report)


def zones_of(found_features: Iterable[Feature], datum: Datum, times: Times, report: Report) -> list[tuple[int, Zone]]:
    """The same of features, wherever they were read."""
    found = []
    for line, name, properties, geometry in found_features:
        for key in properties:
            near = did_you_mean(key, _ZONE_PROPERTIES)
            if near and key not in _ZONE_PROPERTIES:
                report(line, name, f"no property '{key}'{near}")
        problems: list[str] = []
        limit = _limit(properties.get("speed_limit"), problems)
        since = _time(properties.get("valid_from"), "valid_from", times, problems)
        until = _time(properties.get("valid_to"), "valid_to", times, problems)
        if until <= since:
            problems.append("valid_to is not after valid_from")
        use = properties.get("use") or ""
        if not isinstance(use, str):
            problems.append(f"use: expected text such as 'no_go', got {use!r}")
        elif not use and math.isnan(limit):
            problems.append("expected a use (no_go, depot, site …) or a speed_limit")
        polygons = polygons_of(geometry, datum, problems)
        classes = _classes(properties.get("classes"), problems)
        hours = _hours(properties.get("hours"), problems)
        for problem in problems:
            report(line, name, problem)
        if not problems:
            found.append((line, Zone(name, use, polygons, limit, classes, since, until, hours)))
    return found


def read_routes(text: str, datum: Datum, report: Report) -> list[tuple[int, Route]]:
    """(line, route) for each good feature: LineString or MultiLineString; property id."""
    return routes_of(features(text, report), datum, report)


def routes_of(found_features: Iterable[Feature], datum: Datum, report: Report) -> list[tuple[int, Route]]:
    """The same of features, wherever they were read."""
    found = []
    for line, name, _, geometry in found_features:
        problems: list[str] = []
        lines = _lines_of(geometry, datum, problems)
        for problem in problems:
            report(line, name, problem)
        if not problems:
            found.append((line, Route(name, lines)))
    return found


def read_roads(text: str, datum: Datum, report: Report) -> list[tuple[int, Road]]:
    """(line, road) for each good feature: LineString or MultiLineString; properties id, speed_limit, width, classes."""
    return roads_of(features(text, report), datum, report)


def roads_of(found_features: Iterable[Feature], datum: Datum, report: Report) -> list[tuple[int, Road]]:
    """The same of features, wherever they were read."""
    found = []
    for line, name, properties, geometry in found_features:
        problems: list[str] = []
        limit = _limit(properties.get("speed_limit"), problems)
        if not problems and math.isnan(limit):
            problems.append("expected a speed_limit")
        width = _width(properties.get("width"), problems)
        classes = _classes(properties.get("classes"), problems)
        lines = _lines_of(geometry, datum, problems)
        for problem in problems:
            report(line, name, problem)
        if not problems:
            found.append((line, Road(name, lines, limit, width, classes)))
    return found


def swapped(lon: list[float], lat: list[float]) -> list[int]:
    """Which places (degrees) are far from the others' middle, but near it with lon and lat exchanged."""
    if len(lon) < 3:
        return []
    x, y = np.array(lon), np.array(lat)
    mx, my = float(np.median(x)), float(np.median(y))
    far = distance(x, y, mx, my) > _FAR
    near = (np.abs(x) <= 90.0) & (distance(y, x, mx, my) < _NEAR)
    return [int(i) for i in np.flatnonzero(far & near)]


def features(text: str, report: Report, key: str = "id", placeless: bool = False) -> Iterator[Feature]:
    """Each feature of a FeatureCollection that has an id, the property `key`.

    placeless: one without a geometry is good too, and has {}."""
    try:
        doc = json.loads(text)
    except json.JSONDecodeError as error:
        report(error.lineno, "", f"expected GeoJSON: {error.msg}")
        return
    features = doc.get("features") if isinstance(doc, dict) else None
    if not isinstance(features, list):
        report(0, "", "expected a GeoJSON FeatureCollection")
        return
    for line, feature in zip(_lines(text, len(features)), features, strict=True):
        if not isinstance(feature, dict):
            report(line, "", "expected a Feature")
            continue
        properties, geometry = feature.get("properties") or {}, feature.get("geometry")
        name = properties.get(key, feature.get("id")) if isinstance(properties, dict) else None
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str) or not name.strip():
            report(line, "", f"expected a property '{key}' with text")
        elif placeless and geometry is None:
            yield line, name.strip(), properties, {}
        elif not isinstance(geometry, dict):
            report(line, name, "expected a geometry")
        else:
            yield line, name.strip(), properties, geometry


def _lines(text: str, count: int) -> list[int]:
    """The line of each feature, counted from 1; 0 for all where the text is too unusual to tell."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r'"features"\s*:\s*\[\s*', text):
        lines: list[int] = []
        at, line, counted = match.end(), 1, 0
        while len(lines) < count:
            line += text.count("\n", counted, at)
            counted = at
            lines.append(line)
            try:
                _, end = decoder.raw_decode(text, at)
            except json.JSONDecodeError:
                break
            step = re.compile(r"\s*(,|\])\s*").match(text, end)
            if step is None:
                break
            at = step.end()
            if step.group(1) == "]":
                break
        if len(lines) == count:
            return lines
    return [0] * count


def polygons_of(geometry: dict[str, Any], datum: Datum, problems: list[str]) -> list[list[Line]]:
    """The polygons of a geometry in WGS-84, each an outer ring and its holes; [] and problems where it is bad."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    parts = [coordinates] if kind == "Polygon" else coordinates
    if (
        kind not in ("Polygon", "MultiPolygon")
        or not isinstance(parts, list)
        or not parts
        or not all(isinstance(part, list) and part for part in parts)
    ):
        problems.append(f"expected a Polygon or MultiPolygon, got {kind}")
        return []
    before = len(problems)
    polygons = [[_line(ring, 4, datum, problems) for ring in part] for part in parts]
    if len(problems) > before:
        return []
    for ring in (ring for polygon in polygons for ring in polygon):
        if not np.array_equal(ring[0], ring[-1]):
            problems.append("a ring does not end where it began")
            return []
    shape = shapely.MultiPolygon([shapely.Polygon(p[0], p[1:]) for p in polygons])
    if not shape.is_valid:
        problems.append(f"invalid polygon: {shapely.is_valid_reason(shape)}")
    return polygons


def _lines_of(geometry: dict[str, Any], datum: Datum, problems: list[str]) -> list[Line]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    parts = [coordinates] if kind == "LineString" else coordinates
    if kind not in ("LineString", "MultiLineString") or not isinstance(parts, list) or not parts:
        problems.append(f"expected a LineString or MultiLineString, got {kind}")
        return []
    return [_line(part, 2, datum, problems) for part in parts]


def _line(part: Any, least: int, datum: Datum, problems: list[str]) -> Line:
    """Coordinates as WGS-84, shape (k, 2); a third number (height) is not read."""
    empty: Line = np.empty((0, 2))
    try:
        points = np.array([(float(p[0]), float(p[1])) for p in part]).reshape(-1, 2)
    except (TypeError, ValueError, IndexError):
        problems.append("expected coordinates as [lon, lat] numbers")
        return empty
    if len(points) < least:
        problems.append(f"expected at least {least} positions, got {len(points)}")
        return empty
    lon, lat = points[:, 0], points[:, 1]
    inside = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    if not inside.all():
        x, y = points[int(np.argmin(inside))]
        hint = " (are lon and lat swapped?)" if abs(x) <= 90.0 and abs(y) <= 180.0 else ""
        problems.append(f"[{x:g}, {y:g}] is no [lon, lat] on the globe{hint}")
        return empty
    return np.column_stack(to_wgs84(lon, lat, datum))


def _limit(value: Any, problems: list[str]) -> float:
    return math.nan if value is None or value == "" else _number(value, "speed_limit", "km/h", problems)


def _width(value: Any, problems: list[str]) -> float:
    return ROAD_WIDTH if value is None or value == "" else _number(value, "width", "metres", problems)


def _number(value: Any, name: str, unit: str, problems: list[str]) -> float:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 < number <= 1000.0:
        problems.append(f"{name}: expected a number of {unit} above 0, got {value!r}")
    return number


def _hours(value: Any, problems: list[str]) -> str:
    if value is None or value == "":
        return ""
    try:
        parse(str(value))
    except ValueError as error:
        problems.append(f"hours: {error}")
    return str(value).strip()


def _time(value: Any, name: str, times: Times, problems: list[str]) -> float:
    if value is None or value == "":
        return math.inf if name == "valid_to" else -math.inf
    try:
        return times(str(value).strip(), name == "valid_to")
    except ValueError as error:
        problems.append(f"{name}: {error}, got {value!r}")
        return math.inf if name == "valid_to" else -math.inf


def _classes(value: Any, problems: list[str]) -> tuple[str, ...]:
    """A list of names, or one text with commas between them."""
    if value is None:
        return ()
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        problems.append(f"classes: expected a list of vehicle classes, got {value!r}")
        return ()
    return tuple(sorted({n.strip() for n in names if n.strip()}))

"""checking: records of a file as rows of a register, every bad one named; and rows of the store as the world has them.

A `Record` is what every format gives: cells as text, a geometry where the format has one. Its checks are the pipeline's
own, so that the same row is good or bad wherever it comes from. Places are converted to WGS-84.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from cases.registers.kinds import GEOMETRY, LINE, POINT, POLYGON, Register, several
from cases.registers.rows import Kept
from pipeline.geo import Datum, to_wgs84
from pipeline.register_csv import Report, Times, check_row
from pipeline.register_shapes import Feature, polygons_of, roads_of, routes_of, zones_of
from pipeline.registers import Line

VALIDITY = ("valid_from", "valid_to")


class Record(NamedTuple):
    """A row of a file. line: where it stands, counted from 1. geometry: of GeoJSON's kind, in the file's datum."""

    line: int
    cells: dict[str, str]
    geometry: dict[str, Any] | None = None


class Checked(NamedTuple):
    """A good row and where it stands; line 0: it was there before."""

    line: int
    row: Kept


def check(
    register: Register, records: Iterable[Record], datum: Datum | None, zone: ZoneInfo, report: Report
) -> list[Checked]:
    """The good rows, in the order of the file.

    datum: what the file's places are in; None only for a register without places. zone: of dates without an offset.
    """
    times = Times(zone)
    given = datum or Datum.WGS84
    if register.shape in (LINE, POLYGON):
        one = _OF_SHAPE.get(register.name, _area)
        found = (one(register, record, given, times, report) for record in records)
        return [each for each in found if each is not None]
    good = [each for record in records if (each := plain_row(register, record, times, report)) is not None]
    if register.shape == POINT:
        placed = [each.row.data for each in good if "lon" in each.row.data]
        lon, lat = to_wgs84([data["lon"] for data in placed], [data["lat"] for data in placed], given)
        for data, x, y in zip(placed, lon.tolist(), lat.tolist(), strict=True):
            data["lon"], data["lat"] = x, y
    return good


def number_text(number: float) -> str:
    """The shortest text that reads as this number."""
    text = repr(float(number))
    return text.removesuffix(".0")


def plain_row(register: Register, record: Record, times: Times, report: Report) -> Checked | None:
    """A row of cells, its place as the file has it; None: it has faults."""
    cells = {name: text for name, text in record.cells.items() if name != GEOMETRY}
    required = tuple(name for name in register.required if name != GEOMETRY)
    row = check_row(cells, required, times, record.line, report, register.checks)
    if row is None:
        return None
    if register.shape == POINT and ("lon" in row) != ("lat" in row):
        report(record.line, cells[register.key], "expected lon and lat, or neither of them")
        return None
    data: dict[str, Any] = {}
    for column in register.columns:
        if column.name in row and column.name not in (register.key, *VALIDITY):
            text = cells[column.name]
            plain = number_text(float(text)) if column.number else text
            data[column.name] = row[column.name] if column.many or column.name in ("lon", "lat") else plain
    id = row["date"].isoformat() if register.key == "date" else cells[register.key]
    return Checked(record.line, Kept(id, row.get("valid_from", -math.inf), row.get("valid_to", math.inf), data))


def _area(register: Register, record: Record, datum: Datum, times: Times, report: Report) -> Checked | None:
    """A polygon with cells."""
    checked = plain_row(register, record, times, report)
    name = record.cells.get(register.key, "")
    if record.geometry is None:
        report(record.line, name, "expected a geometry")
        return None
    problems: list[str] = []
    polygons = polygons_of(record.geometry, datum, problems)
    for problem in problems:
        report(record.line, name, problem)
    if checked is None or problems:
        return None
    checked.row.data[GEOMETRY] = _multipolygon(polygons)
    return checked


def _feature(register: Register, record: Record, report: Report) -> Feature | None:
    """The same as the pipeline's readers of shapes take it."""
    name = record.cells.get(register.key, "")
    try:
        if not name:
            raise ValueError(f"expected a value for {register.key}")
        register.checks[register.key](name)
        if record.geometry is None:
            raise ValueError("expected a geometry")
    except ValueError as error:
        report(record.line, name, str(error))
        return None
    many = {column.name for column in register.columns if column.many}
    properties = {name: several(text) if name in many else text for name, text in record.cells.items()}
    return record.line, name, properties, record.geometry


def _zone(register: Register, record: Record, datum: Datum, times: Times, report: Report) -> Checked | None:
    feature = _feature(register, record, report)
    for line, zone in zones_of([feature] if feature else [], datum, times.parse, report):
        data: dict[str, Any] = {"use": zone.use, "hours": zone.hours, "classes": list(zone.classes)}
        data = {name: value for name, value in data.items() if value}
        if not math.isnan(zone.speed_limit):
            data["speed_limit"] = number_text(zone.speed_limit)
        data[GEOMETRY] = _multipolygon(zone.polygons)
        return Checked(line, Kept(zone.id, zone.valid_from, zone.valid_to, data))
    return None


def _route(register: Register, record: Record, datum: Datum, _times: Times, report: Report) -> Checked | None:
    feature = _feature(register, record, report)
    for line, route in routes_of([feature] if feature else [], datum, report):
        return Checked(line, Kept(route.id, -math.inf, math.inf, {GEOMETRY: _multiline(route.lines)}))
    return None


def _road(register: Register, record: Record, datum: Datum, _times: Times, report: Report) -> Checked | None:
    feature = _feature(register, record, report)
    for line, road in roads_of([feature] if feature else [], datum, report):
        data: dict[str, Any] = {"speed_limit": number_text(road.speed_limit)}
        if record.cells.get("width"):
            data["width"] = number_text(road.width)
        if road.classes:
            data["classes"] = list(road.classes)
        data[GEOMETRY] = _multiline(road.lines)
        return Checked(line, Kept(road.id, -math.inf, math.inf, data))
    return None


_OF_SHAPE: Mapping[str, Callable[[Register, Record, Datum, Times, Report], Checked | None]] = {
    "zones": _zone,
    "routes": _route,
    "roads": _road,
}


def _multipolygon(polygons: list[list[Line]]) -> dict[str, Any]:
    """Polygons as GeoJSON."""
    rings = [[np.asarray(ring).tolist() for ring in polygon] for polygon in polygons]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def _multiline(lines: list[Line]) -> dict[str, Any]:
    if len(lines) == 1:
        return {"type": "LineString", "coordinates": np.asarray(lines[0]).tolist()}
    return {"type": "MultiLineString", "coordinates": [np.asarray(line).tolist() for line in lines]}


def as_lists(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """A geometry whose coordinates are lists, as they are in JSON."""

    def lists(value: Any) -> Any:
        return [lists(each) for each in value] if isinstance(value, tuple | list) else value

    return {"type": geometry["type"], "coordinates": lists(geometry.get("coordinates", []))}

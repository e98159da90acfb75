"""layers_drawn: zones, routes and bins of the registers in force, as GeoJSON features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cases.case import iso
from console.live_map import Box, Ground
from pipeline.registers import Line, Registers

LEVEL = "fullness"
"""The metric that says how full a bin is, percent."""


def zones(
    registers: Registers, box: Box, now: float, *, only: Sequence[str] = (), but: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Those that hold now. only, but: by what they are for."""
    for zone in registers.zones:
        if not zone.valid_from <= now < zone.valid_to or (only and zone.use not in only) or zone.use in but:
            continue
        if not _touches(box, [polygon[0] for polygon in zone.polygons]):
            continue
        limit = None if np.isnan(zone.speed_limit) else zone.speed_limit
        properties = {"id": zone.id, "use": zone.use, "speed_limit": limit, "hours": zone.hours}
        shape = [[_places(ring) for ring in polygon] for polygon in zone.polygons]
        yield _feature("MultiPolygon", shape, properties | {"classes": list(zone.classes)})


def routes(registers: Registers, box: Box) -> Iterator[dict[str, Any]]:
    """All of them."""
    for route in registers.routes:
        if _touches(box, route.lines):
            yield _feature("MultiLineString", [_places(line) for line in route.lines], {"id": route.id})


def bins(ground: Ground, box: Box, now: float) -> Iterator[dict[str, Any]]:
    """Those that stand now, with how full each was last: percent, None where it has not said."""
    table = ground.registers.bins
    lon, lat = table.numbers("lon"), table.numbers("lat")
    holds = (table.numbers("valid_from") <= now) & (now < table.numbers("valid_to"))
    levels = {each.subject: each for each in ground.latest.measured((LEVEL,))}
    names, kinds, addresses = table.text("id"), table.text("class"), table.text("address")
    for row in np.flatnonzero(holds & box.holds(lon, lat)).tolist():
        said = levels.get(names[row])
        properties = {
            "id": names[row],
            "class": kinds[row],
            "address": addresses[row],
            "level": None if said is None or np.isnan(said.value) else round(said.value, 1),
            "at": None if said is None else iso(said.ts),
        }
        yield _feature("Point", [float(lon[row]), float(lat[row])], properties)


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _touches(box: Box, lines: Sequence[Line]) -> bool:
    whole = np.concatenate(lines)
    (west, south), (east, north) = whole.min(axis=0).tolist(), whole.max(axis=0).tolist()
    return box.touches(west, south, east, north)


def _places(line: Line) -> list[Any]:
    places: list[Any] = np.round(line, 6).tolist()
    return places

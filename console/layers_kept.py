"""layers_kept: grid cells, units, parts and cases of the store, cameras, and crews on duty, as GeoJSON features."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

import sqlalchemy as sa

from cases.database import reading
from cases.reading import near
from cases.registers.lookup import Lookup
from cases.registers.rows import standing
from cases.tables.registers import PARTS
from console.access import limited
from console.city import City
from console.duty_seen import crews as on_duty
from console.live_map import Box
from console.rows import told
from console.settings import Token

Feature = dict[str, Any]
MOST = 20_001
"""Rows that one question asks for."""


def grid(city: City, _: Token, box: Box) -> Iterator[Feature]:
    """单元网格."""
    now = city.now()
    with reading(city.engine) as connection:
        rows = standing(connection, "grid")
    for row in rows:
        shape = row.data.get("geometry")
        if shape and row.holds(now) and box.touches(*_bounds(shape["coordinates"])):
            properties = {name: row.data.get(name, "") for name in ("name", "street", "community", "area_class")}
            yield {"type": "Feature", "geometry": shape, "properties": {"id": row.id} | properties}


def units(city: City, _: Token, box: Box) -> Iterator[Feature]:
    """处置部门, where it is known where they are."""
    with reading(city.engine) as connection:
        found = Lookup(connection).units(city.now())
    for unit in found:
        if _inside(box, unit.lon, unit.lat):
            properties = {"id": unit.id, "name": unit.name, "kind": unit.kind, "level": unit.level}
            yield _point(unit.lon, unit.lat, properties)


def parts(city: City, _: Token, box: Box) -> Iterator[Feature]:
    """部件, by place."""
    now, each = city.now(), PARTS.c
    east = each.lon <= box.east
    lon = sa.or_(each.lon >= box.west, east) if box.west > box.east else sa.and_(each.lon >= box.west, east)
    query = sa.select(each.id, each.kind, each.grid, each.owner, each.lon, each.lat).where(
        each.until.is_(None),
        lon,
        each.lat.between(box.south, box.north),
        sa.or_(each.valid_from.is_(None), each.valid_from <= now),
        sa.or_(each.valid_to.is_(None), each.valid_to > now),
    )
    with reading(city.engine) as connection:
        rows = connection.execute(query.limit(MOST)).all()
    for id, kind, cell, owner, lon_, lat_ in rows:
        yield _point(lon_, lat_, {"id": id, "kind": kind, "grid": cell, "owner": owner})


def cases(city: City, who: Token, box: Box) -> Iterator[Feature]:
    """Those that are open and that they may see, as lists have them."""
    boxes = [box] if box.west <= box.east else [box._replace(east=180.0), box._replace(west=-180.0)]
    with reading(city.engine) as connection:
        found = list(chain.from_iterable(near(connection, *each, limited(who), limit=MOST) for each in boxes))
    for case in found:
        yield _point(case.lon or 0.0, case.lat or 0.0, told(case))


def cameras(city: City, _: Token, box: Box) -> Iterator[Feature]:
    """Those of which it is known where they are."""
    for camera in city.beside.cameras.known() if city.beside.cameras is not None else ():
        if camera.lon is not None and camera.lat is not None and _inside(box, camera.lon, camera.lat):
            state = str(camera.health.get("state", ""))
            yield _point(camera.lon, camera.lat, {"id": camera.id, "name": camera.name, "state": state})


def crews(city: City, who: Token, box: Box) -> Iterator[Feature]:
    """Who is on duty now and has told where."""
    for crew in on_duty(city, who):
        if crew.lon is not None and crew.lat is not None and _inside(box, crew.lon, crew.lat):
            yield _point(crew.lon, crew.lat, crew.model_dump(exclude={"lon", "lat"}))


def _point(lon: float, lat: float, properties: dict[str, Any]) -> Feature:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}


def _inside(box: Box, lon: float, lat: float) -> bool:
    return math.isfinite(lon) and math.isfinite(lat) and box.touches(lon, lat, lon, lat)


def _bounds(coordinates: Any) -> tuple[float, float, float, float]:
    """west, south, east, north of a polygon's coordinates, or those of several."""
    if isinstance(coordinates[0], int | float):
        return coordinates[0], coordinates[1], coordinates[0], coordinates[1]
    each = [_bounds(inner) for inner in coordinates]
    return min(e[0] for e in each), min(e[1] for e in each), max(e[2] for e in each), max(e[3] for e in each)

"""basemap: what the map is drawn on: GET /api/map, its tiles, its PMTiles file by ranges, its style, its streets.

Tiles of another host come through this server: a browser is never sent elsewhere, a key of the tiles' host stays here,
and nobody outside learns where people look. Only the configured template is ever asked for.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.responses import FileResponse

from console.basemap_settings import MapSection
from console.basemap_tiles import Tiles
from console.city import City, OfCity
from console.errors import Refused
from console.permissions import Permission, may
from pipeline.registers import Registers

router = APIRouter(tags=["map"], dependencies=[Depends(may(Permission.SEE_CASES))])
_ENTRY = 500
"""Bytes that a tile takes beside its own: what has nothing in it is remembered, too."""
KEPT = "private, max-age=86400"
"""How long a browser may keep a tile."""
_KINDS = {"xyz": "raster", "wmts": "raster", "vector": "vector", "pmtiles": "pmtiles"}


class MapOut(BaseModel):
    """What the map is drawn on."""

    kind: str = Field(description="none, raster, vector or pmtiles")
    tiles: str = Field(
        description="a path of this host with {z}, {x} and {y}, or that of the PMTiles file; other tiles, another path"
    )
    style: str = Field(description="the path of a MapLibre style; '': none")
    datum: str
    tile_size: int
    min_zoom: int
    max_zoom: int
    attribution: str
    bounds: Annotated[list[float], Field(min_length=4, max_length=4)] | None = Field(
        description="where the city is, WGS-84: west, south, east, north"
    )
    streets: bool = Field(description="whether /api/map/streets has any")


@router.get("/api/map")
def settings(city: OfCity) -> MapOut:
    """The base map of the configuration."""
    section = city.settings.web.map
    kind = _KINDS.get(section.type, "none")
    tiles = {"none": "", "pmtiles": "/api/map/file"}.get(kind, "/api/map/tiles/{z}/{x}/{y}")
    if tiles:
        tiles = f"{tiles}?v={_version(section, city.settings.home)}"
    registers = city.beside.ground.registers if city.beside.ground is not None else None
    around = None if registers is None else bounds(registers)
    return MapOut(
        kind=kind,
        tiles=tiles,
        style="/api/map/style" if section.style else "",
        datum=section.datum,
        tile_size=section.tile_size,
        min_zoom=section.min_zoom,
        max_zoom=section.max_zoom,
        attribution=section.attribution,
        bounds=None if around is None else list(around),
        streets=bool(section.streets) or bool(registers is not None and registers.roads),
    )


@router.get(
    "/api/map/tiles/{z}/{x}/{y}",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}},
        204: {"description": "The tile is empty."},
        404: {"description": "The tiles' host doesn't have it: what is drawn of a lower zoom goes on."},
        502: {"description": "The tiles' host doesn't give it."},
    },
)
def tile(
    city: OfCity,
    z: Annotated[int, InPath(ge=0, le=24)],
    x: Annotated[int, InPath(ge=0, lt=2**24)],
    y: Annotated[int, InPath(ge=0, lt=2**24)],
) -> Response:
    """A tile of the configured host."""
    section = city.settings.web.map
    if section.url == "":
        raise Refused(404, "This city's map has no tiles of another host.")
    if x >= 1 << z or y >= 1 << z:
        raise Refused(404, "There is no such tile: x and y go up to 2^z.")
    found = _TILES.get(section, city.secrets.get(section.key_env, ""), z, x, y, city.now)
    if not found.there:
        raise Refused(404, "The tiles' host has no such tile.", headers={"Cache-Control": KEPT})
    if not found.body:
        return Response(status_code=204, headers={"Cache-Control": KEPT})
    return Response(found.body, media_type=found.kind, headers={"Cache-Control": KEPT})


@router.get("/api/map/file", response_class=Response, responses={206: {"description": "A part of it."}})
def file(city: OfCity) -> Response:
    """The PMTiles file, or a range of it."""
    found = _beside(city, city.settings.web.map.file, "no PMTiles file")
    return FileResponse(found, media_type="application/vnd.pmtiles", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/api/map/style", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def style(city: OfCity) -> Response:
    """The style file of vector tiles, as it is."""
    found = _beside(city, city.settings.web.map.style, "no style")
    return Response(found.read_bytes(), media_type="application/json")


@router.get("/api/map/streets", response_class=Response, responses={200: {"content": {"application/geo+json": {}}}})
def streets(city: OfCity) -> Response:
    """The streets that the map draws itself: those of the configured file, or the register of roads."""
    name = city.settings.web.map.streets
    if name:
        return Response(_beside(city, name, "no streets").read_bytes(), media_type="application/geo+json")
    if city.beside.ground is None or not city.beside.ground.registers.roads:
        raise Refused(404, "This city's map has no streets of its own.")
    features = [
        {
            "type": "Feature",
            "properties": {"name": road.id, "width": road.width},
            "geometry": {"type": "MultiLineString", "coordinates": [line.tolist() for line in road.lines]},
        }
        for road in city.beside.ground.registers.roads
    ]
    return Response(json.dumps({"type": "FeatureCollection", "features": features}), media_type="application/geo+json")


def _beside(city: City, name: str, nothing: str) -> Path:
    """A file that the configuration names. Raises Refused."""
    found = city.settings.home / name
    if not name or not found.is_file():
        raise Refused(404, f"This city's map has {nothing}.")
    return found


def _version(section: MapSection, home: Path) -> str:
    """Another one where the tiles are others: browsers keep tiles, and must not mix two base maps."""
    file = home / section.file
    stat = file.stat() if section.file and file.is_file() else None
    said = (section.url, section.file, section.datum, None if stat is None else (stat.st_mtime_ns, stat.st_size))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:10]


def bounds(registers: Registers) -> tuple[float, float, float, float] | None:
    """Around its zones, bins, routes and roads; None: it has none. Of a hundred bins one may stand anywhere."""
    lines = [line for route in registers.routes for line in route.lines]
    lines += [line for road in registers.roads for line in road.lines]
    lines += [polygon[0] for zone in registers.zones for polygon in zone.polygons]
    if len(registers.bins):
        where = np.column_stack((registers.bins.numbers("lon"), registers.bins.numbers("lat")))
        lines.append(np.percentile(where, (1, 99), axis=0))
    if not lines:
        return None
    every = np.concatenate(lines)
    (west, south), (east, north) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    return west, south, east, north


_TILES = Tiles()

"""layers: what stands on the map, as GeoJSON: GET /api/layers/{layer}, by the part that is in sight; GET /api/search.

Zones, routes and bins are the registers in force; grid, units, parts and address points the store's; cases those that
somebody may see. Each answer has so many features at most, and says so (`truncated`) where there are more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from cases.intake.text import tidy
from console.access import own_unit
from console.city import City, OfCity
from console.errors import Refused
from console.layers_drawn import bins, routes, zones
from console.layers_kept import cameras, cases, crews, grid, parts, units
from console.layers_search import found
from console.live_map import Box, InBox, ground
from console.permissions import Permission, may
from console.settings import Token

router = APIRouter(tags=["map"])
WHOLE = Box(-180.0, -90.0, 180.0, 90.0)
Feature = dict[str, Any]
SITES = ("site", "disposal", "depot")
"""What a zone is for, where it is a site."""


class Layer(StrEnum):
    """What may be shown."""

    ZONES = "zones"
    ROUTES = "routes"
    SITES = "sites"
    GRID = "grid"
    BINS = "bins"
    CAMERAS = "cameras"
    UNITS = "units"
    CASES = "cases"
    PARTS = "parts"
    CREWS = "crews"


class Geometry(BaseModel):
    """RFC 7946."""

    type: Literal["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
    coordinates: list[Any]


class FeatureOut(BaseModel):
    """RFC 7946."""

    type: Literal["Feature"] = "Feature"
    geometry: Geometry
    properties: dict[str, Any]


class LayerOut(BaseModel):
    """RFC 7946, and whether there is more in sight than it has."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[FeatureOut]
    truncated: bool


class FoundOut(BaseModel):
    """Something that was looked for."""

    kind: str = Field(description="vehicle, bin, camera, address or case")
    id: str
    label: str
    detail: str
    lon: float | None
    lat: float | None


_LAYERS: dict[Layer, Callable[[City, Token, Box], Iterator[Feature]]] = {
    Layer.ZONES: lambda city, _, box: zones(ground(city).registers, box, city.now(), but=SITES),
    Layer.SITES: lambda city, _, box: zones(ground(city).registers, box, city.now(), only=SITES),
    Layer.ROUTES: lambda city, _, box: routes(ground(city).registers, box),
    Layer.BINS: lambda city, _, box: bins(ground(city), box, city.now()),
    Layer.GRID: grid,
    Layer.UNITS: units,
    Layer.PARTS: parts,
    Layer.CASES: cases,
    Layer.CAMERAS: cameras,
    Layer.CREWS: crews,
}
_FOR_ALL = frozenset({Layer.CASES, Layer.CREWS, Layer.GRID, Layer.UNITS, Layer.ZONES, Layer.SITES})
"""What those see too who are told of one unit's cases only; cases and crews are its own then."""
Sees = Annotated[Token, Depends(may(Permission.SEE_CASES))]


@router.get("/api/layers/{layer}", response_model=LayerOut)
def layer(
    city: OfCity,
    who: Sees,
    within: InBox,
    layer: Annotated[Layer, Path()],
    limit: Annotated[int, Query(ge=1, le=20_000)] = 5_000,
) -> Any:
    """What is in sight of one layer."""
    if layer not in _FOR_ALL and own_unit(who) is not None:
        raise Refused(403, f"'{layer.value}' is for the centre; you see the cases of your unit.")
    some = list(islice(_LAYERS[layer](city, who, within or WHOLE), limit + 1))
    return {"features": some[:limit], "truncated": len(some) > limit}


@router.get("/api/search")
def search(
    city: OfCity,
    who: Sees,
    q: Annotated[str, Query(min_length=1, max_length=100, description="Of a plate, an id, an address, a number.")],
    limit: Annotated[int, Query(ge=1, le=20, description="Of each kind.")] = 6,
) -> list[FoundOut]:
    """Vehicles by plate or id, bins, cameras, address points and cases; what begins so comes first."""
    text = tidy(q, 100)
    return [FoundOut(**each) for each in found(city, who, text, limit)] if text else []

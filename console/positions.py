"""positions: where vehicles are, GET /api/positions, in columns; who they are, GET /api/vehicles; one, and its trail.

`/api/positions` answers in bytes, all little-endian, so that 5,000 vehicles are 85 kB: a head of 32 bytes (HEADER) and
columns, one after the other, each of `count` values:

    number   uint32    counts subjects as they came; GET /api/vehicles names them
    lon      int32     1e-7 degrees, WGS-84
    lat      int32
    age      uint16    tenths of a second before the head's time; 65535: that long or longer
    heading  uint8     256ths of a turn, clockwise from north; 255: not known
    speed    uint8     km/h; 255: not known, 254: that or more
    state    uint8     bit 0: the ignition is known, bit 1: it is on, bit 2: the load is known, bit 3: it is loaded
"""

from __future__ import annotations

import struct
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.intake.text import tidy
from cases.reading import Filters, triage
from console.access import limited
from console.city import OfCity
from console.errors import Refused
from console.live_map import Ground, InBox, OnGround, SeesFleet, fleet
from console.positions_known import Known, known
from console.rows import CasesOut, told

router = APIRouter(tags=["map"])
HEADER = struct.Struct("<4sIIIIId")
"""magic, how many, run, cursor (low and high half), 1 where it is all there is (0: what has come since), and the time
that ages count from, UTC seconds."""
MAGIC = b"GWP1"
CASES = 20
EARLIER = 60.0
"""Seconds that memory may lack of a trail before the history is asked."""
LOADED = 0.5


class VehicleOut(BaseModel):
    """A vehicle, or whoever else has told where it is."""

    number: int | None = Field(description="in /api/positions; null: it has not been anywhere yet")
    id: str
    kind: str = Field(description="vehicle, bin, or other for what no register has")
    vehicle_class: str
    plate: str


class SeenOut(VehicleOut):
    """A vehicle with where it is, and what is open about it."""

    at: str | None = Field(description="when it was last heard of")
    lon: float | None
    lat: float | None
    speed: float | None = Field(description="km/h")
    heading: float | None = Field(description="degrees clockwise from north")
    ignition: float | None = Field(description="0 off, 1 on")
    load: float | None = Field(description="0 empty to 1 full")
    cases: CasesOut = Field(description="those that are open")


class TrailOut(BaseModel):
    """A way, in columns: each has one value for each report."""

    id: str
    at: list[str]
    lon: list[float]
    lat: list[float]
    speed: list[float | None] = Field(description="km/h")


@router.get(
    "/api/positions",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    dependencies=[Depends(fleet)],
)
def positions(
    city: OfCity,
    there: OnGround,
    within: InBox,
    since: Annotated[
        str, Query(max_length=40, description="run.cursor of the answer before: only what has come.")
    ] = "",
) -> Response:
    """Where everything was last, that has told anything since; see the head of console/positions.py for the bytes."""
    run, _, cursor = since.partition(".")
    known_run = run.isdecimal() and cursor.isdecimal() and len(cursor) < 19 and run == str(there.run)
    some = there.latest.positions(int(cursor) if known_run else 0)
    index = np.arange(len(some.number)) if within is None else np.flatnonzero(within.holds(some.lon, some.lat))
    now = city.now()
    head = HEADER.pack(
        MAGIC, len(index), there.run, some.cursor & 0xFFFFFFFF, some.cursor >> 32, 0 if known_run else 1, now
    )
    heading = np.where(np.isnan(some.heading), 0, some.heading % 360)
    turn = np.minimum(np.rint(heading / 360 * 256) % 256, 254)
    speed = np.clip(np.nan_to_num(np.rint(some.speed)), 0, 254)
    state = (~np.isnan(some.ignition)) | ((some.ignition >= 0.5) << 1)
    state = state | ((~np.isnan(some.load)) << 2) | ((some.load >= LOADED) << 3)
    columns = (
        some.number.astype("<u4"),
        np.rint(some.lon * 1e7).astype("<i4"),
        np.rint(some.lat * 1e7).astype("<i4"),
        np.clip(np.rint((now - some.ts) * 10), 0, 65535).astype("<u2"),
        np.where(np.isnan(some.heading), 255, turn).astype(np.uint8),
        np.where(np.isnan(some.speed), 255, speed).astype(np.uint8),
        state.astype(np.uint8),
    )
    body = b"".join([head, *(column[index].tobytes() for column in columns)])
    return Response(body, media_type="application/octet-stream")


@router.get("/api/vehicles", dependencies=[Depends(fleet)])
def vehicles(
    city: OfCity,
    there: OnGround,
    after: Annotated[int, Query(ge=-1, le=2**31, description="The number of the last one that is known.")] = -1,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 10_000,
) -> list[VehicleOut]:
    """Who has told where they are, by number: what /api/positions counts."""
    register = known(there.registers, city.now())
    names = there.latest.subjects(after + 1, limit)
    return [_vehicle(number, name, register) for number, name in enumerate(names, after + 1)]


@router.get("/api/vehicles/{vehicle}")
def vehicle(city: OfCity, who: SeesFleet, there: OnGround, vehicle: str) -> SeenOut:
    """One of them, with the cases that are open about it."""
    name = _named(city.now(), there, vehicle)
    some = there.latest.where(name)
    out = _vehicle(None if some is None else int(some.number[0]), name, known(there.registers, city.now()))
    with reading(city.engine) as connection:
        page = triage(connection, limited(who, Filters(subject=(name,))), limit=CASES)
    place: dict[str, Any] = dict.fromkeys(("at", "lon", "lat", "speed", "heading", "ignition", "load"))
    if some is not None:
        place = {each: _number(getattr(some, each)[0]) for each in place if each != "at"}
        place["at"] = iso(float(some.ts[0]))
    cases = {"cases": [told(each) for each in page.cases], "after": page.after}
    return SeenOut.model_validate(out.model_dump() | place | {"cases": cases})


@router.get("/api/vehicles/{vehicle}/trail", dependencies=[Depends(fleet)])
def trail(
    city: OfCity,
    there: OnGround,
    vehicle: str,
    hours: Annotated[float, Query(gt=0, le=24, allow_inf_nan=False)] = 1.0,
) -> TrailOut:
    """Its way of the last hours, as far back as it is kept: in memory, and before that in the city's history, which is
    thinned."""
    name = _named(city.now(), there, vehicle)
    since = city.now() - hours * 3600
    way = there.latest.way(name, since)
    begins = float(way.ts[0]) if len(way.ts) else city.now()
    if city.beside.earlier is not None and begins - since > EARLIER:
        before = city.beside.earlier.way(name, since, begins)
        if before is not None:
            way = before.then(way)
    return TrailOut(
        id=name,
        at=[iso(ts) for ts in way.ts.tolist()],
        lon=np.round(way.lon, 6).tolist(),
        lat=np.round(way.lat, 6).tolist(),
        speed=[_number(speed) for speed in np.round(way.speed, 1)],
    )


def _named(now: float, there: Ground, vehicle: str) -> str:
    name = tidy(vehicle, 200)
    if name in known(there.registers, now) or there.latest.where(name) is not None:
        return name
    raise Refused(404, "There is no such vehicle: none in the registers has this id, and none has told where it is.")


def _vehicle(number: int | None, name: str, register: dict[str, Known]) -> VehicleOut:
    one = register.get(name, Known("other", "", ""))
    return VehicleOut(number=number, id=name, kind=one.kind, vehicle_class=one.vehicle_class, plate=one.plate)


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 7)

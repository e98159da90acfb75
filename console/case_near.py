"""case_near: what is near a case: cameras that may have seen it, and what there was before, here or with the same
subject.

Reads the cases that whoever asks may see; where cameras stand, the running city says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.reading import fits
from cases.tables import CASES, EVIDENCE
from console.access import Staff, limited
from console.city import City, OfCity
from console.reading import Row
from console.settings import Token
from console.steps import visible
from pipeline.geo import distance

router = APIRouter(tags=["case"])
PLACE = 60.0
"""Metres: so near to each other two cases are at the same place."""
CAMERAS = 12
EARLIER = 20
_DEGREE = 111_320.0
"""Metres of a degree of latitude."""


class CameraNear(BaseModel):
    """A camera near a case."""

    id: str
    name: str
    lon: float | None
    lat: float | None
    metres: float | None = Field(description="null where one of the places is not known")
    saw: bool = Field(description="whether the case, or a picture of it, is this camera's")


class Earlier(BaseModel):
    """Another case at the same place or about the same subject."""

    id: str
    number: str
    state: str
    category: str
    rule: str
    subject: str
    text: str
    severity: int
    responsible: str
    opened: str | None
    closed: str | None
    verdict: str
    metres: float | None = Field(description="null where one of the places is not known")
    same: list[Literal["subject", "place"]]


class NearOut(BaseModel):
    """What is near a case."""

    cameras: list[CameraNear]
    earlier: list[Earlier]


@router.get("/api/cases/{case}/near")
def near(
    city: OfCity,
    who: Staff,
    case: str,
    metres: Annotated[float, Query(ge=1, le=2000, description="how far cameras may be")] = 200.0,
) -> NearOut:
    """Cameras within some metres, the nearest first; other cases at the same place or about the same subject, the
    newest first."""
    row = visible(city, who, case)
    return NearOut(cameras=_cameras(city, row, metres), earlier=_earlier(city, who, row))


def _cameras(city: City, row: Row, metres: float) -> list[CameraNear]:
    if city.beside.case is None:
        return []
    with reading(city.engine) as connection:
        sources = sa.select(EVIDENCE.c.source).where(EVIDENCE.c.case_id == row["id"]).distinct().limit(50)
        seen_by = {row["subject"], *connection.execute(sources).scalars()}
    found = []
    for camera in city.beside.case.cameras():
        away, saw = _away(row, camera.lon, camera.lat), camera.id in seen_by
        if saw or (away is not None and away <= metres):
            place = {"lon": camera.lon, "lat": camera.lat}
            found.append(CameraNear(id=camera.id, name=camera.name, **place, metres=away, saw=saw))
    far = math.inf
    return sorted(found, key=lambda c: (not c.saw, far if c.metres is None else c.metres, c.id))[:CAMERAS]


def _earlier(city: City, who: Token, row: Row) -> list[Earlier]:
    found: dict[str, Row] = {}
    others = (CASES.c.id != row["id"], ~CASES.c.withdrawn, CASES.c.state != "merged", *fits(limited(who)))
    with reading(city.engine) as connection:
        for where in _alike(row):
            query = sa.select(CASES).where(where, *others).order_by(CASES.c.opened.desc()).limit(EARLIER)
            found |= {each["id"]: dict(each) for each in connection.execute(query).mappings()}
    told = [_told(row, each) for _, each in sorted(found.items(), key=lambda one: (-one[1]["opened"], one[0]))]
    return [each for each in told if each.same][:EARLIER]


def _alike(row: Row) -> Iterator[sa.ColumnElement[bool]]:
    if row["subject"]:
        yield CASES.c.subject == row["subject"]
    if row["lon"] is not None and row["lat"] is not None:
        high = PLACE / _DEGREE
        wide = high / max(math.cos(math.radians(row["lat"])), 0.01)
        yield sa.and_(
            CASES.c.lat.between(row["lat"] - high, row["lat"] + high),
            CASES.c.lon.between(row["lon"] - wide, row["lon"] + wide),
        )


def _told(row: Row, other: Row) -> Earlier:
    away = _away(row, other["lon"], other["lat"])
    same: list[Literal["subject", "place"]] = []
    if row["subject"] and row["subject"] == other["subject"]:
        same.append("subject")
    if away is not None and away <= PLACE:
        same.append("place")
    names = ("id", "number", "state", "category", "rule", "subject", "text", "severity", "responsible", "verdict")
    times = {name: None if other[name] is None else iso(other[name]) for name in ("opened", "closed")}
    return Earlier(**{name: other[name] for name in names}, **times, metres=away, same=same)


def _away(row: Row, lon: float | None, lat: float | None) -> float | None:
    if row["lon"] is None or row["lat"] is None or lon is None or lat is None:
        return None
    return round(float(distance(row["lon"], row["lat"], lon, lat)), 1)

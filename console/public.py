"""public: what anybody may read without a name, where a city says so: free parking spaces, and how a report stands.

Off unless `web.public` says otherwise. Nothing of it is about anybody. It may be read by pages of other hosts, is
limited by address, and may be kept for some seconds by whatever stands between.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from cases.case import iso
from cases.database import reading
from cases.intake.numbers import number_of
from cases.intake.settings import Language
from console.access import count
from console.city import City, OfCity
from console.errors import Refused
from console.public_parking import Parking, parking
from console.reading import find_report
from console.reports import followed

router = APIRouter(prefix="/api/public", tags=["public"])
FRESH = 30
"""Seconds for which an answer may be kept."""
ANYBODY = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_RESPONSES: dict[int | str, dict[str, Any]] = {404: {"description": "There is none, or the city doesn't publish it."}}


class ParkingOut(BaseModel):
    """A car park, or a street section."""

    id: str = Field(description="a zone of the registers, or a camera")
    lon: float | None = Field(description="its middle, WGS-84")
    lat: float | None
    state: str = Field(description="known; or unknown: nothing was counted of late")
    free: int | None = Field(description="null where unknown")
    taken: int | None
    counted: str = Field(description="when it was counted last")
    age: float = Field(description="seconds since")


class ParkingsOut(BaseModel):
    """Free spaces of a city."""

    at: str
    car_parks: list[ParkingOut]


class StatusOut(BaseModel):
    """How a report stands; nothing in it is about anybody."""

    number: str
    category: str = Field(description="its name")
    state: str
    ended: bool
    told: str = Field(description="what the reporter is told now")
    reported: str
    changed: str
    due: str | None


class OffersOut(BaseModel):
    """What this city publishes."""

    name: str
    time_zone: str
    parking: bool
    reports: bool


@router.get("")
def offers(city: OfCity, request: Request, response: Response) -> OffersOut:
    """What may be read here."""
    _anybody(city, request, response)
    section = city.settings.web.public
    return OffersOut(
        name=city.settings.name, time_zone=city.settings.zone_name, parking=section.parking, reports=section.reports
    )


@router.get("/parking", responses=_RESPONSES | {503: {"description": "Nothing counts now; try again later."}})
def spaces(city: OfCity, request: Request, response: Response) -> ParkingsOut:
    """Free parking spaces, as the city's cameras count them. What is older than `web.public.stale` is unknown."""
    _anybody(city, request, response)
    if not city.settings.web.public.parking:
        raise _refused(404, "This city doesn't publish its parking spaces.")
    if city.beside.parking is None:
        raise _refused(503, "Nothing counts parking spaces now. Try again later.")
    now = city.now()
    with reading(city.engine) as connection:
        found = parking(connection, city.beside.parking(), now, city.settings.web.public.stale)
    return ParkingsOut(at=iso(now), car_parks=[_parking(each) for each in found])


@router.get("/reports/{number}", responses=_RESPONSES)
def status(
    city: OfCity, request: Request, response: Response, number: str, language: Language | None = None
) -> StatusOut:
    """How a report stands, by the number that its reporter was given. language: of what is told; otherwise that
    of the way by which it came. Numbers of other systems, which count, are not
    found: they can be guessed."""
    _anybody(city, request, response)
    if not city.settings.web.public.reports:
        raise _refused(404, "This city doesn't publish how reports stand.")
    with reading(city.engine) as connection:
        found = find_report(connection, number)
    if found is None or not _ours(found.report["id"], found.report["number"]):
        raise _refused(404, "There is no report of this number. Look at it once more: it has no letters I, L, O and U.")
    said = followed(city, found, language)
    language = language or city.settings.intake.language_of(said.channel)
    return StatusOut(
        number=said.number,
        category=city.settings.categories.find(said.category).called(language),
        state=said.state,
        ended=said.ended,
        told=said.told,
        reported=iso(found.report["at"]),
        changed=iso(found.changed),
        due=said.due,
    )


def _anybody(city: City, request: Request, response: Response) -> None:
    """One more request of a stranger, whose answer any page may read. Raises Refused."""
    try:
        count(city, request)
    except Refused as refused:
        raise Refused(refused.status, refused.detail, headers=refused.headers | ANYBODY) from None
    response.headers.update(ANYBODY | {"Cache-Control": f"public, max-age={FRESH}"})


def _refused(status: int, detail: str) -> Refused:
    return Refused(status, detail, headers=ANYBODY)


def _ours(id: str, number: str) -> bool:
    """Whether it is a number that nobody guesses: one that we gave."""
    try:
        return number == number_of(id)
    except ValueError:
        return False


def _parking(found: Parking) -> ParkingOut:
    return ParkingOut(
        id=found.id,
        lon=found.lon,
        lat=found.lat,
        state="unknown" if found.free is None else "known",
        free=found.free,
        taken=found.taken,
        counted=iso(found.at),
        age=round(found.age, 1),
    )

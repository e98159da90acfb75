"""indicators_reports: daily, weekly and monthly reports: which there are, one of them, and one made now.

They are the files of `cases.reporting`; those on schedule are made beside the console.
"""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import FileResponse

from cases.database import reading
from cases.indicators.periods import Period, around, moment
from cases.indicators.telling import iso
from cases.reporting.files import Made, listed, write
from cases.reporting.names import names_of
from cases.reporting.report import Order, make
from cases.reporting.settings import KINDS
from console.access import own_unit
from console.city import City, OfCity
from console.errors import Refused
from console.indicators_asking import Measurer
from console.indicators_bodies import ReportIn, ReportOut, ReportsOut
from console.indicators_city import Measured, measured
from console.settings import Token

router = APIRouter(tags=["indicators"])
MOST = 500
"""Reports that are listed: the newest."""
_TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/api/indicators/reports")
def reports(city: OfCity, who: Measurer) -> ReportsOut:
    """The reports that there are, the newest first, and when they are made by themselves."""
    of = _whole(city, who)
    section = of.section
    return ReportsOut(
        reports=[_out(each, city) for each in _listed(city, of)[:MOST]],
        kinds=list(section.kinds),
        at=section.at,
        language=section.language,
    )


@router.get(
    "/api/indicators/reports/{name}",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in _TYPES.values()}}},
)
def report(city: OfCity, who: Measurer, name: Annotated[str, Path(max_length=80)]) -> FileResponse:
    """One of them, as a file."""
    of = _whole(city, who)
    found = next((each for each in _listed(city, of) if each.name == name), None)
    if found is None:
        raise Refused(404, "There is no such report. GET /api/indicators/reports lists those there are.")
    return FileResponse(of.folder / found.name, media_type=_TYPES[found.format], filename=found.name)


@router.post("/api/indicators/reports", status_code=201)
def make_now(city: OfCity, who: Measurer, body: ReportIn) -> list[ReportOut]:
    """Make a report now: of a period that is over, or of one so far. It takes the place of the one of that period."""
    of, zone, now = _whole(city, who), city.settings.zone, city.now()
    period = _period(city, body, now)
    section = of.section
    with reading(city.engine) as connection:
        names = names_of(connection, city.settings.categories, section.language, min(period.end, now) - 1)
        order = Order(
            body.kind, period, city.settings.name, zone, city.settings.zone_name, now, section.by, section.score, names
        )
        found = make(connection, order, of.working)
    try:
        made = {path.name for path in write(found, of.folder, section.formats, section.language)}
    except OSError as error:
        raise Refused(
            503, f"The report can't be written: {error.strerror or error}. Make room, then try again."
        ) from None
    return [_out(each, city) for each in _listed(city, of) if each.name in made]


def _period(city: City, body: ReportIn, now: float) -> Period:
    zone = city.settings.zone
    kind = KINDS[body.kind]
    if not body.day:
        return around(now, kind, zone, back=1)
    period = None
    with contextlib.suppress(ValueError, OverflowError):
        period = around(moment(date.fromisoformat(body.day), zone), kind, zone)
    if period is None or period.start >= now:
        raise Refused(422, "day: expected a day of a period that has begun, such as '2026-03-01'.")
    return period


def _whole(city: City, who: Token) -> Measured:
    """A report tells of the whole city. Raises Refused."""
    if own_unit(who) is not None or who.areas:
        raise Refused(403, "Reports tell of the whole city; this is for those who see all cases.")
    return measured(city)


def _listed(city: City, of: Measured) -> list[Made]:
    try:
        return listed(of.folder, city.settings.zone)
    except OSError as error:
        raise Refused(503, f"The folder of the reports can't be read: {error.strerror or error}.") from None


def _out(made: Made, city: City) -> ReportOut:
    return ReportOut.model_validate(
        {
            "name": made.name,
            "kind": made.kind,
            "period": made.period.name,
            "format": made.format,
            "size": made.size,
            "made": iso(made.made, city.settings.zone),
        }
    )

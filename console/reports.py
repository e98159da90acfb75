"""reports: what people tell, by hand or through a page or phone of somebody else's; likely duplicates come first."""

from __future__ import annotations

import math
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from cases.case import iso
from cases.database import reading
from cases.intake.duplicates import RECENT, Likely, Told, likely, near, sameness
from cases.intake.numbers import number_of, said_id
from cases.intake.settings import Language
from cases.intake.text import tidy
from cases.intake.told import final, told
from cases.life import ENDED
from cases.reading import NoSuchCase
from cases.tables import CASES
from cases.words import Report
from console.access import Who, sees, somebody
from console.bodies import CategoryOut, Followed, LikelyOut, ReportIn, ReportOut
from console.city import City, OfCity
from console.errors import Refused
from console.photos import are_kept
from console.reading import Followed as FollowedRow
from console.reading import Row, find_case, find_report
from console.settings import Token
from console.steps import IdempotencyKey
from pipeline.faults import did_you_mean
from pipeline.geo import Datum, to_wgs84

router = APIRouter(tags=["reports"])
_NOT_OFFERED = "joins: expected an open case that you may see, or one near the report's place; or leave it out."


@router.get("/api/categories", dependencies=[Depends(somebody)])
def categories(city: OfCity, language: Language = "zh") -> list[CategoryOut]:
    """What may be reported: the city's categories; none: it has no tables, and any code is taken."""
    return [
        CategoryOut(code=each.code, kind=each.kind, name=each.called(language), group=each.group or None)
        for each in city.settings.categories.own()
    ]


@router.get("/api/duplicates")
def duplicates(
    city: OfCity,
    who: Who,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    category: Annotated[str, Query(min_length=1, max_length=200)],
    text: Annotated[str, Query(max_length=4000)] = "",
    datum: Datum = Datum.WGS84,
) -> list[LikelyOut]:
    """The cases that may be about what somebody is about to report, best first. Show them before it is filed."""
    lon, lat = _wgs84(lon, lat, datum)
    now = city.now()
    with reading(city.engine) as connection:
        candidates = [dict(row) for row in connection.execute(near(lon, lat, now)).mappings()]
    same = sameness(city.settings.intake.alike, lambda each: city.settings.categories.find(each).code)
    found = likely(Told(tidy(category), lon, lat, tidy(text)), candidates, now, same)
    return [_likely(each, who) for each in found]


@router.post("/api/reports", status_code=201)
def report(city: OfCity, who: Who, body: ReportIn, idempotency_key: IdempotencyKey = None) -> ReportOut:
    """Report something. What comes back is the number by which the reporter follows it."""
    _known(city, body.category)
    if not are_kept(city, body.photos):
        raise Refused(422, "photos: expected locations that POST /api/photos gave.")
    id = str(uuid.uuid4()) if idempotency_key is None else said_id("report", who.name, idempotency_key)
    lon, lat = body.lon, body.lat
    if lon is not None and lat is not None:
        lon, lat = _wgs84(lon, lat, body.datum)
    contact = body.contact.model_dump()
    said = Report(
        id=id,
        channel=who.reports_by,
        number=number_of(id),
        category=body.category,
        text=body.text,
        subject=body.subject,
        lon=lon,
        lat=lat,
        address=body.address,
        contact={key: value for key, value in contact.items() if value},
        photos=tuple(body.photos),
        severity=body.severity,
        at=city.now(),
        joins=_joins(city, who, body.joins, lon, lat),
        extra={"by": who.name},
    )
    answer = city.office.say(said, patience=city.settings.web.patience)
    if not answer.taken:
        raise Refused(409, f"{answer.why}.", {"allowed": list(answer.allowed)})
    return ReportOut(number=said.number, case=answer.case if who.roles else None)


@router.get("/api/reports/{number}")
def follow(city: OfCity, who: Who, number: str) -> Followed:
    """How a report stands, by the reporter's own number; nothing about anybody is in it."""
    channels = None if who.roles else (who.reports_by, *who.hotlines)
    with reading(city.engine) as connection:
        found = find_report(connection, number, channels)
    if found is None:
        raise Refused(404, "There is no report of this number. Look at it once more: it has no letters I, L, O and U.")
    return followed(city, found)


def followed(city: City, found: FollowedRow, language: Language | None = None) -> Followed:
    """How a report stands, as its reporter may know it. language: None: that of the way by which it came."""
    row = found.report
    said = told(
        found.state,
        number=row["number"],
        language=language or city.settings.intake.language_of(row["channel"]),
        due=found.due,
        zone=city.settings.zone,
        reply=found.reply,
    )
    return Followed(
        number=row["number"],
        channel=row["channel"],
        category=row["category"],
        state=found.state,
        ended=final(found.state),
        told=said,
        reported=iso(row["at"]),
        changed=iso(found.changed),
        due=None if found.due is None else iso(found.due),
    )


def _known(city: City, code: str) -> None:
    """Refuse a category that no table of the city has, where it has tables."""
    categories = city.settings.categories
    if categories.all and not categories.known(code):
        hint = did_you_mean(code, [each.code for each in categories.own()]) or "; GET /api/categories lists them."
        raise Refused(422, f"category: there is none of this code{hint}")


def _joins(city: City, who: Token, case: str, lon: float | None, lat: float | None) -> str:
    """The id of the case that a report is said to be about: open, or closed lately; one that they may see, or that is
    near the report's place, where it would be shown to them as a likely duplicate. Raises Refused."""
    if not case:
        return ""
    now = city.now()
    with reading(city.engine) as connection:
        try:
            row = find_case(connection, case)
        except NoSuchCase:  # what that says names other cases, which are not for everybody
            raise Refused(422, _NOT_OFFERED) from None
        offered = bool(who.roles) and sees(who, row) and _current(row, now)
        if not offered and lon is not None and lat is not None:
            offered = connection.execute(near(lon, lat, now).where(CASES.c.id == row["id"])).first() is not None
    if not offered:
        raise Refused(422, _NOT_OFFERED)
    return str(row["id"])


def _current(case: Row, now: float) -> bool:
    return case["state"] not in ENDED or (case["closed"] is not None and now - case["closed"] <= RECENT)


def _wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    there = to_wgs84(lon, lat, datum)
    return float(there[0]), float(there[1])


def _likely(found: Likely, who: Token) -> LikelyOut:
    row = found.case
    return LikelyOut(
        case=row["number"],
        score=found.score,
        metres=found.metres,
        category=row["category"],
        state=row["state"],
        opened=iso(row["opened"]),
        text=row["text"] if who.roles and sees(who, row) else None,
        category_score=found.category,
        words_score=None if math.isnan(found.words) else found.words,
        time_score=found.time,
    )

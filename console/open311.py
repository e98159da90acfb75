"""open311: the city as a server of Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2), in XML and JSON.

Discovery is anybody's. Posting needs an api_key, which is the secret of one of web.tokens; reading needs one too,
unless `web.open311.public` says otherwise. A request is a report of the channel open311: its id is the reporter's
number, its status that of the case, `expected_datetime` the deadline. Who reported is in no answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from cases.case import iso
from cases.database import reading
from cases.intake.numbers import as_written, said_id
from cases.intake.text import tidy
from cases.intake.told import told
from cases.life import ENDED
from cases.office import NoAnswerYet
from cases.tables import CASES, REPORTS
from console.access import admitted, advice, count, own_unit
from console.city import City, OfCity
from console.errors import Refused
from console.open311_forms import CHANNEL, BadRequest, read, when
from console.open311_words import PREFIX, Format, answer, errors_in
from console.photos import keep
from console.reading import Followed, reports_of
from console.settings import Open311, Service, Token

LIMIT = 1000
"""Requests of one answer, by the standard."""
SPAN = 90 * 86_400.0
"""Seconds that a question may span, by the standard."""
_PHOTOS = 5
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

router = APIRouter(prefix=PREFIX.rstrip("/"), include_in_schema=False)


def _offered(city: OfCity) -> Open311:
    if city.settings.web.open311 is None:
        raise Refused(404, "This city is no Open311 server: add web.open311 to its configuration.")
    return city.settings.web.open311


Offered = Annotated[Open311, Depends(_offered)]


@router.get("/discovery.{form}")
def discovery(request: Request, offered: Offered, form: Format) -> Response:
    """Where the service is."""
    url = offered.url or f"{str(request.base_url).rstrip('/')}{PREFIX}v2"
    endpoint = {
        "specification": _SPECIFICATION,
        "url": url,
        "changeset": _CHANGESET,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    tree = {"changeset": _CHANGESET, "contact": offered.contact, "key_service": offered.key_service}
    return answer("discovery", tree | {"endpoints": [endpoint]}, form)


_CHANGESET = "2026-11-22T00:00:00Z"
"""When what this server can do last changed."""


@router.get("/v2/services.{form}")
def services(city: OfCity, request: Request, offered: Offered, form: Format) -> Response:
    """What may be reported."""
    _let_read(city, request, offered)
    found = [
        {
            "service_code": each.code,
            "service_name": each.name,
            "description": each.description or None,
            "metadata": bool(each.attributes),
            "type": "realtime",
            "keywords": ",".join(each.keywords) or None,
            "group": each.group or None,
        }
        for each in offered.services
    ]
    return answer("services", found, form)


@router.get("/v2/services/{code}.{form}")
def definition(city: OfCity, request: Request, offered: Offered, code: str, form: Format) -> Response:
    """What else a service asks for."""
    _let_read(city, request, offered)
    service = next((each for each in offered.services if each.code == code), None)
    if service is None:
        raise Refused(404, "This service_code is not known; GET services lists them.")
    attributes = [
        {
            "variable": True,
            "code": each.code,
            "datatype": each.datatype,
            "required": each.required,
            "datatype_description": each.help or None,
            "order": order,
            "description": each.description,
            "values": [{"key": value.key, "name": value.name} for value in each.values],
        }
        for order, each in enumerate(service.attributes, 1)
    ]
    return answer("service_definition", {"service_code": service.code, "attributes": attributes}, form)


@router.post("/v2/requests.{form}")
async def post(city: OfCity, request: Request, offered: Offered, form: Format) -> Response:
    """Report something."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Refused(400, "Expected the content type application/x-www-form-urlencoded or multipart/form-data.")
    async with request.form(max_files=_PHOTOS, max_fields=200) as sent:
        fields = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
        photos = [await value.read() for name, value in sent.multi_items() if isinstance(value, UploadFile)]
    return await run_in_threadpool(_post, city, request, offered, form, fields, [each for each in photos if each])


def _post(
    city: City, request: Request, offered: Open311, form: Format, fields: list[tuple[str, str]], photos: list[bytes]
) -> Response:
    who = _key(city, request, dict(fields))
    _jurisdiction(offered, dict(fields))
    named = request.headers.get("idempotency-key")
    id = said_id(who.name, CHANNEL, named) if named else str(uuid.uuid4())
    now = city.now()
    try:
        read(fields, offered, id, now)  # faults of the form before anything is kept
        report = read(fields, offered, id, now, [keep(city, each).location for each in photos])
    except BadRequest as error:
        return errors_in(request.url.path, error.status, error.faults)
    service = next(each for each in offered.services if each.code == report.extra["service_code"])
    told_at_once = {"service_notice": service.notice or None, "account_id": None}
    try:
        said = city.office.say(report, patience=city.settings.web.patience)
    except NoAnswerYet:
        return answer("service_requests", [{"token": report.id} | told_at_once], form)
    if not said.taken:
        raise Refused(400, f"It was not taken: {said.why}.")
    return answer("service_requests", [{"service_request_id": report.number} | told_at_once], form)


@router.get("/v2/tokens/{token}.{form}")
def by_token(city: OfCity, request: Request, offered: Offered, token: str, form: Format) -> Response:
    """The number of a request that had not been answered in time."""
    where = _let_read(city, request, offered)
    with reading(city.engine) as connection:
        found = reports_of(connection, REPORTS.c.id == tidy(token, 100), REPORTS.c.channel == CHANNEL, *where, limit=1)
    if not found:
        raise Refused(404, "This token is not known, or its request is still being taken. Try again soon.")
    return answer("service_requests", [{"service_request_id": found[0].report["number"], "token": token}], form)


@router.get("/v2/requests/{number}.{form}")
def one(city: OfCity, request: Request, offered: Offered, number: str, form: Format) -> Response:
    """How one request stands."""
    where = _let_read(city, request, offered)
    plain = tidy(number, 200)
    named = REPORTS.c.number.in_({plain, as_written(plain)})
    with reading(city.engine) as connection:
        found = reports_of(connection, named, REPORTS.c.channel == CHANNEL, *where, limit=1)
    if not found:
        raise Refused(404, "This service_request_id is not known.")
    return answer("service_requests", [_told(city, offered, found[0])], form)


@router.get("/v2/requests.{form}")
def several(city: OfCity, request: Request, offered: Offered, form: Format) -> Response:
    """How requests stand, the newest first: at most 90 days and 1,000 of them."""
    seen = _let_read(city, request, offered)
    asked = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    numbers = _listed(asked, "service_request_id")
    where = [REPORTS.c.channel == CHANNEL, *seen]
    if numbers:
        where.append(REPORTS.c.number.in_(numbers))
    else:
        where += [REPORTS.c.at.between(*_span(asked, city.now())), *_filters(asked, offered)]
    with reading(city.engine) as connection:
        found = reports_of(connection, *where, limit=LIMIT)
    return answer("service_requests", [_told(city, offered, each) for each in found], form)


def _filters(asked: Mapping[str, str], offered: Open311) -> list[Any]:
    where = []
    codes, states = _listed(asked, "service_code"), _listed(asked, "status")
    if codes:
        where.append(REPORTS.c.category.in_([_category(each) for each in offered.services if each.code in codes]))
    if not states <= {"open", "closed"}:
        raise Refused(400, "status: expected open, closed or both, with a comma between.")
    if len(states) == 1:
        ended = CASES.c.state.in_(sorted(ENDED))
        where.append(ended if states == {"closed"} else ~ended)
    return where


def _listed(asked: Mapping[str, str], name: str) -> set[str]:
    parts = {tidy(part, 200) for part in asked.get(name, "").split(",", LIMIT + 1)} - {""}
    if len(parts) > LIMIT:
        raise Refused(400, f"{name}: expected at most {LIMIT} of them.")
    return parts


def _span(asked: Mapping[str, str], now: float) -> tuple[float, float]:
    """From when to when, UTC seconds."""
    given = {name: when(asked[name].replace(" ", "+")) for name in ("start_date", "end_date") if name in asked}
    for name, moment in given.items():
        if moment is None:
            raise Refused(400, f"{name}: expected a time with its offset, such as 2026-01-31T08:15:00Z.")
    start, end = given.get("start_date"), given.get("end_date")
    if start is not None and end is not None and end - start > SPAN:
        raise Refused(400, "expected start_date and end_date at most 90 days apart.")
    if end is None:
        end = now if start is None else start + SPAN
    return end - SPAN if start is None else start, end


def _told(city: City, offered: Open311, found: Followed) -> dict[str, Any]:
    report, extra = found.report, found.report["extra"] or {}
    service = next((each for each in offered.services if _category(each) == report["category"]), None)
    closed = found.state in ENDED
    notes = told(
        found.state,
        number=report["number"],
        language=city.settings.intake.language_of(CHANNEL),
        due=found.due,
        zone=city.settings.zone,
        reply=found.reply,
    )
    updated = found.closed if closed and found.closed is not None else found.changed
    return {
        "service_request_id": report["number"],
        "status": "closed" if closed else "open",
        "status_notes": notes,
        "service_name": service.name if service else report["category"],
        "service_code": service.code if service else report["category"],
        "description": report["text"] or None,
        "agency_responsible": found.responsible or None,
        "service_notice": (service.notice if service else "") or None,
        "requested_datetime": iso(report["at"]),
        "updated_datetime": iso(updated),
        "expected_datetime": None if found.due is None else iso(found.due),
        "address": report["address"] or None,
        "address_id": extra.get("address_id"),
        "zipcode": None,
        "lat": report["lat"],
        "long": report["lon"],
        "media_url": extra.get("media_url"),
    }


def _category(service: Service) -> str:
    return service.category or service.code


def _jurisdiction(offered: Open311, asked: Mapping[str, str]) -> None:
    """We serve one: it may be left out, and another is not found."""
    wanted = asked.get("jurisdiction_id", "").strip()
    if wanted and offered.jurisdiction and wanted != offered.jurisdiction:
        raise Refused(404, "This jurisdiction_id is not known.")


def _let_read(city: City, request: Request, offered: Open311) -> list[sa.ColumnElement[bool]]:
    """What they may read of: all there is, but for a token of some areas or of a unit. Raises Refused."""
    where: list[sa.ColumnElement[bool]] = []
    if offered.public:
        count(city, request)
    else:
        who = _key(city, request, request.query_params)
        if who.areas:
            where.append(sa.or_(*(CASES.c.grid.startswith(each, autoescape=True) for each in who.areas)))
        if who.roles and own_unit(who) is not None:
            where.append(CASES.c.responsible == own_unit(who))
    _jurisdiction(offered, request.query_params)
    return where


def _key(city: City, request: Request, asked: Mapping[str, str]) -> Token:
    """Whose api_key it is; it may come as a Bearer token too. Raises Refused."""
    bearer = request.headers.get("authorization", "")
    secret = asked.get("api_key") or (bearer[7:].strip() if bearer[:7].lower() == "bearer " else None)
    who = admitted(city, request, secret)
    if who is None:
        said = "Missing api_key." if secret is None else "Invalid api_key."
        raise Refused(403, f"{said} {advice(city)}")
    return who

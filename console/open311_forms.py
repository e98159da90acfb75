"""open311_forms: a service request as a client posts it, as a report; with every fault at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.intake.numbers import number_of
from cases.intake.text import LONGEST, tidy
from cases.words import Report
from console.settings import Attribute, Open311

CHANNEL = "open311"
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_-]{1,40})\](?:\[\])?")
_SHORT = 200
_LINK = 2000

Form = Sequence[tuple[str, str]]
"""Its fields, in order; a name may come several times."""


class BadRequest(ValueError):
    """It can't be taken; `faults` says why, a sentence each."""

    def __init__(self, faults: Sequence[str], status: int = 400) -> None:
        super().__init__("; ".join(faults))
        self.faults, self.status = list(faults), status


def read(form: Form, open311: Open311, id: str, now: float, photos: Sequence[str] = ()) -> Report:
    """The report. photos: where those are kept that came with it. Raises BadRequest."""
    said = {name: value for name, value in form if not name.startswith("attribute")}
    faults: list[str] = []
    code = said.get("service_code", "").strip()
    service = next((each for each in open311.services if each.code == code), None)
    if service is None:
        missing = "expected a service_code; GET services lists them"
        raise BadRequest(
            [missing if not code else "this service_code is not known; GET services lists them"], 404 if code else 400
        )
    lon, lat = _place(said, faults)
    address = tidy(said.get("address_string", ""), _SHORT)
    address_id = tidy(said.get("address_id", ""), _SHORT)
    if lon is None and not address and not address_id and not faults:
        faults.append("expected a place: lat and long, address_string or address_id")
    description = said.get("description", "")
    if len(description) > LONGEST:
        faults.append(f"description: expected at most {LONGEST} characters")
    link = said.get("media_url", "").strip()
    if link and (not re.match(r"https?://[^\s<>\"]+$", link) or len(link) > _LINK):
        faults.append("media_url: expected an address that begins with https:// or http://")
    attributes = _attributes(form, service.attributes, faults)
    if faults:
        raise BadRequest(faults)
    name = " ".join(tidy(said.get(part, ""), _SHORT) for part in ("first_name", "last_name")).strip()
    contact = {"name": name, **{part: tidy(said.get(part, ""), _SHORT) for part in ("email", "phone")}}
    extra: dict[str, Any] = {
        "service_code": code,
        "attributes": attributes,
        "address_id": address_id,
        "media_url": link,
    }
    return Report(
        id=id,
        channel=CHANNEL,
        number=number_of(id),
        category=service.category or service.code,
        text=tidy(description),
        lon=lon,
        lat=lat,
        address=address,
        contact={key: value for key, value in contact.items() if value},
        photos=tuple(photos),
        at=now,
        extra={key: value for key, value in extra.items() if value},
    )


def _place(said: Mapping[str, str], faults: list[str]) -> tuple[float | None, float | None]:
    """lon, lat, WGS-84 degrees."""
    given = {name: said.get(name, "").strip() for name in ("long", "lat")}
    if not any(given.values()):
        return None, None
    found = []
    for name, most in (("long", 180.0), ("lat", 90.0)):
        value = number(given[name])
        if not abs(value) <= most:
            faults.append(f"{name}: expected WGS-84 degrees from {-most:g} to {most:g}; lat and long go together")
        found.append(value)
    return (None, None) if faults else (found[0], found[1])


def number(text: str) -> float:
    """NaN where it is none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _attributes(form: Form, known: Sequence[Attribute], faults: list[str]) -> dict[str, str | list[str]]:
    """Those that the service asks for; others are left out, since clients send what other cities ask."""
    given: dict[str, list[str]] = {}
    for name, value in form:
        found = _ATTRIBUTE.fullmatch(name)
        if found and value.strip():
            given.setdefault(found[1], []).append(tidy(value))
    kept: dict[str, str | list[str]] = {}
    for attribute in known:
        values = given.get(attribute.code, [])
        if not values and attribute.required:
            faults.append(f"attribute[{attribute.code}]: expected a value; GET services/[service_code] says which")
        elif values:
            problem = _problem(attribute, values)
            if problem:
                faults.append(f"attribute[{attribute.code}]: {problem}")
            kept[attribute.code] = values if attribute.datatype == "multivaluelist" else values[0]
    return kept


def _problem(attribute: Attribute, values: Sequence[str]) -> str:
    """What is wrong with the values, or ''."""
    if len(values) > 1 and attribute.datatype != "multivaluelist":
        return "expected one value"
    if attribute.values and not set(values) <= {each.key for each in attribute.values}:
        return f"expected one of {', '.join(each.key for each in attribute.values)}"
    if attribute.datatype == "number" and math.isnan(number(values[0])):
        return "expected a number"
    if attribute.datatype == "datetime" and when(values[0]) is None:
        return "expected a time such as 2026-01-31T08:15:00Z"
    return ""


def when(text: str) -> float | None:
    """UTC seconds of W3C's date and time with an offset; None where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

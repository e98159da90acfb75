"""orders: the orders of a hotline (12345, 12319, 110) as reports, by the mapping that the configuration gives.

Reads what a hotline posts, or the rows of a file: objects and lists. Gives a report for each order, or what is wrong
with it, so that one bad order never keeps another out. The same order again is the same report. The order's
own time is kept beside (`extra.ordered`): what counts is when it was taken here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from cases.intake.numbers import said_id
from cases.intake.settings import Hotline, OrderField
from cases.intake.text import tidy
from cases.words import Report
from pipeline.dotted import value_at
from pipeline.geo import to_wgs84

MOST = 1000
"""Orders that are taken at a time."""
_SHORT = 200
"""Characters of a number, a subject, an address, a name."""


class NoOrders(ValueError):
    """What came holds no orders where the mapping says. Plain text."""


class Order(NamedTuple):
    """One order."""

    number: str
    """The hotline's own; '' where that is what is wrong."""
    report: Report | None
    problem: str = ""
    """What was expected, where it is no report."""


def orders(payload: Any, name: str, hotline: Hotline, now: float, zone: tzinfo) -> Iterator[Order]:
    """What the payload holds, in its order. zone: the city's. Raises NoOrders at once."""
    if hotline.each is None:
        found = [payload]
    else:
        found = payload if hotline.each == "$" else value_at(payload, hotline.each)
        if not isinstance(found, list):
            where = "a list" if hotline.each == "$" else f"a list of orders at '{hotline.each}'"
            raise NoOrders(f"expected {where}, as intake.hotlines.{name}.each says")
    if len(found) > MOST:
        raise NoOrders(f"expected at most {MOST} orders at a time, got {len(found)}")
    return (_order(each, name, hotline, now, zone) for each in found)


def _order(said: Any, name: str, hotline: Hotline, now: float, zone: tzinfo) -> Order:
    number = ""
    try:
        values = {each: _value(said, field) for each, field in hotline.fields.items()}
        number = tidy(values["number"], _SHORT)
        if not number:
            raise ValueError(f"expected the order's number at '{hotline.fields['number'].path}'")
        return Order(number, _report(said, name, number, values, hotline, now, zone))
    except ValueError as error:
        return Order(number, None, str(error))


def _report(
    said: Any, name: str, number: str, values: dict[str, str], hotline: Hotline, now: float, zone: tzinfo
) -> Report:
    """Raises ValueError, plain, without what the order says: it may be about a person."""
    if not values["category"]:
        field = hotline.fields["category"]
        raise ValueError(f"expected a category at '{field.path}' that 'words' knows, or 'otherwise' in the mapping")
    text, address = tidy(values.get("text", "")), tidy(values.get("address", ""), _SHORT)
    if not text and not address:
        raise ValueError("expected a text or an address")
    lon, lat = _place(values, hotline)
    extra = {"ordered": _time(values["at"], hotline.fields["at"], zone)} if values.get("at") else {}
    contact = {key: tidy(_text(value_at(said, path)), _SHORT) for key, path in hotline.contact.items()}
    return Report(
        id=said_id("order", name, number),
        channel=name,
        number=number,
        category=tidy(values["category"], _SHORT),
        text=text,
        subject=tidy(values.get("subject", ""), _SHORT),
        lon=lon,
        lat=lat,
        address=address,
        contact={key: value for key, value in contact.items() if value},
        severity=_severity(values.get("severity", "")),
        at=now,
        extra=extra,
    )


def _value(said: Any, field: OrderField) -> str:
    text = "" if field.path is None else _text(value_at(said, field.path)).strip()
    if field.words:
        text = field.words.get(text, "")
    return text or field.otherwise


def _text(value: Any) -> str:
    """A single value as text; '' for none and for what is a list or an object."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value) if isinstance(value, str | int) else ""


def _place(values: dict[str, str], hotline: Hotline) -> tuple[float | None, float | None]:
    if not values.get("lon") or not values.get("lat") or hotline.datum is None:
        return None, None
    lon, lat = _number("lon", values["lon"], 180.0), _number("lat", values["lat"], 90.0)
    if lon == 0 and lat == 0:  # what forms write where nobody chose a place
        return None, None
    there = to_wgs84(lon, lat, hotline.datum)
    return float(there[0]), float(there[1])


def _number(name: str, text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise ValueError(f"expected '{name}' in degrees from {-most:g} to {most:g}")
    return value


def _severity(text: str) -> int:
    if not text:
        return 0
    if text not in ("0", "1", "2", "3", "4"):
        raise ValueError("expected a severity from 1 (low) to 4 (urgent), or words in the mapping that say which")
    return int(text)


def _time(text: str, field: OrderField, zone: tzinfo) -> float:
    """UTC seconds."""
    try:
        if field.unit in ("unix_s", "unix_ms"):
            seconds = float(text) * (1.0 if field.unit == "unix_s" else 0.001)
        else:
            when = datetime.fromisoformat(text.replace("/", "-"))
            if when.tzinfo is None and field.unit == "iso8601":
                raise ValueError
            seconds = (when if when.tzinfo else when.replace(tzinfo=zone)).timestamp()
        datetime.fromtimestamp(seconds, UTC)  # is it a time that a calendar has?
    except (ValueError, OverflowError, OSError):
        likely = {"iso8601": "text such as 2026-05-01T08:30:00+08:00", "local": "text such as 2026-05-01 08:30:00"}
        said = likely.get(field.unit or "", "a number of " + ("seconds" if field.unit == "unix_s" else "milliseconds"))
        raise ValueError(f"expected a time at '{field.path}': {said}") from None
    return seconds

"""osmand: what phones and simple trackers say in a web request, as OsmAnd and the Traccar Client do.

`id=123456&lat=31.2&lon=121.5&timestamp=1714521600&speed=12.3`, from the address or a form; speed is knots. Or the JSON
of newer Traccar Clients, whose speed is m/s. `timestamp` is seconds or milliseconds since 1970, or a date and a time,
which without an offset are UTC. Without one there is no row: when a request came is not when it happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import msgspec

from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts

MOST_PARAMETERS = 200
_KNOT = 3600 / 1852
"""m/s in knots"""
_MILLISECONDS = 1e11
"""From here on a number is no longer seconds: they would be in the year 5138."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class _Coordinates(msgspec.Struct, gc=False):
    latitude: float
    longitude: float
    accuracy: float | None = None
    speed: float | None = None
    heading: float | None = None
    altitude: float | None = None


class _Battery(msgspec.Struct, gc=False):
    level: float | None = None
    is_charging: bool | None = None


class _Location(msgspec.Struct, gc=False):
    timestamp: str
    coords: _Coordinates
    event: str | None = None
    odometer: float | None = None
    battery: _Battery | None = None
    extras: dict[str, Any] | None = None


class _Told(msgspec.Struct, gc=False):
    location: _Location
    device_id: str


_DECODE = msgspec.json.Decoder(_Told).decode


class OsmAnd(Codec):
    """`codec: osmand`: web requests of OsmAnd and the Traccar Client."""

    expected: ClassVar[str] = "id=…&lat=…&lon=…&timestamp=…, or the Traccar Client's JSON"
    rows: ClassVar[str] = "position"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "ts", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
        "speed": {"path": "speed", "unit": "kn"},
        "heading": {"path": "heading"},
        "accuracy": {"path": "accuracy", "unit": "m"},
    }

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        if payload.lstrip()[:1] == b"{":
            return [_from_json(_DECODE(payload))]
        said = dict(parse_qsl(payload.decode(), max_num_fields=MOST_PARAMETERS))
        facts: dict[str, Any] = {key.replace(".", "_"): _value(text) for key, text in said.items()}
        if str(said.get("valid", "true")).lower() in ("false", "0"):
            raise ValueError("valid is false: the device had no fix")
        if "location" in said and not {"lat", "lon"} & set(said):
            lat, _, lon = said["location"].partition(",")
            facts |= {"lat": _value(lat), "lon": _value(lon)}
        facts["device"] = said.get("id") or said.get("deviceid")
        if "timestamp" in said:
            facts["ts"] = _seconds(said["timestamp"])
        facts["heading"] = facts.get("heading", facts.get("bearing"))
        return [facts]


def _value(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


def _seconds(text: str) -> float:
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number / 1000 if number >= _MILLISECONDS else number
    return iso_seconds(text, UTC)


def _from_json(told: _Told) -> dict[str, Any]:
    place, battery = told.location.coords, told.location.battery
    return {
        "device": told.device_id,
        "ts": iso_seconds(told.location.timestamp),
        "lat": place.latitude,
        "lon": place.longitude,
        # The receiving end of these apps takes -1 for unknown.
        "speed": None if place.speed is None or place.speed < 0 else place.speed * _KNOT,
        "heading": None if place.heading is None or place.heading < 0 else place.heading,
        "accuracy": place.accuracy,
        "altitude": place.altitude,
        "event": told.location.event,
        "odometer": told.location.odometer,
        "batt": None if battery is None or battery.level is None else battery.level * 100,
        "extras": told.location.extras or {},
    }

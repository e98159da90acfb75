"""traccar: positions and events that a Traccar server forwards as JSON (`forward.type` and `event.forward.type`: json).

Speeds are knots, distances metres. A position is told with its device, an event with both where it has them; older
servers send a position alone. What Traccar marks as not valid is no fix: it is set aside, since it is the last place
that was known, or none. An accuracy of 0 means that nobody knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from connectors.codecs.stamps import iso_seconds
from pipeline.codec import Codec, Facts


class _Position(msgspec.Struct, gc=False):
    deviceId: int  # noqa: N815  as it is written
    fixTime: str  # noqa: N815
    latitude: float
    longitude: float
    valid: bool = True
    outdated: bool = False
    speed: float | None = None
    course: float | None = None
    altitude: float | None = None
    accuracy: float | None = None
    attributes: dict[str, Any] | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    deviceId: int  # noqa: N815
    eventTime: str | None = None  # noqa: N815
    serverTime: str | None = None  # noqa: N815  what older servers say instead
    attributes: dict[str, Any] | None = None


class _Device(msgspec.Struct, gc=False):
    uniqueId: str  # noqa: N815
    name: str = ""


class _Named(msgspec.Struct, gc=False):
    name: str = ""


class _Forwarded(msgspec.Struct, gc=False):
    position: _Position | None = None
    device: _Device | None = None
    event: _Event | None = None
    geofence: _Named | None = None


_FORWARDED = msgspec.json.Decoder(_Forwarded).decode
_ALONE = msgspec.json.Decoder(_Position).decode


class Traccar(Codec):
    """`codec: traccar`: what a Traccar server forwards."""

    expected: ClassVar[str] = "what Traccar forwards as JSON: position with fixTime, latitude, longitude, or an event"
    rows: ClassVar[str] = "position"
    datum: ClassVar[str | None] = "WGS-84"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "ts", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
        "speed": {"path": "speed", "unit": "kn"},
        "heading": {"path": "course"},
        "accuracy": {"path": "accuracy", "unit": "m"},
        "ignition": {"path": "attributes.ignition"},
    }

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        told = _FORWARDED(payload)
        if told.position is None and told.event is None:
            told = _Forwarded(position=_ALONE(payload))
        said = told.position or told.event
        facts: dict[str, Any] = {"device": told.device.uniqueId if told.device else str(said and said.deviceId)}
        if told.device is not None:
            facts["name"] = told.device.name
        if told.event is not None:
            facts |= {"event": told.event.type, "geofence": told.geofence.name if told.geofence else None}
            facts |= {"event_attributes": told.event.attributes or {}}
        place = told.position
        if place is not None and place.valid and not place.outdated:
            facts |= {
                "ts": iso_seconds(place.fixTime),
                "lon": place.longitude,
                "lat": place.latitude,
                "speed": place.speed,
                "course": place.course,
                "altitude": place.altitude,
                "accuracy": place.accuracy or None,
                "attributes": place.attributes or {},
            }
        elif told.event is None:
            raise ValueError("Traccar marks this position as not valid: the terminal had no fix")
        if told.event is not None:
            facts["ts"] = iso_seconds(told.event.eventTime or told.event.serverTime)
        return [facts]

"""emqx_jt808: JSON that EMQX's JT/T 808 gateway publishes for each message of a terminal (2013 and 2019).

Reads the messages that say where a vehicle is: 0x0200, 0x0201, 0x0500 and the batches 0x0704; others give nothing.
Latitude and longitude are millionths of a degree, speed tenths of km/h, the time China's (YYMMDDhhmmss). Of the status
only what the standard says is read here: ACC, a fix, south and west, the load of 2013. Lid and body are vendors'
matters: `status_bits.N` and `extra` are there for the mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from connectors.codecs.stamps import bcd_seconds
from pipeline.codec import Codec, Facts

_REPORT, _ANSWER, _CONTROLLED, _BATCH = 0x0200, 0x0201, 0x0500, 0x0704
_FIX, _SOUTH, _WEST = 1 << 1, 1 << 2, 1 << 3
_LOAD = {0: 0.0, 1: 0.5, 3: 1.0}
"""Bits 8 and 9 of the status: empty, half, full; 2 is reserved."""


class _Header(msgspec.Struct, gc=False):
    msg_id: int
    phone: str | int
    msg_sn: int = 0


class _Message(msgspec.Struct, gc=False):
    header: _Header
    body: dict[str, Any] | None = None


class _Place(msgspec.Struct, gc=False):
    latitude: int
    longitude: int
    time: str
    status: int
    alarm: int = 0
    altitude: float | None = None
    speed: float | None = None
    direction: float | None = None
    extra: dict[str, Any] | None = None


_DECODE = msgspec.json.Decoder(_Message).decode


class EmqxJt808(Codec):
    """`codec: emqx_jt808`: what EMQX's JT/T 808 gateway publishes."""

    expected: ClassVar[str] = "JSON of EMQX's JT/T 808 gateway, with header.msg_id, header.phone and body"
    rows: ClassVar[str] = "position"
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ts": {"path": "ts", "unit": "unix_s"},
        "lon": {"path": "lon"},
        "lat": {"path": "lat"},
        "speed": {"path": "speed", "unit": "km/h"},
        "heading": {"path": "heading"},
        "ignition": {"path": "acc"},
    }

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        message = _DECODE(payload)
        kind, body = message.header.msg_id, message.body or {}
        bodies: list[Any]
        if kind == _REPORT:
            bodies = [body]
        elif kind == _BATCH:
            bodies = list(body["location"])
        elif kind in (_ANSWER, _CONTROLLED):
            bodies = [body["params" if kind == _ANSWER else "location"]]
        else:
            return
        for each in bodies:
            try:
                yield _facts(message.header, msgspec.convert(each, _Place))
            except ValueError as error:
                yield error


def _facts(header: _Header, place: _Place) -> dict[str, Any]:
    if not place.status & _FIX:
        raise ValueError("the terminal had no fix (bit 1 of the status)")
    return {
        "device": str(header.phone),
        "ts": bcd_seconds(place.time),
        "lon": place.longitude / 1e6 * (-1 if place.status & _WEST else 1),
        "lat": place.latitude / 1e6 * (-1 if place.status & _SOUTH else 1),
        "speed": None if place.speed is None else place.speed / 10,
        "heading": place.direction,
        "altitude": place.altitude,
        "acc": place.status & 1,
        "load": _LOAD.get(place.status >> 8 & 3),
        "status": place.status,
        "status_bits": [place.status >> bit & 1 for bit in range(32)],
        "alarm": place.alarm,
        "alarm_bits": [place.alarm >> bit & 1 for bit in range(32)],
        "extra": place.extra or {},
    }

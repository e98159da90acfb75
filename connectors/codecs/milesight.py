"""milesight: the bytes of Milesight's bin and door sensors: a channel, a type, a value, and so on to the end.

What a channel and a type mean depends on the model, so the stream says which it is. The tables are those of Milesight's
published payload definitions (github.com/Milesight-IoT/SensorDecoders). Numbers are little-endian.

A sensor says no time (but for stored readings), so that this is a `payload:` of `chirpstack` or `ttn`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from pipeline.codec import Codec, Facts

Model = Literal["em400-mud", "em400-tld", "em400-udl", "em500-udl", "ws201", "ws301"]


class _Value(NamedTuple):
    """One kind of value: which struct, and what it says."""

    form: struct.Struct
    says: Callable[..., dict[str, Any]]


def _value(form: str, says: Callable[..., dict[str, Any]]) -> _Value:
    return _Value(struct.Struct("<" + form), says)


_BATTERY = {(0x01, 0x75): _value("B", lambda percent: {"battery": percent})}
_EM400 = _BATTERY | {
    (0x03, 0x67): _value("h", lambda tenths: {"temperature": tenths / 10}),
    (0x04, 0x82): _value("H", lambda mm: {"distance": mm}),
    (0x05, 0x00): _value("B", lambda tilted: {"tilted": tilted}),
    (0x83, 0x67): _value("hB", lambda tenths, on: {"temperature": tenths / 10, "temperature_alarm": on}),
    (0x84, 0x82): _value("HB", lambda mm, on: {"distance": mm, "distance_alarm": on}),
}
_CHANNELS: Mapping[str, Mapping[tuple[int, int], _Value]] = {
    "em400-mud": _EM400,
    "em400-tld": _EM400,
    "em400-udl": _EM400,
    "em500-udl": _BATTERY
    | {
        (0x03, 0x82): _value("H", lambda mm: {"distance": mm}),
        (0x83, 0xE9): _value("HhB", lambda mm, change, on: {"distance": mm, "change": change, "distance_alarm": on}),
        (0x20, 0xCE): _value("IH", lambda at, mm: {"ts": at, "distance": mm}),
    },
    "ws201": _BATTERY
    | {
        (0x03, 0x82): _value("H", lambda mm: {"distance": mm}),
        (0x04, 0xD6): _value("B", lambda percent: {"remaining": percent}),
    },
    "ws301": _BATTERY
    | {
        (0x03, 0x00): _value("B", lambda is_open: {"open": is_open}),
        (0x04, 0x00): _value("B", lambda off: {"removed": off}),
    },
}
_ABOUT_ITSELF = {0x01: 1, 0x09: 2, 0x0A: 2, 0x0B: 1, 0x0F: 1, 0x16: 8, 0xFE: 1, 0xFF: 2}
"""What channel 0xFF says when a device joins (versions, serial number …) -> how many bytes that is."""


class Milesight(Codec):
    """`payload: {codec: milesight}`: what the bytes of a sensor of Milesight hold."""

    expected: ClassVar[str] = "a Milesight sensor's channels, each a channel, a type and a value"
    timed: ClassVar[bool] = False

    model: Model = Field(description="which sensor it is; the same bytes mean other things in another")

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        """Distances are mm, temperatures °C, `battery` and `remaining` %, all else 0 or 1. Stored readings are objects
        of their own, with `ts`."""
        channels = _CHANNELS[self.model]
        now: dict[str, Any] = {}
        stored: list[Facts | ValueError] = []
        known, at = False, 0
        while at < len(payload):
            if at + 2 > len(payload):
                raise ValueError(f"cut off after {len(payload)} bytes, in the middle of a channel")
            channel, kind = payload[at], payload[at + 1]
            at += 2
            if channel == 0xFF and kind in _ABOUT_ITSELF:
                at, known = at + _ABOUT_ITSELF[kind], True
                continue
            value = channels.get((channel, kind))
            if value is None:
                if known:
                    break  # how long it is nobody knows; what came before it is whole
                raise ValueError(
                    f"channel 0x{channel:02X} type 0x{kind:02X} is none of a {self.model.upper()}: is that the model?"
                )
            if at + value.form.size > len(payload):
                raise ValueError(f"cut off after {len(payload)} bytes, in channel 0x{channel:02X}")
            says = value.says(*value.form.unpack_from(payload, at))
            at, known = at + value.form.size, True
            if "ts" in says:
                stored.append(says)
            else:
                now |= says
        return [*([now] if now else []), *stored]

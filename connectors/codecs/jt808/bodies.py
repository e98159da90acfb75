"""bodies: bodies of messages out of values: what the platform says, and what a terminal says (for simulated ones).

Each is the inverse of what `terminal_bodies` and `platform_bodies` read. Raises ValueError for what does not fit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from connectors.codecs.jt808.values import padded, stamp

# What the platform says.


def answer(serial: int, message: int, result: int = 0) -> bytes:
    """0x8001, 0x0001. result: 0 ok, 1 failed, 2 bad message, 3 not supported."""
    return struct.pack(">HHB", serial, message, result)


def registered(serial: int, result: int, token: str = "") -> bytes:
    """0x8100. The token only where the result is 0."""
    return struct.pack(">HB", serial, result) + (token.encode("gbk") if result == 0 else b"")


def media_answer(media: int, missing: Sequence[int] = ()) -> bytes:
    """0x8800. missing: indices of subpackages to be sent again, at most 255 of them at a time."""
    if not missing:
        return media.to_bytes(4, "big")
    return media.to_bytes(4, "big") + bytes((len(missing[:255]),)) + _indices(missing)


def send_again(first: int, missing: Sequence[int], *, v2019: bool = False) -> bytes:
    """0x8003. first: the serial of the first subpackage."""
    return first.to_bytes(2, "big") + len(missing[:255]).to_bytes(2 if v2019 else 1, "big") + _indices(missing)


def _indices(missing: Sequence[int]) -> bytes:
    return b"".join(index.to_bytes(2, "big") for index in missing[:255])


def parameters(values: Mapping[int, bytes]) -> bytes:
    """0x8103. values: by id, as they stand on the line."""
    items = (id.to_bytes(4, "big") + bytes((len(value),)) + value for id, value in values.items())
    return bytes((len(values),)) + b"".join(items)


def clock(now: datetime) -> bytes:
    """0x8004. now: an aware time; UTC goes out."""
    return bytes.fromhex(now.astimezone(UTC).strftime("%y%m%d%H%M%S"))


def say(words: str, flags: int = 0x08, *, v2019: bool = False, kind: int = 1) -> bytes:
    """0x8300: a text for the driver. flags: 0x01 urgent, 0x04 on the display, 0x08 read aloud."""
    return bytes((flags, kind) if v2019 else (flags,)) + words.encode("gbk")


# What a terminal says.


def register(
    version: str,
    *,
    maker: str,
    model: str,
    terminal_id: str,
    plate: str,
    color: int = 2,
    area: tuple[int, int] = (44, 300),
) -> bytes:
    """0x0100. version: 2011, 2013 or 2019."""
    sizes = {"2011": (5, 8, 7), "2013": (5, 20, 7), "2019": (11, 30, 30)}[version]
    named = b"".join(padded(value, size) for value, size in zip((maker, model, terminal_id), sizes, strict=True))
    return struct.pack(">HH", *area) + named + bytes((color,)) + plate.encode("gbk")


def authenticate(token: str, *, v2019: bool = False, imei: str = "", software: str = "") -> bytes:
    """0x0102."""
    said = token.encode("gbk")
    return bytes((len(said),)) + said + padded(imei, 15) + padded(software, 20) if v2019 else said


def location(
    when: datetime,
    lon: float,
    lat: float,
    *,
    speed: float = 0.0,
    course: int = 0,
    altitude: int = 0,
    alarm: int = 0,
    status: int = 3,
    items: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """0x0200. speed: km/h; the status' bits for south and west are set by the place. items: (id, value)."""
    status |= (4 if lat < 0 else 0) | (8 if lon < 0 else 0)
    places = round(abs(lat) * 1e6), round(abs(lon) * 1e6)
    fixed = struct.pack(">IIIIHHH", alarm, status, *places, altitude, round(speed * 10), course)
    return fixed + stamp(when) + b"".join(bytes((id, len(value))) + value for id, value in items)


def batch(locations: Sequence[bytes], *, late: bool) -> bytes:
    """0x0704."""
    parts = b"".join(len(each).to_bytes(2, "big") + each for each in locations)
    return struct.pack(">HB", len(locations), late) + parts


def media_event(media: int, kind: int = 0, form: int = 0, event: int = 0, channel: int = 1) -> bytes:
    """0x0800, and the beginning of 0x0801."""
    return struct.pack(">IBBBB", media, kind, form, event, channel)


def media(
    media_id: int, place: bytes, data: bytes, kind: int = 0, form: int = 0, event: int = 0, channel: int = 1
) -> bytes:
    """0x0801. place: the 28 bytes of a location."""
    return media_event(media_id, kind, form, event, channel) + place[:28] + data

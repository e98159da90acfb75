"""positions: a vehicle's position as platforms exchange it, as the location of JT/T 808 that it was made of.

2011: 36 bytes of its own (encrypted u8, day, month, year u16, hour, minute, second, lon, lat u32 in millionths, speed,
recorder's speed u16 km/h, mileage u32 km, direction u16, altitude u16, state u32, alarm u32); state and alarm are those
of JT/T 808. 2019: encrypted u8, length u32, the location itself, then three times a platform's id and its alarms.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_OLD = struct.Struct(">BBBHBBBIIHHIHHII")
_LOCATION = struct.Struct(">IIIIHHH6s")
_HEAD = struct.Struct(">BI")
_PLATFORMS = 3 * (11 + 4)


class Place(NamedTuple):
    """One of them."""

    hidden: bool
    """Its coordinates went through the state's map plug-in (GCJ-02)."""
    location: bytes
    """As the body of a 0x0200."""


def position(data: bytes, v2019: bool) -> tuple[Place, int]:
    """The first one in there, and how many bytes it has. Raises ValueError."""
    if not v2019:
        if len(data) < _OLD.size:
            raise ValueError(f"expected a position of {_OLD.size} bytes, got {len(data)}")
        return _old(data), _OLD.size
    if len(data) < _HEAD.size:
        raise ValueError("its position is cut off")
    hidden, size = _HEAD.unpack_from(data)
    end = _HEAD.size + size
    if end + _PLATFORMS > len(data):
        raise ValueError(f"expected a position of {end + _PLATFORMS} bytes, got {len(data)}")
    return Place(hidden == 1, data[_HEAD.size : end]), end + _PLATFORMS


def positions(data: bytes, v2019: bool) -> Iterator[Place | ValueError]:
    """Those of a 0x1203: how many, then one after the other; as far as they go."""
    at = 1
    for _ in range(data[0] if data else 0):
        try:
            place, size = position(data[at:], v2019)
        except ValueError as error:
            yield error
            return
        yield place
        at += size


def _old(data: bytes) -> Place:
    hidden, day, month, year, hour, minute, second, lon, lat, *rest = _OLD.unpack_from(data)
    speed, recorded, mileage, course, altitude, state, alarm = rest
    when = bytes(_bcd(each) for each in (year - 2000, month, day, hour, minute, second))
    fixed = _LOCATION.pack(alarm, state, lat, lon, altitude, min(speed * 10, 0xFFFF), course, when)
    items = b"\x01\x04" + min(mileage * 10, 0xFFFFFFFF).to_bytes(4, "big")
    items += b"\x03\x02" + min(recorded * 10, 0xFFFF).to_bytes(2, "big")
    return Place(hidden == 1, fixed + items)


def _bcd(number: int) -> int:
    """Two digits; what has not two is no time."""
    return number // 10 << 4 | number % 10 if 0 <= number < 100 else 0xFF

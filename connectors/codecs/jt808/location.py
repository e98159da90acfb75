"""location: the body of 0x0200, which 0x0704, 0x0201 and 0x0801 carry too: 28 bytes, then items of id, length, value.

What is no time or no place stays as it is, and `errors` says so: `time` is null beside its `time_bcd`, `lat` and `lon`
are the numbers that were sent. An item that is cut off or has a length that its id does not have is kept raw. Items of
vendors are always kept raw: what they mean is the configuration's matter.
"""

from __future__ import annotations

import struct
from typing import Any

from connectors.codecs.jt808.bits import ALARMS, LOADS, STATUS, names
from connectors.codecs.jt808.items import ITEMS
from connectors.codecs.jt808.values import moment

BASE = 28
"""Bytes before the items."""
MOST_ERRORS = 50
MOST_ITEMS = 1000
"""Of one location; a frame has room for 500."""
_FIXED = struct.Struct(">IIIIHHH6s")


def location(body: bytes) -> dict[str, Any]:
    """A location as names and numbers; `errors` only where there are any. Never raises."""
    errors: list[str] = []
    if len(body) < BASE:
        return {"errors": [f"location: expected at least {BASE} bytes, got {len(body)}"], "raw": body.hex()}
    alarm, status, lat, lon, altitude, speed, course, six = _FIXED.unpack_from(body)
    when = moment(six)
    found: dict[str, Any] = {
        "alarm": f"0x{alarm:08x}",
        "alarms": names(alarm, ALARMS),
        "status": f"0x{status:08x}",
        "states": names(status, STATUS, skip=(8, 9)),
        "load": LOADS[status >> 8 & 3],
        "lat": degrees(lat, bool(status & 4)),
        "lon": degrees(lon, bool(status & 8)),
        "altitude_m": altitude,
        "speed_kmh": speed / 10,
        "course": course,
        "time_bcd": six.hex(),
        "time": None if when is None else when.isoformat(),
        "ts": None if when is None else int(when.timestamp()),
    }
    if not (-90 <= found["lat"] <= 90 and -180 <= found["lon"] <= 180):
        errors.append(f"lat {found['lat']}, lon {found['lon']}: there is no such place")
    if when is None:
        errors.append(f"time {six.hex()}: expected YYMMDDhhmmss")
    if course > 360:
        errors.append(f"course {course}: expected 0 to 360")
    _items(body, found, errors)
    if errors:
        found["errors"] = errors[:MOST_ERRORS]
    return found


def degrees(millionths: int, negative: bool) -> float:
    """Of latitude or longitude, there or not. Some terminals write a negative number themselves."""
    if millionths >= 1 << 31:
        millionths, negative = (1 << 32) - millionths, True
    value = millionths / 1e6
    return -value if negative and value else value


def _items(body: bytes, found: dict[str, Any], errors: list[str]) -> None:
    """The items behind the fixed part, read into `found`; what is not understood into its `tlvs`."""
    raw: list[dict[str, Any]] = []
    at, end = BASE, len(body)
    while at < end:
        id = body[at]
        if len(raw) >= MOST_ITEMS:
            errors.append(f"more than {MOST_ITEMS} items")
            break
        if at + 1 >= end:
            errors.append(f"a byte {id:02x} behind the last item")
            raw.append({"id": f"0x{id:02x}", "hex": "", "truncated": True})
            break
        size = body[at + 1]
        value = body[at + 2 : at + 2 + size]
        at += 2 + size
        item = {"id": f"0x{id:02x}", "hex": value.hex()}
        if len(value) < size:
            errors.append(f"item 0x{id:02x}: expected {size} bytes, {len(value)} are left")
            raw.append(item | {"truncated": True})
            break
        known = ITEMS.get(id)
        read = None if known is None else known(value)
        if read is None or any(name in found for name in read):
            if known is not None:
                errors.append(f"item 0x{id:02x}: {'not' if read is None else 'twice, or not'} as the standard has it")
            raw.append(item)
        else:
            found |= read
    if raw:
        found["tlvs"] = raw

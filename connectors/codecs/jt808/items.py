"""items: the standard's items behind a location's fixed part, each by its id: bytes -> named values.

JT/T 808-2019 table 27 (2011 and 2013 have a part of it). None: the value has not the length that the standard gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.codecs.jt808.bits import IO, SIGNALS, names

AREAS = ("none", "circle", "rectangle", "polygon", "route")
"""What kind of place an alarm is about."""

Item = Callable[[bytes], dict[str, Any] | None]


def _scaled(name: str, size: int, scale: float) -> Item:
    def read(value: bytes) -> dict[str, Any] | None:
        return {name: int.from_bytes(value, "big") / scale} if len(value) == size else None

    return read


def _whole(name: str, size: int) -> Item:
    def read(value: bytes) -> dict[str, Any] | None:
        return {name: int.from_bytes(value, "big")} if len(value) == size else None

    return read


def _tyres(value: bytes) -> dict[str, Any] | None:
    """2019: 30 tyres, a byte each, 0xff unknown."""
    return {"tyre_pressure": [None if each == 0xFF else each for each in value]} if len(value) == 30 else None


def _temperature(value: bytes) -> dict[str, Any] | None:
    """The highest bit is a sign of its own, not two's complement."""
    if len(value) != 2:
        return None
    size = int.from_bytes(value, "big") & 0x7FFF
    return {"compartment_temperature_c": -size if value[0] & 0x80 else size}


def area(kind: int) -> str:
    return AREAS[kind] if kind < len(AREAS) else f"kind_{kind}"


def _overspeed(value: bytes) -> dict[str, Any] | None:
    if len(value) == 1 or (len(value) == 5 and value[0] == 0):
        return {"overspeed": {"area": area(value[0])}}
    if len(value) != 5:
        return None
    return {"overspeed": {"area": area(value[0]), "area_id": int.from_bytes(value[1:], "big")}}


def _in_out(value: bytes) -> dict[str, Any] | None:
    if len(value) != 6:
        return None
    way = ("in", "out")[value[5]] if value[5] < 2 else f"way_{value[5]}"
    return {"area_in_out": {"area": area(value[0]), "area_id": int.from_bytes(value[1:5], "big"), "way": way}}


def _route_time(value: bytes) -> dict[str, Any] | None:
    if len(value) != 7:
        return None
    result = ("too_short", "too_long")[value[6]] if value[6] < 2 else f"result_{value[6]}"
    ids = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:6], "big")
    return {"route_time": {"route_id": ids[0], "seconds": ids[1], "result": result}}


def _signals(value: bytes) -> dict[str, Any] | None:
    return {"signals": names(int.from_bytes(value, "big"), SIGNALS)} if len(value) == 4 else None


def _io(value: bytes) -> dict[str, Any] | None:
    return {"io": names(int.from_bytes(value, "big"), IO)} if len(value) == 2 else None


def _analog(value: bytes) -> dict[str, Any] | None:
    if len(value) != 4:
        return None
    return {"analog": {"ad0": int.from_bytes(value[2:], "big"), "ad1": int.from_bytes(value[:2], "big")}}


ITEMS: dict[int, Item] = {
    0x01: _scaled("mileage_km", 4, 10),
    0x02: _scaled("fuel_l", 2, 10),
    0x03: _scaled("recorder_speed_kmh", 2, 10),
    0x04: _whole("alarm_event_id", 2),
    0x05: _tyres,
    0x06: _temperature,
    0x11: _overspeed,
    0x12: _in_out,
    0x13: _route_time,
    0x25: _signals,
    0x2A: _io,
    0x2B: _analog,
    0x30: _whole("network_strength", 1),
    0x31: _whole("satellites", 1),
}

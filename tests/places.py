"""places: rows and small registers for tests about where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from pipeline.names import Names
from pipeline.registers import Line, Registers, Road, Route, Table, Zone
from pipeline.rows import Floats, Ints, Position, Reading, unknown


def column(n: int, *values: float) -> Floats:
    return np.array(values, np.float64) if len(values) == n else np.full(n, values[0] if values else np.nan)


def positions(
    names: Names,
    subjects: Sequence[str],
    lon: Sequence[float],
    lat: Sequence[float],
    ts: Sequence[float] | None = None,
    speed: Sequence[float] = (),
    accuracy: Sequence[float] = (),
) -> Position:
    """Rows as given, in that order; one second apart where no ts is given."""
    n = len(subjects)
    when = np.arange(float(n)) if ts is None else np.array(ts, np.float64)
    return Position(
        subject=codes(names, subjects), ts=when, received=when, position=np.arange(n), stream=np.zeros(n, np.int32),
        lon=np.array(lon, np.float64), lat=np.array(lat, np.float64), speed=column(n, *speed), heading=unknown(n),
        accuracy=column(n, *accuracy) if accuracy else unknown(n),
        ignition=unknown(n), load=unknown(n), lid=unknown(n), body=unknown(n),
    )  # fmt: skip


def readings(names: Names, subject: str, values: Sequence[float]) -> Reading:
    """One reading a minute of one thing."""
    n = len(values)
    ts = np.arange(float(n)) * 60.0
    return Reading(
        subject=codes(names, [subject] * n), ts=ts, received=ts, position=np.arange(n), stream=np.zeros(n, np.int32),
        metric=codes(names, ["fullness"] * n), value=np.array(values, np.float64),
    )  # fmt: skip


def codes(names: Names, strings: Sequence[str]) -> Ints:
    """Their codes; '' is nobody."""
    return np.array([names.code(s) if s else -1 for s in strings], np.int32).reshape(len(strings))


def box(west: float, south: float, east: float, north: float) -> Line:
    """A closed ring."""
    return np.array([[west, south], [east, south], [east, north], [west, north], [west, south]])


def line(*points: tuple[float, float]) -> Line:
    return np.array(points, np.float64)


def registers(
    vehicles: Sequence[dict[str, object]] = (),
    bins: Sequence[dict[str, object]] = (),
    devices: Sequence[dict[str, object]] = (),
    permits: Sequence[dict[str, object]] = (),
    zones: Sequence[Zone] = (),
    routes: Sequence[Route] = (),
    roads: Sequence[Road] = (),
    manifests: Sequence[dict[str, object]] = (),
    plans: Sequence[dict[str, object]] = (),
    calendar: Mapping[date, str] | None = None,
    time_zone: str = "UTC",
    **speed_limits: float,
) -> Registers:
    """Registers from rows; a vehicle is a muck truck unless it says otherwise."""
    return Registers(
        vehicles=Table.of("vehicles", [{"class": "muck_truck", **v} for v in vehicles]),
        bins=Table.of("bins", [dict(b) for b in bins]),
        devices=Table.of("devices", [dict(d) for d in devices]),
        permits=Table.of("permits", [dict(p) for p in permits]),
        zones=list(zones),
        routes=list(routes),
        roads=list(roads),
        manifests=Table.of("manifests", [dict(m) for m in manifests]),
        plans=Table.of("plans", [dict(p) for p in plans]),
        calendar=dict(calendar or {}),
        time_zone=time_zone,
        speed_limits=speed_limits,
    )

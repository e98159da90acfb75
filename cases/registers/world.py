"""world: rows of the store as the pipeline compiles its world from them (`pipeline.register_files.Stored`).

They go through the pipeline's own checks once more: what they mean is said in one place only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.registers.checking import VALIDITY, Checked
from cases.registers.kinds import GEOMETRY, LINE, POLYGON, REGISTERS, Register
from cases.registers.rows import Kept, standing
from pipeline.geo import Datum
from pipeline.register_csv import Row, Times, check_row
from pipeline.register_files import Stored
from pipeline.register_shapes import Feature, roads_of, routes_of, zones_of

UTC = ZoneInfo("UTC")
"""Rows of the store have their times as numbers, so that no zone matters."""


def stored_world(connection: sa.Connection, registers: Iterable[str]) -> Stored:
    """What the store has of some registers of the world. Raises ValueError where a row is not what we write."""
    stored = Stored()
    for name in registers:
        put(stored, REGISTERS[name], [Checked(0, row) for row in standing(connection, name)])
    return stored


def put(stored: Stored, register: Register, rows: Sequence[Checked]) -> None:
    """Put the rows of a register there."""
    if register.shape not in (LINE, POLYGON):
        stored.rows[register.name] = [_row(register, each) for each in rows]
    elif register.name == "zones":
        stored.zones = [
            (each.line, zone)
            for each in rows
            for _, zone in zones_of([_feature(each)], Datum.WGS84, Times(UTC).parse, _refuse)
        ]
        for (_, zone), each in zip(stored.zones, rows, strict=True):
            zone.valid_from, zone.valid_to = each.row.valid_from, each.row.valid_to
    elif register.name == "routes":
        stored.routes = [
            (each.line, route) for each in rows for _, route in routes_of([_feature(each)], Datum.WGS84, _refuse)
        ]
    else:
        stored.roads = [
            (each.line, road) for each in rows for _, road in roads_of([_feature(each)], Datum.WGS84, _refuse)
        ]


def cells_of(register: Register, row: Kept) -> dict[str, Any]:
    """Its cells as they were, without its validity and its shape: text, numbers (lon, lat) and lists."""
    return {register.key: row.id, **{name: value for name, value in row.data.items() if name != GEOMETRY}}


def _row(register: Register, each: Checked) -> Row:
    cells = {
        name: value if isinstance(value, str) else repr(value) for name, value in cells_of(register, each.row).items()
    }
    required = tuple(name for name in register.required if name not in VALIDITY)
    row = check_row(cells, required, Times(UTC), each.line, _refuse, register.checks)
    if row is None:
        raise ValueError(f"{register.name}: {each.row.id} is not a row of it")
    times = {"valid_from": each.row.valid_from, "valid_to": each.row.valid_to}
    return row | {name: time for name, time in times.items() if abs(time) != float("inf")}


def _feature(each: Checked) -> Feature:
    properties = {name: value for name, value in each.row.data.items() if name != GEOMETRY}
    return each.line, each.row.id, properties, each.row.data[GEOMETRY]


def _refuse(_line: int, name: str, message: str) -> None:
    raise ValueError(f"a row of the store can't be read any more: {name}: {message}")

"""registers_columns: the columns of registers as forms need them: what kind of input each wants."""

from __future__ import annotations

from cases.registers.kinds import GEOMETRY, Column, Register
from console.registers_bodies import ColumnOut
from console.words import worded

_UNITS = {
    "speed_limit": "km/h", "width": "m", "radius": "m", "share": "%", "lon": "°", "lat": "°",
}  # fmt: skip
_REFERS = {
    "vehicle": "vehicles", "route": "routes", "site": "zones", "disposal": "zones", "zone": "zones", "unit": "units",
    "parent": "units", "helpers": "units", "owner": "units", "grid": "grid",
}  # fmt: skip
"""Columns that name rows of another register."""


def column_out(register: Register, column: Column) -> ColumnOut:
    """A column as forms need it."""
    refers = _REFERS.get(column.name, "")
    if column.name == register.key or refers == register.name == "zones" or register.name in ("duty", "fixtures"):
        refers = refers if column.name in ("unit", "helpers") else ""
    kind = "text"
    if column.name == GEOMETRY:
        kind = "geometry"
    elif column.name in ("valid_from", "valid_to"):
        kind = "time"
    elif column.name == "date":
        kind = "date"
    elif column.number:
        kind = "number"
    elif column.many:
        kind = "list"
    choices = list(column.choices)
    if (register.name, column.name) == ("calendar", "kind"):
        choices = ["holiday", "workday"]
    if choices:
        kind = "choice"
    elif refers and not column.many:
        kind = "reference"
    return ColumnOut.model_validate(
        {
            "name": column.name, "zh": column.zh, "en": english(column.name), "about": worded(column.about),
            "example": column.example, "required": column.required, "type": kind,
            "unit": _UNITS.get(column.name, ""), "choices": choices, "refers": refers,
        }
    )  # fmt: skip


def english(name: str) -> str:
    """A name as a heading."""
    return "ID" if name == "id" else name.replace("_", " ").capitalize()

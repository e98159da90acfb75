"""units: numbers that say what they count.

Used as annotations of parameters and settings; a configuration gives them as text with a unit ('90s', '500 m', '10 %').
A bare number is refused, because nobody can tell what it meant. Inside they are plain floats in the unit of the name.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_NUMBER = re.compile(r"^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s].*?)?\s*$")


def _quantity(what: str, base: str, units: dict[str, float], examples: tuple[str, str]) -> Any:
    likely = f"{what} such as '{examples[0]}' or '{examples[1]}'"

    def parse(value: object) -> float:
        if isinstance(value, Quantity):
            return float(value)
        if isinstance(value, bool) or value is None:
            raise ValueError(f"expected {likely}")
        if isinstance(value, int | float):
            raise ValueError(f"expected {likely}, got a bare number")
        match = _NUMBER.match(str(value))
        if not match:
            raise ValueError(f"expected {likely}")
        number, unit = match.groups()
        if unit is None:
            raise ValueError(f"expected {likely}, got a bare number")
        if unit not in units:
            raise ValueError(f"expected {likely}; known units: {', '.join(units)}")
        return Quantity(float(number) * units[unit])

    return (
        BeforeValidator(parse),
        PlainSerializer(lambda v: f"{float(v) / units[base]:.15g} {base}", return_type=str),
        WithJsonSchema({"type": "string", "description": likely, "examples": list(examples)}),
    )


class Quantity(float):
    """A number whose unit has been read: what the defaults of parameters are written as, in the base unit."""


_TIME = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = {"mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0}
_SPEED = {"km/h": 1.0, "m/s": 3.6, "kn": 1.852, "mph": 1.609344}
_SHARE = {"%": 0.01}
_PERCENT = {"%": 1.0}

Seconds = Annotated[float, *_quantity("a duration", "s", _TIME, ("90s", "10min"))]
Metres = Annotated[float, *_quantity("a length", "m", _LENGTH, ("500 m", "1.5 km"))]
Kmh = Annotated[float, *_quantity("a speed", "km/h", _SPEED, ("60 km/h", "10 m/s"))]
Percent = Annotated[float, *_quantity("a percentage", "%", _PERCENT, ("90 %", "7.5 %"))]
Share = Annotated[float, *_quantity("a percentage", "%", _SHARE, ("10 %", "2.5 %"))]

UNITS: dict[str, tuple[str, float]] = {
    **{u: ("time", f) for u, f in _TIME.items()},
    **{u: ("length", f) for u, f in _LENGTH.items()},
    **{u: ("speed", f) for u, f in _SPEED.items()},
}
"""Units that a mapping may state for a payload's field: unit -> (quantity, factor to the base unit)."""

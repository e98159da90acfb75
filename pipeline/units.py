"""units: numbers that say what they count.

Used as annotations of parameters and settings; a configuration gives them as text with a unit ('90s', '500 m', '10 %').
A bare number is refused, because nobody can tell what it meant. Inside they are plain floats in the unit of the name.
What is compared with a column that the rule names has that column's unit, whatever it is: `Amount`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import core_schema

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

_OWN: dict[str, dict[str, float]] = {
    **{key: {"deg": 1.0, "°": 1.0} for key in ("lon", "lat", "heading")},
    "speed": _SPEED,
    "accuracy": _LENGTH,
    **{key: {"1": 1.0, "%": 0.01} for key in ("ignition", "load", "lid", "body")},
}
"""Columns that have a unit of their own, whatever a mapping states: unit -> factor to the column's."""

_AMOUNT = re.compile(
    r"^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?:\s*([^\d\s+\-.,:;<>=*].*?)|\s+(1(?:/\S+)?))?\s*$"
)


class Amount(float):
    """A number in the unit of what it is compared with, whatever that is: '90 %', '60 °C', '150 µg/m³', '0.5 1'.

    An annotation of parameters, and what their defaults are written as: `above: Amount = Amount(90, "%")`. The number
    stays as it was written and so does its unit ('1': none, as in a mapping). `in_column` makes it what rows can be
    compared with; that they are in its unit is what the configuration's check sees to.
    """

    unit: str

    def __new__(cls, number: float, unit: str) -> Self:
        self = super().__new__(cls, number)
        self.unit = unit
        return self

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        return float(self), self.unit

    def __str__(self) -> str:
        short = f"{float(self):.15g}"
        return f"{short if float(short) == float(self) else repr(float(self))} {self.unit}"

    def __repr__(self) -> str:
        return f"Amount({float(self)!r}, {self.unit!r})"

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)

    def __eq__(self, other: object) -> bool:
        return float(self) == other and (not isinstance(other, Amount) or same_unit(self.unit, other.unit))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(float(self))

    @classmethod
    def parse(cls, value: object) -> Amount:
        """What a configuration gives. Raises ValueError."""
        likely = "a number with its unit such as '90 %', '60 °C' or '150 µg/m³'"
        if isinstance(value, Amount):
            return value
        match = _AMOUNT.match(value) if isinstance(value, str) else None
        unit = match and (match[2] or match[3])
        bare = (match and not unit) or (isinstance(value, int | float) and not isinstance(value, bool))
        if match is None or not unit or not math.isfinite(float(match[1])):
            raise ValueError(f"expected {likely}" + (", got a bare number" if bare else ""))
        return Amount(float(match[1]), unit)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        description = "a number in the unit of what it is compared with, '1' for none"
        return {"type": "string", "description": description, "examples": ["90 %", "60 °C", "0.5 1"]}


def same_unit(one: str, other: str) -> bool:
    """Are they the same, however their signs are encoded ('℃' and '°C', 'µg/m³' and 'μg/m3')?"""
    return _plain(one) == _plain(other)


def _plain(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).replace(" ", "")


def units_of(column: str, stated: str | None) -> tuple[str, ...]:
    """The units that an amount compared with a column may have. stated: the mapping's for it, None where it has none.

    `value` is as its metric's unit says. A column of Position has a unit of its own, so that any of its quantity will
    do. So has a further one in a unit that is known here; one in any other unit is as the mapping says.
    """
    if column in _OWN:
        return tuple(_OWN[column])
    if stated in UNITS and column != "value":
        return tuple(u for u, (quantity, _) in UNITS.items() if quantity == UNITS[stated][0])
    return () if stated is None else (stated,)


def in_column(amount: Amount, column: str) -> float:
    """The number that is compared with a column's: an amount for `speed` in km/h, one for `lid` or `load` as a share.

    ValueError: a unit that the column can't have.
    """
    return float(amount) * scale(amount.unit, column)


def scale(unit: str, column: str) -> float:
    """What a number in that unit is multiplied by to be compared with a column's; ValueError as above."""
    known = _plain(unit)
    if column == "value":
        return 1.0
    if column not in _OWN:
        return UNITS[known][1] if known in UNITS else 1.0
    if known not in _OWN[column]:
        raise ValueError(f"expected '{column}' in one of these units: {', '.join(_OWN[column])}; got '{unit}'")
    return _OWN[column][known]

"""grammar: faults as people write them: `drop=5%, upload=10min@20%, jitter=10m`.

A fault is `name=amount@share`: how much, with its unit, and how often. Either may be left out. A bare percentage says
how often, unless the fault's amount may itself be a percentage (jitter).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from pipeline.faults import did_you_mean
from pipeline.units import Metres, Seconds, Share

EXAMPLE = "drop=5%, upload=10min@20%, jitter=10m"
_UNITS: dict[str, TypeAdapter[float]] = {"s": TypeAdapter(Seconds), "m": TypeAdapter(Metres)}
_SHARE: TypeAdapter[float] = TypeAdapter(Share)
_WHAT = {"s": "a duration", "m": "a length", "": "nothing"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, read."""

    name: str
    amount: float | None
    """seconds, metres or a share, by `unit`; None: none is said"""
    unit: str
    """s, m, % or '' where there is no amount"""
    share: float
    """Of deliveries, subjects or stretches: see KINDS; 0..1."""

    def __str__(self) -> str:
        """As it may be written again."""
        factor = 100.0 if self.unit == "%" else 1.0
        amount = "" if self.amount is None else f"={self.amount * factor:.15g}{self.unit}"
        return f"{self.name}{amount}@{self.share * 100:.15g}%"


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be said of a fault."""

    units: str
    """Of its amount: s, m, %; the first one's default is `amount`."""
    amount: float | None
    share: float
    """by default"""


KINDS = {
    "drop": Kind("", None, 0.05),
    "repeat": Kind("s", 60.0, 0.1),
    "reorder": Kind("s", None, 0.5),
    "gap": Kind("s", 600.0, 0.05),
    "upload": Kind("s", 600.0, 0.05),
    "freeze": Kind("s", 600.0, 0.05),
    "jitter": Kind("m%", 10.0, 1.0),
    "bias": Kind("m", 30.0, 1.0),
    "skew": Kind("s", 120.0, 0.2),
}
"""Every fault, with what it is without being told: see docs/guides/faults.md."""


def read(text: str) -> list[Fault]:
    """The faults of a text, in its order. Raises ValueError, which says what was expected."""
    found: list[Fault] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            fault = _one(part)
        except ValueError as error:
            raise ValueError(f"{part}: {error}") from None
        if any((fault.name, fault.unit == "%") == (other.name, other.unit == "%") for other in found):
            raise ValueError(f"{part}: expected each fault once, got '{fault.name}' again")
        found.append(fault)
    return found


def _one(part: str) -> Fault:
    named, at, share = (piece.strip() for piece in part.partition("@"))
    name, equals, amount = (piece.strip() for piece in named.partition("="))
    kind = KINDS.get(name)
    if kind is None:
        known = did_you_mean(name, KINDS) or f"; there are: {', '.join(KINDS)}"
        raise ValueError(f"expected faults such as '{EXAMPLE}'; no fault '{name}'{known}")
    often = _share(share) if at else kind.share
    unit = kind.units[:1] if kind.amount is not None else ""
    if not equals:
        return Fault(name, kind.amount, unit, often)
    percentage = amount.endswith("%")
    if percentage and "%" in kind.units:
        return Fault(name, _share(amount, most=None), "%", often)
    if kind.units and not percentage:
        return Fault(name, _measure(kind, amount), kind.units[0], often)
    if at:
        raise ValueError(f"expected {_WHAT[kind.units[:1]]} before the '@', got '{amount}'")
    return Fault(name, kind.amount, unit, _share(amount))


def _share(text: str, most: float | None = 1.0) -> float:
    share = _value(_SHARE, text)
    if share < 0 or (most is not None and share > most):
        raise ValueError(f"expected a percentage from 0%{' to 100%' if most else ' on'}, got '{text}'")
    return share


def _measure(kind: Kind, text: str) -> float:
    value = _value(_UNITS[kind.units[0]], text, " or a percentage such as '5%'" if "%" in kind.units else "")
    if not value > 0:
        raise ValueError(f"expected {_WHAT[kind.units[0]]} above 0")
    return value


def _value(adapter: TypeAdapter[float], text: str, other: str = "") -> float:
    """other: what might have been there instead."""
    try:
        return adapter.validate_python(text)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(re.sub("(?=[,;]|$)", other, message, count=1)) from None

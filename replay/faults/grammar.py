"""grammar: faults as people write them: `drop=5%, upload=10min@20%, jitter=10m`.

A fault is `name=amount@share`: how much, with its unit, and how often. Either may be left out. A bare percentage says
how often, unless the fault's amount may itself be a percentage (jitter).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.faults import did_you_mean
from pipeline.units import Metres, Seconds, Share

EXAMPLE = "drop=5%, upload=10min@20%, jitter=10m"
_UNITS: dict[str, tuple[Any, str]] = {"s": (TypeAdapter(Seconds), "s"), "m": (TypeAdapter(Metres), "m")}
_SHARE: TypeAdapter[float] = TypeAdapter(Share)


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
        if any((fault.name, fault.unit) == (other.name, other.unit) for other in found):
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
    often = kind.share
    if at:
        often = _share(share)
    if equals and amount.endswith("%") and "%" not in kind.units:
        if at:
            wanted = _expected(kind) or "no amount but how often"
            raise ValueError(f"expected {wanted}, got a second percentage")
        return Fault(name, kind.amount, kind.units[:1] if kind.amount is not None else "", _share(amount))
    if not equals:
        return Fault(name, kind.amount, kind.units[:1] if kind.amount is not None else "", often)
    value, unit = _amount(amount, kind)
    return Fault(name, value, unit, often)


def _amount(text: str, kind: Kind) -> tuple[float, str]:
    if text.endswith("%") and "%" in kind.units:
        return _share(text, most=None), "%"
    if not kind.units:
        return _share(text), ""  # says what was expected
    unit = kind.units[0]
    value = _value(_UNITS[unit][0], text, " or a percentage such as '5%'" if "%" in kind.units else "")
    if not value > 0:
        raise ValueError(f"expected {_expected(kind)} above 0")
    return value, unit


def _share(text: str, most: float | None = 1.0) -> float:
    share = _value(_SHARE, text)
    if share < 0 or (most is not None and share > most):
        raise ValueError(f"expected a percentage from 0%{' to 100%' if most else ' on'}, got '{text}'")
    return share


def _expected(kind: Kind) -> str:
    return {"s": "a duration", "m": "a length", "": ""}[kind.units[:1]]


def _value(adapter: Any, text: str, other: str = "") -> float:
    try:
        return float(adapter.validate_python(text))
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        head, but, rest = message.partition(",")
        raise ValueError(f"{head}{other}{but}{rest}" if other else message) from None

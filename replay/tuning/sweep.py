"""sweep: what is to be tried of a parameter, as people write it.

for=30s..5min            from here to there in some steps; the steps grow by a factor where the range is wide
tolerance=0..20%         a bare number has the other's unit
for=30s..5min/30s        in steps of this
for=30s,1min,5min        these, in this order; `none` is a parameter that is not set
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.faults import did_you_mean
from pipeline.units import UNITS
from pipeline.version import Hold, Rule

STEPS = 9
WIDE = 10.0
"""Where the end is so many times the beginning, steps grow by a factor: a minute more is little after five of them."""
_MOST = 10_000
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s].*?)?\s*")
HOLD = {field.alias or name: name for name, field in Hold.model_fields.items()}
"""The hold's parameters as they are written -> as they are in `Hold`."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A parameter and its values as a configuration would give them; None: not set."""

    name: str
    values: tuple[str | int | None, ...]


def sweep_of(text: str, rule: Rule, steps: int = STEPS) -> Sweep:
    """`name=values`. Raises ValueError with what was expected."""
    name, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not name or not values:
        raise ValueError(f"expected NAME=VALUES such as for=30s..5min or tolerance=0..20%, got '{text}'")
    fields = type(rule.detector).model_fields
    known = [*HOLD, *fields]
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
        raise ValueError(f"'{rule.id}' has no parameter '{name}'{hint}")
    whole = name not in HOLD and fields[name].annotation is int
    try:
        found = tuple(dict.fromkeys(_values(values, steps, whole)))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return Sweep(name, found)


def _values(text: str, steps: int, whole: bool) -> Iterator[str | int | None]:
    if ".." in text:
        yield from _range(text, steps, whole)
        return
    for part in text.split(","):
        value = part.strip()
        if not value:
            raise ValueError(f"expected values with commas between, got '{text}'")
        yield None if value == "none" else int(value) if whole and value.isdigit() else value


def _range(text: str, steps: int, whole: bool) -> Iterator[str | int]:
    low_text, _, rest = text.partition("..")
    # a unit may have a stroke in it (km/h): a step is what stands after the last one, where that is a number
    high_text, slash, stride = rest.rpartition("/")
    if not slash or not _NUMBER.fullmatch(stride):
        high_text, stride = rest, ""
    low, high = _number(low_text), _number(high_text)
    step = _number(stride) if stride else None
    unit, (start, end, each) = _one_unit(low, high, step)
    if not start < end:
        raise ValueError(f"expected a range that goes up, got '{text}'; a unit that is left out is the other's")
    if each is not None:
        if each <= 0 or (end - start) / each > _MOST:
            raise ValueError(f"expected a step above 0 that is not tiny, got '{stride}'")
        numbers = [start + n * each for n in range(math.floor((end - start) / each + 1e-9) + 1)]
    else:
        numbers = _steps(start, end, steps)
    if whole:
        yield from (round(number) for number in numbers)
    else:
        yield from (f"{number:.12g} {unit}".strip() for number in numbers)


def _number(text: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a number with its unit such as '30s' or '20%', got '{text.strip()}'")
    return float(match[1]), match[2] or ""


def _one_unit(
    low: tuple[float, str], high: tuple[float, str], step: tuple[float, str] | None
) -> tuple[str, tuple[float, float, float | None]]:
    """All in one unit: the smallest of those that are named. A bare number has the unit of the range's other end."""
    given = [low, high, *([step] if step else [])]
    lent = high[1] or low[1]
    named = [(number, unit or (lent if k != 1 else low[1])) for k, (number, unit) in enumerate(given)]
    units = {unit for _, unit in named}
    if len(units) == 1:
        unit, numbers = named[0][1], [number for number, _ in named]
    else:
        quantities = {UNITS[each][0] if each in UNITS else each for each in units}
        if len(quantities) > 1:
            raise ValueError(f"expected one kind of unit, got {' and '.join(sorted(map(repr, units)))}")
        unit = min(units, key=lambda each: UNITS[each][1])
        numbers = [number * UNITS[of][1] / UNITS[unit][1] for number, of in named]
    return unit, (numbers[0], numbers[1], numbers[2] if step else None)


def _steps(start: float, end: float, steps: int) -> list[float]:
    """So many numbers from start to end, both of them included, rounded to two figures of what lies between them."""
    if steps < 2:
        raise ValueError("expected 2 steps or more")
    if start > 0 and end / start >= WIDE:
        factor = (end / start) ** (1 / (steps - 1))
        inner = [start * factor**n for n in range(1, steps - 1)]
        return [start, *(_rounded(number, number) for number in inner), end]
    each = (end - start) / (steps - 1)
    return [start, *(_rounded(start + n * each, each) for n in range(1, steps - 1)), end]


def _rounded(number: float, size: float) -> float:
    """To two figures of `size`."""
    return round(number, 1 - math.floor(math.log10(abs(size))))

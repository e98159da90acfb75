"""points: a rule with other parameters, once for each combination of what is swept.

Reads the rule in force and the sweeps; reports a rule for each point under an id of its own (`overspeed#17`), and the
combinations that can't be, with the reason. The point in force is always among them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from pipeline.units import Amount, same_unit
from pipeline.version import Hold, Rule
from replay.tuning.sweep import HOLD, Sweep
from replay.written import detector_name, written

MOST = 1000
"""Points that are judged in one pass."""

Values = Mapping[str, Any]
"""Parameter -> its value as a configuration gives it; None: not set."""


class TooMuch(ValueError):
    """More than one pass should do; says what to do."""


@dataclass(frozen=True, slots=True)
class Point:
    """One combination."""

    values: Values
    rule: Rule
    steps: int
    """How many steps it is away from the point in force, over all parameters: of equally good ones the nearest wins."""
    in_force: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """All that are to be tried."""

    rule: Rule
    """As it is in force."""
    names: tuple[str, ...]
    """What is swept."""
    points: list[Point] = field(default_factory=list)
    left_out: list[tuple[Values, str]] = field(default_factory=list)
    """What can't be, and why."""


def points_of(rule: Rule, sweeps: Sequence[Sweep], most: int = MOST) -> Points:
    """All combinations that can be. Raises TooMuch, and ValueError where a parameter is swept twice."""
    names = tuple(sweep.name for sweep in sweeps)
    if len(set(names)) < len(names):
        raise ValueError("expected each parameter once")
    count = math.prod(len(sweep.values) for sweep in sweeps)
    if count > most:
        shown = " × ".join(str(len(sweep.values)) for sweep in sweeps)
        each = math.floor(most ** (1 / len(sweeps)) + 1e-9)
        advice = f"--steps {each}" if each >= 2 else "fewer parameters at a time"
        raise TooMuch(f"{shown} = {count:,} points; at most {most:,} are tried at once: {advice}")
    now = values_of(rule, names)
    found = Points(rule, names)
    seen: dict[str, Point] = {}
    at = {sweep.name: _place(sweep, rule) for sweep in sweeps}
    for combination in itertools.product(*(enumerate(sweep.values) for sweep in sweeps)):
        given = {name: value for name, (_, value) in zip(names, combination, strict=True)}
        try:
            made = changed(rule, given)
        except ValueError as error:
            found.left_out.append((given, _why(error)))
            continue
        values = values_of(made, names)
        away = sum(abs(place - at[name]) for name, (place, _) in zip(names, combination, strict=True))
        seen.setdefault(repr(values), Point(values, made, max(round(away), 1)))
    seen[repr(now)] = Point(now, rule, 0, in_force=True)
    found.points.extend(
        replace(point, rule=replace(point.rule, id=f"{rule.id}#{number}"))
        for number, point in enumerate(sorted(seen.values(), key=_order), 1)
    )
    return found


def changed(rule: Rule, given: Values) -> Rule:
    """The rule with these parameters in place of its own. Raises ValueError (pydantic's, too)."""
    hold = {name: value for name, value in given.items() if name in HOLD}
    parameters = {name: value for name, value in given.items() if name not in HOLD}
    for name, value in parameters.items():
        _same_unit(rule, name, value)
    said = _written(rule.hold.model_dump(mode="json", by_alias=True), hold)
    told = _written(rule.detector.model_dump(mode="json"), parameters)
    return replace(rule, hold=Hold.model_validate(said), detector=type(rule.detector).model_validate(told))


def values_of(rule: Rule, names: Sequence[str]) -> Values:
    """Some of a rule's parameters as a configuration would give them."""
    settings = written(rule)
    return {name: settings[name] for name in names}


def at_end(points: Points, name: str, point: Point) -> bool:
    """Whether a point has the first or the last of three values or more that were tried of a parameter."""
    values = (each.values[name] for each in points.points)
    sizes = {str(value): _comparable(_size(points.rule, name, value), value) for value in values}
    ordered = sorted(sizes, key=sizes.__getitem__)
    return len(ordered) > 2 and str(point.values[name]) in (ordered[0], ordered[-1])


def section(rule: Rule, values: Values) -> dict[str, Any]:
    """The rule with these values, as its section of a configuration: what is as it would be anyway is left out, but for
    what is swept."""
    made = changed(rule, values)
    told: dict[str, Any] = {"id": rule.id, "detector": detector_name(rule)}
    if rule.category:
        told["category"] = rule.category
    if rule.rows is not None:
        told["rows"] = rule.rows.kind
    if rule.metric is not None:
        told["metric"] = rule.metric
    if rule.classes:
        told["classes"] = list(rule.classes)
    settings = {name: value for name, value in written(made).items() if value is not None}
    said = {*made.hold.model_dump(by_alias=True, exclude_defaults=True), *values}
    said |= made.detector.model_dump(exclude_defaults=True).keys()
    told |= {name: value for name, value in settings.items() if name in said and name in HOLD}
    parameters = {name: value for name, value in settings.items() if name in said and name not in HOLD}
    return told | ({"parameters": parameters} if parameters else {})


def _written(own: Mapping[str, Any], other: Values) -> dict[str, Any]:
    return {name: value for name, value in {**own, **other}.items() if value is not None}


def _same_unit(rule: Rule, name: str, value: Any) -> None:
    """An amount is in the unit of what it is compared with: as the rule's own that are compared with the same."""
    if name not in type(rule.detector).model_fields or not isinstance(value, str):
        return
    others = {key: each for key, each in rule.detector if isinstance(each, Amount)}
    known = others.get(name) or next(iter(others.values()), None)
    if known is None or not _is_amount(rule, name):
        return
    unit = Amount.parse(value).unit
    if not same_unit(unit, known.unit):
        raise ValueError(f"expected {name} in {known.unit}, as in the rule; got {value}")


def _is_amount(rule: Rule, name: str) -> bool:
    annotation = type(rule.detector).model_fields[name].annotation
    return annotation is Amount or Amount in getattr(annotation, "__args__", ())


def _place(sweep: Sweep, rule: Rule) -> float:
    """Where the value in force stands among the swept ones."""
    now = values_of(rule, (sweep.name,))[sweep.name]
    sizes = [_size(rule, sweep.name, value) for value in sweep.values]
    mine = _size(rule, sweep.name, now)
    if mine is None or any(size is None for size in sizes):
        return float(next((k for k, value in enumerate(sweep.values) if value == now), 0))
    return float(min(range(len(sizes)), key=lambda k: (abs((sizes[k] or 0.0) - mine), k)))


def _size(rule: Rule, name: str, value: Any) -> float | None:
    """A value as a number, None where it is none or can't be."""
    try:
        made = changed(rule, {name: value})
    except ValueError:
        return None
    found = getattr(made.hold, HOLD[name]) if name in HOLD else getattr(made.detector, name)
    return float(found) if isinstance(found, int | float) else None


def _order(point: Point) -> tuple[Any, ...]:
    rule = point.rule
    return tuple(_comparable(_size(rule, name, value), value) for name, value in point.values.items())


def _comparable(size: float | None, value: Any) -> tuple[int, float, str]:
    return (0, size, "") if size is not None else (1, 0.0, "" if value is None else str(value))


def _why(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(_messages(error))
    return str(error)


def _messages(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        path = ".".join(map(str, each["loc"]))
        message = each["msg"].removeprefix("Value error, ")
        yield f"{path}: {message}" if path else message

"""json_mapping: the section `streams.<name>` with `codec: json`: which topic, whose, which fields, in which units.

A path is dotted (`pos.lon`); a step of digits alone is a place in a list (`pos.0`). Everything that has a unit states
it: a number whose unit nobody wrote down is the commonest way for a city's data to be wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.codecs.shape import Shape, list_of
from connectors.codecs.stream import StreamSettings
from pipeline.dotted import dotted_path
from pipeline.faults import did_you_mean
from pipeline.local_times import EXAMPLE, TimeZone
from pipeline.rows import KINDS, Position, Reading
from pipeline.units import UNITS, Seconds

TIMES: Mapping[str, float] = {"unix_s": 1.0, "unix_ms": 0.001, "iso8601": 0.0, "local": 0.0}
"""What `ts` may be written as -> factor to seconds (0: it is text)."""

FLAGS = ("ignition", "load", "lid", "body")
"""Columns of Position that are 0..1, and may come as true and false."""

_COLUMN = re.compile(r"^[a-z][a-z0-9_]*$")
_POSITION = frozenset(Position.__dataclass_fields__)
_OWN = _POSITION | frozenset(Reading.__dataclass_fields__)
NOT_CARRIED = frozenset({"subject", "ts", "received", "position", "stream", "extra", "kind", "lon", "lat"})
"""Columns of positions that no reading can fill in."""

Path = Annotated[str, AfterValidator(dotted_path), Field(description="dotted: pos.lon, or pos.0 for a place in a list")]


class JsonField(BaseModel):
    """Where a value is, and in which unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    unit: str | None = None
    zone: TimeZone | None = Field(None, description="of a time in the unit local: whose clock showed it")
    scale: float = Field(1.0, allow_inf_nan=False, description="what numbers are multiplied by to be in the unit")
    text: bool = Field(False, description='true: the number may be written as text ("12.5")')
    words: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        {}, description="it is written as one of these words, each of which means a number: {up: 0, down: 1}"
    )

    @field_validator("scale")
    @classmethod
    def _scale(cls, value: float) -> float:
        if value == 0:
            raise ValueError("expected a scale other than 0, such as 10 for tenths of 100 %")
        return value

    @model_validator(mode="after")
    def _as_words(self) -> Self:
        if self.words and (self.text or self.scale != 1):
            raise ValueError("words say their numbers themselves; leave 'text' and 'scale' out")
        return self


class MappedStream(StreamSettings):
    """Rows out of objects with named values, wherever they come from."""

    rows: Literal["position", "reading"]
    datum: Literal["WGS-84", "GCJ-02", "BD-09", "CGCS2000"] | None = None
    each: str | None = Field(
        None, description="path of a list in the payload, one row each ('$': the payload is the list)"
    )
    fields: dict[str, JsonField]
    metrics: dict[str, JsonField] = Field({}, description="of readings: one row for each that the payload has")
    carry: dict[str, Seconds] = Field(
        {}, description="of positions: columns that readings of that name fill in -> how old a reading may be"
    )

    @field_validator("each")
    @classmethod
    def _each(cls, value: str | None) -> str | None:
        return value if value is None or value == "$" else dotted_path(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [
            *self._topic_problems(),
            *self._field_problems(),
            *self._metric_problems(),
            *carry_problems(self.rows, self.carry),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        shapes(self)
        return self

    def feeds(self, rows: str, metric: str | None = None) -> bool:
        return self.rows == rows and (metric is None or metric in self.metrics)

    def gives(self, column: str) -> bool:
        return (
            column in self.fields or column in self.carry or (self.rows == "reading" and column in ("metric", "value"))
        )

    def carries(self) -> Mapping[str, float]:
        return self.carry

    def _topic_problems(self) -> list[str]:
        problems = self.subject_problems()
        if self.subject.startswith("@.") and self.each is None:
            problems.append("subject: '@.' is a path into each item, but there is no 'each'; write '$.'")
        if self.subject.startswith("$.") and self.each == "$":
            problems.append("subject: the payload is a list; write '@.' for a path into each item")
        return problems

    def _field_problems(self) -> list[str]:
        needed = ("ts", "lon", "lat") if self.rows == "position" else ("ts",)
        problems = [
            f"fields: expected '{n}', it is missing{did_you_mean(n, self.fields)}"
            for n in needed
            if n not in self.fields
        ]
        if self.rows == "position" and self.datum is None:
            problems.append("datum: expected WGS-84, GCJ-02, BD-09 or CGCS2000; every place states its datum")
        for name, field in self.fields.items():
            problem = field_problem(self.rows, name, field)
            if problem:
                problems.append(f"fields.{name}: {problem}")
        return problems

    def _metric_problems(self) -> list[str]:
        if self.rows == "position":
            return ["metrics: only reading rows have metrics"] if self.metrics else []
        problems = [] if self.metrics else ["metrics: expected at least one, such as fullness: {path: fill, unit: '%'}"]
        for name, metric in self.metrics.items():
            if metric.zone is not None:
                problems.append(f"metrics.{name}: only the time 'ts' has a zone; leave it out")
            if not metric.unit:
                problems.append(f"metrics.{name}: expected a unit such as '%', '°C', 'mm' or '1'")
            if name in self.fields:
                problems.append(f"metrics.{name}: a field has this name; choose another")
        return problems


class JsonStream(MappedStream):
    """`codec: json`: rows out of JSON payloads."""

    codec: Literal["json"]


def carry_problems(rows: str, carry: Mapping[str, float]) -> list[str]:
    """What is wrong with the columns that readings are carried into; for streams of any codec."""
    if rows != "position":
        return ["carry: only positions take readings of other devices"] if carry else []
    problems = []
    for name, age in carry.items():
        if name in NOT_CARRIED or not _COLUMN.match(name) or (name in _OWN and name not in _POSITION):
            problems.append(f"carry.{name}: expected a column such as lid, load, body or one of your own")
        elif not 0 < age < math.inf:
            problems.append(f"carry.{name}: expected how old a reading may be, such as '2min'")
    return problems


def field_problem(rows: str, name: str, field: JsonField) -> str:
    """What is wrong with a field of that name, or ''."""
    if name == "ts":
        return _time_problem(field)
    if field.zone is not None:
        return "only the time 'ts' has a zone; leave it out"
    own = KINDS[rows].__dataclass_fields__
    if name in ("subject", "received", "position", "stream", "extra", "metric", "value", "kind"):
        return "this name is taken; choose another"
    if name in _OWN and name not in own:
        return f"a {rows} has no {name}; choose another name, or leave it out"
    if not _COLUMN.match(name):
        return "expected a name of small letters, digits and '_' such as 'tank_level'"
    kind = _quantity(name)
    if kind is None:
        return "" if field.unit else "expected a unit such as 'km/h', '%', '°C'; '1' of flags, counts and words"
    allowed, default = kind
    if field.unit is None and not default:
        return f"expected a unit: {', '.join(allowed)}"
    if field.unit is None or field.unit in allowed:
        return ""
    tenths = re.fullmatch(r"([\d.]+) ?(\D+)", field.unit)
    hint = f"; write 'unit: {tenths[2]}' and 'scale: {tenths[1]}'" if tenths and tenths[2] in allowed else ""
    return f"expected one of these units: {', '.join(allowed)}{hint}"


def _time_problem(field: JsonField) -> str:
    if field.scale != 1 or field.words:
        return "a time has neither scale nor words; leave them out"
    if field.unit not in TIMES:
        expected = "expected a unit: unix_s, unix_ms, iso8601 (text with an offset, such as 2024-05-01T08:30:00+08:00)"
        expected += f" or local (text without one, such as {EXAMPLE}; then with a zone)"
        return expected + did_you_mean(field.unit or "", TIMES)
    if field.unit == "local" and field.zone is None:
        return "expected a zone beside the unit local, such as Asia/Shanghai: without one it could be any hour"
    if field.unit != "local" and field.zone is not None:
        return f"{field.unit} says its zone itself; leave 'zone' out, or write 'unit: local'"
    return ""


def _quantity(name: str) -> tuple[dict[str, float], str] | None:
    """Units of a column of Position -> factor to its unit, and the unit when none is stated ('': there is none)."""
    if name in ("lon", "lat", "heading"):
        return {"deg": 1.0}, "deg"
    if name in FLAGS:
        return {"1": 1.0, "%": 0.01}, "1"
    if name in ("speed", "accuracy"):
        quantity = "speed" if name == "speed" else "length"
        return {u: f for u, (q, f) in UNITS.items() if q == quantity}, ""
    return None


def factor(name: str, unit: str | None) -> float:
    """What a field's numbers are multiplied by to be in the column's unit."""
    if name == "ts":
        return TIMES[unit or ""]
    kind = _quantity(name)
    if kind is not None:
        return kind[0][unit or kind[1]]
    # A further column in a known unit gets its base unit, as all columns do; any other unit stays as it is.
    return UNITS[unit][1] if unit in UNITS else 1.0


def shapes(stream: MappedStream) -> tuple[Shape, Shape | None]:
    """What is read of each item, and of the payload around the items where there is `each`. Raises ValueError where
    paths contradict each other."""
    leaves: list[tuple[str, Any]] = []
    for name, field in {**stream.metrics, **stream.fields}.items():
        is_text = name == "ts" and factor(name, field.unit) == 0 and name in stream.fields
        leaves.append((field.path, str if is_text or field.words else float))
        if is_text and field.unit == "local":
            leaves.append((field.path, int))  # 20240501083000 may be written as a number
        if field.text and not is_text:
            leaves.append((field.path, str))
        if is_flag(name, field.unit) and not field.words:
            leaves.append((field.path, bool))
    whose = [(stream.subject[2:], kind) for kind in (str, int) if not stream.subject.startswith("{")]
    if stream.each is None:
        return Shape(leaves + whose), None
    if stream.subject.startswith("@."):
        leaves, whose = leaves + whose, []
    item = Shape(leaves)
    return item, Shape([]) if stream.each == "$" else Shape([(stream.each, list_of(item.type)), *whose])


def is_flag(name: str, unit: str | None) -> bool:
    """May its value be true or false?"""
    return name in FLAGS or (unit == "1" and name not in ("ts", "lon", "lat"))

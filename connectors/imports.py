"""imports: recorded files as if a source had delivered them.

Reads tables (`connectors.tables`) by a stream's own mapping: the paths of its fields and metrics are the names of the
columns. Reports a journal's entries: a tick, then the deliveries in the order of their times with the ticks between
them.

One record is one delivery. Its payload is a JSON object of the record's cells (numbers where the mapping reads
numbers, a dotted path as objects in objects), its topic the stream's with every `{name}` filled from the column of
that name, and it was `received` at its own time, because nothing else is known.

Ticks, and why these: one at the time of the first record, before it, so that no record comes from before all time;
one after the records of each time, at least `tick` apart; and one every `step` through longer silences, so that what
silence means is found out, and no stretch is long enough to mean that the source was down; and one at the end that
lets go what `lateness` holds back. What comes after the last record is not known, so no silence is concluded from it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

from connectors.codecs.json_mapping import TIMES, JsonStream
from connectors.tables import Record, Table, read_table
from pipeline.entries import Kind
from pipeline.faults import Fault, Faulty, did_you_mean
from pipeline.units import Quantity, Seconds

_VARIABLE = re.compile(r"\{(\w+)\}")
_INTEGER = re.compile(r"[+-]?\d+")


class ImportSource(BaseModel):
    """`type: import`: nothing is connected; deliveries come by `gridwatch import` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["import"]
    tick: Seconds = Quantity(60.0)
    """How far apart ticks are in a silence. Coarser is quicker to replay, finer finds silence sooner."""
    down: Seconds = Quantity(3600.0)
    """As of every source; must be longer than `tick`, or every silence would mean that the source was down."""

    @model_validator(mode="after")
    def _order(self) -> ImportSource:
        if not 0 < self.tick < self.down:
            raise ValueError("expected 'tick' above 0 and below 'down'")
        return self


class Delivery(NamedTuple):
    """One record as a delivery. received: UTC seconds."""

    received: float
    topic: str
    payload: bytes


class Entry(NamedTuple):
    """One journal entry of the import's source."""

    kind: Kind
    topic: str
    received: float
    payload: bytes


@dataclass(slots=True)
class Imported:
    """What files came to: deliveries in the order of their times, and what was left out, each with its file and
    line."""

    deliveries: list[Delivery] = field(default_factory=list)
    bad: list[Fault] = field(default_factory=list)


def read_deliveries(
    files: Sequence[Path], name: str, stream: JsonStream, zone: ZoneInfo, subject: str | None = None
) -> Imported:
    """The records of several files as one series.

    zone: of times without an offset. subject: whom all records are about, where no column says so. A time that the
    clock shows twice (the hour that comes again in autumn) is taken as the first. Raises Faulty where a file as a
    whole does not fit the mapping: no such column, nothing in it.
    """
    reader = _Reader(name, stream, zone, subject)
    result, faults = Imported(), []
    for file in files:
        try:
            table = read_table(file)
        except Faulty as faulty:
            faults += faulty.faults
            continue
        lacking = reader.lacking(table)
        faults += lacking
        if lacking:
            continue
        for record in table.records:
            made = record if isinstance(record, Fault) else reader.delivery(record, table.file)
            if isinstance(made, Fault):
                result.bad.append(made)
            else:
                result.deliveries.append(made)
    if faults:
        raise Faulty(faults)
    result.deliveries.sort(key=lambda delivery: delivery.received)
    return result


def entries(deliveries: Iterable[Delivery], tick: float, step: float, lateness: float) -> Iterator[Entry]:
    """Deliveries, in the order of their times, with the ticks that they imply.

    tick: the least distance of two ticks; step: the distance of ticks in a silence, at least `tick`; all in seconds.
    """
    ticked = now = math.nan
    for delivery in deliveries:
        if math.isnan(ticked):
            ticked = now = delivery.received
            yield Entry(Kind.TICK, "", ticked, b"")
        for each in _ticks(ticked, now, delivery.received, tick, step):
            yield Entry(Kind.TICK, "", ticked := each, b"")
        now = delivery.received
        yield Entry(Kind.DELIVERY, delivery.topic, delivery.received, delivery.payload)
    if not math.isnan(ticked):
        end = now + lateness + tick
        for each in _ticks(ticked, now, end, tick, step):
            yield Entry(Kind.TICK, "", each, b"")
        yield Entry(Kind.TICK, "", end, b"")


def _ticks(ticked: float, now: float, until: float, tick: float, step: float) -> Iterator[float]:
    """The ticks after those records that came at `now` and before those that come at `until`; `ticked` was the last."""
    if until > now >= ticked + tick:
        yield (ticked := now)
    while until > ticked + step:
        yield (ticked := ticked + step)


def silence_step(source: object, tick: float) -> float:
    """How far apart ticks are in a silence, seconds: what an import source says; for one that is live otherwise, half
    of its `down`, so that no silence means that it was down, and at most a minute."""
    if isinstance(source, ImportSource):
        return max(source.tick, tick)
    return max(min(60.0, float(getattr(source, "down", 60.0)) / 2), tick)


class _Reader:
    """Records to deliveries, by a stream's mapping."""

    def __init__(self, name: str, stream: JsonStream, zone: ZoneInfo, subject: str | None) -> None:
        self.where = f"streams.{name}"
        self._fits(stream)
        self.zone = zone
        self.subject = subject
        self.time = stream.fields["ts"]
        self.levels = stream.topic.split("/")
        self.subject_column = stream.subject.strip("{}").removeprefix("$.")
        self.subject_in_payload = stream.subject.startswith("$.")
        numbers = {n: f.path for n, f in stream.fields.items() if n != "ts"} | {
            n: m.path for n, m in stream.metrics.items()
        }
        self.numbers = set(numbers.values())
        self.required = {self.time.path: "fields.ts.path"}
        self.required |= {numbers[n]: f"fields.{n}.path" for n in ("lon", "lat") if n in stream.fields}
        self.any_of = {m.path: f"metrics.{n}.path" for n, m in stream.metrics.items()}

    def _fits(self, stream: JsonStream) -> None:
        paths = {f"fields.{n}.path": f.path for n, f in stream.fields.items()}
        paths |= {f"metrics.{n}.path": m.path for n, m in stream.metrics.items()}
        if stream.each is not None:
            raise Faulty(
                [Fault(self.where, 0, "each", "a file has one row a record; import with a stream without this key")]
            )
        for key, path in paths.items():
            if any(step.isdecimal() for step in path.split(".")):
                message = f"'{path}' is a place in a list, which no column can be; import with a stream without lists"
                raise Faulty([Fault(self.where, 0, key, message)])

    def lacking(self, table: Table) -> list[Fault]:
        """The columns that the mapping can't do without and the table does not have."""
        wanted = dict(self.required)
        for variable in _VARIABLE.findall("/".join(self.levels)):
            wanted[variable] = "topic"
        wanted[self.subject_column] = "subject"
        if self.subject is not None:
            del wanted[self.subject_column]
        if self.any_of and not set(self.any_of) & set(table.columns):
            wanted |= self.any_of
        return [
            Fault(
                table.file,
                1,
                column,
                f"no such column, {self.where}.{key} expects it{self._hint(column, table, wanted)}",
            )
            for column, key in wanted.items()
            if column not in table.columns
        ]

    def _hint(self, column: str, table: Table, wanted: Container[str]) -> str:
        hint = (
            did_you_mean(column, (c for c in table.columns if c not in wanted))
            or f"; there are: {', '.join(c for c in table.columns if c)}"
        )
        return hint + ("; or name the one subject of the file by --subject" if column == self.subject_column else "")

    def delivery(self, record: Record, file: str) -> Delivery | Fault:
        """The record's delivery, or what is wrong with it."""
        try:
            cells = dict(record.cells)
            if self.subject is not None:
                cells[self.subject_column] = self.subject
            elif self.subject_column not in cells:
                raise _BadError(self.subject_column, "expected a subject, got nothing")
            received, time = self._time(cells)
            topic = "/".join(self._level(level, cells) for level in self.levels)
            payload: dict[str, Any] = {}
            for column, text in cells.items():
                value = (
                    time if column == self.time.path else self._number(column, text) if column in self.numbers else text
                )
                _put(payload, column, value, dotted=column in self.numbers or column in self.required)
            if self.subject_in_payload:
                _put(payload, self.subject_column, cells[self.subject_column], dotted=True)
        except _BadError as bad:
            column = f"{record.name} {bad.column}".strip()
            return Fault(file, record.line, column, bad.message)
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return Delivery(received, topic, text.encode())

    def _time(self, cells: dict[str, str]) -> tuple[float, float | int | str]:
        """UTC seconds, and the same as the mapping expects it in the payload."""
        column, unit = self.time.path, self.time.unit
        text = cells.get(column)
        if text is None:
            raise _BadError(column, "expected a time, got nothing")
        if unit in ("unix_s", "unix_ms"):
            number = self._number(column, text)
            return number * TIMES[unit], number
        try:
            when = datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            raise _BadError(column, f"expected a time such as '2024-05-01 08:30:00', got {text[:40]!r}") from None
        if when.tzinfo is None:
            when = when.replace(tzinfo=self.zone)
            if when.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != when.replace(tzinfo=None):
                raise _BadError(column, f"there was no {text} in {self.zone.key}: the clocks went forward")
        when = when.astimezone(UTC)
        return when.timestamp(), when.isoformat()

    def _number(self, column: str, text: str) -> float | int:
        try:
            number = int(text) if _INTEGER.fullmatch(text) else float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise _BadError(column, f"expected a number, got {text[:40]!r}")
        return number

    def _level(self, level: str, cells: dict[str, str]) -> str:
        """A level of the topic with its names filled in; for '+' and '#', which name nothing, `import`."""
        filled = "import" if level in ("+", "#") else level
        for variable in _VARIABLE.findall(level):
            value = cells.get(variable)
            if value is None:
                raise _BadError(variable, "expected a value for the topic, got nothing")
            if set(value) & set("/+#\0"):
                raise _BadError(variable, f"expected a value without / + #, got {value[:40]!r}")
            filled = filled.replace(f"{{{variable}}}", value)
        return filled


class _BadError(Exception):
    def __init__(self, column: str, message: str) -> None:
        self.column, self.message = column, message


def _put(payload: dict[str, Any], path: str, value: Any, dotted: bool) -> None:
    """Set what a path names: for a path of the mapping, each dot is an object in an object."""
    *outer, last = path.split(".") if dotted else [path]
    for step in outer:
        payload = payload.setdefault(step, {})
        if not isinstance(payload, dict):
            raise _BadError(path, f"the mapping wants '{step}' to be a value and to hold values")
    payload[last] = value

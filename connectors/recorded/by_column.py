"""by_column: the records of a table as deliveries: the paths of a stream's fields and metrics are the names of columns.

One record is one delivery. Its payload is a JSON object of the record's cells (numbers where the mapping reads numbers,
a dotted path as objects in objects), its topic the stream's with every `{name}` filled from the column of that name,
and it was `received` at its own time, because nothing else is known.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from connectors.codecs.json_mapping import TIMES, JsonStream
from connectors.recorded.files import RecordedFile
from connectors.recorded.message import BadRecord, Wanted, plausible
from connectors.recorded.spool import Delivery
from connectors.recorded.tables import Record, Table
from connectors.recorded.times import instant
from connectors.recorded.topic_names import FilledTopic
from pipeline.faults import Fault, Faulty, did_you_mean
from pipeline.local_times import local_seconds

_INTEGER = re.compile(r"[+-]?\d+")


class ByColumn:
    """One stream's records. Raises Faulty where its mapping reads what no column can be."""

    def __init__(self, wanted: Wanted, file: RecordedFile) -> None:
        name, stream = wanted.only(file.name)
        self.where = f"streams.{name}"
        if not isinstance(stream, JsonStream):
            message = "a table is read by a mapping; expected a stream with codec json"
            raise Faulty([Fault(self.where, 0, "codec", message)])
        self.zone, self.subject, self.source = wanted.zone, wanted.subject, stream.source
        self.time = stream.fields["ts"]
        self.topic = FilledTopic(stream.topic)
        self.subject_column = stream.subject.strip("{}").removeprefix("$.")
        self.subject_in_payload = stream.subject.startswith("$.")
        paths = {f"fields.{n}.path": f.path for n, f in stream.fields.items()}
        paths |= {f"metrics.{n}.path": m.path for n, m in stream.metrics.items()}
        self._fits(stream.each, paths)
        words = {field.path for field in (*stream.fields.values(), *stream.metrics.values()) if field.words}
        self.numbers = set(paths.values()) - {self.time.path} - words
        needed = ("fields.ts.path", "fields.lon.path", "fields.lat.path")
        self.required = {paths[key]: key for key in needed if key in paths}
        self.any_of = {path: key for key, path in paths.items() if key.startswith("metrics.")}

    def _fits(self, each: str | None, paths: dict[str, str]) -> None:
        if each is not None:
            message = "a table has one row a record; import with a stream without this key"
            raise Faulty([Fault(self.where, 0, "each", message)])
        for key, path in paths.items():
            if any(step.isdecimal() for step in path.split(".")):
                message = f"'{path}' is a place in a list, which no column can be; import with a stream without lists"
                raise Faulty([Fault(self.where, 0, key, message)])

    def deliveries(self, table: Table) -> Iterator[Delivery | Fault]:
        """The records of a table, each a delivery or what is wrong with it. Raises Faulty where columns are missing."""
        if lacking := self._lacking(table):
            raise Faulty(lacking)
        for record in table.records:
            yield record if isinstance(record, Fault) else self._delivery(record, table.file)

    def _lacking(self, table: Table) -> list[Fault]:
        """The columns that the mapping can't do without and the table does not have."""
        wanted = dict(self.required) | dict.fromkeys(self.topic.names, "topic")
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

    def _delivery(self, record: Record, file: str) -> Delivery | Fault:
        try:
            cells = dict(record.cells)
            if self.subject is not None:
                cells[self.subject_column] = self.subject
            elif self.subject_column not in cells:
                raise BadRecord(self.subject_column, "expected a subject, got nothing")
            received, time = self._time(cells)
            topic = self.topic.fill(cells)
            payload: dict[str, Any] = {}
            for column, text in cells.items():
                value = (
                    time if column == self.time.path else self._number(column, text) if column in self.numbers else text
                )
                _put(payload, column, value, dotted=column in self.numbers or column in self.required)
            if self.subject_in_payload:
                _put(payload, self.subject_column, cells[self.subject_column], dotted=True)
        except BadRecord as bad:
            return Fault(file, record.line, f"{record.name} {bad.path}".strip(), bad.message)
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return Delivery(received, topic, text.encode(errors="replace"), self.source)

    def _time(self, cells: dict[str, str]) -> tuple[float, float | int | str]:
        """UTC seconds, and the same as the mapping expects it in the payload."""
        column, unit = self.time.path, self.time.unit
        text = cells.get(column)
        if text is None:
            raise BadRecord(column, "expected a time, got nothing")
        if unit in ("unix_s", "unix_ms"):
            number = self._number(column, text)
            return plausible(number * TIMES[unit], column), number
        try:
            if self.time.zone is not None:  # it stays as it is written: the mapping reads it
                return plausible(local_seconds(text, ZoneInfo(self.time.zone)), column), text
            when = instant(text, self.zone)
        except ValueError as error:
            raise BadRecord(column, str(error)) from None
        return plausible(when.timestamp(), column), when.isoformat()

    def _number(self, column: str, text: str) -> float | int:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise BadRecord(column, f"expected a number, got {text[:40]!r}")
        return int(text) if _INTEGER.fullmatch(text) else number


def _put(payload: dict[str, Any], path: str, value: Any, dotted: bool) -> None:
    """Set what a path names: for a path of the mapping, each dot is an object in an object."""
    *outer, last = path.split(".") if dotted else [path]
    for step in outer:
        payload = payload.setdefault(step, {})
        if not isinstance(payload, dict):
            raise BadRecord(path, f"the mapping wants '{step}' to be a value and to hold values")
    payload[last] = value

"""reading: rows out of InfluxDB, as they went in, but for what thinning left out.

One Flux query a window: a kind of row, a subject, from when to when. What a point does not say of a row (when it was
received, its journal position) is its time, and -1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from connectors.history.influx import Influx
from connectors.history.lines import MEASUREMENT, PART
from pipeline.names import NOBODY, Names
from pipeline.rows import Rows, unknown

AnyRows = TypeVar("AnyRows", bound=Rows)

MOST = 20_000
"""Rows of one window; of more, the first."""
_WORDS = {"label", "zone", "metric"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reader:
    """What the console reads from. One thread at a time."""

    def __init__(self, influx: Influx) -> None:
        self._influx = influx

    def rows(self, kind: type[AnyRows], subject: str, since: float, until: float, names: Names) -> AnyRows:
        """A subject's rows between two times, UTC seconds, sorted by time. Raises Unwritten."""
        text = self._influx.query(flux(self._influx.settings.bucket, kind, subject, since, until))
        records = sorted(_records(text), key=lambda record: record["_time"])
        return _as_rows(kind, subject, records, names)


def flux(bucket: str, kind: type[Rows], subject: str, since: float, until: float) -> str:
    """The query: rows of a kind and a subject; the end belongs to it."""
    start, stop = _rfc(since), _rfc(until + 1e-6)
    return (
        f"from(bucket: {literal(bucket)}) |> range(start: {start}, stop: {stop})"
        f' |> filter(fn: (r) => r._measurement == "{MEASUREMENT[kind.kind]}" and r.subject == {literal(subject)})'
        ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
        f' |> sort(columns: ["_time"]) |> limit(n: {MOST})'
    )


def literal(value: str) -> str:
    """Text as Flux has it: nothing in it is looked at."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'


def _rfc(ts: float) -> str:
    return (_EPOCH + timedelta(microseconds=round(ts * 1e6))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _records(text: str) -> Iterator[dict[str, str]]:
    """The rows of Flux's CSV: tables one after the other, each with a head of its own after an empty line. Raises
    ValueError where the server tells of an error in one."""
    head: list[str] = []
    for record in csv.reader(io.StringIO(text)):
        if not record or record[0].startswith("#"):
            head = []
        elif not head:
            head = record
        else:
            found = dict(zip(head, record, strict=False))
            if "error" in found and "_time" not in found:
                raise ValueError(f"InfluxDB could not answer: {found['error'][:300]}")
            yield found


def _seconds(time: str) -> tuple[float, int]:
    """RFC 3339 -> (UTC seconds to the microsecond, nanoseconds below)."""
    whole, _, part = time.removesuffix("Z").partition(".")
    digits = part.ljust(9, "0")
    seconds = (datetime.fromisoformat(whole).replace(tzinfo=UTC) - _EPOCH).total_seconds()
    return (round(seconds) * 1_000_000 + int(digits[:6])) / 1e6, int(digits[6:9])


def _as_rows(kind: type[AnyRows], subject: str, records: list[dict[str, str]], names: Names) -> AnyRows:
    n = len(records)
    if not n:
        return kind.empty()
    own = set(kind.own())
    ts = np.array([_seconds(record["_time"])[0] for record in records])
    columns: dict[str, Any] = {
        "subject": np.full(n, names.code(subject), np.int32),
        "ts": ts,
        "received": ts,
        "position": np.full(n, -1, np.int64),
        "stream": np.zeros(n, np.int32),
    }
    for name in kind.own():
        if name in columns:
            continue
        if name in _WORDS:
            columns[name] = _codes(records, name, names)
        elif name == "track":
            columns[name] = np.array([int(record.get(name) or 0) for record in records], np.int64)
        else:
            columns[name] = _column(records, name)
    ignored = {*own, *_WORDS, "", "result", "table", "stream", "subject", PART.get(kind.kind)}
    further = {name for record in records for name in record if name not in ignored and not name.startswith("_")}
    return kind(**columns, extra={name: _column(records, name) for name in sorted(further)})


def _column(records: Iterable[dict[str, str]], name: str) -> Any:
    values = [record.get(name) or "nan" for record in records]
    if all(value == "nan" for value in values):
        return unknown(len(values))
    return np.array(values, np.float64)


def _codes(records: Iterable[dict[str, str]], name: str, names: Names) -> Any:
    found = (record.get(name) or "" for record in records)
    return np.array([names.code(word) if word else NOBODY for word in found], np.int32)

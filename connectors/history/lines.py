"""lines: rows as InfluxDB's line protocol, one text a point.

    positions,stream=gps,subject=T-01 lon=121.9123456,lat=30.9612345,speed=43.20 1790000000000000000

Tags are what is bounded: subject, stream, metric, zone, rule. Fields are typed: numbers are floats, a label is text, a
track a whole number. A field that is not known is left out. Times are UTC, in nanoseconds, exact to the microsecond;
the three digits below tell the tracks of one picture apart, which would else be one point. The same row is always the
same point, so that writing again repeats nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.names import Names
from pipeline.rows import KINDS, Rows, Sighting

MEASUREMENT = {"position": "positions", "reading": "readings", "sighting": "sightings", "presence": "presence"}
"""By kind of row."""
MEASURES, METRICS = "measures", "metrics"
PART = {"reading": "metric", "presence": "zone"}
"""The second column that is a tag, beside the subject."""
_NOT_FIELDS = frozenset({"subject", "ts", "received", "position", "stream", "metric", "label", "track"})
_FORMAT: dict[str, str] = {"lon": ".7f", "lat": ".7f", "speed": ".2f", "heading": ".1f", "still": ".1f"}
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_FIRST, _LAST = -9.2e9, 9.2e9
"""Times that nanoseconds can say."""


def writable(name: str) -> bool:
    """Whether it can be a tag: not empty, and nothing in it that a line can't have."""
    return bool(name) and len(name) <= 200 and not _FORBIDDEN.search(name)


def tag(name: str) -> str:
    """A tag's value, or a field's name."""
    return name.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def text(value: str) -> str:
    """A field of text."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", " ", escaped)[:200] + '"'


def nanoseconds(ts: float) -> int:
    """UTC seconds, as a point has them."""
    return round(ts * 1e6) * 1000


def sayable(ts: float) -> bool:
    """Whether a time can be one of a point."""
    return _FIRST < ts < _LAST


def lines_of(rows: Rows, names: Names, streams: Sequence[str]) -> list[str]:
    """One text a row that has any field. Names are writable, times sayable. streams: by the rows' codes."""
    heads = _heads(rows, names, streams)
    columns = _columns(rows, names)
    times = [nanoseconds(ts) for ts in rows.ts.tolist()]
    if isinstance(rows, Sighting):
        times = [at + track % 1000 for at, track in zip(times, rows.track.tolist(), strict=True)]
    found = []
    for head, at, *values in zip(heads, times, *columns, strict=True):
        fields = ",".join(filter(None, values))
        if fields:
            found.append(f"{head} {fields} {at}")
    return found


def _heads(rows: Rows, names: Names, streams: Sequence[str]) -> list[str]:
    part = PART.get(rows.kind)
    parts = getattr(rows, part).tolist() if part else [0] * len(rows)
    known: dict[tuple[int, int, int], str] = {}
    found = []
    for key in zip(rows.subject.tolist(), parts, rows.stream.tolist(), strict=True):
        head = known.get(key)
        if head is None:
            subject, code, stream = key
            tags = {"subject": names[subject], "stream": streams[stream], **({part: names[code]} if part else {})}
            head = known[key] = head_of(MEASUREMENT[rows.kind], tags)
        found.append(head)
    return found


def head_of(measurement: str, tags: Mapping[str, str]) -> str:
    """A point's beginning, its tags in order."""
    return ",".join([measurement, *(f"{name}={tag(value)}" for name, value in sorted(tags.items()) if value)])


def _columns(rows: Rows, names: Names) -> list[list[str]]:
    """By field: each row's text of it, '' where it is not known."""
    found: list[list[str]] = []
    for name in (*rows.own(), *rows.extra):
        column: Any = rows.column(name)
        if name in _NOT_FIELDS or name == PART.get(rows.kind):
            continue
        if name == "zone":
            found.append([f"zone={text(names[code])}" if code >= 0 else "" for code in column.tolist()])
            continue
        if len(column) and column.strides == (0,) and math.isnan(column[0]):
            continue
        found.append(_numbers(tag(name), column.tolist(), _FORMAT.get(name)))
    if isinstance(rows, Sighting):
        labels = [f"label={text(names[code])}" if code >= 0 else "" for code in rows.label.tolist()]
        found += [labels, [f"track={track}i" for track in rows.track.tolist()]]
    return found


def _numbers(name: str, values: list[float], form: str | None) -> list[str]:
    said: Callable[[float], str] = repr if form is None else lambda value: format(value, form)
    return [f"{name}={said(value)}" if math.isfinite(value) else "" for value in values]


def kinds() -> dict[str, type[Rows]]:
    """Measurement -> kind of row."""
    return {MEASUREMENT[name]: kind for name, kind in KINDS.items()}

"""mappings: streams and batches for the tests of codecs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.codecs.decode import compile_streams
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.stream import StreamSettings
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.rows import Rows
from pipeline.version import Decoded

GPS: dict[str, Any] = {
    "source": "fleet",
    "topic": "fleet/{device}/gps",
    "codec": "json",
    "rows": "position",
    "subject": "{device}",
    "datum": "WGS-84",
    "fields": {
        "ts": {"path": "time", "unit": "unix_s"},
        "lon": {"path": "pos.lon"},
        "lat": {"path": "pos.lat"},
        "speed": {"path": "v", "unit": "km/h"},
    },
}
BINS: dict[str, Any] = {
    "source": "fleet",
    "topic": "bins/{device}/state",
    "codec": "json",
    "rows": "reading",
    "subject": "{device}",
    "fields": {"ts": {"path": "t", "unit": "iso8601"}},
    "metrics": {"fullness": {"path": "fill", "unit": "%"}, "temperature": {"path": "temp", "unit": "°C"}},
}


def stream(base: Mapping[str, Any], **changes: Any) -> JsonStream:
    """`base` with changes; a `fields` or `metrics` among them is merged, None takes one out."""
    section = dict(base)
    for name, value in changes.items():
        if name in ("fields", "metrics") and name in base:
            value = {k: v for k, v in {**base[name], **value}.items() if v is not None}
        section[name] = value
    return JsonStream.model_validate(section)


def deliveries(*payloads: Any, topic: str = "fleet/v1/gps", source: str = "fleet") -> EntryBuffer:
    """A buffer with one delivery for each payload: bytes as they are, (topic, bytes) pairs, anything else as JSON."""
    buffer = EntryBuffer()
    for i, payload in enumerate(payloads):
        where, content = payload if isinstance(payload, tuple) else (topic, payload)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        buffer.add(Kind.DELIVERY, source, where, 2000.0 + i, raw)
    return buffer


def decode(
    streams: StreamSettings | Mapping[str, StreamSettings],
    buffer: EntryBuffer,
    names: Names | None = None,
    world: Any = None,
) -> Decoded:
    """The buffer, decoded from journal position 100 on; a single stream is called `gps`."""
    if isinstance(streams, StreamSettings):
        streams = {"gps": streams}
    return compile_streams(streams, world)(buffer.batch(), 100, names if names is not None else Names())


def table(rows: Rows, names: Names, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples: subjects, metrics, labels and zones by name."""
    named = {"subject", "metric", "label", "zone"}
    out = []
    for column in columns:
        values = rows.column(column)
        assert values is not None, column
        out.append([names[c] for c in values.tolist()] if column in named else values.tolist())
    return list(zip(*out, strict=True))


def place(ts: object = 1000, lon: object = 116.5, lat: object = 39.5, **more: object) -> dict[str, object]:
    """A payload that the GPS mapping reads."""
    return {"time": ts, "pos": {"lon": lon, "lat": lat}, **more}

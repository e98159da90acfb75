"""Deliveries are decoded alike whatever lies between them in a batch: nothing, ticks, or other streams' deliveries."""

from __future__ import annotations

import json

import pytest

from connectors.codecs.decode import compile_streams
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.json_rows import CHUNK
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names

STREAM = JsonStream.model_validate(
    {
        "source": "fleet",
        "topic": "fleet/{device}/gps",
        "codec": "json",
        "rows": "position",
        "subject": "{device}",
        "datum": "WGS-84",
        "fields": {"ts": {"path": "t", "unit": "unix_s"}, "lon": {"path": "x"}, "lat": {"path": "y"}},
    }
)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([], id="nothing"),
        pytest.param([Kind.TICK], id="a-tick-each"),
        pytest.param([Kind.TICK] * 5, id="five-ticks-each"),
        pytest.param([Kind.DELIVERY], id="another-stream"),
        pytest.param([Kind.JOIN, Kind.DELIVERY, Kind.LEAVE], id="all-sorts"),
    ],
)
def test_rows_are_those_of_the_deliveries(between: list[Kind]) -> None:
    buffer, n = EntryBuffer(), CHUNK + 50
    expected = []
    for i in range(n):
        for kind in between if i % 3 else []:
            buffer.add(kind, "fleet", "elsewhere", 5.0, b'{"t":1,"x":1,"y":1}')
        expected.append((len(buffer), float(i), i % 90 + 1.0))
        payload = json.dumps({"t": i, "x": i % 90 + 1, "y": 2}).encode()
        buffer.add(Kind.DELIVERY, "fleet", f"fleet/v{i % 7}/gps", 9.0, payload)
    decoded = compile_streams({"gps": STREAM})(buffer.batch(), 0, Names())
    (rows,) = decoded.rows
    assert list(zip(rows.position.tolist(), rows.ts.tolist(), rows.column("lon").tolist(), strict=True)) == expected
    assert {a.reason for a in decoded.aside} == ({"unmatched"} if Kind.DELIVERY in between else set())

"""imports: a small city, `gridwatch import` into a journal of it, and what is in that journal then."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from gridwatch.cli import app
from pipeline.entries import Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.rows import Rows
from pipeline.runtime.compose import load_version
from pipeline.version import Decoded

NOON = 1714564800
"""2024-05-01T12:00:00Z"""
CITY = """\
city: demo
time_zone: Europe/Berlin
time: {tick: 1s}
sources:
  recorded: {type: import, tick: 60s, down: 1h}
  live: {type: mqtt, host: h, client_id: c, subscribe: ["live/#"], down: 30s}
streams:
  gps:
    source: recorded
    topic: gps/{truck}
    codec: json
    rows: position
    subject: "{truck}"
    unknown: accept
    datum: WGS-84
    fields:
      ts: {path: time, unit: iso8601}
      lon: {path: pos.lon}
      lat: {path: pos.lat}
      speed: {path: v, unit: km/h}
  epoch:
    source: live
    topic: live/+/bins/#
    codec: json
    rows: reading
    subject: $.dev.id
    unknown: accept
    lateness: 2min
    fields: {ts: {path: t, unit: unix_ms}}
    metrics: {fullness: {path: fill, unit: "%"}, temperature: {path: temp, unit: "°C"}}
rules: []
"""


def run(folder: Path, text: str | bytes, *more: str, stream: str = "gps", name: str = "rows.csv") -> Result:
    """`gridwatch import` of one file with that text into the journal `folder / j`."""
    (folder / "city.yaml").write_text(CITY, "utf-8")
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    config = ["--config", str(folder / "city.yaml"), "--stream", stream, "--to", str(folder / "j")]
    return CliRunner().invoke(app, ["import", str(folder / name), *config, *more])


def written(folder: Path) -> list[tuple[Kind, str, str, float, bytes]]:
    """All entries of a journal."""
    reader = Journal.read_only(folder)
    batches = [piece.batch for piece in reader.read(0)]
    rows = itertools.chain.from_iterable(batch.to_pylist() for batch in batches)
    return [(Kind(e["kind"]), e["source"], e["topic"], e["received"], e["payload"]) for e in rows]


def decoded(folder: Path) -> tuple[Rows, list[Any], Names]:
    """All of a journal as rows, by the version that is in it."""
    reader, names = Journal.read_only(folder), Names()
    first = written(folder)[0]
    assert first[0] is Kind.VERSION
    version = load_version(first[4], Contents(folder / CONTENTS), names)
    found: list[Decoded] = [version.decode(piece.batch, piece.first, names) for piece in reader.read(0)]
    rows = [block for part in found for block in part.rows]
    return type(rows[0]).concat(rows), [aside for part in found for aside in part.aside], names

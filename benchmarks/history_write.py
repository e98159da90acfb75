"""history_write: how fast does the history write to InfluxDB, and what does it cost judging?

- history_write: points a second, out of a journal of positions into a real InfluxDB, none left out: read, decoded,
  made lines, sent. The limit is influxdb-client as its manual has it, batching as many of the same points in one
  request, from columns that it needs not read or decode. How fast it takes lines that somebody else has made is in the
  note. What has arrived is counted.
- history_judged: rows that a city judges by four rules at full speed for a second of the processor, while the history
  follows the same journal, with its measures, against the same without a history. All that the process takes counts,
  the history's thread too: Python's threads share one interpreter, so that this is the least that judging may get.
  What the clock on the wall says, InfluxDB's own process and all, is in the note.

Rounds take turns; the median of their ratios counts.

    python -m benchmarks.history_write [--rows 150000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import structlog
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import WriteOptions
from influxdb_client.domain.write_precision import WritePrecision
from prometheus_client import CollectorRegistry

from benchmarks.city import City, buffers, reports
from benchmarks.data import begin, loop_of, write
from benchmarks.result import Result, rate, say
from connectors.history.influx import Influx
from connectors.history.lines import nanoseconds
from connectors.history.settings import HistorySection
from connectors.history.writer import Writer
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.rows import Position
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.compose import load_version
from pipeline.runtime.history_city import FOLDER, CityHistory
from pipeline.runtime.history_feed import BATCH, Decoder
from pipeline.runtime.history_state import STATE, State
from pipeline.runtime.opening import JOURNAL, open_data
from pipeline.world import World
from tests.services.influx import Influx as Server

TARGET, JUDGED = 1.0, 0.9
EACH = {"positions": {"metres": "1 mm", "every": "1ms"}}
INTERVAL = 10.0


def ours(folder: Path, payload: bytes, section: HistorySection) -> float:
    """Seconds from the journal to all of its points in InfluxDB, by a decoder that is made."""
    contents, influx = Contents(folder / JOURNAL / CONTENTS), Influx(section, "")
    journal = Journal.read_only(folder / JOURNAL)
    # A running city has its world already.
    decoder = Decoder(Versions(contents), Writer(section), payload)
    began = time.perf_counter()
    for piece in journal.read(journal.first, BATCH):
        lines = decoder.take(piece.batch, piece.first)
        for at in range(0, len(lines), section.batch):
            influx.write(lines[at : at + section.batch])
    ended = time.perf_counter()
    influx.close()
    return ended - began


def columns(folder: Path, payload: bytes) -> list[tuple[Any, ...]]:
    """What the plain program is given: subject, ts, lon, lat, speed, heading."""
    contents, names, found = Contents(folder / JOURNAL / CONTENTS), Names(), list[tuple[Any, ...]]()
    version = load_version(payload, contents, names)
    journal = Journal.read_only(folder / JOURNAL)
    for piece in journal.read(journal.first, BATCH):
        for rows in version.decode(piece.batch, piece.first, names).rows:
            if isinstance(rows, Position):
                some = (rows.subject, rows.ts, rows.lon, rows.lat, rows.speed, rows.heading)
                found += [(names[row[0]], *row[1:]) for row in zip(*(each.tolist() for each in some), strict=True)]
    return found


def plain(rows: list[Any], section: HistorySection, *, made: bool) -> float:
    """Seconds until influxdb-client has sent rows, or, made, lines."""
    options = WriteOptions(batch_size=section.batch, flush_interval=1_000)
    with InfluxDBClient(section.url, token="-", org="-", enable_gzip=True) as client:
        began = time.perf_counter()
        with client.write_api(write_options=options) as api:
            for row in rows:
                api.write(section.bucket, record=row if made else _point(*row), write_precision=WritePrecision.NS)
        return time.perf_counter() - began


def _point(subject: str, ts: float, lon: float, lat: float, speed: float, heading: float) -> Any:
    point: Any = Point("positions")  # type: ignore[no-untyped-call]
    point = point.tag("subject", subject).tag("stream", "gps").field("lon", lon).field("lat", lat)
    return point.field("speed", speed).field("heading", heading).time(nanoseconds(ts), WritePrecision.NS)


def judged(folder: Path, payload: bytes, world: World, section: HistorySection | None) -> tuple[float, float]:
    """Until all of the journal is judged: seconds of the processor, of this process alone, and on the wall."""
    with tempfile.TemporaryDirectory(prefix="history-", dir=folder.parent) as name:
        copy = Path(shutil.copytree(folder, Path(name) / "data"))
        data, log, history = open_data(copy, structlog.get_logger()), structlog.get_logger(), None
        if section is not None:
            (copy / FOLDER).mkdir()
            state = State(where=section.where, position=data.journal.first, version=payload.decode())
            (copy / FOLDER / STATE).write_bytes(msgspec.json.encode(state))
            history = CityHistory(
                section, copy, data.journal, data.contents, CollectorRegistry(), log, copy / "c.yaml", {}, lambda: world
            )
            data.engine.listening = history.listen
            history.start(payload)
        worked, began = time.process_time(), time.perf_counter()
        loop_of(data).recover(data.journal.head, lambda: False)
        worked, ended = time.process_time() - worked, time.perf_counter()
        if history is not None:
            history.stop()
        data.close()
    return worked, ended - began


def run(rows: int, rounds: int) -> list[Result]:
    """rows: of each of the first measurement; the second has four times as many."""
    log = defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory(prefix="history-write-") as name:
        folder = Path(name)
        server = Server(folder / "influx")
        try:
            city = City()
            for part, count in (("few", rows), ("many", 4 * rows)):
                payload = begin(folder / part, city)
                write(folder / part / JOURNAL, buffers(reports(city, count, interval=INTERVAL)), payload)
            given = columns(folder / "few", payload)
            for i in range(rounds):
                sections = {who: _section(server, EACH) for who in ("ours", "points", "lines")}
                for who in sorted(sections, reverse=bool(i % 2)):
                    section = sections[who]
                    if who == "ours":
                        seconds = ours(folder / "few", payload, section)
                    else:
                        made = who == "lines"
                        some = [_point(*row).to_line_protocol() for row in given] if made else given
                        seconds = plain(some, section, made=made)
                    there = server.count(section.bucket.partition("/")[0], "positions", "lon")
                    assert there == len(given), f"{who}: {there} of {len(given)} points"
                    log[who].append(there / seconds)
                for who in sorted(("on", "off"), reverse=bool(i % 2)):
                    with_it = _section(server, {"metrics_every": "1h"}) if who == "on" else None
                    worked, took = judged(folder / "many", payload, city.world, with_it)
                    log[who].append(4 * rows / worked)
                    log[f"{who}, on the wall"].append(4 * rows / took)
        finally:
            server.kill()
    note = f"limit: influxdb-client, batching; lines made before: {median(log['lines']):,.0f}/s"
    wall = f"rows for a second of the processor; on the wall {_ratio(log, 'on, on the wall', 'off, on the wall'):.2f}"
    mine, limit, on, off = (median(log[who]) for who in ("ours", "points", "on", "off"))
    return [
        rate("history_write", "points/s", mine, limit, TARGET, _ratio(log, "ours", "points"), note),
        rate("history_judged", "rows/s", on, off, JUDGED, _ratio(log, "on", "off"), wall),
    ]


def _ratio(log: Mapping[str, list[float]], who: str, limit: str) -> float:
    return median(a / b for a, b in zip(log[who], log[limit], strict=True))


def _section(server: Server, more: dict[str, Any]) -> HistorySection:
    said = {"url": server.url, "bucket": f"{server.database()}/autogen", **more}
    return HistorySection.model_validate(said)


def main() -> None:
    parser = argparse.ArgumentParser(description="history_write: see the head of the file")
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    say(run(options.rows, options.rounds))


if __name__ == "__main__":
    main()

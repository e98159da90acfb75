"""kit: a small city on a real broker, and what to ask of it."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from cases.case import Case
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime.compose import load_version
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.opening import JOURNAL
from pipeline.version import Version
from replay.replaying import json_lines, replay
from tests.connectors.fakes import ListLog, publish
from tests.services.wait import until

CITY = """\
city: test
time_zone: Asia/Shanghai
data: data
metrics: null
registers:
  vehicles: vehicles.csv
  bins: bins.csv
  datum: WGS-84
  speed_limits: {{default: 60 km/h}}
time: {{tick: 50ms}}
journal: {{snapshot_every: {every}}}
sources:
  fleet:
    type: mqtt
    host: {host}
    port: {port}
    client_id: {name}
    subscribe: ["{name}/+/gps", "{name}/+/state"]
streams:
  gps:
    source: fleet
    topic: {name}/{{device}}/gps
    codec: json
    rows: position
    subject: "{{device}}"
    datum: WGS-84
    fields:
      ts: {{path: t, unit: unix_s}}
      lon: {{path: lon}}
      lat: {{path: lat}}
      speed: {{path: v, unit: km/h}}
  bins:
    source: fleet
    topic: {name}/{{device}}/state
    codec: json
    rows: reading
    subject: "{{device}}"
    fields: {{ts: {{path: t, unit: unix_s}}}}
    metrics: {{fullness: {{path: fill, unit: "%"}}}}
rules:
  - {{id: overspeed, detector: overspeed, category: vehicle.overspeed, for: {hold}}}
  - {{id: bin-full, detector: threshold, category: "06042", metric: fullness}}
"""


Run = Callable[..., Embedded]
"""Starts a runtime: `run(log, subscribed=…, **different)`."""


class Lines(ListLog):
    """A logger whose lines are a list."""

    exception = ListLog.error

    def said(self, level: str) -> list[str]:
        """The lines of a level."""
        return [line for each, line in self.lines if each == level]


class Town:
    """A folder with a configuration for a broker, trucks T1…T9 and bins B1…B9.

    Everything that is sent is of the recent past, a second between two rows of one subject.
    """

    def __init__(self, folder: Path, broker: Any) -> None:
        self.folder, self.broker = folder, broker
        self.name = f"t-{uuid.uuid4().hex[:8]}"
        self.file = folder / "city.yaml"
        self.data = folder / "data"
        self.began = float(int(time.time())) - 200.0
        folder.mkdir(parents=True, exist_ok=True)
        self.write()
        vehicles = "".join(f"T{n},lorry,,,2020-01-01,\n" for n in range(1, 10))
        (folder / "vehicles.csv").write_text("id,class,plate,speed_limit,valid_from,valid_to\n" + vehicles)
        bins = "".join(f"B{n},litter,121.4{n},31.2{n},,2020-01-01,\n" for n in range(1, 10))
        (folder / "bins.csv").write_text("id,class,lon,lat,address,valid_from,valid_to\n" + bins)

    def write(self, hold: str = "0s", every: str = "1h", **more: Any) -> None:
        """(Over)write the configuration."""
        text = CITY.format(host=self.broker.host, port=self.broker.port, name=self.name, hold=hold, every=every)
        for old, new in more.items():
            text = text.replace(old, new)
        self.file.write_text(text)

    def embedded(self, log: Any = None, **different: Any) -> Embedded:
        """A runtime on it, not yet started."""
        return Embedded(self.file, different, log=log or Lines())

    def send(self, rows: Iterable[tuple[str, float, float]]) -> None:
        """(subject, second, km/h or % full): acknowledged by the broker when it returns."""
        self.raw(self.messages(rows))

    def messages(self, rows: Iterable[tuple[str, float, float]]) -> list[tuple[str, bytes]]:
        """What `send` sends."""
        messages = []
        for subject, second, value in rows:
            body: dict[str, float] = {"t": self.began + second}
            if subject.startswith("B"):
                messages.append((f"{self.name}/{subject}/state", json.dumps(body | {"fill": value}).encode()))
            else:
                place = {"lon": 121.4, "lat": 31.2, "v": value}
                messages.append((f"{self.name}/{subject}/gps", json.dumps(body | place).encode()))
        return messages

    def raw(self, messages: list[tuple[str, bytes]]) -> None:
        """(topic, payload)."""
        publish(self.broker.port, messages)


def drive(seconds: Iterable[int], subjects: int = 3) -> list[tuple[str, float, float]]:
    """Trucks that are too fast for 4 of every 10 seconds, each at a time of its own."""
    trucks = range(1, subjects + 1)
    return [(f"T{n}", float(s), 90.0 if (s + 3 * n) % 10 < 4 else 40.0) for s, n in itertools.product(seconds, trucks)]


def connected(running: Embedded) -> None:
    """Wait until its source is connected and subscribed."""
    assert running._sources is not None
    for _, receiver in running._sources._working.values():
        until(lambda r=receiver: r.status.commits >= 2, "the subscription to be in use")  # type: ignore[misc]


def judged(running: Embedded, rows: int) -> None:
    """Wait until so many rows have been judged in all, and what is known of them has been passed by a tick."""
    until(lambda: running.rows >= rows, f"{rows} rows, there are {running.rows}")
    at = running._opened.engine.position
    until(lambda: running._opened.engine.position > at + 1 and not len(running._opened.fold), "ticks after them")


def public(cases: Iterable[Case]) -> str:
    """What was found of them, as JSON lines: what a desk adds (a number, a state) no replay has."""
    return json_lines(msgspec.structs.replace(case, number="") for case in cases)


def replayed(data: Path) -> str:
    """The cases that the journal in a data folder comes to, as JSON lines."""
    contents = Contents(data / JOURNAL / CONTENTS)

    def load(payload: bytes, names: Names) -> Version:
        return load_version(payload, contents, names)

    return json_lines(replay(Journal.read_only(data / JOURNAL), load).cases)

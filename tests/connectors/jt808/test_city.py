"""Terminals of a running city: their locations become cases, late ones too, and a kill loses nothing answered."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.codecs.jt808 import bodies
from connectors.jt808.gateway import Jt808Receiver
from gridwatch.health_beside import HealthBeside
from pipeline.runtime.embedded import Embedded
from tests.connectors.jt808.simulated import Terminal, Words
from tests.runtime.kit import Lines
from tests.services.journaled import deliveries
from tests.services.wait import until

PHONE = "13912345678"
CITY = """\
city: test
time_zone: Asia/Shanghai
data: data
metrics: null
registers: {vehicles: vehicles.csv, devices: devices.csv, datum: WGS-84, speed_limits: {default: 60 km/h}}
time: {tick: 50ms}
sources:
  trucks: {type: jt808, port: 0, terminals_env: TRUCKS}
streams:
  gps:
    source: trucks
    topic: jt808/{terminal}/+
    codec: jt808
    gap: 60s
    vendor: {lid: {item: 0xE8, bit: 2}}
    fields: {lid: {path: vendor.lid}}
  alarms:
    source: trucks
    topic: jt808/{terminal}/+
    codec: jt808
    rows: reading
    metrics: {stolen: {path: alarm.stolen, unit: "1"}}
rules:
  - {id: overspeed, detector: overspeed, category: vehicle.overspeed, for: 20s, clear: 10s, gap: 60s}
  - id: stolen
    detector: threshold
    rows: reading
    category: vehicle.stolen
    metric: stolen
    parameters: {above: 0.5 1}
"""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    monkeypatch.setenv("TRUCKS", f"terminal,token\n{PHONE},secret\n")
    (tmp_path / "vehicles.csv").write_text(
        "id,class,plate,speed_limit,valid_from,valid_to\nT1,muck_truck,,,2020-01-01,\n"
    )
    (tmp_path / "devices.csv").write_text(f"device,subject,valid_from,valid_to\n{PHONE},T1,2020-01-01,\n")
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    running = Embedded(tmp_path / "city.yaml", {}, log=Lines())
    running.start()
    yield running
    running.stop()


def place(at: float, speed: float, alarm: int = 0) -> bytes:
    when = datetime.fromtimestamp(at, UTC)
    return bodies.location(when, 120.1, 30.2, speed=speed, alarm=alarm, items=[(0xE8, b"\x04")])


def test_what_terminals_send_becomes_cases(city: Embedded) -> None:
    assert city._sources is not None
    (receiver,) = [each for _, each in city._sources._working.values()]
    assert isinstance(receiver, Jt808Receiver)
    until(lambda: receiver.status.connected_since is not None, "it to listen")
    words, began = Words(PHONE), float(int(time.time())) - 1000.0
    with Terminal(receiver.port, words) as terminal:
        terminal.come_in("secret")
        live = [words.say(0x0200, place(began + t, 40.0))[0] for t in (0, 10, 500, 510)]
        terminal.ask(*live, words.heartbeat())
        # What it had while it was under ground: too fast from 100 to 200 s.
        late = [place(began + t, 90.0 if 100 <= t <= 200 else 40.0) for t in range(20, 500, 20)]
        terminal.ask(words.say(0x0704, bodies.batch(late, late=True))[0])
        terminal.ask(words.say(0x0200, place(began + 520, 40.0, alarm=1 << 26))[0])
        until(lambda: len(city.cases.list()) == 2, "two cases")
    found = {case.category: case for case in city.cases.list()}
    fast, stolen = found["vehicle.overspeed"], found["vehicle.stolen"]
    assert (fast.subject, fast.started - began, fast.ended and fast.ended - began) == ("T1", 100.0, 220.0)
    assert (stolen.subject, stolen.started - began) == ("T1", 520.0)
    with Terminal(receiver.port, Words("13900000000")) as stranger:
        stranger.ask(stranger.words.authenticate("guessed"))
    refused = {"source": "trucks", "reason": "unknown"}
    assert city.metrics.registry.get_sample_value("gridwatch_source_refused_total", refused) == 1
    (told,) = HealthBeside(city).sources()
    assert told.refused == {"unknown": 1}
    assert city._opened.engine.counts["disordered"] == 0
    assert city._opened.engine.counts["undecodable"] == 0


def test_what_was_answered_before_a_kill_is_in_the_journal(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tests.connectors.jt808.served", str(tmp_path / "journal")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            words = Words(PHONE)
            sent = [words.location(i) for i in range(5000)]
            answered: list[int] = []
            with Terminal(int(process.stdout.readline()), words) as terminal, contextlib.suppress(ConnectionError):
                for i in range(0, len(sent), 50):
                    terminal.send(*sent[i : i + 50])
                    answered += [each["answer_serial"] for each in terminal.hear(25)]
                    if len(answered) > 500:
                        process.kill()
        finally:
            process.kill()
    kept = deliveries(tmp_path / "journal")
    assert len(answered) > 500
    missing = [serial for serial in answered if (f"jt808/{PHONE}/0200", sent[serial]) not in kept]
    assert missing == []

"""How a running city is doing, by its own objects: sources, delays, dead letters, silent devices, clocks, versions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwatch.health_beside import HealthBeside, Rates
from gridwatch.health_letters import LetterTally
from pipeline.deadletters import DeadLetters, Letter
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.logs import logger
from tests.services.wait import until

FLEET = "id,class,plate\nV1,truck,川A1\nV2,truck,川A2\nV3,truck,川A3\nV4,truck,川A4\n"
DEVICES = "device,subject\nT1,V1\nT4,V4\n"


def city_file(folder: Path) -> Path:
    (folder / "fleet.csv").write_text(FLEET, "utf-8")
    (folder / "devices.csv").write_text(DEVICES, "utf-8")
    said: dict[str, Any] = {
        "city": "tiny",
        "time_zone": "Asia/Shanghai",
        "registers": {"vehicles": "fleet.csv", "devices": "devices.csv"},
        "sources": {"fleet": {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["f/+"]}},
        "streams": {
            "gps": {
                "source": "fleet",
                "topic": "f/{device}",
                "codec": "json",
                "rows": "position",
                "subject": "{device}",
                "unknown": "aside",
                "datum": "WGS-84",
                "fields": {
                    "ts": {"path": "t", "unit": "unix_s"},
                    "lon": {"path": "x"},
                    "lat": {"path": "y"},
                },
            }
        },
        "metrics": None,
        "time": {"tick": "50ms"},
    }
    file = folder / "city.yaml"
    file.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    return file


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Embedded]:
    city = Embedded(city_file(tmp_path), log=logger(io.StringIO()))
    city.start()
    yield city
    city.stop()


def bring(city: Embedded, now: float, *rows: tuple[str, float | str]) -> None:
    """Deliveries (device, event time or rubbish) as the source would bring them, and wait until they are judged."""
    buffer = EntryBuffer()
    for device, ts in rows:
        payload = json.dumps({"t": ts, "x": 104.0, "y": 30.6}) if isinstance(ts, float) else ts
        buffer.add(Kind.DELIVERY, "fleet", f"f/{device}", now, payload.encode())
    end = city.inside.journal.commit(buffer) + len(rows)
    until(lambda: city.inside.engine.position >= end, "all is judged")


def test_a_city_at_a_glance(running: Embedded) -> None:
    now = 1_780_000_000.0
    health = HealthBeside(running, lambda: now + 7_200.0)
    bring(running, now, ("T1", now - 2.0), ("V2", now + 200.0), ("V3", now - 5_000.0))
    bring(running, now + 7_195.0, ("V2", now + 7_194.0))
    bring(running, now + 7_195.0, ("X9", now), ("V3", now + 99_999.0), ("T1", "电话 13812345678"), ("T1", '{"t": 1}'))
    until(lambda: running.inside.letters.journal.head == 4, "all that was set aside is kept")
    # Sources: the broker is not there, and what came came before; the delay is that of what was heard of late.
    [fleet] = health.sources()
    assert (fleet.kind, fleet.state, fleet.hint, fleet.count, fleet.about) == (
        "mqtt",
        "trouble",
        "connect",
        0,
        "127.0.0.1:9 f/+",
    )
    assert fleet.delay is not None
    assert (fleet.delay.subjects, fleet.delay.median) == (1, 1.0)
    # Silent: never heard first, then the longest; the terminal that is mounted on it is named.
    silent = health.silent(3_600.0, "", 10)
    assert (silent.registered, silent.silent["vehicle"]) == ({"vehicle": 4, "bin": 0, "camera": 0}, 3)
    assert [(each.id, each.devices, each.silent) for each in silent.devices] == [
        ("V4", ["T4"], None),
        ("V1", ["T1"], 7_200.0),
        ("V3", [], 7_200.0),
    ]
    assert [each.id for each in health.silent(3_600.0, "bin", 10).devices] == []
    assert health.silent(3_600.0, "vehicle", 1).left_out == 2
    # Clocks: what was set aside counts, and who is in no register is named.
    clocks = health.clocks(30.0, 10)
    assert [(each.subject, each.aside > 0, round(each.offset)) for each in clocks.clocks] == [("f/V3", True, 92_804)]
    assert [(each.topic, each.count) for each in clocks.unknown] == [("f/X9", 1)]
    # Dead letters: by what was wrong, and nothing of what somebody sent by mistake.
    letters = health.letters()
    assert {each.reason for each in letters.groups} == {"unknown", "future", "undecodable"}
    assert letters.held == 4
    assert letters.fates["unknown"] == 1
    assert "13812345678" not in letters.model_dump_json()
    assert all(each.examples[0].message.startswith("expected") for each in letters.groups)


def test_the_journal_and_what_is_in_force(running: Embedded) -> None:
    now = 1_780_000_000.0
    health = HealthBeside(running, lambda: now + 10.0)
    bring(running, now, ("V1", now))
    journal, machine, version = health.journal(), health.machine(), health.version()
    assert journal.entries >= 2
    until(lambda: health.journal().lag_entries == 0, "the city's own ticks to be judged, too")
    assert journal.bytes > 0
    assert journal.snapshot_age is None
    assert machine.disk_free > 0
    assert machine.memory is not None
    assert machine.memory > 1_000_000
    assert (machine.store, machine.inbox, machine.metrics) == ("sqlite", 0, "")
    assert version is not None
    assert (version.rules, version.streams) == (0, 1)
    history = health.history(10)
    assert {(each.kind, each.in_force) for each in history} == {("configuration", True), ("world", True)}
    assert {each.sha256 for each in history} == {version.config, version.world}


def test_letters_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridwatch.health_letters.GROUPS", 2)
    letters = DeadLetters.open(tmp_path)
    tally = LetterTally(letters.journal)

    def add(reason: str, topic: str) -> None:
        buffer = EntryBuffer()
        letter = Letter(reason, f"gps {topic}", f"expected {reason}; got it", 0, None)
        buffer.add(Kind.DELIVERY, "fleet", topic, 1.0, msgspec.json.encode(letter))
        letters.journal.commit(buffer)

    add("unknown", "a")
    add("unknown", "b")
    tally.look()
    tally.look()
    assert tally.counted == 2
    add("future", "a")
    add("undecodable", "a")
    tally.look()
    groups, topics = tally.copies()
    assert [key[0] for key, _ in groups] == ["undecodable", "future"]
    assert [topic for topic, _ in topics] == [
        ("undecodable", "a"),
        ("future", "a"),
        ("unknown", "b"),
        ("unknown", "a"),
    ]
    letters.close()


@given(st.lists(st.tuples(st.floats(1.001, 100), st.integers(0, 1_000)), min_size=2, max_size=50))
def test_a_rate_is_never_below_zero_and_never_faster_than_the_fastest(steps: list[tuple[float, int]]) -> None:
    rates, at, count, found = Rates(), 0.0, 0, []
    for seconds, more in steps:
        at, count = at + seconds, count + more
        found.append(rates.of("a", count, at))
    assert found[0] is None
    fastest = max(more / seconds for seconds, more in steps)
    assert all(rate is None or 0 <= rate <= fastest + 0.01 for rate in found)
    assert rates.of("a", count - 1, at + 1) is None, "it has begun anew"

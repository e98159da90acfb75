"""corrections: what is taken off the times of which rows; what comes of a terminal that is corrected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwatch.recordings import always
from pipeline.corrections import Corrections
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers, Table
from pipeline.runtime.cluster.routing import Router, judged_by
from pipeline.runtime.compose import load_city
from replay.messages import Messages, Said
from replay.replaying import Replayed, replay

HOUR, DAY = 3600.0, 86_400.0
START = 1_772_000_000.0


def made(*rows: dict[str, Any]) -> Corrections:
    return Corrections(Table.of("clocks", [{"terminal": "T1", "offset": 100.0, **row} for row in rows]))


@pytest.mark.parametrize(
    "rows, ahead",
    [
        pytest.param([{}], 100.0, id="always"),
        pytest.param([{"stream": "gps"}], 100.0, id="in-that-stream"),
        pytest.param([{"stream": "lid"}], 0.0, id="in-another-stream"),
        pytest.param([{"stream": "gps", "offset": 7.0}, {}], 7.0, id="the-streams-own-first"),
        pytest.param([{"terminal": "T2"}], None, id="of-another"),
        pytest.param([], None, id="none"),
        pytest.param([{"valid_from": START, "valid_to": START + 1}], 100.0, id="from-then-on"),
        pytest.param([{"valid_from": START + 1}], 0.0, id="not-yet"),
        pytest.param([{"valid_to": START}], 0.0, id="no-longer"),
        pytest.param([{"valid_from": START - DAY / 2, "drift": 10.0}], 105.0, id="drifting"),
        pytest.param([{"valid_to": START}, {"valid_from": START, "offset": 3.0}], 3.0, id="one-after-the-other"),
    ],
)
def test_what_is_taken_off(rows: list[dict[str, Any]], ahead: float | None) -> None:
    names = Names(["T0", "T1"])
    bound = made(*rows).bind(names)
    terminal = names.codes(["T0", "T1", "T9"])
    terminal = np.append(terminal, np.int32(NOBODY))
    found = bound.ahead(terminal, "gps", np.full(4, START))
    assert (None if found is None else found.tolist()) == (None if ahead is None else [0.0, ahead, 0.0, 0.0])


def test_registers_without_corrections_are_what_they_were() -> None:
    assert b"clocks" not in Registers().to_bytes()
    again = Registers.from_bytes(Registers(clocks=_table()).to_bytes())
    assert again.clocks.text("by") == ["wang"]
    assert again.clocks.numbers("offset").tolist() == [8 * HOUR]


def _table() -> Table:
    return Table.of("clocks", [{"terminal": "T1", "offset": 8 * HOUR, "by": "wang"}])


# ---- the whole of it: a city whose terminal T1 is on a lorry

CITY = """
city: hangzhou
time_zone: Asia/Shanghai
registers: {vehicles: vehicles.csv, devices: devices.csv, speed_limits: {default: 60 km/h}, clocks: clocks.csv}
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: hangzhou, subscribe: ["fleet/+/gps"]}}
streams:
  gps:
    {source: fleet, topic: "fleet/{device}/gps", codec: json, rows: position, subject: "{device}", datum: WGS-84,
     fields: {ts: {path: t, unit: unix_s}, lon: {path: lon}, lat: {path: lat}, speed: {path: v, unit: km/h}}}
rules:
  - {id: speeding, detector: overspeed, for: 30 s, clear: 30 s, gap: 60 s}
  - {id: lost, detector: silent, rows: position, parameters: {after: 10 min}}
"""


def city(folder: Path, clocks: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.yaml").write_text(CITY, "utf-8")
    (folder / "vehicles.csv").write_text("id,class\nlorry-1,lorry\nlorry-2,lorry\n", "utf-8")
    # the terminal moved from one lorry to the other, which is decided by the time that was
    moved = START + 3000
    (folder / "devices.csv").write_text(
        f"device,subject,valid_from,valid_to\nT1,lorry-1,,{_iso(moved)}\nT1,lorry-2,{_iso(moved)},\n", "utf-8"
    )
    header = "terminal,stream,offset,drift,by,approved,note,valid_from,valid_to\n"
    (folder / "clocks.csv").write_text(header + clocks, "utf-8")
    return folder / "city.yaml"


def _iso(ts: float) -> str:
    return str(np.datetime64(int(ts), "s")) + "+00:00"


def said(ahead: Sequence[float], speeds: Sequence[float]) -> list[Said]:
    """Rows of T1 every ten seconds, a second late, from a clock that is ahead by so much at each."""
    rows = []
    for n, (off, speed) in enumerate(zip(ahead, speeds, strict=True)):
        true = START + 10.0 * n
        payload = json.dumps({"t": true + off, "lon": 120.1, "lat": 30.2, "v": speed}).encode()
        rows.append((true + 1.0, "fleet", "fleet/T1/gps", payload))
    return rows


def messages(ahead: Sequence[float], speeds: Sequence[float]) -> Messages:
    span = START, START + 10.0 * len(speeds)
    return Messages(lambda: said(ahead, speeds), len(speeds), ["fleet"], span, 5.0)


def journal(ahead: Sequence[float], speeds: Sequence[float]) -> pa.RecordBatch:
    """All of it in one batch."""
    (piece,) = messages(ahead, speeds).read(0, 65_536)
    return piece.batch


def judged(config: Path, ahead: Sequence[float], speeds: Sequence[float], batch: int = 65_536) -> Replayed:
    return replay(messages(ahead, speeds), always(load_city(config)), current=b"{}", batch=batch)


SPEEDS = [90.0 if 20 <= n < 60 or 400 <= n < 420 else 40.0 for n in range(600)]
RIGHT = [0.0] * len(SPEEDS)


@pytest.mark.parametrize(
    "off, told",
    [
        pytest.param(8 * HOUR, "T1,,28800,,,,,,\n", id="a-zone-ahead"),
        pytest.param(-8 * HOUR, "T1,gps,-28800,,wang,2026-03-01,,,\n", id="a-zone-behind"),
        pytest.param(-1024 * 7 * DAY, f"T1,,{-1024 * 7 * DAY},,,,,,\n", id="1024-weeks"),
    ],
)
@pytest.mark.parametrize("batch", [97, 65_536])
def test_a_corrected_terminal_gives_the_cases_of_a_right_one(tmp_path: Path, off: float, told: str, batch: int) -> None:
    right = judged(city(tmp_path / "right"), RIGHT, SPEEDS)
    assert [case.subject for case in right.cases if case.rule == "speeding"] == ["lorry-1", "lorry-2"]
    mended = judged(city(tmp_path / "mended", told), [off] * len(SPEEDS), SPEEDS, batch)
    assert [case.to_json() for case in mended.cases] == [case.to_json() for case in right.cases]
    assert mended.counts == right.counts


def test_a_drift_is_taken_off_as_it_grows(tmp_path: Path) -> None:
    drift = [1000.0 + 240.0 / DAY * 10.0 * n for n in range(len(SPEEDS))]
    told = f"T1,,1000,240,wang,,,{_iso(START)},\n"
    right, mended = judged(city(tmp_path / "a"), RIGHT, SPEEDS), judged(city(tmp_path / "b", told), drift, SPEEDS)
    started = [[case.started for case in each.cases if case.rule == "speeding"] for each in (mended, right)]
    assert len(started[1]) == 2
    assert started[0] == pytest.approx(started[1], abs=0.01)


def test_before_somebody_approves_its_rows_are_set_aside(tmp_path: Path) -> None:
    ahead = [8 * HOUR] * len(SPEEDS)
    assert judged(city(tmp_path / "never"), ahead, SPEEDS).counts == {"future": 600}
    told = f"T1,,28800,,wang,,,{_iso(START + 3901)},\n"  # from receipt number 390 on
    found = judged(city(tmp_path / "later", told), ahead, SPEEDS)
    assert found.counts == {"future": 390, "live": 210}
    assert [(case.rule, case.subject, case.started - START) for case in found.cases] == [("speeding", "lorry-2", 4000)]


@settings(max_examples=10)
@given(st.lists(st.sampled_from([0.0, 8 * HOUR, -8 * HOUR]), min_size=1, max_size=4), st.integers(1, 90))
def test_any_split_of_the_journal_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, offs: list[float], batch: int
) -> None:
    """Where the clock jumps, and a correction begins in the middle."""
    folder = tmp_path_factory.mktemp("city")
    told = f"T1,,28800,,wang,,,{_iso(START + 451)},{_iso(START + 900)}\n"
    config, n = city(folder, told), 120
    ahead = [offs[k * len(offs) // n] for k in range(n)]
    whole, parts = judged(config, ahead, SPEEDS[:n]), judged(config, ahead, SPEEDS[:n], batch)
    assert [case.to_json() for case in parts.cases] == [case.to_json() for case in whole.cases]
    assert parts.counts == whole.counts


def test_workers_on_kafka_correct_as_one_process_does(tmp_path: Path) -> None:
    """Routed to partitions by whom the corrected time says, and judged there by the same decoding."""
    told = f"T1,,28800,,wang,,,{_iso(START + 451)},\n"
    made_of = load_city(city(tmp_path, told))
    ahead = [8 * HOUR] * len(SPEEDS)
    whole = judged(tmp_path / "city.yaml", ahead, SPEEDS)
    parts = Router(made_of.version, 4).route(journal(ahead, SPEEDS))
    found: list[tuple[str, str, float]] = []
    counts: Counter[str] = Counter()
    for partition in range(4):
        engine, position = Engine(judged_by(partition, 4, always(made_of))), 1
        begin = EntryBuffer()
        begin.add(Kind.VERSION, "", "", 0.0, b"{}")
        engine.feed(begin.batch(), 0)
        episodes: dict[str, tuple[str, str, float]] = {}
        for part in [each for each in parts if each.partition == partition]:
            for event in engine.feed(part.batch, position):
                one = event.episode
                episodes[one.id] = one.rule, one.subject, one.started
            position += part.batch.num_rows
        found += episodes.values()
        counts += engine.counts
    assert sorted(found) == sorted((case.rule, case.subject, case.started) for case in whole.cases)
    assert {"lorry-1", "lorry-2"} == {subject for _, subject, _ in found}
    assert counts == whole.counts

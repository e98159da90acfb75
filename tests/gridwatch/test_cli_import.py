"""`gridwatch import`: recorded files as a journal, bad rows named, ticks as if it had been live."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from connectors.imports import Entry, entries
from connectors.recorded.spool import Delivery
from gridwatch.cli import app
from pipeline.entries import Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.rows import Rows
from pipeline.runtime.compose import load_city, load_version
from pipeline.version import Decoded

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
NO_DATA = f"the recordings are not here: put them into {DATA.parent.name}/data beside the checkout"
real = pytest.mark.skipif(not DATA.is_dir(), reason=NO_DATA)

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


#  time    0    1              4:30                          (minutes; rows of two trucks, out of order in the file)
#  ticks  0    1   2   3   4   4:30, and one `tick` later the end
def test_rows_become_deliveries_in_the_order_of_their_times_with_ticks_between(tmp_path: Path) -> None:
    text = (
        "truck,time,pos.lon,pos.lat,v,driver\n"
        "a,2024-05-01T12:04:30,8.1,50.2,,x\n"
        "a,2024-05-01T12:00:00,8.0,50.0,30,Müller\n"
        "b,2024-05-01T12:01:00+02:00,8.5,50.5,4.5,\n"
    )
    result = run(tmp_path, text)
    assert result.exit_code == 0, result.stderr
    noon = 1714557600.0
    version, *rest = written(tmp_path / "j")
    assert version[:4] == (Kind.VERSION, "", "", noon)
    assert {entry[1] for entry in rest} == {"recorded"}
    told = [(kind.name, topic, received - noon) for kind, _, topic, received, _ in rest]
    assert told == [
        ("TICK", "", 0),
        ("DELIVERY", "gps/a", 0),
        ("DELIVERY", "gps/b", 60),
        ("TICK", "", 60),
        ("TICK", "", 120),
        ("TICK", "", 180),
        ("TICK", "", 240),
        ("DELIVERY", "gps/a", 270),
        ("TICK", "", 270),
        ("TICK", "", 271),
    ]
    payloads = [json.loads(entry[4]) for entry in rest if entry[0] is Kind.DELIVERY]
    assert payloads[0] == {
        "truck": "a",
        "time": "2024-05-01T10:00:00+00:00",
        "pos": {"lon": 8.0, "lat": 50.0},
        "v": 30,
        "driver": "Müller",
    }
    assert "v" not in payloads[2]
    rows, aside, names = decoded(tmp_path / "j")
    assert not aside
    assert [names[code] for code in rows.subject] == ["a", "b", "a"]
    assert (rows.ts == rows.received).all()


seconds = st.lists(st.floats(0, 5000, width=32), min_size=1, max_size=30)


@given(seconds, st.sampled_from([0.5, 1.0, 7.3]), st.sampled_from([15.0, 60.0, 61.7]), st.sampled_from([0.0, 100.0]))
def test_ticks_go_forward_and_leave_no_stretch_uncovered(
    times: list[float], tick: float, step: float, late: float
) -> None:
    found = list(entries([Delivery(t, "t", b"") for t in sorted(times)], tick, step, late))
    ticks = [e.received for e in found if e.kind is Kind.TICK]
    assert found[0] == Entry(Kind.TICK, "", "", min(times), b"")
    assert [e.received for e in found if e.kind is Kind.DELIVERY] == sorted(times)
    assert all(0 < b - a <= step + 1e-6 for a, b in itertools.pairwise(ticks))
    assert ticks[-1] == max(times) + late + tick
    # at least `tick` apart, but for the last, which lets go what is held back
    assert all(b - a >= tick - 1e-6 for a, b in itertools.pairwise(ticks[:-1]))
    newest = -1.0
    for entry in found:  # a tick never comes before the deliveries of its own time, the first one apart
        if entry.kind is Kind.TICK and newest >= 0:
            assert entry.received >= newest
        newest = max(newest, entry.received if entry.kind is Kind.DELIVERY else newest)


def test_a_live_source_is_never_taken_to_be_down(tmp_path: Path) -> None:
    result = run(tmp_path, "t,dev.id,fill,temp\n1714557600000,b1,50,\n1714558200000,b1,,7\n", stream="epoch")
    assert result.exit_code == 0, result.stderr
    all_entries = written(tmp_path / "j")
    ticks = [entry[3] for entry in all_entries if entry[0] is Kind.TICK]
    assert max(b - a for a, b in itertools.pairwise(ticks)) <= 15  # half of its `down`
    assert ticks[-1] == 1714558200 + 120 + 1
    topics = {entry[2] for entry in all_entries if entry[0] is Kind.DELIVERY}
    assert topics == {"live/import/bins/import"}
    rows, aside, names = decoded(tmp_path / "j")
    assert not aside
    assert [names[code] for code in rows.column("metric")] == ["fullness", "temperature"]
    assert rows.column("value").tolist() == [50, 7]


@pytest.mark.parametrize(
    "row, message",
    [
        pytest.param(
            "a,yesterday,8,50,1", "time   expected a time such as '2024-05-01 08:30:00', got 'yesterday'", id="time"
        ),
        pytest.param("a,,8,50,1", "time   expected a time, got nothing", id="no-time"),
        pytest.param("a,2024-03-31 02:30,8,50,1", "time   there was no 2024-03-31 02:30 in Europe/Berlin", id="spring"),
        pytest.param("a,2024-05-01,east,50,1", "pos.lon   expected a number, got 'east'", id="text"),
        pytest.param("a,2024-05-01,8,nan,1", "pos.lat   expected a number, got 'nan'", id="nan"),
        pytest.param("a,2024-05-01,8,50,1e999", "v   expected a number, got '1e999'", id="infinite"),
        pytest.param(",2024-05-01,8,50,1", "truck   expected a subject, got nothing", id="nobody"),
        pytest.param("a/b,2024-05-01,8,50,1", "truck   expected a value without / + #, got 'a/b'", id="topic"),
        pytest.param("a,2024-05-01,8,50", "expected 5 cells, got 4", id="cells"),
        pytest.param(
            "a,1970-01-01T00:00:09Z,8,50,1", "time   expected a time from 2000 to 2099, got 9 seconds", id="no-fix-yet"
        ),
    ],
)
def test_a_bad_row_is_named_and_left_out(tmp_path: Path, row: str, message: str) -> None:
    good = "a,2024-05-01,8,50,1\n"
    result = run(tmp_path, f"truck,time,pos.lon,pos.lat,v\n{good}\n{row}\n{good}", "--bad", str(tmp_path / "bad.txt"))
    assert result.exit_code == 1
    first, count = result.stderr.splitlines()
    assert first.startswith(f"{tmp_path / 'rows.csv'}:4  ")
    assert message in first
    assert count == "1 bad row left out"
    assert (tmp_path / "bad.txt").read_text() == first + "\n"
    assert "2 rows" in result.stdout
    assert sum(entry[0] is Kind.DELIVERY for entry in written(tmp_path / "j")) == 2


def test_many_bad_rows_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    rows = "a,2024-05-01,8,50,1\n" + "a,never,8,50,1\n" * 30
    result = run(tmp_path, "truck,time,pos.lon,pos.lat,v\n" + rows)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[20:] == ["… and 10 more; --bad FILE writes them all", "30 bad rows left out"]


@pytest.mark.parametrize(
    "written_as, zone, expected",
    [
        pytest.param("2024-05-01 12:00", None, 1714557600, id="the-citys-zone"),
        pytest.param("2024/05/01 12:00:00.5", None, 1714557600.5, id="slashes-and-fraction"),
        pytest.param("2024-05-01T12:00:00Z", "America/New_York", 1714564800, id="its-own-offset-counts"),
        pytest.param("2024-05-01 12:00", "America/New_York", 1714579200, id="another-zone"),
        pytest.param("2024-10-27 02:30", None, 1729989000, id="autumn-first-of-the-two"),
    ],
)
def test_times(tmp_path: Path, written_as: str, zone: str | None, expected: float) -> None:
    more = ["--time-zone", zone] if zone else []
    result = run(tmp_path, f"truck,time,pos.lon,pos.lat\na,{written_as},8,50\n", *more)
    assert result.exit_code == 0, result.stderr
    rows, _, _ = decoded(tmp_path / "j")
    assert rows.ts.tolist() == [expected]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("truck;time;pos.lon;pos.lat\n川A1;2024-05-01;8;50\n".encode(), id="semicolons"),
        pytest.param("truck\ttime\tpos.lon\tpos.lat\n川A1\t2024-05-01\t8\t50\n".encode(), id="tabs"),
        pytest.param("truck,time,pos.lon,pos.lat\r\n川A1,2024-05-01,8,50\r\n".encode("gb18030"), id="gbk"),
        pytest.param("truck,time,pos.lon,pos.lat\n川A1,2024-05-01,8,50".encode("utf-8-sig"), id="byte-order-mark"),
        pytest.param('"truck","time","pos.lon","pos.lat"\n"川A1","2024-05-01","8","50"\n'.encode(), id="quotes"),
    ],
)
def test_the_ways_in_which_csv_is_written(tmp_path: Path, raw: bytes) -> None:
    assert run(tmp_path, raw).exit_code == 0
    rows, aside, names = decoded(tmp_path / "j")
    assert not aside
    assert names[int(rows.subject[0])] == "川A1"


def test_columns_that_the_mapping_needs_are_named_at_once(tmp_path: Path) -> None:
    result = run(tmp_path, "truk,time,lon,pos.lat\na,2024-05-01,8,50\n")
    assert result.exit_code == 1
    first, second, *_ = result.stderr.splitlines()
    assert "rows.csv:1  pos.lon   no such column, streams.gps.fields.lon.path expects it; did you mean 'lon'?" in first
    assert "rows.csv:1  truck   no such column, streams.gps.subject expects it; did you mean 'truk'?" in second
    assert "--subject" in second
    assert not (tmp_path / "j").exists()


GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><time>2000-01-01T00:00:00Z</time></metadata>
<trk><trkseg>
<trkpt lat="50.0" lon="8.0"><ele>1</ele><time>2024-05-01T12:00:00Z</time></trkpt>
<trkpt lat="50.1" lon="8.1"><ele>1</ele></trkpt>
<trkpt lat="50.2" lon="8.2"><time>2024-05-01T12:00:01Z</time></trkpt>
"""


def test_gpx_points_are_rows_and_a_torn_file_gives_what_it_has(tmp_path: Path) -> None:
    city = CITY.replace("pos.lon", "lon").replace("pos.lat", "lat")
    (tmp_path / "city.yaml").write_text(city, "utf-8")
    (tmp_path / "t.gpx").write_text(GPX)
    words = ["import", str(tmp_path / "t.gpx"), "--config", str(tmp_path / "city.yaml"), "--stream", "gps"]
    result = CliRunner().invoke(app, [*words, "--to", str(tmp_path / "j"), "--subject", "car"])
    assert result.exit_code == 1
    assert "t.gpx:5  trkpt 2 time   expected a time, got nothing" in result.stderr
    assert "t.gpx:7   expected XML: no element found; what follows is not read" in result.stderr
    rows, aside, names = decoded(tmp_path / "j")
    assert not aside
    assert rows.ts.tolist() == [1714564800, 1714564801]
    assert names[int(rows.subject[0])] == "car"


def test_gpx_that_declares_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE gpx [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><gpx>&b;</gpx>'
    result = run(tmp_path, bomb, "--subject", "x", name="t.gpx")
    assert result.exit_code == 1
    assert "without entity declarations" in result.stderr


def test_a_journal_that_is_there_is_never_added_to(tmp_path: Path) -> None:
    text = "truck,time,pos.lon,pos.lat\na,2024-05-01,8,50\n"
    assert run(tmp_path, text).exit_code == 0
    before = written(tmp_path / "j")
    again = run(tmp_path, text)
    assert again.exit_code == 2
    assert "is not empty" in again.stderr
    assert written(tmp_path / "j") == before


@pytest.mark.parametrize(
    "text, stream, code, message",
    [
        pytest.param("", "gps", 1, "the file is empty", id="empty"),
        pytest.param("truck,time,pos.lon,pos.lat\n", "gps", 1, "No row could be read", id="header-alone"),
        pytest.param("truck,truck\n", "gps", 1, "two columns have this name", id="column-twice"),
        pytest.param("truck\n", "gsp", 2, "no stream 'gsp'; did you mean 'gps'?", id="no-such-stream"),
    ],
)
def test_what_can_not_be_imported_writes_nothing(
    tmp_path: Path, text: str, stream: str, code: int, message: str
) -> None:
    result = run(tmp_path, text, stream=stream)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "j").exists()


FIX = '{{"truck": "{}", "time": "2024-05-01T12:00:0{}Z", "pos": {{"lon": 8, "lat": 50}}}}'
BROKER = f"""{NOON}.5 gps/a {FIX.format("a", 0)}
{NOON + 2} live/x/bins/y {{"dev": {{"id": "b"}}, "t": {NOON * 1000}, "fill": 3}}
{NOON + 3} weather/\x1b[31mroof {{"t": 18}}
{NOON + 4} gps/a {FIX.format("a", 9)}
"""


def test_one_recording_of_a_broker_feeds_every_stream_and_all_their_sources_tick(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    (tmp_path / "r.txt.gz").write_bytes(gzip.compress(BROKER.encode()))
    words = ["import", str(tmp_path / "r.txt.gz"), "--config", str(tmp_path), "--to", str(tmp_path / "j")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert "Left out: 1 of topics that no stream takes: weather/\N{REPLACEMENT CHARACTER}[31mroof (1)\n3 rows over" in (
        result.stdout
    )
    version, *rest = written(tmp_path / "j")
    assert version[3] == NOON + 0.5
    told = [(source, topic, received - NOON) for kind, source, topic, received, _ in rest if kind is Kind.DELIVERY]
    assert told == [("recorded", "gps/a", 0.5), ("live", "live/x/bins/y", 2), ("recorded", "gps/a", 4)]
    ticks = {s: [e[3] for e in rest if e[0] is Kind.TICK and e[1] == s] for s in ("live", "recorded")}
    assert ticks["live"] == ticks["recorded"]
    assert ticks["live"][-1] == NOON + 4 + 120 + 1, "the longest lateness of them all"
    rows = CliRunner().invoke(app, ["replay", str(tmp_path / "j"), "--json", "-"])
    assert rows.exit_code == 0, rows.stderr


def test_the_one_stream_that_is_named_takes_its_own(tmp_path: Path) -> None:
    result = run(tmp_path, BROKER, stream="epoch", name="r.txt")
    assert result.exit_code == 0, result.stderr
    assert "Left out: 3 of topics that no stream takes: gps/a (2)" in result.stdout
    assert {entry[1] for entry in written(tmp_path / "j")} == {"", "live"}


def test_own_time_takes_no_word_of_the_recording_for_when_it_came(tmp_path: Path) -> None:
    assert run(tmp_path, BROKER, "--own-time", name="r.txt").exit_code == 0
    told = [entry[3] - NOON for entry in written(tmp_path / "j") if entry[0] is Kind.DELIVERY]
    assert told == [0, 9]


@pytest.mark.parametrize(
    "text, more, code, message",
    [
        pytest.param(
            "20,21\n", [], 1, "It was read as csv; another of csv, gpx, json, mosquitto, traccar", id="guessed"
        ),
        pytest.param("x\n", ["--format", "mosquitto"], 1, "such as 'fleet/7/gps {…}'", id="said"),
        pytest.param("x\n", ["--format", "jsn"], 2, "no format 'jsn'; did you mean 'json'?", id="no-such-format"),
        pytest.param("{}\n", [], 1, "It was read as json; if it is another format", id="not-a-row"),
    ],
)
def test_a_wrong_format_says_what_was_expected(
    tmp_path: Path, text: str, more: list[str], code: int, message: str
) -> None:
    result = run(tmp_path, text, *more, name="r.txt")
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "j").exists()
    assert {file.name for file in tmp_path.iterdir()} == {"city.yaml", "r.txt"}, "nothing is left behind"


def test_a_recording_without_topics_needs_the_stream_named(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    (tmp_path / "r.jsonl").write_text(FIX.format("a", 1))
    words = ["import", str(tmp_path / "r.jsonl"), "--config", str(tmp_path), "--to", str(tmp_path / "j")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "its records have no topics: name their stream by --stream (gps, epoch)" in result.stderr
    assert CliRunner().invoke(app, [*words, "--stream", "gps"]).exit_code == 0


def test_a_fleet_out_of_traccar_is_judged_in_knots(tmp_path: Path) -> None:
    """33 kn are 61 km/h, 26 are 48; 50 are allowed, and a tenth more is let pass."""
    positions = [
        {
            "deviceId": device,
            "fixTime": f"2024-05-01T12:00:{second:02}.000+00:00",
            "serverTime": f"2024-05-01T12:00:{second + 1:02}.000+00:00",
            "valid": True,
            "latitude": 50.0,
            "longitude": 8.0 + second * speed * 0.514 / 71_700,
            "speed": speed,
            "course": 90.0,
            "attributes": {"ignition": True},
        }
        for device, speed in ((7, 33.0), (8, 26.0))
        for second in range(0, 60, 10)
    ]
    (tmp_path / "positions.json").write_text(json.dumps(positions))
    (tmp_path / "devices.json").write_text('[{"id": 7, "uniqueId": "fast"}, {"id": 8, "uniqueId": "slow"}]')
    config = str(ROOT / "configs" / "examples" / "traccar")
    files = [str(tmp_path / name) for name in ("positions.json", "devices.json")]
    result = CliRunner().invoke(app, ["import", *files, "--config", config, "--to", str(tmp_path / "j")])
    assert result.exit_code == 0, result.stderr
    replayed = CliRunner().invoke(app, ["replay", str(tmp_path / "j"), "--json", "-"])
    cases = [json.loads(line) for line in replayed.stdout.splitlines() if line.startswith("{")]
    assert [(case["rule"], case["subject"]) for case in cases] == [("overspeed", "fast")]


def imported(folder: Path, example: str, file: str, stream: str, more: Iterable[str] = ()) -> tuple[Rows, Names]:
    config = ROOT / "configs" / "examples" / example / "city.yaml"
    words = ["import", str(DATA / file), "--config", str(config), "--stream", stream, "--to", str(folder / "j"), *more]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    rows, aside, names = decoded(folder / "j")
    assert not aside
    assert load_city(config).configuration.streams[stream].rows == type(rows).kind
    return rows, names


@real
def test_the_refuse_trucks_of_jersey_city(tmp_path: Path) -> None:
    rows, names = imported(tmp_path, "jersey_city", "gps/jersey_city_refuse_trucks.csv", "gps")
    assert len(rows) == 7349
    assert len({names[code] for code in rows.subject.tolist()}) == 68
    assert rows.ts.min() == 1449592843  # 2015-12-08T11:40:43 in New York is 16:40:43 UTC
    assert rows.ts.max() == 1449804964


@real
def test_the_car_drive(tmp_path: Path) -> None:
    rows, _ = imported(tmp_path, "car_drive", "gps/car_1s.gpx", "gps", ["--subject", "car"])
    assert len(rows) == 104
    assert rows.ts.max() - rows.ts.min() == 514


@real
def test_the_bins_of_wyndham(tmp_path: Path) -> None:
    rows, names = imported(tmp_path, "wyndham", "bins/wyndham.csv", "bins")
    assert len(rows) == 29357
    assert len({names[code] for code in rows.subject.tolist()}) == 31
    assert sorted(set(rows.column("value").tolist())) == [0, 20, 40, 60, 80, 100]

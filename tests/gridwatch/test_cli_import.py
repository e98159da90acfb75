"""`gridwatch import`: recorded files as a journal, bad rows named, ticks as if it had been live."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from connectors.imports import Entry, entries
from connectors.recorded.spool import Delivery
from gridwatch.cli import app
from pipeline.entries import Kind
from pipeline.names import Names
from pipeline.rows import Rows
from pipeline.runtime.compose import load_city
from tests.gridwatch.imports import CITY, NOON, decoded, run, written

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
NO_DATA = f"the recordings are not here: put them into {DATA.parent.name}/data beside the checkout"
real = pytest.mark.skipif(not DATA.is_dir(), reason=NO_DATA)


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


def test_times_without_an_offset_stay_as_they_are_written(tmp_path: Path) -> None:
    """The mapping reads them, live and recorded alike; the hour that the clocks show twice is nobody's."""
    (tmp_path / "city.yaml").write_text(CITY.replace("unit: iso8601", "unit: local, zone: Europe/Berlin"), "utf-8")
    lines = ["truck,time,pos.lon,pos.lat", "a,2024/5/1 14:00:00,8,50", "a,2024-10-27 02:30:00,8,50"]
    (tmp_path / "rows.csv").write_text("\n".join(lines), "utf-8")
    words = ["import", str(tmp_path / "rows.csv"), "--config", str(tmp_path), "--stream", "gps"]
    result = CliRunner().invoke(app, [*words, "--to", str(tmp_path / "j")])
    assert "rows.csv:3  time   in Europe/Berlin 2024-10-27 02:30:00 came twice" in result.stderr
    (told,) = [entry for entry in written(tmp_path / "j") if entry[0] is Kind.DELIVERY]
    assert told[3] == NOON
    assert json.loads(told[4])["time"] == "2024/5/1 14:00:00"
    rows, _, _ = decoded(tmp_path / "j")
    assert rows.ts.tolist() == [NOON]

"""`gridwatch import` of what is no table: a broker's recording, JSON, Traccar; formats that are guessed and said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from pipeline.entries import Kind
from tests.gridwatch.imports import CITY, NOON, run, written

ROOT = Path(__file__).resolve().parents[2]
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

"""`gridwatch replay`: a recorded journal judged again, and what it says where it can't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.case import Case
from gridwatch.cli import app
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_city, version_payload
from pipeline.runtime.opening import JOURNAL

CITY = """\
city: demo
time_zone: UTC
sources: {s: {type: import, down: 1d}}
registers: {speed_limits: {default: LIMIT km/h}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    unknown: accept
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}, speed: {path: v, unit: km/h}}
rules:
  - {id: fast, detector: overspeed, category: vehicle.overspeed}
  - {id: silent, detector: silent, rows: position, parameters: {after: 60s}}
"""
KEYS = [
    *("id", "rule", "rule_version", "category", "subject", "place", "lon", "lat"),
    *("started", "confirmed", "ended", "measure", "unit", "late"),
]


def config(folder: Path, limit: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "city.yaml").write_text(CITY.replace("LIMIT", str(limit)))
    return folder / "city.yaml"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Limit 60; a truck at 70, 50, silence until a tick at 100, 90 at 101; then limit 80; 85 at 102, 10 at 103.

    position   0        1     2   3   4     5    6        7    8    9
               version  tick  70  50  tick  90   version  85   10   tick
    """
    folder = tmp_path / "var" / JOURNAL
    contents = Contents(folder / CONTENTS)

    def version(limit: int) -> tuple[Kind, str, float, bytes]:
        city = load_city(config(tmp_path / str(limit), limit))
        return (Kind.VERSION, "", 0.0, version_payload(city.configuration, city.world, contents))

    def row(ts: float, speed: float) -> tuple[Kind, str, float, bytes]:
        return (Kind.DELIVERY, "t/a", ts, json.dumps({"t": ts, "x": 121.0, "y": 31.0, "v": speed}).encode())

    def tick(at: float) -> tuple[Kind, str, float, bytes]:
        return (Kind.TICK, "", at, b"")

    buffer = EntryBuffer()
    for kind, topic, received, payload in (
        *(version(60), tick(0), row(1, 70), row(2, 50), tick(100), row(101, 90)),
        *(version(80), row(102, 85), row(103, 10), tick(104)),
    ):
        buffer.add(kind, "s", topic, received, payload)
    with Journal.open(folder) as made:
        made.commit(buffer)
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, words)])


def cases(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def told(found: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(case["rule"], str(case["started"])[17:19], case["measure"]) for case in found]


@pytest.mark.parametrize("way", ["journal", "data"])
def test_by_its_own_versions(journal: Path, way: str) -> None:
    found = cases(run(journal if way == "journal" else journal.parent, "--json", "-"))
    # silence from second 2 on is wrong at 1:02; an open episode goes on by the new limit and ends by it
    assert told(found) == [("fast", "01", 10.0), ("silent", "02", None), ("fast", "41", 30.0)]
    assert all(list(case) == KEYS for case in found)
    assert list(found[0]) == list(Case.to_json(_any_case()))
    assert found[0]["started"] == "1970-01-01T00:00:01Z"


def _any_case() -> Case:
    from tests.cases.test_fold import known

    return known("a", 0, 0).case


def test_by_another_configuration_all_along(journal: Path, tmp_path: Path) -> None:
    result = run(journal, "--config", config(tmp_path / "mine", 62), "--json", "-")
    assert told(cases(result)) == [("fast", "01", 8.0), ("silent", "02", None), ("fast", "41", 28.0)]
    assert "The journal's own 2 versions were ignored" in result.stderr


def test_from_a_position_on(journal: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", 62)
    assert told(cases(run(journal, "--from", 5, "--config", mine, "--json", "-"))) == [("fast", "41", 28.0)]
    without = run(journal, "--from", 5)
    assert without.exit_code == 2
    assert "position 5 comes before any version entry" in without.stderr
    assert "--config FILE" in without.stderr
    beyond = run(journal, "--from", 99)
    assert (beyond.exit_code, "the positions 0 to 10, not 99" in beyond.stderr) == (2, True)


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_any_batches_give_the_same_bytes(journal: Path, batch: int) -> None:
    assert run(journal, "--json", "-", "--batch", batch).stdout == run(journal, "--json", "-").stdout


def test_a_file_and_a_summary(journal: Path, tmp_path: Path) -> None:
    out = tmp_path / "cases.jsonl"
    result = run(journal, "--json", out)
    assert result.exit_code == 0
    assert out.read_text() == run(journal, "--json", "-").stdout
    assert "3 cases from 5 rows in " in result.stdout
    assert str(out) in result.stdout.replace("\n", "")
    table = run(journal).stdout
    assert "fast" in table
    assert "silent" in table
    assert "\x1b" not in table


def test_where_there_is_no_journal(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "gridwatch import" in result.stderr


def test_a_bad_configuration_is_told_with_all_its_faults(journal: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(CITY.replace("LIMIT", "60").replace("overspeed,", "overspede,").replace("60s", "60"))
    result = run(journal, "--config", bad)
    assert result.exit_code == 1
    assert "did you mean 'overspeed'" in result.stderr
    assert "2 faults" in result.stderr

"""`gridwatch compare`: configurations, versions of a journal and files of cases on one recording."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime.compose import City, load_city, version_payload
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
"""
FAST = "  - {id: fast, detector: overspeed, for: 10s, clear: 5s}\n"
SILENT = "  - {id: silent, detector: silent, rows: position, parameters: {after: 60s}}\n"
OVER = "  - {id: over, detector: threshold, for: 10s, clear: 5s, parameters: {column: speed, above: 66 km/h}}\n"


def config(folder: Path, rules: str = FAST + SILENT, limit: int = 60) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "city.yaml").write_text(CITY.replace("LIMIT", str(limit)) + rules)
    return folder / "city.yaml"


def speed(truck: str, second: int) -> int:
    """a: 80 for 40 s, then again for 15 s; b: 70 for 30 s; c never speeds, and is silent from second 100 on."""
    if truck == "a":
        return 80 if 10 <= second < 50 or 200 <= second < 216 else 50
    return 70 if truck == "b" and 100 <= second < 130 else 50


@pytest.fixture
def city(tmp_path: Path) -> City:
    return load_city(config(tmp_path / "first"))


@pytest.fixture
def journal(tmp_path: Path, city: City) -> Path:
    """Three trucks for five minutes, a row each second; the limit is 60 at first, 70 from second 90 on."""
    folder = tmp_path / "var" / JOURNAL
    contents, buffer = Contents(folder / CONTENTS), EntryBuffer()
    later = load_city(config(tmp_path / "second", limit=70))
    for second in range(300):
        if second in (0, 90):
            made = city if second == 0 else later
            buffer.add(Kind.VERSION, "", "", 0.0, version_payload(made.configuration, made.world, contents))
        for truck in ("a", "b", *(("c",) if second < 100 else ())):
            said = {"t": second, "x": 121.0, "y": 31.0, "v": speed(truck, second)}
            buffer.add(Kind.DELIVERY, "s", f"t/{truck}", second, json.dumps(said).encode())
        buffer.add(Kind.TICK, "s", "", second, b"")
    with Journal.open(folder) as written:
        written.commit(buffer)
    return folder


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, ["compare", *map(str, words)])


def told(result: Result) -> list[tuple[Any, ...]]:
    """(what, rule, subject, second, fields) of each difference."""
    found = json.loads(result.stdout)["differences"]
    assert result.exit_code == (1 if found else 0), result.output
    started = [(one["a"] or one["b"])["started"] for one in found]
    return [
        (one["what"], one["rule"], one["subject"], int(at[14:16]) * 60 + int(at[17:19]), one["fields"])
        for one, at in zip(found, started, strict=True)
    ]


def test_the_same_twice_is_no_difference(journal: Path, tmp_path: Path) -> None:
    first = tmp_path / "first" / "city.yaml"
    result = run(first, tmp_path / "first", "--on", journal)
    assert (result.exit_code, "No case differs." in result.stdout) == (0, True)
    assert told(run("recorded", "recorded", "--on", journal, "--json", "-")) == []


@pytest.mark.parametrize(
    "rules, limit, expected, because",
    [
        pytest.param(
            FAST.replace("for: 10s", "for: 20s") + SILENT,
            60,
            [
                ("moved", "fast", "a", 10, ["confirmed"]),
                ("moved", "fast", "b", 100, ["confirmed"]),
                ("vanished", "fast", "a", 200, []),
            ],
            "where `for` wants 20 s",
            id="longer",
        ),
        pytest.param(
            FAST.replace("clear: 5s", "clear: 5s, parameters: {tolerance: 20%}") + SILENT,
            60,
            [("vanished", "fast", "b", 100, [])],
            "B finds none of its 31 rows wrong, 10 km/h at worst",
            id="more-tolerance",
        ),
        pytest.param(
            SILENT,
            60,
            [("vanished", "fast", "a", 10, []), ("vanished", "fast", "b", 100, []), ("vanished", "fast", "a", 200, [])],
            "B has no rule 'fast'",
            id="removed",
        ),
        pytest.param(
            FAST + SILENT.replace("60s", "4min"),
            60,
            [("vanished", "silent", "c", 159, [])],
            "no row came: it is silence that was wrong by A, and was not by B",
            id="more-silence",
        ),
        pytest.param(
            FAST + SILENT,
            58,
            [
                ("changed", "fast", "a", 10, ["measure"]),
                ("changed", "fast", "b", 100, ["measure"]),
                ("changed", "fast", "a", 200, ["measure"]),
            ],
            "rows are judged alike",
            id="another-world",
        ),
    ],
)
def test_a_changed_configuration(
    journal: Path, tmp_path: Path, rules: str, limit: int, expected: list[tuple[Any, ...]], because: str
) -> None:
    first, mine = tmp_path / "first", config(tmp_path / "mine", rules, limit)
    result = run(first, mine, "--on", journal, "--json", "-")
    assert told(result) == expected
    assert any(because in line for one in json.loads(result.stdout)["differences"] for line in one["because"])
    shown = run(first, mine, "--on", journal)
    assert shown.exit_code == 1
    assert because in shown.stdout
    assert ("1 case differs" if len(expected) == 1 else f"{len(expected)} cases differ") in shown.stdout
    assert "\x1b" not in shown.stdout


def test_settings_and_worlds_are_told(journal: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", FAST.replace("10s", "20s") + SILENT.replace("60s", "90s"), 50)
    shown = run(tmp_path / "first", mine, "--on", journal).stdout
    assert "fast: for 10 s → 20 s" in shown
    assert "silent: after 1 min → 90 s" in shown
    assert "register speed_limits: default 60 only in A; default 50 only in B" in shown


def test_two_detectors(journal: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", FAST + OVER)
    result = run(mine, mine, "--on", journal, "--rules", "fast=over", "--json", "-")
    assert [one[:4] for one in told(result)] == [
        ("changed", "fast", "a", 10), ("changed", "fast", "b", 100), ("changed", "fast", "a", 200)
    ]  # fmt: skip
    said = json.loads(result.stdout)
    assert [(rule["rule"], rule["b"]) for rule in said["rules"]] == [("fast", "over")]
    assert {"name": "detector", "a": "overspeed", "b": "threshold"} in said["rules"][0]["settings"]


def test_versions_of_the_journal_and_what_was_in_force(journal: Path, tmp_path: Path, city: City) -> None:
    first = city.version(Names()).id
    assert told(run(first[:6], tmp_path / "first", "--on", journal, "--json", "-")) == []
    # the limit of 70 came before b drove 70
    assert told(run("recorded", first, "--on", journal, "--json", "-")) == [
        ("appeared", "fast", "b", 100, []), ("changed", "fast", "a", 200, ["measure"])
    ]  # fmt: skip
    assert "A  recorded   (2 versions, one after another)" in run("recorded", first, "--on", journal).stdout


def test_files_of_cases(journal: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", FAST.replace("10s", "20s") + SILENT)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file, by in zip(files, (tmp_path / "first", mine), strict=True):
        CliRunner().invoke(app, ["replay", str(journal), "--config", str(by), "--json", str(file)])
    result = run(*files)
    assert result.exit_code == 1
    assert "3 cases differ: 1 vanished, 2 moved" in result.stdout
    assert "fast: version" in result.stdout
    assert run(files[0], files[0]).exit_code == 0
    assert told(run(tmp_path / "first", files[0], "--on", journal, "--json", "-")) == []


def test_times_so_near_are_the_same(journal: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", FAST.replace("10s", "12s") + SILENT)
    words = (tmp_path / "first", mine, "--on", journal)
    assert run(*words).exit_code == 1
    assert run(*words, "--within", "2s").exit_code == 0


@pytest.mark.parametrize("batch", [7, 100])
def test_any_batches_give_the_same_bytes(journal: Path, tmp_path: Path, batch: int) -> None:
    mine = config(tmp_path / "mine", FAST.replace("10s", "20s") + SILENT)
    reports = [tmp_path / "one.html", tmp_path / "two.html"]
    words = ("recorded", mine, "--on", journal, "--json", "-", "--report")
    assert run(*words, reports[0], "--batch", batch).stdout == run(*words, reports[1]).stdout
    one, two = (report.read_text("utf-8") for report in reports)
    assert one == two
    assert "消失" in one
    assert not re.search(r"(?:src|href)=|url\(|@import|https?:", one)


@pytest.mark.parametrize(
    "words, says",
    [
        pytest.param(["recorded", "recorded"], "name a recording with --on", id="no-recording"),
        pytest.param(["recorded", "zzzz", "--on", "JOURNAL"], "Its versions: ", id="no-such-thing"),
        pytest.param(
            ["recorded", "recorded", "--on", "JOURNAL", "--rules", "fats"], "did you mean 'fast'", id="no-rule"
        ),
        pytest.param(
            ["recorded", "recorded", "--on", "JOURNAL", "--rules", "fast,fast=silent"], "second time", id="twice"
        ),
        pytest.param(["recorded", "recorded", "--on", "JOURNAL", "--within", "2"], "such as '1s'", id="no-duration"),
    ],
)
def test_what_it_says_where_it_cannot(journal: Path, words: list[str], says: str) -> None:
    result = run(*[journal if word == "JOURNAL" else word for word in words])
    assert result.exit_code == 2, result.output
    assert says in result.stderr.replace("\n", " ")

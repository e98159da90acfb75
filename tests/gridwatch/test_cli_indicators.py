"""`gridwatch indicators` and `gridwatch report make`: a store, asked from outside."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.database import open_database
from cases.migrations import migrate
from gridwatch.cli import app
from tests.cases.indicators.made import case, keep
from tests.cases.reporting.kit import fill

CONFIG = """city: tiny
time_zone: Asia/Shanghai
registers: {calendar: china}
reports: {by: [unit], score: {closing: 1}, language: en}
sources: {fleet: {type: mqtt, host: 127.0.0.1, client_id: tiny, subscribe: ["a/+"]}}
streams:
  gps: {source: fleet, topic: "a/{device}", codec: json, rows: reading, subject: "{device}",
    fields: {ts: {path: t, unit: unix_s}}, metrics: {fullness: {path: f, unit: "%"}}}
"""
MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "160"})


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "var").mkdir()
    engine = open_database(tmp_path / "var" / "cases.sqlite")
    migrate(engine)
    fill(engine)
    engine.dispose()
    return tmp_path


@pytest.mark.usefixtures("city")
def test_a_table() -> None:
    said = run("indicators", "--by", "unit", *MARCH).output
    assert [line.split()[:4] for line in said.splitlines() if " u1 " in line] == [["2026-03", "u1", "2", "2"]]
    assert "Closing in time" in said


@pytest.mark.usefixtures("city")
def test_objects_are_the_same_every_time() -> None:
    said = run("indicators", "--by", "unit", "--by", "channel", "--where", "unit=u1", "--json", *MARCH).output
    found = [json.loads(line) for line in said.splitlines()]
    assert [(each["by"], each["counts"]["due"], each["score"]) for each in found] == [
        ({"unit": "u1", "channel": "collector"}, 1, 100.0),
        ({"unit": "u1", "channel": "machine"}, 1, 100.0),
    ]
    assert said == run("indicators", "--by", "unit", "--by", "channel", "--where", "unit=u1", "--json", *MARCH).output


@pytest.mark.usefixtures("city")
def test_the_last_day_belongs_to_it() -> None:
    said = run("indicators", "--period", "whole", "--csv", "--from", "2026-03-01", "--to", "2026-03-02").output
    (row,) = csv.DictReader(said.splitlines())
    assert (row["from"], row["to"], row["filed"]) == ("2026-03-01T00:00:00+08:00", "2026-03-03T00:00:00+08:00", "3")
    moment = run("indicators", "--csv", "--from", "2026-03-01", "--to", "2026-03-02T00:00").output
    assert next(csv.DictReader(moment.splitlines()))["filed"] == "1"


@pytest.mark.usefixtures("city")
def test_times_on_both_clocks() -> None:
    (first, _) = [json.loads(line) for line in run("indicators", "--times", "--json", *MARCH).output.splitlines()]
    assert (first["state"], first["stays"], first["clock"]["median"]) == ("reported", 1, 3600.0)
    assert "handling" not in run("indicators", "--times", *MARCH).output


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "words, expected",
    [
        pytest.param(["--by", "untit"], "did you mean 'unit'", id="dimension"),
        pytest.param(["--period", "mont"], "did you mean 'month'", id="period"),
        pytest.param(["--where", "unit"], "expected NAME=VALUE", id="where"),
        pytest.param(["--from", "2026-03-02", "--to", "2026-03-01"], "a time after --from", id="order"),
        pytest.param(["--from", "march"], "expected a time such as", id="time"),
        pytest.param(["--period", "day", "--from", "2000-01-01"], "more than 1000 periods", id="too-many"),
        pytest.param(["--json", "--csv"], "got both", id="both"),
    ],
)
def test_wrong_use(words: list[str], expected: str) -> None:
    result = run("indicators", *words)
    assert (result.exit_code, expected in result.output) == (2, True), result.output


def test_a_city_without_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "city.yaml").write_text(CONFIG, "utf-8")
    assert run("indicators", "--by", "unit").output == "No cases in that time.\n"
    assert not (tmp_path / "var").exists()


@pytest.mark.usefixtures("city")
def test_a_time_without_cases_is_no_row_of_zeros() -> None:
    for words in ((), ("--by", "unit"), ("--period", "day")):
        said = run("indicators", *words, "--from", "2020-01-01", "--to", "2020-01-03").output
        assert said == "No cases in that time.\n"


def test_a_city_that_files_nothing(city: Path) -> None:
    engine = open_database(city / "var" / "cases.sqlite")
    march = 1_772_409_600.0
    keep(engine, [case("a", opened=march, state="reported"), case("b", opened=march, state="reported")])
    engine.dispose()
    said = run("indicators", *MARCH).output
    assert said.startswith("2 reported, none filed")
    assert "gridwatch cases step" in said
    (row,) = csv.DictReader(run("indicators", "--csv", *MARCH).output.splitlines())
    assert (row["reported"], row["filed"]) == ("2", "0")


def test_a_report_to_files(city: Path) -> None:
    result = run("report", "make", "monthly", "--for", "2026-03-15", "--out", "m.xlsx", "--out", "m.html")
    assert result.output == "m.xlsx: 2026-03, 4 cases filed\nm.html: 2026-03, 4 cases filed\n"
    assert "Monthly report on cases 2026-03" in (city / "m.html").read_text("utf-8")
    chinese = run("report", "make", "monthly", "--for", "2026-03-15", "--out", "z.html", "--language", "zh")
    assert chinese.exit_code == 0
    assert "城市管理案件月报" in (city / "z.html").read_text("utf-8")


def test_a_report_as_on_schedule(city: Path) -> None:
    result = run("report", "make", "weekly", "--for", "2026-03-04")
    assert result.exit_code == 0
    assert sorted(path.name for path in (city / "var" / "reports").iterdir()) == [
        "weekly-2026-W10.html",
        "weekly-2026-W10.xlsx",
    ]


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    "words, expected",
    [
        pytest.param(["--out", "m.docx"], "ends in .xlsx, .html, .pdf", id="format"),
        pytest.param(["--out", "none/m.pdf"], "Make it first", id="folder"),
        pytest.param(["--for", "2126-01-01"], "has not begun yet", id="future"),
    ],
)
def test_wrong_use_of_reports(words: list[str], expected: str) -> None:
    result = run("report", "make", "daily", *words)
    assert (result.exit_code, expected in result.output) == (2, True), result.output

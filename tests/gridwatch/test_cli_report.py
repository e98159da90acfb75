"""`gridwatch replay --report … --expect …`: files by their suffix, and an exit code that a pipeline can go by."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from tests.gridwatch.test_cli_replay import CITY, config, journal

__all__ = ["journal"]
"""The fixture: two cases of `fast`, at 1 and 101, and one of `silent`."""

LABELS = """\
{"rule": "fast", "subject": "a", "started": "1970-01-01T00:00:01Z", "ended": "1970-01-01T00:00:02Z"}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, words)])


@pytest.fixture
def recording(journal: Path) -> Path:
    """With a label for the first case, so that `silent` is false."""
    (journal.parent / "labels.jsonl").write_text(LABELS)
    return journal.parent


def test_each_format_follows_the_suffix(recording: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("r.html", "r.JSON", "r.xml")]
    result = run(recording, *(word for file in files for word in ("--report", file)), "--title", "May <day>")
    assert result.exit_code == 0, result.output
    assert "<h1>May &lt;day&gt;</h1>" in files[0].read_text("utf-8")
    report = json.loads(files[1].read_bytes())
    assert (report["recording"]["name"], report["recording"]["city"]) == ("var", "demo")
    assert (report["title"], report["met"], len(report["versions"])) == ("May <day>", True, 2)
    assert [case["rule"] for case in report["cases"]] == ["fast", "silent", "fast"]
    assert ET.fromstring(files[2].read_bytes()).get("name") == "May <day>"
    assert str(tmp_path) not in "".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("batch", [1, 3])
def test_the_same_bytes_for_any_batches(recording: Path, tmp_path: Path, batch: int) -> None:
    expect = tmp_path / "e.yaml"
    expect.write_text("expect: {fast: {cases: 2}, all: {cases: 3}}")
    for name in ("whole", "pieces"):
        size = batch if name == "pieces" else 65_536
        reports = [("--report", tmp_path / f"{name}{suffix}") for suffix in (".html", ".json", ".xml")]
        words = [word for pair in reports for word in pair]
        assert run(recording, *words, "--expect", expect, "--batch", size).exit_code == 0
    for suffix in (".html", ".json", ".xml"):
        assert (tmp_path / f"whole{suffix}").read_bytes() == (tmp_path / f"pieces{suffix}").read_bytes()


def test_what_is_missed_is_told_and_ends_with_1(recording: Path, tmp_path: Path) -> None:
    expect, junit = tmp_path / "e.yaml", tmp_path / "j.xml"
    expect.write_text("expect:\n  fast: {cases: ..1, recall: 1}\n  sillent: {cases: 1}\n")
    result = run(recording, "--expect", expect, "--report", junit)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-4:] == [
        "missed: fast: expected recall at least 1, got nothing: no label says of it when it was wrong",
        "missed: fast: expected cases 0 to 1, got 2",
        "missed: sillent: expected cases 1, got nothing: no such rule was judged; did you mean 'silent'?",
        "3 of 3 expectations missed.",
    ]
    assert ET.fromstring(junit.read_bytes()).get("failures") == "3"
    to_stdout = run(recording, "--expect", expect, "--json", "-")
    assert to_stdout.exit_code == 1
    assert [json.loads(line)["rule"] for line in to_stdout.stdout.splitlines()] == ["fast", "silent", "fast"]
    assert "3 of 3 expectations missed." in to_stdout.stderr


def test_the_section_of_the_configuration_asked_for(recording: Path, tmp_path: Path) -> None:
    mine = config(tmp_path / "mine", 62)
    mine.write_text(mine.read_text() + "expect: {fast: {cases: 2}}\n")
    result = run(recording, "--config", mine)
    assert (result.exit_code, "1 expectation met." in result.stdout) == (0, True)
    other = tmp_path / "other.yaml"
    other.write_text(CITY.replace("LIMIT", "60") + "expect: {fast: {cases: 9}}\n")
    assert run(recording, "--config", mine, "--expect", other).exit_code == 1
    # the journal's own configurations have none
    assert "expectation" not in run(recording).output


@pytest.mark.parametrize(
    "text, code, told",
    [
        pytest.param("rules: []", 2, "there is no section 'expect:'", id="no-section"),
        pytest.param(
            "expect: {fast: {recal: 1}}", 1, "expect.fast.recal   unknown key; did you mean 'recall'?", id="key"
        ),
        pytest.param("expect: {fast: {delay_p50: 60}}", 1, "got a bare number", id="bare-number"),
        pytest.param("expect: 5", 1, "expect", id="no-mapping"),
    ],
)
def test_a_file_that_says_nothing_good(recording: Path, tmp_path: Path, text: str, code: int, told: str) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(text)
    result = run(recording, "--expect", file)
    assert (result.exit_code, told in result.stderr) == (code, True), result.output


@pytest.mark.parametrize(
    "name, told",
    [
        pytest.param("report.pdf", "expected a name that ends in .html, .json, .xml", id="suffix"),
        pytest.param("nowhere/report.json", "Make it first.", id="folder"),
    ],
)
def test_what_cannot_be_written_is_told_first(recording: Path, tmp_path: Path, name: str, told: str) -> None:
    result = run(recording, "--report", tmp_path / name)
    assert (result.exit_code, told in result.stderr.replace("\n", " "), result.stdout) == (2, True, "")


def test_injected_faults_are_in_the_report(recording: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    assert run(recording, "--faults", "repeat=50%", "--seed", 7, "--report", file).exit_code == 0
    assert json.loads(file.read_bytes())["faults"]["seed"] == 7

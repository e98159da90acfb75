"""`gridwatch cases verdict` and `gridwatch label`: what people said becomes labels, and labels a score."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases.store import FILE
from gridwatch.cli import app
from pipeline.runtime.logs import logger
from pipeline.runtime.settling import settle
from replay.labels import CONFIRMED, FALSE_ALARM, read_file
from replay.recording import LABELS, MANIFEST
from tests.gridwatch.test_cli_export import cases, data

__all__ = ["data"]
CSV = "rule,subject,started,ended\nfast,b,1970-01-01T03:00:00Z,1970-01-01T03:10:00Z\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def city(data: Path) -> Path:
    """A data folder with the cases that its journal comes to."""
    settle(data, data / FILE, logger(io.StringIO()))
    return data


def scored(folder: Path, *words: object) -> str:
    result = run("replay", folder, *words)
    assert result.exit_code == 0, result.output
    return next(line for line in result.stdout.splitlines() if line.strip().startswith("fast"))


def ids(folder: Path) -> dict[str, str]:
    return {str(case["subject"]): str(case["id"]) for case in cases(folder) if case["rule"] == "fast"}


def test_verdicts_become_labels(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    of = ids(city)
    assert run("cases", "verdict", of["a"][:8], "confirmed", "--by", "Li", "--data", city).exit_code == 0
    assert run("cases", "verdict", of["a"], "false-alarm", "--by", "Wang", "--note", "no fault", "--data", city)
    result = run("label", city)
    assert result.exit_code == 0, result.output
    assert "1 labels (1 false alarm)" in result.stdout
    assert "counts neither way" in result.stdout
    (label,) = read_file(city / LABELS)
    assert (label.rule, label.subject, label.started, label.verdict) == ("fast", "a", 0.0, FALSE_ALARM)
    assert label.note == "no fault"
    # rule, cases, open, subjects, events, found, precision … unlabelled: b, of whom nobody said anything
    assert scored(city).split()[:7] == ["fast", "2", "0", "2", "0", "0", "0"]
    assert scored(city).split()[-1] == "1"
    run("cases", "verdict", of["b"], "confirmed", "--by", "Li", "--data", city)
    assert "1 confirmed, 1 false alarm" in run("label", city).stdout
    assert scored(city).split()[:7] == ["fast", "2", "0", "2", "1", "1", "0.5"]


def test_labels_from_csv_are_all_that_was_wrong(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "mine.csv").write_text(CSV)
    result = run("label", data, "--from", tmp_path / "mine.csv", "--csv", tmp_path / "out.csv")
    assert "a case without a label is false" in result.stdout
    assert [each.verdict for each in read_file(tmp_path / "out.csv")] == [CONFIRMED]
    assert scored(data).split()[:8] == ["fast", "2", "0", "2", "1", "1", "0.5", "1"]
    assert "counts neither way" in run("label", data, "--partial").stdout
    assert scored(data).split()[-1] == "1"
    assert "by fast" in run("label", data, "--complete", "fast").stdout
    assert json.loads((data / MANIFEST).read_text())["labelled"] == ["fast"]
    assert scored(data).split()[6] == "0.5"
    assert run("label", data, "--anew").exit_code == 1


def test_an_export_takes_them_along_and_a_recording_from_a_city(city: Path, tmp_path: Path) -> None:
    of = ids(city)
    run("cases", "verdict", of["b"], "confirmed", "--by", "Li", "--data", city)
    run("cases", "verdict", of["a"], "false-alarm", "--by", "Li", "--data", city)
    run("export", tmp_path / "cut", city, "--case", of["b"], "--before", "5min")
    assert [each.subject for each in read_file(tmp_path / "cut" / LABELS)] == ["b"]
    (tmp_path / "cut" / LABELS).unlink()
    assert run("label", tmp_path / "cut").exit_code == 1
    assert run("label", tmp_path / "cut", "--verdicts", city).exit_code == 0
    assert [each.subject for each in read_file(tmp_path / "cut" / LABELS)] == ["b"]


@pytest.mark.parametrize(
    "words, code, told",
    [
        pytest.param(["cases", "verdict", "ffff", "confirmed", "--by", "x", "--data", "D"], 1, "ffff", id="no-case"),
        pytest.param(["cases", "verdict", "ffff", "maybe", "--by", "x", "--data", "D"], 2, "'maybe'", id="no-verdict"),
        pytest.param(["label", "D"], 1, "nothing to label it with", id="nothing-said"),
        pytest.param(["label", "D", "--verdicts", "nowhere"], 2, "there are no cases here", id="no-city"),
        pytest.param(["label", "D", "--complete", "all", "--partial"], 2, "one of the two", id="both"),
    ],
)
def test_wrong_use(city: Path, words: list[str], code: int, told: str) -> None:
    result = run(*(city if word == "D" else word for word in words))
    assert (result.exit_code, told in result.stderr) == (code, True), result.output

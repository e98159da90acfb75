"""`gridwatch replay` of folders of MOT files, small ones made here and real ones: labels, boxes, what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.bins import DATA
from gridwatch.cli import app

pytest.importorskip("trackers", reason="needs gridwatch[cameras]")

RATE, FRAMES = 5, 100


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, words)])


def line(frame: int, track: int, x: float, y: float, w: float = 40, h: float = 30, kind: int = 2) -> str:
    return f"{frame},{track},{x:.0f},{y:.0f},{w},{h},0.9,{kind}\n"


def sequence(folder: Path, stops: int | None, truth: bool = True) -> None:
    """20 seconds of a car that drives from the left, 8 px a picture, and one that stands from `stops` on at x = 400.

    A third drives by all along.
    """
    (folder / "det").mkdir(parents=True)
    (folder / "gt").mkdir()
    det, gt = "", ""
    for frame in range(1, FRAMES + 1):
        det += line(frame, -1, 8 * frame, 300)
        if stops is not None:
            x = 400.0 - 8.0 * max(0, stops - frame)
            det += line(frame, -1, x, 100) if x >= 0 else ""
            gt += line(frame, 7, x, 100) if frame >= stops else ""
    (folder / "det" / "det.txt").write_text(det)
    if truth:
        (folder / "gt" / "gt.txt").write_text(gt)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sequence(tmp_path / "road" / "a", stops=40)
    sequence(tmp_path / "road" / "b", stops=None)
    return tmp_path / "road"


def test_what_stands_is_a_case_and_scored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    result = run(folder, "--fps", RATE, "--size", "1000x500")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    # rule, cases, open, subjects, events, found, precision, recall, F1, twice
    row = next(each for each in result.stdout.splitlines() if "stopped-vehicle" in each)
    assert row.split()[:10] == ["stopped-vehicle", "1", "1", "1", "1", "1", "1", "1", "1", "0"]
    (case,) = [json.loads(each) for each in run(folder, "--fps", RATE, "--json", "-").stdout.splitlines()]
    assert (case["subject"], case["rule"], case["category"]) == ("a", "stopped-vehicle", "traffic.stopped_vehicle")
    # it stands from picture 40 on, 7.8 s after the first, and is a case when it has stood for 6 s
    assert "2000-01-01T00:00:13" <= case["started"] <= "2000-01-01T00:00:15"


def test_the_same_bytes_for_any_batch(folder: Path) -> None:
    all_at_once = run(folder, "--fps", RATE, "--json", "-").stdout
    assert all_at_once
    assert run(folder, "--fps", RATE, "--json", "-", "--batch", 7).stdout == all_at_once


def test_what_nobody_said_is_told(folder: Path) -> None:
    told = run(folder).stderr
    assert "2 sequences: nobody says how many pictures a second; 10 taken (--fps)" in told
    assert "as far as the boxes reach (--size)" in told
    (folder / "a" / "det" / "det.txt").write_text("1,-1,0,0\n" + line(2, -1, 5, 5))
    assert "a/det/det.txt:1" in run(folder).stderr


def test_without_truth_nothing_is_scored(tmp_path: Path) -> None:
    sequence(tmp_path / "c", stops=40, truth=False)
    result = run(tmp_path / "c", "--fps", RATE)
    assert result.exit_code == 0
    assert "precision" not in result.stdout
    assert "1 cases from" in result.stdout


@pytest.mark.parametrize(
    "words, told",
    [
        pytest.param(["--size", "big"], "--size: expected WIDTHxHEIGHT", id="size"),
        pytest.param(["--config", "CITY"], "expected a stream with 'codec: sightings'", id="no-stream"),
        pytest.param(["--from", "99999"], "has the positions 0 to", id="position"),
    ],
)
def test_wrong_use(folder: Path, words: list[str], told: str) -> None:
    demo = Path(__file__).parents[2] / "configs" / "examples" / "car_drive" / "city.yaml"
    result = run(folder, *(demo if word == "CITY" else word for word in words))
    assert result.exit_code == 2, result.output
    assert told in result.stderr.replace("\n", " ")


@pytest.mark.skipif(
    not (DATA / "roadtrack").is_dir(), reason="needs the recordings in ../shared/data or $GRIDWATCH_DATA"
)
def test_real_sequences_are_found_in_their_layout() -> None:
    result = run(DATA / "roadtrack" / "P" / "04-14_09_K295_179", "--fps", 10, "--json", "-")
    found = [json.loads(each) for each in result.stdout.splitlines()]
    # a car stops on the shoulder at picture 233 and stays
    assert "2000-01-01T00:00:23" <= found[0]["started"] <= "2000-01-01T00:00:35"
    assert found[0]["subject"] == "04-14_09_K295_179"

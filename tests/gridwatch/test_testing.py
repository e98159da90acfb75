"""`gridwatch.testing` and the pytest plug-in, in a project of its own."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.overspeed import Overspeed
from gridwatch.testing import drive, replay, rule
from pipeline.faults import Faulty
from replay.labels import Label, write_file
from replay.recording import LABELS, Manifest, write_manifest
from tests.gridwatch.test_cli_export import data

__all__ = ["data"]
FAST = {"id": "fast", "detector": "overspeed", "for": "20s", "clear": "10s"}
LIMITS = {"default": 60}


def truck(*speeds: float) -> list[dict[str, float | str]]:
    """A row each 10 s."""
    return [{"subject": "a", "ts": 10.0 * n, "lon": 121.4, "lat": 31.2, "speed": v} for n, v in enumerate(speeds)]


#            0  10  20  30  40  50
SPEEDS = (70, 75, 80, 40, 40, 40)


def test_rules_as_a_configuration_writes_them() -> None:
    (episode,) = drive([FAST], truck(*SPEEDS), speed_limits=LIMITS)
    assert (episode.rule, episode.subject, episode.started, episode.confirmed) == ("fast", "a", 0.0, 20.0)
    assert (episode.ended, episode.measure) == (30.0, 20.0)
    assert drive([rule(FAST)], truck(*SPEEDS), speed_limits=LIMITS) == [episode]


def test_a_detector_alone_is_wrong_at_once() -> None:
    (episode,) = drive([Overspeed()], truck(70, 40), speed_limits=LIMITS)
    assert (episode.rule, episode.started, episode.ended) == ("Overspeed", 0.0, 10.0)


def test_readings_sightings_and_silence() -> None:
    full = {"id": "full", "detector": "threshold", "metric": "fullness", "parameters": {"above": "80 %"}}
    rows: list[dict[str, float | str]] = [{"subject": "b", "metric": "fullness", "ts": 0.0, "value": 90.0}]
    assert [each.part for each in drive([full], rows)] == ["fullness"]
    silent = {"id": "silent", "detector": "silent", "rows": "reading", "parameters": {"after": "60s"}}
    assert [each.started for each in drive([silent], rows, until=100.0)] == [60.0]
    stopped = {"id": "stopped", "detector": "stationary", "parameters": {"still": "5s"}}
    seen: dict[str, float | str] = {"subject": "cam", "track": 7, "label": "car", "ts": 9.0, "still": 6.0, "score": 0.9}
    assert [(each.subject, each.part) for each in drive([stopped], [seen])] == [("cam", "7")]
    busy = {
        "id": "busy",
        "detector": "threshold",
        "rows": "presence",
        "parameters": {"column": "count", "above": "0 1"},
    }
    there: list[dict[str, float | str]] = [{"subject": "cam", "zone": "bay", "ts": 9.0, "count": 2.0}]
    assert [(each.subject, each.part) for each in drive([busy], there)] == [("cam", "bay")]


def test_rules_and_world_of_a_city(data: Path) -> None:
    city = data.parent / "city.yaml"
    (episode,) = drive(["fast"], truck(90), city=city)  # its limit is 80
    assert (episode.measure, math.isnan(episode.ended)) == (10.0, True)


@pytest.mark.parametrize(
    "rules, rows, told",
    [
        pytest.param(["fast"], truck(70), "name the configuration", id="no-city"),
        pytest.param([FAST], [], "expected rows", id="no-rows"),
        pytest.param([FAST], [{"subject": "a", "ts": 1.0}], "lon, metric, track", id="of-no-kind"),
        pytest.param([FAST], [*truck(70), {"subject": "a", "ts": 1.0}], "row 1 has no 'lon'", id="of-two-kinds"),
    ],
)
def test_what_is_lacking_is_said(rules: list[object], rows: list[dict[str, float | str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        drive(rules, rows)  # type: ignore[arg-type]


def test_an_unknown_rule_gets_a_suggestion(data: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'fast'"):
        drive(["fats"], truck(70), city=data.parent / "city.yaml")
    with pytest.raises(Faulty):
        drive(["fast"], truck(70), city=data.parent / "nowhere.yaml")


def test_replay(data: Path) -> None:
    outcome = replay(data)
    assert {case.rule for case in outcome.cases} == {"fast", "silent"}
    assert not replay(data, faults="drop=100%").cases
    repeated = replay(data, faults="repeat=50%", seed=3)
    assert [case.to_json() for case in repeated.cases] == [case.to_json() for case in outcome.cases]


@pytest.mark.parametrize("first", ["gridwatch.testing", "gridwatch.recordings", "gridwatch.mot", "gridwatch.cli"])
def test_any_module_may_be_imported_first(first: str, data: Path) -> None:
    code = f"import {first}; from gridwatch.testing import replay; print(len(replay({str(data)!r}).cases))"
    done = subprocess.run([sys.executable, "-c", code], cwd=data, capture_output=True, text=True, check=False)
    assert done.stdout.strip().isdecimal(), done.stderr


@pytest.fixture
def project(data: Path) -> Path:
    """A project with a recording and what is expected of it."""
    folder = data.parent
    with (folder / "city.yaml").open("a") as out:
        out.write("expect:\n  fast: {precision: 0.9, recall: 0.9}\n  all: {cases: 100..1000}\n")
    write_manifest(Manifest(city="demo"), data)
    write_file([Label(10800.0, "fast", "b", 11400.0), Label(7200.0, "fast", "a", 7300.0)], data / LABELS)
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["."]\ngridwatch_config = "city.yaml"\nfilterwarnings = ["error"]\n'
    )
    (folder / "test_mine.py").write_text(
        "def test_fixture(gridwatch):\n"
        "    rows = [{'subject': 'a', 'ts': 1.0, 'lon': 1.0, 'lat': 1.0, 'speed': 90.0}]\n"
        "    assert [each.measure for each in gridwatch.drive(['fast'], rows)] == [10.0]\n"
        "    assert gridwatch.replay('var').scores['fast'].right == 1\n"
    )
    return folder


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_plug_in(project: Path) -> None:
    done = pytest_in(project, "-v")
    assert "test_mine.py::test_fixture PASSED" in done.stdout, done.stdout + done.stderr
    assert "var/recording.json::fast precision PASSED" in done.stdout
    assert "var/recording.json::all cases PASSED" in done.stdout
    assert "var/recording.json::fast recall FAILED" in done.stdout
    assert "fast: expected recall at least 0.9, got 0.5" in done.stdout
    assert "fast: missed a 1970-01-01T02:00:00Z for 100 s" in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 failed, 3 passed" in done.stdout


def test_without_a_configuration_no_recording_is_a_test(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    done = pytest_in(project, "--collect-only", "-q")
    assert "recording.json" not in done.stdout
    assert "test_mine.py::test_fixture" in done.stdout

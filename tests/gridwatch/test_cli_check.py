"""`gridwatch check`, and what all commands share: exit codes, plain errors, machine-readable output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridwatch
from gridwatch.cli import COMMANDS, GROUPS, app
from pipeline.runtime import compose

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "configs" / "examples").glob("*/city.yaml"))

CITY = """\
city: demo
time_zone: UTC
sources: {s: {type: import}}
streams:
  gps:
    source: s
    topic: t/{d}
    codec: json
    rows: position
    subject: "{d}"
    datum: WGS-84
    fields: {ts: {path: t, unit: unix_s}, lon: {path: x}, lat: {path: y}}
rules:
  - {id: fast, detector: overspeed}
  - {id: silent, detector: silent, rows: position}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "city.yaml").write_text(CITY)
    return tmp_path


def test_a_good_configuration_exits_0_and_shows_coverage(city: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(city / "city.yaml")])
    assert result.exit_code == 0
    assert "fast    can judge 0 of 0   judges nobody in the registers" in result.stdout
    assert "no stream gives 'speed'" in result.stdout
    assert result.stdout.endswith("no faults, 2 rules\n")
    assert result.stderr == ""


def test_a_folder_stands_for_its_city_yaml(city: Path) -> None:
    assert CliRunner().invoke(app, ["check", str(city)]).exit_code == 0


def test_faults_exit_1_all_at_once_on_stderr(city: Path) -> None:
    file = city / "city.yaml"
    file.write_text(CITY.replace("overspeed", "overspede").replace("time_zone: UTC", "time_zone: Utopia"))
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{file}:2  time_zone   expected a time zone")
    assert lines[1] == f"{file}:14  rules.0.detector   no detector 'overspede'; did you mean 'overspeed'?"
    assert lines[2] == f"{file}: 2 faults"
    assert len(lines) == 3


def test_json_is_one_object_a_line(city: Path) -> None:
    good = CliRunner().invoke(app, ["check", str(city), "--json"])
    objects = [json.loads(line) for line in good.stdout.splitlines()]
    assert [(o["kind"], o["rule"]) for o in objects] == [("coverage", "fast"), ("coverage", "silent")]
    (city / "city.yaml").write_text(CITY.replace("overspeed", "overspede"))
    bad = CliRunner().invoke(app, ["check", str(city), "--json"])
    assert bad.exit_code == 1
    (fault,) = [json.loads(line) for line in bad.stdout.splitlines()]
    assert (fault["kind"], fault["line"], fault["path"]) == ("fault", 14, "rules.0.detector")


def test_a_warning_is_said_and_exits_0(city: Path) -> None:
    (city / "vehicles.csv").write_text("id,class\nt,muck_truck\n")
    text = CITY.replace("time_zone: UTC", "time_zone: UTC\nregisters: {vehicles: vehicles.csv}")
    (city / "city.yaml").write_text(text.replace("rows: position}", "rows: position, classes: [muck_trcuk]}"))
    result = CliRunner().invoke(app, ["check", str(city)])
    assert result.exit_code == 0
    assert "warning: " in result.stdout
    assert "did you mean 'muck_truck'?" in result.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_without_fault(name: str) -> None:
    result = CliRunner().invoke(app, ["check", str(ROOT / "configs" / "examples" / name)])
    assert result.exit_code == 0, result.stderr


def test_no_such_file_says_how_to_begin(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1
    assert "gridwatch init CITY" in result.stderr


def test_wrong_use_exits_2() -> None:
    assert CliRunner().invoke(app, ["check", "--colour"]).exit_code == 2
    assert CliRunner().invoke(app, ["chekc"]).exit_code == 2


def test_a_fault_of_our_own_is_two_lines_and_no_traceback(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Path) -> None:
        raise RuntimeError("an odd thing")

    monkeypatch.setattr(compose, "load_city", breaks)
    monkeypatch.delenv("GRIDWATCH_DEBUG", raising=False)
    result = CliRunner().invoke(app, ["check", str(city)])
    assert result.exit_code == 3
    assert result.stderr.splitlines()[0] == "gridwatch failed by a fault of its own: RuntimeError: an odd thing"
    assert "GRIDWATCH_DEBUG=1" in result.stderr
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("GRIDWATCH_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(app, ["check", str(city)]).stderr


def test_what_the_system_refuses_exits_3(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied", "city.yaml")

    monkeypatch.setattr(compose, "load_city", refused)
    result = CliRunner().invoke(app, ["check", str(city)])
    assert result.exit_code == 3
    assert result.stderr.startswith("city.yaml: Permission denied.")


def test_schema_is_json_that_names_the_sections(tmp_path: Path) -> None:
    out = tmp_path / "schema.json"
    assert CliRunner().invoke(app, ["schema", "--out", str(out)]).exit_code == 0
    assert "rules" in json.loads(out.read_text())["properties"]
    assert json.loads(CliRunner().invoke(app, ["schema"]).stdout) == json.loads(out.read_text())


def test_every_command_has_help() -> None:
    top = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    for name in (*COMMANDS, *GROUPS):
        assert name in top
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_the_version_is_the_distributions() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"gridwatch {gridwatch.__version__}\n"
    assert f'version = "{gridwatch.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_the_process_exits_with_the_same_codes(city: Path) -> None:
    def run(*words: str) -> int:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "gridwatch.cli", *words]
        return subprocess.run(command, cwd=city, env=environment, capture_output=True, check=False).returncode

    assert run("check") == 0
    assert run("check", "none.yaml") == 1
    assert run("check", "--colour") == 2

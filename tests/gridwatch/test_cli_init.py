"""`gridwatch init`: a folder that `gridwatch check` passes at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app
from gridwatch.cli.init import TEMPLATES
from pipeline.names import Names
from pipeline.runtime.compose import load_city
from pipeline.runtime.coverage import coverage


def test_a_new_city_passes_check_and_every_rule_can_judge_its_example(tmp_path: Path) -> None:
    folder = tmp_path / "neustadt"
    made = CliRunner().invoke(app, ["init", "neustadt", "--folder", str(folder), "--time-zone", "Europe/Berlin"])
    assert made.exit_code == 0, made.stderr
    assert sorted(path.name for path in folder.iterdir()) == sorted(TEMPLATES)
    checked = CliRunner().invoke(app, ["check", str(folder)])
    assert checked.exit_code == 0, checked.stderr
    assert "warning" not in checked.stdout
    city = load_city(folder / "city.yaml")
    assert (city.configuration.city, city.configuration.time_zone) == ("neustadt", "Europe/Berlin")
    assert city.version(Names()).city == "neustadt"
    for rule in coverage(city):
        assert (rule.judged, rule.unjudged) == (1, 0), rule


def test_every_register_template_has_one_example_row(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["init", "x", "--folder", str(tmp_path)])
    registers = load_city(tmp_path / "city.yaml").registers
    sizes = [len(getattr(registers, n)) for n in ("vehicles", "devices", "bins", "permits", "zones", "routes")]
    assert sizes == [1] * 6


def test_the_folder_is_the_citys_name_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init", "oldtown"]).exit_code == 0
    assert (tmp_path / "oldtown" / "city.yaml").exists()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "bins.csv").write_text("mine")
    result = CliRunner().invoke(app, ["init", "x", "--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert "is there already and stays as it is" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bins.csv"]
    assert (tmp_path / "bins.csv").read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["init", "My City"], id="name"),
        pytest.param(["init", "../x"], id="path"),
        pytest.param(["init", "x", "--time-zone", "Mars/Base"], id="time-zone"),
    ],
)
def test_wrong_use_exits_2_and_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "expected" in result.stderr
    assert list(tmp_path.iterdir()) == []

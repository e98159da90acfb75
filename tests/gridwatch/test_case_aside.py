"""`gridwatch cases aside`: what is put aside, what that holds, and storms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cases.database import open_database
from cases.migrations import migrate
from gridwatch.cli.cases import app
from gridwatch.cli.data import FILE
from gridwatch.cli.frame import CommandGroup
from tests.cases.desk.kit import DAY, Log, conditions

APP = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)
APP.add_typer(app, name="cases")
STORM = {"id": "many-down", "rules": ["down"], "more_than": 1, "within": "10min"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["cases", "aside", *map(str, arguments)], env={"COLUMNS": "120"})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A shelving that holds one of two, a suppression that is proposed, a storm."""
    engine = open_database(tmp_path / FILE)
    migrate(engine)
    log = Log(engine, conditions(fusion={"storms": [STORM]}))
    scope = {"subjects": ["bin-2"], "circle": [121.47, 31.23, 500.0], "until": DAY + 3600}
    log.step(DAY, "", "shelve", "supervisor", by="li", note="roadworks", scope=scope)
    log.episode(DAY + 10, "first")
    log.step(DAY + 20, "first", "verdict", "acceptor", by="wang", verdict="false alarm", note="the sensor is wet")
    log.episode(DAY + 30, "aside", subject="bin-2")
    for n in range(3):
        log.episode(DAY + 40 + n, f"down-{n}", rule="down", subject=f"gps-{n}")
    engine.dispose()
    return tmp_path


def test_all_that_is_put_aside_is_listed(data: Path) -> None:
    found = " ".join(run("--data", data).stdout.split())
    assert "shelving bin-2; 500 m around" in found
    assert "2026-03-01 01:00:00" in found
    assert "1 of 1" in found
    assert "roadworks (li)" in found
    assert "suppression, proposed" in found
    assert "many-down" in found


def test_machines_get_it_as_json(data: Path) -> None:
    shelving, suppression, storm = map(json.loads, run("--data", data, "--json").stdout.splitlines())
    assert (shelving["kind"], shelving["until"], shelving["now"]) == ("shelving", "2026-03-01T01:00:00Z", 1)
    assert shelving["about"]["subjects"] == ["bin-2"]
    assert (suppression["state"], suppression["verdict"], suppression["case_id"]) == (
        "proposed",
        "false alarm",
        "first",
    )
    assert (storm["kind"], storm["rule"], storm["members"]) == ("storm", "many-down", 2)
    (held,) = map(json.loads, run("--data", data, "--held", shelving["id"], "--json").stdout.splitlines())
    assert (held["id"], held["subject"], held["ended"]) == ("aside", "bin-2", None)


def test_what_one_holds(data: Path) -> None:
    shelving = json.loads(run("--data", data, "--json").stdout.splitlines()[0])
    assert "goes on" in run("--data", data, "--held", shelving["id"]).stdout
    assert "It holds nothing now." in run("--data", data, "--held", "none-such").stdout


def test_where_nothing_is(tmp_path: Path) -> None:
    assert "There are no cases" in run("--data", tmp_path).output
    engine = open_database(tmp_path / FILE)
    migrate(engine)
    engine.dispose()
    assert "Nothing is put aside" in run("--data", tmp_path).stdout

"""`gridwatch dispatch`: how it stands, what was given up, and what people do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cases.database import open_database
from cases.outbox.outbox import Outbox, Outcome
from cases.outbox.settings import Delivery
from cases.store import FILE
from gridwatch.cli.dispatch import app as dispatch_app
from gridwatch.cli.frame import CommandGroup
from tests.cases.outbox.told import T0, happened
from tests.connectors.dispatch.others import Reply, other
from tests.services.mosquitto import free_port

APP = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)
APP.add_typer(dispatch_app, name="dispatch")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, [str(each) for each in arguments], env={"COLUMNS": "140"})


CITY = """
city: test
time_zone: UTC
sources: {fleet: {type: mqtt, host: broker.invalid, client_id: test, subscribe: [fleet/#]}}
streams:
  gps:
    source: fleet
    topic: fleet/{device}/gps
    codec: json
    rows: position
    subject: "{device}"
    datum: WGS-84
    fields: {ts: {path: time, unit: unix_s}, lon: {path: lon}, lat: {path: lat}}
"""


def city(folder: Path, targets: dict[str, Any]) -> Path:
    """A configuration with these targets."""
    folder.mkdir()
    file = folder / "city.yaml"
    file.write_text(f"{CITY}\ndispatch: {json.dumps(targets)}\n", "utf-8")
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A city whose target crm refused a message of case a, which holds one more, and failed with one of case b."""
    from cases.migrations import migrate

    file = city(tmp_path / "city", {"crm": {"type": "webhook", "url": "https://x.invalid/"}})
    (file.parent / "var").mkdir(exist_ok=True)
    engine = open_database(file.parent / "var" / FILE)
    migrate(engine)
    box = Outbox(engine, "test", {"crm": Delivery(open_after=1)})
    for case, event in [("a", "dispatch"), ("a", "urge"), ("b", "dispatch")]:
        happened(engine, case, event)
    box.follow()
    for outcome in (Outcome(refused=True, why="400: no such\x1b[2J category"), Outcome(why="503")):
        letter = box.next("crm", T0)
        assert letter is not None
        box.record("crm", letter.id, outcome, T0)
    engine.dispose()
    return file


def lines(*arguments: object) -> list[dict[str, Any]]:
    got = run(*arguments)
    assert got.exit_code == 0, got.output
    return [json.loads(line) for line in got.stdout.splitlines()]


def test_how_each_target_is_doing(file: Path) -> None:
    (crm,) = lines("dispatch", "list", "--config", file, "--json")
    assert crm.pop("until") <= "2026-01-01T00:00:01Z"
    assert crm == {
        "name": "crm",
        "gone": False,
        "breaker": "open",
        "waiting": 2,
        "held": 1,
        "dead": 1,
        "over": 0,
        "oldest": "2026-01-01T00:00:00Z",
        "worked": None,
        "why": "503",
    }
    shown = run("dispatch", "list", "--config", file).stdout
    assert "left alone until" in shown
    assert "2, 1 of them held" in shown


def test_a_city_that_never_ran_shows_its_targets(tmp_path: Path) -> None:
    file = city(tmp_path / "city", {"crm": {"type": "webhook", "url": "https://x.invalid/"}})
    assert [each["name"] for each in lines("dispatch", "list", "--config", file, "--json")] == ["crm"]
    assert run("dispatch", "dead", "--config", file).stdout == "No dead messages.\n"
    assert "No targets" in run("dispatch", "list", "--config", city(tmp_path / "other", {})).stdout


def test_what_was_given_up_and_why(file: Path) -> None:
    (one,) = lines("dispatch", "dead", "--config", file, "--json")
    assert (one["case"], one["event"], one["holds"], one["attempts"]) == ("a", "dispatch", 1, 1)
    assert lines("dispatch", "dead", "--config", file, "--json", "--target", "other") == []
    shown = run("dispatch", "dead", "--config", file).stdout
    assert one["id"][:8] in shown
    assert "\x1b[2J" not in shown


@pytest.mark.parametrize(
    "command, chosen, says, left",
    [
        pytest.param("retry", "id", "1 will be sent again", (3, 0), id="retry"),
        pytest.param("retry", "target", "1 will be sent again", (3, 0), id="retry-all"),
        pytest.param("drop", "id", "1 dropped", (2, 0), id="drop"),
        pytest.param("drop", "target", "1 dropped", (2, 0), id="drop-all"),
    ],
)
def test_people_decide(file: Path, command: str, chosen: str, says: str, left: tuple[int, int]) -> None:
    (one,) = lines("dispatch", "dead", "--config", file, "--json")
    which = [one["id"][:8]] if chosen == "id" else ["--target", "crm"]
    got = run("dispatch", command, *which, "--config", file)
    assert says in got.stdout
    (crm,) = lines("dispatch", "list", "--config", file, "--json")
    assert (crm["waiting"], crm["dead"]) == left


@pytest.mark.parametrize(
    "arguments, why",
    [
        pytest.param(["retry"], "Name dead messages", id="nothing-named"),
        pytest.param(["retry", "ab", "--target", "crm"], "Name dead messages", id="both"),
        pytest.param(["drop", "zz"], "no dead message has an id that begins with 'zz'", id="no-such"),
        pytest.param(["test", "crn"], "There is no target 'crn'; did you mean 'crm'?", id="no-target"),
    ],
)
def test_wrong_use_is_said(file: Path, arguments: list[str], why: str) -> None:
    got = run("dispatch", *arguments, "--config", file)
    assert (got.exit_code, why in got.stderr) == (2, True)


@pytest.mark.parametrize(
    "reply, code, says",
    [
        pytest.param(Reply(204), 0, "crm works.", id="works"),
        pytest.param(Reply(500, b"oops"), 1, "crm does not work: 127.0.0.1", id="does-not"),
    ],
)
def test_a_target_is_tried(tmp_path: Path, reply: Reply, code: int, says: str) -> None:
    with other(lambda _: reply) as crm:
        file = city(tmp_path / "city", {"crm": {"type": "webhook", "url": crm.url}})
        got = run("dispatch", "test", "crm", "--config", file)
    assert (got.exit_code, says in got.output) == (code, True)
    assert [request.method for request in crm.requests] == ["POST"]


def test_a_target_that_lacks_something_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_SECRET", raising=False)
    url = f"http://127.0.0.1:{free_port()}"
    file = city(tmp_path / "city", {"crm": {"type": "webhook", "url": url, "secret_env": "CRM_SECRET"}})
    got = run("dispatch", "test", "crm", "--config", file)
    assert got.exit_code == 3
    assert "dispatch.crm: secret_env: the environment variable 'CRM_SECRET' is not set" in got.stderr

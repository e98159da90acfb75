"""`gridwatch notify`: what was said, acknowledging, putting off, and a test that really goes out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from cases.database import open_database
from cases.migrations import migrate
from gridwatch.cli import app
from pipeline.runtime.config import load
from tests.cases.notify.kit import Office
from tests.cases.outbox.told import happened
from tests.runtime.test_notifying import CITY, Receiver, receiver

__all__ = ["receiver"]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    return tmp_path


@pytest.fixture
def store(city: Path) -> Iterator[sa.Engine]:
    """Of a city that runs, with a notice about case a that its duty has been told."""
    (city / "var").mkdir()
    engine = open_database(city / "var" / "cases.sqlite")
    migrate(engine)
    section = load(city / "city.yaml").notify
    assert section is not None
    office = Office(engine, section)
    happened(engine, "a", "opened")
    office.run(time.time())
    yield engine
    engine.dispose()


def run(city: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["notify", *map(str, words), "--config", str(city)])


def test_a_notice_is_listed_put_off_and_acknowledged(city: Path, store: sa.Engine) -> None:
    assert store
    told = run(city, "list").output
    assert "new" in told
    assert "a 垃圾满溢" in told
    assert "is told again in 1h" in run(city, "snooze", 1, "--for", "1h").output
    assert "snoozed" in run(city, "list").output
    assert run(city, "ack", 1, "--by", "wang").exit_code == 0
    (said,) = [json.loads(line) for line in run(city, "list", "--json").output.splitlines()]
    assert (said["number"], said["state"], said["acknowledged_by"], said["cases"]) == (1, "acknowledged", "wang", ["a"])
    assert [(each["channel"], each["state"]) for each in said["sends"]] == [("duty", "sent")]
    assert "acknowledged by wang" in run(city, "list").output
    assert "No notices." in run(city, "list", "--open").output


@pytest.mark.parametrize(
    "words, code, message",
    [
        pytest.param(["ack", 7], 1, "there is no notice 7 that has been told", id="ack"),
        pytest.param(["snooze", 7, "--for", "1h"], 1, "there is no notice 7", id="snooze"),
        pytest.param(["snooze", 1, "--for", "soon"], 2, "--for: expected a duration", id="no-duration"),
        pytest.param(["test", "dutty"], 2, "no channel 'dutty'; did you mean 'duty'?", id="no-channel"),
        pytest.param(["test", "duty"], 3, "the environment variable 'DUTY' is not set", id="not-set"),
    ],
)
def test_what_cannot_be_done(city: Path, store: sa.Engine, words: list[object], code: int, message: str) -> None:
    assert store
    found = run(city, *words)
    assert (found.exit_code, message in found.output) == (code, True), found.output


def test_a_test_goes_out(city: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTY", f"{receiver.url}/duty")
    assert run(city, "test", "duty").output == "duty: sent\n"
    ((path, said),) = receiver.got
    assert (path, "street" in said["message"]) == ("/duty", True)
    receiver.answer = 403
    failed = run(city, "test", "duty")
    assert (failed.exit_code, "Look at the variable DUTY" in failed.output) == (3, True)
    assert receiver.url not in failed.output

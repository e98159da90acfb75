"""A package's connector at work: journal first, ticks, faults, an end; and packages that can't be loaded."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.plugged import PluggedReceiver, kind_of
from pipeline.backoff import Backoff
from pipeline.connector import Connector, Delivery
from pipeline.entries import Kind
from tests.connectors.fakes import Full, ListLog, MemoryJournal
from tests.services.wait import until

ROOT = Path(__file__).resolve().parents[2]
Script = Sequence[Sequence[Delivery] | Exception | None]
"""What one connection does: yields that, raises it; None: waits for ever."""
QUICK = Backoff(0.01, 0.02)


class Told:
    """What a scripted connector did, and what its connections are to do, one after the other."""

    def __init__(self, *connections: Script) -> None:
        self.connections = list(connections)
        self.said: list[str] = []
        self.begun = 0


TOLD: dict[str, Told] = {}


class Scripted(Connector):
    """Does what a script says."""

    script: str
    secret_env: str | None = None

    def ready(self, folder: Path, environment: Mapping[str, str]) -> None:
        if self.secret_env is not None and self.secret_env not in environment:
            raise ValueError(f"the environment variable '{self.secret_env}' is not set")

    async def deliveries(
        self, folder: Path, environment: Mapping[str, str]
    ) -> AsyncGenerator[Sequence[Delivery], None]:
        told = TOLD[self.script]
        number, told.begun = told.begun, told.begun + 1
        try:
            for step in told.connections[min(number, len(told.connections) - 1)]:
                if isinstance(step, Exception):
                    raise step
                if step is None:
                    await asyncio.Event().wait()
                else:
                    yield step
                    told.said.append(f"acknowledged {[payload.decode() for _, payload in step]}")
        finally:
            told.said.append("closed")


Start = Callable[..., tuple[PluggedReceiver, MemoryJournal, Told, ListLog]]


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Any:
    """A receiver of those connections, started."""
    name = request.node.name
    made: list[PluggedReceiver] = []

    def begin(*connections: Script, refuse: Exception | None = None) -> Any:
        TOLD[name] = Told(*connections)
        journal, log = MemoryJournal(), ListLog()
        journal.refuse = refuse
        settings = kind_of("scripted", Scripted).settings.model_validate({"type": "scripted", "script": name})
        receiver = PluggedReceiver("acme", settings, journal.commit, 0.02, log=log, backoff=QUICK, retry=0.02)
        made.append(receiver)
        receiver.start()
        return receiver, journal, TOLD[name], log

    yield begin
    for each in made:
        each.stop()


def one(text: str) -> list[Delivery]:
    return [("t", text.encode())]


def test_the_journal_has_it_before_the_connector_goes_on(start: Start) -> None:
    receiver, journal, told, _ = start([[], one("a"), one("b"), None])
    journal.hold.clear()
    until(lambda: Kind.JOIN in journal.kinds() and receiver.status.in_flight == 1, "the first to be committed")
    assert told.said == ["acknowledged []"]
    journal.hold.set()
    until(lambda: len(told.said) == 3, "both to be acknowledged")
    assert journal.payloads() == [b"a", b"b"]
    assert (receiver.status.deliveries, receiver.status.in_flight) == (2, 0)
    receiver.stop()
    assert told.said[-1] == "closed"
    assert (journal.kinds()[0], journal.kinds()[-1]) == (Kind.JOIN, Kind.LEAVE)


def test_time_passes_while_nothing_comes(start: Start) -> None:
    receiver, journal, _, _ = start([[], None])
    until(lambda: journal.kinds().count(Kind.TICK) > 3, "ticks")
    receiver.stop()
    stamps = [entry[3] for entry in journal.entries]
    assert stamps == sorted(stamps)


def test_no_tick_before_the_connection_stands(start: Start) -> None:
    receiver, journal, told, _ = start([None])
    until(lambda: told.begun == 1, "it to begin")
    receiver.stop()
    assert journal.entries == []


@pytest.mark.parametrize(
    "step, said",
    [
        pytest.param([ConnectionError("gone")], "acme: ConnectionError: gone; trying again", id="lost"),
        pytest.param([KeyError("x")], "acme: KeyError: 'x'; trying again", id="a-defect"),
        pytest.param([], "acme: the connection has ended; trying again", id="an-end"),
    ],
)
def test_what_ends_a_connection_is_told_and_tried_again(start: Start, step: Any, said: str) -> None:
    receiver, journal, told, log = start([one("a"), *step], [one("b"), None])
    until(lambda: journal.payloads() == [b"a", b"b"], "the second connection")
    assert said in log.text()
    assert receiver.status.failed is None
    assert [kind for kind in journal.kinds() if kind != Kind.TICK] == [
        Kind.JOIN,
        Kind.DELIVERY,
        Kind.LEAVE,
        Kind.JOIN,
        Kind.DELIVERY,
    ]
    assert told.said[:2] == ["acknowledged ['a']", "closed"]


def test_what_the_journal_does_not_take_is_never_acknowledged(start: Start) -> None:
    receiver, journal, told, _ = start([one("a"), None], refuse=Full())
    until(lambda: receiver.status.waiting_for_journal, "the journal to refuse")
    receiver.stop()
    assert told.said == ["closed"]
    assert journal.payloads() == []


def test_after_a_full_disk_it_goes_on(start: Start) -> None:
    _, journal, told, _ = start([one("a"), None], refuse=Full())
    until(lambda: journal.attempts > 2, "some attempts")
    journal.refuse = None
    until(lambda: told.said == ["acknowledged ['a']"], "it to be acknowledged")
    assert journal.payloads() == [b"a"]


def test_a_journal_that_ends_for_good_ends_the_source(start: Start) -> None:
    receiver, _, told, _ = start([one("a"), None], refuse=RuntimeError("closed"))
    until(lambda: receiver.status.failed is not None, "it to end")
    assert "this source has stopped: RuntimeError: closed" in receiver.status.last_error
    assert told.said == ["closed"]


def test_what_is_missing_is_said_before_anything_starts() -> None:
    settings = kind_of("scripted", Scripted).settings.model_validate(
        {"type": "scripted", "script": "x", "secret_env": "NOT_THERE"}
    )
    with pytest.raises(ValueError, match="'NOT_THERE' is not set"):
        PluggedReceiver("acme", settings, MemoryJournal().commit, 0.5, environment={})


def test_a_setting_can_not_have_a_name_that_every_source_has() -> None:
    class Taken(Connector):
        down: float = 1.0

    with pytest.raises(TypeError, match="a setting 'down', which every source has"):
        kind_of("taken", Taken)


PACKAGE = '''
from gridwatch import Connector


class Acme(Connector):
    """Acme's cloud."""

    url: str

    async def deliveries(self, folder, environment):
        yield []
'''
CITY = """
city: tiny
time_zone: UTC
sources:
  good: {type: acme, url: "http://127.0.0.1:9", down: 1min}
  wrong: {type: acme, uri: "http://127.0.0.1:9"}
  broken: {type: broken}
  typo: {type: acmee}
streams: {}
"""


def test_packages_bring_sources_and_a_broken_one_harms_nobody_else(tmp_path: Path) -> None:
    """Installed packages, as pip leaves them: a module and its entry points."""
    (tmp_path / "acme_cloud.py").write_text(PACKAGE)
    about = tmp_path / "acme_cloud-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: acme-cloud\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[gridwatch.connectors]\nacme = acme_cloud:Acme\nbroken = no_such_module:Broken\n"
    )
    (tmp_path / "city.yaml").write_text(CITY)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}

    def gridwatch(*words: str) -> str:
        command = [sys.executable, "-m", "gridwatch.cli", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    said = gridwatch("check", str(tmp_path / "city.yaml"))
    assert "sources.good" not in said, said
    assert "sources.wrong.uri   unknown key; did you mean 'url'?" in said, said
    assert "sources.broken.type   the package that brings it can't be loaded: ModuleNotFoundError" in said, said
    assert "sources.typo.type" in said, said
    assert "did you mean 'acme'?" in said, said
    assert '"acme"' in gridwatch("schema")

"""Cases to other systems that run, fail, are killed and come back; and what they answer, at the office."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter

from cases.database import open_database, writing
from cases.office import NotHeard
from cases.outbox.lists import dead, standing
from cases.tables import CHANGES, FOLLOWERS, METADATA
from cases.words import Answer, Report, Step
from connectors.dispatch import TARGETS
from connectors.dispatch.mqtt import MqttSender, MqttTarget
from pipeline.faults import Faulty
from pipeline.runtime.dispatch_section import (
    DispatchSection,
    KafkaSection,
    MqttSection,
    NgsiLdSection,
    Open311Section,
    TargetSection,
    WebhookSection,
)
from pipeline.runtime.dispatching import Dispatching
from pipeline.runtime.logs import logger
from tests.cases.outbox.told import happened
from tests.connectors.dispatch.geo_report import JURISDICTION, KEY, GeoReport
from tests.connectors.dispatch.others import Reply, other
from tests.services.mosquitto import Mosquitto, free_port, mosquitto
from tests.services.receiver import SECRET
from tests.services.wait import until

__all__ = ["mosquitto"]
REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {"SECRET": SECRET, "KEY": KEY}
SOON = {"first_wait": "50 ms", "longest_wait": "200 ms", "open_after": 2}


class Desk:
    """An office that takes every step once. failing: how often it has no room for one."""

    def __init__(self, failing: int = 0) -> None:
        self.failing = failing
        self.said: dict[str, Step] = {}

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        assert isinstance(said, Step)
        if self.failing:
            self.failing -= 1
            raise NotHeard("no room")
        self.said.setdefault(said.id, said)
        return Answer(id=said.id, case=said.case, taken=True)

    @property
    def actions(self) -> list[tuple[str, str]]:
        return [(step.case, step.action) for step in self.said.values()]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(tmp_path / "cases.sqlite")
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def lines() -> StringIO:
    """What is said to the log."""
    return StringIO()


def made(engine: sa.Engine, lines: StringIO, targets: dict[str, Any], **more: Any) -> Dispatching:
    sections: dict[str, TargetSection] = TypeAdapter(DispatchSection).validate_python(targets)
    return Dispatching(engine, "test", sections, logger(lines), environment=ENVIRONMENT, **more)


@contextmanager
def dispatching(engine: sa.Engine, office: Desk, lines: StringIO, **targets: Any) -> Iterator[Dispatching]:
    at_work = made(engine, lines, targets)
    at_work.start(office)
    try:
        yield at_work
    finally:
        at_work.stop()


def sent_all(engine: sa.Engine) -> bool:
    with engine.begin() as connection:
        followed = connection.execute(sa.select(FOLLOWERS.c.number)).scalar_one()
        newest = connection.execute(sa.select(sa.func.max(CHANGES.c.number))).scalar_one()
    return bool(followed == newest) and all(each.waiting == 0 for each in standing(engine))


def test_a_receiver_that_is_killed_and_comes_back_gets_everything_in_order(
    engine: sa.Engine, tmp_path: Path, lines: StringIO
) -> None:
    port, file = free_port(), tmp_path / "received"
    file.touch()

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.services.receiver", str(port), str(file)]
        return subprocess.Popen(command, cwd=REPOSITORY)

    def received() -> list[tuple[int, str]]:
        whole = file.read_text().rpartition("\n")[0].splitlines()
        return [(int(line.split()[0]), line.split()[1]) for line in whole]

    target = {"type": "webhook", "url": f"http://127.0.0.1:{port}/", "secret_env": "SECRET", "timeout": "5 s", **SOON}
    process = start()
    try:
        with dispatching(engine, Desk(), lines, crm=target):
            for n in range(60):
                happened(engine, f"c{n % 5}", "updated")
                if n == 20:
                    until(lambda: len(received()) > 10, "the first ones")
                    process.kill()
                    process.wait()
            until(lambda: standing(engine)[0].breaker != "closed", "the breaker to open")
            process = start()
            until(lambda: sent_all(engine), "all to be sent")
    finally:
        process.kill()
        process.wait()
    assert sorted(dict.fromkeys(received())) == [(n + 1, f"c{n % 5}") for n in range(60)]
    for case in range(5):
        mine = [change for change, each in received() if each == f"c{case}"]
        assert mine == sorted(mine), "repeated perhaps, never overtaken"
    assert dead(engine) == []


def test_a_slow_target_holds_back_nobody_else(engine: sa.Engine, lines: StringIO) -> None:
    stuck = threading.Event()

    def slow(_: Any) -> Reply:
        stuck.wait(20)
        return Reply()

    with other(slow) as one, other() as two:
        targets = {name: {"type": "webhook", "url": server.url} for name, server in [("slow", one), ("quick", two)]}
        with dispatching(engine, Desk(), lines, **targets):
            for n in range(5):
                happened(engine, f"c{n}", "dispatch")
            until(lambda: len(two.requests) == 5, "the quick one to have them all")
            assert len(one.requests) <= 1
            stuck.set()
            until(lambda: sent_all(engine), "the slow one too")


def test_what_was_waiting_is_sent_after_a_restart(engine: sa.Engine, lines: StringIO) -> None:
    port = free_port()
    target = {"type": "webhook", "url": f"http://127.0.0.1:{port}/", **SOON}
    with dispatching(engine, Desk(), lines, crm=target):
        happened(engine, "a", "dispatch")
        until(lambda: bool(standing(engine)[0].why), "a failure")
    with other(port=port) as crm, dispatching(engine, Desk(), lines, crm=target):
        until(lambda: sent_all(engine), "it to be sent")
    assert len(crm.requests) == 1
    assert "nothing listens on" in lines.getvalue()


def test_a_refusal_is_said_and_listed(engine: sa.Engine, lines: StringIO) -> None:
    with other(lambda _: Reply(400, b"no such category")) as crm:
        target = {"type": "webhook", "url": crm.url}
        with dispatching(engine, Desk(), lines, crm=target):
            happened(engine, "a", "dispatch")
            until(lambda: bool(dead(engine)), "it to be dead")
    assert "no such category" in dead(engine)[0].why
    assert "gridwatch dispatch dead" in lines.getvalue()


def test_a_fault_of_our_own_ends_no_thread(engine: sa.Engine, lines: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.dispatch.webhook import WebhookSender

    faults = [ZeroDivisionError("one"), ZeroDivisionError("two")]
    whole = WebhookSender.send

    def send(self: WebhookSender, message: Any) -> Any:
        if faults:
            raise faults.pop()
        return whole(self, message)

    monkeypatch.setattr(WebhookSender, "send", send)
    with other() as crm, dispatching(engine, Desk(), lines, crm={"type": "webhook", "url": crm.url, **SOON}):
        happened(engine, "a", "dispatch")
        until(lambda: sent_all(engine) and len(crm.requests) == 1, "it to be sent after all")
    assert "ZeroDivisionError: two" in lines.getvalue()


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", [0, 2], ids=["at-once", "when-there-is-room"])
def test_the_status_of_a_request_moves_the_case(engine: sa.Engine, lines: StringIO, failing: int) -> None:
    server, office = GeoReport(), Desk(failing)
    with other(server) as city:
        target = {
            "type": "open311",
            "url": f"{city.url}/v2",
            "jurisdiction": JURISDICTION,
            "api_key_env": "KEY",
            "services": {"06042": "001"},
            "every": "50 ms",
        }
        with dispatching(engine, office, lines, city=target):
            happened(engine, "a", "dispatch")
            happened(engine, "a", "urge")
            until(lambda: bool(office.actions), "what they promise")
            server.requests[0].update(status="closed", notes="swept")
            until(lambda: len(office.actions) == 2, "that it is done")
            asked = len(city.requests)
        assert len(city.requests) - asked <= 2, "what is done is not asked about any more"
    promised, done = office.said.values()
    assert (promised.action, promised.note) == ("comment", "city promises it by 2026-01-01T12:00:00+08:00")
    assert (done.case, done.action, done.by, done.note) == ("a", "handled", "city", "swept")
    assert len(server.requests) == 1, "an urge makes no second request"


@pytest.mark.service
def test_answers_on_a_topic_move_the_case_once(engine: sa.Engine, lines: StringIO, mosquitto: Mosquitto) -> None:
    own = uuid.uuid4().hex[:8]
    broker: dict[str, Any] = {"type": "mqtt", "host": mosquitto.host, "port": mosquitto.port}
    target = {**broker, "client_id": f"gridwatch-{own}", "topic": f"{own}/cases", "answer_topic": f"{own}/answers"}
    settings = MqttTarget.model_validate({**broker, "client_id": f"vendor-{own}", "topic": f"{own}/answers"})
    office = Desk(failing=1)
    with dispatching(engine, office, lines, vendor={**target, "answers": {}}) as at_work:
        happened(engine, "a", "dispatch")
        until(lambda: sent_all(engine), "it to be sent")
        vendor = MqttSender("vendor", settings, "x", Path(), {})
        accepted = json.dumps({"case": "a", "status": "accepted"}).encode()
        assert at_work.hearing.answer("vendor", json.loads(accepted), 0.0) is not None
        client = vendor._connected()
        for payload in (b"rubbish", accepted, accepted, b'{"case": "a", "status": "what"}', b'{"case": "x"}'):
            client.publish(f"{own}/answers", payload, qos=1)
        until(lambda: office.actions == [("a", "accept")], "the step", seconds=20)
        client.publish(f"{own}/answers", json.dumps({"case": "a", "status": "done"}), qos=1)
        until(lambda: len(office.actions) == 2, "the next step", seconds=20)
        vendor.close()
    assert office.actions == [("a", "accept"), ("a", "handled")]
    said = lines.getvalue()
    assert "expected JSON" in said
    assert "got 'what'" in said


# ---- the rest --------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_a_fault_before_anything_begins(engine: sa.Engine, lines: StringIO) -> None:
    targets = {
        "crm": {"type": "webhook", "url": "https://x/", "secret_env": "NOT_SET"},
        "broker": {"type": "mqtt", "host": "x", "client_id": "x", "topic": "x", "tls": {"ca": "none.pem"}},
    }
    with pytest.raises(Faulty) as caught:
        made(engine, lines, targets)
    broker, crm = (str(fault) for fault in caught.value.faults)
    assert broker == "city.yaml  dispatch.broker   tls: there is no file none.pem"
    assert crm.startswith("city.yaml  dispatch.crm   secret_env: the environment variable 'NOT_SET' is not set")


def test_how_it_stands_is_measured(engine: sa.Engine, lines: StringIO) -> None:
    registry = CollectorRegistry()
    target = {"type": "webhook", "url": f"http://127.0.0.1:{free_port()}/", **SOON}

    def waiting() -> float | None:
        return registry.get_sample_value("gridwatch_dispatch_waiting", {"target": "crm"})

    at_work = made(engine, lines, {"crm": target}, registry=registry)
    happened(engine, "a", "dispatch")
    at_work.outbox.follow()
    at_work.start(Desk())
    until(lambda: waiting() == 1.0, "the measure")
    at_work.stop()


def test_without_targets_there_is_nothing_to_do(engine: sa.Engine, lines: StringIO) -> None:
    with dispatching(engine, Desk(), lines):
        happened(engine, "a", "dispatch")
    assert standing(engine) == []


def test_every_type_has_a_section_and_its_page() -> None:
    sections = (WebhookSection, MqttSection, KafkaSection, Open311Section, NgsiLdSection)
    types = {get_args(each.model_fields["type"].annotation)[0]: each for each in sections}
    assert types.keys() == TARGETS.keys()
    assert all(issubclass(types[name], TARGETS[name].settings) for name in types)
    page = (REPOSITORY / "docs" / "connectors" / "dispatch.md").read_text("utf-8")
    assert all(f"type: {name}" in page for name in types)

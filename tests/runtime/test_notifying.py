"""Notices to a real HTTP server by Apprise, with kills between sending and writing it down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from cases.database import open_database, writing
from cases.notify import AppriseChannel, channels
from cases.notify.answering import notices
from cases.tables import METADATA
from pipeline.faults import Faulty
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.notifying import Notifying
from tests.cases.outbox.told import happened
from tests.services.wait import until

CITY = """
city: street
time_zone: Asia/Shanghai
sources: {cameras: {type: import, tick: 500ms, down: 1h}}
streams: {sightings: {source: cameras, topic: "cameras/{camera}/sightings", codec: sightings, unknown: accept}}
categories: {}
notify:
  first_wait: 100ms
  channels: {duty: {url_env: DUTY}, chief: {url_env: CHIEF}}
  rules:
    - {id: new, when: {events: [opened]}, to: [duty], text: "{number} {name}"}
    - {id: late, when: {events: [overdue], severity: 3}, to: [duty, chief], language: en}
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from cases.database import open_database
from pipeline.runtime.compose import load_city
from pipeline.runtime.notifying import Notifying
import structlog

class Killed:
    def __init__(self, channel): self.channel = channel
    def send(self, letter):
        assert self.channel.send(letter) == ""
        os.kill(os.getpid(), signal.SIGKILL)

city = load_city(Path(sys.argv[1]))
running = Notifying(open_database(Path(sys.argv[2])), city, city.configuration.notify, structlog.get_logger())
running._send("duty", Killed(running._channels["duty"]))
"""


class Receiver:
    """An HTTP server that takes what is posted, or refuses it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.answer == 200:
                    receiver.got.append((self.path, json.loads(content)))
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def city(tmp_path: Path) -> City:
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    return load_city(tmp_path / "city.yaml")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(tmp_path / "cases.sqlite")
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


def running(engine: sa.Engine, city: City, receiver: Receiver, chief: str = "") -> Notifying:
    environment = {"DUTY": f"{receiver.url}/duty", "CHIEF": chief or f"{receiver.url}/chief"}
    section = city.configuration.notify
    assert section is not None
    return Notifying(engine, city, section, structlog.get_logger(), environment)


def test_what_happens_is_told(engine: sa.Engine, city: City, receiver: Receiver) -> None:
    notifying = running(engine, city, receiver)
    happened(engine, "a", "opened")
    notifying.start()
    happened(engine, "b", "overdue", severity=4)
    until(lambda: len(receiver.got) == 3, "three notices")
    notifying.stop()
    told = {(path, said["title"], said["type"]) for path, said in receiver.got}
    overdue = "rubbish station or bin overflowing"
    assert told == {("/duty", "垃圾站(箱)满溢", "info"), ("/duty", overdue, "failure"), ("/chief", overdue, "failure")}
    assert [said["message"].splitlines()[0] for _, said in receiver.got if said["type"] == "info"] == [
        "a 垃圾站(箱)满溢"
    ]


def test_one_that_is_down_holds_back_nobody_else(engine: sa.Engine, city: City, receiver: Receiver) -> None:
    notifying = running(engine, city, receiver, chief="json://127.0.0.1:9/chief")
    happened(engine, "a", "overdue", severity=3)
    notifying.start()
    until(lambda: len(receiver.got) == 1, "a notice")
    until(
        lambda: any(each.channel == "chief" and each.attempts > 1 for each in notices(engine)[0].sends), "another try"
    )
    notifying.stop()
    (sends,) = [notice.sends for notice in notices(engine)]
    assert {each.channel: each.state for each in sends} == {"duty": "sent", "chief": "waiting"}
    assert {each.why for each in sends} == {"", "JSON has not taken it: it can't be reached, or refuses it"}


def test_what_is_refused_goes_when_it_is_taken_again(engine: sa.Engine, city: City, receiver: Receiver) -> None:
    receiver.answer = 503
    notifying = running(engine, city, receiver)
    for case in "abc":
        happened(engine, case, "opened")
    notifying.start()
    until(lambda: any(each.attempts > 1 for notice in notices(engine) for each in notice.sends), "another try")
    receiver.answer = 200
    until(lambda: len(receiver.got) == 3, "three notices")
    notifying.stop()
    assert [said["message"].split()[0] for _, said in receiver.got] == ["a", "b", "c"]


def test_a_kill_between_sending_and_writing_it_down(
    tmp_path: Path, engine: sa.Engine, city: City, receiver: Receiver
) -> None:
    notifying = running(engine, city, receiver)
    happened(engine, "a", "opened")
    notifying.notifier.follow(time.time())
    notifying.notifier.turn(time.time())
    environment = {**os.environ, "DUTY": f"{receiver.url}/duty", "CHIEF": f"{receiver.url}/chief"}
    words = [sys.executable, "-c", KILLED, str(city.file), str(tmp_path / "cases.sqlite")]
    killed = subprocess.run(words, env=environment, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(receiver.got) == 1
    for _ in range(2):
        notifying = running(engine, city, receiver)
        notifying.start()
        until(lambda: all(each.state == "sent" for notice in notices(engine) for each in notice.sends), "sent")
        notifying.stop()
    assert len(receiver.got) == 2
    assert receiver.got[0] == receiver.got[1]
    assert [each.attempts for each in notices(engine)[0].sends] == [2]


@pytest.mark.parametrize(
    "url, message",
    [
        pytest.param(None, "url_env: the environment variable 'CHIEF' is not set", id="not-set"),
        pytest.param("nosuch://hunter2", "CHIEF: expected one Apprise URL", id="no-such-service"),
        pytest.param("json://a, json://hunter2", "CHIEF: expected one Apprise URL", id="two"),
        pytest.param("", "CHIEF: expected one Apprise URL", id="empty"),
    ],
)
def test_a_channel_that_cannot_be_is_a_fault_without_the_secret(
    engine: sa.Engine, city: City, url: str | None, message: str
) -> None:
    section = city.configuration.notify
    assert section is not None
    environment = {"DUTY": "json://127.0.0.1", **({} if url is None else {"CHIEF": url})}
    with pytest.raises(Faulty) as caught:
        Notifying(engine, city, section, structlog.get_logger(), environment)
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError):
        channels(section, environment)


def test_nothing_of_an_url_is_ever_said(capfd: pytest.CaptureFixture[str], receiver: Receiver) -> None:
    receiver.answer = 500
    from cases.notify import Letter

    letter = Letter(notice=1, round=0, channel="duty", title="t", body="b", severity=1, again=False)
    for url in (f"{receiver.url}/hunter2", "json://user:hunter2@127.0.0.1:9/x"):
        assert "hunter2" not in AppriseChannel("DUTY", url).send(letter)
    assert "".join(capfd.readouterr()) == ""

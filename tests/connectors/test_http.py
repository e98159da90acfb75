"""What partners push over a real connection: taken when the journal has it, refused with what to do."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from connectors.http import HttpReceiver
from connectors.http_settings import HttpSource
from gridwatch.cli import app
from pipeline.backoff import Backoff
from pipeline.entries import Kind
from pipeline.journal import Journal
from tests.connectors.fakes import Full, ListLog, MemoryJournal
from tests.connectors.http_kit import ACME, BEARER, CREWS, ENVIRONMENT, Door, door, journal, settings, taken
from tests.services.wait import until

__all__ = ["door", "journal"]

ROOT = Path(__file__).resolve().parents[2]
# ---- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, body, payloads",
    [
        pytest.param("application/json", b'{"a": 1}', [b'{"a": 1}'], id="an-object"),
        pytest.param("application/json; charset=utf-8", b'[{"a": 1}, 2]', [b'{"a": 1}', b"2"], id="an-array"),
        pytest.param("application/ld+json", b' [ {"a":[1,2]} ]', [b'{"a":[1,2]}'], id="json-of-a-kind"),
        pytest.param("", b'[{"a": 1}]', [b'{"a": 1}'], id="it-looks-like-json"),
        pytest.param("application/x-ndjson", b'{"a": 1}\r\n\n{"b": 2}', [b'{"a": 1}', b'{"b": 2}'], id="lines"),
        pytest.param("text/csv", b"a,b\n1,2\n", [b"a,b\n1,2\n"], id="csv"),
        pytest.param("application/octet-stream", b"\x7e\x00{", [b"\x7e\x00{"], id="bytes"),
        pytest.param("application/x-www-form-urlencoded", b"id=1&lat=2", [b"id=1&lat=2"], id="a-form"),
    ],
)
def test_a_body(door: Door, journal: MemoryJournal, kind: str, body: bytes, payloads: list[bytes]) -> None:
    answer = door.post(content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(payloads)})
    assert taken(journal) == [("acme/bins", payload) for payload in payloads], "it was there before the answer"
    assert door.post(content=gzip.compress(body), headers={"Content-Type": kind, "Content-Encoding": "gzip"}).is_success
    assert [payload for _, payload in taken(journal)] == payloads * 2


@pytest.mark.parametrize(
    "method, path, headers",
    [
        pytest.param("GET", f"/crews/osmand?id=1&lat=2&token={CREWS}&speed=3", {}, id="as-osmand-does"),
        pytest.param("POST", f"/crews/osmand/?token={CREWS}&id=1&lat=2&speed=3", {}, id="as-the-traccar-client-did"),
        pytest.param("GET", "/crews/osmand?id=1&lat=2&speed=3", {"Authorization": f"Bearer {CREWS}"}, id="header"),
    ],
)
def test_a_query_is_a_payload_without_its_token(
    door: Door, journal: MemoryJournal, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = httpx.request(method, door.url + path, headers=headers)
    assert answer.status_code == 202, answer.text
    assert taken(journal) == [("crews/osmand", b"id=1&lat=2&speed=3")]


def test_devices_that_can_do_no_better_give_the_token_as_a_password(door: Door) -> None:
    assert httpx.post(door.url + "/acme/x", content=b"{}", auth=("anybody", ACME)).status_code == 202


def test_an_array_can_be_one_delivery(door: Door, journal: MemoryJournal) -> None:
    door.post("/more/7/x", [1, 2], headers={"Authorization": f"Bearer {CREWS}"})
    assert taken(journal) == [("more/7/x", b"[1, 2]")]


def test_many_at_once_are_few_commits_and_ticks_go_on(door: Door, journal: MemoryJournal) -> None:
    threads = [threading.Thread(target=door.post, args=(f"/acme/{i}", {"i": i})) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(topic for topic, _ in taken(journal)) == sorted(f"acme/{i}" for i in range(20))
    until(lambda: journal.kinds().count(Kind.TICK) > 2, "ticks")
    door.receiver.stop()
    assert (journal.kinds()[0], journal.kinds()[-1]) == (Kind.JOIN, Kind.LEAVE)
    assert door.receiver.status.deliveries == 20
    stamps = [received for _, _, _, received, _ in journal.entries]
    assert stamps == sorted(stamps)


# ---- asked again -----------------------------------------------------------------------------------------------------


def test_a_request_that_is_asked_again_is_taken_once(door: Door, journal: MemoryJournal) -> None:
    key = {"Idempotency-Key": "4711"}
    first, second = (door.post(content={"a": 1}, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert len(taken(journal)) == 1
    other = door.post(content={"a": 2}, headers=key)
    assert (other.status_code, "take a new key" in other.text) == (422, True)
    assert door.post("/acme/other", {"a": 1}, headers=key).status_code == 422
    assert door.post(content={"a": 2}, headers={"Idempotency-Key": "4712"}).status_code == 202


def test_keys_that_are_remembered_are_bounded(journal: MemoryJournal) -> None:
    door = Door(journal, keys=2)
    for key in ("a", "b", "c", "a", "c"):
        door.post(headers={"Idempotency-Key": key})
    door.receiver.stop()
    assert len(taken(journal)) == 4, "'a' was forgotten, 'c' was not"


def test_while_the_journal_takes_nothing(door: Door, journal: MemoryJournal) -> None:
    key = {"Idempotency-Key": "k"}
    journal.refuse = Full("no room.")
    answer = door.post(content={"a": 1}, headers=key)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "send it again" in answer.json()["error"]
    assert door.post(content={"a": 1}, headers=key).status_code == 503, "the key has not been used up"
    journal.refuse = None
    until(lambda: not door.receiver.status.waiting_for_journal, "the journal to take it")
    assert door.post(content={"a": 1}, headers=key).status_code == 202
    assert {payload for _, payload in taken(journal)} == {b'{"a": 1}'}


def test_a_defect_ends_the_source_and_answers_nothing(door: Door, journal: MemoryJournal) -> None:
    journal.refuse = RuntimeError("a defect")
    until(lambda: door.receiver.status.failed, "the source to end")
    assert "this source has stopped: RuntimeError" in door.receiver.status.last_error


def test_a_port_that_is_taken_is_tried_again(journal: MemoryJournal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        log = ListLog()
        receiver = HttpReceiver(
            "push",
            settings(port=port),
            journal.commit,
            0.05,
            log=log,
            environment=ENVIRONMENT,
            backoff=Backoff(0.02, 0.02),
        )
        receiver.start()
        until(lambda: receiver.status.last_error, "an error")
        assert f"can't listen on 127.0.0.1:{port}" in receiver.status.last_error
    until(lambda: receiver.status.connected_since, "the port to be free")
    receiver.stop()


CRASH = """
import os, sys, time
from pathlib import Path
from connectors.http import HttpReceiver
from connectors.http_settings import HttpSource
from pipeline.entries import Kind
from pipeline.journal import Journal
from tests.connectors.fakes import ListLog

journal = Journal.open(Path(sys.argv[1]))

def commit(buffer):
    journal.commit(buffer)
    if Kind.DELIVERY in buffer.kinds:
        os._exit(9)

receiver = HttpReceiver("push", HttpSource.model_validate_json(sys.argv[2]), commit, 0.5, log=ListLog())
receiver.start()
while not receiver.status.connected_since:
    time.sleep(0.01)
print(receiver.port, flush=True)
sys.stdin.read()
"""
CITY = """
city: tiny
time_zone: UTC
sources: {push: {type: http, partners: {acme: {token_env: ACME}}}}
streams:
  bins:
    source: push
    topic: acme/{bin}
    codec: json
    rows: reading
    subject: "{bin}"
    unknown: accept
    fields: {ts: {path: t, unit: unix_s}}
    metrics: {fullness: {path: full, unit: "%"}}
rules:
  - {id: full, detector: threshold, category: "06042", metric: fullness, parameters: {above: 90 %}}
"""


def test_a_crash_between_journal_and_answer_makes_one_case(tmp_path: Path) -> None:
    """It was journaled, and the sender does not know: it sends it again, and there is one case."""
    body, headers = json.dumps({"t": time.time(), "full": 95}).encode(), {"Idempotency-Key": "1", **BEARER}
    folder, given = tmp_path / "journal", {"type": "http", "port": 0, "partners": {"acme": {"token_env": "ACME"}}}
    with subprocess.Popen(
        [sys.executable, "-c", CRASH, str(folder), json.dumps(given)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "ACME": ACME},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as crashing:
        assert crashing.stdout is not None
        url = f"http://127.0.0.1:{int(crashing.stdout.readline())}/acme/7"
        with pytest.raises(httpx.TransportError):
            httpx.post(url, content=body, headers=headers, timeout=30)
        assert crashing.wait(30) == 9
    journal = Journal.open(folder)
    receiver = HttpReceiver("push", HttpSource.model_validate(given), journal.commit, 0.05, environment=ENVIRONMENT)
    receiver.start()
    until(lambda: receiver.status.connected_since, "the next life")
    again = httpx.post(f"http://127.0.0.1:{receiver.port}/acme/7", content=body, headers=headers, timeout=30)
    receiver.stop()
    sent = [payload for batch in journal.read(0) for payload in batch.batch.column("payload").to_pylist() if payload]
    journal.close()
    assert (again.status_code, sent.count(body)) == (202, 2), "the key was forgotten with the crash"
    (tmp_path / "city.yaml").write_text(CITY)
    cases = tmp_path / "cases.jsonl"
    words = ["replay", str(folder), "--config", str(tmp_path / "city.yaml"), "--json", str(cases)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    (case,) = [json.loads(line) for line in cases.read_text("utf-8").splitlines()]
    assert (case["subject"], case["rule"]) == ("7", "full")


def test_a_topic_that_nobody_may_send_to(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text(CITY.replace("acme/{bin}", "acne/{bin}"))
    done = CliRunner().invoke(app, ["check", str(tmp_path / "city.yaml")])
    assert "streams.bins.topic   nobody may send to this topic; add a partner that may send to it" in done.output


# ---- the section -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more, told",
    [
        pytest.param({"partners": {}}, "at least 1 item", id="nobody"),
        pytest.param({"partners": {"a/b": {"token_env": "X"}}}, "a partner's name without", id="a-name-of-levels"),
        pytest.param({"partners": {"a": {"token": "X"}}}, "token_env", id="the-token-itself"),
        pytest.param({"partners": {"a": {"token_env": "X", "topics": ["a#"]}}}, "a topic filter", id="a-filter"),
        pytest.param({"largest": 1000}, "got a bare number", id="a-size-without-a-unit"),
        pytest.param({"tls": {"certificate": "c.pem"}}, "key", id="no-key"),
    ],
)
def test_what_the_section_refuses(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**more)


@pytest.mark.parametrize(
    "partners, told",
    [
        pytest.param({"a": {"token_env": "UNSET"}}, "'UNSET' is not set", id="unset"),
        pytest.param({"a": {"token_env": "SHORT"}}, "fewer than 16 characters", id="short"),
        pytest.param({"a": {"token_env": "ACME"}, "b": {"token_env": "ACME"}}, "the token of 'a' too", id="the-same"),
    ],
)
def test_tokens_are_asked_for_at_the_start(partners: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        HttpReceiver("p", settings(partners=partners), lambda _: None, 1.0, environment=ENVIRONMENT)
    assert ACME not in str(error.value)
    assert "abc" not in str(error.value)


def test_over_tls(journal: MemoryJournal, certificates: Path) -> None:
    tls = {"certificate": "server.pem", "key": "server.key"}
    receiver = HttpReceiver(
        "push", settings(tls=tls), journal.commit, 0.05, environment=ENVIRONMENT, folder=certificates, log=ListLog()
    )
    receiver.start()
    until(lambda: receiver.status.connected_since, "the source to listen")
    trust = ssl.create_default_context(cafile=certificates / "ca.pem")
    answer = httpx.post(f"https://127.0.0.1:{receiver.port}/acme/x", content=b"{}", headers=BEARER, verify=trust)
    receiver.stop()
    assert answer.status_code == 202

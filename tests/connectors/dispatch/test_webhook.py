"""Webhooks, against a receiver that checks them by the packages of the two standards."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.dispatch.message import CASE_FIELDS, Again, Outcome, Refused, Sent
from connectors.dispatch.web import MOST, retry_after
from connectors.dispatch.webhook import WebhookSender, WebhookTarget
from tests.connectors.dispatch.others import Other, Reply, Request, message, other
from tests.services.mosquitto import free_port

OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ENVIRONMENT = {"SECRET": f"{NEW} {OLD}", "TOKEN": "t0ken"}


def sender(url: str, **more: Any) -> WebhookSender:
    given: dict[str, Any] = {"type": "webhook", "url": url, "secret_env": "SECRET", "timeout": "5 s", **more}
    settings = WebhookTarget.model_validate(given)
    return WebhookSender("crm", settings, "test", Path(), ENVIRONMENT)


def outcome(reply: Reply, **more: Any) -> Outcome:
    with other(lambda _: reply) as crm:
        sending = sender(crm.url, **more)
        try:
            return sending.send(message())
        finally:
            sending.close()


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_a_receiver_with_either_secret_believes_it_and_reads_a_cloud_event(secret: str) -> None:
    def receive(request: Request) -> Reply:
        try:
            Webhook(secret).verify(request.body, request.headers)
        except WebhookVerificationError:
            return Reply(401)
        return Reply(201, b'{"reference": 4711}')

    with other(receive) as crm:
        sending = sender(f"{crm.url}/cases?x=1", token_env="TOKEN")
        assert sending.send(message()) == Sent("4711")
        assert sending.test() == Sent("4711")
        sending.close()
    told, test = crm.requests
    assert (told.method, told.path, told.headers["authorization"]) == ("POST", "/cases?x=1", "Bearer t0ken")
    event: Any = from_structured_event(HTTPMessage(told.headers, told.body))
    assert event.get_id() == told.headers["webhook-id"] == message().id
    assert (event.get_source(), event.get_type()) == ("/gridwatch/test", "gridwatch.case.dispatch")
    assert (event.get_subject(), event.get_specversion()) == (message().case, "1.0")
    assert event.get_time().isoformat() == "2026-01-01T00:01:00+00:00"
    data = event.get_data()
    assert (data["case"]["text"], data["step"]["action"]) == ("满溢 over its rim", "dispatch")
    assert json.loads(test.body)["type"] == "gridwatch.test"


def test_what_is_known_of_a_case_is_what_templates_may_name() -> None:
    assert set(message().content["case"]) == CASE_FIELDS


@pytest.mark.parametrize(
    "reply, expected, why",
    [
        pytest.param(Reply(204), Sent, "", id="no-content"),
        pytest.param(Reply(200, b"not json"), Sent, "", id="anything-with-200"),
        pytest.param(Reply(200, b'{"reference": true}'), Sent, "", id="no-number"),
        pytest.param(Reply(400, b'{"error":\n "no such category"}'), Refused, '400: {"error": "no such', id="400"),
        pytest.param(Reply(422, b"\x1b[2J"), Refused, "422: \N{REPLACEMENT CHARACTER}[2J", id="no-control-characters"),
        pytest.param(Reply(401), Again, "answered 401; check the variables", id="401-is-ours-to-mend"),
        pytest.param(Reply(404), Again, "404", id="404"),
        pytest.param(Reply(302, headers={"location": "http://127.0.0.1:1/"}), Again, "not followed", id="redirect"),
        pytest.param(Reply(500, b"oops"), Again, "500: oops", id="500"),
        pytest.param(Reply(0), Again, "127.0.0.1", id="closed-without-a-word"),
        pytest.param(Reply(200, b"x" * (MOST + 1)), Again, "without end", id="an-answer-without-end"),
    ],
)
def test_what_an_answer_means(reply: Reply, expected: type, why: str) -> None:
    got = outcome(reply)
    assert type(got) is expected
    assert why in getattr(got, "why", "")


@pytest.mark.parametrize(
    "status, header, away",
    [
        pytest.param(429, "120", 120.0, id="429"),
        pytest.param(503, "60", 60.0, id="503"),
        pytest.param(500, "60", None, id="only-where-it-means-us"),
        pytest.param(429, "soon", None, id="rubbish"),
    ],
)
def test_it_hears_how_long_to_stay_away(status: int, header: str, away: float | None) -> None:
    got = outcome(Reply(status, headers={"retry-after": header}))
    assert isinstance(got, Again)
    assert got.away == away


def test_retry_after_may_be_a_date() -> None:
    assert retry_after("Thu, 01 Jan 2026 00:01:00 GMT", 1_767_225_600.0) == 60.0


def test_nobody_there_is_said_plainly_and_a_slow_one_is_not_waited_for() -> None:
    sending = sender(f"http://127.0.0.1:{free_port()}/")
    got = sending.send(message())
    sending.close()
    assert isinstance(got, Again)
    assert "nothing listens on 127.0.0.1" in got.why

    def slow(_: Request) -> Reply:
        time.sleep(1.0)  # the other side's slowness, not ours
        return Reply()

    with other(slow) as crm:
        sending = sender(crm.url, timeout="200 ms")
        got = sending.send(message())
        sending.close()
    assert isinstance(got, Again)
    assert "did not answer in 0.2 s" in got.why


def test_one_that_was_killed_is_found_when_it_comes_back() -> None:
    crm = Other(lambda _: Reply())
    sending = sender(crm.url)
    assert sending.send(message()) == Sent()
    crm.close()
    first = sending.send(message())
    second = sending.send(message())
    assert {type(first), type(second)} <= {Again, Sent}
    assert isinstance(second, Again)
    with other(port=crm.port) as back:
        assert sending.send(message()) == Sent()
        assert len(back.requests) == 1
    sending.close()


def test_certificates_are_always_checked(certificates: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    ours = {"certificate": "client.pem", "key": "client.key"}
    got = {}
    with other(tls=context) as crm:
        for trusted, tls in [
            ("system", None),
            ("stranger", {"ca": "stranger.pem", **ours}),
            ("ca", {"ca": "ca.pem", **ours}),
        ]:
            settings = WebhookTarget.model_validate({"type": "webhook", "url": crm.url, "tls": tls})
            sending = WebhookSender("crm", settings, "test", certificates, {})
            got[trusted] = sending.send(message())
            sending.close()
    assert got["ca"] == Sent()
    for trusted in ("system", "stranger"):
        refused = got[trusted]
        assert isinstance(refused, Again)
        assert "is not trusted" in refused.why


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://x/", id="no-http"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("https://user:password@x/", id="password"),
        pytest.param("/cases", id="no-host"),
        pytest.param("https://x/#a", id="fragment"),
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValidationError, match="expected") as caught:
        WebhookTarget.model_validate({"type": "webhook", "url": url})
    assert "password@" not in caught.value.errors(include_input=False)[0]["msg"]


@pytest.mark.parametrize(
    "secret, why",
    [
        pytest.param({}, "'SECRET' is not set", id="missing"),
        pytest.param({"SECRET": " "}, "is empty", id="empty"),
        pytest.param({"SECRET": "whsec_ä"}, "expected secrets", id="no-base64"),
    ],
)
def test_a_secret_that_is_none_is_a_fault_at_the_start(secret: dict[str, str], why: str) -> None:
    settings = WebhookTarget.model_validate({"type": "webhook", "url": "https://x/", "secret_env": "SECRET"})
    with pytest.raises(ValueError, match=why):
        WebhookSender("crm", settings, "test", Path(), secret)

"""Open311: a strict GeoReport v2 server takes our requests, gets none twice where that can be known, and is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.dispatch.message import Again, Refused, Sent, Status
from connectors.dispatch.open311 import Open311Sender, Open311Target
from connectors.dispatch.open311_read import NotReadable, records
from tests.connectors.dispatch.geo_report import JURISDICTION, KEY, GeoReport
from tests.connectors.dispatch.others import Reply, begun, message, other

FORMATS = pytest.mark.parametrize("format", ["json", "xml"])


@contextmanager
def sender(server: GeoReport, key: str = KEY, **more: Any) -> Iterator[Open311Sender]:
    with other(server) as city:
        given: dict[str, Any] = {
            "type": "open311",
            "url": f"{city.url}/v2/",
            "format": server.format,
            "jurisdiction": JURISDICTION,
            "api_key_env": "KEY",
            "services": {"06042": "001", "06036": "002"},
            "description": "{number}: {text} ({address})",
        }
        settings = Open311Target.model_validate({**given, **more})
        sending = Open311Sender("city", settings, "test", Path(), {"KEY": key})
        yield sending
        sending.close()


@FORMATS
def test_a_request_is_made_as_the_standard_says(format: str) -> None:
    server = GeoReport(format)
    with sender(server, attributes={"WHISPAWN": "{measure}", "KINDS": ["{subject}", "{state}"]}) as sending:
        assert sending.test() == Sent()
        assert sending.send(message(number="HZ-1", subject="bin & 7", measure=96.5)) == Sent("638344", 300.0)
    (made,) = server.requests
    assert (made["service_code"], made["lat"], made["long"]) == ("001", "30.250000", "120.160000")
    assert made["address_string"] == "文三路 1"
    assert made["description"] == f"HZ-1: 满溢 over its rim (文三路 1)\n[{message().id}]"
    assert made["attributes"] == {"attribute[WHISPAWN]": ["96.5"], "attribute[KINDS][]": ["bin & 7", "dispatched"]}


@pytest.mark.parametrize(
    "values, more, why",
    [
        pytest.param({"category": "06010"}, {}, "no service_code for category '06010'", id="no-service"),
        pytest.param({"lon": None, "address": ""}, {}, "neither a place nor an address", id="no-place"),
        pytest.param({"category": "06036"}, {}, "attribute WHISPAWN is required", id="an-attribute-that-they-want"),
    ],
)
def test_what_they_can_never_take_is_refused(values: dict[str, Any], more: dict[str, Any], why: str) -> None:
    server = GeoReport()
    with sender(server, **more) as sending:
        got = sending.send(message(**values))
    assert isinstance(got, Refused)
    assert why in got.why
    assert server.requests == []


def test_other_categories_and_places_without_coordinates() -> None:
    server = GeoReport()
    with sender(server, other_service="001") as sending:
        assert isinstance(sending.send(message(category="06010", lat=None)), Sent)
        long = sending.send(message(text="字" * 5000))
    assert isinstance(long, Sent)
    assert "lat" not in server.requests[0]
    assert len(server.requests[1]["description"]) == 4000
    assert server.requests[1]["description"].endswith(f"\n[{message().id}]")


def test_a_wrong_key_is_ours_to_mend_and_not_the_messages_fault() -> None:
    with sender(GeoReport(), key="other") as sending:
        got = sending.send(message())
    assert isinstance(got, Again)
    assert "403" in got.why
    assert "other" not in got.why


@FORMATS
@pytest.mark.parametrize(
    "failing, made",
    [
        pytest.param([Reply(0)], 1, id="made-and-the-answer-lost"),
        pytest.param([], 1, id="killed-after-the-answer"),
        pytest.param([Reply(500)], 1, id="made-and-then-failed"),
    ],
)
def test_one_that_was_begun_is_looked_for_before_it_is_made_again(format: str, failing: list[Reply], made: int) -> None:
    server = GeoReport(format)
    server.failing = list(failing)
    with sender(server) as sending:
        first = sending.send(message())
        assert isinstance(first, Again if failing else Sent)
        assert sending.send(begun(message())) == Sent("638344", 300.0)
    assert len(server.requests) == made


def test_one_that_was_begun_and_never_came_is_made() -> None:
    server = GeoReport()
    with sender(server) as sending:
        assert sending.send(begun(message())) == Sent("638344", 300.0)


def test_made_is_made_whatever_they_say_of_it() -> None:
    server = GeoReport()
    server.failing = [Reply(200, b"<html>thank you</html>")]
    with sender(server) as sending:
        assert sending.send(message()) == Sent()


@FORMATS
@pytest.mark.parametrize("tokens", [False, True], ids=["numbers", "tokens"])
def test_they_are_asked_how_requests_stand(format: str, tokens: bool) -> None:
    server = GeoReport(format, tokens)
    with sender(server) as sending:
        sent = sending.send(message())
        assert isinstance(sent, Sent)
        assert sent.reference == ("token:t638344" if tokens else "638344")
        server.requests[0].update(status="closed", notes="swept")
        assert sending.ask([sent.reference, "1"]) == [
            Status(
                reference=sent.reference,
                status="closed",
                note="swept",
                at="2026-01-01T08:30:00+08:00",
                expected="2026-01-01T12:00:00+08:00",
                number="638344",
            )
        ]
        assert sending.ask(["1"]) == []
        assert sending.ask(["token:../../x"]) == []


def test_a_service_that_they_have_not_is_found_by_the_test() -> None:
    with sender(GeoReport(), services={"06042": "001", "06010": "999"}) as sending:
        got = sending.test()
    assert isinstance(got, Refused)
    assert "no service 999" in got.why


@pytest.mark.parametrize(
    "body, format, why",
    [
        pytest.param(b"<html>", "json", "something else than JSON", id="no-json"),
        pytest.param(b"[1]", "json", "no list of records", id="no-records"),
        pytest.param(b"[]", "xml", "something else than XML", id="no-xml"),
        pytest.param(b"<services/>", "xml", "root is no <service_requests>", id="another-root"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "xml", "document type", id="entities"),
    ],
)
def test_what_is_not_readable(body: bytes, format: str, why: str) -> None:
    with pytest.raises(NotReadable, match=why):
        records(body, format, "service_requests")


def test_records_are_text_without_what_is_empty() -> None:
    assert records(b'{"a": 1, "b": null, "c": " x ", "d": [1], "e": true}', "json", "x") == [{"a": "1", "c": "x"}]
    assert records(b"<x><r><a>1</a><b/></r></x>", "xml", "x") == [{"a": "1"}]


def test_a_template_names_only_what_is_known_of_a_case() -> None:
    with pytest.raises(ValidationError, match=r"got '\{adress\}'"):
        Open311Target.model_validate({"type": "open311", "url": "https://x/", "description": "{adress}"})

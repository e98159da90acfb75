"""Alerts for a context broker: what it is sent is checked by the model's schema and by what NGSI-LD demands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from pydantic import ValidationError

from connectors.dispatch.message import Again, Refused, Sent
from connectors.dispatch.ngsi_ld import CATEGORIES, CORE, SEVERITIES, NgsiLdSender, NgsiLdTarget, alert
from tests.cases.outbox.told import T0
from tests.connectors.dispatch.others import Reply, Request, message, other

WHEN = {"@type": {"const": "DateTime"}, "@value": {"type": "string", "format": "date-time", "pattern": "Z$"}}


def _attribute(type: str, value: dict[str, Any], key: str = "value") -> dict[str, Any]:
    shape = {"type": {"const": type}, key: value}
    return {"type": "object", "properties": shape, "required": ["type", key], "additionalProperties": False}


_TIME = _attribute("Property", {"type": "object", "properties": WHEN, "required": list(WHEN)})
_TEXT = _attribute("Property", {"type": "string", "minLength": 1})
SCHEMA = {
    "type": "object",
    "required": ["id", "type", "category", "dateIssued", "alertSource", "@context"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": r"^urn:ngsi-ld:Alert:[\w\-.:]+$", "maxLength": 256},
        "type": {"const": "Alert"},
        "@context": {"type": "array", "items": {"format": "uri"}, "contains": {"const": CORE}},
        "category": _attribute("Property", {"enum": list(CATEGORIES)}),
        "subCategory": _TEXT,
        "severity": _attribute("Property", {"enum": list(SEVERITIES)}),
        "name": _TEXT,
        "description": _TEXT,
        "dateIssued": _TIME,
        "validFrom": _TIME,
        "validTo": _TIME,
        "address": _attribute("Property", {"type": "object", "required": ["streetAddress"]}),
        "data": _attribute("Property", {"type": "object"}),
        "alertSource": _attribute("Relationship", {"type": "string", "pattern": "^urn:"}, "object"),
        "location": _attribute(
            "GeoProperty",
            {
                "type": "object",
                "required": ["type", "coordinates"],
                "properties": {
                    "type": {"const": "Point"},
                    "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
                },
            },
        ),
    },
}
"""Alert of smart-data-models/dataModel.Alert (required: alertSource, category, dateIssued, id, type), normalised as
ETSI GS CIM 009, 4.5 says: every attribute is a Property, a GeoProperty or a Relationship, and none is null."""
STRICT = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def broker(request: Request) -> Reply:
    """Takes what is an Alert, knows one tenant."""
    if request.headers.get("ngsild-tenant") != "city":
        return Reply(404)
    if request.path == "/ngsi-ld/v1/entities?type=Alert&limit=1":
        return Reply(200, b"[]")
    if (
        request.path != "/ngsi-ld/v1/entityOperations/upsert"
        or request.headers["content-type"] != "application/ld+json"
    ):
        return Reply(400)
    (entity,) = json.loads(request.body)
    faults = [error.message for error in STRICT.iter_errors(entity)]
    return Reply(400, json.dumps(faults).encode()) if faults else Reply(204)


def target(**more: Any) -> NgsiLdTarget:
    given = {"type": "ngsi_ld", "url": "http://x/", "tenant": "city", "alert_categories": {"06042": "health"}}
    return NgsiLdTarget.model_validate({**given, **more})


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="as-usual"),
        pytest.param({"lon": None, "lat": None, "address": "", "text": "", "subject": ""}, id="hardly-anything"),
        pytest.param({"ended": T0 + 9, "closed": T0 + 99, "severity": 4}, id="closed"),
        pytest.param({"severity": 0, "category": "traffic-jam", "opened": 0.5}, id="another-category"),
    ],
)
def test_a_strict_broker_takes_every_case(values: dict[str, Any]) -> None:
    with other(broker) as orion:
        sending = NgsiLdSender("broker", target(url=f"{orion.url}/"), "test", Path(), {})
        assert sending.test() == Sent()
        assert sending.send(message(**values)) == Sent()
        sending.close()


def test_an_alert_says_what_the_case_says() -> None:
    entity = alert(message(severity=3, closed=T0 + 99), "test", target(alert_categories={"06042": "health/rodent"}))
    assert entity["id"] == f"urn:ngsi-ld:Alert:test:{message().case}"
    found = {name: entity[name]["value"] for name in ("category", "subCategory", "severity", "location", "validTo")}
    assert found == {
        "category": "health",
        "subCategory": "rodent",
        "severity": "high",
        "location": {"type": "Point", "coordinates": [120.16, 30.25]},
        "validTo": {"@type": "DateTime", "@value": "2026-01-01T00:01:39Z"},
    }
    assert entity["data"]["value"]["state"] == "dispatched"


@pytest.mark.parametrize(
    "reply, expected, why",
    [
        pytest.param(Reply(201, b'["urn:x"]'), Sent, "", id="created"),
        pytest.param(Reply(207, b'{"success": [], "errors": []}'), Sent, "", id="nothing-wrong"),
        pytest.param(
            Reply(207, b'{"errors": [{"entityId": "a", "error": {"status": 400, "title": "no"}}]}'),
            Refused,
            "did not take the entity",
            id="refused-in-part",
        ),
        pytest.param(Reply(207, b'{"errors": [{"error": {"status": 503}}]}'), Again, "503", id="busy-in-part"),
        pytest.param(Reply(207, b"[]"), Again, "nothing that we understand", id="rubbish"),
        pytest.param(Reply(503), Again, "503", id="busy"),
    ],
)
def test_what_a_broker_answers(reply: Reply, expected: type, why: str) -> None:
    with other(lambda _: reply) as orion:
        sending = NgsiLdSender("broker", target(url=orion.url), "test", Path(), {})
        got = sending.send(message())
        sending.close()
    assert type(got) is expected
    assert re.search(why, getattr(got, "why", ""))


def test_a_category_that_the_model_has_not_is_a_fault() -> None:
    with pytest.raises(ValidationError, match="did you mean 'traffic'"):
        target(other_category="trafic/roadWorks")

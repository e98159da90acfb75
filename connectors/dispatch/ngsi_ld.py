"""ngsi_ld: each case is an Alert in a context broker, which is as the case is. ETSI GS CIM 009; Smart Data Models.

Upserted whole (entityOperations/upsert), so that the same message twice is the same entity, and what a case has lost
(an end, when it goes on after all) is gone from the entity too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from connectors.dispatch.message import Again, Message, Outcome, Refused, Sent
from connectors.dispatch.web import SHOWN, Answer, Web, WebTarget
from pipeline.faults import did_you_mean
from pipeline.links import Variable, secrets

CATEGORIES = ("traffic", "naturalDisaster", "weather", "environment", "health", "security", "agriculture")
"""What the model has."""
SEVERITIES = ("informational", "low", "medium", "high", "critical")
"""By our severity, 0 to 4."""
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"


def _category(text: str) -> str:
    first = text.partition("/")[0]
    if first not in CATEGORIES:
        raise ValueError(f"expected one of {', '.join(CATEGORIES)}{did_you_mean(first, CATEGORIES)}")
    return text


Category = Annotated[str, AfterValidator(_category)]


class NgsiLdTarget(WebTarget):
    """`type: ngsi_ld`: url is the broker's, without /ngsi-ld/v1."""

    type: Literal["ngsi_ld"]
    tenant: str | None = Field(None, description="the header NGSILD-Tenant")
    token_env: Variable | None = Field(None, description="sent as 'Authorization: Bearer …'")
    context: tuple[str, ...] = Field(
        ("https://smartdatamodels.org/context.jsonld", CORE), min_length=1, description="the @context of the entities"
    )
    alert_categories: dict[str, Category] = Field(
        {}, description="our category -> the model's, with a sub-category if there is one: 'traffic/roadWorks'"
    )
    other_category: Category = Field("environment", description="of all other categories")


class NgsiLdSender:
    """To one broker."""

    def __init__(
        self, name: str, settings: NgsiLdTarget, city: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._settings, self._city = settings, city
        (token,) = secrets(environment, token_env=settings.token_env)
        self._headers = {} if settings.tenant is None else {"NGSILD-Tenant": settings.tenant}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._base = settings.url.rstrip("/") + "/ngsi-ld/v1"
        self._web = Web(settings, folder)

    def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        entity = alert(message, self._city, self._settings)
        answer = self._web.ask(
            "POST",
            f"{self._base}/entityOperations/upsert",
            content=json.dumps([entity], ensure_ascii=False, allow_nan=False).encode(),
            headers={**self._headers, "content-type": "application/ld+json", "accept": "application/json"},
        )
        if isinstance(answer, Answer) and answer.status == 207:
            return _partly(answer.body, self._web.where)
        return self._web.judge(answer)

    def test(self) -> Outcome:
        """Asks for one Alert; nothing is written."""
        query = {"type": "Alert", "limit": "1"}
        link = {"link": f'<{CORE}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
        headers = {**self._headers, **link, "accept": "application/json"}
        return self._web.judge(self._web.ask("GET", f"{self._base}/entities", params=query, headers=headers))

    def close(self) -> None:
        """See `Sender.close`."""
        self._web.close()


def alert(message: Message, city: str, settings: NgsiLdTarget) -> dict[str, Any]:
    """The entity, in the normalised form, with @context."""
    case = message.content["case"]
    mapped = settings.alert_categories.get(case["category"], settings.other_category)
    category, _, sub = mapped.partition("/")
    issued = case["opened"] or case["started"] or message.content["at"]
    times = {"dateIssued": issued, "validFrom": case["started"], "validTo": case["closed"] or case["ended"]}
    plain = {
        "category": category,
        "subCategory": sub,
        "severity": SEVERITIES[min(max(int(case["severity"] or 0), 0), 4)],
        "name": case["number"],
        "description": case["text"] or f"{case['category']} {case['subject']}".strip(),
        "address": {"streetAddress": case["address"]} if case["address"] else None,
        "data": {name: case[name] for name in ("state", "revision", "category", "subject", "responsible", "due")},
    }
    entity: dict[str, Any] = {"id": f"urn:ngsi-ld:Alert:{city}:{case['id']}", "type": "Alert"}
    entity |= {name: {"type": "Property", "value": value} for name, value in plain.items() if value}
    entity |= {
        name: {"type": "Property", "value": {"@type": "DateTime", "@value": when}}
        for name, when in times.items()
        if when
    }
    entity["alertSource"] = {"type": "Relationship", "object": f"urn:ngsi-ld:System:gridwatch:{city}"}
    if case["lon"] is not None and case["lat"] is not None:
        point = {"type": "Point", "coordinates": [case["lon"], case["lat"]]}
        entity["location"] = {"type": "GeoProperty", "value": point}
    return {**entity, "@context": list(settings.context)}


def _partly(body: bytes, where: str) -> Outcome:
    """207: what they say of the one entity that was in the batch."""
    try:
        errors = json.loads(body).get("errors", [])
        statuses = [int(each.get("error", {}).get("status", 400)) for each in errors]
    except (ValueError, TypeError, AttributeError):
        return Again(f"{where} answered 207, and nothing that we understand")
    if not errors:
        return Sent()
    why = f"{where} did not take the entity: {json.dumps(errors, ensure_ascii=False)[:SHOWN]}"
    return Again(why) if any(status >= 500 for status in statuses) else Refused(why)

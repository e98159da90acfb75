"""A city that runs: its cases go to a webhook and to an Open311 server, whose answers move them, each once."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook

from cases.office import Office
from cases.outbox.lists import standing
from cases.words import Report, Step
from gridwatch.desk_beside import DeskBeside
from gridwatch.health_beside import HealthBeside
from pipeline.runtime.document import parse_document
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.logs import logger
from pipeline.runtime.metrics import Metrics
from tests.cases.outbox.told import T0
from tests.connectors.dispatch.geo_report import JURISDICTION, KEY, GeoReport
from tests.connectors.dispatch.others import Other, other
from tests.gridwatch.test_cli_check import CITY
from tests.services.wait import until

SECRET, TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "they-are-who-they-say-they-are-0123456789"


class Around:
    """The city, and the systems around it."""

    def __init__(self, city: Embedded, beside: DeskBeside, crm: Other, city311: GeoReport) -> None:
        assert city.office is not None
        self.office: Office = city.office
        self.city, self.beside, self.crm, self.city311 = city, beside, crm, city311

    def given(self, unit: str) -> str:
        """A case that was filed and dispatched to a unit."""
        report = Report(
            id=str(uuid.uuid4()), channel="hand", category="06042", text="满了", lon=120.16, lat=30.25, at=T0
        )
        case = self.office.say(report, patience=20).case
        self.step(case, "file", "acceptor")
        self.step(case, "dispatch", "dispatcher", unit=unit)
        return case

    def step(self, case: str, action: str, role: str, **data: Any) -> None:
        said = Step(id=str(uuid.uuid4()), case=case, action=action, by="x", role=role, at=T0, data=data, note="x")
        answer = self.office.say(said, patience=20)
        assert answer.taken, answer.why

    def state(self, case: str) -> str:
        row = self.city.cases.get(case)
        return str(row.state)

    def told(self, case: str) -> list[str]:
        """What the CRM has been told of a case, checked as it would check it."""
        events: list[str] = []
        for request in list(self.crm.requests):
            Webhook(SECRET).verify(request.body, request.headers)
            event: Any = from_structured_event(HTTPMessage(request.headers, request.body))
            if event.get_subject() == case:
                events.append(event.get_type().removeprefix("gridwatch.case."))
        return events

    def answered(self, token: str = TOKEN, **what: str) -> httpx.Response:
        return httpx.post(
            f"{self.beside.address}/api/answers/crm",
            json=what,
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        )


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Around]:
    for name, value in {"CRM_SECRET": SECRET, "CRM_TOKEN": TOKEN, "CITY311_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    city311 = GeoReport()
    with other() as crm, other(city311) as server:
        data = parse_document(CITY, "city").data
        data |= {"web": {"port": 0, "patience": "20s"}, "data": "var", "metrics": None, "time": {"tick": "50ms"}}
        broker = {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["t/+"]}
        data["sources"] = {"s": broker}
        data["dispatch"] = {
            "crm": {
                "type": "webhook",
                "url": crm.url,
                "secret_env": "CRM_SECRET",
                "responsible": ["unit-7"],
                "answers": {"token_env": "CRM_TOKEN"},
            },
            "city311": {
                "type": "open311",
                "url": f"{server.url}/v2",
                "jurisdiction": JURISDICTION,
                "api_key_env": "CITY311_KEY",
                "services": {"06042": "001"},
                "responsible": ["unit-311"],
                "every": "200ms",
            },
        }
        file = tmp_path / "city.yaml"
        file.write_text(json.dumps(data), "utf-8")
        log, metrics = logger(io.StringIO()), Metrics()
        beside = DeskBeside(file, log, metrics.registry)
        city = Embedded(file, log=log, metrics=metrics, prepare=beside.prepare)
        city.start()
        beside.start(city, lambda: HealthBeside(city))
        try:
            yield Around(city, beside, crm, city311)
        finally:
            beside.stop()
            city.stop()


def test_a_webhook_is_told_and_its_answers_move_the_case_once(around: Around) -> None:
    case = around.given("unit-7")
    until(lambda: around.told(case) == ["dispatch"], "the CRM to be told")
    assert around.answered(token="another").status_code == 401
    assert around.answered(case=case, status="accepted", id="1").status_code == 200
    assert around.state(case) == "handling"
    for _ in range(2):
        assert around.answered(case=case, status="done", note="emptied", id="2").status_code == 200
    assert around.state(case) == "handled"
    assert around.answered(case=case, status="accepted", id="3").status_code == 409
    assert around.answered(case=str(uuid.uuid4()), status="done").status_code == 404
    assert around.answered(case=case, status="whatever").status_code == 422
    around.step(case, "rework", "acceptor")
    until(lambda: around.told(case) == ["dispatch", "rework"], "the CRM to be told, and not of what it said itself")
    assert all(each.dead == 0 for each in standing(around.city.cases.engine))


def test_an_open311_server_gets_a_request_and_its_closing_is_the_units_word(around: Around) -> None:
    case = around.given("unit-311")
    until(lambda: len(around.city311.requests) == 1, "the request")
    around.city311.requests[0].update(status="closed", notes="emptied")
    until(lambda: around.state(case) == "handled", "the case to be handled")
    assert around.told(case) == []

"""A whole life of a case over the web: a city that runs, people with tokens, an Open311 client that is not ours."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from georeport import GeoReport
from PIL import Image

from gridwatch.web_running import WebServer, web_of
from pipeline.runtime.document import parse_document
from pipeline.runtime.embedded import Embedded
from pipeline.runtime.logs import logger
from tests.console.kit import INTAKE, OPEN311, SECRETS, TOKENS
from tests.gridwatch.test_cli_check import CITY
from tests.gridwatch.test_web import Log

BOSS, ACCEPTOR, COLLECTOR, UNIT, APP, HOTLINE = ("BOSS", "ACCEPTOR", "COLLECTOR", "UNIT", "APP", "HOTLINE")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[WebServer]:
    web = {"port": 0, "tokens": TOKENS, "open311": OPEN311 | {"public": True}, "patience": "20s"}
    data = parse_document(CITY, "city").data
    data |= {"web": web, "intake": INTAKE, "data": "var", "metrics": None, "time": {"tick": "50ms"}}
    data["sources"] = {"s": {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["t/+"]}}
    file = tmp_path / "city.yaml"
    file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
    city = Embedded(file, log=logger(io.StringIO()))
    city.start()
    assert city.office is not None
    server = web_of(file, city.city.configuration, city.office, city.cases.engine, Log(), environment=SECRETS)
    assert server is not None
    server.start()
    yield server
    server.stop()
    city.stop()


def as_(server: WebServer, token: str) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {SECRETS[token]}"}, timeout=60)


def step(server: WebServer, token: str, case: str, action: str, **body: Any) -> dict[str, Any]:
    with as_(server, token) as client:
        got = client.post(f"/api/cases/{case}/steps", json={"action": action, **body})
        assert got.status_code == 200, got.text
        said: dict[str, Any] = got.json()
        return said


def test_from_a_request_to_its_closing(served: WebServer) -> None:
    written = io.BytesIO()
    Image.new("RGB", (8, 8)).save(written, "JPEG")
    form = {"api_key": SECRETS[APP], "service_code": "06042", "lat": "30.25", "long": "120.16", "description": "满了"}
    form |= {"email": "smit333@example.org"}
    posted = httpx.post(
        f"{served.url}/open311/v2/requests.json", data=form, files={"media": ("a.jpg", written.getvalue())}, timeout=60
    )
    assert posted.status_code == 200, posted.text
    number = posted.json()[0]["service_request_id"]
    public = GeoReport(f"{served.url}/open311/v2", jurisdiction="city.example")
    assert public.get_service_request(number)["status"] == "open"

    with as_(served, ACCEPTOR) as client:
        asked: dict[str, Any] = {"lon": 120.16, "lat": 30.25, "category": "06042", "text": "满了"}
        (likely,) = client.get("/api/duplicates", params=asked).json()
        case = likely["case"]
        refused = client.post(f"/api/cases/{case}/steps", json={"action": "dispatch", "data": {"unit": "unit-7"}})
        assert refused.status_code == 409
        assert "file" in refused.json()["allowed"]
    assert step(served, ACCEPTOR, case, "file")["state"] == "filed"
    assert step(served, ACCEPTOR, case, "dispatch", data={"unit": "unit-7"})["state"] == "dispatched"
    assert step(served, UNIT, case, "accept")["state"] == "handling"
    assert step(served, UNIT, case, "handled", note="emptied")["state"] == "handled"
    assert step(served, ACCEPTOR, case, "verify", data={"collector": "collector-1"})["state"] == "verifying"
    assert step(served, COLLECTOR, case, "verified")["state"] == "verified"
    closed = step(served, ACCEPTOR, case, "close", note="inside: Wang knows", data={"reply": "已清运,谢谢。"})
    assert closed["state"] == "closed"

    request = public.get_service_request(number)
    assert (request["status"], request["status_notes"]) == ("closed", "已清运,谢谢。")
    assert [each["service_request_id"] for each in public.get_service_requests(status="closed")] == [number]
    with as_(served, BOSS) as client:
        whole = client.get(f"/api/cases/{case}").json()
        assert [each["action"] for each in whole["steps"]] == [
            "file",
            "dispatch",
            "accept",
            "handled",
            "verify",
            "verified",
            "close",
        ]
        assert whole["reports"][0]["photos"]
        assert "smit333" not in json.dumps(whole)
        assert client.get(f"/api/photos/{whole['reports'][0]['photos'][0]}").status_code == 200


def test_orders_sent_by_many_at_once_are_each_one_case(served: WebServer) -> None:
    orders = [{"工单编号": f"n-{n}", "诉求内容": f"{n}", "addr": f"{n} Main St"} for n in range(8)]
    answers: list[Any] = []

    def send() -> None:
        with as_(served, HOTLINE) as client:
            answers.append(client.post("/api/hotline/12345", json=orders).json()["orders"])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each["taken"] for answer in answers for each in answer), answers
    assert all(answer == answers[0] for answer in answers)
    with as_(served, BOSS) as client:
        listed = client.get("/api/cases").json()["cases"]
        assert len({each["id"] for each in listed}) == len({each["case"] for each in answers[0]})
        boss = {each["id"] for each in listed}
        for case in boss:
            client.post(f"/api/cases/{case}/steps", json={"action": "reject", "note": "x"})
    with as_(served, HOTLINE) as client:
        told = client.get("/api/hotline/12345/answers").json()["answers"]
    assert {each["order"] for each in told} == {order["工单编号"] for order in orders}
    assert all("未予立案" in each["text"] for each in told)

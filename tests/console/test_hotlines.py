"""Orders of a hotline: taken one by one, once, and answered."""

from __future__ import annotations

from typing import Any

import pytest

from cases.database import writing
from cases.tables import CASES, CHANGES
from cases.words import Report
from tests.console.kit import Town

ORDER: dict[str, Any] = {
    "工单编号": "20260528-1",
    "type": {"name": "垃圾"},
    "诉求内容": "垃圾桶满了",
    "addr": "解放路1号",
    "xy": [120.1646, 30.2476],
    "time": "2026-05-29 04:00:00",
    "who": "王",
    "tel": 13800000000,
}


def test_each_order_is_answered_for_itself(town: Town) -> None:
    client = town.client("HOTLINE")
    bad = {"工单编号": "20260528-2", "诉求内容": "x", "xy": ["here", "there"]}
    got = client.post("/api/hotline/12345", json=[ORDER, bad, {"诉求内容": "no number"}, 7]).json()["orders"]
    assert [(each["order"], each["taken"]) for each in got] == [
        ("20260528-1", True),
        ("20260528-2", False),
        ("", False),
        ("", False),
    ]
    assert "degrees" in got[1]["why"]
    (said,) = town.office.said
    assert isinstance(said, Report)
    assert (said.channel, said.number, said.category) == ("12345", "20260528-1", "06042")
    assert said.contact == {"name": "王", "phone": "13800000000"}


def test_an_order_sent_again_is_the_same(town: Town) -> None:
    client = town.client("HOTLINE")
    cases = {client.post("/api/hotline/12345", json=[ORDER]).json()["orders"][0]["case"] for _ in range(2)}
    assert len(cases) == 1


@pytest.mark.parametrize(
    "token, name, status",
    [
        pytest.param("APP", "12345", 403, id="another-token"),
        pytest.param("HOTLINE", "110", 403, id="another-hotline"),
        pytest.param("", "12345", 401, id="nobody"),
    ],
)
def test_only_its_own_token_brings_orders(town: Town, token: str, name: str, status: int) -> None:
    assert town.client(token).post(f"/api/hotline/{name}", json=[ORDER]).status_code == status


def test_what_reporters_are_to_be_told_is_asked_for(town: Town) -> None:
    client = town.client("HOTLINE")
    case = client.post("/api/hotline/12345", json=[ORDER]).json()["orders"][0]["case"]
    told = {"channel": "12345", "number": "20260528-1", "answer": "closed"}
    with writing(town.engine) as connection:
        connection.execute(CASES.update().values(state="closed"))
        rows = [{"event": "close", "data": {}}, {"event": "answered", "data": told}]
        rows.append({"event": "answered", "data": told | {"channel": "12319"}})
        connection.execute(CHANGES.insert(), [{"case_id": case, "at": 0.0, **row} for row in rows])
    got = client.get("/api/hotline/12345/answers").json()
    (answer,) = got["answers"]
    assert (answer["order"], answer["ended"]) == ("20260528-1", True)
    assert answer["text"] == "您反映的问题(编号 20260528-1)已办结。感谢您的反映。"
    assert client.get("/api/hotline/12345/answers", params={"after": got["next"]}).json() == {
        "answers": [],
        "next": got["next"],
    }
    assert client.get("/api/reports/20260528-1").json()["told"] == answer["text"]

"""Sources and sinks by the API: what is told, to whom; nothing personal in it; dead messages sent again or dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cases.database import reading, writing
from cases.outbox.lists import dead
from cases.tables import NOTICE_SENDS, OUTBOX, OUTBOX_TARGETS, REPORTS
from cases.tables.people import AUDIT
from console.integrations_masked import LONGEST, masked
from console.integrations_told import LettersOut, SilentOut
from tests.console.kit import NOW, Town
from tests.console.kit import _row as row


@pytest.fixture
def busy(town: Town) -> Town:
    """With a target that refuses, a channel that fails, and a hotline."""
    message: dict[str, Any] = {"target": "unit-desk", "case_id": "c", "event": "dispatch", "content": {}, "at": NOW}
    messages = [
        message | {"id": f"m{n}", "number": n, "state": state, "finished": NOW if state == "dead" else None}
        for n, state in enumerate(("dead", "waiting", "dead"), 1)
    ]
    target = {"name": "unit-desk", "breaker": "open", "why": "they say: call 13812345678", "number": 3, "failures": 4}
    channel = {"channel": "wecom", "state": "waiting", "made": NOW, "why": "ConnectError"}
    with writing(town.engine) as connection:
        connection.execute(OUTBOX.insert(), [row(OUTBOX) | each for each in messages])
        connection.execute(OUTBOX_TARGETS.insert(), row(OUTBOX_TARGETS) | target)
        connection.execute(NOTICE_SENDS.insert(), row(NOTICE_SENDS) | channel)
        connection.execute(REPORTS.insert(), row(REPORTS) | {"id": "r", "channel": "12345", "at": NOW - 60})
        connection.execute(REPORTS.insert(), row(REPORTS) | {"id": "s", "channel": "wechat", "at": NOW - 2 * 86_400})
    return town


def test_sinks_and_hotlines_without_a_running_city(busy: Town) -> None:
    said = busy.client("BOSS").get("/api/integrations").json()
    sinks = {each["name"]: each for each in said["sinks"]}
    desk, wecom = sinks["unit-desk"], sinks["wecom"]
    assert (desk["state"], desk["hint"], desk["dead"], desk["waiting"], desk["held"]) == ("trouble", "dead", 2, 1, 1)
    assert desk["error"] == "they say: call …"
    assert (wecom["kind"], wecom["state"], wecom["hint"]) == ("notify", "trouble", "away")
    sources = {each["name"]: (each["kind"], each["state"], each["count"], each["hint"]) for each in said["sources"]}
    assert sources == {"12345": ("hotline", "works", 1, ""), "wechat": ("people", "quiet", 0, "quiet")}
    assert (said["journal"], said["machine"], said["version"]) == (None, None, None)


def test_what_nobody_knows_where_no_city_runs(busy: Town) -> None:
    for path in ("letters", "silent", "clocks", "versions"):
        got = busy.client("BOSS").get(f"/api/integrations/{path}")
        assert got.status_code == 503
        assert "gridwatch run" in got.json()["detail"]


class FakeHealth:
    """Says what it is asked."""

    def letters(self) -> LettersOut:
        return LettersOut(groups=[], held=0, lost=0, fates={"live": 1})

    def silent(self, after: float, kind: str, limit: int) -> SilentOut:
        counts = {"limit": limit, kind or "all": 1}
        return SilentOut(after=after, registered=counts, silent={}, devices=[], left_out=0)


def test_a_running_city_is_asked(busy: Town) -> None:
    city = busy.app.state.city
    health: Any = FakeHealth()
    busy.app.state.city = replace(city, beside=replace(city.beside, health=health))
    client = busy.client("BOSS")
    assert client.get("/api/integrations/letters").json()["fates"] == {"live": 1}
    said = client.get("/api/integrations/silent", params={"after": 60, "kind": "bin", "limit": 3}).json()
    assert (said["after"], said["registered"]) == (60.0, {"limit": 3, "bin": 1})
    assert client.get("/api/integrations/silent", params={"kind": "cat"}).status_code == 422
    assert client.get("/api/integrations/silent", params={"limit": 10**6}).status_code == 422


def test_dead_messages_are_sent_again_or_dropped(busy: Town) -> None:
    client = busy.client("BOSS")
    listed = client.get("/api/integrations/outbox").json()
    assert [(each["id"], each["holds"]) for each in listed["messages"]] == [("m1", 1), ("m3", 0)]
    assert client.post("/api/integrations/outbox/retry", json={"ids": ["m1"]}).json() == {"messages": 1}
    assert [each.id for each in dead(busy.engine)] == ["m3"]
    assert client.post("/api/integrations/outbox/drop", json={"target": "unit-desk"}).json() == {"messages": 1}
    assert client.post("/api/integrations/outbox/drop", json={"ids": ["m3"]}).json() == {"messages": 0}
    with reading(busy.engine) as connection:
        noted = connection.execute(AUDIT.select().order_by(AUDIT.c.number)).mappings().all()
    assert [(each["who"], each["action"]) for each in noted][:2] == [
        ("boss", "outbox.retried"),
        ("boss", "outbox.dropped"),
    ]
    for body in ({}, {"ids": ["m1"], "target": "unit-desk"}, {"ids": "m1"}):
        assert client.post("/api/integrations/outbox/retry", json=body).status_code == 422


def test_who_may_see_and_who_may_mend(busy: Town) -> None:
    for token, sees, mends in (("BOSS", 200, 200), ("ACCEPTOR", 200, 403), ("UNIT", 403, 403), ("", 401, 401)):
        client = busy.client(token)
        assert client.get("/api/integrations").status_code == sees, token
        assert client.get("/api/integrations/outbox").status_code == sees, token
        got = client.post("/api/integrations/outbox/retry", json={"target": "nobody"})
        assert got.status_code == mends, token


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("expected JSON; got 'x'", "expected JSON; got 'x'", id="as-it-is"),
        pytest.param("call 13812345678 now", "call … now", id="phone"),
        pytest.param("call +86 13812345678", "call …", id="phone-with-its-country"),
        pytest.param("0571-88881234", "…", id="landline"),
        pytest.param("id 11010519491231002X.", "id ….", id="identity-card"),
        pytest.param("a.b@city.example wrote", "…@… wrote", id="mail"),
        pytest.param("a time near 1780000000.000", "a time near 1780000000.000", id="a-time-stays"),
        pytest.param("lon 120.123456789012", "lon 120.123456789012", id="a-place-stays"),
        pytest.param("got b'" + "z" * 99 + "'", "got b'" + "z" * 32 + "…'", id="a-payload-is-cut"),
        pytest.param("y" * 999, "y" * (LONGEST - 1) + "…", id="long"),
    ],
)
def test_nothing_personal_is_shown(text: str, expected: str) -> None:
    assert masked(text) == expected

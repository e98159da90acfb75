"""What the systems that cases were sent to say of them, over HTTP: theirs, understood, taken once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from cases.database import writing
from cases.outbox.answers import Hearing
from cases.outbox.settings import Answers, Delivery
from cases.tables import OUTBOX
from cases.words import Step
from tests.console.kit import NOW, SIGNED, Town, case_row

TARGETS = {
    "crews": Delivery(answers=Answers(token_env="TARGET")),
    "signed": Delivery(answers=Answers(secret_env="SIGNED")),
    "unset": Delivery(answers=Answers(token_env="NOT_SET")),
    "silent": Delivery(),
}
BEARER = {"Authorization": "Bearer " + "t" * 32}


@pytest.fixture
def told_town(tmp_path: Path) -> Town:
    town = Town(tmp_path)
    hearing = Hearing(town.engine, "demo", TARGETS)
    town = Town(tmp_path, hearing=hearing, engine=town.engine)
    town.add(case_row("c1", state="dispatched"), case_row("c2", state="dispatched"))
    empty = {c.name: None if c.nullable else {} if isinstance(c.type, sa.JSON) else "" for c in OUTBOX.columns}
    with writing(town.engine) as connection:
        for n, target in enumerate(TARGETS):
            own = {"id": f"m{n}", "target": target, "number": n, "change": 1, "case_id": "c1", "event": "dispatch"}
            row = empty | own | {"at": NOW, "state": "sent", "attempts": 1, "failures": 0, "next": 0.0}
            connection.execute(OUTBOX.insert(), row)
    return town


def sign(body: bytes) -> dict[str, str]:
    signature = Webhook(SIGNED).sign("msg-1", datetime.fromtimestamp(NOW, UTC), body.decode())
    return {"webhook-id": "msg-1", "webhook-timestamp": str(int(NOW)), "webhook-signature": signature}


@pytest.mark.parametrize(
    "target, said, headers, status",
    [
        pytest.param("crews", {"case": "c1", "status": "accepted"}, BEARER, 200, id="its-token"),
        pytest.param("signed", {"case": "c1", "status": "accepted"}, sign, 200, id="its-signature"),
        pytest.param("crews", {"case": "c1", "status": "accepted"}, {}, 401, id="nobody"),
        pytest.param("crews", {"case": "c1", "status": "accepted"}, {"Authorization": "Bearer x"}, 401, id="another"),
        pytest.param("signed", {"case": "c1", "status": "accepted"}, BEARER, 401, id="not-signed"),
        pytest.param("crews", {"case": "c2", "status": "accepted"}, BEARER, 404, id="not-told-of-it"),
        pytest.param("nobody", {"case": "c1", "status": "accepted"}, BEARER, 404, id="no-target"),
        pytest.param("silent", {"case": "c1", "status": "accepted"}, BEARER, 404, id="gives-none"),
        pytest.param("unset", {"case": "c1", "status": "accepted"}, BEARER, 503, id="not-set"),
        pytest.param("crews", {"case": "c1", "status": "maybe"}, BEARER, 422, id="not-understood"),
        pytest.param("crews", {"case": "c\x001", "status": "\ud800"}, BEARER, 422, id="rubbish"),
        pytest.param("crews", [[]], BEARER, 422, id="a-list"),
    ],
)
def test_an_answer(
    told_town: Town, target: str, said: Any, headers: dict[str, str] | Callable[[bytes], dict[str, str]], status: int
) -> None:
    body = json.dumps(said).encode()
    given = headers(body) if callable(headers) else headers
    for _ in range(2):
        got = told_town.client().post(f"/api/answers/{target}", content=body, headers=given)
        assert got.status_code == status, got.text
    if status == 200:
        assert {each.id for each in told_town.office.said} == {got.json()["id"]}
        step = told_town.office.said[0]
        assert isinstance(step, Step)
        assert (step.case, step.action, step.by, step.role) == ("c1", "accept", target, "outside")
    else:
        assert not told_town.office.said


def test_what_is_too_late_is_said(told_town: Town) -> None:
    body = {"case": "c1", "status": "refused", "note": "not ours"}
    told_town.client().post("/api/answers/crews", json=body, headers=BEARER)
    late = told_town.client().post("/api/answers/crews", json=body | {"status": "accepted"}, headers=BEARER)
    assert late.status_code == 409
    assert "allowed" in late.json()


def test_a_city_that_dispatches_to_nobody_hears_nobody(town: Town) -> None:
    assert town.client().post("/api/answers/x", json={}, headers=BEARER).status_code == 404

"""The audit trail: what it keeps, how it is looked through, and as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cases.database import writing
from console.admin_audit import harmless
from console.audit import AGAIN, MOST, Noted, audit, audit_once, note
from tests.console.kit import NOW, Town


@pytest.fixture
def chief(town: Town) -> TestClient:
    town.user("chief", "administrator")
    client = town.person("chief")
    with writing(town.engine) as connection:
        note(connection, NOW + 1, "li", "evidence.opened", "case-1", file="frame.jpg")
        note(connection, NOW + 2, "wu", "register.edited", "fleet", added=3)
        note(connection, NOW + 3, "li", "register.edited", "bins")
        note(connection, NOW + 4, "", "login.failed", "=1+1")
    return client


@pytest.mark.parametrize(
    "asked, about",
    [
        pytest.param({}, ["=1+1", "bins", "fleet", "case-1", ""], id="all"),
        pytest.param({"who": "li"}, ["bins", "case-1"], id="who"),
        pytest.param({"action": "register"}, ["bins", "fleet"], id="a-part's-actions"),
        pytest.param({"action": "register.edited", "who": "wu"}, ["fleet"], id="one-action"),
        pytest.param({"action": "regist"}, [], id="half-a-part"),
        pytest.param({"text": "FLEET"}, ["fleet"], id="text"),
        pytest.param({"text": "%"}, [], id="no-pattern"),
        pytest.param({"since": "2026-05-28T20:26:42Z", "until": "2026-05-28T20:26:43Z"}, ["fleet"], id="time"),
        pytest.param({"limit": 2}, ["=1+1", "bins"], id="a-page"),
    ],
)
def test_looked_through(chief: TestClient, asked: dict[str, Any], about: list[str]) -> None:
    got = chief.get("/api/admin/audit", params=asked).json()
    assert [each["about"] for each in got["entries"]] == about


def test_pages_follow_each_other(chief: TestClient) -> None:
    found, before = [], None
    for _ in range(3):
        asked = {"limit": 2} | ({} if before is None else {"before": before})
        got = chief.get("/api/admin/audit", params=asked).json()
        found += [each["number"] for each in got["entries"]]
        before = got["before"]
    assert found == [5, 4, 3, 2, 1]
    assert before is None


def test_as_csv_nothing_calculates(chief: TestClient) -> None:
    got = chief.get("/api/admin/audit.csv", params={"action": "login"})
    assert got.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(got.text.removeprefix("\ufeff"))))
    assert rows[0] == ["number", "at", "who", "action", "about", "address", "data"]
    assert rows[1][2:5] == ["", "login.failed", "'=1+1"]
    assert chief.get("/api/admin/audit").json()["entries"][0]["action"] == "audit.exported"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_cell_that_would_calculate(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_an_entry_says_from_where(chief: TestClient) -> None:
    chief.post("/api/admin/users", json={"name": "li", "roles": []})
    assert chief.get("/api/admin/audit").json()["entries"][0]["address"] == "testclient"


def test_what_is_done_over_and_over_is_written_now_and_then(town: Town) -> None:
    city = town.app.state.city
    (who,) = (token for token in town.settings.web.tokens if token.name == "boss")
    for step in (0.0, 10.0, AGAIN, 10.0):
        town.now += step
        audit_once(city, who, "evidence.opened", "frame.jpg")
    audit(city, None, "system.tried", "x" * 500)
    town.user("chief", "administrator")
    entries = town.person("chief").get("/api/admin/audit").json()["entries"]
    assert [each["action"] for each in entries].count("evidence.opened") == 2
    assert max(len(each["about"]) for each in entries) == 200


def test_what_was_written_of_late_has_an_end() -> None:
    noted = Noted(lambda: 0.0)
    assert all(noted.first((str(n),)) for n in range(MOST + 50))
    assert len(noted._at) == MOST

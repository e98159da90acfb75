"""Filters that are kept: my own, and those that a supervisor shares."""

from __future__ import annotations

from typing import Any

import pytest

from console.saved import MOST
from tests.console.kit import Town

WANTED = {"severity": 3, "state": ["reported"], "text": "桥"}


def kept(client: Any) -> list[tuple[str, bool, bool]]:
    return [(each["name"], each["shared"], each["own"]) for each in client.get("/api/filters").json()]


def test_a_filter_is_kept_changed_and_forgotten(town: Town) -> None:
    acceptor = town.client("ACCEPTOR")
    made = acceptor.post("/api/filters", json={"name": "urgent", "wanted": WANTED}).json()
    assert {name: made["wanted"][name] for name in WANTED} == WANTED
    again = acceptor.post("/api/filters", json={"name": "urgent", "wanted": {"severity": 4}}).json()
    assert (again["id"], again["wanted"]["severity"], again["wanted"]["text"]) == (made["id"], 4, "")
    put = acceptor.put(f"/api/filters/{made['id']}", json={"name": "worst", "wanted": WANTED})
    assert put.status_code == 200
    assert kept(acceptor) == [("worst", False, True)]
    assert kept(town.client("BOSS")) == [], "another's"
    assert acceptor.delete(f"/api/filters/{made['id']}").status_code == 204
    assert kept(acceptor) == []


def test_a_supervisor_shares_with_all(town: Town) -> None:
    acceptor, boss = town.client("ACCEPTOR"), town.client("BOSS")
    shared = {"name": "storm", "wanted": {"storm": "*"}, "shared": True}
    assert acceptor.post("/api/filters", json=shared).status_code == 403
    id = boss.post("/api/filters", json=shared).json()["id"]
    assert kept(acceptor) == [("storm", True, False)]
    assert acceptor.put(f"/api/filters/{id}", json=shared).status_code == 404
    assert acceptor.delete(f"/api/filters/{id}").status_code == 404
    assert boss.delete(f"/api/filters/{id}").status_code == 204


@pytest.mark.parametrize(
    "body, status",
    [
        pytest.param({"name": "", "wanted": {}}, 422, id="no-name"),
        pytest.param({"name": "x", "wanted": {"sevrity": 3}}, 422, id="no-such-thing"),
        pytest.param({"name": "x", "wanted": {"state": ["gone"]}}, 422, id="no-such-state"),
        pytest.param({"name": "x", "wanted": {}, "shared": True}, 403, id="not-theirs-to-share"),
    ],
)
def test_what_is_no_filter(town: Town, body: dict[str, Any], status: int) -> None:
    acceptor = town.client("ACCEPTOR")
    assert acceptor.post("/api/filters", json=body).status_code == status
    assert kept(acceptor) == []


def test_names_are_ones_own_and_there_is_an_end_to_it(town: Town) -> None:
    acceptor = town.client("ACCEPTOR")
    for n in range(MOST):
        assert acceptor.post("/api/filters", json={"name": f"f{n:02}", "wanted": {}}).status_code == 201
    assert acceptor.post("/api/filters", json={"name": "more", "wanted": {}}).status_code == 409
    first = acceptor.get("/api/filters").json()[0]
    taken = acceptor.put(f"/api/filters/{first['id']}", json={"name": "f01", "wanted": {}})
    assert taken.status_code == 409
    assert town.client("COLLECTOR").post("/api/filters", json={"name": "f00", "wanted": {}}).status_code == 201

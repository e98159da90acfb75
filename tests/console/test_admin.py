"""Administration over the web: users, roles, sessions, tokens, reload: who may, what follows, what is written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from console.admin_reload import FaultOut, ReloadOut
from console.city import Beside
from tests.console.kit import PASSWORD, Town, case_row

FAULT = FaultOut(file="city.yaml", line=41, key="rules.2.for", problem="expected a duration such as '90s'")


@pytest.fixture
def chief(town: Town) -> TestClient:
    town.user("chief", "administrator")
    return town.person("chief")


def trail(chief: TestClient) -> list[tuple[str, str, str]]:
    entries = chief.get("/api/admin/audit").json()["entries"]
    return [(each["who"], each["action"], each["about"]) for each in reversed(entries)]


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/api/admin/roles"),
        ("GET", "/api/admin/users"),
        ("POST", "/api/admin/users"),
        ("PATCH", "/api/admin/users/x"),
        ("POST", "/api/admin/users/x/password"),
        ("GET", "/api/admin/sessions"),
        ("DELETE", "/api/admin/sessions/x"),
        ("GET", "/api/admin/tokens"),
        ("POST", "/api/admin/tokens"),
        ("DELETE", "/api/admin/tokens/x"),
        ("GET", "/api/admin/audit"),
        ("GET", "/api/admin/audit.csv"),
        ("GET", "/api/admin/configuration"),
        ("POST", "/api/admin/reload"),
    ],
)
def test_all_of_it_is_for_administrators(town: Town, method: str, path: str) -> None:
    town.user("boss", "supervisor", "operator", "integrator")
    assert town.person("boss").request(method, path, json={}).status_code == 403
    assert town.client("BOSS").request(method, path, json={}).status_code == 403
    assert town.client().request(method, path, json={}).status_code == 401


def test_a_user_from_first_to_last(town: Town, chief: TestClient) -> None:
    said = {"name": "li", "shown": "李", "roles": ["collector"], "areas": ["510104"], "language": "zh"}
    made = chief.post("/api/admin/users", json=said)
    assert made.status_code == 201
    user, password = made.json()["user"], made.json()["password"]
    assert user["must_change"]
    li = town.client()
    li.headers["X-CSRF-Token"] = li.post("/api/login", json={"name": "li", "password": password}).json()["csrf"]
    assert li.post("/api/me/password", json={"old": password, "new": PASSWORD}).status_code == 204
    assert li.get("/api/me").json()["areas"] == ["510104"]
    # roles count from the next request on
    changed = chief.patch(f"/api/admin/users/{user['id']}", json={"roles": ["dispatcher"], "areas": []})
    assert changed.json()["roles"] == ["dispatcher"]
    assert li.get("/api/me").json()["roles"] == ["dispatcher"]
    # another password ends sessions
    again = chief.post(f"/api/admin/users/{user['id']}/password").json()["password"]
    assert li.get("/api/me").status_code == 401
    assert li.post("/api/login", json={"name": "li", "password": again}).status_code == 200
    # and so does disabling
    assert chief.patch(f"/api/admin/users/{user['id']}", json={"disabled": True}).json()["disabled"]
    assert li.get("/api/me").status_code == 401
    town.now += 100
    assert li.post("/api/login", json={"name": "li", "password": again}).status_code == 401
    written = [(who, action) for who, action, about in trail(chief) if about == "li"]
    assert written == [
        ("chief", "user.made"),
        ("li", "user.password"),
        ("chief", "user.changed"),
        ("chief", "user.password"),
        ("chief", "user.changed"),
        ("", "login.failed"),
    ]
    everything = chief.get("/api/admin/audit").text + chief.get("/api/admin/users").text
    assert password not in everything
    assert again not in everything
    assert "argon2" not in everything


@pytest.mark.parametrize(
    "said, status, why",
    [
        pytest.param({"name": "CHIEF ", "roles": []}, 409, "somebody", id="looks-the-same"),
        pytest.param({"name": "ｃhief", "roles": []}, 409, "somebody", id="another-width"),
        pytest.param({"name": "boss", "roles": []}, 409, "token", id="a-tokens-name"),
        pytest.param({"name": "li", "roles": ["unit"]}, 422, "unit's id", id="a-handler-without-unit"),
        pytest.param({"name": "li", "roles": ["pipeline"]}, 422, "there is no role", id="the-pipeline"),
        pytest.param({"name": "li", "roles": ["king"]}, 422, "roles", id="no-role"),
        pytest.param({"name": "li", "roles": [], "areas": ["51%"]}, 422, "areas", id="no-area"),
        pytest.param({"name": "l\ni", "roles": []}, 422, "name", id="name"),
        pytest.param({"name": "li", "roles": [], "password": "mine"}, 422, "password", id="a-password"),
    ],
)
def test_users_that_can_not_be(chief: TestClient, said: dict[str, Any], status: int, why: str) -> None:
    got = chief.post("/api/admin/users", json=said)
    assert (got.status_code, why in got.json()["detail"]) == (status, True), got.text


@pytest.mark.parametrize("change", [{"roles": ["operator"]}, {"disabled": True}])
def test_the_last_administrator_stays(town: Town, chief: TestClient, change: dict[str, Any]) -> None:
    (user,) = chief.get("/api/admin/users").json()["users"]
    assert chief.patch(f"/api/admin/users/{user['id']}", json=change).status_code == 409
    assert chief.get("/api/me").json()["roles"] == ["administrator"]
    town.user("other", "administrator")
    assert chief.patch(f"/api/admin/users/{user['id']}", json=change).status_code == 200


def test_users_are_found_by_name_and_unit(town: Town, chief: TestClient) -> None:
    town.user("li", "unit", unit="unit-7")
    town.user("wu%", "unit", unit="unit-8")

    def names(**asked: str) -> list[str]:
        return [each["name"] for each in chief.get("/api/admin/users", params=asked).json()["users"]]

    assert names() == ["chief", "li", "wu%"]
    assert names(text="UNIT-7") == ["li"]
    assert names(text="%") == ["wu%"]


def test_sessions_are_ended_by_an_administrator(town: Town, chief: TestClient) -> None:
    town.user("li", "acceptor")
    li = town.person("li")
    found = {each["name"]: each for each in chief.get("/api/admin/sessions").json()}
    assert (found["chief"]["own"], found["li"]["own"]) == (True, False)
    assert chief.delete(f"/api/admin/sessions/{found['li']['id']}").status_code == 204
    assert li.get("/api/me").status_code == 401
    assert chief.delete(f"/api/admin/sessions/{found['li']['id']}").status_code == 404


def test_a_token_made_here_speaks_until_its_end(town: Town, chief: TestClient) -> None:
    town.add(case_row("c1", responsible="unit-7"), case_row("c2", responsible="unit-8"))
    said = {"name": "sweepers-app", "roles": ["unit"], "unit": "unit-7", "days": 30}
    made = chief.post("/api/admin/tokens", json=said).json()
    client = TestClient(town.app, headers={"Authorization": f"Bearer {made['secret']}"})
    assert [each["id"] for each in client.get("/api/cases").json()["cases"]] == ["c1"]
    assert client.get("/api/cases/c2").status_code == 404
    assert client.get("/api/admin/users").status_code == 403
    listed = chief.get("/api/admin/tokens")
    assert {each["name"]: each["source"] for each in listed.json()}["sweepers-app"] == "console"
    assert made["secret"] not in listed.text
    town.now += 31 * 86400
    assert client.get("/api/cases").status_code == 401


def test_a_token_is_ended(town: Town, chief: TestClient) -> None:
    made = chief.post("/api/admin/tokens", json={"name": "map", "roles": ["operator"]}).json()
    client = TestClient(town.app, headers={"Authorization": f"Bearer {made['secret']}"})
    assert client.get("/api/cases").status_code == 200
    assert chief.delete(f"/api/admin/tokens/{made['token']['id']}").status_code == 204
    assert client.get("/api/cases").status_code == 401
    assert chief.delete(f"/api/admin/tokens/{made['token']['id']}").status_code == 404
    assert chief.post("/api/admin/tokens", json={"name": "map", "roles": []}).status_code == 409
    assert chief.post("/api/admin/tokens", json={"name": "chief", "roles": []}).status_code == 409
    assert chief.post("/api/admin/users", json={"name": "map", "roles": []}).status_code == 409


@dataclass
class Files:
    """A running city whose files are as a test says."""

    faults: list[FaultOut]
    asked: int = 0

    def check(self) -> ReloadOut:
        return ReloadOut(taken=not self.faults, faults=self.faults, warnings=[])

    def reload(self) -> ReloadOut:
        self.asked += 1
        return self.check()


@pytest.mark.parametrize("faults", [pytest.param([], id="good"), pytest.param([FAULT], id="bad")])
def test_reload_tells_the_faults(tmp_path: Path, faults: list[FaultOut]) -> None:
    files = Files(faults)
    town = Town(tmp_path, beside=Beside(reloading=files))
    town.user("chief", "administrator")
    chief = town.person("chief")
    assert chief.get("/api/admin/configuration").json()["taken"] is not bool(faults)
    assert files.asked == 0
    got = chief.post("/api/admin/reload").json()
    assert (got["taken"], len(got["faults"]), files.asked) == (not faults, len(faults), 1)
    assert trail(chief)[-1] == ("chief", "configuration.reload", "")


def test_where_nothing_runs_nothing_is_reloaded(chief: TestClient) -> None:
    assert chief.post("/api/admin/reload").status_code == 503

"""Steps over the web: who may, what the desk is told, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from cases.office import NoAnswerYet, NotHeard
from cases.words import Step
from tests.console.kit import NOW, Town, case_row


@pytest.mark.parametrize(
    "state, token, body, role, by, status",
    [
        pytest.param("reported", "ACCEPTOR", {"action": "file"}, "acceptor", "acceptor-1", 200, id="acceptor-files"),
        pytest.param(
            "filed",
            "ACCEPTOR",
            {"action": "dispatch", "data": {"unit": "u"}},
            "dispatcher",
            "acceptor-1",
            200,
            id="the-role-that-may",
        ),
        pytest.param("dispatched", "UNIT", {"action": "accept"}, "unit", "unit-7", 200, id="a-unit-by-its-id"),
        pytest.param("closed", "ACCEPTOR", {"action": "file"}, "acceptor", "acceptor-1", 409, id="refused"),
        pytest.param("reported", "COLLECTOR", {"action": "file"}, "", "", 403, id="not-their-action"),
        pytest.param("reported", "BOSS", {"action": "propose"}, "", "", 403, id="nobody's-action"),
        pytest.param("reported", "BOSS", {"action": "filee"}, "", "", 422, id="no-such-action"),
        pytest.param("reported", "APP", {"action": "file"}, "", "", 403, id="no-role"),
        pytest.param("reported", "", {"action": "file"}, "", "", 401, id="no-token"),
    ],
)
def test_a_step_is_said_by_whom_the_token_names(
    town: Town, state: str, token: str, body: dict[str, Any], role: str, by: str, status: int
) -> None:
    town.add(case_row("c", state=state, responsible="unit-7"))
    got = town.client(token).post("/api/cases/N-c/steps", json=body)
    assert got.status_code == status
    if role:
        (step,) = town.office.said
        assert isinstance(step, Step)
        assert (step.case, step.role, step.by, step.at) == ("c", role, by, NOW)
    else:
        assert not town.office.said
        assert got.headers["content-type"] == "application/problem+json"


def test_a_refusal_says_what_is_allowed(town: Town) -> None:
    town.add(case_row("c", state="filed"))
    got = town.client("ACCEPTOR").post("/api/cases/c/steps", json={"action": "close"}).json()
    assert got["status"] == 409
    assert "dispatch" in got["allowed"]
    assert "verified" not in got["allowed"]


def test_the_same_key_is_the_same_step(town: Town) -> None:
    town.add(case_row("c"), case_row("d"))
    boss, other = town.client("BOSS"), town.client("ACCEPTOR")

    def id_of(client: Any, case: str = "c", key: str = "k") -> str:
        return str(
            client.post(
                f"/api/cases/{case}/steps", json={"action": "comment", "note": "x"}, headers={"Idempotency-Key": key}
            ).json()["id"]
        )

    ids = [id_of(boss), id_of(boss), id_of(boss, key="l"), id_of(boss, "d"), id_of(other)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    "error, status", [pytest.param(NoAnswerYet(), 202, id="later"), pytest.param(NotHeard("full"), 503, id="not-now")]
)
def test_when_the_desk_does_not_answer(town: Town, error: Exception, status: int) -> None:
    def fail() -> None:
        raise error

    town.add(case_row("c"))
    town.office.fails = fail
    got = town.client("BOSS").post("/api/cases/c/steps", json={"action": "file"})
    assert got.status_code == status
    assert got.headers["retry-after"]


@pytest.mark.parametrize(
    "responsible, helpers, status",
    [
        pytest.param("unit-7", [], 200, id="theirs"),
        pytest.param("unit-1", ["unit-7"], 200, id="they-help"),
        pytest.param("unit-1", [], 404, id="another's"),
    ],
)
def test_a_unit_sees_and_handles_its_own_cases(town: Town, responsible: str, helpers: list[str], status: int) -> None:
    town.add(case_row("c", state="handling", responsible=responsible, helpers=helpers))
    unit = town.client("UNIT")
    assert unit.get("/api/cases/c").status_code == status
    assert unit.post("/api/cases/c/steps", json={"action": "handled"}).status_code == status


def test_a_list_goes_on_where_the_page_before_ended(town: Town) -> None:
    town.add(*(case_row(f"c{n}", opened=NOW - n, responsible="unit-7" if n % 2 else "") for n in range(7)))
    town.add(case_row("d1", state="closed", opened=NOW - 100))
    boss = town.client("BOSS")
    found: list[str] = []
    after = ""
    while True:
        page = boss.get("/api/cases", params={"limit": 3, "after": after}).json()
        found += [case["id"] for case in page["cases"]]
        after = page["after"]
        if not after:
            break
    assert found == [f"c{n}" for n in range(7)]
    assert [case["id"] for case in town.client("UNIT").get("/api/cases").json()["cases"]] == ["c1", "c3", "c5"]
    assert [case["id"] for case in boss.get("/api/cases?state=closed&ended=true").json()["cases"]] == ["d1"]
    assert boss.get("/api/cases?after=x").status_code == 422


def test_one_case_is_told_whole_with_what_may_be_done(town: Town) -> None:
    town.add(case_row("c0", due=NOW + 60))
    boss = town.client("ACCEPTOR")
    boss.post("/api/cases/c0/steps", json={"action": "comment", "note": "x"})
    one = boss.get("/api/cases/c0").json()
    assert (one["case"]["opened"], one["case"]["due"]) == ("2026-05-28T20:26:40Z", "2026-05-28T20:27:40Z")
    assert {"file", "reject"} <= set(one["allowed"])
    assert "position" not in one["case"]
    contract = boss.get("/api/openapi.json").json()["components"]["schemas"]["Case"]
    assert set(contract["properties"]) == set(one)

"""The queue over the web: its head, what is put off, many steps at once, and who was quicker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.database import writing
from cases.life import ACTIONS, CITY_ACTIONS, State
from cases.office import NoAnswerYet, NotHeard
from cases.tables import CHANGES
from tests.console.kit import NOW, Town, case_row


def at(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


def listed(client: Any, **asked: Any) -> list[str]:
    return [case["id"] for case in client.get("/api/cases", params=asked).json()["cases"]]


# -- the head ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token, asked, found",
    [
        pytest.param("BOSS", {}, (4, {"reported": 3, "filed": 1}, {"4": 1, "2": 3}, 1), id="all"),
        pytest.param("BOSS", {"severity": 3}, (1, {"reported": 1}, {"4": 1}, 0), id="a-filter"),
        pytest.param("UNIT", {}, (1, {"filed": 1}, {"2": 1}, 1), id="a-unit-sees-its-own"),
        pytest.param("BOSS", {"rule": "r9"}, (1, {"reported": 1}, {"2": 1}, 0), id="a-rule"),
    ],
)
def test_the_head_counts_what_the_list_has(
    town: Town, token: str, asked: dict[str, Any], found: tuple[Any, ...]
) -> None:
    town.add(
        case_row("a", severity=4),
        case_row("b", severity=2, state="filed", deadline="overdue", responsible="unit-7"),
        case_row("c", severity=2),
        case_row("d", severity=2, rule="r9"),
        case_row("e", severity=2, state="closed"),
    )
    client = town.client(token)
    got = client.get("/api/triage/counts", params=asked).json()
    assert (got["all"], got["states"], got["severities"], got["overdue"]) == found
    assert len(listed(client, **asked)) == found[0]


# -- the order, and the rows in sight ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token, asked, found",
    [
        pytest.param("BOSS", {}, ["b", "a", "c", "d"], id="all"),
        pytest.param("BOSS", {"severity": 3}, ["a"], id="a-filter"),
        pytest.param("UNIT", {}, ["b"], id="a-unit-sees-its-own"),
        pytest.param("BOSS", {"snoozed": "hidden"}, ["b", "a", "d"], id="without-what-is-put-off"),
    ],
)
def test_the_order_is_that_of_the_list(town: Town, token: str, asked: dict[str, Any], found: list[str]) -> None:
    town.add(
        case_row("d", severity=2, due=NOW + 900.0, filed=NOW),
        case_row("a", severity=4),
        case_row("c", severity=2, due=NOW + 60.0, filed=NOW),
        case_row("b", severity=2, state="filed", deadline="overdue", responsible="unit-7"),
        case_row("e", severity=2, state="closed"),
    )
    client = town.client(token)
    client.post("/api/snoozes", json={"cases": ["c"], "until": at(600)})
    assert client.get("/api/triage/order", params=asked).json()["ids"] == found == listed(client, **asked)


def test_rows_are_read_as_they_are_now(town: Town) -> None:
    town.add(
        case_row("a"),
        case_row("b", state="closed", responsible="unit-7"),
        case_row("c", withdrawn=True),
    )

    def rows(token: str, *ids: str) -> list[tuple[str, str]]:
        found = town.client(token).get("/api/triage/rows", params={"id": ids}).json()["cases"]
        return sorted((each["id"], each["state"]) for each in found)

    assert rows("BOSS", "a", "b", "c", "nothing", "\x00") == [("a", "reported"), ("b", "closed")]
    assert rows("UNIT", "a", "b") == [("b", "closed")], "nobody is shown what they may not see"
    assert town.client("BOSS").get("/api/triage/rows", params={"id": ["a"] * 201}).status_code == 422


# -- what is put off ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, hidden_from, back",
    [
        pytest.param({"until": at(600)}, {"ACCEPTOR"}, 601, id="for-me"),
        pytest.param({"until": at(600), "everybody": True, "note": "x"}, {"ACCEPTOR", "BOSS"}, 601, id="for-everybody"),
    ],
)
def test_what_is_put_off_comes_back(town: Town, body: dict[str, Any], hidden_from: set[str], back: float) -> None:
    town.add(case_row("a"), case_row("b"))
    assert town.client("ACCEPTOR").post("/api/snoozes", json={"cases": ["N-a"]} | body).status_code == 204
    for token in ("ACCEPTOR", "BOSS"):
        client = town.client(token)
        hidden = token in hidden_from
        assert listed(client, snoozed="hidden") == (["b"] if hidden else ["a", "b"])
        assert listed(client, snoozed="only") == (["a"] if hidden else [])
        assert listed(client) == ["a", "b"]
        assert client.get("/api/triage/counts?snoozed=hidden").json()["snoozed"] == int(hidden)
        assert [each["number"] for each in client.get("/api/snoozes").json()] == (["N-a"] if hidden else [])
    assert not town.office.said, "no case is changed"
    town.now += back
    assert listed(town.client("ACCEPTOR"), snoozed="hidden") == ["a", "b"]


@pytest.mark.parametrize(
    "before, after, comes_back",
    [
        pytest.param("", "overdue", True, id="became-overdue"),
        pytest.param("", "warning", False, id="nearly"),
        pytest.param("overdue", "overdue", False, id="was-overdue-already"),
    ],
)
def test_what_becomes_overdue_is_back_at_once(town: Town, before: str, after: str, comes_back: bool) -> None:
    from cases.tables import CASES

    town.add(case_row("a", deadline=before))
    boss = town.client("BOSS")
    boss.post("/api/snoozes", json={"cases": ["a"], "until": at(600)})
    with writing(town.engine) as connection:
        connection.execute(CASES.update().values(deadline=after))
    assert (listed(boss, snoozed="hidden") == ["a"]) is comes_back


@pytest.mark.parametrize(
    "token, body, status",
    [
        pytest.param("BOSS", {"until": at(-1)}, 422, id="past"),
        pytest.param("BOSS", {"until": at(8 * 86400)}, 422, id="too-long"),
        pytest.param("BOSS", {"until": at(60), "everybody": True}, 422, id="everybody-wants-to-know-why"),
        pytest.param("COLLECTOR", {"until": at(60), "everybody": True, "note": "x"}, 403, id="not-theirs"),
        pytest.param("UNIT", {"until": at(60)}, 404, id="not-their-case"),
        pytest.param("APP", {"until": at(60)}, 403, id="no-role"),
        pytest.param("BOSS", {"until": at(60), "cases": ["z"]}, 404, id="no-such-case"),
        pytest.param("BOSS", {"until": at(60), "cases": []}, 422, id="nothing"),
    ],
)
def test_what_is_not_put_off(town: Town, token: str, body: dict[str, Any], status: int) -> None:
    town.add(case_row("a"))
    got = town.client(token).post("/api/snoozes", json={"cases": ["a"]} | body)
    assert got.status_code == status
    assert town.client("BOSS").get("/api/snoozes").json() == []


def test_putting_off_can_be_ended(town: Town) -> None:
    town.add(case_row("a"))
    boss = town.client("BOSS")
    boss.post("/api/snoozes", json={"cases": ["a"], "until": at(60)})
    boss.post("/api/snoozes", json={"cases": ["a"], "until": at(60), "everybody": True, "note": "x"})
    assert town.client("COLLECTOR").delete("/api/snoozes/a?everybody=true").status_code == 403
    assert boss.delete("/api/snoozes/a").status_code == 204
    assert [each["everybody"] for each in boss.get("/api/snoozes").json()] == [True]
    boss.delete("/api/snoozes/a?everybody=true")
    assert boss.get("/api/snoozes").json() == []


# -- many at once ------------------------------------------------------------------------------------------------------


def test_each_of_many_has_its_own_answer(town: Town) -> None:
    town.add(case_row("a"), case_row("b", state="closed"), case_row("c", state="filed"))
    steps = [
        {"case": "N-a", "action": "file", "revision": 1},
        {"case": "b", "action": "file"},
        {"case": "c", "action": "dispatch", "data": {"unit": "unit-7"}},
        {"case": "zz", "action": "file"},
    ]
    got = town.client("ACCEPTOR").post("/api/cases/steps", json={"steps": steps}).json()
    assert got["taken"] == 2
    assert [each["status"] for each in got["steps"]] == [200, 409, 200, 404]
    assert [each["state"] for each in got["steps"]] == ["filed", "closed", "dispatched", None]
    assert "reopen" in got["steps"][1]["allowed"]
    assert [each["case"] for each in got["steps"]] == ["N-a", "b", "c", "zz"]


def test_roles_count_for_each(town: Town) -> None:
    town.add(case_row("a"), case_row("b"))
    steps = [{"case": "a", "action": "file"}, {"case": "b", "action": "comment", "note": "x"}]
    got = town.client("COLLECTOR").post("/api/cases/steps", json={"steps": steps}).json()
    assert [each["status"] for each in got["steps"]] == [403, 200]


def test_the_same_keys_are_the_same_steps(town: Town) -> None:
    town.add(case_row("a"), case_row("b"))
    steps = [{"case": each, "action": "comment", "note": "x", "key": "k"} for each in "ab"]
    acceptor = town.client("ACCEPTOR")
    first, again = (acceptor.post("/api/cases/steps", json={"steps": steps}).json() for _ in range(2))
    assert first["steps"] == again["steps"]
    assert len({each["id"] for each in first["steps"]}) == 2
    alone = acceptor.post(
        "/api/cases/a/steps", json={"action": "comment", "note": "x"}, headers={"Idempotency-Key": "k"}
    ).json()
    assert alone["id"] == first["steps"][0]["id"], "alone or with others, it is one step"


@pytest.mark.parametrize(
    "error, status", [pytest.param(NoAnswerYet(), 202, id="later"), pytest.param(NotHeard("full"), 503, id="not-now")]
)
def test_when_the_desk_does_not_answer(town: Town, error: Exception, status: int) -> None:
    def fail() -> None:
        raise error

    town.add(case_row("a"), case_row("b"))
    town.office.fails = fail
    steps = [{"case": each, "action": "file"} for each in "ab"]
    got = town.client("BOSS").post("/api/cases/steps", json={"steps": steps})
    assert got.status_code == 200
    assert [each["status"] for each in got.json()["steps"]] == [status, status]
    assert got.json()["taken"] == 0


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([], id="none"),
        pytest.param([{"case": "a", "action": "file"}] * 2, id="twice-the-same"),
        pytest.param([{"case": f"c{n}", "action": "file"} for n in range(201)], id="too-many"),
        pytest.param([{"action": "file"}], id="no-case"),
    ],
)
def test_what_is_no_batch(town: Town, steps: list[Any]) -> None:
    assert town.client("BOSS").post("/api/cases/steps", json={"steps": steps}).status_code == 422
    assert not town.office.said


# -- who was quicker ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event, data, seconds, said",
    [
        pytest.param("file", {"by": "wang-li"}, 4, "wang-li filed it 4 s ago", id="a-person"),
        pytest.param(
            "joined", {"by": "fusion-1"}, 90, "another finding or report joined it, 1 min ago", id="by-itself"
        ),
        pytest.param("odd", {}, 7200, "odd was done, 2 h ago", id="what-has-no-word"),
    ],
)
def test_whoever_was_quicker_is_named(town: Town, event: str, data: dict[str, Any], seconds: float, said: str) -> None:
    town.add(case_row("a", state="filed", revision=2))
    with writing(town.engine) as connection:
        row = {"case_id": "a", "event": event, "at": NOW - seconds, "data": data}
        connection.execute(CHANGES.insert(), [row])
    step = {"action": "file", "revision": 1}
    acceptor = town.client("ACCEPTOR")
    alone = acceptor.post("/api/cases/a/steps", json=step).json()
    many = acceptor.post("/api/cases/steps", json={"steps": [step | {"case": "a"}]}).json()["steps"][0]
    assert alone["detail"] == f"it is not the time for it: {said}."
    assert alone["last"] == many["last"]
    assert (many["last"]["said"], many["last"]["ago"]) == (said, seconds)


# -- what may be done --------------------------------------------------------------------------------------------------


def test_actions_are_those_of_a_case_s_life(town: Town) -> None:
    got = town.client("APP").get("/api/actions").json()
    by_name = {each["name"]: each for each in got["actions"]}
    assert set(by_name) == set(ACTIONS) | set(CITY_ACTIONS)
    assert by_name["reject"] | {"roles": []} == {
        "name": "reject",
        "zh": "不予受理",
        "about": "case",
        "roles": [],
        "states": ["reported", "checking", "filed", "returned"],
        "to": "rejected",
        "needs": [],
        "may": ["reply"],
        "note": True,
        "final": True,
    }
    assert by_name["shelve"]["about"] == "city"
    assert by_name["propose"]["roles"] == [], "the pipeline's alone"
    assert [each["name"] for each in got["states"]] == [state.value for state in State]

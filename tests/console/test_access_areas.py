"""Who sees some areas, or the cases of a unit, reaches no others: by steps, by what is put aside, by rosters, by what
changes the whole city."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cases.database import writing
from cases.tables import EPISODES, HELD, OUTBOX, SCOPES, STORMS
from cases.tables.shifts import SHIFT_NOTES
from tests.console.access_kit import FOREIGN, Twofold
from tests.console.kit import NOW, _row


@pytest.fixture(scope="module")
def twofold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twofold]:
    twofold = Twofold(tmp_path_factory.mktemp("town"))
    yield twofold
    twofold.town.engine.dispose()


@pytest.mark.parametrize(
    "action, data, status",
    [
        pytest.param("merge", {"into": f"{FOREIGN}-case"}, 404, id="merged-into-anothers"),
        pytest.param("merge", {"into": f"N-{FOREIGN}"}, 404, id="by-its-number"),
        pytest.param("verdict", {"verdict": "duplicate", "of": f"{FOREIGN}-case"}, 404, id="a-duplicate-of-anothers"),
    ],
)
def test_a_step_does_not_reach_what_is_anothers(
    twofold: Twofold, action: str, data: dict[str, Any], status: int
) -> None:
    li = twofold.people["li"]
    got = li.post("/api/cases/own-case/steps", json={"action": action, "data": data})
    assert got.status_code == status, got.text
    many = li.post("/api/cases/steps", json={"steps": [{"case": "own-case", "action": action, "data": data}]})
    assert [each["status"] for each in many.json()["steps"]] == [status]
    assert FOREIGN not in got.text + many.text
    assert not twofold.town.office.said


@pytest.mark.parametrize(
    "scope, status",
    [
        pytest.param({"rules": ["r1"]}, 403, id="the-whole-city"),
        pytest.param({"grids": []}, 403, id="no-cell"),
        pytest.param({"grids": ["5101001", "3301001"]}, 403, id="others-too"),
        pytest.param({"grids": "5101001"}, 403, id="no-list"),
        pytest.param("all", 403, id="no-scope"),
    ],
)
def test_somebody_of_an_area_puts_nothing_aside_elsewhere(twofold: Twofold, scope: Any, status: int) -> None:
    body = {"action": "shelve", "note": "works", "data": {"scope": scope}}
    got = twofold.people["li"].post("/api/steps", json=body)
    assert got.status_code == status, got.text
    assert not twofold.town.office.said


@pytest.mark.parametrize("action", ["unshelve", "review", "revoke"])
@pytest.mark.parametrize(
    "data, case, seen, status",
    [
        pytest.param({"grids": ["5101001"]}, "", True, 200, id="own"),
        pytest.param({"grids": ["51010*"]}, "", True, 200, id="own-by-a-pattern"),
        pytest.param({"grids": ["3301001"]}, "", False, 404, id="elsewhere"),
        pytest.param({"grids": ["5101001", "3301001"]}, "", True, 403, id="elsewhere-too"),
        pytest.param({"grids": ["5*"]}, "", True, 403, id="a-pattern-that-reaches-further"),
        pytest.param({"rules": ["r1"]}, "", True, 403, id="the-whole-city"),
        pytest.param({"subjects": ["bin-1"]}, "own-case", True, 200, id="of-an-own-case"),
        pytest.param({"subjects": [FOREIGN]}, f"{FOREIGN}-case", False, 404, id="of-anothers-case"),
    ],
)
def test_what_others_put_aside_is_not_ended(
    twofold: Twofold, action: str, data: dict[str, Any], case: str, seen: bool, status: int
) -> None:
    """Told where it may hold something of theirs; ended by them where it holds nothing else."""
    town, li = twofold.town, twofold.people["li"]
    town.office.answers.clear()
    kind = "shelving" if action == "unshelve" else "suppression"
    row = _row(SCOPES) | {"id": "aside-1", "kind": kind, "state": "in force", "case_id": case, "data": data}
    with writing(town.engine) as connection:
        connection.execute(SCOPES.delete())
        connection.execute(SCOPES.insert(), row)
    told = {each["id"]: each["yours"] for each in li.get("/api/shelved").json()}
    assert told == ({"aside-1": status == 200} if seen else {})
    assert twofold.people["wang"].get("/api/shelved").json() == []
    body = {"action": action, "note": "over", "data": {"id": "aside-1", "agree": True}}
    got = li.post("/api/steps", json=body)
    assert got.status_code == status, got.text
    assert FOREIGN not in got.text
    assert len(town.office.said) == (status == 200)
    town.office.said.clear()
    town.now += 1


@pytest.mark.parametrize("id", ["nothing", "", None, 7, ["aside-1"], "a\0b", "x" * 100_000])
def test_ids_that_are_guessed_end_nothing(twofold: Twofold, id: Any) -> None:
    got = twofold.people["li"].post("/api/steps", json={"action": "revoke", "note": "x", "data": {"id": id}})
    assert got.status_code in (404, 422), got.text
    assert not twofold.town.office.said


@pytest.mark.parametrize(
    "method, path, body",
    [
        pytest.param("put", "/api/rules/r1/parameters", {"values": {"for": "1 s"}, "version": "1"}, id="rules"),
        pytest.param("post", "/api/rules/r1/tryouts", {"values": {"for": "1 s"}}, id="tryouts"),
        pytest.param("post", "/api/registers/bins/edits", {"edits": [], "version": 0}, id="registers"),
        pytest.param("post", "/api/registers/bins/imports?name=bins.csv", {}, id="imports"),
        pytest.param("post", "/api/integrations/outbox/drop", {"target": "t"}, id="messages"),
    ],
)
def test_a_supervisor_of_an_area_changes_nothing_of_the_whole_city(
    twofold: Twofold, method: str, path: str, body: dict[str, Any]
) -> None:
    got = twofold.people["li"].request(method, path, json=body)
    assert (got.status_code, "permission" in got.json()["detail"]) == (403, True), got.text
    assert twofold.town.client("BOSS").request(method, path, json=body).status_code != 403


def test_messages_about_cases_elsewhere_are_not_told(twofold: Twofold) -> None:
    with writing(twofold.town.engine) as connection:
        for number, case in enumerate(("own-case", f"{FOREIGN}-case", "a case that is gone"), 1):
            row = _row(OUTBOX) | {"id": f"m{number}", "target": "t", "number": number, "case_id": case}
            row |= {"state": "dead", "finished": NOW, "content": {}}
            connection.execute(OUTBOX.insert(), row)
    told = [
        client.get("/api/integrations/outbox").json() for client in (twofold.people["li"], twofold.town.client("BOSS"))
    ]
    assert [sorted(each["id"] for each in one["messages"]) for one in told] == [["m1"], ["m1", "m2", "m3"]]


def test_a_shift_that_is_handed_over_tells_of_ones_areas(twofold: Twofold) -> None:
    li, town = twofold.people["li"], twofold.town
    with writing(town.engine) as connection:
        for table in (STORMS, SCOPES, SHIFT_NOTES):
            connection.execute(table.delete())
        for area, case in (("own", "own-case"), (FOREIGN, f"{FOREIGN}-case")):
            connection.execute(STORMS.insert(), _row(STORMS) | {"rule": "r", "area": area, "case_id": case})
            aside = {"id": area, "kind": "shelving", "state": "in force", "case_id": case, "reason": area}
            connection.execute(SCOPES.insert(), _row(SCOPES) | aside | {"data": {}, "until": NOW + 60})
            said = {"id": area, "case_id": case, "text": area, "by": "boss"}
            connection.execute(SHIFT_NOTES.insert(), _row(SHIFT_NOTES) | said)
    told = li.get("/api/shifts/handover").json()
    assert [each["area"] for each in told["storms"]] == ["own"]
    assert [each["reason"] for each in told["aside"]] == ["own"]
    assert [each["text"] for each in told["notes"]] == ["own"]
    assert [each["text"] for each in li.get("/api/shifts/notes").json()] == ["own"]
    noted = li.post("/api/shifts/notes", json={"text": "look", "case": FOREIGN})
    assert (noted.status_code, FOREIGN in noted.text) == (422, False)
    assert len(town.client("BOSS").get("/api/shifts/notes").json()) == 2


@pytest.mark.parametrize(
    "grids, mine",
    [
        pytest.param(["5101001", "5101*"], True, id="own"),
        pytest.param(["3301001"], False, id="elsewhere"),
        pytest.param(["5101001", "3301001"], False, id="elsewhere-too"),
        pytest.param([], False, id="everywhere"),
    ],
)
def test_the_roster_of_other_areas_is_not_theirs(twofold: Twofold, grids: list[str], mine: bool) -> None:
    li, boss = twofold.people["li"], twofold.town.client("BOSS")
    shift = {"person": "zhao", "start": "2026-05-28T08:00", "end": "2026-05-28T20:00"}
    own, said = shift | {"grids": ["5101001"]}, shift | {"grids": grids}
    assert li.post("/api/shifts", json=said).status_code == (201 if mine else 403)
    for each in boss.get("/api/shifts").json()["shifts"]:
        boss.delete(f"/api/shifts/{each['id']}")
    there = boss.post("/api/shifts", json=said).json()["id"]
    text = f"person,grids,start,end\nqian,{' '.join(grids)},2026-06-28 08:00,2026-06-28 20:00\n"
    assert li.post("/api/shifts/import", json={"text": text}).status_code == (200 if mine else 403)
    assert li.post("/api/shifts/copy", json={"source": "2026-05-28", "target": "2027-05-28"}).json()["added"] == mine
    assert li.put(f"/api/shifts/{there}", json=own).status_code == (200 if mine else 403)
    assert li.delete(f"/api/shifts/{there}").status_code == (204 if mine else 403)
    boss.delete(f"/api/shifts/{there}")
    twofold.town.now += 30


def test_what_is_put_aside_elsewhere_is_not_told(twofold: Twofold) -> None:
    with writing(twofold.town.engine) as connection:
        for name, grid in (("own", "5101001"), (FOREIGN, "3301001"), (f"{FOREIGN}-2", "")):
            connection.execute(
                EPISODES.insert(), _row(EPISODES) | {"id": name, "subject": name, "happening": {"grid": grid}}
            )
            connection.execute(HELD.insert(), _row(HELD) | {"id": name, "by": "s1", "data": {}, "number": len(name)})
    got = twofold.people["li"].get("/api/shelved/s1/held").json()
    assert [each["subject"] for each in got] == ["own"]

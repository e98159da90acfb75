"""What somebody in the field is given to do, in which order, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from cases.database import writing
from cases.tables import EVIDENCE, REPORTS, STEPS, TASKS
from tests.cases.registers.kit import keep
from tests.console.kit import NOW, Town, _row, case_row

HERE = {"lon": 120.1, "lat": 30.2}


def ask(town: Town, id: str, kind: str = "check", collector: str = "", **case: Any) -> None:
    """A case, and what somebody is to look at."""
    state = {"check": "checking", "verify": "verifying"}.get(kind, "reported")
    town.add(case_row(id, **({"state": state} | case)))
    task = {"id": f"t-{id}", "case_id": id, "kind": kind, "collector": collector, "asked": NOW, "result": ""}
    with writing(town.engine) as connection:
        connection.execute(TASKS.insert(), task | {"answered": None})


def tasks(town: Town, token: str = "COLLECTOR", **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.client(token).get("/api/mobile/tasks", params=params).json()["tasks"]
    return found


@pytest.mark.parametrize(
    "kind, collector, case, given",
    [
        pytest.param("check", "collector-1", {}, True, id="it-names-them"),
        pytest.param("check", "", {}, True, id="it-names-nobody"),
        pytest.param("check", "wang", {}, False, id="another's"),
        pytest.param("verify", "", {"handler": "unit-1"}, True, id="others-handled-it"),
        pytest.param("verify", "", {"handler": "collector-1"}, False, id="they-handled-it"),
        pytest.param("check", "", {"state": "rejected"}, False, id="it-is-over"),
        pytest.param("check", "", {"state": "verifying"}, False, id="it-went-on"),
        pytest.param("check", "", {"withdrawn": True}, False, id="it-never-was"),
    ],
)
def test_what_a_collector_is_to_look_at(
    town: Town, kind: str, collector: str, case: dict[str, Any], given: bool
) -> None:
    ask(town, "c", kind, collector, **case)
    assert len(tasks(town)) == given
    assert tasks(town, "UNIT") == []


@pytest.mark.parametrize(
    "grid, collector, given",
    [
        pytest.param("330106001001", "", True, id="their-cell"),
        pytest.param("330106002001", "", False, id="not-their-cell"),
        pytest.param("330106002001", "collector-1", True, id="not-their-cell-but-it-names-them"),
    ],
)
def test_a_collector_has_cells(town: Town, grid: str, collector: str, given: bool) -> None:
    with writing(town.engine) as connection:
        keep(connection, "officers", [{"id": "collector-1", "name": "李", "grids": ["330106001*"]}])
    ask(town, "c", "check", collector, grid=grid)
    assert len(tasks(town)) == given


@pytest.mark.parametrize(
    "case, given",
    [
        pytest.param({"state": "dispatched", "responsible": "unit-7"}, True, id="dispatched"),
        pytest.param({"state": "handling", "responsible": "unit-7"}, True, id="handling"),
        pytest.param({"state": "handling", "responsible": "unit-1", "helpers": ["unit-7"]}, True, id="they-help"),
        pytest.param({"state": "handled", "responsible": "unit-7"}, False, id="done"),
        pytest.param({"state": "dispatched", "responsible": "unit-1"}, False, id="another's"),
    ],
)
def test_what_a_unit_is_to_handle(town: Town, case: dict[str, Any], given: bool) -> None:
    town.add(case_row("c", **case))
    found = tasks(town, "UNIT")
    assert len(found) == given
    if given:
        assert (found[0]["kind"], found[0]["task"]) == ("handle", "")
        assert "handled" in found[0]["allowed"]


#  metres     1000       2000       3000
#  overdue                            a
#  warning               b
#  others      c          d (sooner)
@pytest.mark.parametrize(
    "place, order",
    [
        pytest.param(HERE, ["a", "b", "c", "d", "e"], id="near-within-what-is-late"),
        pytest.param({}, ["a", "b", "d", "c", "e"], id="without-a-place-the-soonest"),
    ],
)
def test_the_order(town: Town, place: dict[str, Any], order: list[str]) -> None:
    ask(town, "e")
    ask(town, "d", lon=120.12, lat=30.2, file_due=NOW + 60)
    ask(town, "c", lon=120.11, lat=30.2, file_due=NOW + 90)
    ask(town, "b", lon=120.12, lat=30.2, deadline="warning")
    ask(town, "a", lon=120.13, lat=30.2, deadline="overdue")
    found = tasks(town, **place)
    assert [each["case"] for each in found] == order
    assert (found[2]["metres"] is None) == (not place)
    assert found[2]["due"] is not None


def test_what_helps_comes_with_it(town: Town) -> None:
    ask(town, "c", text="满了")
    file: dict[str, Any] = {"case_id": "c", "sha256": "", "clock_offset": None, "source": "cam-1", "extra": {}}
    step = {"case_id": "c", "since": None, "from_state": "", "to_state": "", "role": "acceptor", "by": "acceptor-1"}
    with writing(town.engine) as connection:
        connection.execute(
            EVIDENCE.insert(),
            [
                file | {"id": str(n), "kind": "frame", "location": f"ab/{n:02}.jpg", "captured": NOW + n}
                for n in range(9)
            ]
            + [file | {"id": "clip", "kind": "clip", "location": "ab/clip.mp4", "captured": NOW}],
        )
        connection.execute(REPORTS.insert(), _row(REPORTS) | {"id": "r", "case_id": "c", "photos": ["ab/r.png", 5]})
        connection.execute(
            STEPS.insert(),
            [
                step | {"id": f"s{n}", "number": n, "action": "check", "at": NOW + n, "note": note, "data": data}
                for n, (note, data) in enumerate(
                    [("see the back", {}), ("", {"photos": ["ab/s.jpg", "ab/08.jpg"]}), ("", {"photos": "x"})]
                )
            ],
        )
    (task,) = tasks(town)
    assert [each["location"] for each in task["pictures"]][-3:] == ["ab/08.jpg", "ab/r.png", "ab/s.jpg"]
    assert len(task["pictures"]) == 8
    assert [(each["by"], each["note"]) for each in task["remarks"]] == [("acceptor-1", "see the back")]
    assert (task["text"], task["mine"], task["metres"]) == ("满了", False, None)


@pytest.mark.parametrize(
    "token, params, status",
    [
        pytest.param("ACCEPTOR", {}, 403, id="not-in-the-field"),
        pytest.param("APP", {}, 403, id="no-role"),
        pytest.param("COLLECTOR", {"lon": 120.0}, 422, id="half-a-place"),
        pytest.param("COLLECTOR", {"limit": 101}, 422, id="too-many"),
    ],
)
def test_who_may_ask_what(town: Town, token: str, params: dict[str, Any], status: int) -> None:
    assert town.client(token).get("/api/mobile/tasks", params=params).status_code == status


def test_there_are_more(town: Town) -> None:
    for n in range(3):
        ask(town, f"c{n}")
    got = town.client("COLLECTOR").get("/api/mobile/tasks?limit=2").json()
    assert (len(got["tasks"]), got["more"]) == (2, True)

"""Fusion where it works: several things told at the desk are one case, a restart anywhere changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from cases.database import reading, writing
from cases.tables import EPISODES, METADATA, SCOPES
from pipeline.episode import Change
from tests.cases.desk.kit import DAY, Log, conditions

FUSION: dict[str, Any] = {
    "reopens": "1h",
    "rules": [
        {"id": "same-subject", "same": "subject"},
        {"id": "same-place", "same": "place", "near": "50 m", "within": "30min"},
        {
            "id": "dumping",
            "all": [{"rules": ["raised"]}, {"rules": ["object"], "alone": "wait"}],
            "near": "50 m",
            "within": "5min",
            "becomes": "06011",
        },
    ],
    "storms": [{"id": "many-down", "rules": ["down"], "more_than": 1, "within": "10min"}],
}
OBJECT: dict[str, Any] = {"rule": "object", "category": "thing", "subject": "cam-1"}
RAISED: dict[str, Any] = {"rule": "raised", "category": "body", "subject": "truck-7", "lat": 31.2301}
SCOPE = {"subjects": ["bin-*"], "lasts": "1 h"}


def _log(database: sa.Engine) -> Log:
    return Log(database, conditions(fusion=FUSION))


def _where(log: Log) -> dict[str, str | None]:
    with reading(log.database) as connection:
        rows = connection.execute(sa.select(EPISODES.c.id, EPISODES.c.case_id))
        return {row.id: row.case_id for row in rows}


def sensor_camera_and_people(log: Log) -> None:
    log.episode(DAY, "bin", rule="bin-full")
    log.episode(DAY + 60, "seen", rule="camera-full", subject="cam-3", part="12", lat=31.2302)
    log.report(DAY + 90, "told", category="06042", lon=121.47, lat=31.2301)
    log.episode(DAY + 100, "bin", Change.ENDED, started=DAY, ended=DAY + 95, reason="clear")
    seen: dict[str, Any] = {
        "rule": "camera-full",
        "subject": "cam-3",
        "part": "12",
        "lat": 31.2302,
        "started": DAY + 60,
    }
    log.episode(DAY + 100, "seen", Change.ENDED, **seen, ended=DAY + 80, reason="clear")
    log.report(DAY + 1898, "too-late", category="06042", lon=121.47, lat=31.23)
    log.episode(DAY + 9000, "bin-again", rule="bin-full")
    log.report(DAY + 9100, "elsewhere", category="06042", lon=121.5, lat=31.2)


def what_adds_up(log: Log) -> None:
    log.episode(DAY, "object", **OBJECT)
    log.episode(DAY + 100, "raised", **RAISED)
    log.episode(DAY + 500, "alone", **OBJECT | {"subject": "cam-2", "lat": 31.5})
    log.passes(DAY + 900)
    log.episode(DAY + 1000, "raised", Change.WITHDRAWN, **RAISED)


def shelved(log: Log) -> None:
    log.step(DAY, "", "shelve", "supervisor", note="roadworks", scope=SCOPE)
    log.episode(DAY + 60, "over")
    log.episode(DAY + 61, "goes-on", subject="bin-2")
    log.episode(DAY + 100, "over", Change.ENDED, started=DAY + 60, ended=DAY + 90, reason="clear")
    log.report(DAY + 120, "told", category="06042")
    log.passes(DAY + 3700)


def a_storm(log: Log) -> None:
    for n in range(4):
        log.episode(DAY + n, f"down-{n}", rule="down", subject=f"gps-{n}", lon=121.0 + n)
    log.episode(DAY + 60, "down-3", Change.ENDED, rule="down", subject="gps-3", started=DAY + 3, ended=DAY + 50)
    storm = str(_where(log)["down-1"])
    log.step(DAY + 90, storm, "undo", "supervisor", note="it was the network")
    log.episode(DAY + 100, "down-4", rule="down", subject="gps-4", lon=125.0)
    log.passes(DAY + 9000)


def another_storm(log: Log) -> None:
    for n in range(5):
        log.episode(DAY + n, f"down-{n}", rule="down", subject=f"gps-{n}", lon=121.0 + n)
    log.step(DAY + 90, str(_where(log)["down-1"]), "split", "acceptor", members=["down-3", "down-2"])
    log.passes(DAY + 1000)
    log.episode(DAY + 1001, "calm", rule="down", subject="gps-9", lon=130.0)


def a_case_that_comes_back(log: Log) -> None:
    log.episode(DAY, "bin")
    log.step(DAY + 10, "bin", "reject", "acceptor", note="no")
    log.episode(DAY + 20, "again")
    log.episode(DAY + 30, "third", lon=121.4701, subject="bin-7")
    log.step(DAY + 40, "third", "merge", "acceptor", into="again")
    log.report(DAY + 50, "told", category="x", joins="third")
    log.step(DAY + 60, "again", "split", "acceptor", members=["told", "third"])
    log.episode(DAY + 70, "fourth")


STORIES: list[Callable[[Log], None]] = [
    sensor_camera_and_people,
    what_adds_up,
    shelved,
    a_storm,
    another_storm,
    a_case_that_comes_back,
]


class _Restarting(Log):
    """Forgets all that is in memory before each entry."""

    def enter(self, at: float, id: str, confirmed: float, **what: Any) -> None:
        self.restart()
        super().enter(at, id, confirmed, **what)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_restart_anywhere_changes_nothing(database: sa.Engine, story: Callable[[Log], None]) -> None:
    once = _log(database)
    story(once)
    wanted = once.everything()
    with writing(database) as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name != "applied":
                connection.execute(table.delete())
        values = {"stamp": -1, "confirmed": -1, "id": "", "position": -1, "nth": 0, "through": -1}
        connection.execute(METADATA.tables["applied"].update().values(values))
    again = _Restarting(database, conditions(fusion=FUSION))
    story(again)
    found = again.everything()
    for tables in (wanted, found):
        for change in tables["changes"]:
            del change["number"]  # the database counts on
        for rows in tables.values():
            rows.sort(key=repr)  # and has no order of its own
    assert found == wanted


def test_a_bin_its_camera_and_a_person_are_one_case(database: sa.Engine) -> None:
    log = _log(database)
    sensor_camera_and_people(log)
    assert _where(log) == {"bin": "bin", "seen": "bin", "bin-again": "bin"}
    assert log.answer("told").case == "bin"
    assert log.answer("too-late").case == "too-late"
    assert log.answer("elsewhere").case == "elsewhere"
    case = log.case("bin")
    assert (case["members"], case["going_on"], case["started"]) == (4, 1, DAY)
    assert [event for event, _ in log.changes("bin")] == ["opened", "joined", "joined", "updated", "ended", "joined"]


def test_a_body_raised_near_a_new_object_is_dumping(database: sa.Engine) -> None:
    log = _log(database)
    what_adds_up(log)
    assert _where(log) == {"object": "object", "raised": "object", "alone": "alone"}
    assert log.case("alone")["opened"] == DAY + 800
    assert log.case("object")["category"] == "thing"


def test_what_is_shelved_comes_back(database: sa.Engine) -> None:
    log = _log(database)
    shelved(log)
    assert _where(log) == {"over": None, "goes-on": "goes-on"}
    assert log.case("goes-on")["opened"] == DAY + 3600
    assert log.answer("told").case == "told"
    with reading(database) as connection:
        (scope,) = connection.execute(sa.select(SCOPES)).mappings()
    assert (scope["state"], scope["count"], scope["reason"]) == ("over", 2, "roadworks")


def test_an_end_that_was_none_is_not_lost_with_the_shelving(database: sa.Engine) -> None:
    log = _log(database)
    shelved(log)
    log.episode(DAY + 4000, "over", Change.REOPENED, started=DAY + 60)
    assert _where(log)["over"] == "goes-on", "the bin beside it, which is at the same place"
    assert log.case("goes-on")["members"] == 2


def test_a_storm_can_be_undone_and_split(database: sa.Engine) -> None:
    log = _log(database)
    a_storm(log)
    assert _where(log) == {f"down-{n}": f"down-{n}" for n in range(5)}


def test_members_of_a_storm_go_their_own_way(database: sa.Engine) -> None:
    log = _log(database)
    another_storm(log)
    where = _where(log)
    assert where["down-1"] == where["down-4"] != "down-1"
    assert (where["down-2"], where["down-3"], where["calm"]) == ("down-2", "down-2", "calm")


@pytest.mark.parametrize(
    ("verdict", "agree", "held"),
    [
        pytest.param("false alarm", True, True, id="a-supervisor-agrees"),
        pytest.param("false alarm", False, False, id="a-supervisor-does-not"),
        pytest.param("confirmed", None, False, id="it-was-so"),
    ],
)
def test_a_verdict_holds_the_next_back_after_a_review(
    database: sa.Engine, verdict: str, *, agree: bool | None, held: bool
) -> None:
    log = _log(database)
    log.episode(DAY, "bin")
    log.step(DAY + 10, "bin", "verdict", "acceptor", verdict=verdict, note="the sensor is wet")
    log.step(DAY + 20, "bin", "reject", "acceptor", note="it is not full")
    with reading(database) as connection:
        proposed = connection.execute(sa.select(SCOPES.c.id, SCOPES.c.state, SCOPES.c.reason)).all()
    assert [(state, reason) for _, state, reason in proposed] == [("proposed", "the sensor is wet")] * (
        agree is not None
    )
    for id, *_ in proposed:
        assert log.step(DAY + 30, "", "review", "supervisor", id=id, agree=agree).taken
    log.episode(DAY + 60, "next")
    assert (_where(log)["next"] is None) == held


@pytest.mark.parametrize(
    ("scope", "why"),
    [
        pytest.param({"lasts": "1 h"}, "whole city", id="nothing"),
        pytest.param({"rules": ["bin-full"]}, "an end", id="for-ever"),
        pytest.param({"rule": "bin-full", "lasts": "1 h"}, "unknown field", id="misspelt"),
    ],
)
def test_what_can_not_be_put_aside_is_refused(database: sa.Engine, scope: dict[str, Any], why: str) -> None:
    log = _log(database)
    answer = log.step(DAY, "", "shelve", "supervisor", note="roadworks", scope=scope)
    assert not answer.taken
    assert why in answer.why

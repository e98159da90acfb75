"""What happens by itself never goes against what a person has said: it is not so, it is not that unit's."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.cases.desk.kit import DAY, City, Log, conditions

BY_ITSELF = {"file": True, "dispatch": True}
TWICE: dict[str, Any] = {
    "rules": [{"id": "same-place", "same": "place", "near": "50 m", "within": "1h"}],
    "reopens": "1h",
}


def log_of(database: sa.Engine, **handling: Any) -> Log:
    town = City(unit="sanitation", helpers=("roads",))
    return Log(database, conditions(town, policies={"handling": [handling]}, fusion=TWICE), town)


@pytest.mark.parametrize(
    "found, state",
    [pytest.param(True, "filed", id="it-is-so"), pytest.param(False, "reported", id="it-is-not-so")],
)
def test_what_a_collector_looked_at_is_filed_where_it_is_so(database: sa.Engine, found: bool, state: str) -> None:
    log = log_of(database, check=True, file=True)
    case = log.report(DAY, "told", lon=121.0, lat=31.0).case
    assert log.step(DAY + 60, case, "checked", "collector", found=found).taken
    assert log.case(case)["state"] == state
    log.report(DAY + 120, "told again", lon=121.0, lat=31.0)
    log.passes(DAY + 7200)
    assert log.case(case)["state"] == state


def test_what_is_found_so_at_the_second_look_is_filed(database: sa.Engine) -> None:
    log = log_of(database, check=True, file=True)
    case = log.report(DAY, "told").case
    log.through(
        case,
        DAY + 60,
        ("checked", "collector", {"found": False}),
        ("check", "acceptor"),
        ("checked", "collector", {"found": True}),
    )
    assert log.history(case)[-1] == "file policy reported>filed"


@pytest.mark.parametrize("more", [pytest.param({}, id="given"), pytest.param({"call": True}, id="and-all-told")])
def test_what_a_person_recalls_waits_for_a_person(database: sa.Engine, more: dict[str, Any]) -> None:
    log = log_of(database, **BY_ITSELF, **more)
    case = log.report(DAY, "told", lon=121.0, lat=31.0).case
    assert log.case(case)["responsible"] == "sanitation"
    assert log.step(DAY + 60, case, "recall", "dispatcher", note="the wrong one").taken
    log.report(DAY + 120, "told again", lon=121.0, lat=31.0)
    log.restart()
    log.report(DAY + 180, "and again", lon=121.0, lat=31.0)
    assert log.history(case)[-1] == "recall dispatcher dispatched>filed"
    log.through(case, DAY + 240, ("dispatch", "dispatcher", {"unit": "roads"}))


def test_what_is_passed_up_is_given_out_again(database: sa.Engine) -> None:
    log = log_of(database, **BY_ITSELF)
    case = log.report(DAY, "told").case
    asked = log.step(DAY + 60, case, "ask", "unit", by="sanitation", note="too large", what="pass_up")
    assert log.step(DAY + 120, case, "approve", "supervisor", approval=asked.id).taken
    assert log.history(case)[-1] == "dispatch policy filed>dispatched"
    assert log.case(case)["level"] == "street"


def test_what_comes_back_is_told_and_given_out_again(database: sa.Engine) -> None:
    log = log_of(database, **BY_ITSELF, close=True, call=True)
    case = log.report(DAY, "told", lon=121.0, lat=31.0).case
    log.through(
        case,
        DAY + 60,
        ("recall", "dispatcher", {"note": "x"}),
        ("dispatch", "dispatcher", {"unit": "roads"}),
        ("handled", "unit", {"by": "roads"}),
        ("verified", "collector"),
    )
    assert log.case(case)["state"] == "closed"
    assert log.report(DAY + 600, "told again", lon=121.0, lat=31.0).case == case
    assert log.history(case)[-3:] == [
        "reopen pipeline closed>filed",
        "call policy filed>filed",
        "dispatch policy filed>dispatched",
    ]

"""The life of a case at the desk: what is possible, what is refused, who may, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from cases.life import ACTIONS, State
from pipeline.episode import Change
from tests.cases.desk.kit import DAY, City, Log, conditions

TO_HANDLED: tuple[Any, ...] = (
    ("file", "acceptor"),
    ("dispatch", "dispatcher", {"unit": "sanitation"}),
    ("accept", "unit", {"by": "sanitation"}),
    ("handled", "unit", {"by": "sanitation"}),
)
TO_CLOSED: tuple[Any, ...] = (
    *TO_HANDLED,
    ("verify", "acceptor", {"collector": "chen"}),
    ("verified", "collector", {"by": "chen"}),
    ("close", "acceptor"),
)


@pytest.fixture
def log(database: sa.Engine) -> Log:
    return Log(database)


def test_from_what_a_rule_found_to_closed(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_CLOSED)
    assert log.history("bin") == [
        "file acceptor reported>filed",
        "dispatch dispatcher filed>dispatched",
        "accept sanitation dispatched>handling",
        "handled sanitation handling>handled",
        "verify acceptor handled>verifying",
        "verified chen verifying>verified",
        "close acceptor verified>closed",
    ]
    case = log.case("bin")
    assert (case["state"], case["responsible"], case["handler"]) == ("closed", "sanitation", "sanitation")
    assert (case["filed"], case["handled"], case["closed"]) == (DAY + 60, DAY + 240, DAY + 420)
    assert case["due"] == DAY + 60 + 4 * 3600
    assert case["number"] == "20260301-00001"
    assert [event for event, _ in log.changes("bin")] == [
        "opened",
        "file",
        "dispatch",
        "accept",
        "handled",
        "verify",
        "verified",
        "close",
    ]


@pytest.mark.parametrize(
    "before, action, role, more, why",
    [
        pytest.param((), "close", "acceptor", {}, "'close' is possible where a case is verified", id="too-early"),
        pytest.param((), "dig", "acceptor", {}, "there is no action 'dig'", id="no-such-action"),
        pytest.param((), "file", "unit", {}, "'file' is for acceptor, policy, supervisor, not for unit", id="whose"),
        pytest.param((), "file", "acceptor", {"revision": 9}, "the case has changed since", id="has-moved-on"),
        pytest.param((), "reject", "acceptor", {}, "needs a note that says why", id="without-a-note"),
        pytest.param((), "file", "acceptor", {"severity": 9}, "severity is 1", id="bad-severity"),
        pytest.param(TO_HANDLED[:1], "dispatch", "dispatcher", {}, "'dispatch' needs unit", id="without-a-unit"),
        pytest.param(
            TO_HANDLED, "verify", "acceptor", {"collector": "sanitation"}, "who handled it", id="handler-is-to-look"
        ),
        pytest.param(
            TO_HANDLED, "verified", "supervisor", {"by": "sanitation"}, "sanitation handled it", id="handler-verifies"
        ),
        pytest.param(
            TO_HANDLED, "ask", "unit", {"what": "tea", "note": "n"}, "what can be asked for", id="asks-for-what-is-not"
        ),
        pytest.param(
            (),
            "merge",
            "acceptor",
            {"into": "bin"},
            "a case can be merged into another one",
            id="into-itself",
        ),
        pytest.param((), "verdict", "acceptor", {"verdict": "hm"}, "a verdict is one of", id="no-verdict"),
        pytest.param((), "correct", "acceptor", {"fields": {"id": "x"}}, "what can be corrected", id="not-the-id"),
        pytest.param((), "split", "acceptor", {"members": ["bin"]}, "some of its members", id="nothing-to-split"),
    ],
)
def test_what_is_refused_changes_nothing(
    log: Log, before: tuple[Any, ...], action: str, role: str, more: dict[str, Any], why: str
) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *before)
    case, history = log.case("bin"), log.history("bin")
    answer = log.step(DAY + 600, "bin", action, role, **more)
    assert not answer.taken
    assert why in answer.why
    assert action not in answer.allowed or action in ACTIONS
    assert log.case("bin") == case
    assert log.history("bin") == history


def test_whoever_is_refused_is_told_what_is_allowed(log: Log) -> None:
    log.episode(DAY, "bin")
    answer = log.step(DAY + 1, "bin", "close", "acceptor")
    assert {"check", "file", "reject", "merge"} <= set(answer.allowed)
    assert "dispatch" not in answer.allowed
    unknown = log.step(DAY + 2, "nothing", "file", "acceptor")
    assert (unknown.taken, unknown.why) == (False, "there is no case nothing")


def test_checked_by_a_collector_before_it_is_filed(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through(
        "bin",
        DAY + 60,
        ("check", "acceptor", {"collector": "chen"}),
        ("checked", "collector", {"by": "chen", "found": True}),
        ("file", "acceptor"),
    )
    assert log.case("bin")["checks"] == 1


def test_returned_reworked_recalled(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through(
        "bin",
        DAY + 60,
        ("file", "acceptor"),
        ("dispatch", "dispatcher", {"unit": "roads"}),
        ("return", "unit", {"by": "roads", "note": "not ours"}),
        ("dispatch", "dispatcher", {"unit": "sanitation", "helpers": ["roads", "sanitation"]}),
        ("handled", "outside", {"by": "sanitation"}),
        ("rework", "acceptor", {"note": "still full"}),
        ("recall", "dispatcher", {"note": "the wrong one"}),
    )
    case = log.case("bin")
    assert (case["state"], case["dispatches"], case["returns"], case["reworks"]) == ("filed", 2, 1, 1)
    assert (case["handler"], case["handled"], case["responsible"]) == ("", None, "")


@pytest.mark.parametrize(
    "what, more, state, kept",
    [
        pytest.param("extend", {"until": DAY + 90000}, "handling", {"due": DAY + 90000, "extensions": 1}, id="extend"),
        pytest.param("suspend", {}, "suspended", {"before": "handling"}, id="suspend"),
        pytest.param("pass_up", {}, "filed", {"level": "street", "responsible": ""}, id="pass-up"),
    ],
)
def test_what_waits_for_approval(log: Log, what: str, more: dict[str, Any], state: str, kept: dict[str, Any]) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_HANDLED[:3])
    asked = log.step(DAY + 600, "bin", "ask", "unit", by="sanitation", note="why", what=what, **more)
    assert asked.taken
    assert log.case("bin")["state"] == "handling"
    again = log.step(DAY + 601, "bin", "ask", "unit", by="sanitation", note="why", what=what, **more)
    assert "has been asked for already" in again.why
    wrong = log.step(DAY + 602, "bin", "approve", "dispatcher", approval=asked.id)
    assert "this waits for supervisor" in wrong.why
    assert log.step(DAY + 603, "bin", "approve", "supervisor", approval=asked.id).taken
    case = log.case("bin")
    assert case["state"] == state
    assert {name: case[name] for name in kept} == kept
    assert "no such request" in log.step(DAY + 604, "bin", "approve", "supervisor", approval=asked.id).why


def test_nobody_approves_what_they_asked_for(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_HANDLED[:3])
    asked = log.step(DAY + 600, "bin", "ask", "supervisor", by="li", note="why", what="suspend")
    assert "whoever asked" in log.step(DAY + 601, "bin", "approve", "supervisor", by="li", approval=asked.id).why
    assert log.step(DAY + 602, "bin", "refuse", "supervisor", by="wang", note="no", approval=asked.id).taken
    assert log.case("bin")["state"] == "handling"


def test_closed_unverified_with_a_supervisors_word(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_HANDLED)
    asked = log.step(DAY + 600, "bin", "ask", "acceptor", note="nobody can get there", what="close_unverified")
    assert log.step(DAY + 601, "bin", "approve", "supervisor", approval=asked.id).taken
    assert log.case("bin")["state"] == "closed"


def test_a_suspended_clock_stands_still(log: Log) -> None:
    log.episode(DAY - 1, "bin")
    log.through("bin", DAY, *TO_HANDLED[:3])
    asked = log.step(DAY + 3600, "bin", "ask", "unit", by="sanitation", note="flood", what="suspend")
    log.step(DAY + 3600, "bin", "approve", "supervisor", approval=asked.id)
    log.passes(DAY + 100 * 3600)
    assert log.case("bin")["deadline"] == ""
    assert log.step(DAY + 100 * 3600, "bin", "resume", "dispatcher").taken
    case = log.case("bin")
    assert (case["state"], case["due"]) == ("handling", DAY + 103 * 3600)


def test_deadlines_come_at_their_time(database: sa.Engine) -> None:
    section = {"warn_before": "1 urgent hour", "escalation": [{"after": "1 urgent hour", "do": "urge"}]}
    log = Log(database, conditions(deadlines=section))
    log.episode(DAY - 1, "bin")
    log.through("bin", DAY, ("file", "acceptor"))
    log.passes(DAY + 24 * 3600)
    assert log.changes("bin")[2:] == [
        ("warning", DAY + 3 * 3600),
        ("overdue", DAY + 4 * 3600),
        ("urge", DAY + 5 * 3600),
        ("escalated", DAY + 5 * 3600),
    ]
    assert (log.case("bin")["deadline"], log.case("bin")["urges"]) == ("overdue", 1)


def test_what_nobody_files_in_time_is_told(database: sa.Engine) -> None:
    log = Log(database, conditions(deadlines={"file_within": "30min"}))
    log.episode(DAY, "bin")
    log.passes(DAY + 1800)
    assert log.changes("bin")[1:] == []
    log.passes(DAY + 1800.5)
    assert log.changes("bin")[1:] == [("file_overdue", DAY + 1800)]


def test_by_itself_from_found_to_closed(database: sa.Engine) -> None:
    handling = {"file": True, "dispatch": True, "verify": "pipeline", "close": True}
    log = Log(database, conditions(City(), policies={"handling": [handling]}), City(unit="sanitation", helpers=("x",)))
    log.episode(DAY, "bin")
    assert log.case("bin")["state"] == "dispatched"
    assert log.case("bin")["responsible"] == "sanitation"
    log.through("bin", DAY + 60, ("handled", "outside", {"by": "sanitation"}))
    log.episode(DAY + 120, "bin", Change.ENDED, started=DAY, ended=DAY + 110, reason="clear")
    assert log.history("bin") == [
        "file policy reported>filed",
        "dispatch policy filed>dispatched",
        "handled sanitation dispatched>handled",
        "verified policy handled>verified",
        "close policy verified>closed",
    ]


def test_over_by_itself(database: sa.Engine) -> None:
    log = Log(database, conditions(policies={"handling": [{"file": True, "over": "close"}]}))
    log.episode(DAY, "bin")
    log.episode(DAY + 120, "bin", Change.ENDED, started=DAY, ended=DAY + 110, reason="clear")
    assert log.case("bin")["state"] == "closed"
    # Its end is taken back: it is a case again.
    log.episode(DAY + 180, "bin", Change.REOPENED, started=DAY)
    assert log.case("bin")["state"] == "filed"
    assert log.history("bin")[-1] == "reopen pipeline closed>filed"


def test_the_pipeline_proposes_and_a_person_decides(log: Log) -> None:
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_HANDLED)
    log.episode(DAY + 600, "bin", Change.ENDED, started=DAY, ended=DAY + 590, reason="clear")
    case = log.case("bin")
    assert case["state"] == "handled"
    assert case["proposal"] == {"rule": "bin-full", "episode": "bin", "ended": DAY + 590, "reason": "clear"}
    assert log.step(DAY + 700, "bin", "verified", "acceptor").taken


def test_what_was_taken_back_goes_unless_somebody_has_touched_it(log: Log) -> None:
    log.episode(DAY, "a")
    log.episode(DAY, "b")
    log.through("b", DAY + 60, ("file", "acceptor"))
    for id in ("a", "b"):
        log.episode(DAY + 120, id, Change.WITHDRAWN, started=DAY, withdrawn=True)
    assert (log.case("a")["withdrawn"], log.case("b")["withdrawn"]) == (True, False)
    assert log.case("b")["proposal"]["reason"] == "withdrawn"


def test_reports_of_one_thing_are_one_case(database: sa.Engine) -> None:
    rule = {"id": "near", "same": "place", "near": "50 m", "within": "1h"}
    log = Log(database, conditions(fusion={"rules": [rule]}))
    log.episode(DAY, "bin")
    near = log.report(DAY + 60, "told", category="06042", lon=121.4701, lat=31.23, number="12345-7")
    far = log.report(DAY + 61, "elsewhere", category="06042", lon=121.48, lat=31.23)
    assert (near.case, far.case) == ("bin", "elsewhere")
    assert log.case("bin")["members"] == 2
    log.through("bin", DAY + 120, ("reject", "acceptor", {"note": "a party"}))
    told = [event for event, _ in log.changes("bin")]
    assert told == ["opened", "joined", "answered", "reject"]


def test_what_comes_back_once_it_was_verified_is_done_again(database: sa.Engine) -> None:
    log = Log(database, conditions(fusion={"rules": [{"id": "bin", "same": "subject"}]}))
    log.episode(DAY, "bin")
    log.through("bin", DAY + 60, *TO_CLOSED[:-1])
    assert log.case("bin")["state"] == "verified"
    log.episode(DAY + 1000, "again")
    assert (log.case("bin")["state"], log.case("bin")["members"]) == ("filed", 2)
    assert log.history("bin")[-1] == "reopen pipeline verified>filed"


def test_merged_and_split(database: sa.Engine) -> None:
    log = Log(database)
    log.episode(DAY, "a")
    log.episode(DAY + 1, "b")
    log.episode(DAY + 2, "c")
    for n, id in enumerate("bc"):
        assert log.step(DAY + 60 + n, id, "merge", "acceptor", into="a").taken
    assert log.cases() == {"a": "reported", "b": "merged", "c": "merged"}
    assert (log.case("a")["members"], log.case("a")["going_on"]) == (3, 3)
    log.episode(DAY + 90, "b", Change.ENDED, started=DAY + 1, ended=DAY + 80, reason="clear")
    assert log.case("a")["going_on"] == 2
    split = log.step(DAY + 120, "a", "split", "acceptor", members=["c"])
    assert split.taken, split.why
    assert log.cases() == {"a": "reported", "b": "merged", "c": "reported"}
    assert (log.case("a")["members"], log.case("c")["members"]) == (2, 1)


def test_all_states_are_reached_by_some_action() -> None:
    reached = {action.to for action in ACTIONS.values()} | {State.SUSPENDED, State.REPORTED}
    assert set(State) <= reached

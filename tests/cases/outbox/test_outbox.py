"""What happens to cases is told at least once, in order, to whom it concerns; and nobody waits for somebody else's."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sqlalchemy as sa

from cases.outbox.lists import NoSuchMessage, dead, drop, find_dead, retry, standing, sweep
from cases.outbox.outbox import BATCH, Letter, Outbox, Outcome
from cases.outbox.settings import Delivery
from tests.cases.outbox.told import T0, happened

TAKEN, REFUSED, LATER = Outcome(taken=True), Outcome(refused=True, why="no such category"), Outcome(why="503")


def outbox(database: sa.Engine, **targets: Delivery) -> Outbox:
    return Outbox(database, "test", targets or {"crm": Delivery()}, dice=lambda: 1.0)


def send(box: Outbox, now: float, *outcomes: Outcome, target: str = "crm") -> list[tuple[str, str]]:
    """Send as long as there is something, with these outcomes and then all taken; (case, event) of each attempt."""
    sent, ahead = [], list(outcomes)
    while (letter := box.next(target, now)) is not None:
        sent.append((letter.case, letter.event))
        box.record(target, letter.id, ahead.pop(0) if ahead else TAKEN, now)
    return sent


def follow(box: Outbox) -> None:
    while box.follow():
        pass


# ---- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delivery, change, told",
    [
        pytest.param({}, {}, True, id="everything"),
        pytest.param({"events": ["dispatch"]}, {}, True, id="event"),
        pytest.param({"events": ["close"]}, {}, False, id="another-event"),
        pytest.param({"categories": ["06042"]}, {}, True, id="category"),
        pytest.param({"categories": ["06010"]}, {}, False, id="another-category"),
        pytest.param({"responsible": ["sanitation"]}, {"responsible": "sanitation"}, True, id="unit"),
        pytest.param({"responsible": ["sanitation"]}, {"responsible": "parks"}, False, id="another-unit"),
        pytest.param(
            {"responsible": ["sanitation"]},
            {"responsible": "parks", "said": {"units": ["sanitation"]}},
            True,
            id="the-unit-at-that-time",
        ),
        pytest.param(
            {"responsible": ["sanitation"]}, {"responsible": "parks", "helpers": ["sanitation"]}, True, id="helps"
        ),
        pytest.param(
            {"responsible": ["sanitation"]},
            {"event": "call", "said": {"step": {"units": ["sanitation"]}}},
            True,
            id="called",
        ),
        pytest.param({"levels": ["street", "city"]}, {"level": "street"}, True, id="level"),
        pytest.param({"levels": ["street", "city"]}, {"level": "community"}, False, id="another-level"),
        pytest.param({}, {"said": {"role": "outside", "by": "crm"}}, False, id="what-it-said-itself"),
        pytest.param({}, {"said": {"role": "outside", "by": "other"}}, True, id="what-another-said"),
    ],
)
def test_a_target_is_told_what_it_asks_for(
    database: sa.Engine, delivery: dict[str, Any], change: dict[str, Any], told: bool
) -> None:
    box = outbox(database, crm=Delivery.model_validate(delivery))
    happened(database, "a", **{"event": "dispatch", **change})
    follow(box)
    assert bool(send(box, T0)) is told


@pytest.mark.parametrize("together", [True, False], ids=["at-once", "one-by-one"])
def test_who_loses_a_case_is_told_that_and_then_no_more(database: sa.Engine, together: bool) -> None:
    box = outbox(database, crm=Delivery(responsible=("sanitation",)))
    for event, unit in [("file", ""), ("dispatch", "sanitation"), ("urge", "sanitation"), ("recall", ""), ("file", "")]:
        happened(database, "a", event, responsible=unit)
        if not together:
            follow(box)
    happened(database, "a", "dispatch", responsible="parks")
    follow(box)
    assert [event for _, event in send(box, T0)] == ["dispatch", "urge", "recall"]


def test_a_message_says_what_happened_and_nobodys_account(database: sa.Engine) -> None:
    box = outbox(database)
    said = {"by": "li.ming", "role": "dispatcher", "note": "by noon", "revision": 4}
    happened(database, "a", "dispatch", T0 + 60, said, responsible="sanitation", due=T0 + 3600, revision=5)
    follow(box)
    letter = box.next("crm", T0)
    assert letter is not None
    assert not letter.again
    content = letter.content
    assert {key: content[key] for key in ("event", "at", "change", "step")} == {
        "event": "dispatch",
        "at": "2026-01-01T00:01:00Z",
        "change": 1,
        "step": {"action": "dispatch", "role": "dispatcher", "note": "by noon"},
    }
    case = content["case"]
    assert (case["id"], case["revision"], case["due"], case["lon"]) == ("a", 4, "2026-01-01T01:00:00Z", 120.16)
    assert "li.ming" not in str(content)


def test_numbers_that_json_has_not_are_null(database: sa.Engine) -> None:
    box = outbox(database)
    happened(database, "a", "dispatch", measure=math.inf, lon=None, lat=None)
    follow(box)
    letter = box.next("crm", T0)
    assert letter is not None
    case = letter.content["case"]
    assert (case["measure"], case["lon"], case["lat"]) == (None, None, None)


def test_more_changes_than_one_transaction_takes(database: sa.Engine) -> None:
    box = outbox(database)
    for n in range(BATCH + 5):
        happened(database, f"c{n % 7}", "updated", T0 + n)
    assert [box.follow(), box.follow(), box.follow()] == [BATCH, 5, 0]
    assert len(send(box, T0)) == BATCH + 5


def test_ids_hang_on_city_target_and_change_alone(database: sa.Engine) -> None:
    box = outbox(database, crm=Delivery(), other=Delivery())
    happened(database, "a", "dispatch")
    follow(box)
    ours, theirs = box.next("crm", T0), box.next("other", T0)
    assert ours is not None
    assert theirs is not None
    assert ours.id == "b42439cf-b83d-5fd7-b9dd-80df2c9aafd7" != theirs.id


def test_a_new_target_is_not_told_the_past_and_one_that_left_keeps_what_waited(database: sa.Engine) -> None:
    happened(database, "a", "dispatch")
    box = outbox(database)
    happened(database, "b", "dispatch")
    follow(box)
    both = outbox(database, crm=Delivery(), new=Delivery())
    happened(database, "c", "dispatch")
    follow(both)
    assert send(both, T0, target="new") == [("c", "dispatch")]
    alone = outbox(database, new=Delivery())
    happened(database, "d", "dispatch")
    follow(alone)
    assert [(each.name, each.gone, each.waiting) for each in standing(database)] == [
        ("crm", True, 2),
        ("new", False, 1),
    ]
    again = outbox(database, crm=Delivery())
    happened(database, "e", "dispatch")
    follow(again)
    assert [case for case, _ in send(again, T0)] == ["b", "c", "e"]


# ---- in order, at least once -----------------------------------------------------------------------------------------


def test_a_case_waits_for_its_own_and_for_no_other(database: sa.Engine) -> None:
    box = outbox(database)
    for case, event in [("a", "dispatch"), ("b", "dispatch"), ("a", "urge"), ("b", "urge")]:
        happened(database, case, event)
    follow(box)
    assert send(box, T0, LATER) == [("a", "dispatch"), ("b", "dispatch"), ("b", "urge")]
    assert send(box, T0 + 0.9) == []
    assert send(box, T0 + 1.0) == [("a", "dispatch"), ("a", "urge")]


def test_what_was_begun_and_not_recorded_comes_again_with_the_same_id(database: sa.Engine) -> None:
    box = outbox(database)
    happened(database, "a", "dispatch")
    follow(box)
    first = box.next("crm", T0)
    again = outbox(database).next("crm", T0 + 5)
    assert first is not None
    assert again is not None
    assert (again.id, again.again, again.first_tried) == (first.id, True, T0)


def test_a_refusal_is_dead_at_once_and_holds_only_its_case_until_a_person_decides(database: sa.Engine) -> None:
    box = outbox(database)
    for case, event in [("a", "dispatch"), ("b", "dispatch"), ("a", "urge")]:
        happened(database, case, event)
    follow(box)
    assert send(box, T0, REFUSED) == [("a", "dispatch"), ("b", "dispatch")]
    (one,) = dead(database)
    assert (one.case, one.event, one.why, one.holds) == ("a", "dispatch", "no such category", 1)
    (target,) = standing(database)
    assert (target.dead, target.waiting, target.held, target.over, target.breaker) == (1, 1, 1, 1, "closed")
    assert retry(database, find_dead(database, [one.id[:8]])) == 1
    assert send(box, T0) == [("a", "dispatch"), ("a", "urge")], "in its own place"
    assert dead(database) == []


def test_what_is_dropped_lets_the_rest_of_its_case_go(database: sa.Engine) -> None:
    box = outbox(database)
    happened(database, "a", "dispatch")
    happened(database, "a", "urge")
    follow(box)
    send(box, T0, REFUSED)
    (one,) = dead(database)
    assert drop(database, [one.id], T0) == 1
    assert retry(database, [one.id]) == 0, "it is gone for good"
    assert send(box, T0) == [("a", "urge")]


def test_an_unknown_or_ambiguous_id_is_named(database: sa.Engine) -> None:
    box = outbox(database)
    for n in range(30):
        happened(database, f"c{n}", "dispatch")
    follow(box)
    send(box, T0, *[REFUSED] * 30)
    with pytest.raises(NoSuchMessage, match="no dead message has an id that begins with 'zz'"):
        find_dead(database, ["zz"])
    first = max((each.id[0] for each in dead(database)), key=[each.id[0] for each in dead(database)].count)
    with pytest.raises(NoSuchMessage, match="several dead messages"):
        find_dead(database, [first])
    assert len(dead(database, limit=4)) == 4


def test_one_that_never_works_dies_while_others_are_taken(database: sa.Engine) -> None:
    box = outbox(database, crm=Delivery(attempts=3, open_after=2))
    happened(database, "bad", "dispatch")
    follow(box)
    now, tried = T0, 0
    for n in range(20):
        happened(database, f"good{n}", "dispatch")
        follow(box)
        for _ in range(2):
            letter = box.next("crm", now)
            if letter is not None:
                tried += letter.case == "bad"
                box.record("crm", letter.id, LATER if letter.case == "bad" else TAKEN, now)
        now += 60
    assert [each.case for each in dead(database)] == ["bad"]
    assert tried <= 8
    assert send(box, now + 60) is not None
    assert standing(database)[0].over == 20


# ---- the breaker -----------------------------------------------------------------------------------------------------


def test_down_for_an_hour_loses_nothing_asks_seldom_and_then_drains_in_order(database: sa.Engine) -> None:
    box = outbox(database)
    happenings = [(T0 + 40 * n, f"c{n % 10}", ("dispatch", "urge", "recall")[n // 10 % 3]) for n in range(90)]
    now, attempts, ahead = T0, 0, list(happenings)
    while now < T0 + 3600:
        while ahead and ahead[0][0] <= now:
            at, case, event = ahead.pop(0)
            happened(database, case, event, at)
        follow(box)
        while (letter := box.next("crm", now)) is not None:
            attempts += 1
            box.record("crm", letter.id, LATER, now)
        now += 10
    assert attempts < 5 + 6 + 62, "then one a minute"
    assert dead(database) == []
    (target,) = standing(database)
    assert (target.breaker, target.waiting, target.why) == ("open", 90, "503")
    now += 60
    probe: Letter | None = box.next("crm", now)
    assert probe is not None
    assert standing(database)[0].breaker == "half_open"
    box.record("crm", probe.id, TAKEN, now)
    assert standing(database)[0].breaker == "closed"
    order = [probe.content["change"]]
    while (letter := box.next("crm", now)) is not None:
        order.append(letter.content["change"])
        box.record("crm", letter.id, TAKEN, now)
    assert order[1:] == sorted(order[1:])
    assert sorted(order) == list(range(1, 91))


def test_it_stays_away_as_long_as_it_is_asked_to(database: sa.Engine) -> None:
    box = outbox(database)
    happened(database, "a", "dispatch")
    happened(database, "b", "dispatch")
    follow(box)
    assert send(box, T0, Outcome(why="429", away=600.0)) == [("a", "dispatch")]
    assert send(box, T0 + 599) == []
    assert send(box, T0 + 600) == [("b", "dispatch"), ("a", "dispatch")]
    happened(database, "c", "dispatch")
    follow(box)
    send(box, T0 + 700, Outcome(why="429", away=1e9))
    assert send(box, T0 + 700 + 3600) == [("c", "dispatch")], "an hour at most"


def test_one_that_fails_does_not_keep_the_breaker_open_for_others(database: sa.Engine) -> None:
    box = outbox(database, crm=Delivery(open_after=1))
    happened(database, "bad", "dispatch")
    happened(database, "good", "dispatch")
    follow(box)
    assert send(box, T0, LATER) == [("bad", "dispatch")]
    assert send(box, T0 + 60, TAKEN, LATER) == [("good", "dispatch"), ("bad", "dispatch")]


def test_what_was_sent_is_let_go_and_what_was_not_is_kept(database: sa.Engine) -> None:
    box = outbox(database)
    for case in "abc":
        happened(database, case, "dispatch")
    follow(box)
    send(box, T0, TAKEN, REFUSED, Outcome(taken=True, look=60.0))
    assert sweep(database, "crm", T0) == 0
    assert sweep(database, "crm", T0 + 1) == 1, "not the dead one, nor the one whose status is still followed"
    assert box.follow() == 0

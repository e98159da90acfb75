"""Whose stream is open: never more than there are places, nobody waits for ever, priority has more turns."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.platforms.turns import Turns


def rounds(turns: Turns[str], priorities: dict[str, int], seconds: int) -> tuple[Counter[str], int]:
    """How many turns each had, and how many streams were open at once, where all always want one."""
    had: Counter[str] = Counter()
    most = 0
    for at in range(seconds):
        for who, priority in priorities.items():
            turns.want(who, priority, float(at))
        while (who := turns.take(float(at))) is not None:  # type: ignore[assignment]
            had[who] += 1
        most = max(most, turns.taken)
        for who in turns.over(float(at)):
            assert turns.leave(who)
            turns.ended(who)
    return had, most


def test_all_are_seen_within_the_quota_and_each_as_often() -> None:
    had, most = rounds(Turns(3, 5.0), dict.fromkeys("abcdefghij", 1), 200)
    assert most == 3
    assert set(had) == set("abcdefghij")
    assert max(had.values()) - min(had.values()) <= 1


def test_priority_has_more_turns_and_nobody_waits_for_ever() -> None:
    had, most = rounds(Turns(1, 2.0), {"a": 3, "b": 1, "c": 1}, 600)
    assert most == 1
    assert had["a"] == pytest.approx(3 * had["b"], abs=3)
    assert had["b"] == pytest.approx(had["c"], abs=1)


def test_who_has_a_place_keeps_it_while_nobody_waits() -> None:
    turns: Turns[str] = Turns(2, 1.0)
    turns.want("a", 1, 0.0)
    assert turns.take(0.0) == "a"
    assert turns.over(100.0) == []
    turns.want("b", 1, 100.0)
    assert turns.over(100.0) == [], "there is a place for it"
    assert (turns.take(100.0), turns.take(100.0)) == ("b", None)
    turns.want("c", 1, 100.0)
    assert turns.over(100.5) == ["a"], "one waits, so one gives way, and the one that has looked longest"
    assert turns.over(100.6) == [], "it is asked once"
    assert turns.take(101.0) is None, "it has not left yet"


def test_a_place_is_taken_until_its_stream_has_ended() -> None:
    turns: Turns[str] = Turns(1, 1.0)
    turns.want("a", 1, 0.0)
    assert turns.take(0.0) == "a"
    assert turns.leave("a")
    turns.want("a", 1, 1.0)
    assert (turns.take(1.0), turns.taken) == (None, 1)
    turns.ended("a")
    assert (turns.take(1.0), turns.taken) == ("a", 1)
    assert (turns.leave("b"), turns.taken) == (False, 1)


def test_who_comes_anew_does_not_take_what_others_had_before_it() -> None:
    turns: Turns[str] = Turns(1, 1.0)
    had, _ = rounds(turns, {"a": 1, "b": 1}, 100)
    assert sum(had.values()) > 20
    turns.want("new", 1, 200.0)
    had, _ = rounds(turns, {"a": 1, "b": 1, "new": 1}, 30)
    assert had["new"] <= max(had["a"], had["b"]) + 1


@given(st.lists(st.tuples(st.sampled_from("wtloe"), st.sampled_from("abcd")), max_size=80), st.integers(1, 3))
def test_never_more_than_there_are_places(acts: list[tuple[str, str]], places: int) -> None:
    turns: Turns[str] = Turns(places, 1.0)
    ending: list[str] = []
    for at, (act, who) in enumerate(acts):
        if act == "w":
            turns.want(who, 1, at)
        elif act == "t":
            turns.take(at)
        elif act == "l" and turns.leave(who):
            ending.append(who)
        elif act == "o":
            turns.over(at)
        elif act == "e" and ending:
            turns.ended(ending.pop())
        assert turns.taken <= places
        assert turns.longest(at) >= 0

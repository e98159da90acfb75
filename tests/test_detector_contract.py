"""Every registered detector keeps the contract of pipeline/detector.py, and the engine keeps its promises with it.

Nothing is left out: what `pipeline.registry.detectors()` names, ours or a plug-in's, is checked. The rows are those of
tests/contract_city.py, the journals those of tests/contract_journals.py.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.detector import Detector, Judgement
from pipeline.entries import Kind
from pipeline.names import Names
from pipeline.registry import detector, detectors
from pipeline.rows import KINDS, Position, Rows
from tests.contract_answers import Answer, ask, ever_wrong, judges_runs
from tests.contract_city import EDGES, SUBJECTS, Block, block, facts, kind_of, world
from tests.contract_journals import has_idle, journals, watched
from tests.contract_stories import Fact
from tests.test_engine import exact, final, judged, said
from tests.timelines import Journal, numbered

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.differing_executors]
ROWS = settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
JOURNALS = settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
pytestmark = pytest.mark.timeout(600)  # hypothesis may take minutes to make small what it found
every_detector = pytest.mark.parametrize("name", detectors())


def made(name: str) -> Detector:
    """The detector as a rule without parameters has it."""
    try:
        return detector(name)()
    except ValidationError as error:
        lacking = ", ".join(".".join(map(str, e["loc"])) or e["msg"] for e in error.errors())
        pytest.fail(
            f"{name} can't be made without parameters ({lacking}): give each parameter a default, so that"
            " a rule that names the detector alone works, and so that it can be checked here",
            pytrace=False,
        )


@every_detector
def test_it_says_what_it_is(name: str) -> None:
    kind, fresh = detector(name), made(name)
    assert kind.__doc__, "the docstring is the question that it asks"
    assert kind.rows is Rows or kind.rows in KINDS.values()
    assert all(isinstance(column, str) for column in kind.needs)
    assert not {"subject", "ts", "received", "position", "stream"} & set(kind.needs), "every row has these"
    assert kind.memory is None or kind.memory.names, "memory is a structured dtype"
    assert fresh.worse in (max, min)
    assert isinstance(fresh.unit, str)
    # what a version stores is what it was made from
    assert kind.model_validate(fresh.model_dump(mode="json")) == fresh


@every_detector
def test_something_in_the_contract_city_is_wrong_to_it(name: str) -> None:
    assert ever_wrong(name, made(name), world()), (
        f"nothing in the contract city is wrong to {name}, so that nothing here checks it: add what it asks about to"
        " tests/contract_city.py, or its story to tests/contract_stories.py"
    )


@every_detector
def test_it_says_of_every_subject_why_it_cannot_judge_it(name: str) -> None:
    city = world()
    subjects = city.names.codes(SUBJECTS)
    reasons = made(name).missing(subjects, city)
    assert isinstance(reasons, Mapping)
    for reason, flags in reasons.items():
        assert reason, "a reason is words"
        assert (flags.dtype.kind, flags.shape) == ("b", subjects.shape), reason


# ---- rows ------------------------------------------------------------------------------------------------------------


def drawn(data: st.DataObject, name: str, judge: Detector, names: Names) -> tuple[type[Rows], list[Fact], float, Block]:
    kind = data.draw(st.sampled_from(kind_of(judge)), "kind")
    told = data.draw(facts(judge, kind, name), "facts")
    begin = data.draw(st.sampled_from([edge + d for edge in EDGES for d in (-10.0, 0.0)]), "begin")
    return kind, told, begin, block(kind, told, names, begin)


@every_detector
@ROWS
@given(data=st.data())
def test_one_row_at_a_time_is_the_same_as_the_block(name: str, data: st.DataObject) -> None:
    """A key's rows, with what it remembers of them, one call each; those of other keys are not there."""
    judge, city = made(name), world()
    *_, some = drawn(data, name, judge, city.names)
    whole = ask(judge, some, city)
    for i, key in enumerate(some.key.tolist()):
        mine = np.flatnonzero(some.key == key)
        if judge.memory is None:
            ask(judge, some.take(np.array([i])), city).same(whole, slice(i, i + 1))
        elif i == mine[0]:
            alone = some.take(mine)
            ask(judge, Block(alone.rows, np.zeros(len(mine), np.int32)), city).same(whole, mine)


@pytest.mark.parametrize("name", [name for name in detectors() if judges_runs(detector(name))])
@ROWS
@given(data=st.data())
def test_whole_runs_are_the_same_as_one_row_at_a_time(name: str, data: st.DataObject) -> None:
    """All rows of all keys at once, and each key's rows cut anywhere: the same answers, and the same is remembered."""
    judge, city = made(name), world()
    *_, some = drawn(data, name, judge, city.names)
    n = len(some.key)
    rounds = ask(judge, some, city)
    cuts = np.cumsum(data.draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=n, max_size=n), "cuts"))
    for calls in (np.zeros(n, np.int64), cuts - cuts[np.searchsorted(some.key, some.key)]):
        runs = ask(judge, some, city, calls=calls)
        runs.read().same(rounds.read())
        runs.remembers_the_same(rounds)


@every_detector
@ROWS
@given(data=st.data())
def test_other_keys_and_their_order_change_nothing(name: str, data: st.DataObject) -> None:
    """A subject may be there twice: a remembered gap is a key of its own (docs/concepts/time.md, rule 16)."""
    judge, city = made(name), world()
    *_, some = drawn(data, name, judge, city.names)
    keys = st.sampled_from(sorted(set(some.key.tolist())))
    kept = data.draw(st.lists(keys, min_size=1, max_size=8), "kept")
    index = np.concatenate([np.flatnonzero(some.key == key) for key in kept])
    key = np.repeat(np.arange(len(kept), dtype=np.int32), [int((some.key == k).sum()) for k in kept])
    ask(judge, Block(some.rows.take(index), key), city).same(ask(judge, some, city), index)


@every_detector
@ROWS
@given(data=st.data())
def test_its_answers_have_the_shapes_and_types_of_the_contract(name: str, data: st.DataObject) -> None:
    judge, city = made(name), world()
    *_, some = drawn(data, name, judge, city.names)

    def check(rows: Rows, said: Judgement, idle: Any) -> None:
        n = (len(rows),)
        types: dict[str, Any] = {"wrong": np.bool_, "right": np.bool_, "measure": np.float64, "place": np.int32}
        for part, dtype in types.items():
            column = getattr(said, part)
            assert column is None or (column.dtype, column.shape) == (dtype, n), part
        assert said.wrong is not None
        assert said.right is None or not (said.wrong & said.right).any(), "a row must not be both wrong and right"
        assert said.place is None or ((said.place >= -1) & (said.place < len(city.names))).all()
        assert (idle is not None) == has_idle(judge)
        if idle is not None:
            assert (idle.dtype, idle.shape) == (np.float64, n)
            assert (idle > rows.ts).all(), "silence can't be wrong before it begins (nor be NaN)"

    ask(judge, some, city, check)


@every_detector
@ROWS
@given(data=st.data())
def test_it_writes_to_nothing_warns_of_nothing_and_says_the_same_again(name: str, data: st.DataObject) -> None:
    judge, city = made(name), world()
    kind, told, begin, some = drawn(data, name, judge, city.names)
    for column in [*some.rows.own(), *some.rows.extra]:
        some.rows.column(column).flags.writeable = False
    before = [np.array(some.rows.column(column)) for column in some.rows.own()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = ask(judge, some, city)
    for column, was in zip(some.rows.own(), before, strict=True):
        np.testing.assert_array_equal(some.rows.column(column), was)
    ask(judge, some, city).same(first)
    # of another detector with the same parameters, in a city that gives all names other codes
    other = world().bind(Names([f"n{i}" for i in range(7)]))
    ask(made(name), block(kind, told, other.names, begin), other).same(first)


# ---- through the engine ----------------------------------------------------------------------------------------------


@every_detector
@JOURNALS
@given(data=st.data())
def test_the_engine_equals_the_oracle(name: str, data: st.DataObject) -> None:
    journal = data.draw(journals(name))
    engine, events = judged(journal)
    outcome = journal.outcome()
    assert final(engine, events) == {id: exact(episode) for id, episode in outcome.episodes.items()}
    assert +engine.counts == +outcome.counts


@every_detector
@JOURNALS
@given(data=st.data())
def test_any_split_and_any_restart_the_same_events(name: str, data: st.DataObject) -> None:
    journal = data.draw(journals(name))
    n = len(journal.entries)
    cuts = data.draw(st.lists(st.integers(1, n - 1), unique=True))
    restarts = data.draw(st.lists(st.sampled_from([0, *cuts]), unique=True, max_size=2))
    assert said(judged(journal, cuts, restarts)[1]) == said(judged(journal)[1])


@every_detector
@JOURNALS
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_deliveries_again_the_same_episodes(name: str, data: st.DataObject, chance: random.Random) -> None:
    journal = data.draw(journals(name))
    entries = []
    for entry in journal.entries:
        entries += [entry[1:]] * (chance.randint(1, 3) if entry[1] == Kind.DELIVERY else 1)
    again = Journal(numbered(entries), journal.versions)
    assert final(*judged(again)) == final(*judged(journal))


# ---- the checks can fail ---------------------------------------------------------------------------------------------


class Neighbourly(Detector):
    """Judges a row by the one before it, whosever that is; writes to its rows."""

    rows = Position

    def judge(self, rows: Any, world: Any, memory: Any) -> Judgement:
        wrong = np.diff(rows.speed, prepend=0.0) > 0
        rows.speed[:] = 0.0
        return Judgement(wrong=wrong, right=np.ones(len(rows), np.bool_))


def test_a_detector_that_looks_at_its_neighbours_is_noticed() -> None:
    city = world()
    some = block(Position, [Fact("a", 1.0, {"speed": 9.0}), Fact("b", 1.0, {"speed": 8.0})], city.names, 0.0)
    whole = ask(Neighbourly(), block(Position, [Fact("a", 1.0, {"speed": 9.0})] * 2, city.names, 0.0), city)
    assert whole.wrong.tolist() == [True, False]
    with pytest.raises(AssertionError):
        ask(Neighbourly(), some.take(np.array([1])), city).same(ask(Neighbourly(), some, city), slice(1, 2))


def test_a_detector_without_a_default_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strict(Detector):
        limit: float

    monkeypatch.setattr("tests.test_detector_contract.detector", lambda _: Strict)
    with pytest.raises(pytest.fail.Exception, match=r"strict can't be made without parameters \(limit\): give each"):
        made("strict")


def test_the_engine_is_watched_while_it_asks() -> None:
    judge, city = watched("overspeed")(), world()
    some = block(Position, [Fact("a", 1.0, {"speed": float("nan"), "lon": 121.4, "lat": 31.2})], city.names, 0.0)
    with pytest.raises(AssertionError, match="speed is unknown in a row that is judged"):
        judge.judge(some.rows, city, None)


def test_answers_that_differ_are_told_apart() -> None:
    one = Answer(np.array([True]), np.array([False]), np.array([np.nan]), [""], np.array([np.inf]))
    other = Answer(np.array([True]), np.array([False]), np.array([1.0]), [""], np.array([np.inf]))
    one.same(one)
    with pytest.raises(AssertionError, match="measure"):
        one.same(other)

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.latest import Latest
from pipeline.names import Names
from pipeline.rows import Position, Reading, unknown

AHEAD = 300.0
Fix = tuple[str, float, float, float]
"""subject, ts, lon, lat"""


def positions(names: Names, fixes: list[Fix], received: float = 1e9) -> Position:
    n = len(fixes)
    column = [np.array([fix[k] for fix in fixes], np.float64) for k in (1, 2, 3)]
    none = np.zeros(n, np.int32)
    return Position(
        names.codes([fix[0] for fix in fixes]),
        column[0],
        np.full(n, received),
        np.arange(n),
        none,
        column[1],
        column[2],
        column[0] % 90,
        *(unknown(n) for _ in range(6)),
    )


def readings(names: Names, said: Sequence[tuple[str, str, float, float]]) -> Reading:
    n = len(said)
    ts, value = (np.array([each[k] for each in said]) for k in (2, 3))
    subject, metric = (names.codes(column) for column in ([each[0] for each in said], [each[1] for each in said]))
    return Reading(subject, ts, np.full(n, 1e9), np.arange(n), np.zeros(n, np.int32), metric, value)


@pytest.mark.parametrize(
    ("fixes", "at"),
    [
        pytest.param([("a", 1, 121, 31), ("a", 2, 122, 32)], 122, id="newest"),
        pytest.param([("a", 2, 122, 32), ("a", 1, 121, 31)], 122, id="out_of_order"),
        pytest.param([("a", 3, 120, 30), ("a", 5, 121, 31), ("a", 4, 122, 32)], 121, id="in_the_middle"),
        pytest.param([("a", 2, 121, 31), ("a", 2, 122, 32)], 122, id="said_twice"),
        pytest.param([("a", 1, 121, 31), ("a", 2, np.nan, 32)], 121, id="no_place"),
        pytest.param([("a", 1, 121, 31), ("a", 1e9 + 301, 122, 32)], 121, id="clock_ahead"),
    ],
)
def test_where_a_subject_was_last(fixes: list[Fix], at: float) -> None:
    names, latest = Names(), Latest(100)
    latest.take(names, [positions(names, fixes)], AHEAD)
    found = latest.where("a")
    assert found is not None
    assert found.lon.tolist() == [at]


def test_a_cursor_gets_what_has_come_since() -> None:
    names, latest = Names(), Latest(100)
    latest.take(names, [positions(names, [("a", 1, 121, 31), ("b", 1, 122, 31)])], AHEAD)
    first = latest.positions()
    latest.take(names, [positions(names, [("b", 2, 122.5, 31), ("c", 2, 123, 31)])], AHEAD)
    second = latest.positions(first.cursor)
    assert (first.number.tolist(), second.number.tolist()) == ([0, 1], [1, 2])
    assert second.lon.tolist() == [122.5, 123]
    assert latest.subjects() == ["a", "b", "c"]
    assert latest.subjects(2) == ["c"]
    assert len(latest.positions(second.cursor).number) == 0


def test_who_has_only_measured_is_nowhere() -> None:
    names, latest = Names(), Latest(100)
    latest.take(names, [readings(names, [("bin", "fullness", 1, 40.0)])], AHEAD)
    assert latest.where("bin") is None
    assert latest.where("nobody") is None
    assert len(latest.way("bin", 0).ts) == 0


def test_what_sensors_said_last() -> None:
    names, latest = Names(), Latest(100)
    said = [("x", "fullness", 2, 50.0), ("x", "fullness", 1, 40.0), ("x", "tilt", 1, 3.0), ("y", "fullness", 1, 7.0)]
    latest.take(names, [readings(names, said)], AHEAD)
    assert [(m.subject, m.value) for m in latest.measured(["fullness"])] == [("x", 50.0), ("y", 7.0)]
    assert [(m.metric, m.ts, m.value) for m in latest.measured(subject="x")] == [
        ("fullness", 2.0, 50.0),
        ("tilt", 1.0, 3.0),
    ]
    assert latest.measured(["noise"]) == []
    assert latest.measured(subject="z") == []


def test_a_way_has_each_time_once_in_order() -> None:
    names, latest = Names(), Latest(100)
    fixes: list[Fix] = [
        ("a", 3, 121.3, 31),
        ("b", 1, 1, 1),
        ("a", 1, 121.1, 31),
        ("a", 3, 121.3, 31),
        ("a", 2, 121.2, 31),
    ]
    latest.take(names, [positions(names, fixes)], AHEAD)
    way = latest.way("a", 0)
    assert way.ts.tolist() == [1, 2, 3]
    assert np.allclose(way.lon, [121.1, 121.2, 121.3], rtol=0, atol=1e-7)
    assert latest.way("a", 2, 2.5).ts.tolist() == [2]


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), max_size=12), max_size=8),
    st.integers(1, 20),
)
def test_a_ring_keeps_the_newest_points(batches: list[list[tuple[str, int]]], room: int) -> None:
    names, latest = Names(), Latest(room)
    told: list[tuple[str, int]] = []
    for batch in batches:
        fixes: list[Fix] = [(who, float(ts), 100.0 + ts, 10.0) for who, ts in batch]
        latest.take(names, [positions(names, fixes)], AHEAD)
        told += batch
    for who in "abc":
        way = latest.way(who, -1.0)
        assert way.ts.tolist() == sorted({ts for name, ts in told[-room:] if name == who})
        assert np.allclose(way.lon, 100.0 + way.ts, rtol=0, atol=1e-6)
        found = latest.where(who)
        mine = [ts for name, ts in told if name == who]
        assert (found is None) == (not mine)
        if found is not None:
            assert found.ts.tolist() == [max(mine)]


def test_ways_are_whole_while_others_are_written() -> None:
    names, latest = Names(), Latest(1_000)
    ending = threading.Event()

    def judge() -> None:
        for n in range(400):
            fixes: list[Fix] = [("ab"[k % 2], n * 40.0 + k, float(k % 2), n % 80) for k in range(40)]
            latest.take(names, [positions(names, fixes)], AHEAD)
        ending.set()

    thread = threading.Thread(target=judge)
    thread.start()
    while not ending.is_set():
        for number, who in enumerate("ab"):
            way = latest.way(who, 0)
            assert (way.lon == number).all(), "another's points are in it"
            assert (np.diff(way.ts) > 0).all()
    thread.join()
    assert len(latest.way("a", 0).ts) == 500

"""Which pictures are looked at, and what is dropped."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.sampling import Newest, Sampler


@pytest.mark.parametrize(
    "stream, wanted, taken",
    [
        pytest.param(25.0, 5.0, 50, id="a fifth"),
        pytest.param(12.0, 5.0, 50, id="no whole share"),
        pytest.param(3.0, 5.0, 30, id="all there are"),
        pytest.param(5.0, 5.0, 50, id="as many"),
        pytest.param(25.0, None, 250, id="all"),
    ],
)
def test_so_many_a_second(stream: float, wanted: float | None, taken: int) -> None:
    sampler = Sampler(wanted)
    times = [1e9 + n / stream for n in range(round(10 * stream))]
    assert abs(sum(sampler.wanted(ts) for ts in times) - taken) <= 1


@given(st.lists(st.floats(0.001, 3.0), max_size=100), st.floats(0.5, 30.0))
def test_never_more_than_asked_for(gaps: list[float], fps: float) -> None:
    sampler, ts, taken = Sampler(fps), 1e9, []
    for gap in gaps:
        ts += gap
        if sampler.wanted(ts):
            taken.append(ts)
    for first, last in zip(taken, taken[2:], strict=False):
        assert last - first > 1 / fps - 0.01


def test_the_newest_of_each_and_who_waits_longest() -> None:
    newest: Newest[int] = Newest()
    assert newest.take(0.0) == []
    dropped = [newest.put(who, n) for n, who in enumerate(["a", "b", "a", "a", "c", "b"])]
    assert dropped == [False, False, True, True, False, True]
    assert [newest.take(0.0) for _ in range(4)] == [[("a", 3)], [("b", 5)], [("c", 4)], []]


def test_what_comes_wakes_who_waits() -> None:
    newest: Newest[int] = Newest()
    threading.Timer(0.05, newest.put, ("a", 1)).start()
    assert newest.take(20.0) == [("a", 1)]

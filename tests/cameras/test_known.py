"""What stood there before anybody looked."""

from __future__ import annotations

import pytest

from cameras.known import Known

HERE, NEAR, THERE = (10.0, 10.0, 20.0, 20.0), (11.0, 10.0, 21.0, 20.0), (50.0, 10.0, 60.0, 20.0)

# (when, which object, where, for how long it has stood) -> was it there from the beginning, 3 s and earlier?
#
#  0    3         10        20
#  |----|---------|---------|


@pytest.mark.parametrize(
    "seen, known",
    [
        pytest.param([(0, 1, HERE, 0), (10, 1, HERE, 10), (20, 1, HERE, 20)], [1, 1, 1], id="stands-from-the-start"),
        pytest.param([(2, 1, HERE, 0), (20, 1, HERE, 18)], [1, 1], id="seen-a-little-later"),
        pytest.param([(5, 1, HERE, 0), (20, 1, HERE, 15)], [0, 0], id="appears-later"),
        pytest.param([(0, 1, HERE, 0), (10, 1, THERE, 0), (20, 1, THERE, 10)], [1, 0, 0], id="drives-on"),
        pytest.param(
            [(0, 1, HERE, 0), (9, 1, HERE, 9), (10, 2, NEAR, 0), (20, 2, NEAR, 10)], [1, 1, 1, 1], id="renamed"
        ),
        pytest.param(
            [(0, 1, HERE, 0), (9, 1, HERE, 9), (10, 2, THERE, 0), (20, 2, THERE, 10)], [1, 1, 0, 0], id="other"
        ),
        pytest.param(
            [(0, 1, HERE, 0), (9, 1, HERE, 9), (9, 2, THERE, 0), (11, 2, THERE, 2), (14, 2, HERE, 0), (20, 2, HERE, 6)],
            [1, 1, 0, 0, 0, 0],
            id="another-takes-its-place",
        ),
        pytest.param(
            [(0, 1, HERE, 0), (9, 1, HERE, 9), (10, 2, NEAR, 0), (11, 2, THERE, 0), (12, 1, HERE, 12)],
            [1, 1, 1, 0, 1],
            id="one-passes-in-front",
        ),
        pytest.param(
            [(0, 1, HERE, 0), (9, 1, THERE, 0), (10, 2, HERE, 0), (20, 2, HERE, 10)],
            [1, 0, 0, 0],
            id="the-place-of-one-that-left-is-free",
        ),
        pytest.param([(0, 1, HERE, 0), (700, 2, HERE, 0)], [1, 0], id="long-ago"),
    ],
)
def test_what_was_there(seen: list[tuple[float, int, tuple[float, ...], float]], known: list[int]) -> None:
    before = Known(until=3.0)
    told = []
    for ts, number, box, still in seen:
        before.forget(ts)
        told.append(int(before.see(ts, number, (box[0], box[1], box[2], box[3]), still)))
    assert told == known

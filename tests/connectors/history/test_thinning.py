"""Which positions are kept, and that this is the same however they come."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.settings import Positions
from connectors.history.thinning import Seldom, Track
from pipeline.names import Names
from pipeline.rows import Position
from tests.connectors.history.rows import START, positions

DRIVES, STANDS = 36.0, 0.0  # km/h
Said = tuple[float, float, float, float]


def kept(said: list[Said], cuts: list[int] | None = None, **settings: str | float) -> list[float]:
    """Seconds after START of what is kept of one vehicle, its rows fed in pieces."""
    names, track, found = Names(), Track(Positions.model_validate(settings)), []
    edges = [0, *(cuts or []), len(said)]
    for since, until in pairwise(edges):
        if until > since:
            found.append(track.take(positions(names, [("T", *each) for each in said[since:until]])))
    return sorted(float(ts - START) for some in found for ts in some.ts)


#  seconds, metres north, km/h, heading
@pytest.mark.parametrize(
    "said, wanted",
    [
        pytest.param([(0, 0, DRIVES, 0)], [0], id="the-first"),
        pytest.param([(s, s, DRIVES, 0) for s in range(0, 60, 5)], [0, 25, 40], id="by-metres"),
        pytest.param([(s, 0, DRIVES, 0) for s in range(0, 150, 10)], [0, 40, 100], id="by-seconds"),
        pytest.param([(0, 0, DRIVES, 355), (1, 1, DRIVES, 10), (2, 2, DRIVES, 16)], [0, 2], id="by-turning"),
        pytest.param([(0, 0, STANDS, 0), (1, 0, STANDS, 180), (2, 0, STANDS, 90)], [0], id="standing-turns-nothing"),
        pytest.param(
            [(0, 0, DRIVES, 0), (1, 8, DRIVES, 0), (2, 16, DRIVES, 0), (3, 17, STANDS, 0), (4, 17, STANDS, 0)],
            [0, 2, 3],
            id="the-last-before-a-stop",
        ),
        pytest.param(
            [(0, 0, STANDS, 0), (10, 0, STANDS, 0), (20, 0, STANDS, 0), (21, 5, DRIVES, 0)],
            [0, 20, 21],
            id="the-last-before-a-start",
        ),
        pytest.param([(0, 0, DRIVES, 0), (0, 0, DRIVES, 0), (0, 0, DRIVES, 0)], [0], id="repeated"),
        pytest.param([(0, 0, DRIVES, 0), (-600, 0, DRIVES, 0), (-590, 5, DRIVES, 0)], [-600, 0], id="late"),
        pytest.param(
            [(0, 0, DRIVES, 0), (9, 9, DRIVES, 0), (99, 9, STANDS, 0)], [0, 99], id="a-stop-long-after-the-last"
        ),
    ],
)
def test_what_is_kept(said: list[Said], wanted: list[float]) -> None:
    assert kept(said) == wanted
    assert kept(said, cuts=list(range(1, len(said)))) == wanted, "one row at a time"


WAYS = st.lists(
    st.tuples(st.floats(1, 40), st.floats(-30, 60), st.sampled_from([DRIVES, STANDS]), st.floats(0, 359)),
    min_size=1,
    max_size=30,
)


def driven(way: list[Said]) -> list[Said]:
    """(seconds later, metres further, speed, heading) -> as `kept` has it."""
    ts, north, said = 0.0, 0.0, []
    for seconds, metres, speed, heading in way:
        ts, north = ts + round(seconds), north + metres
        said.append((ts, north, speed, heading))
    return said


@given(WAYS, st.lists(st.integers(0, 30), max_size=4))
def test_however_rows_come_the_same_are_kept(way: list[Said], cuts: list[int]) -> None:
    said = driven(way)
    assert kept(said, sorted(min(cut, len(said)) for cut in cuts)) == kept(said)


@given(WAYS, st.integers(0, 30), st.randoms())
def test_who_begins_in_the_middle_keeps_the_same_after_a_minute(way: list[Said], begin: int, chance: Random) -> None:
    said = driven(way)
    for at in range(1, len(said)):  # some come late
        if chance.random() < 0.2:
            said[at - 1], said[at] = said[at], said[at - 1]
    later = said[begin:]
    since = max((each[0] for each in said[:begin]), default=0.0) + 120.0
    assert [ts for ts in kept(later) if ts > since] == [ts for ts in kept(said) if ts > since]


@given(WAYS)
def test_what_is_left_out_is_near_something_that_is_kept(way: list[Said]) -> None:
    said = driven(way)
    found = np.array(kept(said))
    place = {each[0]: each[1] for each in said}
    for at, metres, *_ in said:
        before = found[found <= at][-1]
        assert at - before < 60.0
        assert abs(metres - place[before]) < 25.5


def test_vehicles_are_thinned_apart() -> None:
    names, track = Names(), Track(Positions())
    first = positions(names, [("A", 0, 0, DRIVES, 0), ("B", 0, 0, DRIVES, 0), ("A", 5, 5, DRIVES, 0)])
    second = positions(names, [("B", 5, 50, DRIVES, 0), ("C", 5, 0, DRIVES, 0)])
    assert _said(track.take(first), names) == [("A", 0.0), ("B", 0.0)]
    assert _said(track.take(second), names) == [("B", 5.0), ("C", 5.0)]


def _said(rows: Position, names: Names) -> list[tuple[str, float]]:
    return [(names[code], ts - START) for code, ts in zip(rows.subject.tolist(), rows.ts.tolist(), strict=True)]


def test_others_are_kept_seldom() -> None:
    seldom = Seldom(10.0)
    assert seldom.take([1, 1, 1, 2], [0, 0, 7, 0], [0.0, 9.0, 9.0, 9.0]).tolist() == [0, 2, 3]
    assert seldom.take([1, 1, 1], [0, 0, 0], [10.0, -50.0, -41.0]).tolist() == [0, 1]

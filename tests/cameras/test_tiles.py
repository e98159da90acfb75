"""The parts of a picture that a model looks at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.tiles import parts, together
from cameras.watcher import Zone
from cameras.yolox import Found
from pipeline.rows import Floats


def zone(left: float, top: float, right: float, bottom: float) -> Zone:
    return Zone("z", np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64))


@pytest.mark.parametrize(
    "tiles, zones, expected",
    [
        pytest.param(0, [], [], id="none"),
        pytest.param(0, [zone(0, 0, 0.1, 0.1)], [], id="none-whatever-the-zones"),
        pytest.param(1, [], [], id="one-is-the-whole"),
        # two of 229 that share a quarter, and one below the other: 400 x 200
        pytest.param(2, [], [(0, 0, 229, 200), (171, 0, 400, 200)], id="two"),
        # 40 x 20 at 40, 20, and a quarter of that around it
        pytest.param(1, [zone(0.1, 0.1, 0.2, 0.2)], [(30, 15, 90, 45)], id="round-a-zone"),
        pytest.param(1, [zone(0, 0, 0.1, 0.1), zone(0.9, 0, 1, 0.1)], [(0, 0, 400, 25)], id="round-all-zones"),
    ],
)
def test_parts(tiles: int, zones: list[Zone], expected: list[tuple[int, int, int, int]]) -> None:
    assert parts(200, 400, tiles, zones) == [(0, 0, 400, 200), *expected]


@given(
    st.integers(16, 2000),
    st.integers(16, 2000),
    st.integers(1, 8),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_what_is_small_is_whole_in_some_tile(height: int, width: int, tiles: int, at: tuple[float, float]) -> None:
    found = parts(height, width, tiles, [])
    tile = found[-1]
    small = 0.2 * max(tile[2] - tile[0], tile[3] - tile[1])
    small = min(small, width, height)
    x, y = at[0] * (width - small), at[1] * (height - small)
    assert any(
        left <= x + 1e-6 and top <= y + 1e-6 and right >= x + small - 1e-6 and bottom >= y + small - 1e-6
        for left, top, right, bottom in found
    )
    assert all(0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in found)
    assert len(found) <= 1 + tiles * tiles


def one(*boxes: list[float]) -> Found:
    drawn: Floats = np.array(boxes, np.float64).reshape(-1, 4)
    return Found(drawn, np.full(len(drawn), 0.5), np.zeros(len(drawn), np.int64))


@pytest.mark.parametrize(
    "whole, left, right, expected",
    [
        pytest.param(one(), one([10, 10, 20, 20]), one(), [[10, 10, 20, 20]], id="in-a-tile"),
        pytest.param(one(), one(), one([10, 10, 20, 20]), [[60, 10, 70, 20]], id="moved-to-its-place"),
        pytest.param(one([60, 10, 70, 20]), one(), one([10, 10, 20, 20]), [[60, 10, 70, 20]], id="once"),
        pytest.param(one(), one([65, 10, 75, 20]), one([15, 10, 40, 20]), [[65, 10, 90, 20]], id="cut-by-a-tile"),
        pytest.param(one(), one([0, 10, 20, 20]), one(), [[0, 10, 20, 20]], id="cut-by-the-picture"),
        pytest.param(one(), one([10, 10, 74, 30]), one(), [], id="cut-and-nowhere-whole"),
    ],
)
def test_together(whole: Found, left: Found, right: Found, expected: list[list[float]]) -> None:
    where = [(0, 0, 125, 75), (0, 0, 75, 75), (50, 0, 125, 75)]
    assert together([whole, left, right], where, 0.45).boxes.tolist() == expected

"""Boxes: what two share, and how far an object has moved from one to the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.boxes import Box, middle, overlap, shift

CAR = (10.0, 20.0, 30.0, 60.0)


@pytest.mark.parametrize(
    "box, share",
    [
        pytest.param(CAR, 1.0, id="the-same"),
        pytest.param((20.0, 20.0, 40.0, 60.0), 1 / 3, id="half-beside"),
        pytest.param((10.0, 20.0, 30.0, 40.0), 0.5, id="its-upper-half"),
        pytest.param((30.0, 20.0, 50.0, 60.0), 0.0, id="edge-to-edge"),
        pytest.param((100.0, 20.0, 120.0, 60.0), 0.0, id="far"),
    ],
)
def test_overlap(box: Box, share: float) -> None:
    assert overlap(CAR, box) == pytest.approx(share)
    assert overlap(box, CAR) == pytest.approx(share)


@pytest.mark.parametrize(
    "box, moved",
    [
        pytest.param(CAR, 0.0, id="stands"),
        pytest.param((15.0, 20.0, 35.0, 60.0), 0.25, id="a-quarter-of-its-width"),
        pytest.param((10.0, 10.0, 30.0, 50.0), 0.25, id="a-quarter-of-its-height"),
        pytest.param((15.0, 40.0, 35.0, 80.0), 0.5, id="whichever-is-more"),
        pytest.param((10.0, 20.0, 30.0, 40.0), 0.0, id="its-lower-half-is-hidden"),
        pytest.param((5.0, 10.0, 35.0, 70.0), 0.0, id="drawn-larger"),
        pytest.param((12.0, 20.0, 36.0, 60.0), 0.1, id="moves-and-grows"),
    ],
)
def test_shift(box: Box, moved: float) -> None:
    assert shift(CAR, box) == pytest.approx(moved)
    assert shift(box, CAR) == pytest.approx(moved)


edge = st.floats(-100, 100)
size = st.floats(1, 100)
boxes = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), edge, edge, size, size)


@given(boxes, boxes, st.floats(0.01, 100))
def test_the_unit_does_not_matter(a: Box, b: Box, factor: float) -> None:
    def scaled(box: Box) -> Box:
        return (box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor)

    assert overlap(scaled(a), scaled(b)) == pytest.approx(overlap(a, b), abs=1e-9)
    assert shift(scaled(a), scaled(b)) == pytest.approx(shift(a, b), abs=1e-6)


def test_a_stray_box_is_not_the_middle() -> None:
    assert middle([CAR, (90.0, 90.0, 91.0, 91.0), CAR]) == CAR

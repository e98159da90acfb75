"""What a picture becomes for YOLOX, and what its answer says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.yolox import COCO, Found, Picking, decode, letterbox, pick, rows_of, surest
from pipeline.rows import Floats

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")


@pytest.mark.parametrize(
    "height, width, scale, high, wide",
    [
        pytest.param(64, 64, 1.0, 64, 64, id="as-it-is"),
        pytest.param(32, 128, 0.5, 16, 64, id="wide"),
        pytest.param(128, 32, 0.5, 64, 16, id="high"),
        pytest.param(16, 16, 4.0, 64, 64, id="small"),
        pytest.param(1, 640, 0.1, 1, 64, id="a-line"),
    ],
)
def test_a_picture_is_scaled_to_fit_and_padded(height: int, width: int, scale: float, high: int, wide: int) -> None:
    image = np.full((height, width, 3), (10, 20, 30), np.uint8)
    out = np.zeros((3, 64, 64), np.float32)
    assert letterbox(image, out) == pytest.approx(scale)
    for channel, level in enumerate((10, 20, 30)):  # blue, green, red, 0..255
        assert (out[channel, :high, :wide] == level).all()
        assert (out[channel, high:] == 114).all()
        assert (out[channel, :, wide:] == 114).all()


@pytest.mark.parametrize(
    "row, box",
    [
        # 64 x 64: 64 cells of 8, 16 of 16, 4 of 32
        pytest.param(0, [0, 0, 8, 8], id="first-of-the-fine"),
        pytest.param(9, [8, 8, 16, 16], id="second-line"),
        pytest.param(64 + 5, [16, 16, 32, 32], id="of-the-middle"),
        pytest.param(64 + 16 + 3, [32, 32, 64, 64], id="last-of-the-coarse"),
    ],
)
def test_a_row_is_a_box_in_its_cell(row: int, box: list[float]) -> None:
    answer = np.zeros((rows_of(64, 64), 7), np.float32)
    answer[row] = [0.5, 0.5, 0.0, 0.0, 0.8, 0.0, 0.5]
    boxes, scores = decode(answer, 64, 64)
    assert boxes[row].tolist() == box
    assert scores[row].tolist() == pytest.approx([0.0, 0.4])


def test_416_has_3549_rows_and_coco_80_classes() -> None:
    assert rows_of(416, 416) == 3549
    assert (len(COCO), len(set(COCO)), COCO[2], COCO[7]) == (80, 80, "car", "truck")


def test_no_answer_is_infinite() -> None:
    answer = np.full((rows_of(64, 64), 7), 1e30, np.float32)
    boxes, _ = decode(answer, 64, 64)
    assert np.isfinite(boxes).all()


@pytest.mark.parametrize(
    "picking, expected",
    [
        pytest.param(Picking(0.1, 0.45, None), [(0, 0), (2, 1)], id="each-object-once"),
        pytest.param(Picking(0.65, 0.45, None), [(0, 0)], id="faint"),
        pytest.param(Picking(0.1, 0.99, None), [(0, 0), (1, 1), (2, 1)], id="nearly-the-same-place"),
        pytest.param(Picking(0.1, 0.45, frozenset({1})), [(1, 1), (2, 1)], id="only-those-asked-for"),
        pytest.param(Picking(0.1, 0.45, frozenset({7})), [], id="a-class-it-does-not-have"),
    ],
)
def test_what_is_taken(picking: Picking, expected: list[tuple[int, int]]) -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float64)
    scores = np.array([[0.9, 0.1], [0.2, 0.7], [0.0, 0.6]])
    found = pick(boxes, scores, picking)
    assert [
        (boxes.tolist().index(box), kind) for box, kind in zip(found.boxes.tolist(), found.classes, strict=True)
    ] == (expected)


def shares(a: Floats, b: Floats) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0.0) * max(high, 0.0)
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 15), st.integers(1, 15), st.integers(1, 99)),
        max_size=12,
    ),
    st.floats(0.05, 0.95),
)
def test_the_surest_of_each_place(drawn: list[tuple[int, int, int, int, int]], overlap: float) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _ in drawn], np.float64).reshape(-1, 4)
    scores = np.array([s / 100 for *_, s in drawn], np.float64)
    found = surest(Found(boxes, scores, np.arange(len(drawn))), overlap)
    kept = found.classes.tolist()
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
    for n, i in enumerate(kept):
        assert all(shares(boxes[i], boxes[j]) <= overlap + 1e-9 for j in kept[:n])
    for i in set(range(len(drawn))) - set(kept):
        assert any(shares(boxes[i], boxes[j]) > overlap - 1e-9 and scores[j] >= scores[i] for j in kept)

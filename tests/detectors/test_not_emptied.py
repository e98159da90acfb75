"""not_emptied: wrong where nothing has emptied the bin for too long; an echo empties nothing."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.not_emptied import NotEmptied
from tests.detectors.readings import judged
from tests.detectors.said import said

HOUR, DAY = 3600.0, 86400.0
SOON = {"longest": "5h"}


@pytest.mark.parametrize(
    "values, expected",
    [  # a reading an hour, emptied within 5 h; w wrong, r right, . neither
        # 0   1   2   3   4   5   6   7   8   9
        pytest.param([30, 35, 40, 45, 50, 55, 60, 65], "rrrrrrww", id="since-the-first-row"),
        pytest.param([30, 35, 40, 45, 50, 12, 13, 20, 25, 30, 35, 40], "rrrrrrrrrrrw", id="since-it-was-emptied"),
        pytest.param([30, 35, 40, 45, 50, 55, 60, 15, 16, 17], "rrrrrrw.rr", id="emptied-late-when-two-agree"),
        pytest.param([30, 35, 40, 45, 50, 55, 60, 15, 62, 63], "rrrrrrw.ww", id="a-low-echo"),
        pytest.param([30, 31, 32, 33, 90, 34, 35, 36, 37], "rrrrrrwww", id="a-high-echo"),
        pytest.param([80, 79, 85, 72, 71, 73, 70, 69], "rrrrrrww", id="settling-empties-nothing"),
        pytest.param([5, 5, 6, 5, 7, 6, 5, 5, 4], "rrrrrrrrr", id="nothing-to-collect"),
        pytest.param([5, 5, 6, 5, 7, 6, 5, 25, 30, 35, 40, 45, 50], "rrrrrrrrrrrrw", id="since-it-was-empty-last"),
        pytest.param([30, 30, 30, 30, 30, 30, 30, 9, 9], "rrrrrrw.r", id="down-to-empty"),
        pytest.param([30, 60, 10, 60, 10, 60, 10, 60, 10], "rrrrrr.w.", id="echoes-all-the-time"),
    ],
)
def test_judge(values: list[float], expected: str) -> None:
    assert said(judged(NotEmptied.model_validate(SOON), values, HOUR)) == expected


@pytest.mark.parametrize(
    "values, expected",
    [  # a reading a day, emptied within 3 days
        pytest.param([0, 100, 0, 100, 0, 100, 0], "rrrrrrr", id="full-in-a-day"),
        pytest.param([20, 60, 100, 60, 40, 80, 100], "rrrrrrr", id="emptied-and-half-filled-anew"),
        pytest.param([20, 40, 60, 80, 100, 100], "rrrrww", id="not-emptied"),
    ],
)
def test_far_apart_each_reading_is_believed(values: list[float], expected: str) -> None:
    assert said(judged(NotEmptied.model_validate({"longest": "3d"}), values, DAY)) == expected


def test_it_shows_days() -> None:
    judgement = judged(NotEmptied(), np.linspace(15, 80, 11).tolist(), DAY)
    assert said(judgement) == "rrrrrrrrwww"
    assert judgement.measure is not None
    np.testing.assert_allclose(judgement.measure, np.arange(11))

"""stuck: wrong where a sensor has said the same for longer than it may, and often enough."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from detectors.stuck import Stuck
from pipeline.rows import Position
from tests.detectors.readings import judged
from tests.detectors.said import said

SOON = {"longest": "25min", "readings": 3}


@pytest.mark.parametrize(
    "parameters, values, expected",
    [  # a reading each 10 min
        # 0   10  20  30  40
        pytest.param({}, [5, 5, 5, 5, 5], "rrrww", id="too-long"),
        pytest.param({}, [5, 5, 5, 6, 6, 6, 6], "rrrrrrw", id="a-change-begins-anew"),
        pytest.param({}, [5, 5, 5, 5, 6, 5], "rrrwrr", id="a-change-ends-it"),
        pytest.param({}, [5, 5.1, 4.9, 5, 5], "rrrrr", id="every-digit-counts"),
        pytest.param({"tolerance": "0.5 °C"}, [5, 5.1, 4.9, 5.5, 5], "rrrww", id="a-tolerance"),
        pytest.param({"tolerance": "0.5 °C"}, [5, 5.3, 5.6, 5.9, 6.2], "rrrrr", id="of-the-first-and-not-the-last"),
        pytest.param({"rests_at": "0 mm"}, [0, 0, 0, 0, 0], "rrrrr", id="where-it-rests"),
        pytest.param({"rests_at": "0 mm"}, [0, 0, 3, 3, 3, 3], "rrrrrw", id="stuck-elsewhere"),
        pytest.param({"readings": 5}, [5, 5, 5, 5, 5], "rrrrw", id="often-enough"),
    ],
)
def test_judge(parameters: dict[str, object], values: list[float], expected: str) -> None:
    judgement = judged(Stuck.model_validate({**SOON, **parameters}), values, 600.0)
    assert said(judgement) == expected


def test_silence_is_not_the_same_value() -> None:
    """Two readings a day apart are two readings, not a day of them."""
    assert said(judged(Stuck.model_validate(SOON), [5, 5], 86400.0)) == "rr"
    assert said(judged(Stuck.model_validate(SOON), [5, 5, 5], 86400.0)) == "rrw"


def test_it_shows_hours() -> None:
    judgement = judged(Stuck(), [5] * 30, 3600.0)
    assert said(judgement) == "r" * 25 + "w" * 5
    assert judgement.measure is not None
    np.testing.assert_allclose(judgement.measure, np.arange(30))


def test_a_column_of_positions() -> None:
    load = Stuck.model_validate({"column": "load", "rests_at": "0 %", "tolerance": "1 %"})
    assert (load.reads(), load.needed(), load.amounts()) == (
        Position,
        ("load",),
        {"rests_at": "load", "tolerance": "load"},
    )
    with pytest.raises(ValidationError, match="'load' in one of these units: 1, %"):
        Stuck.model_validate({"column": "load", "rests_at": "0 kg"})

"""rate_of_change: wrong where two readings in a row are far from two in a row a short while before."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.rate_of_change import SIZE, RateOfChange
from pipeline.rows import Position
from tests.detectors.readings import judged
from tests.detectors.said import said

FALL = {"fall": "10 %"}
BOTH = {"rise": "10 °C", "fall": "10 °C"}


@pytest.mark.parametrize(
    "parameters, values, expected",
    [  # a reading a minute, within 5 min; w wrong, r right, . neither
        pytest.param({}, [20, 20, 20, 20, 20], "rrrrr", id="steady"),
        pytest.param({}, [20, 21, 20, 45, 60, 80], "rrr.ww", id="a-fire"),
        pytest.param({}, [20, 20, 20, 30, 30], "rrrrr", id="by-no-more"),
        pytest.param({}, [20, 20, 20, 80, 20, 20], "rrr.rr", id="one-stray-value-is-no-rise"),
        pytest.param({}, [20, 20, -40, 20, 20, 20], "rrrrrr", id="nor-is-its-way-back"),
        pytest.param({}, [20, 20, 40, 40, 40, 40, 40, 40], "rr.wwwwr", id="over-when-it-stays-there"),
        pytest.param({}, [20, 22, 24, 26, 28, 30, 32, 34], "rrrrrrrr", id="too-slow"),
        pytest.param({}, [20, 24, 28, 32, 36, 40], "rrrr.w", id="just-fast-enough"),
        pytest.param({}, [60, 60, 20, 20, 20], "rrrrr", id="a-fall-is-not-asked"),
        pytest.param(FALL, [60, 60, 20, 20, 20], "rr.ww", id="a-fall"),
        pytest.param(FALL, [60, 60, 20, 60, 60], "rr.rr", id="one-stray-value-is-no-fall"),
        pytest.param(BOTH, [60, 60, 20, 20, 60, 60], "rr.w.w", id="both"),
        pytest.param({}, [20], "r", id="only-one"),
        pytest.param({}, [20, 80, 80, 80], "rrrr", id="the-old-level-must-be-known"),
    ],
)
def test_judge(parameters: dict[str, str], values: list[float], expected: str) -> None:
    assert said(judged(RateOfChange.model_validate(parameters), values)) == expected


def test_what_was_before_a_silence_is_too_long_ago() -> None:
    assert said(judged(RateOfChange(), [20, 20, 60, 60], [0, 60, 400, 460])) == "rrrr"


def test_a_fast_sensor_is_remembered_for_as_long() -> None:
    """A reading a second: 300 of them within, and few of them remembered."""
    values = [20.0] * 100 + [20 + 0.06 * i for i in range(300)]
    judgement = judged(RateOfChange(), values, 1.0)
    first = said(judgement).index("w")
    assert 100 + 10 / 0.06 < first < 100 + 10 / 0.06 + 300 / (SIZE - 4) + 5
    assert said(judged(RateOfChange(), [20 + 0.03 * i for i in range(1000)], 1.0)) == "r" * 1000


def test_it_shows_how_much() -> None:
    judgement = judged(RateOfChange(), [20, 20, 45, 60, 80])
    assert judgement.measure is not None
    assert judgement.measure[3:].tolist() == [25.0, 40.0]
    assert RateOfChange().unit == "°C"
    speed = RateOfChange.model_validate({"column": "speed", "fall": "5 m/s"})
    assert (speed.unit, speed.reads()) == ("m/s", Position)


def test_a_change_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected 'rise' and 'fall' above 0"):
        RateOfChange.model_validate({"rise": "0 °C"})

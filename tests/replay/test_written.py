"""Settings as people write them."""

from __future__ import annotations

import pytest

from detectors.silent import Silent
from detectors.threshold import Threshold
from pipeline.registry import detectors
from pipeline.rows import Reading
from pipeline.units import Quantity
from pipeline.version import Hold, Rule
from replay.written import detector_name, plain, written


@pytest.mark.parametrize(
    "value, text",
    [
        pytest.param("45 s", "45 s", id="short"),
        pytest.param("60 s", "1 min", id="a-minute"),
        pytest.param("150 s", "2.5 min", id="and-a-half"),
        pytest.param("95 s", "95 s", id="no-round-number-of-minutes"),
        pytest.param("5400 s", "90 min", id="nearly-two"),
        pytest.param("36060 s", "601 min", id="no-round-number-of-hours"),
        pytest.param("7200 s", "2 h", id="hours"),
        pytest.param("604800 s", "7 d", id="days"),
        pytest.param("0.5 s", "0.5 s", id="less-than-a-second"),
        pytest.param("10 %", "10 %", id="no-duration"),
        pytest.param(None, None, id="not-set"),
        pytest.param(5, 5, id="a-number"),
    ],
)
def test_a_duration_is_in_the_unit_that_people_use(value: object, text: object) -> None:
    assert plain(value) == text


def test_what_is_written_is_what_was_meant() -> None:
    rule = Rule("quiet", Silent(after=Quantity(7200.0)), Hold.model_validate({"for": "1d", "gap": "90s"}), rows=Reading)
    assert written(rule) == {"for": "1 d", "clear": "0 s", "gap": "90 s", "assume": None, "after": "2 h"}
    assert Silent.model_validate({"after": "2 h"}) == rule.detector
    assert detector_name(rule) == "silent"
    assert detector_name(rule) in detectors()


def test_an_amount_keeps_its_unit() -> None:
    late = Rule("late", Threshold.model_validate({"above": "120 s"}), metric="delay")
    assert written(late)["above"] == "120 s"

"""bin_overflow: wrong from full on, right below clear_below, neither in between."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.bin_overflow import BinOverflow
from pipeline.names import Names
from pipeline.world import World
from tests.places import readings, registers


@pytest.mark.parametrize(
    "values, said",
    [  # w wrong, r right, . neither
        pytest.param([10, 50, 69.9], "rrr", id="far-below"),
        pytest.param([70, 80, 89.9], "...", id="between"),
        pytest.param([90, 95, 130], "www", id="full-and-over"),
        pytest.param([85, 90, 85, 90, 75, 20], ".w.w.r", id="a-sensor-that-steps-does-not-flap"),
    ],
)
def test_judge(values: list[float], said: str) -> None:
    names = Names()
    judgement = BinOverflow().judge(readings(names, "B1", values), World(registers()), None)
    assert judgement.right is not None
    assert (
        "".join("w" if w else "r" if r else "." for w, r in zip(judgement.wrong, judgement.right, strict=True)) == said
    )
    assert judgement.measure is not None
    assert judgement.measure.tolist() == values


def test_one_threshold_is_allowed_and_then_nothing_lies_between() -> None:
    bare = BinOverflow.model_validate({"full": "80 %", "clear_below": "80 %"})
    judgement = bare.judge(readings(Names(), "B1", [79.9, 80]), World(registers()), None)
    assert judgement.right is not None
    assert (judgement.wrong ^ judgement.right).all()


def test_thresholds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"expected clear_below \(70 %\) to be no more than full \(60 %\)"):
        BinOverflow.model_validate({"full": "60 %"})

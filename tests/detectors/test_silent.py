"""silent: due a while after the last row, of whatever kind; rows themselves say that all is well."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.silent import Silent
from pipeline.names import Names
from pipeline.rows import Rows
from pipeline.world import World
from tests.places import positions, readings, registers


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(positions(Names(), ["a", "b"], [104, np.nan], [30, 30], [5.0, 1000.5]), id="positions"),
        pytest.param(readings(Names(), "B1", [5.0, np.nan]), id="readings"),
    ],
)
def test_judge_and_idle(rows: Rows) -> None:
    world = World(registers())
    detector = Silent.model_validate({"after": "15 min"})
    judgement = detector.judge(rows, world, None)
    assert judgement.wrong.tolist() == [False, False]
    assert judgement.right is None
    assert detector.idle(rows, world, None).tolist() == (rows.ts + 900.0).tolist()
    assert Silent().idle(rows, world, None).tolist() == (rows.ts + 600.0).tolist()
    assert Silent.needs == ()

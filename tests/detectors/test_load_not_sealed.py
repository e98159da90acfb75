"""load_not_sealed: loaded, under way and open is wrong; closed or empty is right; the rest stays what it was."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.load_not_sealed import LoadNotSealed
from pipeline.registers import Registers
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.detectors.said import said

NAN = float("nan")


def rows(world: World, *told: tuple[float, float, float]) -> Position:
    """(load, lid, speed), 10 s apart."""
    records: list[dict[str, float | str]] = [
        {"subject": "t", "ts": 10.0 * i, "load": load, "lid": lid, "speed": speed}
        for i, (load, lid, speed) in enumerate(told)
    ]
    return table(Position, records, world.names)


@pytest.mark.parametrize(
    "load, lid, speed, answer",
    [  # w wrong, r right, . neither
        pytest.param(0.9, 1.0, 40, "w", id="full-and-open"),
        pytest.param(0.2, 1.0, 5, "w", id="just-loaded-just-moving"),
        pytest.param(0.9, 0.11, 40, "w", id="just-open"),
        pytest.param(0.9, 0.10, 40, ".", id="neither-open-nor-closed"),
        pytest.param(0.9, 0.05, 40, "r", id="closed"),
        pytest.param(0.9, 1.0, 4.9, "r", id="loading-or-at-a-red-light"),
        pytest.param(0.9, 0.0, 0, "r", id="closed-and-standing"),
        pytest.param(0.19, 1.0, 40, ".", id="neither-loaded-nor-empty"),
        pytest.param(0.09, 1.0, 40, "r", id="empty"),
        pytest.param(0.0, 1.0, 0, "r", id="tipped"),
    ],
)
def test_judge(load: float, lid: float, speed: float, answer: str) -> None:
    world = World(Registers())
    judgement = LoadNotSealed().judge(rows(world, (load, lid, speed)), world, None)
    assert said(judgement) == answer
    assert judgement.measure is not None
    assert judgement.measure.tolist() == pytest.approx([lid * 100])


#  0    10   20   30   40   50   60   70 s
@pytest.mark.parametrize(
    "told, episodes",
    [
        pytest.param(
            [(0.9, 1, 0), (0.9, 1, 0), (0.9, 0, 9), (0.9, 0, 40)], [], id="loaded-under-an-open-lid-then-shut"
        ),
        pytest.param(
            [(0.9, 0, 9), (0.9, 1, 9), (0.15, 1, 9), (0.9, 1, 9), (0.0, 1, 0)], [(10, 40)], id="a-cell-swings"
        ),
        pytest.param([(0.9, 0, 9), (0.9, NAN, 9), (0.9, 0, 9)], [], id="an-unknown-lid-is-no-row"),
        pytest.param([(0.9, 0.2, 9), (0.9, 0.08, 9), (0.9, 0.2, 9), (0.9, 0.0, 9)], [(0, 30)], id="a-lid-trembles"),
    ],
)
def test_a_trip(told: list[tuple[float, float, float]], episodes: list[tuple[float, float]]) -> None:
    world = World(Registers())
    found = drive([Rule("not-sealed", LoadNotSealed(), Hold())], rows(world, *told), world)
    assert [(e.started, e.ended) for e in found] == episodes


#                 0  10 20 30 40 50 60 70 s
@pytest.mark.parametrize(
    "speeds, episodes",
    [
        pytest.param([0, 9, 9, 0, 9, 0, 0, 0], [(10, 50)], id="a-red-light-ends-nothing"),
        pytest.param([0, 9, 0, 0, 0, 0, 0, 0], [], id="a-stray-speed-while-it-loads"),
    ],
)
def test_a_lid_that_stays_open(speeds: list[float], episodes: list[tuple[float, float]]) -> None:
    world = World(Registers())
    rule = Rule("not-sealed", LoadNotSealed(), Hold.model_validate({"for": "10s", "clear": "20s"}))
    found = drive([rule], rows(world, *((0.9, 1.0, speed) for speed in speeds)), world)
    assert [(e.started, e.ended) for e in found] == episodes


@pytest.mark.parametrize(
    "parameters, message",
    [
        pytest.param({"loaded": "5 %"}, r"expected empty \(0.1\) to be no more than loaded \(0.05\)", id="load"),
        pytest.param({"closed": "20 %"}, r"expected closed \(0.2\) to be no more than open \(0.1\)", id="lid"),
    ],
)
def test_bounds_the_wrong_way_round_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LoadNotSealed.model_validate(parameters)

"""contradiction: wrong while both columns are beyond their bounds, right while either is not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.contradiction import Contradiction
from pipeline.registers import Registers
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.detectors.said import said

RAISED = {"column": "body", "above": "30 %", "against": "speed", "against_above": "40 km/h"}
EMPTY = {"column": "lid", "above": "90 %", "against": "speed", "against_below": "1 m/s"}


def rows(world: World, column: str, told: list[tuple[float, float]]) -> Position:
    """(that column, speed), 10 s apart."""
    records: list[dict[str, float | str]] = [
        {"subject": "t", "ts": 10.0 * i, column: value, "speed": v} for i, (value, v) in enumerate(told)
    ]
    return table(Position, records, world.names)


@pytest.mark.parametrize(
    "parameters, column, told, answer, measure",
    [  # w wrong, r right, . neither
        pytest.param({}, "ignition", [(0, 10.1), (0, 10), (0, 0)], "wrr", [10.1, 10, 0], id="off-and-driving"),
        pytest.param({}, "ignition", [(1, 60), (1, 0)], "rr", [60, 0], id="on"),
        pytest.param(RAISED, "body", [(0.4, 50), (0.4, 5), (0.3, 50)], "wrr", [50, 5, 50], id="raised-on-the-road"),
        pytest.param(EMPTY, "lid", [(1, 3.5), (1, 3.7), (0, 0)], "wrr", [3.5 / 3.6, 3.7 / 3.6, 0], id="in-other-units"),
    ],
)
def test_judge(
    parameters: dict[str, str], column: str, told: list[tuple[float, float]], answer: str, measure: list[float]
) -> None:
    world = World(Registers())
    judgement = Contradiction.model_validate(parameters).judge(rows(world, column, told), world, None)
    assert said(judgement) == answer
    assert judgement.measure is not None
    assert judgement.measure.tolist() == pytest.approx(measure)


#   0        10       20       30       40       50 s
@pytest.mark.parametrize(
    "told, episodes",
    [
        pytest.param([(1, 40), (0, 40), (1, 40), (1, 0), (0, 0)], [], id="two-sensors-apart-in-time"),
        pytest.param(
            [(1, 0), (0, 40), (0, 40), (0, 0), (0, 40), (1, 0), (1, 0), (1, 0)],
            [(10, 50, 40)],
            id="a-red-light-ends-nothing",
        ),
        pytest.param([(0, 0), (0, 40), (0, 0), (0, 0), (0, 0)], [], id="a-stray-speed-while-parked"),
        pytest.param([(0, 0), (0, 0), (0, 0), (0, 0)], [], id="parked"),
    ],
)
def test_a_cut_wire(told: list[tuple[float, float]], episodes: list[tuple[float, float, float]]) -> None:
    world = World(Registers())
    rule = Rule("sensor", Contradiction(), Hold.model_validate({"for": "10s", "clear": "20s"}))
    found = drive([rule], rows(world, "ignition", told), world)
    assert [(e.started, e.ended, e.measure) for e in found] == episodes


def test_what_it_needs_and_compares() -> None:
    raised = Contradiction.model_validate(RAISED)
    assert raised.needed() == ("body", "speed")
    assert raised.amounts() == {"above": "body", "against_above": "speed"}
    assert (Contradiction().unit, Contradiction().worse) == ("km/h", max)
    assert (Contradiction.model_validate(EMPTY).unit, Contradiction.model_validate(EMPTY).worse) == ("m/s", min)


@pytest.mark.parametrize(
    "parameters, message",
    [
        pytest.param({"column": "lid"}, "expected either above or below", id="a-column-without-a-bound"),
        pytest.param({"against": "lid"}, "expected either against_above or against_below", id="nor-the-witness"),
        pytest.param({"above": "1 1", "below": "0 1"}, "expected either above or below", id="both"),
        pytest.param({"against_above": "10 %"}, "expected 'speed' in one of these units: km/h", id="another-quantity"),
    ],
)
def test_what_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Contradiction.model_validate(parameters)

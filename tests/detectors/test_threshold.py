"""threshold: wrong beyond a bound, right once it is back, neither in between; in the bound's own unit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.threshold import Threshold
from pipeline.names import Names
from pipeline.rows import Position, Reading, Rows
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.places import readings, registers


def said(detector: Threshold, rows: Rows) -> str:
    """w wrong, r right, . neither."""
    judgement = detector.judge(rows, World(registers()), None)
    assert judgement.right is not None
    assert not (judgement.wrong & judgement.right).any()
    return "".join("w" if w else "r" if r else "." for w, r in zip(judgement.wrong, judgement.right, strict=True))


FULL = {"above": "90 %", "clear_below": "70 %"}
LOW = {"below": "15 %", "clear_above": "25 %"}
RANGE = {"above": "85 °C", "below": "-40 °C"}


@pytest.mark.parametrize(
    "parameters, values, expected",
    [
        pytest.param(FULL, [10, 50, 69.9], "rrr", id="far-below"),
        pytest.param(FULL, [70, 80, 90], "...", id="between-and-the-bounds-themselves"),
        pytest.param(FULL, [90.1, 95, 130], "www", id="above"),
        pytest.param(FULL, [85, 91, 85, 91, 75, 20], ".w.w.r", id="a-sensor-that-steps-does-not-flap"),
        pytest.param({"above": "90 %"}, [89, 90, 91, 90], "rrwr", id="one-bound-and-nothing-between"),
        pytest.param({}, [89, 90, 91], "rrw", id="no-bound-is-a-full-bin"),
        pytest.param(LOW, [30, 25, 15, 14, 20, 26], "r..w.r", id="below"),
        pytest.param({"below": "15 %"}, [16, 15, 14], "rrw", id="below-with-one-bound"),
        pytest.param(RANGE, [-273, -40, 20, 85, 999], "wrrrw", id="out-of-range"),
        pytest.param(RANGE | {"clear_below": "80 °C"}, [99, 82, 79, -99, -39], "w.rwr", id="out-of-range-one-clears"),
    ],
)
def test_judge(parameters: dict[str, str], values: list[float], expected: str) -> None:
    assert said(Threshold.model_validate(parameters), readings(Names(), "B1", values)) == expected


@pytest.mark.parametrize(
    "parameters, values, measures, unit, worst",
    [
        pytest.param(FULL, [95.0, 10.0], [95, 10], "%", max, id="above"),
        pytest.param(LOW, [5.0, 80.0], [5, 80], "%", min, id="below-less-is-worse"),
        pytest.param(RANGE, [-50.0, 20.0, 100.0], [10, -60, 15], "°C", max, id="how-far-out-of-range"),
        pytest.param({"above": "0.5 1"}, [1.0], [1], "", max, id="no-unit"),
    ],
)
def test_measure(
    parameters: dict[str, str], values: list[float], measures: list[float], unit: str, worst: object
) -> None:
    detector = Threshold.model_validate(parameters)
    judgement = detector.judge(readings(Names(), "B1", values), World(registers()), None)
    assert judgement.measure is not None
    assert (judgement.measure.tolist(), detector.unit) == (measures, unit)
    assert detector.worse is worst


@pytest.mark.parametrize(
    "parameters, row, wrong, measure",
    [
        pytest.param({"column": "load", "above": "95 %"}, {"load": 0.96}, True, 96, id="a-share-in-percent"),
        pytest.param({"column": "speed", "above": "10 m/s"}, {"speed": 35.0}, False, 35 / 3.6, id="a-speed-in-m/s"),
        pytest.param({"column": "water", "above": "15 cm"}, {"water": 0.2}, True, 20, id="a-further-column"),
    ],
)
def test_a_column_of_positions(parameters: dict[str, str], row: dict[str, float], wrong: bool, measure: float) -> None:
    names = Names()
    rows = table(Position, [{"subject": "T1", "ts": 0.0, **row}], names)
    judgement = Threshold.model_validate(parameters).judge(rows, World(registers()), None)
    assert judgement.measure is not None
    assert judgement.wrong.tolist() == [wrong]
    assert judgement.measure.tolist() == pytest.approx([measure])


def test_the_kind_of_row_follows_from_the_column_where_one_alone_has_it() -> None:
    assert Threshold().reads() is Reading
    assert Threshold.model_validate({"column": "load", "above": "95 %"}).reads() is Position
    assert Threshold.model_validate({"column": "tank", "above": "95 %"}).reads() is Rows
    assert Threshold.model_validate({"column": "tank", "above": "95 %"}).needed() == ("tank",)


@pytest.mark.parametrize(
    "parameters, message",
    [
        pytest.param({"above": "60 %", "clear_below": "70 %"}, r"expected clear_below .* above \(60 %\)", id="clear"),
        pytest.param(
            {"below": "60 %", "clear_above": "50 %"}, r"expected clear_above .* below \(60 %\)", id="clear-up"
        ),
        pytest.param({"below": "60 %", "above": "50 %"}, r"expected below \(60 %\) to be no more", id="crossed"),
        pytest.param({"below": "60 %", "clear_below": "50 %"}, "clear_below with above", id="of-the-other-bound"),
        pytest.param({"column": "speed", "above": "60 °C"}, "'speed' in one of these units: km/h, ", id="unit"),
        pytest.param({"above": 90}, "bare number", id="bare-number"),
    ],
)
def test_what_cannot_be_meant_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Threshold.model_validate(parameters)


#          0   10   20   30   40   50   60 min
BATTERY = [80, 14, 9, 12, 20, 24, 26]


def test_an_episode_of_a_battery_has_its_lowest_charge_as_its_worst() -> None:
    world = World(registers(bins=[{"id": "B1", "class": "litter", "lon": 1.0, "lat": 2.0}])).bind(Names())
    records: list[dict[str, float | str]] = [
        {"subject": "B1", "metric": "battery", "ts": 600.0 * i, "value": float(v)} for i, v in enumerate(BATTERY)
    ]
    rule = Rule("battery", Threshold.model_validate(LOW), Hold.model_validate({"for": "10min"}), metric="battery")
    (only,) = drive([rule], table(Reading, records, world.names), world)
    assert (only.started, only.confirmed, only.ended, only.measure) == (600.0, 1200.0, 3600.0, 9.0)

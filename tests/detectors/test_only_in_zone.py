"""only_in_zone: wrong beyond the bound and outside every zone; not beyond it or inside one: right; else neither."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from detectors.only_in_zone import OnlyInZone
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.detectors.said import said
from tests.places import box, registers

NAN = float("nan")
ROAD, SITE, GATE = 104.5, 104.05, 104.1
"""Degrees of longitude: far from the site, within it, and on its boundary."""
ZONES = [
    Zone("dig", "site", [[box(104.0, 30.0, GATE, 30.1)]], classes=("muck_truck",)),
    Zone("park", "no_go", [[box(105.0, 30.0, 105.1, 30.1)]]),
]
STOP = {"column": "speed", "below": "3 km/h", "clear_above": "10 km/h"}
BRUSH = {"column": "brush", "above": "0.5 1", "uses": ["park"]}


def city() -> World:
    return World(registers([{"id": "truck"}, {"id": "bus", "class": "bus"}], zones=ZONES)).bind(Names())


@pytest.mark.parametrize(
    "parameters, one, answer",
    [  # w wrong, r right, . neither
        pytest.param({}, {"body": 0.31, "lon": ROAD}, "w", id="raised-on-the-road"),
        pytest.param({}, {"body": 0.30, "lon": ROAD}, "r", id="it-rattles"),
        pytest.param({}, {"body": 0.9, "lon": SITE}, "r", id="raised-on-the-site"),
        pytest.param({}, {"body": 0.9, "lon": GATE, "accuracy": 8.0}, ".", id="at-its-gate"),
        pytest.param({}, {"body": 0.1, "lon": GATE, "accuracy": 8.0}, "r", id="lowered-at-its-gate"),
        pytest.param({}, {"body": 0.9, "lon": 105.05}, "w", id="a-zone-of-another-use"),
        pytest.param({}, {"body": 0.9, "lon": SITE, "subject": "bus"}, "w", id="a-zone-for-another-class"),
        pytest.param({"clear_below": "10 %"}, {"body": 0.2, "lon": ROAD}, ".", id="between-the-bounds"),
        pytest.param({"uses": ["no_go"]}, {"body": 0.9, "lon": SITE}, "w", id="asked-about-another-use"),
        pytest.param(STOP, {"speed": 0.0, "lon": ROAD}, "w", id="stands-on-the-road"),
        pytest.param(STOP, {"speed": 3.0, "lon": ROAD}, ".", id="creeps"),
        pytest.param(STOP, {"speed": 10.1, "lon": ROAD}, "r", id="drives-on"),
        pytest.param(STOP, {"speed": 0.0, "lon": SITE}, "r", id="stands-on-the-site"),
        pytest.param(BRUSH, {"brush": 0.6, "lon": ROAD}, "w", id="a-further-column"),
    ],
)
def test_judge(parameters: dict[str, str], one: dict[str, float | str], answer: str) -> None:
    world = city()
    rows = table(Position, [{"subject": "truck", "ts": 0.0, "lat": 30.05, **one}], world.names)
    assert said(OnlyInZone.model_validate(parameters).judge(rows, world, None)) == answer


def test_it_shows_the_column_in_the_bounds_own_unit() -> None:
    world, raised, stop = city(), OnlyInZone(), OnlyInZone.model_validate(STOP)
    one: dict[str, float | str] = {"subject": "truck", "ts": 0.0, "lon": ROAD, "lat": 30.05, "speed": 2.0, "body": 0.62}
    rows = table(Position, [one], world.names)
    assert raised.judge(rows, world, None).measure == pytest.approx(np.array([62.0]))
    assert stop.judge(rows, world, None).measure == pytest.approx(np.array([2.0]))
    assert (raised.unit, raised.worse, raised.needed()) == ("%", max, ("body", "lon", "lat"))
    assert (stop.unit, stop.worse, stop.needed()) == ("km/h", min, ("speed", "lon", "lat"))


#   0       5        10       15       20 min
@pytest.mark.parametrize(
    "speeds, episodes",
    [
        pytest.param([40, 0, 0, 40, 40], [], id="a-level-crossing"),
        pytest.param([40, 0, 5, 0, 40], [(300, 1200, 0)], id="it-creeps-on"),
        pytest.param([0, 0, 40, 0, 0], [], id="two-short-stops"),
        pytest.param([0, 0, NAN, 0, 40], [(0, 1200, 0)], id="an-unknown-speed-is-no-row"),
    ],
)
def test_a_suspicious_stop(speeds: list[float], episodes: list[tuple[float, float, float]]) -> None:
    world = city()
    told: list[dict[str, float | str]] = [
        {"subject": "truck", "ts": 300.0 * i, "lon": ROAD, "lat": 30.05, "speed": v} for i, v in enumerate(speeds)
    ]
    rule = Rule("stop", OnlyInZone.model_validate(STOP), Hold.model_validate({"for": "10min"}))
    found = drive([rule], table(Position, told, world.names), world)
    assert [(e.started, e.ended, e.measure) for e in found] == episodes


@pytest.mark.parametrize(
    "parameters, message",
    [
        pytest.param({"column": "speed"}, "expected either above or below", id="no-bound"),
        pytest.param({"above": "1 1", "below": "0 1"}, "expected either above or below", id="two"),
        pytest.param({"above": "3 km/h"}, "expected 'body' in one of these units", id="another-quantity"),
        pytest.param({"clear_below": "40 %"}, r"clear_below to be no more than above \(30 %\)", id="cleared-beyond"),
        pytest.param(
            {**STOP, "clear_above": "1 km/h"}, r"clear_above to be no less than below \(3 km/h\)", id="cleared-below"
        ),
        pytest.param({"clear_above": "10 %"}, "expected clear_below with above", id="the-other-clear"),
    ],
)
def test_what_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        OnlyInZone.model_validate(parameters)

"""overspeed: wrong above the lowest limit that holds, plus the tolerance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detectors.overspeed import Overspeed
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.world import World
from replay.driving import table
from tests.places import box, codes, positions, registers

SCHOOL = Zone("school", "limit", [[box(104, 30, 104.1, 30.1)]], speed_limit=30.0)


def city() -> World:
    vehicles: list[dict[str, object]] = [
        {"id": "truck"},
        {"id": "slow", "speed_limit": 40.0},
        {"id": "bus", "class": "bus"},
    ]
    return World(registers(vehicles, zones=[SCHOOL], muck_truck=60.0)).bind(Names())


@pytest.mark.parametrize(
    "who, lon, speed, wrong, over",
    [
        pytest.param("truck", 104.5, 66.0, False, 6.0, id="within-the-tolerance"),
        pytest.param("truck", 104.5, 66.1, True, 6.1, id="beyond-it"),
        pytest.param("slow", 104.5, 50.0, True, 10.0, id="its-own-limit"),
        pytest.param("slow", 104.05, 40.0, True, 10.0, id="the-zone-is-lower"),
        pytest.param("bus", 104.05, 40.0, True, 10.0, id="the-zone-alone"),
        pytest.param("bus", 104.5, 200.0, False, math.nan, id="no-limit-nothing-wrong"),
        pytest.param("truck", 104.5, 0.0, False, -60.0, id="standing"),
    ],
)
def test_judge(who: str, lon: float, speed: float, wrong: bool, over: float) -> None:
    world = city()
    rows = positions(world.names, [who], [lon], [30.05], speed=[speed])
    judgement = Overspeed().judge(rows, world, None)
    assert judgement.wrong.tolist() == [wrong]
    assert judgement.right is None
    assert judgement.measure is not None
    assert judgement.measure.tolist() == pytest.approx([over], nan_ok=True)


@pytest.mark.parametrize(
    "metres, accuracy, over",
    [  # metres inside the school's zone, where 30 km/h are allowed, at 40 km/h; 60 km/h elsewhere
        pytest.param(20, 10, 10, id="inside"),
        pytest.param(5, 10, -20, id="inside-perhaps"),
        pytest.param(-5, 10, -20, id="outside"),
    ],
)
def test_doubt_about_the_zone_favours_the_driver(metres: float, accuracy: float, over: float) -> None:
    world = city()
    one: dict[str, float | str] = {
        "subject": "truck", "ts": 0.0, "lon": 104.0 + metres / 96_300, "lat": 30.05, "speed": 40.0, "accuracy": accuracy
    }  # fmt: skip
    judgement = Overspeed().judge(table(Position, [one], world.names), world, None)
    assert judgement.wrong.tolist() == [over > 0]
    assert judgement.measure is not None
    assert judgement.measure.tolist() == [over]


def test_the_tolerance_is_a_share_of_the_limit() -> None:
    world = city()
    rows = positions(world.names, ["truck"] * 3, [104.5] * 3, [30.05] * 3, speed=[60.0, 61.0, 90.0])
    strict = Overspeed.model_validate({"tolerance": "0 %"})
    loose = Overspeed.model_validate({"tolerance": "50 %"})
    assert strict.judge(rows, world, None).wrong.tolist() == [False, True, True]
    assert loose.judge(rows, world, None).wrong.tolist() == [False, False, False]


def test_who_has_no_limit_is_said() -> None:
    world = World(registers([{"id": "truck"}, {"id": "bus", "class": "bus"}], muck_truck=60.0)).bind(Names())
    (missing,) = Overspeed().missing(codes(world.names, ["truck", "bus", "stranger"]), world).values()
    assert missing.tolist() == [False, True, True]
    (missing,) = Overspeed().missing(codes(city().names, ["a"]), city()).values()
    assert not np.any(missing)  # a zone limits everybody

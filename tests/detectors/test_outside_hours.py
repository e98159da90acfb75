"""outside_hours: wrong on the road outside the hours of every valid permit; a yard, an hour or no permit: right."""

from __future__ import annotations

import pytest

from detectors.outside_hours import OutsideHours
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.detectors.said import said
from tests.places import box, codes, registers

HOUR = 3600.0
NIGHT = 20 * HOUR
"""1970-01-01 20:00 UTC, when the permit's hours begin; they last until 04:30."""
ROAD, YARD = 104.5, 104.05
SITE = Zone("dig", "site", [[box(104.0, 30.0, 104.1, 30.1)]])
PERMITS: list[dict[str, object]] = [
    {"id": "P1", "vehicle": "night", "hours": "20:00-04:30", "valid_to": 30 * HOUR},
    {"id": "P2", "vehicle": "both", "hours": "20:00-04:30"},
    {"id": "P3", "vehicle": "both", "valid_from": 10 * HOUR, "valid_to": 12 * HOUR},
    {"id": "P4", "vehicle": "free"},
]


def city() -> World:
    vehicles: list[dict[str, object]] = [{"id": name} for name in ("night", "both", "free", "none")]
    return World(registers(vehicles, permits=PERMITS, zones=[SITE])).bind(Names())


def row(who: str, ts: float, lon: float, speed: float, accuracy: float = float("nan")) -> dict[str, float | str]:
    return {"subject": who, "ts": ts, "lon": lon, "lat": 30.05, "speed": speed, "accuracy": accuracy}


@pytest.mark.parametrize(
    "one, answer",
    [  # w wrong, r right, . neither
        pytest.param(row("night", 12 * HOUR, ROAD, 40), "w", id="by-day"),
        pytest.param(row("night", 12 * HOUR, ROAD, 5), "w", id="just-moving"),
        pytest.param(row("night", 12 * HOUR, ROAD, 4.9), ".", id="standing"),
        pytest.param(row("night", NIGHT - 1, ROAD, 40), "w", id="a-second-early"),
        pytest.param(row("night", NIGHT, ROAD, 40), "r", id="on-time"),
        pytest.param(row("night", 28.4 * HOUR, ROAD, 40), "r", id="after-midnight"),
        pytest.param(row("night", 28.5 * HOUR, ROAD, 40), "w", id="over"),
        pytest.param(row("night", 30 * HOUR, ROAD, 40), "r", id="the-permit-is-over-another-question"),
        pytest.param(row("night", 12 * HOUR, YARD, 40), "r", id="on-the-site"),
        pytest.param(row("night", 12 * HOUR, 104.1, 40, accuracy=10), ".", id="at-its-gate"),
        pytest.param(row("both", 11 * HOUR, ROAD, 40), "r", id="one-of-two-has-no-hours"),
        pytest.param(row("both", 12 * HOUR, ROAD, 40), "w", id="that-one-is-over"),
        pytest.param(row("free", 12 * HOUR, ROAD, 40), "r", id="without-hours"),
        pytest.param(row("none", 12 * HOUR, ROAD, 40), "r", id="without-a-permit"),
        pytest.param(row("stranger", 12 * HOUR, ROAD, 40), "r", id="stranger"),
    ],
)
def test_judge(one: dict[str, float | str], answer: str) -> None:
    world = city()
    assert said(OutsideHours().judge(table(Position, [one], world.names), world, None)) == answer


#  19:55 on the road  19:56 a red light  19:57 on  19:59 on  20:00 allowed
def test_a_trip_that_begins_too_early() -> None:
    world = city()
    told = [(-300, 40), (-240, 0), (-180, 40), (-60, 40), (0, 40)]
    rows = table(Position, [row("night", NIGHT + t, ROAD, v) for t, v in told], world.names)
    rule = Rule("hours", OutsideHours(), Hold.model_validate({"for": "2min"}))
    (episode,) = drive([rule], rows, world)
    assert (episode.started, episode.confirmed, episode.ended) == (NIGHT - 300, NIGHT - 180, NIGHT)


def test_who_has_no_hours_is_said() -> None:
    world = city()
    (missing,) = OutsideHours().missing(codes(world.names, ["night", "both", "free", "none"]), world).values()
    assert missing.tolist() == [False, False, True, True]

"""no_permit: wrong on the road while no permit is valid; a permit or a yard: right; standing: neither."""

from __future__ import annotations

import pytest

from detectors.no_permit import NoPermit
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.world import World
from replay.driving import table
from tests.detectors.said import said
from tests.places import box, codes, registers

ROAD, YARD = 104.5, 104.05
DEPOT = Zone("yard", "depot", [[box(104.0, 30.0, 104.1, 30.1)]])
PERMITS: list[dict[str, object]] = [
    {"id": "P1", "vehicle": "timed", "valid_from": 10.0, "valid_to": 20.0},
    {"id": "P2", "vehicle": "night", "hours": "20:00-04:30"},
]


def city(permits: list[dict[str, object]]) -> World:
    vehicles: list[dict[str, object]] = [{"id": name} for name in ("timed", "night", "none")]
    return World(registers(vehicles, permits=permits, zones=[DEPOT])).bind(Names())


@pytest.mark.parametrize(
    "who, ts, lon, speed, answer",
    [  # w wrong, r right, . neither
        pytest.param("timed", 9, ROAD, 40, "w", id="before"),
        pytest.param("timed", 10, ROAD, 40, "r", id="from-is-inclusive"),
        pytest.param("timed", 20, ROAD, 40, "w", id="to-is-exclusive"),
        pytest.param("timed", 20, ROAD, 4.9, ".", id="standing"),
        pytest.param("timed", 20, YARD, 40, "r", id="in-the-depot"),
        pytest.param("night", 40_000, ROAD, 40, "r", id="outside-its-hours-another-question"),
        pytest.param("none", 0, ROAD, 40, "w", id="never-any"),
        pytest.param("stranger", 0, ROAD, 40, "w", id="stranger"),
    ],
)
def test_judge(who: str, ts: float, lon: float, speed: float, answer: str) -> None:
    world = city(PERMITS)
    one: dict[str, float | str] = {"subject": who, "ts": ts, "lon": lon, "lat": 30.05, "speed": speed}
    assert said(NoPermit().judge(table(Position, [one], world.names), world, None)) == answer


def test_a_city_without_permits_says_so_and_accuses_nobody() -> None:
    world = city([])
    one: dict[str, float | str] = {"subject": "none", "ts": 0.0, "lon": ROAD, "lat": 30.05, "speed": 40.0}
    assert said(NoPermit().judge(table(Position, [one], world.names), world, None)) == "."
    subjects = codes(world.names, ["timed", "none"])
    assert {reason: who.tolist() for reason, who in NoPermit().missing(subjects, world).items()} == {
        "the registers have no permits": [True, True]
    }
    (missing,) = NoPermit().missing(subjects, city(PERMITS)).values()
    assert not missing.any()

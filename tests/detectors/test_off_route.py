"""off_route: wrong farther than the tolerance from every permitted route, measured to the segments."""

from __future__ import annotations

import math

import pytest

from detectors.off_route import OffRoute
from pipeline.geo import Plane
from pipeline.names import Names
from pipeline.registers import Route
from pipeline.rows import Position
from pipeline.world import World
from replay.driving import table
from tests.detectors.said import said
from tests.places import codes, line, positions, registers

PLANE = Plane(104.0, 30.0)


def way(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (PLANE.to_degrees(*p) for p in points)]


ROUTES = [
    Route("east", [line(*way((0, 0), (10_000, 0)))]),
    Route("north", [line(*way((0, 0), (0, 5_000))), line(*way((0, 6_000), (0, 10_000)))]),
]
PERMITS: list[dict[str, object]] = [
    {"id": "P1", "vehicle": "one", "route": "east"},
    {"id": "P2", "vehicle": "two", "route": "east"},
    {"id": "P2", "vehicle": "two", "route": "north"},
    {"id": "P3", "vehicle": "timed", "route": "east", "valid_from": 10.0, "valid_to": 20.0},
    {"id": "P4", "vehicle": "timed", "route": "north", "valid_from": 20.0},
]


def city() -> World:
    vehicles: list[dict[str, object]] = [{"id": name} for name in ("one", "two", "timed", "none")]
    return World(registers(vehicles, permits=PERMITS, routes=ROUTES)).bind(Names())


@pytest.mark.parametrize(
    "who, x, y, ts, metres",
    [  # metres: off by so many; NaN: not off
        pytest.param("one", 5_000, 0, 0, math.nan, id="on-it"),
        pytest.param("one", 5_000, 99, 0, math.nan, id="beside-it-far-from-its-ends"),
        pytest.param("one", 5_000, 101, 0, 101, id="just-off"),
        pytest.param("one", 5_000, -3_000, 0, 3_000, id="off"),
        pytest.param("one", 10_300, 400, 0, 500, id="beyond-its-end"),
        pytest.param("one", 0, 5_000, 0, 5_000, id="on-somebody-elses"),
        pytest.param("one", 5_000, 200_000, 0, 200_000, id="very-far"),
        pytest.param("two", 0, 5_000, 0, math.nan, id="on-its-second"),
        pytest.param("two", 0, 5_500, 0, 500, id="between-a-routes-parts"),
        pytest.param("two", 3_000, 2_000, 0, 2_000, id="off-both-the-nearer-counts"),
        pytest.param("timed", 0, 5_000, 5, math.nan, id="before-any-permit-none-to-be-off"),
        pytest.param("timed", 0, 5_000, 10, 5_000, id="from-is-inclusive"),
        pytest.param("timed", 0, 5_000, 20, math.nan, id="the-next-permit"),
        pytest.param("timed", 5_000, 0, 20, 5_000, id="the-last-one-is-over"),
        pytest.param("none", 5_000, 5_000, 0, math.nan, id="no-permit"),
        pytest.param("stranger", 5_000, 5_000, 0, math.nan, id="stranger"),
    ],
)
def test_judge(who: str, x: float, y: float, ts: float, metres: float) -> None:
    world = city()
    ((lon, lat),) = way((x, y))
    judgement = OffRoute().judge(positions(world.names, [who], [lon], [lat], [ts]), world, None)
    assert judgement.wrong.tolist() == [not math.isnan(metres)]
    assert judgement.measure is not None
    assert judgement.measure.tolist() == pytest.approx([metres], rel=0.03, nan_ok=True)


def test_the_tolerance() -> None:
    world = city()
    places = way((5_000, 80), (5_000, 400), (5_000, 600))
    rows = positions(world.names, ["one"] * 3, [p[0] for p in places], [p[1] for p in places])
    strict, loose = (OffRoute.model_validate({"tolerance": t}) for t in ("50 m", "0.5 km"))
    assert strict.judge(rows, world, None).wrong.tolist() == [True, True, True]
    assert loose.judge(rows, world, None).wrong.tolist() == [False, False, True]


@pytest.mark.parametrize(
    "metres, accuracy, answer",
    [  # w wrong, r right, . neither; the tolerance is 100 m
        pytest.param(80, 10, "r", id="on-it"),
        pytest.param(95, 10, ".", id="on-it-perhaps"),
        pytest.param(105, 10, ".", id="off-it-perhaps"),
        pytest.param(120, 10, "w", id="off-it"),
        pytest.param(105, math.nan, "w", id="no-accuracy-stated"),
        pytest.param(80, math.nan, "r", id="nor-here"),
    ],
)
def test_a_fix_says_no_more_than_its_accuracy_lets_it(metres: float, accuracy: float, answer: str) -> None:
    world = city()
    ((lon, lat),) = way((5_000, metres))
    one: dict[str, float | str] = {"subject": "one", "ts": 0.0, "lon": lon, "lat": lat, "accuracy": accuracy}
    assert said(OffRoute().judge(table(Position, [one], world.names), world, None)) == answer


def test_without_a_permit_it_is_right() -> None:
    world = city()
    ((lon, lat),) = way((5_000, 5_000))
    assert said(OffRoute().judge(positions(world.names, ["none"], [lon], [lat]), world, None)) == "r"


def test_who_has_no_route_is_said() -> None:
    world = city()
    (missing,) = OffRoute().missing(codes(world.names, ["one", "timed", "none", "stranger"]), world).values()
    assert missing.tolist() == [False, False, True, True]

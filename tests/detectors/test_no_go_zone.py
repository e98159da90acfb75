"""no_go_zone: wrong well inside a zone of the use for the vehicle's class and hour, with the zone as the place."""

from __future__ import annotations

import pytest

from detectors.no_go_zone import NoGoZone
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.world import World
from replay.driving import table
from tests.detectors.said import said
from tests.places import box, codes, positions, registers

ZONES = [
    Zone(
        "centre", "no_go", [[box(104.0, 30.0, 104.1, 30.1), box(104.04, 30.04, 104.06, 30.06)]], classes=("muck_truck",)
    ),
    Zone("always", "no_go", [[box(104.09, 30.0, 104.2, 30.1)]]),
    Zone("fair", "no_go", [[box(104.3, 30.0, 104.4, 30.1)]], valid_from=10.0, valid_to=20.0),
    Zone("market", "no_go", [[box(104.7, 30.0, 104.8, 30.1)]], hours="06:00-12:00"),
    Zone("site", "site", [[box(104.5, 30.0, 104.6, 30.1)]]),
]


def city() -> World:
    vehicles: list[dict[str, object]] = [{"id": "truck"}, {"id": "bus", "class": "bus"}]
    return World(registers(vehicles, zones=ZONES)).bind(Names())


@pytest.mark.parametrize(
    "who, lon, lat, ts, place",
    [
        pytest.param("truck", 104.01, 30.01, 0, "centre", id="inside"),
        pytest.param("truck", 104.0, 30.05, 0, "centre", id="on-the-boundary"),
        pytest.param("truck", 104.05, 30.05, 0, "", id="in-its-hole"),
        pytest.param("bus", 104.01, 30.01, 0, "", id="not-for-buses"),
        pytest.param("truck", 104.095, 30.05, 0, "always", id="in-two-the-first-by-id"),
        pytest.param("bus", 104.095, 30.05, 0, "always", id="in-two-one-for-buses"),
        pytest.param("truck", 104.35, 30.05, 9.9, "", id="before-it-holds"),
        pytest.param("truck", 104.35, 30.05, 10, "fair", id="while-it-holds"),
        pytest.param("truck", 104.35, 30.05, 20, "", id="after"),
        pytest.param("truck", 104.75, 30.05, 21599, "", id="before-its-hours"),
        pytest.param("truck", 104.75, 30.05, 21600, "market", id="in-its-hours"),
        pytest.param("truck", 104.55, 30.05, 0, "", id="another-use"),
        pytest.param("truck", 120.0, 45.0, 0, "", id="far-away"),
    ],
)
def test_judge(who: str, lon: float, lat: float, ts: float, place: str) -> None:
    world = city()
    judgement = NoGoZone().judge(positions(world.names, [who], [lon], [lat], [ts]), world, None)
    assert judgement.wrong.tolist() == [place != ""]
    assert judgement.place is not None
    assert world.names[int(judgement.place[0])] == place


#  metres east of the western boundary; the centre's zone begins there
@pytest.mark.parametrize(
    "metres, accuracy, answer",
    [  # w wrong, r right, . neither
        pytest.param(15, 10, "w", id="well-inside"),
        pytest.param(5, 10, ".", id="inside-perhaps"),
        pytest.param(-5, 10, ".", id="outside-perhaps"),
        pytest.param(-15, 10, "r", id="well-outside"),
        pytest.param(5, float("nan"), "w", id="no-accuracy-stated"),
        pytest.param(500, 5_000, ".", id="anywhere"),
    ],
)
def test_noise_at_the_boundary_neither_accuses_nor_releases(metres: float, accuracy: float, answer: str) -> None:
    world = city()
    one: dict[str, float | str] = {
        "subject": "truck", "ts": 0.0, "lon": 104.0 + metres / 96_300, "lat": 30.05, "accuracy": accuracy
    }  # fmt: skip
    assert said(NoGoZone().judge(table(Position, [one], world.names), world, None)) == answer


def test_another_use() -> None:
    world = city()
    rows = positions(world.names, ["truck"] * 2, [104.55, 104.01], [30.05, 30.01])
    assert NoGoZone(use="site").judge(rows, world, None).wrong.tolist() == [True, False]


def test_who_has_no_such_zone_is_said() -> None:
    only = World(registers([{"id": "truck"}, {"id": "bus", "class": "bus"}], zones=ZONES[:1])).bind(Names())
    (missing,) = NoGoZone().missing(codes(only.names, ["truck", "bus"]), only).values()
    assert missing.tolist() == [False, True]
    (reason,) = NoGoZone(use="depot").missing(codes(only.names, ["truck"]), only)
    assert reason == "no zone with the use 'depot' for its class"

"""stationary: wrong once an object has stood for long, right once it moves, and what it was in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectors.stationary import Stationary
from pipeline.names import NOBODY, Names
from pipeline.registers import Registers, Table
from pipeline.rows import Sighting
from pipeline.units import Quantity
from pipeline.world import World
from tests.detectors.said import said

NAN = float("nan")


def seen(names: Names, still: list[float], score: float = 0.9, label: str = "car", zone: str = "") -> Sighting:
    """One track, a picture a second."""
    n = len(still)
    column = np.full(n, 0.1)
    return Sighting(
        subject=np.full(n, names.code("cam"), np.int32),
        ts=np.arange(n, dtype=np.float64),
        received=np.arange(n, dtype=np.float64),
        position=np.arange(n),
        stream=np.zeros(n, np.int32),
        track=np.full(n, 7),
        label=np.full(n, names.code(label), np.int32),
        score=np.full(n, score),
        x=column,
        y=column,
        w=column,
        h=column,
        zone=np.full(n, names.code(zone) if zone else NOBODY, np.int32),
        still=np.array(still),
    )


#  w wrong, r right, . neither
@pytest.mark.parametrize(
    "still, answers",
    [
        pytest.param([0, 1, 3, 5.9, 6, 60], "r...ww", id="stops"),
        pytest.param([60, 4, 0.5, 0.4], "w..r", id="creeps-then-drives-off"),
        pytest.param([0, 0.3, 0], "rrr", id="drives"),
    ],
)
def test_by_how_long_it_has_stood(still: list[float], answers: str) -> None:
    world = World(Registers()).bind(Names())
    judgement = Stationary().judge(seen(world.names, still), world, None)
    assert said(judgement) == answers
    assert judgement.measure is not None
    assert judgement.measure.tolist() == still


@pytest.mark.parametrize(
    "asked, row, answers",
    [
        pytest.param({}, {"score": 0.29}, ".r", id="faint-proves-nothing"),
        pytest.param({}, {"score": 0.3}, "wr", id="sure-enough"),
        pytest.param({}, {"score": NAN}, "wr", id="how-sure-is-not-said"),
        pytest.param({"labels": ("car", "truck")}, {}, "wr", id="of-that-kind"),
        pytest.param({"labels": ("truck",)}, {}, ".r", id="of-another-kind"),
        pytest.param({"labels": ("tram",)}, {}, ".r", id="of-a-kind-never-seen"),
        pytest.param({"zones": ("lane",)}, {"zone": "lane"}, "wr", id="in-the-zone"),
        pytest.param({"zones": ("lane",)}, {"zone": "bay"}, "rr", id="in-another-zone"),
        pytest.param({"zones": ("lane",)}, {}, "rr", id="in-no-zone"),
        pytest.param({"zones": ("moat",)}, {}, "rr", id="in-no-zone-when-the-one-asked-for-is-not-there"),
        pytest.param({"still": Quantity(0.0)}, {}, "ww", id="at-once"),
    ],
)
def test_what_is_meant(asked: dict[str, Any], row: dict[str, Any], answers: str) -> None:
    world = World(Registers()).bind(Names())
    rows = seen(world.names, [8.0, 0.0], **row)
    assert said(Stationary(**asked).judge(rows, world, None)) == answers


#  Thursday 1 January 1970: at 08:00 in Shanghai it is 00:00 UTC
@pytest.mark.parametrize(
    "hours, answers",
    [
        pytest.param("08:00-24:00", "www", id="in-them"),
        pytest.param("08:00:01-24:00", None, id="no-hours"),
        pytest.param("07:00-08:00", "rrr", id="after-them"),
        pytest.param("Mo-We 00:00-24:00", "rrr", id="on-other-days"),
        pytest.param("workdays 08:00-18:00", "www", id="by-the-calendar"),
    ],
)
def test_when(hours: str, answers: str | None) -> None:
    if answers is None:
        with pytest.raises(ValueError, match="expected hours such as"):
            Stationary(hours=hours)
        return
    world = World(Registers(time_zone="Asia/Shanghai")).bind(Names())
    assert said(Stationary(hours=hours).judge(seen(world.names, [8.0, 9.0, 10.0]), world, None)) == answers


def test_only_while_nobody_stands_beside_it() -> None:
    world = World(Registers()).bind(Names())
    rows = seen(world.names, [60.0, 61.0, 62.0, 0.0])
    rows.extra["beside"] = np.array([2.0, 1.0, 0.0, 0.0])
    alone = Stationary(alone=True)
    assert said(alone.judge(rows, world, None)) == "rrwr"
    assert said(Stationary().judge(rows, world, None)) == "wwwr"
    assert (alone.needed(), Stationary().needed()) == (("still", "beside"), ("still",))


def test_a_fixture_is_nothing_to_report() -> None:
    table = Table.of("fixtures", [{"camera": "cam", "zone": "plinth", "valid_from": 2.0}])
    world = World(Registers(fixtures=table)).bind(Names())
    for zone, answers in (("plinth", "wwrr"), ("lane", "wwww"), ("", "wwww")):
        assert said(Stationary().judge(seen(world.names, [60.0] * 4, zone=zone), world, None)) == answers


def test_the_case_shows_the_zone_of_the_picture() -> None:
    world = World(Registers()).bind(Names())
    judgement = Stationary().judge(seen(world.names, [8.0], zone="lane"), world, None)
    assert judgement.place is not None
    assert world.names[int(judgement.place[0])] == "lane"

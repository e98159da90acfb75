"""constant_over_trips: whole trips, site to disposal site and back, on which a sensor did not move."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from detectors.constant_over_trips import ConstantOverTrips
from pipeline.names import Names
from pipeline.version import Hold, Rule
from replay.driving import drive
from tests.detectors.haulage import PLANE, city, drives
from tests.detectors.whole_runs import same_however_split
from tests.places import positions


def found(
    where: str, load: str, parameters: dict[str, object] | None = None
) -> list[tuple[float, float | None, float]]:
    """(started, ended, trips), in minutes; load: tenths."""
    world = city()
    rows = drives(where, world, load=[int(x) / 10 for x in load])
    judge = ConstantOverTrips.model_validate(parameters or {})
    episodes = drive([Rule("constant", judge, Hold())], rows, world)
    return [(e.started / 60, None if np.isnan(e.ended) else e.ended / 60, e.measure) for e in episodes]


TWO: dict[str, object] = {"trips": 2}


@pytest.mark.parametrize(
    "where, load, parameters, expected",
    [
        #             S: site, T: tip; a minute a letter
        pytest.param("S.TS.TS.TS", "5555555555", {}, [(9, None, 3)], id="three-trips"),
        pytest.param("S.TS.TS.T.", "5555555555", {}, [], id="the-third-is-not-over"),
        pytest.param("S.TS.TS.TS", "5555555565", {}, [], id="it-moved-on-the-third"),
        pytest.param("S.TS.TS.TS", "5655555555", {}, [], id="it-moved-on-the-first"),
        pytest.param("S.TS.TS.TS", "5655555555", TWO, [(9, None, 2)], id="two-since"),
        pytest.param("S.TS.TS.TS", "5555555555", TWO, [(6, None, 3)], id="two-and-on"),
        pytest.param("S.TS.TS.TS", "5555555655", TWO, [(6, 9, 2)], id="until-a-trip-on-which-it-moved"),
        pytest.param("S.S.TT.TSS", "5555555555", {"trips": 1}, [(8, None, 1)], id="a-trip-has-both-ends"),
        pytest.param("T.S.T.T.S.", "5555555555", {"trips": 1}, [(8, None, 1)], id="it-begins-at-a-site"),
        pytest.param("S.D.S.D.S.", "5555555555", {"trips": 1}, [], id="a-depot-is-neither"),
        pytest.param("S.TS.TS.TS", "5656565656", {"tolerance": "10 %"}, [(9, None, 3)], id="trembling"),
        pytest.param("S.TS.TS.TS", "5657565756", {"tolerance": "10 %"}, [], id="more-than-trembling"),
    ],
)
def test_trips(
    where: str, load: str, parameters: dict[str, object], expected: list[tuple[float, float | None, float]]
) -> None:
    assert found(where, load, parameters) == expected


def test_any_column_in_its_unit() -> None:
    judge = ConstantOverTrips.model_validate({"column": "tank", "tolerance": "5 l", "trips": 1})
    assert (judge.needed(), dict(judge.amounts())) == (("tank", "lon", "lat"), {"tolerance": "tank"})
    world = city()
    for tank, expected in (([50, 53, 55, 52], 1), ([50, 53, 56, 52], 0)):
        rows = drives("S.TS", world, tank=tank)
        assert len(drive([Rule("constant", judge, Hold())], rows, world)) == expected


def test_it_takes_a_trip_at_least() -> None:
    with pytest.raises(ValidationError, match="trips"):
        ConstantOverTrips.model_validate({"trips": 0})


def test_who_has_no_such_zone_is_said() -> None:
    world = city()
    missing = ConstantOverTrips.model_validate({"site": "quarry"}).missing(world.names.codes(["truck"]), world)
    assert {reason: flags.tolist() for reason, flags in missing.items()} == {
        "no zone of use quarry for its class": [True],
        "no zone of use disposal for its class": [False],
    }


@pytest.mark.parametrize("seed", range(30))
def test_any_split_of_the_runs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    names = Names()
    world = city().bind(names)
    n = 200
    who = sorted(chance.choice([f"truck{k}" for k in range(4)], n).tolist())
    x = chance.choice([0.0, 95.0, 2_000.0, 5_000.0, 10_000.0], n)
    lon, lat = PLANE.to_degrees(x, np.zeros(n))
    rows = positions(names, who, lon.tolist(), lat.tolist())
    rows.load = np.where(chance.random(n) < 0.1, 0.5, chance.choice([0.0, 0.01, 0.02], n))
    rows.accuracy = chance.choice([np.nan, 20.0], n)
    assert any(same_however_split(ConstantOverTrips.model_validate({"trips": 2}), rows, world, seed))

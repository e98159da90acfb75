"""tipping: the body up, the load falls, and it is not where it may."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.tipping import Tipping
from pipeline.names import Names
from pipeline.version import Hold, Rule
from replay.driving import drive
from tests.detectors.haulage import LETTERS, PLANE, city, drives
from tests.detectors.whole_runs import same_however_split
from tests.places import positions

TO_TIP: list[dict[str, object]] = [{"id": "p", "vehicle": "truck", "disposal": "tip"}]
NONE: list[dict[str, object]] = []


@pytest.mark.parametrize(
    "permits, where, body, load, expected",
    [
        #                     0    1    2    3    4    5   min
        pytest.param(TO_TIP, "......", "000000", "999000", [], id="the-body-is-down"),
        pytest.param(TO_TIP, "......", "011110", "999000", [(3, 5)], id="on-the-way"),
        pytest.param(TO_TIP, "......", "011110", "999999", [], id="nothing-fell"),
        pytest.param(TO_TIP, "......", "011110", "998777", [], id="too-little-fell"),
        pytest.param(TO_TIP, "......", "001110", "999966", [(4, 5)], id="just-enough"),
        pytest.param(TO_TIP, "......", "011110", "900000", [(1, 5)], id="it-had-fallen-when-the-body-was-seen-up"),
        pytest.param(TO_TIP, "TTTTTT", "011110", "999000", [], id="at-the-tip"),
        pytest.param(TO_TIP, "WWWWWW", "011110", "999000", [(3, 5)], id="at-another-tip"),
        pytest.param(TO_TIP, "SSSSSS", "011110", "999000", [(3, 5)], id="at-the-site"),
        pytest.param(NONE, "WWWWWW", "011110", "999000", [], id="none-assigned-any-tip-will-do"),
        pytest.param(NONE, "......", "011110", "999000", [(3, 5)], id="none-assigned-on-the-way"),
        pytest.param(TO_TIP, "TTTT--", "011110", "999000", [], id="driving-off-with-the-body-up"),
        pytest.param(TO_TIP, "TTTT--", "011110", "999950", [(4, 5)], id="the-rest-outside"),
        pytest.param(TO_TIP, "......", "011110", "995999", [(2, 3)], id="one-reading-was-off"),
        pytest.param(TO_TIP, "......", "111110", "000000", [], id="nobody-saw-it-loaded"),
    ],
)
def test_tipping(
    permits: list[dict[str, object]], where: str, body: str, load: str, expected: list[tuple[int, int]]
) -> None:
    world = city(permits=permits)
    rows = drives(where, world, body=[float(b) for b in body], load=[int(x) / 10 for x in load])
    found = drive([Rule("tipping", Tipping(), Hold())], rows, world)
    assert [(episode.started / 60, episode.ended / 60) for episode in found] == expected


def test_the_manifest_comes_before_the_permit() -> None:
    sheet: dict[str, object] = {"site": "dig", "disposal": "wrong-tip", "valid_from": 0.0, "valid_to": 900.0}
    world = city([sheet], TO_TIP)
    rows = drives("WWWWTTTT", world, body=[0, 1, 1, 0, 0, 1, 1, 0], load=[0.9, 0.9, 0, 0, 0.9, 0.9, 0, 0])
    found = drive([Rule("tipping", Tipping(), Hold())], rows, world)
    assert [episode.started for episode in found] == [360.0]
    assert found[0].measure == pytest.approx(90.0)


def test_a_load_of_long_ago_says_nothing() -> None:
    world = city(permits=TO_TIP)
    for every, expected in ((300.0, 1), (301.0, 0)):
        rows = drives("....", world, every, body=[0, 1, 1, 1], load=[0.9, 0, 0, 0])
        assert len(drive([Rule("tipping", Tipping(), Hold())], rows, world)) == expected


def test_too_near_the_boundary_to_tell() -> None:
    world = city(permits=TO_TIP)
    lon, lat = PLANE.to_degrees([LETTERS["T"] + 110.0] * 4, [0.0] * 4)
    for accuracy, expected in ((5.0, [False, False, True, True]), (20.0, [False] * 4)):
        rows = positions(world.names, ["truck"] * 4, lon.tolist(), lat.tolist())
        rows.body, rows.load = np.array([0.0, 1, 1, 1]), np.array([0.9, 0.9, 0.0, 0.0])
        rows.accuracy = np.full(4, accuracy)
        assert same_however_split(Tipping(), rows, world, 0) == expected


def test_who_has_nowhere_to_tip_is_said() -> None:
    world = city()
    (missing,) = Tipping().missing(world.names.codes(["truck"]), world).values()
    assert not missing.any()
    nowhere = Tipping.model_validate({"uses": ["quarry"]})
    assert [flags.all() for flags in nowhere.missing(world.names.codes(["truck"]), world).values()] == [True]


@pytest.mark.parametrize("seed", range(30))
def test_any_split_of_the_runs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    names = Names()
    world = city(permits=[{"id": f"p{k}", "vehicle": f"truck{k}", "disposal": "tip"} for k in range(3)]).bind(names)
    n = 150
    who = sorted(chance.choice([f"truck{k}" for k in range(5)], n).tolist())
    x = chance.choice([0.0, 2_000.0, 5_000.0, 9_890.0, 10_000.0], n)
    lon, lat = PLANE.to_degrees(x, np.zeros(n))
    ts = np.cumsum(chance.choice([10.0, 60.0, 400.0], n))
    rows = positions(names, who, lon.tolist(), lat.tolist(), ts.tolist())
    rows.body, rows.load = chance.choice([0.0, 1.0], n), chance.choice([0.0, 0.3, 0.6, 0.9], n)
    rows.accuracy = chance.choice([np.nan, 20.0], n)
    assert any(same_however_split(Tipping(), rows, world, seed))

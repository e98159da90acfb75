"""impossible_jump: a stray fix is one case, a lasting move is believed, a tunnel is no jump."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.impossible_jump import ImpossibleJump
from pipeline.geo import Plane
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.detectors.whole_runs import same_however_split
from tests.places import positions

PLANE = Plane(104.0, 30.0)
PLAIN = ImpossibleJump()


def rows(metres: list[float | None], every: float = 10.0, accuracy: float = float("nan")) -> tuple[Position, World]:
    """A truck that is so many metres east of a point, one fix every so many seconds; None: no fix."""
    world = World(Registers())
    records: list[dict[str, float | str]] = []
    for i, x in enumerate(metres):
        if x is not None:
            lon, lat = PLANE.to_degrees(x, 0.0)
            fix = {"ts": i * every, "lon": float(lon), "lat": float(lat), "accuracy": accuracy}
            records.append({"subject": "truck", **fix})
    return table(Position, records, world.names), world


def episodes(some: tuple[Position, World], judge: ImpossibleJump = PLAIN) -> list[tuple[float, float]]:
    found = drive([Rule("jump", judge, Hold())], *some)
    return [(episode.started, episode.ended) for episode in found]


FAR = 50_000.0  # a quarter of an hour at 200 km/h


@pytest.mark.parametrize(
    "metres, expected",
    [  #             0    10    20    30    40    50    60
        pytest.param([0, 150, 300, 450, 600, 750, 900], [], id="driving"),
        pytest.param([0, 150, FAR, 450, 600, 750, 900], [(20, 30)], id="one-stray-fix-is-one-case"),
        pytest.param([0, 150, FAR, -FAR, 600, 750, 900], [(20, 40)], id="two-stray-fixes"),
        pytest.param([0, 150, FAR, 450, 600, FAR, 900], [(20, 30), (50, 60)], id="twice"),
        pytest.param([0, 0, 199, 0, 199, 0, 0], [], id="less-than-the-least"),
        pytest.param([0, 0, 0, 0, 1_500, 1_650, 1_800], [], id="frozen-in-a-tunnel"),
        pytest.param([0, 150, 150, 150, 2_700, 2_700, 2_700], [(40, 60)], id="frozen-but-too-far"),
        pytest.param([0, None, None, None, 2_000, 2_100, 2_200], [], id="silent-in-a-tunnel"),
        pytest.param([0, 700, 700, 700, 700, 700, 700], [(10, 20)], id="believed-once-it-could-have-driven-there"),
        pytest.param([0, 2_000, 2_150, 2_300, 2_450, 2_600, 2_750], [(10, 50)], id="driving-on-from-there"),
    ],
)
def test_jumps(metres: list[float | None], expected: list[tuple[float, float]]) -> None:
    assert episodes(rows(metres)) == expected


def test_a_first_fix_that_is_off_is_given_up() -> None:
    #    0       60 s … 360: the others have agreed for 300 s
    assert episodes(rows([8e6, 0, 500, 900, 900, 900, 1_500, 2_000], every=60.0)) == [(60, 360)]


def test_places_that_do_not_agree_are_not_believed() -> None:
    wild = [0.0, *(FAR * (1 + i % 3) for i in range(12)), 0.0]
    assert episodes(rows([*wild], every=60.0)) == [(60, 780)]


def test_the_speed_that_it_would_have_taken() -> None:
    some, world = rows([0, 10_001])
    answer = PLAIN.judge_runs(some, np.array([0]), world, np.zeros(1, ImpossibleJump.memory))
    assert answer.wrong.tolist() == [False, True]
    assert answer.measure is not None
    assert answer.measure[1] == pytest.approx(10_001 / 11 * 3.6, rel=0.005)  # 10 s, and 1 s that the clock is coarse


@pytest.mark.parametrize(
    "parameters, metres, accuracy, expected",
    [
        pytest.param({}, 900.0, 0.0, True, id="too-far"),
        pytest.param({}, 900.0, 200.0, False, id="both-accuracies-come-off"),
        pytest.param({"fastest": "400 km/h"}, 900.0, 0.0, False, id="faster"),
        pytest.param({"least": "1 km"}, 900.0, 0.0, False, id="a-greater-least"),
        pytest.param({"clock": "1min"}, 900.0, 0.0, False, id="a-coarse-clock"),
    ],
)
def test_parameters(parameters: dict[str, str], metres: float, accuracy: float, expected: bool) -> None:
    judge = ImpossibleJump.model_validate(parameters)
    assert bool(episodes(rows([0, metres], accuracy=accuracy), judge)) == expected


def test_the_same_time_twice() -> None:
    some, world = rows([0, 150, 300])
    some.ts[2] = some.ts[1]
    assert same_however_split(ImpossibleJump.model_validate({"clock": "0 s"}), some, world, 0) == [False] * 3


@pytest.mark.parametrize("seed", range(40))
def test_any_split_of_the_runs(seed: int) -> None:
    """Five trucks that drive, stand, freeze, stray and move for good."""
    chance = np.random.default_rng(seed)
    names = Names()
    who, lon, lat, ts = [], [], [], []
    for k in range(5):
        n = int(chance.integers(1, 30))
        step = chance.choice([0.0, 0.0, 0.001, 0.002, 0.5], n, p=[0.3, 0.2, 0.3, 0.15, 0.05])
        stray = np.where(chance.random(n) < 0.1, chance.choice([1.0, 1.001, 30.0], n), 0.0)
        who += [f"truck-{k}"] * n
        lon += (104.0 + np.cumsum(step) + stray).tolist()
        lat += (30.0 + np.cumsum(step) * 0.3).tolist()
        ts += np.cumsum(chance.choice([0.0, 10.0, 30.0, 400.0], n, p=[0.05, 0.5, 0.35, 0.1])).tolist()
    some = positions(names, who, lon, lat, ts)
    some.accuracy = chance.choice([np.nan, 5.0, 300.0], len(some))
    same_however_split(ImpossibleJump.model_validate({"believe": "60s"}), some, World(Registers()).bind(names), seed)

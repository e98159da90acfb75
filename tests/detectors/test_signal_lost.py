"""signal_lost: due a while after a last row that was under way; what is uploaded later takes the episode back."""

from __future__ import annotations

import math

import pytest

from detectors.signal_lost import SignalLost
from pipeline.names import Names
from pipeline.registers import Zone
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.places import box, registers

NAN = float("nan")
ROAD, YARD, GATE = 104.5, 104.05, 104.1
DEPOT = Zone("yard", "depot", [[box(104.0, 30.0, GATE, 30.1)]])


def city() -> World:
    return World(registers([{"id": "truck"}], zones=[DEPOT])).bind(Names())


@pytest.mark.parametrize(
    "one, lost",
    [
        pytest.param({"ignition": 1.0, "speed": 40.0}, True, id="driving"),
        pytest.param({"ignition": 1.0, "speed": 0.0}, True, id="at-a-red-light"),
        pytest.param({"ignition": 0.0, "speed": 0.0}, False, id="parked"),
        pytest.param({"ignition": 0.0, "speed": 40.0}, False, id="towed"),
        pytest.param({"speed": 5.0}, True, id="ignition-unknown-and-moving"),
        pytest.param({"speed": 4.9}, False, id="ignition-unknown-and-standing"),
        pytest.param({}, False, id="nothing-known"),
        pytest.param({"ignition": 1.0, "lon": YARD}, False, id="in-the-depot"),
        pytest.param({"ignition": 1.0, "lon": GATE, "accuracy": 10.0}, False, id="perhaps-in-the-depot"),
        pytest.param({"ignition": 1.0, "lon": NAN, "lat": NAN}, True, id="without-a-fix"),
    ],
)
def test_idle(one: dict[str, float], lost: bool) -> None:
    world = city()
    rows = table(Position, [{"subject": "truck", "ts": 50.0, "lon": ROAD, "lat": 30.05, **one}], world.names)
    assert SignalLost().idle(rows, world, None).tolist() == [350.0 if lost else math.inf]
    assert not SignalLost().judge(rows, world, None).wrong.any()


def test_other_depots() -> None:
    world = city()
    rows = table(Position, [{"subject": "truck", "ts": 0.0, "lon": YARD, "lat": 30.05, "ignition": 1.0}], world.names)
    none = SignalLost.model_validate({"after": "1min", "depots": []})
    assert none.idle(rows, world, None).tolist() == [60.0]


#  rows at 0 and 10 s, then nothing until 400 s; what was stored in between comes at 410 s. Others are heard meanwhile.
@pytest.mark.parametrize(
    "stored, episodes",
    [
        pytest.param([], [(130, 400)], id="nothing-was-stored"),
        pytest.param([100, 200, 300], [], id="it-was-heard-after-all"),
        pytest.param([200, 300], [(130, 200)], id="heard-again-before"),
    ],
)
def test_what_is_uploaded_later(stored: list[float], episodes: list[tuple[float, float]]) -> None:
    world = city()
    live = [("truck", 0.0), ("truck", 10.0), *(("other", 30.0 * i) for i in range(1, 13)), ("truck", 400.0)]
    told = [*((who, ts, ts) for who, ts in live), *(("truck", ts, 410.0) for ts in stored)]
    records: list[dict[str, float | str]] = [
        {"subject": who, "ts": ts, "received": received, "lon": ROAD, "lat": 30.05, "ignition": float(who == "truck")}
        for who, ts, received in told
    ]
    rule = Rule("lost", SignalLost.model_validate({"after": "2min"}), Hold())
    found = drive([rule], table(Position, records, world.names), world, until=420.0)
    assert [(e.started, e.ended) for e in found] == episodes

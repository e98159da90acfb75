"""configs/examples/city_cameras: each of its rules finds what it is there for, and the others keep quiet.

Messages go the whole way: they are decoded by the city's streams and judged by its rules.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Episode
from pipeline.runtime.compose import City, load_city

CITY = Path(__file__).resolve().parents[2] / "configs" / "examples" / "city_cameras" / "city.yaml"
NOON = datetime.fromisoformat("2024-05-06T12:00:00+08:00").timestamp()
"""A Monday on which people work."""
EVENING, SUNDAY = NOON + 9 * 3600.0, NOON - 86400.0
MIN = 60.0
Message = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(CITY)


def judged(city: City, messages: Iterable[Message], begin: float = NOON, quiet: float = 0.0) -> list[Episode]:
    """The episodes of messages (what follows cameras/market/, and the payload), their ts from `begin` on. quiet: after
    the last of them seconds of ticks alone."""
    buffer, now = EntryBuffer(), begin
    buffer.add(Kind.VERSION, "", "", begin)

    def tick(until: float) -> float:
        for ts in [*np.arange(now, until, 15.0).tolist(), until]:
            buffer.add(Kind.TICK, "cameras", "", ts)
        return until

    for topic, said in messages:
        now = tick(begin + said["ts"])
        buffer.add(Kind.DELIVERY, "cameras", f"cameras/market/{topic}", now, json.dumps(said | {"ts": now}).encode())
    tick(now + quiet)
    engine = Engine(lambda _, names: city.version(names))
    events = engine.feed(buffer.batch(), 0)
    assert not engine.counts["undecodable"]
    found = {event.episode.id: event.episode for event in events} | {one.id: one for one in engine.episodes()}
    return sorted(found.values(), key=lambda one: (one.started, one.rule))


def rules(episodes: Iterable[Episode]) -> list[str]:
    return [one.rule for one in episodes]


def thing(
    track: int, label: str, left: float, zone: str | None = None, size: tuple[float, float] = (0.05, 0.05)
) -> dict[str, Any]:
    """It stands with its foot on the ground at 0.9."""
    width, height = size
    return {
        "track": track, "label": label, "score": 0.9, "zone": zone, "box": [left, 0.9 - height, width, height]
    }  # fmt: skip


def standing(until: float, *there: tuple[dict[str, Any], float, float], every: float = 30.0) -> Iterable[Message]:
    """Pictures in which each thing stands from its time to its other time."""
    for i in range(int(until / every) + 1):
        ts = every * i
        objects = [one | {"still": ts - since} for one, since, gone in there if since <= ts < gone]
        yield "sightings", {"ts": ts, "objects": objects}


BAG = thing(1, "object", 0.3)
OWNER = thing(2, "person", 0.36, size=(0.08, 0.25))
CAR = thing(3, "car", 0.1, "kerb", (0.2, 0.15))
EVER = math.inf


# ---- left behind -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "there, expected",
    [  # pictures for 20 min, one each 30 s
        pytest.param([(BAG, 0, EVER)], [("abandoned-object", 5 * MIN, 7 * MIN)], id="left-at-once"),
        pytest.param(
            [(BAG, 0, EVER), (OWNER, 0, 9 * MIN)], [("abandoned-object", 9 * MIN, 11 * MIN)], id="when-the-owner-goes"
        ),
        pytest.param([(BAG, 0, EVER), (OWNER, 0, EVER)], [], id="somebody-stands-beside-it"),
        pytest.param([(BAG, 0, 6 * MIN)], [], id="taken-away-in-time"),
        pytest.param([(BAG, 0, EVER), (OWNER, 9 * MIN, 12 * MIN)], [("abandoned-object", 300, 420)], id="looked-at"),
        pytest.param([(CAR | {"zone": None}, 0, EVER)], [], id="a-car"),
    ],
)
def test_abandoned_object(
    city: City, there: list[tuple[dict[str, Any], float, float]], expected: list[tuple[str, float, float]]
) -> None:
    found = judged(city, standing(20 * MIN, *there))
    assert [(one.rule, one.started - NOON, one.confirmed - NOON) for one in found] == expected


def test_dumping(city: City) -> None:
    heap = thing(1, "object", 0.9, "corner")
    tipper = thing(2, "truck", 0.8, "corner", (0.2, 0.3))
    found = judged(city, standing(4 * MIN, (heap, 60, EVER), (tipper, 0, 2 * MIN)))
    assert [(one.rule, one.started - NOON) for one in found] == [("dumping", 3 * MIN)]


def test_a_fixture_is_nothing_left_behind(city: City) -> None:
    statue = thing(1, "object", 0.61) | {"box": [0.615, 0.41, 0.08, 0.29]}
    beside = thing(2, "object", 0.62) | {"box": [0.62, 0.65, 0.04, 0.05]}
    assert rules(judged(city, standing(10 * MIN, (statue, 0, EVER)))) == []
    assert [one.part for one in judged(city, standing(10 * MIN, (statue, 0, EVER), (beside, 0, EVER)))] == ["2"]
    skip = thing(3, "object", 0.2) | {"box": [0.2, 0.5, 0.1, 0.1]}
    assert rules(judged(city, standing(10 * MIN, (skip, 0, EVER)))) == []
    later = NOON + 90 * 86400.0
    assert rules(judged(city, standing(10 * MIN, (skip, 0, EVER)), later)) == ["abandoned-object"], "the roof is mended"


# ---- parked, and trading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "car, begin, expected",
    [
        pytest.param(CAR, NOON, ["illegal-parking"], id="at-the-kerb"),
        pytest.param(CAR, EVENING, [], id="in-the-evening"),
        pytest.param(CAR, SUNDAY, [], id="on-a-sunday"),
        pytest.param(CAR | {"zone": "fire-lane"}, SUNDAY, ["fire-lane"], id="in-the-fire-lane-at-any-time"),
        pytest.param(CAR | {"zone": None}, NOON, [], id="where-one-may"),
        pytest.param(CAR | {"label": "person"}, NOON, [], id="somebody-stands-there"),
    ],
)
def test_illegal_parking(city: City, car: dict[str, Any], begin: float, expected: list[str]) -> None:
    assert rules(judged(city, standing(8 * MIN, (car, 0, EVER)), begin)) == expected


def test_two_parked_cars_are_two_episodes_and_end_when_each_drives_off(city: City) -> None:
    other = CAR | {"track": 9, "box": [0.5, 0.75, 0.2, 0.15]}
    messages = [*standing(8 * MIN, (CAR, 0, EVER), (other, 60, EVER))]
    messages += [("sightings", {"ts": 8.5 * MIN, "objects": [CAR | {"still": 0.0}, other | {"still": 7.5 * MIN}]})]
    found = judged(city, messages)
    assert [(one.part, one.started - NOON, one.ended - NOON) for one in found] == [
        ("3", 5 * MIN, 8.5 * MIN),
        ("9", 6 * MIN, pytest.approx(math.nan, nan_ok=True)),
    ]
    assert {one.place for one in found} == {"kerb"}


VENDOR, TABLE = thing(5, "person", 0.5, "pavement", (0.08, 0.25)), thing(6, "object", 0.56, "pavement")


@pytest.mark.parametrize(
    "there, begin, expected",
    [
        pytest.param([(VENDOR, 0, EVER), (TABLE, 0, EVER)], NOON, [(5 * MIN, math.nan)], id="a-stall"),
        pytest.param([(VENDOR, 0, EVER), (TABLE, 0, EVER)], NOON + 11 * 3600, [], id="by-night"),
        pytest.param([(VENDOR, 0, EVER)], NOON, [], id="somebody-waits"),
        pytest.param([(VENDOR, 0, 2 * MIN), (TABLE, 0, 2 * MIN)], NOON, [], id="somebody-unloads"),
        pytest.param([(VENDOR, 0, 9 * MIN), (TABLE, 0, 9 * MIN)], NOON, [(5 * MIN, 9 * MIN)], id="and-leaves"),
        pytest.param(
            [(VENDOR, 0, 4 * MIN), (VENDOR | {"track": 8}, 4 * MIN, EVER), (TABLE, 0, EVER)],
            NOON,
            [(5 * MIN, math.nan)],
            id="who-stands-there-changes",
        ),
    ],
)
def test_trading_on_the_road(
    city: City, there: list[tuple[dict[str, Any], float, float]], begin: float, expected: list[tuple[float, float]]
) -> None:
    found = [one for one in judged(city, standing(16 * MIN, *there), begin) if one.rule == "trading-on-the-road"]
    told = [(one.started - begin, one.ended - begin) for one in found]
    assert repr(told) == repr([(float(a), float(b)) for a, b in expected])
    assert {(one.part, one.place) for one in found} <= {("pavement", "pavement")}


# ---- bins, and the cameras themselves --------------------------------------------------------------------------------


def readings(about: str, every: float, **values: list[float]) -> Iterable[Message]:
    """One a while."""
    for name, each in values.items():
        for i, value in enumerate(each):
            yield "readings", {"ts": every * i, "about": about, name: value}


@pytest.mark.parametrize(
    "messages, expected",
    [
        pytest.param(readings("BIN-0001", MIN, fullness=[95] * 15), [("bin-overflow", "BIN-0001")], id="full"),
        pytest.param(readings("BIN-0001", MIN, fullness=[95, 95, 40] * 9), [], id="somebody-stood-before-it"),
        pytest.param(readings("BIN-0001", MIN, beside=[20] * 15), [("bin-beside", "BIN-0001")], id="beside-it"),
        pytest.param(readings("market", MIN, health_covered=[0.8] * 15), [("camera-covered", "market")], id="covered"),
        pytest.param(readings("market", MIN, health_covered=[0.8] * 5), [], id="a-lorry-before-it"),
        pytest.param(readings("market", MIN, health_frozen=[1.0] * 15), [("camera-frozen", "market")], id="frozen"),
    ],
)
def test_what_is_measured(city: City, messages: Iterable[Message], expected: list[tuple[str, str]]) -> None:
    assert [(one.rule, one.subject) for one in judged(city, messages)] == expected


def health(*states: str) -> Iterable[Message]:
    """One each 30 s, as a worker sends it."""
    for i, state in enumerate(states):
        yield "health", {"ts": 30.0 * i, "state": state, "reason": None, "fps": None, "offset": None}


@pytest.mark.parametrize(
    "states, quiet, expected",
    [
        pytest.param(["up"] * 9, 30, [], id="well"),
        pytest.param(["up", *["down"] * 6], 30, ["camera-down"], id="down"),
        pytest.param(["up", *["stalled"] * 6], 30, ["camera-down"], id="stalled"),
        pytest.param(["up", "down", "down", "up"], 30, [], id="back-soon"),
        pytest.param(["up", *["away"] * 20], 30, [], id="away-is-no-fault"),
        pytest.param(["up"] * 3, 200, ["camera-silent"], id="nothing-is-said-any-more"),
    ],
)
def test_the_camera_itself(city: City, states: list[str], quiet: float, expected: list[str]) -> None:
    found = judged(city, health(*states), quiet=quiet)
    assert rules(found) == expected
    assert {one.subject for one in found} <= {"market"}

"""City sensors that are no bins, and the demo's rules over all things that stand."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, Episode
from pipeline.runtime.compose import load_city
from replay.score import Timing, score
from replay.simulator import City, Label, limits
from replay.simulator.limits import LIMITS
from replay.simulator.things import SORTS, register, sensors

DEMO = Path(__file__).parents[2] / "configs" / "demo" / "city.yaml"
START = 1_709_589_600.0
"""06:00 in the city"""
DAY = 86_400.0
PATIENCE = 3 * 3600.0
"""seconds that the slowest rule may take to be sure: a forecast, of readings a quarter of an hour apart"""


def things_alone(seed: int, **changes: Any) -> City:
    sizes: dict[str, Any] = {"trucks": 0, "refuse": 0, "sweepers": 0, "patrols": 0}
    return City(seed, **(sizes | changes))


def values(city: City, seconds: float) -> Mapping[str, list[float]]:
    """What each sensor said."""
    found = defaultdict(list)
    for message in city.run(START, seconds):
        if message.topic.startswith("sensors/"):
            payload = json.loads(message.payload)
            found[message.topic.split("/")[1]].append(next(v for k, v in payload.items() if k != "t"))
    return found


def episodes(city: City, seconds: float, tick: float) -> list[Episode]:
    """What the demo's rules find."""
    rules = load_city(DEMO)
    engine = Engine(lambda _, names: rules.version(names))
    buffer, ticked, found = EntryBuffer(), START, dict[str, Episode]()
    buffer.add(Kind.VERSION, "", "", START, b"demo")
    for message in city.run(START, seconds):
        while ticked <= message.ts_sent:
            buffer.add(Kind.TICK, "city", "", ticked)
            ticked += tick
        buffer.add(Kind.DELIVERY, "city", message.topic, message.ts_sent, message.payload)
    for event in engine.feed(buffer.batch(), 0):
        found[event.episode.id] = event.episode
        if event.change is Change.WITHDRAWN:
            del found[event.episode.id]
    assert not engine.take_asides(), "nothing that the city sends is undecodable or unknown"
    return list(found.values())


def assert_all_found(city: City, seconds: float, tick: float) -> set[str]:
    """The demo's rules find what is wrong with things and nothing else; the rules that found something."""
    found, labels = episodes(city, seconds, tick), city.labels
    timing = dict.fromkeys({each.rule for each in found} | {each.rule for each in labels}, Timing(patience=PATIENCE))
    scores = score(found, labels, START + seconds, timing)
    told = "\n".join(f"{rule or 'all':24} {result}" for rule, result in scores.items())
    assert not scores[""].missed, f"{told}\n{scores[''].missed}"
    assert not scores[""].false, f"{told}\n{scores[''].false}"
    return {rule for rule, result in scores.items() if rule and result.right}


# ---- what there is


def test_more_sensors_are_the_fewer_and_some_more() -> None:
    assert sensors(50)[:20] == sensors(20)
    assert {each.sort for each in sensors(8)} == set(SORTS)
    ids = [row[0] for row in register(100)]
    assert len(set(ids)) == 100


# ---- what they say


def test_usual_values_stay_far_from_the_limits_but_for_single_strays() -> None:
    city = things_alone(1, bins=0, sensors=16, bin_interval=300.0, step=600.0, wrongs=0.0)
    limit_of = {sort.letter: LIMITS.get(sort.rule) for sort in SORTS}
    for sensor, said in values(city, 4 * DAY).items():
        limit = limit_of[sensor[0]]
        if limit is not None:
            beyond = [limit.beyond(value) for value in said]
            assert sum(beyond) < 0.01 * len(said)
            assert not any(a and b for a, b in pairwise(beyond)), sensor
            assert abs(statistics.median(said) - limit.usual) < 0.3 * abs(limit.bound - limit.usual), sensor
    assert city.labels == []


def test_no_live_sensor_repeats_itself_for_long() -> None:
    for said in values(things_alone(2, bins=0, sensors=16, bin_interval=900.0, step=900.0, wrongs=0.0), DAY).values():
        assert len(set(said)) > 5


def test_lamp_misses_no_power_by_day() -> None:
    lamps = things_alone(1, bins=0, sensors=40, bin_interval=300.0, step=600.0, wrongs={limits.LAMP_OUT: 3.0})
    assert all(max(said) < 5 for sensor, said in values(lamps, DAY / 2).items() if sensor.startswith("L"))
    assert max(max(said) for sensor, said in values(lamps, 2 * DAY).items() if sensor.startswith("L")) > 35


def test_what_is_nearly_wrong_is_not() -> None:
    city = things_alone(1, bins=0, sensors=40, bin_interval=300.0, step=600.0, wrongs=0.0, near=True, edge=True)
    assert sum(len(said) for said in values(city, 2 * DAY).values()) > 40 * 2 * 288 * 1.1  # they notice it
    assert city.labels == []


def test_wrongs_last_longer_than_their_rules_ask() -> None:
    city = things_alone(1, bins=0, sensors=40, bin_interval=300.0, step=600.0, wrongs=1.0)
    for _ in city.run(START, 2 * DAY):
        pass
    for label in city.labels:
        if label.rule in LIMITS:
            assert label.ended - label.started > 1.3 * LIMITS[label.rule].hold + 200, label


def test_labels_do_not_change_once_they_are_over() -> None:
    def labels(seconds: float) -> list[Label]:
        city = things_alone(4, bins=20, sensors=16, bin_interval=300.0, step=600.0, wrongs=1.0)
        for _ in city.run(START, seconds):
            pass
        return city.labels

    long = set(labels(1.5 * DAY))
    assert all(label in long for label in labels(DAY) if label.ended < START + DAY - 60)


# ---- the demo's rules


@pytest.mark.parametrize("seed", [1, 2])
def test_demo_rules_find_what_is_wrong_with_things_and_nothing_else(seed: int) -> None:
    city = things_alone(seed, bins=60, bin_interval=120.0, step=600.0, wrongs=0.6, near=True, edge=True)
    assert len(assert_all_found(city, DAY, tick=10.0)) > 14


def test_slow_rules_find_what_is_wrong_for_days() -> None:
    slow = (limits.BIN_NOT_EMPTIED, limits.NOT_EMPTIED_AS_PLANNED, limits.BIN_SENSOR_STUCK, limits.SENSOR_STUCK)
    rates = dict.fromkeys((*slow, limits.BIN_FULL_SOON), 0.8)
    city = things_alone(3, bins=60, bin_interval=900.0, step=900.0, wrongs=rates, near=rates, edge=rates)
    assert assert_all_found(city, 8 * DAY, tick=20.0) == {*rates, limits.BIN_FULL}

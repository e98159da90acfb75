"""Bins of the made-up city: how full they are, what happens to them, and that labels say no more and no less."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from replay.simulator import City, Label, Message, limits
from replay.simulator.conditions import CLEAR
from replay.simulator.fill import Fill, next_window
from replay.simulator.limits import LIMITS
from replay.simulator.spells import Curve
from replay.simulator.things import bin_class, is_planned
from replay.simulator.town import Bin

DEMO = Path(__file__).parents[2] / "configs" / "demo" / "city.yaml"
START = 1_709_589_600.0
"""06:00 in the city"""
HOUR = 3600.0
Days = tuple[list[Message], list[Label]]


def bins_alone(seed: int, **changes: Any) -> City:
    sizes: dict[str, Any] = {"trucks": 0, "refuse": 0, "sweepers": 0, "patrols": 0, "sensors": 0, "bins": 60}
    return City(seed, **(sizes | {"bin_interval": 900.0, "step": 900.0} | changes))


@pytest.fixture(scope="module")
def days() -> Days:
    """Five days of sixty bins in which a lot is wrong."""
    city = bins_alone(2, wrongs=1.0)
    return list(city.run(START, 5 * 86_400.0)), city.labels


def readings(days: Days) -> dict[str, list[tuple[float, dict[str, Any]]]]:
    """By bin: (time, payload)."""
    found = defaultdict(list)
    for message in days[0]:
        if message.topic.endswith("/state"):
            payload = json.loads(message.payload)
            at = datetime.fromisoformat(payload["t"]).timestamp()
            found[message.topic.split("/")[1]].append((at, payload))
    return found


def of(labels: list[Label], rule: str) -> dict[str, list[Label]]:
    found = defaultdict(list)
    for label in labels:
        if label.rule == rule:
            found[label.subject].append(label)
    return found


# ---- curves

#        0    10         20        30
#  5               ###########
#  0     ####                ####
HUMP = Curve((0.0, 10.0, 20.0, 30.0), (0.0, 5.0, 5.0, 0.0))


@pytest.mark.parametrize(
    "ts, value",
    [
        pytest.param(-5.0, 0.0, id="before"),
        pytest.param(5.0, 2.5, id="on-the-way"),
        pytest.param(10.0, 5.0, id="at-a-knot"),
        pytest.param(27.0, 1.5, id="down"),
        pytest.param(99.0, 0.0, id="after"),
    ],
)
def test_curve_at(ts: float, value: float) -> None:
    assert HUMP.at(ts) == pytest.approx(value)


@pytest.mark.parametrize(
    "curve, bound, below, spans",
    [
        pytest.param(HUMP, 2.5, False, [(5.0, 25.0)], id="above"),
        pytest.param(HUMP, 5.0, False, [], id="at-the-bound-is-not-above"),
        pytest.param(HUMP, 1.0, True, [(0.0, 2.0), (28.0, math.inf)], id="below-twice"),
        pytest.param(Curve((0.0, 10.0), (0.0, 8.0)), 4.0, False, [(5.0, math.inf)], id="for-ever"),
        pytest.param(Curve((7.0,), (-30.0,)), -5.0, True, [(7.0, math.inf)], id="level"),
    ],
)
def test_curve_beyond(curve: Curve, bound: float, below: bool, spans: list[tuple[float, float]]) -> None:
    assert curve.beyond(bound, below) == spans


@pytest.mark.parametrize(
    "by, window, spans",
    [
        # 20 in 100 s: more than 10 above the least of the last 60 s from 50 s on, until the top is 50 s old
        pytest.param(10.0, 60.0, [(60.0, 110.0)], id="fast-enough"),
        pytest.param(10.0, 40.0, [], id="window-too-short"),
        pytest.param(25.0, 1000.0, [], id="not-so-much"),
    ],
)
def test_curve_rises(by: float, window: float, spans: list[tuple[float, float]]) -> None:
    assert Curve((0.0, 100.0), (0.0, 20.0)).rises(by, window) == spans


# ---- how full they are

OFFICE = Bin("B", 0.0, 0.0, 0, "", "offices", 4.0)


def test_bin_fills_by_the_hour_and_is_full_when_foreseen() -> None:
    fill = Fill(OFFICE, 0.0, START, foreseen=True, planned=False)
    assert fill.to(START + HOUR) == pytest.approx(4.0 * 0.4)
    fill.to(START + 40 * HOUR)
    full, soon = (of(fill.labels, rule)["B"][0] for rule in (limits.BIN_FULL, limits.BIN_FULL_SOON))
    assert full.started - soon.started == pytest.approx(limits.SOON)
    again = Fill(OFFICE, 0.0, START, foreseen=False, planned=False)
    assert again.to(full.started) == pytest.approx(limits.FULL)
    assert not of(again.labels, limits.BIN_FULL_SOON)


def test_emptying_ends_what_was_wrong() -> None:
    fill = Fill(OFFICE, 85.0, START, foreseen=True, planned=False)
    fill.to(START + 5 * HOUR)
    assert {label.rule for label in fill.labels} == {limits.BIN_FULL, limits.BIN_FULL_SOON}
    fill.empty(START + 5 * HOUR, 2.0)
    assert all(label.ended == START + 5 * HOUR for label in fill.labels)
    assert fill.to(START + 5 * HOUR + 60) < 3


#  06:00        22:00       06:00        22:00       06:00
#  | not heard  |           | window     |  wrong    | right again: the next window
def test_window_without_emptying_is_wrong_from_its_end_until_the_next() -> None:
    fill = Fill(OFFICE, 30.0, START, foreseen=False, planned=True)
    fill.follow(Curve((START,), (30.0,)), START)
    fill.to(START + 60 * HOUR)
    assert fill.labels == [Label(START + 40 * HOUR, limits.NOT_EMPTIED_AS_PLANNED, "B", START + 48 * HOUR)]


def test_emptying_late_ends_it_and_emptying_in_time_prevents_it() -> None:
    fill = Fill(OFFICE, 30.0, START, foreseen=False, planned=True)
    fill.follow(Curve((START,), (30.0,)), START)
    fill.empty(START + 41 * HOUR, 0.0)
    assert [label.ended for label in fill.labels] == [START + 41 * HOUR]
    fill.empty(START + 50 * HOUR, 0.0)
    fill.to(START + 66 * HOUR)
    assert len(fill.labels) == 1


def test_windows_begin_at_six() -> None:
    assert next_window(START - 1) == (START, START + 16 * HOUR)
    assert next_window(START) == (START + 24 * HOUR, START + 40 * HOUR)


# ---- what they say


def test_levels_are_shares_and_high_only_where_a_label_says_so_but_for_single_echoes(days: Days) -> None:
    overflows = of(days[1], limits.BIN_FULL)
    askew = of(days[1], limits.BIN_SENSOR_RANGE)
    for subject, said in readings(days).items():
        odd_before = False
        for at, reading in said:
            assert 0 <= reading["bat"] <= 100
            assert reading["lid"] in (0, 1)
            if any(label.started - 1 <= at <= label.ended for label in askew[subject]):
                assert reading["fill"] < LIMITS[limits.BIN_SENSOR_RANGE].bound + 2
                continue
            full = any(label.started - 900 < at < label.ended + 1 for label in overflows[subject])
            assert 0 <= reading["fill"] <= 100 or not full
            odd = reading["fill"] > limits.FULL + 2 and not full
            assert not (odd and odd_before), (subject, at)
            odd_before = odd


def test_someone_empties_them(days: Days) -> None:
    for said in readings(days).values():
        levels = [reading["fill"] for _, reading in said]
        assert sum(b < a - 20 for a, b in pairwise(levels)) >= 2


def test_stuck_sensor_repeats_itself_and_silent_one_says_nothing(days: Days) -> None:
    stuck, silent, said = of(days[1], limits.BIN_SENSOR_STUCK), of(days[1], limits.BIN_SILENT), readings(days)
    assert stuck
    assert silent
    for subject, some in stuck.items():
        for label in some:
            since = label.started - limits.STUCK_AFTER
            assert len({reading["fill"] for at, reading in said[subject] if since <= at < label.ended}) == 1
    for subject, some in silent.items():
        for label in some:
            since = label.started - limits.SILENT_AFTER
            assert not [at for at, _ in said[subject] if since + 1 < at < label.ended - 1]


def test_all_that_can_be_wrong_happens(days: Days) -> None:
    rules = {label.rule for label in days[1]}
    assert rules == {
        limits.BIN_FULL, limits.BIN_FULL_SOON, limits.BIN_FIRE_LEVEL, limits.BIN_FIRE_RISE, limits.BIN_TILTED,
        limits.BIN_MOVED, limits.BIN_LID_OPEN, limits.BIN_NOT_EMPTIED, limits.NOT_EMPTIED_AS_PLANNED,
        limits.BIN_SENSOR_STUCK, limits.BIN_SENSOR_RANGE, limits.BIN_SILENT, limits.BIN_BATTERY,
    }  # fmt: skip


def test_only_some_bins_have_some_wrongs(days: Days) -> None:
    numbers = {rule: {int(s[2:]) - 1 for s in of(days[1], rule)} for rule in (label.rule for label in days[1])}
    assert all(bin_class(n) == "container" for n in numbers[limits.BIN_FULL_SOON])
    assert all(is_planned(n) for n in numbers[limits.NOT_EMPTIED_AS_PLANNED])
    assert all(n % 10 == 0 for n in numbers[limits.BIN_MOVED])


# ---- dice


def test_what_is_nearly_wrong_is_not() -> None:
    city = bins_alone(1, wrongs=0.0, near=True, edge=True)
    messages = list(city.run(START, 3 * 86_400.0))
    quiet = sum(1 for _ in bins_alone(1, wrongs=0.0).run(START, 3 * 86_400.0))
    assert len(messages) > 1.1 * quiet  # they notice what happens to them
    # a bin that is emptied just before it is full was really soon full
    assert {label.rule for label in city.labels} <= {limits.BIN_FULL_SOON}


def test_only_what_was_asked_for_is_wrong() -> None:
    city = bins_alone(1, wrongs={limits.BIN_TILTED: 2.0})
    for _ in city.run(START, 86_400.0):
        pass
    assert {label.rule for label in city.labels} == {limits.BIN_TILTED}


def test_steps_change_nothing() -> None:
    def run(step: float) -> Days:
        city = bins_alone(3, wrongs=1.0, step=step)
        return list(city.run(START, 40_000.0)), city.labels

    assert run(30.0) == run(7_200.0)


def test_bin_is_the_same_in_a_larger_city() -> None:
    def of_first(bins: int) -> list[Message]:
        city = bins_alone(3, bins=bins, wrongs=1.0, conditions=CLEAR)
        return [message for message in city.run(START, 40_000.0) if "/B-0001/" in message.topic]

    assert of_first(10) == of_first(20)


# ---- the demo's rules


def test_limits_are_those_of_the_demo_rules() -> None:
    config: Mapping[str, Any] = YAML(typ="safe").load(DEMO.read_text("utf-8"))
    rules = {rule["id"]: rule for rule in config["rules"]}
    metrics = {
        said["path"]: (name, said["unit"])
        for stream in config["streams"].values()
        for name, said in stream.get("metrics", {}).items()
        if "device" in stream["topic"] and not stream["topic"].startswith("fleet")
    }
    for rule, limit in LIMITS.items():
        name, unit = metrics[limit.field]
        assert rules[rule]["metric"] == name, rule
        assert rules[rule]["parameters"]["below" if limit.below else "above"] == f"{limit.bound:g} {unit}", rule
        assert seconds(rules[rule]["for"]) == limit.hold, rule
    asked = {rule: {k: seconds(v) for k, v in r.get("parameters", {}).items()} for rule, r in rules.items()}
    assert rules[limits.BIN_FULL]["parameters"] == {"above": f"{limits.FULL:g} %"}
    assert asked[limits.BIN_FULL_SOON]["within"] == limits.SOON
    assert asked[limits.BIN_NOT_EMPTIED]["longest"] == limits.NOT_EMPTIED_AFTER
    assert asked[limits.BIN_SENSOR_STUCK]["longest"] == asked[limits.SENSOR_STUCK]["longest"] == limits.STUCK_AFTER
    assert asked[limits.BIN_SILENT]["after"] == asked[limits.SENSOR_SILENT]["after"] == limits.SILENT_AFTER
    assert rules[limits.BIN_MOVED]["parameters"] == {"tolerance": f"{limits.MOVED:g} m"}
    assert asked[limits.BIN_FIRE_RISE]["within"] == limits.FIRE_WINDOW
    assert rules[limits.BIN_FIRE_RISE]["parameters"]["rise"] == f"{limits.FIRE_RISE:g} °C"
    assert asked[limits.SLOPE_MOVING]["within"] == limits.SLOPE_WINDOW
    assert rules[limits.SLOPE_MOVING]["parameters"]["rise"] == f"{limits.SLOPE_RISE:g} mm"


def seconds(said: object) -> float | None:
    """A duration of the configuration; None: it is none."""
    text = str(said)
    for unit, factor in (("min", 60.0), ("h", 3600.0), ("d", 86_400.0), ("s", 1.0)):
        number = text.removesuffix(unit)
        if number != text and number.isdigit():
            return float(number) * factor
    return None

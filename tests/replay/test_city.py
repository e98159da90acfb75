"""The made-up city at work: the same by seed, possible by the laws of motion, wrong only where a label says so."""

from __future__ import annotations

import io
import json
import math
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from replay.simulator import City, Label, Message, labels
from replay.simulator.motion import Pace, drive
from replay.simulator.noise import Receiver
from replay.simulator.rates import Rates
from replay.simulator.streets import streets
from replay.simulator.town import DARK, Town
from replay.simulator.trips import Lorry, Rounds
from replay.simulator.violations import Maker

START = 1_700_000_000.0
Fixes = dict[str, list[tuple[float, dict[str, Any]]]]
TOWN = Town()
MAKER = Maker(TOWN)


@pytest.fixture(scope="module")
def hour() -> tuple[list[Message], list[Label]]:
    """An hour of the demo's city, thinned to a fix each 5 s."""
    city = City(7, interval=5.0, parked=10.0, bin_interval=15.0, opening=True)
    return list(city.run(START, 3600.0)), city.labels


@pytest.fixture(scope="module")
def fixes(hour: tuple[list[Message], list[Label]]) -> Fixes:
    """By device: (ts_sent, payload) of its fixes in the order of sending."""
    found = defaultdict(list)
    for message in hour[0]:
        if message.topic.startswith("fleet/"):
            found[message.topic.split("/")[1]].append((message.ts_sent, json.loads(message.payload)))
    return found


# ---- the same by seed


def test_same_seed_same_bytes() -> None:
    def messages(seed: int) -> list[Message]:
        return list(City(seed, trucks=12, refuse=3, bins=30, bin_interval=20.0, opening=True).run(START, 200.0))

    assert messages(3) == messages(3)
    assert messages(3) != messages(4)


def test_a_run_begins_anew() -> None:
    city = City(3, trucks=5, refuse=2, bins=10)
    assert list(city.run(START, 100.0)) == list(city.run(START, 100.0))


def test_longer_run_begins_with_the_shorter_one() -> None:
    short = list(City(3, trucks=9, refuse=2, bins=10).run(START, 70.0))
    assert list(City(3, trucks=9, refuse=2, bins=10).run(START, 200.0))[: len(short)] == short


def test_load_without_wrongs() -> None:
    city = City(1, trucks=300, refuse=0, bins=0, wrongs=0.0)
    messages = list(city.run(START, 60.0))
    assert len({message.topic for message in messages}) >= 250
    assert city.labels == []


# ---- what is sent


def test_sent_in_order_and_within_the_run(hour: tuple[list[Message], list[Label]]) -> None:
    sent = [message.ts_sent for message in hour[0]]
    assert sent == sorted(sent)
    assert sent[0] >= START
    assert sent[-1] < START + 3600


def test_demo_is_a_load_that_a_small_machine_carries() -> None:
    messages = list(City.demo(1).run(START, 60.0))
    assert 80 < len(messages) / 60 < 200


def test_fixes_are_on_time_or_from_the_dark(fixes: Fixes) -> None:
    for device, sent in fixes.items():
        newest = -math.inf
        for at, fix in sent:
            assert fix["time"] < at, device
            assert at - fix["time"] < 400, device  # the longest way through the dark and three bursts
            newest = max(newest, fix["time"])
        assert newest > START + 3600 - 800


def test_uploads_come_in_order_and_leave_nothing_out(hour: tuple[list[Message], list[Label]], fixes: Fixes) -> None:
    uploads = 0
    dead = {label.subject for label in hour[1] if label.rule == labels.SILENT}
    for device, sent in fixes.items():
        first = {fix["time"]: at for at, fix in reversed(sent) if at - fix["time"] > 10}  # some are sent twice
        late = sorted((at, ts) for ts, at in first.items())
        for (at, ts), (at_next, ts_next) in pairwise(late):
            assert at < at_next
            assert ts < ts_next, device
        uploads += bool(late)
        if f"muck-{device[1:].lstrip('0'):0>3}" not in dead and device.startswith("T"):
            times = sorted({fix["time"] for _, fix in sent})
            longest = max(b - a for a, b in pairwise(times))
            assert longest <= 10 or times[-1] > START + 3600 - 400  # the last may be still in the dark
    assert uploads > 5


def test_both_ways_of_uploading_occur(fixes: Fixes) -> None:
    before, beside = 0, 0
    for sent in fixes.values():
        newest = -math.inf
        for at, fix in sent:
            if at - fix["time"] > 10:
                before += fix["time"] > newest
                beside += fix["time"] < newest
            newest = max(newest, fix["time"])
    assert before > 100
    assert beside > 100


def test_some_messages_come_twice(hour: tuple[list[Message], list[Label]]) -> None:
    twice = sum(count - 1 for count in Counter((m.topic, m.payload) for m in hour[0]).values())
    assert 0.001 < twice / len(hour[0]) < 0.01


def test_noise_is_a_few_metres_with_bursts_and_outliers() -> None:
    rng = np.random.default_rng(5)
    n = 200_000
    t = np.arange(n, dtype=float)
    zero = np.zeros(n)
    fix = Receiver(rng).fixes(t, zero, zero, zero + 40, zero, np.zeros(n, bool))  # (0, 0) is among high houses
    off = np.hypot(fix.x, fix.y)
    assert 3 < np.median(off) < 15
    assert 10 < np.percentile(off, 90) < 60
    assert 10 < (off > 150).sum() < 120  # one in 4,000
    assert (np.diff(fix.speed) == 0).sum() > 100  # frozen now and then


def test_steady_receiver_never_freezes() -> None:
    t = np.arange(50_000, dtype=float)
    zero = np.zeros(len(t))
    fix = Receiver(np.random.default_rng(5)).fixes(t, zero, zero, zero + 40, zero, np.ones(len(t), bool))
    assert (np.diff(fix.speed) == 0).sum() == 0


# ---- what vehicles do


def test_no_true_place_is_further_than_130_km_h_from_the_one_before_and_nothing_is_wrong_unlabelled() -> None:
    for number in range(0, 60, 4):
        truck = TOWN.lorries[number]
        previous = None
        for stretch in Lorry(truck, MAKER, np.random.default_rng([1, number]), Rates(0.3)).stretches(0.0):
            if stretch.start > 5_000:
                break
            x, y, speed, _ = stretch.place(np.arange(stretch.start, stretch.end, 1.0))
            assert (np.hypot(np.diff(x), np.diff(y)) * 3.6 < 130).all()
            assert speed.max() < 130
            if previous is not None:
                assert math.hypot(x[0] - previous[0], y[0] - previous[1]) < 1.0
            previous = tuple(column[0] for column in stretch.place(np.array([stretch.end]))[:2])
            if stretch.course is not None:
                wrongs = MAKER.truth.wrongs(stretch.course, truck)
                assert wrongs is not None, "a drive that is neither clearly right nor clearly wrong"
                found = {(rule, round(stretch.start + a)) for rule, spans in wrongs.items() for a, _ in spans}
                assert found == {(label.rule, round(label.started)) for label in stretch.labels}


def test_lorry_loads_hauls_and_tips() -> None:
    lorry = Lorry(TOWN.lorries[0], MAKER, np.random.default_rng(2), Rates(0.0))
    tips = 0
    for stretch in lorry.stretches(0.0):
        if stretch.start > 30_000:
            break
        if stretch.body:
            assert stretch.load == (0.95, 0.0)
            assert stretch.course is None
            tips += 1
        if stretch.course is not None:
            assert stretch.lid == 0.0
            assert stretch.ignition == 1.0
    assert tips > 5


def test_course_keeps_to_the_street_and_stops_at_its_end() -> None:
    way = TOWN.ways["H-01-01"]
    course = drive(streets(), way, Pace(), np.random.default_rng(1))
    line = shapely.LineString(streets().nodes[way])
    x, y, _, _ = course.at(np.linspace(0, course.seconds, 500))
    assert shapely.distance(shapely.points(x, y), line).max() < 1.0
    assert course.speed[0] == course.speed[-1] == 0.0
    assert (np.diff(course.t) >= 0).all()


def test_longest_way_through_the_dark_is_no_silence() -> None:
    darks = []
    for number, truck in enumerate(TOWN.lorries):
        for route in truck.routes:
            drive = MAKER.right(TOWN.ways[route], truck, np.random.default_rng(number))
            darks += [b - a for a, b in MAKER.truth.dark(drive.course)]
    assert min(darks) > 60
    assert max(darks) < labels.SILENT_AFTER - 30


def test_refuse_trucks_come_to_all_their_bins_and_stay_where_there_is_network() -> None:
    truck = TOWN.refuse[3]
    emptied = []
    for stretch in Rounds(truck, TOWN, np.random.default_rng(1)).stretches(0.0):
        if stretch.start > 9_000:
            break
        emptied += [number for _, number in stretch.emptied]
        if stretch.course is not None:
            assert not shapely.contains_xy(DARK, stretch.course.x, stretch.course.y).any()
    assert set(emptied) == set(truck.round)


# ---- bins


def test_bins_stay_within_0_and_100_and_are_full_only_where_a_label_says_so(
    hour: tuple[list[Message], list[Label]],
) -> None:
    overflows = defaultdict(list)
    for label in hour[1]:
        if label.rule == labels.BIN_FULL:
            overflows[label.subject].append(label)
    for message in hour[0]:
        if not message.topic.startswith("bins/"):
            continue
        reading = json.loads(message.payload)
        assert 0 <= reading["fill"] <= 100
        assert 0 <= reading["bat"] <= 100
        assert -20 < reading["temp"] < 50
        if reading["fill"] >= labels.FULL:
            at = datetime.fromisoformat(reading["t"]).timestamp()
            known = overflows[message.topic.split("/")[1]]
            assert any(label.started - 60 < at < label.ended for label in known), message  # noise is 0.4 % at the edge


def test_bins_are_emptied(hour: tuple[list[Message], list[Label]]) -> None:
    levels = defaultdict(list)
    for message in hour[0]:
        if message.topic.startswith("bins/"):
            levels[message.topic].append(json.loads(message.payload)["fill"])
    assert sum(any(b < a - 40 for a, b in pairwise(level)) for level in levels.values()) > 20


# ---- labels


@pytest.mark.parametrize("seed", range(5))
def test_first_wrongs_of_the_demo_come_in_its_first_half_minute(seed: int) -> None:
    city = City.demo(seed)
    for _ in city.run(START, 40.0):
        pass
    rules = Counter(label.rule for label in city.labels if label.started < START + 35)
    assert rules[labels.OVERSPEED] >= 2
    assert rules[labels.NO_GO] >= 1
    assert rules[labels.OFF_ROUTE] >= 1
    assert rules[labels.BIN_FULL] >= 2


def test_all_kinds_of_wrongs_happen_and_last_as_long_as_their_rules_need(
    hour: tuple[list[Message], list[Label]],
) -> None:
    found = hour[1]
    assert {label.rule for label in found} == {
        labels.OVERSPEED,
        labels.NO_GO,
        labels.OFF_ROUTE,
        labels.BIN_FULL,
        labels.SILENT,
    }
    assert found == sorted(found)
    for label in found:
        assert START <= label.started <= START + 3600
        assert label.ended - label.started >= 40


def test_what_goes_on_has_no_end_yet() -> None:
    city = City.demo(1)
    run = city.run(START, 60.0)
    for message in run:
        if message.ts_sent > START + 30:
            break
    assert any(label.ended == math.inf for label in city.labels)
    assert all(label.started <= START + 31 for label in city.labels)


def test_labels_survive_their_file() -> None:
    some = [Label(1.5, "overspeed", "muck-001", 60.25), Label(2.0, "bin-full", "B-0001", math.inf, True)]
    out = io.StringIO()
    labels.write(reversed(some), out)
    assert labels.read(out.getvalue().splitlines()) == some

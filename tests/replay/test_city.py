"""The made-up city at work: the same by seed, possible by the laws of motion, wrong only where a label says so."""

from __future__ import annotations

import io
import json
import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from replay.labels import read, write
from replay.simulator import City, Label, Message, labels
from replay.simulator.noise import Receiver

START = 1_700_000_000.0
Fixes = dict[str, list[tuple[float, dict[str, Any]]]]


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
    dead = {label.subject for label in hour[1] if label.rule == labels.SIGNAL_LOST}
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


# ---- bins


def test_bins_are_emptied(hour: tuple[list[Message], list[Label]]) -> None:
    levels = defaultdict(list)
    for message in hour[0]:
        if message.topic.startswith("bins/") and "fill" in (reading := json.loads(message.payload)):
            levels[message.topic].append(reading["fill"])
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
    assert found == sorted(found)
    assert {labels.OVERSPEED, labels.NO_GO, labels.OFF_ROUTE, labels.BIN_FULL} <= {label.rule for label in found}
    for label in found:
        assert START - 3_600 <= label.started <= START + 3600
        assert label.ended - label.started >= labels.FOR.get(label.rule, 0.0)


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
    write(reversed(some), out)
    assert read(out.getvalue().splitlines()) == some

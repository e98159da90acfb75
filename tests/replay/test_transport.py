"""What the network does to messages: by the share it was told, by seed, and in the order of arrival."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from replay.simulator import Message
from replay.simulator.conditions import CLEAR, Conditions
from replay.simulator.transport import Transport, restamped

SENT = [Message(10.0 * n, f"fleet/T{n % 40:04d}/gps", b'{"time":%d,"v":1.0}' % (1000 + 10 * n)) for n in range(8_000)]


def arrived(conditions: Conditions, seed: int = 1, sent: list[Message] = SENT) -> list[Message]:
    found = list(Transport(conditions, seed).carry(sent))
    assert [m.ts_sent for m in found] == sorted(m.ts_sent for m in found)
    return found


def test_clear_is_what_was_sent() -> None:
    assert arrived(CLEAR) == SENT


@pytest.mark.parametrize(
    "conditions, share",
    [
        pytest.param(replace(CLEAR, repeats=0.2), 1.2, id="repeated"),
        pytest.param(replace(CLEAR, lost=0.1), 0.9, id="lost"),
        pytest.param(replace(CLEAR, held=0.3), 1.0, id="held"),
        pytest.param(replace(CLEAR, repeats=0.5, lost=0.5), 0.75, id="a-lost-one-is-not-repeated"),
    ],
)
def test_as_often_as_it_was_told(conditions: Conditions, share: float) -> None:
    found = arrived(conditions)
    assert len(found) / len(SENT) == pytest.approx(share, abs=0.02)
    assert found == arrived(conditions)
    if found != SENT:
        assert found != arrived(conditions, seed=2)
    assert {m.payload for m in found} <= {m.payload for m in SENT}


def test_held_messages_are_overtaken_within_the_time_they_are_held() -> None:
    found = arrived(replace(CLEAR, held=0.3, held_for=25.0))
    sent_at = {m.payload: m.ts_sent for m in SENT}
    delays = [m.ts_sent - sent_at[m.payload] for m in found]
    assert sum(delay > 0 for delay in delays) / len(SENT) == pytest.approx(0.3, abs=0.02)
    assert max(delays) <= 25.0
    assert [m.payload for m in found] != [m.payload for m in SENT]


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    conditions = replace(CLEAR, held=0.2, repeats=0.2, lost=0.1)
    short = [m for m in arrived(conditions, sent=SENT[:3_000]) if m.ts_sent < SENT[3_000].ts_sent]
    assert arrived(conditions)[: len(short)] == short


@pytest.mark.parametrize("skew", [120.0, -120.0])
def test_a_clock_is_wrong_for_all_that_its_device_says(skew: float) -> None:
    found = arrived(replace(CLEAR, skew=skew, skewed=0.25))
    off = Counter((m.topic, json.loads(m.payload)["time"] - 1000 - m.ts_sent) for m in found)
    assert {by for _, by in off} == {0.0, skew}
    assert len(off) == 40, "one answer a device"
    assert 3 <= sum(by == skew for _, by in off) <= 18


@pytest.mark.parametrize(
    "payload, moved",
    [
        pytest.param(b'{"time":100,"v":2}', b'{"time":220,"v":2}', id="seconds"),
        pytest.param(b'{"ts":100.25}', b'{"ts":220.25}', id="fractions-stay"),
        pytest.param(
            b'{"t":"2024-01-01T00:00:00.000Z","t2":5}', b'{"t":"2024-01-01T00:02:00.000Z","t2":5}', id="iso-8601"
        ),
    ],
)
def test_restamped(payload: bytes, moved: bytes) -> None:
    assert restamped(payload, 120.0) == moved
    assert restamped(moved, -120.0) == payload


def test_a_payload_without_a_time_is_told() -> None:
    with pytest.raises(ValueError, match="a time to move"):
        restamped(b'{"v":1}', 1.0)


@pytest.mark.parametrize(
    "conditions, text",
    [
        pytest.param(CLEAR, "1 m", id="clear"),
        pytest.param(Conditions(), "3 m, canyons, outliers, frozen fixes, dead zones", id="ordinary"),
        pytest.param(replace(CLEAR, repeats=0.2, lost=0.02), "1 m, 2% lost, 20% repeated", id="network"),
        pytest.param(replace(CLEAR, held=0.1), "1 m, 10% held up to 30 s", id="held"),
        pytest.param(replace(CLEAR, skew=-120.0, skewed=0.25), "1 m, 25% of clocks 120 s behind", id="behind"),
    ],
)
def test_conditions_in_words(conditions: Conditions, text: str) -> None:
    assert conditions.text == text

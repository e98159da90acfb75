"""clock_estimate, clock_watch: by how much a terminal's clock is wrong, from when its rows came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock_estimate import LAPSE, LINK, OFF, WEEKS, Estimate, Kind, named
from pipeline.clock_watch import STRETCHES, WINDOW, ClockWatch
from pipeline.names import NOBODY, Names
from pipeline.version import Said

START = 1_772_000_000.0
HOUR, DAY = 3600.0, 86_400.0


def said(received: np.ndarray, ahead: np.ndarray | float, delay: np.ndarray | float = 0.0, terminal: int = 0) -> Said:
    """Rows of one terminal whose clock is ahead by so much, and which took so long."""
    received = np.asarray(received, np.float64)
    return Said("gps", np.full(len(received), terminal, np.int32), received - delay + ahead, received)


def told(*some: Said, batch: int = 500) -> Estimate | None:
    """What is said of the terminal in the end."""
    names, watch = Names(["T1"]), ClockWatch()
    for each in some:
        for begin in range(0, len(each.ts), batch):
            part = slice(begin, begin + batch)
            watch.take(names, [Said(each.stream, each.terminal[part], each.ts[part], each.received[part])])
    wrong = watch.wrong()
    return wrong[0].estimate if wrong else None


def every(seconds: float, during: float, since: float = 0.0) -> np.ndarray:
    return START + np.arange(since, since + during, seconds)


def delays(n: int, seed: int = 1, least: float = 0.2) -> np.ndarray:
    """Of a mobile network: most rows take a second, some half a minute."""
    return least + np.random.default_rng(seed).gamma(0.7, 4.0, n)


@pytest.mark.parametrize(
    "ahead, kind, offset",
    [
        pytest.param(8 * HOUR, Kind.ZONE, 8 * HOUR, id="local-time-sent-as-utc"),
        pytest.param(-8 * HOUR, Kind.ZONE, -8 * HOUR, id="corrected-twice"),
        pytest.param(5.5 * HOUR, Kind.ZONE, 5.5 * HOUR, id="india"),
        pytest.param(8 * HOUR + 12, Kind.ZONE, 8 * HOUR, id="seconds-are-no-zone"),
        pytest.param(-WEEKS, Kind.ROLLOVER, -WEEKS, id="1024-weeks"),
        pytest.param(-2 * WEEKS, Kind.ROLLOVER, -2 * WEEKS, id="2048-weeks"),
        pytest.param(-WEEKS + 8 * HOUR, Kind.ROLLOVER, -WEEKS + 8 * HOUR, id="1024-weeks-and-a-zone"),
        pytest.param(400.0, Kind.STEADY, None, id="minutes"),
        pytest.param(-3 * DAY - 217.0, Kind.STEADY, None, id="days"),
        pytest.param(15 * HOUR, Kind.STEADY, None, id="no-zone-is-so-far"),
    ],
)
def test_a_steady_offset_is_found_and_named(ahead: float, kind: Kind, offset: float | None) -> None:
    received = every(10, 2 * HOUR)
    found = told(said(received, ahead, delays(len(received))))
    assert found is not None
    assert found.kind == kind
    assert found.drift == 0
    if offset is not None:
        assert found.offset == offset
    assert abs(found.offset - ahead) <= max(found.bound, OFF / 2)


@pytest.mark.parametrize("a_day", [8.6, -8.6, 120.0])
def test_a_drift_is_found(a_day: float) -> None:
    received = every(60, 4 * DAY)
    drift = 300.0 + a_day * (received - START) / DAY
    found = told(said(received, drift, delays(len(received))))
    assert found is not None
    assert found.kind == Kind.DRIFT
    assert found.drift == pytest.approx(a_day, abs=4.0)
    assert abs(found.offset - drift[-1]) <= found.bound


@pytest.mark.parametrize(
    "some",
    [
        pytest.param([said(every(10, DAY), 0.0, 2.0)], id="right"),
        pytest.param([said(every(10, DAY), 50.0)], id="less-than-a-minute"),
        pytest.param([said(every(10, HOUR), 8 * HOUR), said(every(10, HOUR, HOUR), 0, 1.0)], id="mended"),
        pytest.param([said(every(10, 300), 8 * HOUR)], id="too-little"),
        # a tunnel: what was stored comes newest last, as fast as it was stored, then live rows again
        pytest.param([said(every(10, HOUR), 0, 1.0), said(every(1, 3 * HOUR, HOUR), 0, HOUR)], id="fifo"),
        # the depot's WLAN: what was stored on the road comes at night, in twenty minutes
        pytest.param([said(every(1, 1200), 0, np.linspace(12 * HOUR, 60, 1200))], id="an-upload"),
        pytest.param([said(every(600, DAY), 0, np.arange(144) % 7 * HOUR)], id="uploads-of-all-ages"),
    ],
)
def test_whose_clock_is_right(some: list[Said]) -> None:
    assert told(*some) is None


def test_one_that_was_mended_is_right_again() -> None:
    names, watch = Names(["T1"]), ClockWatch()
    watch.take(names, [said(every(10, HOUR), 8 * HOUR)])
    assert watch.right_since("T1", "gps") is None
    watch.take(names, [said(every(10, HOUR, HOUR), 0.0, 1.0)])
    assert watch.wrong() == []
    assert watch.right_since("T1", "gps") == watch.right_since("T1", "") == START + 2 * HOUR - 10


@pytest.mark.parametrize(
    "ahead",
    [
        pytest.param(np.arange(360) // 36 % 2 * 3 * HOUR + HOUR, id="jumps"),
        pytest.param(np.linspace(100, 40_000, 360), id="runs-away"),
        pytest.param(-np.linspace(40 * DAY, 30 * DAY, 360), id="each-start-is-1970"),
    ],
)
def test_a_clock_that_jumps_about_can_not_be_corrected(ahead: np.ndarray) -> None:
    found = told(said(every(10, HOUR), ahead))
    assert found is not None
    assert found.kind == Kind.UNSTEADY


def test_a_row_with_a_damaged_time_decides_nothing() -> None:
    received = every(10, 2 * HOUR)
    ahead = np.full(len(received), 8 * HOUR)
    ahead[100::200] = 40_000 * DAY
    found = told(said(received, ahead, delays(len(received))))
    assert found is not None
    assert (found.kind, found.offset) == (Kind.ZONE, 8 * HOUR)


def test_a_clock_that_was_right_is_behind_only_after_hours() -> None:
    before, after = said(every(10, HOUR), 0.0, 1.0), every(10, LAPSE + HOUR, HOUR)
    assert told(before, said(after[: len(after) // 2], -8 * HOUR)) is None
    found = told(before, said(after, -8 * HOUR))
    assert found is not None
    assert found.offset == -8 * HOUR


def test_what_it_remembers_is_bounded() -> None:
    names = Names([f"T{n}" for n in range(9)])
    watch = ClockWatch(most=4)
    received = every(60, 5 * DAY)
    for terminal in range(9):
        watch.take(names, [said(received, DAY, terminal=terminal)])
    found = watch.wrong()
    assert [each.terminal for each in found] == ["T0", "T1", "T2", "T3"]
    assert watch.left_out > 0
    assert all(len(each.at) <= STRETCHES for each in watch._off.values())
    assert all(each.estimate.until - each.estimate.since <= WINDOW + HOUR for each in found)
    later = said(every(60, HOUR, 5 * DAY + 2 * WINDOW), DAY, terminal=8)
    watch.take(names, [later])
    assert [each.terminal for each in watch.wrong()] == ["T8"]  # the others have not been heard of for long


def test_nobody_and_no_time_are_left_out() -> None:
    received = every(10, HOUR)
    nobody = Said("gps", np.full(len(received), NOBODY, np.int32), received + DAY, received)
    assert told(nobody, said(received, np.full(len(received), np.nan))) is None


@given(
    st.floats(-20 * 365 * DAY, 20 * 365 * DAY).filter(lambda each: abs(each) > 2 * OFF),
    st.integers(1, 10_000),
    st.floats(0, LINK),
    st.sampled_from([1.0, 10.0, 60.0]),
    st.integers(20, 400),
)
def test_an_offset_is_found_within_its_bound(ahead: float, seed: int, least: float, apart: float, rows: int) -> None:
    """Whatever the network does, if in every ten rows one takes no longer than a link does."""
    received = START + np.arange(rows) * max(apart, 700 / rows)
    delay = delays(rows, seed, least)
    delay[::3] = np.random.default_rng(seed).uniform(0, LINK, len(delay[::3]))
    found = told(said(received, ahead, delay))
    assert found is not None
    assert found.kind != Kind.UNSTEADY
    kind, meant = named(ahead, found.bound)
    assert abs(found.offset - ahead) <= max(found.bound, OFF / 2) + 1e-6 or (found.kind, found.offset) == (kind, meant)


@given(st.data())
def test_a_right_clock_is_never_told_wrong(data: st.DataObject) -> None:
    """Live rows now and then, and between them uploads of any age and shape: in bursts, at the pace at which they were
    stored, newest first, each later than the one before."""
    at, some = 0.0, []
    for _ in range(data.draw(st.integers(1, 8))):
        live = data.draw(st.integers(1, 50))
        some.append(said(START + at + np.arange(live) * 10.0, 0.0, data.draw(st.floats(0, OFF - 1))))
        at += live * 10.0
        for _ in range(data.draw(st.integers(0, 3))):
            rows, pace = data.draw(st.integers(1, 300)), data.draw(st.sampled_from([0.0, 0.01, 1.0, 5.0]))
            oldest = data.draw(st.floats(0, 6 * DAY))
            newest = data.draw(st.floats(0, oldest))
            ages = np.linspace(oldest, newest, rows)
            if data.draw(st.booleans()):
                ages = ages[::-1]
            some.append(said(START + at + np.arange(rows) * pace, 0.0, ages))
            at += rows * pace + data.draw(st.floats(0, HOUR))
    assert told(*some) is None
    names, watch = Names(["T1"]), ClockWatch()
    for each in some:  # nor at any moment before the end
        watch.take(names, [each])
        assert watch.wrong() == []

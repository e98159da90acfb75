"""The time of a stream: by its arrival, by the camera's own word, over jumps; it never goes back."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.clock import JUMP, SETTLE, STEP, TRUST, FileClock, StreamClock

NOW = 1.7e9


def test_what_was_held_back_while_it_was_opened_is_known_when_it_has_caught_up() -> None:
    """25 pictures a second; the first second of them comes at once."""
    clock = StreamClock()
    for n in range(25):
        clock.hear(n / 25, NOW + 1.0 + n * 1e-4)
        assert clock.catching_up
    for n in range(25, 100):
        clock.hear(n / 25, NOW + n / 25 + 0.04)
        assert not clock.catching_up
        assert clock.stamp(n / 25, NOW + n / 25 + 0.04) == pytest.approx(NOW + n / 25 + 0.04, abs=0.01)
    assert clock.stretches == 1
    assert not clock.by_camera
    assert clock.offset == pytest.approx(0.0, abs=0.01)


def test_the_cameras_own_word_is_taken_over_without_a_step() -> None:
    """It comes after two seconds, and says that pictures are 300 ms old when they come."""
    clock, told = StreamClock(), []
    for n in range(500):
        said = NOW + n / 25 - 0.3 if n > 50 else None
        clock.hear(n / 25, NOW + n / 25, said)
        told.append(clock.stamp(n / 25, NOW + n / 25))
    assert told[40] == pytest.approx(NOW + 40 / 25, abs=0.01)
    assert told[-1] == pytest.approx(NOW + 499 / 25 - 0.3, abs=0.01)
    assert min(b - a for a, b in itertools.pairwise(told)) > 0.9 / 25
    assert clock.by_camera
    assert clock.offset == pytest.approx(-0.3, abs=0.01)


@pytest.mark.parametrize(
    "wrong, believed", [(TRUST - 1, True), (1 - TRUST, True), (TRUST + 1, False), (-NOW, False), (3600.0, False)]
)
def test_a_camera_without_a_time_server_is_told_and_not_believed(wrong: float, believed: bool) -> None:
    clock = StreamClock()
    for n in range(100):
        clock.hear(n / 25, NOW + n / 25, NOW + n / 25 + wrong)
    assert clock.by_camera == believed
    assert clock.offset == pytest.approx(wrong, abs=0.01)
    assert clock.stamp(99 / 25, NOW + 99 / 25) - (NOW + 99 / 25) == pytest.approx(wrong if believed else 0.0, abs=0.01)
    assert clock.stretches == 1


def test_a_clock_that_drifts_is_followed() -> None:
    """The camera's second is 200 millionths short: after an hour that is 0.7 s."""
    clock = StreamClock()
    for n in range(3600):
        clock.hear(n * (1 - 2e-4), NOW + n)
        assert abs(clock.stamp(n * (1 - 2e-4), NOW + n) - (NOW + n)) < 0.1
    assert clock.stretches == 1


@pytest.mark.parametrize(
    "stream, after, stretches",
    [
        pytest.param(10.04, 0.04, 1, id="goes on"),
        pytest.param(10.04, 8.0, 1, id="comes late"),
        pytest.param(10.04, 70.0, 2, id="stood still"),
        pytest.param(18.0, 8.0, 1, id="some were lost"),
        pytest.param(3610.0, 0.04, 2, id="jumps ahead"),
        pytest.param(0.0, 0.04, 2, id="begins anew"),
        pytest.param(10.0 - JUMP / 2, 0.04, 1, id="order of decoding"),
    ],
)
def test_a_jump_is_a_new_stretch(stream: float, after: float, stretches: int) -> None:
    clock = StreamClock()
    for n in range(251):
        clock.hear(n / 25, NOW + n / 25)
    last = clock.stamp(10.0, NOW + 10)
    arrival = NOW + 10 + after
    fresh = clock.hear(stream, arrival)
    assert (clock.stretches, fresh) == (stretches, stretches == 2)
    assert last < clock.stamp(stream, arrival) <= arrival + STEP


def test_without_stream_time_arrival_counts() -> None:
    clock = StreamClock()
    assert not clock.hear(None, NOW)
    assert clock.stamp(None, NOW) == NOW
    assert clock.stamp(None, NOW) == NOW + STEP
    assert math.isnan(clock.offset)
    assert clock.catching_up  # the first packets of a stream may lack what the later ones have
    clock.hear(None, NOW + 2)
    assert not clock.catching_up


@given(
    st.lists(
        st.tuples(
            st.floats(-5, 100) | st.floats(0, 0.1),
            st.floats(0, 100) | st.floats(0, 0.1),
            st.none() | st.floats(-20, 20),
        ),
        max_size=60,
    )
)
def test_time_never_goes_back(steps: list[tuple[float, float, float | None]]) -> None:
    clock, stream, arrival, last = StreamClock(), 0.0, NOW, -math.inf
    for gone, waited, camera in steps:
        stream, arrival = stream + gone, arrival + waited
        clock.hear(stream, arrival, None if camera is None else arrival + camera)
        ts = clock.stamp(stream, arrival)
        assert ts > last
        last = ts


def test_settling_ends() -> None:
    """A stream of which every packet comes faster than it was made is no burst for ever."""
    clock = StreamClock()
    n = 0
    while n / 50 < SETTLE + 1:
        clock.hear(n / 24.9, NOW + n / 50)
        n += 1
    assert not clock.catching_up


def test_a_recording_has_the_time_that_it_is_given() -> None:
    clock = FileClock(NOW)
    assert [clock.stamp(at) - NOW for at in (7.0, 7.5, None, 9.0, 8.0)] == pytest.approx([0, 0.5, 0.501, 2.0, 2.001])

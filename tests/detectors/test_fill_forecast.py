"""fill_forecast: wrong where the bin is likely to be full soon; the interval around it holds what it says."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.fill_forecast import SIZE, FillForecast
from pipeline.filling import CONFIDENCE, forecast
from tests.detectors.readings import judged
from tests.detectors.said import said

HOUR, DAY, STEP = 3600.0, 86400.0, 300.0
Floats = NDArray[np.floating]
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "values, expected",
    [  # a reading an hour, full at 90 %, within 4 h; w wrong, r right, . neither
        # 0   1   2   3   4   5   6   7   8   9
        pytest.param([10, 20, 30, 40, 50, 60, 70, 80], "...rwwww", id="ten-an-hour"),
        pytest.param([10, 12, 14, 16, 18, 20, 22, 24], "...rrrrr", id="two-an-hour"),
        pytest.param([50, 50, 50, 50, 50, 50], "...rrr", id="not-filling"),
        pytest.param([60, 58, 57, 55, 54, 52], "...rrr", id="settling"),
        pytest.param([50, 60, 70, 80, 90, 95, 95], "...w...", id="full-is-another-question"),
        pytest.param([40, 50, 60, 70, 80, 12, 13, 14, 15, 16], "...ww.r.rr", id="emptied-and-slower"),
        pytest.param([40, 50, 60, 70, 80, 12, 90, 95], "...ww...", id="a-low-echo"),
        pytest.param([10, 12, 14, 16, 88, 18, 20, 22], "...rrrrr", id="a-high-echo"),
        pytest.param([10, 12, 14, 16, -34, 18, 20, 140, 22], "...r.rr.r", id="no-levels"),
    ],
)
def test_judge(values: list[float], expected: str) -> None:
    assert said(judged(FillForecast(), values, HOUR)) == expected


def test_it_shows_hours() -> None:
    judgement = judged(FillForecast(), [10, 20, 30, 40, 50, 60], HOUR)
    assert judgement.measure is not None
    np.testing.assert_allclose(judgement.measure, [NAN, NAN, NAN, 5, 4, 3])


def test_many_readings_are_spread_over_the_time_since_the_last_emptying() -> None:
    """A reading a minute for a day: a memory of the newest alone would see twenty minutes of scatter."""
    chance = np.random.default_rng(0)
    values = np.linspace(0.0, 72.0, 1440) + chance.normal(0.0, 2.0, 1440)
    judgement = judged(FillForecast(), values.tolist(), 60.0)
    assert judgement.measure is not None
    assert judgement.measure[-1] == pytest.approx(6.0, abs=1.0)


# ---- the forecast itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "times, values, expected",
    [  # hours, %
        pytest.param([0, 1, 2, 3], [10, 20, 30, 40], 8, id="a-line"),
        pytest.param([0, 1, 2, 3, 4, 5], [10, 20, 90, 40, 50, 60], 8, id="one-stray"),
        pytest.param([0, 1, 2, 3, 4, 5], [10, 20, 30, 40, 50, 0], 8, id="the-newest-is-stray"),
        pytest.param([NAN, NAN, 0, 1, 2, 3], [NAN, NAN, 10, 20, 30, 40], 8, id="fewer-than-there-is-room-for"),
        pytest.param([0, 1, 2, 3], [50, 50, 50, 50], INF, id="standing"),
        pytest.param([0, 1, 2, 3], [60, 70, 80, 90], 3, id="full"),
        pytest.param([0, 1, 2], [10, 20, 30], NAN, id="too-few"),
        pytest.param([1, 1, 1, 1], [10, 20, 30, 40], INF, id="all-at-once"),
    ],
)
def test_forecast(times: list[float], values: list[float], expected: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        early, likely, late = forecast(np.array(times) * HOUR, np.array(values, np.float64), 90.0)
    assert np.shape(likely) == ()
    assert float(likely) / HOUR == pytest.approx(expected, nan_ok=True)
    assert np.isnan(expected) or early <= likely <= late


def test_many_containers_at_once() -> None:
    times = np.tile(np.arange(4.0), (2, 1))
    values = np.array([[10.0, 20, 30, 40], [10, 15, 20, 25]])
    both = forecast(times, values, 90.0)
    for k in range(2):
        assert [when[k] for when in both] == [float(when) for when in forecast(times[k], values[k], 90.0)]


Rates = Callable[[np.random.Generator, float, Floats], Floats]
"""(chance, % a step, hour of the day of each step) -> what comes in at each step, %."""


def market(chance: np.random.Generator, rate: float, hour: Floats) -> Floats:
    rush = np.repeat(chance.poisson(0.25, len(hour) // 12 + 1), 12)[: len(hour)]
    return rate * (0.6 + 1.6 * rush)


FILLS: dict[str, Rates] = {
    "steady": lambda _, rate, hour: np.full(len(hour), rate),
    "by-day": lambda _, rate, hour: rate * np.where((hour > 7) & (hour < 22), 1.5, 0.15),
    "with-the-sun": lambda _, rate, hour: rate * (1 + 0.8 * np.sin(2 * np.pi * (hour - 9) / 24)),
    "faster-and-faster": lambda _, rate, hour: rate * np.linspace(0.6, 1.4, len(hour)),
    "in-sacks": lambda chance, rate, hour: chance.poisson(rate / 4, len(hour)) * 4.0,
    "in-sacks-by-day": lambda chance, rate, hour: (
        chance.poisson(rate / 2 * np.where((hour > 7) & (hour < 22), 1.5, 0.15)) * 2.0
    ),
    "in-rushes": market,
}


@pytest.mark.parametrize("noise", [0.3, 2.0])
@pytest.mark.parametrize("how", FILLS)
def test_the_interval_holds_what_it_says(how: str, noise: float) -> None:
    """400 fills of half a day to five days, each asked about once on its way, 1 reading in 50 stray."""
    chance = np.random.default_rng(20240501)
    times: list[Floats] = []
    values: list[Floats] = []
    truth: list[float] = []
    while len(truth) < 400:
        rate = 100.0 / (chance.uniform(0.5, 5) * DAY) * STEP
        ts = np.arange(0.0, 14 * DAY, STEP)
        level = np.cumsum(FILLS[how](chance, rate, (ts / HOUR + chance.uniform(0, 24)) % 24))
        full = int(np.searchsorted(level, 90.0))
        asked = np.arange(0, int(full * chance.uniform(0.3, 0.95)), int(chance.choice([2, 6, 12])))
        if full == len(ts) or len(asked) < 8:
            continue
        asked = asked[np.unique(np.linspace(0, len(asked) - 1, SIZE).astype(int))]
        measured = level[asked] + chance.normal(0.0, noise, len(asked))
        measured = np.where(chance.random(len(asked)) < 0.02, chance.uniform(0, 100, len(asked)), measured)
        room = np.full(SIZE - len(asked), NAN)
        times.append(np.concatenate([room, ts[asked]]))
        values.append(np.concatenate([room, measured]))
        truth.append(ts[full])
    early, likely, late = forecast(np.array(times), np.array(values), 90.0)
    held = float(np.mean((early <= truth) & (truth <= late)))
    assert held >= CONFIDENCE - 0.05
    assert np.mean(early <= likely) == np.mean(likely <= late) == 1.0

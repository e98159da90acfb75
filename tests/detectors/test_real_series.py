"""Real sensors (Numenta Anomaly Benchmark), through the engine: what people marked as wrong is found, and little else.

The four series are of machine and room temperatures (°F), of speed (mph) and of occupancy (%) on a road; the windows
around what was wrong are those of the benchmark. Bounds are such as an operator would choose; they were chosen with
these series and their windows at hand, so that this shows what such bounds can do, not how well they foresee.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.bins import DATA
from detectors.rate_of_change import RateOfChange
from detectors.stuck import Stuck
from detectors.threshold import Threshold
from pipeline.detector import Detector
from pipeline.episode import Episode
from pipeline.rows import Floats, Reading
from pipeline.version import Hold, Rule
from replay.driving import drive, table
from tests.detectors.readings import WORLD

SERIES = DATA / "series"
WINDOWS = SERIES / "combined_windows.json"
MACHINE, ROOM = "machine_temperature_system_failure", "ambient_temperature_system_failure"
SPEED, OCCUPANCY = "speed_7578", "occupancy_6005"
NO_HOLD: dict[str, str] = {}
pytestmark = pytest.mark.skipif(
    not WINDOWS.exists(),
    reason=f"there is no {WINDOWS.name}: put the series into ../shared/data, or name their folder in GRIDWATCH_DATA",
)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def series(name: str) -> tuple[Floats, Floats]:
    """(times, values), in order of time: one file has an hour of its clock twice."""
    with (SERIES / f"{name}.csv").open(encoding="utf-8") as lines:
        found = dict(sorted((seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(lines)))
    return np.array(list(found)), np.array(list(found.values()))


def windows(name: str) -> list[tuple[float, float]]:
    said = json.loads(WINDOWS.read_text("utf-8"))
    (mine,) = (spans for file, spans in said.items() if file.endswith(f"/{name}.csv"))
    return [(seconds(a), seconds(b)) for a, b in mine]


def episodes(detector: Detector, times: Floats, values: Floats, hold: dict[str, str] = NO_HOLD) -> list[Episode]:
    records: list[dict[str, float | str]] = [
        {"subject": "s", "metric": "m", "ts": t, "value": v}
        for t, v in zip(times.tolist(), values.tolist(), strict=True)
    ]
    return drive([Rule("r", detector, Hold.model_validate(hold))], table(Reading, records, WORLD.names), WORLD)


def meets(episode: Episode, window: tuple[float, float]) -> bool:
    return episode.started <= window[1] and not episode.ended < window[0]


@pytest.mark.parametrize(
    "name, detector, hold, found, others",
    [  # found: which windows; others: how many episodes at most outside of all of them
        pytest.param(
            MACHINE, Threshold.model_validate({"below": "40 °F"}), {"for": "1h", "clear": "1h"}, {1, 3}, 0, id="stops"
        ),
        pytest.param(ROOM, Threshold.model_validate({"above": "81 °F"}), {"for": "2h"}, {0}, 0, id="too-warm"),
        pytest.param(SPEED, Threshold.model_validate({"below": "50 mph"}), {"for": "15min"}, {1, 2, 3}, 1, id="a-jam"),
        pytest.param(
            MACHINE, RateOfChange.model_validate({"fall": "20 °F", "within": "1h"}), {}, {1}, 1, id="cools-fast"
        ),
    ],
)
def test_what_is_wrong_is_found(
    name: str, detector: Detector, hold: dict[str, str], found: set[int], others: int
) -> None:
    mine, marked = episodes(detector, *series(name), hold), windows(name)
    assert {i for i, window in enumerate(marked) if any(meets(episode, window) for episode in mine)} == found
    assert sum(not any(meets(episode, window) for window in marked) for episode in mine) <= others


@pytest.mark.parametrize("name", [MACHINE, ROOM, SPEED, OCCUPANCY])
def test_a_live_sensor_is_not_stuck(name: str) -> None:
    assert episodes(Stuck(), *series(name)) == []


@pytest.mark.parametrize("name", [MACHINE, ROOM, OCCUPANCY])
def test_one_that_freezes_for_two_days_is(name: str) -> None:
    times, values = series(name)
    middle = float(times[len(times) // 2])
    frozen = (times >= middle) & (times <= middle + 2 * 86400.0)
    values[frozen] = values[np.flatnonzero(frozen)[0]]
    (only,) = episodes(Stuck(), times, values)
    assert middle + 86400.0 < only.started <= middle + 2 * 86400.0
    assert only.ended > middle + 2 * 86400.0

"""rows: blocks of rows for tests of the history, with one line for each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from connectors.history.settings import HistorySection
from pipeline.names import NOBODY, Names
from pipeline.rows import Position, Reading, Sighting, unknown

START = 1_790_000_000.0
METRE = 1 / 111_195.0
"""Degrees of latitude."""


def positions(names: Names, said: Iterable[tuple[str, float, float, float, float]], **extra: list[float]) -> Position:
    """(subject, seconds after START, metres north, speed, heading)"""
    subject, ts, north, speed, heading = (list(column) for column in zip(*said, strict=True))
    n = len(ts)
    at = START + np.array(ts, np.float64)
    return Position(
        names.codes(subject),
        at,
        at + 1.0,
        np.arange(n),
        np.zeros(n, np.int32),
        np.full(n, 121.9),
        30.9 + np.array(north, np.float64) * METRE,
        np.array(speed, np.float64),
        np.array(heading, np.float64),
        *(unknown(n) for _ in range(5)),
        extra={name: np.array(values, np.float64) for name, values in extra.items()},
    )


def readings(names: Names, said: Iterable[tuple[str, str, float, float]]) -> Reading:
    """(subject, metric, seconds after START, value)"""
    subject, metric, ts, value = (list(column) for column in zip(*said, strict=True))
    n, at = len(ts), START + np.array(ts, np.float64)
    codes = names.codes(subject), names.codes(metric)
    return Reading(codes[0], at, at, np.arange(n), np.zeros(n, np.int32), codes[1], np.array(value, np.float64))


def sightings(names: Names, said: Iterable[tuple[str, int, str, float]]) -> Sighting:
    """(camera, track, label, seconds after START)"""
    subject, track, label, ts = (list(column) for column in zip(*said, strict=True))
    n, at = len(ts), START + np.array(ts, np.float64)
    quarter = np.full(n, 0.25)
    zone = np.full(n, NOBODY, np.int32)
    zone[0] = names.code("gate 1")
    return Sighting(
        names.codes(subject),
        at,
        at,
        np.arange(n),
        np.zeros(n, np.int32),
        np.array(track, np.int64),
        names.codes(label),
        *(quarter, quarter, quarter, quarter, quarter),
        zone,
        np.zeros(n),
    )


def settings(url: str = "http://127.0.0.1:1", database: str = "none", **different: object) -> HistorySection:
    return HistorySection.model_validate({"url": url, "bucket": f"{database}/autogen", **different})

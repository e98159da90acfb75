"""Free parking spaces are told as they were counted last."""

from __future__ import annotations

import numpy as np

from console.public_parking import Count
from gridwatch.public_beside import counts_of
from pipeline.latest import Latest
from pipeline.names import Names
from pipeline.rows import Reading

NOW = 1_700_000_000.0


def test_parking_spaces_are_those_that_were_counted_last() -> None:
    names, latest = Names(), Latest(points=10)
    said = [("market", "spaces_free", 12.0), ("market", "spaces_taken", 28.0), ("pm-1", "pm10", 80.0)]
    n = len(said)
    rows = Reading(
        stream=np.zeros(n, np.int32),
        subject=np.array([names.code(each[0]) for each in said], np.int32),
        metric=np.array([names.code(each[1]) for each in said], np.int32),
        ts=np.full(n, NOW),
        value=np.array([each[2] for each in said]),
        received=np.full(n, NOW),
        position=np.arange(n),
    )
    latest.take(names, [rows], 60.0)
    assert list(counts_of(latest)()) == [Count("market", NOW, 12, 28)]

"""readings: what a detector with memory says of one sensor's readings, for the tables of the detectors' tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.detector import Detector, Judgement
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.rows import Reading
from pipeline.world import World
from replay.driving import table

WORLD = World(Registers())


def judged(detector: Detector, values: Sequence[float], every: float | Sequence[float] = 60.0) -> Judgement:
    """Its judgement of the values. every: seconds between two of them, or the time of each."""
    times = np.arange(len(values)) * every if isinstance(every, float) else np.asarray(every)
    records: list[dict[str, float | str]] = [
        {"subject": "B1", "metric": "m", "ts": float(t), "value": float(v)} for t, v in zip(times, values, strict=True)
    ]
    memory = np.zeros(1, detector.memory)
    return detector.judge_runs(table(Reading, records, Names()), np.array([0]), WORLD, memory)

"""emptying: when was a container last emptied, going by its level?

For detectors that remember it, one row of each key at a time. A container was emptied where its level falls by `drop`
or to `empty`, and the next reading agrees. Two readings no more than `echo` apart check each other, because ultrasonic
sensors catch a stray echo now and then, high or low; farther apart, each is believed, because a container that fills
in a day is full, empty and full again in three daily readings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.detector import Memory
from pipeline.rows import Flags, Floats

FIELDS = [
    ("heard", "?"), ("falling", "?"), ("since", "f8"), ("fell", "f8"), ("level", "f8"),
    ("ts", "f8"), ("value", "f8"), ("before_ts", "f8"), ("before", "f8"),
]  # fmt: skip
"""What is remembered of each key: `since` when it was last known to be empty (at first: its first row); while
`falling`, the level before and since when."""


def step(memory: Memory, ts: Floats, value: Floats, drop: float, empty: float, echo: float) -> Flags:
    """One more reading of each key, shape (n,): which ones show that the container was emptied, since `since`.

    memory: a record a key with FIELDS, shape (n,), written in place. drop, empty: in the value's unit. echo: seconds.
    """
    heard, falling = memory["heard"].copy(), memory["falling"].copy()
    sparse = ts - memory["ts"] > echo
    checked = memory["ts"] - memory["before_ts"] <= echo
    level = np.where(checked, np.minimum(memory["value"], memory["before"]), memory["value"])
    level = np.where(falling, memory["level"], level)
    low = heard & ((value <= level - drop) | ((value <= empty) & (falling | (memory["value"] > empty))))
    # a fall that is taken back at once was an echo; taken back much later, the container was filled anew
    agreed = falling & (low | (ts - memory["fell"] > echo))
    emptied: Flags = agreed | (low & ~falling & sparse)
    echoed = falling & ~agreed
    begins = low & ~falling & ~sparse
    still = heard & ~falling & (value <= empty) & (memory["value"] <= empty)

    since = np.where(agreed, memory["fell"], memory["since"])
    since = np.where(~heard | still | (emptied & (value <= empty)) | (emptied & ~agreed), ts, since)
    memory["since"] = since
    memory["fell"] = np.where(begins, ts, memory["fell"])
    memory["level"] = np.where(begins, level, memory["level"])
    memory["falling"] = begins
    # an echo is no level that others are checked by
    _shift(memory, np.where(echoed, memory["level"], memory["value"]), ts, value, ~heard)
    return emptied


def _shift(memory: Memory, before: NDArray[np.float64], ts: Floats, value: Floats, first: Flags) -> None:
    memory["before"] = np.where(first, value, before)
    memory["before_ts"] = np.where(first, -np.inf, memory["ts"])
    memory["value"], memory["ts"], memory["heard"] = value, ts, True

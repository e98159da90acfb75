"""heard: who has been heard of when, from an engine at work: one record for each line.

To be asked from any thread while the engine judges: columns may have grown between two looks, so each is cut to the
shortest. A line that was forgotten (docs/concepts/time.md, rule 15) is not there any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from pipeline.engine import Engine
from pipeline.rows import Floats, Longs


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one kind of row. All columns of shape (n,)."""

    kind: str
    subject: Longs
    """Codes of the engine's names."""
    stream: Longs
    """Positions in `engine.streams`."""
    ts: Floats
    """Event time of the newest row, UTC seconds."""
    received: Floats
    """When it was received, UTC seconds."""


def heard(engine: Engine) -> list[Heard]:
    """Of each kind of row of which there is any."""
    found = []
    for name, state in list(engine.kinds.items()):
        lines = state.lines.lines
        columns = {column: lines[column].copy() for column in ("newest", "received", "key", "stream")}
        n = min(map(len, columns.values()))
        pairs = state.key_numbers.pairs
        subjects = np.fromiter((pair[0] for pair in islice(pairs, len(pairs))), np.int64)
        there = np.isfinite(columns["received"][:n]) & (columns["key"][:n] >= 0) & (columns["key"][:n] < len(subjects))
        if there.any():
            kept = {column: values[:n][there] for column, values in columns.items()}
            subject = subjects[kept["key"]]
            found.append(Heard(name, subject, kept["stream"].astype(np.int64), kept["newest"], kept["received"]))
    return found

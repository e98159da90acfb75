"""oracle_carry: which readings are carried into positions: docs/concepts/time.md, "Readings carried into positions".

Written from the page alone, like `tests/oracle.py`, which asks it row by row in the order in which rows go.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.rows import Rows
from pipeline.version import Stream
from tests.oracle_book import Row

KEPT = 32


class Carried:
    """What the accepted readings of the metrics that are carried said: ts -> value, of each subject and metric.

    They outlive the line and key that they came by (7).
    """

    def __init__(self, hits: Counter[str]) -> None:
        self.hits = hits
        self.columns: set[str] = set()
        self.kept: dict[tuple[str, str], dict[float, float]] = {}

    def change(self, streams: Iterable[Stream]) -> None:
        """What a version's streams carry is kept from here on, and what none of them carries is no more."""
        self.columns = {column for stream in streams for column in stream.carry}
        self.kept = {name: readings for name, readings in self.kept.items() if name[1] in self.columns}

    def keep(self, row: Row) -> None:
        """A reading is accepted. One without a value is none; those of one ts are one, the greatest."""
        _, subject, metric = row.key
        value = float(row.one.column("value")[0])
        self.hits["carry: without a value"] += metric in self.columns and math.isnan(value)
        if metric in self.columns and not math.isnan(value):
            readings = self.kept.setdefault((subject, metric), {})
            self.hits["carry: several of one time"] += row.ts in readings
            readings[row.ts] = max(value, readings.get(row.ts, value))
            if len(readings) > KEPT:  # of those that went so far; what goes later in the same turn does not count
                del readings[min(readings)]
                self.hits["carry: more than are kept"] += 1

    def fill(self, row: Row, stream: Stream, how: str) -> None:
        """A position is accepted, live or late: it takes what it lacks."""
        for column in [column for column in stream.carry if lacks(row.one, column)]:
            readings = self.kept.get((row.key[1], column), {})
            ts = max((ts for ts in readings if ts <= row.ts), default=math.nan)
            if row.ts - ts <= stream.carry[column]:  # never, where there is none
                row.one = with_column(row.one, column, readings[ts])
                self.hits[f"carry: {how}"] += 1
                self.hits["carry: not the newest"] += ts < max(readings)
            elif readings:
                self.hits["carry: too old" if ts < row.ts else "carry: none before"] += 1


def lacks(one: Rows, column: str) -> bool:
    """It says nothing of the column itself."""
    own = one.column(column)
    return own is None or math.isnan(own[0])


def with_column(one: Rows, column: str, value: float) -> Rows:
    """The row with a value in a column, its own or a further one."""
    found: dict[str, Any] = {column: np.array([value])}
    return replace(one, **found) if column in one.own() else replace(one, extra=one.extra | found)

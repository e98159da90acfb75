"""handling: how long cases took from filing (立案) to being handled (处置): distribution, median and 95th percentile.

Reads `cases`: those that count (docs/concepts/indicators.md, rule 2), were filed, and were handled in the time that is
asked for. One of which nobody said that it is handled was handled when it was closed. What a case waited while it was
suspended is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from cases.indicators.asking import Question
from cases.indicators.catalogue import FALSE_VERDICTS
from cases.indicators.working import WorkingTime
from cases.tables.desk import CASES
from pipeline.rows import Floats

_HOUR = 3600.0
EDGES = tuple(_HOUR * each for each in (0.5, 1, 2, 4, 8, 12, 24, 48, 72, 120, 168))
"""Seconds at which one bar of the distribution ends and the next begins; the last has no end."""
MOST = 500_000
"""Cases that are read at most: the newest."""


class Took(NamedTuple):
    """Of a group; durations are seconds. None where there is no case."""

    group: tuple[str, ...]
    cases: int
    median: float | None
    p95: float | None
    worked_median: float | None
    """In working time."""
    worked_p95: float | None
    bars: tuple[int, ...]
    """How many cases took less than each of EDGES and not less than the one before, and then the rest."""


def ask_handling(connection: sa.Connection, question: Question, working: WorkingTime) -> tuple[Took, Sequence[Took]]:
    """(All together, each group); the groups in order. `question.period` is not looked at."""
    c = CASES.c
    done = sa.func.coalesce(c.handled, c.closed)
    query = (
        sa.select(*question.columns(), c.filed, done.label("done"))
        .where(done >= question.start, done < min(question.end, question.now), c.filed.is_not(None), c.filed <= done)
        .where(c.state != "rejected", c.verdict.not_in(FALSE_VERDICTS), *question.conditions())
        .order_by(done.desc())
        .limit(MOST)
    )
    found: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for row in connection.execute(query):
        found[tuple(row[:-2])].append((row[-2], row[-1]))
    all_times = [times for group in found.values() for times in group]
    groups = [_took(group, times, working) for group, times in sorted(found.items())] if question.by else []
    return _took((), all_times, working), groups


def _took(group: tuple[str, ...], times: Sequence[tuple[float, float]], working: WorkingTime) -> Took:
    filed, done = np.array(times, np.float64).reshape(-1, 2).T
    took = done - filed
    bars = np.bincount(np.searchsorted(EDGES, took, side="right"), minlength=len(EDGES) + 1)
    worked = working.between(filed, done)
    return Took(
        group,
        len(took),
        _rank(took, 0.5),
        _rank(took, 0.95),
        _rank(worked, 0.5),
        _rank(worked, 0.95),
        tuple(int(bar) for bar in bars),
    )


def _rank(durations: Floats, share: float) -> float | None:
    """A percentile that occurred, by nearest rank."""
    n = len(durations)
    if not n:
        return None
    at = max(int(np.ceil(share * n)) - 1, 0)
    return float(np.partition(durations, at)[at])

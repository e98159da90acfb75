"""stays: how long cases were in each state, on the clock and in working time, from their steps.

A step that leaves a state knows since when the case had been in it. The durations are columns here: working time
and percentiles need them one by one. PostgreSQL packs each group's into one value, or the rows alone would take longer
than all else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from cases.indicators.asking import Question
from cases.indicators.counting import passed
from cases.indicators.periods import Period
from cases.indicators.working import WorkingTime
from cases.life import ENDED, State
from cases.tables.desk import CASES, STEPS
from pipeline.rows import Floats

_Key = tuple[int, tuple[str, ...], str]
"""A period's number, a group, a state."""


class Spread(NamedTuple):
    """Of durations, seconds."""

    median: float
    p90: float


class Stays(NamedTuple):
    """How long cases of a group were in a state, of the stays that ended in a period."""

    period: Period
    group: tuple[str, ...]
    state: str
    stays: int
    clock: Spread
    working: Spread


def ask_stays(connection: sa.Connection, question: Question, working: WorkingTime) -> Sequence[Stays]:
    """A line for each period, group and state that was left in it, in the order of the life of a case.

    Raises ValueError where there are too many periods.
    """
    periods = question.periods()
    if not periods:
        return []
    found = []
    for (number, group, state), times in sorted(_times(connection, question, periods).items(), key=_order):
        came, left = np.minimum(times[:, 0], times[:, 1]), times[:, 1]
        clock, worked = spread(left - came), spread(working.between(came, left))
        found.append(Stays(periods[number], group, state, len(left), clock, worked))
    return found


_PLACES = {state.value: place for place, state in enumerate(State)}


def _order(item: tuple[_Key, Floats]) -> tuple[int, tuple[str, ...], int, str]:
    (number, group, state), _ = item
    return number, group, _PLACES.get(state, len(_PLACES)), state


def spread(durations: Floats) -> Spread:
    """Shape (n,), n > 0. Percentiles that occurred, by nearest rank."""
    n = len(durations)
    middle, tenth = (n + 1) // 2 - 1, (9 * n + 9) // 10 - 1
    ranked = np.partition(durations, (middle, tenth))
    return Spread(float(ranked[middle]), float(ranked[tenth]))


def _times(connection: sa.Connection, question: Question, periods: Sequence[Period]) -> Mapping[_Key, Floats]:
    """When cases came into a state and when they left it, shape (n, 2)."""
    s, c = STEPS.c, CASES.c
    number = passed(s.at, [period.end for period in periods])
    came = sa.func.coalesce(s.since, c.opened)
    rows = (
        sa.select(number.label("period"), s.from_state, *question.columns(), came.label("came"), s.at.label("left"))
        .join_from(STEPS, CASES, s.case_id == c.id)
        .where(
            s.at >= periods[0].start,
            s.at < periods[-1].end,
            s.from_state != s.to_state,
            s.from_state.not_in([state.value for state in ENDED]),
            *question.conditions(),
        )
    )
    if connection.dialect.name == "postgresql":
        *keys, began, left = rows.subquery().columns
        pairs = sa.func.float8send(began).concat(sa.func.float8send(left))
        packed = sa.func.string_agg(pairs, sa.literal_column("''::bytea"))
        return {
            (row[0], tuple(row[2:-1]), row[1]): np.frombuffer(row[-1], ">f8").astype(np.float64).reshape(-1, 2)
            for row in connection.execute(sa.select(*keys, packed).group_by(*keys))
        }
    found: dict[_Key, list[tuple[float, float]]] = defaultdict(list)
    for row in connection.execute(rows):
        found[row[0], tuple(row[2:-2]), row[1]].append((row[-2], row[-1]))
    return {key: np.array(times, np.float64) for key, times in found.items()}

"""reading_counts: how many cases there are to be worked on, as the head of a queue says it."""

from __future__ import annotations

from collections import Counter

import msgspec
import sqlalchemy as sa

from cases.life import State
from cases.reading import NONE, Filters, fits
from cases.tables import CASES
from cases.tables.desk import ACTIVE


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many active cases fit, in all, by state and by severity, and how many of them are late or nearly so."""

    all: int
    states: dict[str, int]
    severities: dict[int, int]
    overdue: int
    warning: int


def counts(connection: sa.Connection, filters: Filters = NONE, *where: sa.ColumnElement[bool]) -> Counts:
    """Of the active cases that fit. where: what else must hold of a case."""
    by = CASES.c.state, CASES.c.deadline, CASES.c.severity
    query = sa.select(*by, sa.func.count()).where(ACTIVE, *fits(filters), *where).group_by(*by)
    states: Counter[str] = Counter()
    late: Counter[str] = Counter()
    severities: Counter[int] = Counter()
    for state, deadline, severity, number in connection.execute(query):
        states[state] += number
        late[deadline] += number
        severities[severity] += number
    return Counts(
        all=states.total(),
        states={state.value: states[state] for state in State if states[state]},
        severities=dict(sorted(severities.items(), reverse=True)),
        overdue=late["overdue"],
        warning=late["warning"],
    )

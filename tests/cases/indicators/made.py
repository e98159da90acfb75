"""Cases and steps made for tests: whole rows of the tables, of the few values that a test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.tables.desk import CASES, STEPS

_EMPTY: dict[type[Any], Any] = {str: "", int: 0, bool: False, float: 0.0}


def case(id: str, **values: Any) -> dict[str, Any]:
    """A row of `cases`: what is not given is empty, 0 or NULL."""
    row = {c.name: None if c.nullable else _empty(c) for c in CASES.columns}
    return row | {"id": id, "number": id, "state": "filed", "helpers": [], "channel": "hand"} | values


def moves(case: str, *moved: tuple[str, str, float]) -> list[dict[str, Any]]:
    """The steps of a case, each (from, to, at); `since` as the desk writes it."""
    since: float | None = None
    steps = []
    for number, (before, after, at) in enumerate(moved, 1):
        steps.append(step(case, number, before, after, at, since=since))
        since = at if before != after else since
    return steps


def step(case: str, number: int, from_state: str, to_state: str, at: float, **values: Any) -> dict[str, Any]:
    """A row of `steps`."""
    row = {c.name: None if c.nullable else _empty(c) for c in STEPS.columns}
    row |= {"id": f"{case}/{number}", "case_id": case, "number": number, "at": at, "data": {}}
    return row | {"from_state": from_state, "to_state": to_state} | values


def keep(database: sa.Engine, cases: Iterable[Mapping[str, Any]], steps: Iterable[Mapping[str, Any]] = ()) -> None:
    """In place of all that was there."""
    with writing(database) as connection:
        for table, rows in ((CASES, list(cases)), (STEPS, list(steps))):
            connection.execute(table.delete())
            if rows:
                connection.execute(table.insert(), rows)


def _empty(column: sa.Column[Any]) -> Any:
    try:
        return _EMPTY.get(column.type.python_type, [])
    except NotImplementedError:
        return []

"""rows: whole rows of the store's tables, of which a test says only what it is about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.tables import CASES

_EMPTY: dict[type, Any] = {str: "", int: 0, float: 0.0, bool: False}


def row(table: sa.Table, **known: Any) -> dict[str, Any]:
    """A whole row: what is known, and nothing."""
    made = {c.name: None if c.nullable else _EMPTY.get(c.type.python_type, []) for c in table.columns}
    return made | known


def case(id: str, **known: Any) -> dict[str, Any]:
    usual = {
        "number": f"n-{id}",
        "state": "handling",
        "severity": 2,
        "opened": 1000.0,
        "filed": 1000.0,
        "channel": "machine",
    }
    return row(CASES, id=id, **usual | known)


def put(database: sa.Engine, *cases: dict[str, Any]) -> None:
    with writing(database) as connection:
        connection.execute(CASES.insert(), list(cases))

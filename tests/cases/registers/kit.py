"""kit: registers in a store, for tests: rows as they would be after an import, without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cases.registers.cells import cells_of
from cases.tables import METADATA, REGISTER_CHANGES, REGISTER_ROWS


def empty_store() -> sa.Engine:
    """A store in memory."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    METADATA.create_all(engine)
    return engine


def change(connection: sa.Connection, register: str) -> int:
    """A change of a register; its number."""
    values = {"register": register, "at": 0.0, "by": "test", "mode": "replace", "source": "test"}
    values |= {"added": 0, "removed": 0, "skipped": 0}
    added = REGISTER_CHANGES.insert().values(**values).returning(REGISTER_CHANGES.c.number)
    return int(connection.execute(added).scalar_one())


def keep(connection: sa.Connection, register: str, rows: Iterable[dict[str, Any]]) -> None:
    """Rows of a register: id, valid_from, valid_to, the others are data."""
    number = change(connection, register)
    for row in rows:
        row = {"valid_from": None, "valid_to": None, **row}
        times = {name: row.pop(name) for name in ("id", "valid_from", "valid_to")}
        connection.execute(REGISTER_ROWS.insert().values(register=register, since=number, data=row, **times))


def keep_points(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Rows of a large register."""
    number = change(connection, table.name)
    defaults: dict[str, Any] = {column.name: "" for column in table.columns if isinstance(column.type, sa.String)}
    defaults |= {"valid_from": None, "valid_to": None, "since": number}
    values = [{**defaults, **row, "cell": int(cells_of(row["lon"], row["lat"]))} for row in rows]
    if values:
        connection.execute(table.insert(), values)

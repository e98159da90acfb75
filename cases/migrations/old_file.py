"""old_file: cases.sqlite as it was when each episode was a case by itself, before there were migrations.

Its version stands in SQLite's user_version: old-1 has `cases` and `applied`, old-2 also `verdicts`. Each of its cases
becomes an episode and a case of that one member, reported and not yet filed, since nobody could file it; what was said
of it becomes its steps. Nothing is told to other systems about it: it is the past.
"""

from __future__ import annotations

import uuid
import warnings
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

VERSIONS = ("old-1", "old-2")
NO_MORE = 3
"""The user_version of a file that has migrations: to a gridwatch from before it is a newer one's."""

_TABLES = ("cases", "applied", "verdicts")
_MANY = 1000
_EMPTY: Mapping[type, Any] = {str: "", int: 0, float: 0.0, bool: False}
"""Of what is neither: the empty list."""

Old = Mapping[str, str]
"""What the tables that were set aside are called now."""


def version(connection: sa.Connection) -> str:
    """'' where it is no such file."""
    if connection.dialect.name != "sqlite":
        return ""
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    return f"old-{found}" if found != 0 else ""


def set_aside(connection: sa.Connection) -> Old:
    """Make room for tables of the same names."""
    there = [name for name in _TABLES if sa.inspect(connection).has_table(name)]
    for name in there:
        for index in sa.inspect(connection).get_indexes(name):
            connection.exec_driver_sql(f'DROP INDEX "{index["name"]}"')
        connection.exec_driver_sql(f'ALTER TABLE "{name}" RENAME TO "old_{name}"')
    return {name: f"old_{name}" for name in there}


def fill(connection: sa.Connection, old: Old) -> int:
    """What was set aside, in the tables of the first migration; then it is gone. The journal position up to which it is
    all in; the last event's place in the one order is not known any more."""
    tables = sa.MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # an index that it can't read: rows are all we want
        tables.reflect(connection, only=["episodes", "cases", "steps", *old.values()])
    episodes, cases, steps = (tables.tables[name] for name in ("episodes", "cases", "steps"))
    before = {name: tables.tables[table] for name, table in old.items()}
    said = defaultdict(list)
    if "verdicts" in before:
        for row in connection.execute(sa.select(before["verdicts"]).order_by("number")).mappings():
            said[row["case"]].append(row)
    serial = 0
    found = connection.execute(sa.select(before["cases"]).order_by("opened_position", "id")).mappings()
    for rows in found.partitions(_MANY):
        connection.execute(episodes.insert(), [_whole(episodes, row, case_id=row["id"]) for row in rows])
        made = [_case(cases, row, serial + n, said[row["id"]]) for n, row in enumerate(rows, 1)]
        connection.execute(cases.insert(), made)
        serial += len(rows)
    history = [_step(steps, row, number) for rows in said.values() for number, row in enumerate(rows, 1)]
    if history:
        connection.execute(steps.insert(), history)
    position = connection.execute(sa.select(before["applied"].c.position)).scalar_one()
    for table in before.values():
        table.drop(connection)
    return int(position)


def _case(cases: sa.Table, row: sa.RowMapping, serial: int, said: list[Any]) -> dict[str, Any]:
    opened = row["started"] if row["confirmed"] is None else row["confirmed"]
    last = said[-1] if said else None
    return _whole(
        cases,
        row,
        number=f"{_day(opened)}-M{serial:05}",  # no number that a city gives now looks like this
        state="reported",
        revision=1 + len(said),
        channel="machine",
        members=0 if row["withdrawn"] else 1,
        going_on=int(row["ended"] is None and not row["withdrawn"]),
        severity=2,
        level="community",
        mode="at_once",
        opened=opened,
        changed=last["at"] if last else opened,
        verdict=last["verdict"] if last else "",
        steps=len(said),
    )


def _step(steps: sa.Table, row: sa.RowMapping, number: int) -> dict[str, Any]:
    return _whole(
        steps,
        {},
        id=str(uuid.uuid5(uuid.UUID(row["case"]), f"verdict-{row['number']}")),
        case_id=row["case"],
        number=number,
        action="verdict",
        from_state="reported",
        to_state="reported",
        by=row["by"],
        role="supervisor",
        at=row["at"],
        note=row["note"],
        data={"verdict": row["verdict"]},
    )


def _whole(table: sa.Table, row: Mapping[Any, Any], **known: Any) -> dict[str, Any]:
    """A row with all of the table's columns: what is known, what the old row had, and nothing."""
    made = {}
    for column in table.columns:
        empty = None if column.nullable else _EMPTY.get(column.type.python_type, [])
        made[column.name] = known.get(column.name, row.get(column.name, empty))
    return made


def _day(ts: float) -> str:
    """As 20260301, UTC; of a wrong terminal clock's year 12000 the first there is."""
    try:
        return datetime.fromtimestamp(ts, UTC).strftime("%Y%m%d")
    except (OverflowError, ValueError, OSError):
        return "00010101"

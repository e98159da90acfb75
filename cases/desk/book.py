"""book: rows of the store's tables as the desk works on them: read once, changed in memory, written when it says so.

Rows are plain dicts with a table's columns; what was read or added is remembered by its primary key until the end of
the transaction, so that a case which many entries concern is written once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]


class Book:
    """Of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._rows: dict[tuple[str, tuple[Any, ...]], Row | None] = {}
        self._tables: dict[str, sa.Table] = {}
        self._new: dict[str, dict[tuple[Any, ...], Row]] = {}
        self._dirty: dict[str, dict[tuple[Any, ...], Row]] = {}
        self._appended: dict[str, list[Row]] = {}

    def get(self, table: sa.Table, *key: Any) -> Row | None:
        """The row with this primary key, to be changed in place and then told to `touch`; None where there is none."""
        at = table.name, key
        if at not in self._rows:
            matches = (column == value for column, value in zip(table.primary_key.columns, key, strict=True))
            found = self.connection.execute(sa.select(table).where(*matches)).mappings().first()
            self._rows[at] = None if found is None else dict(found)
        return self._rows[at]

    def add(self, table: sa.Table, row: Row) -> Row:
        """A new row; numbers that are not known are NULL."""
        key = _key(table, row)
        self._tables[table.name] = table
        self._rows[table.name, key] = self._new.setdefault(table.name, {})[key] = _plain(row)
        return self._new[table.name][key]

    def touch(self, table: sa.Table, row: Row) -> None:
        """A row of `get` or `add` was changed."""
        key = _key(table, row)
        self._tables[table.name] = table
        if key not in self._new.get(table.name, {}):
            self._dirty.setdefault(table.name, {})[key] = row

    def append(self, table: sa.Table, row: Row) -> None:
        """A row that is only ever added, in this order."""
        self._tables[table.name] = table
        self._appended.setdefault(table.name, []).append(_plain(row))

    def select(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Row]:
        """All rows that fit, in the order of their keys, each the very one that `get` gives."""
        self.flush()
        found = self.connection.execute(sa.select(table).where(*where).order_by(*table.primary_key.columns))
        rows = []
        for each in found.mappings():
            key = tuple(each[column.name] for column in table.primary_key.columns)
            known = self._rows.get((table.name, key))
            if known is None:
                known = self._rows[table.name, key] = dict(each)
            rows.append(known)
        return rows

    def flush(self) -> None:
        """Write what is new and what was changed."""
        for name, rows in self._new.items():
            self.connection.execute(self._tables[name].insert(), list(rows.values()))
        for name, rows in self._dirty.items():
            self.connection.execute(_update(self._tables[name]), _updates(self._tables[name], rows))
        for name, appended in self._appended.items():
            self.connection.execute(self._tables[name].insert(), appended)
        self._new, self._dirty, self._appended = {}, {}, {}


def _key(table: sa.Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _plain(row: Row) -> Row:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }


@cache
def _update(table: sa.Table) -> sa.Update:
    keys = list(table.primary_key.columns)
    others = [column for column in table.columns if not column.primary_key]
    return (
        table.update()
        .where(*(column == sa.bindparam(f"key_{n}") for n, column in enumerate(keys)))
        .values({column.name: sa.bindparam(f"to_{column.name}") for column in others})
    )


def _updates(table: sa.Table, rows: Mapping[tuple[Any, ...], Row]) -> list[Row]:
    others = [column.name for column in table.columns if not column.primary_key]
    values = []
    for key, row in rows.items():
        plain = _plain(row)
        values.append({f"to_{name}": plain[name] for name in others} | {f"key_{n}": v for n, v in enumerate(key)})
    return values

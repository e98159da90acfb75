"""moving: all that a store keeps, from one database into another, empty one: SQLite to PostgreSQL and back.

One write transaction: all of it or nothing. What has arrived is compared with what was sent, table by table, by the
number of rows and by a sum of their hashes, which no order of rows changes. The database that it came from stays as it
was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from cases.database import reading, writing
from cases.database_errors import name_of
from cases.database_values import storable
from cases.migrations import has_tables, migrate
from cases.tables import APPLIED, METADATA

AT_ONCE = 5000
"""Rows in memory."""
_ENCODER = msgspec.json.Encoder(order="deterministic")


class NotEmpty(Exception):
    """There is something in the database that is to be moved into."""


class Differs(Exception):
    """What has arrived is not what was sent; nothing of it was kept."""


class Content(msgspec.Struct, frozen=True):
    """Of a table."""

    rows: int
    hash: int
    """The sum of all rows' hashes, modulo 2**128."""

    def __add__(self, row: int) -> Content:
        return Content(self.rows + 1, (self.hash + row) % 2**128)


def move(
    source: sa.Engine, target: sa.Engine, tell: Callable[[str, int], None] = lambda *_: None
) -> dict[str, Content]:
    """Copy all tables; what each has. tell: a table's name and how many rows of it have been copied so far.

    Raises NotEmpty, Differs, OlderSchema, NewerSchema, StoreTrouble, StoreBroken; LookupError where there is nothing to
    move.
    """
    if not has_tables(source):
        raise LookupError(f"{name_of(source)} has nothing to move")
    migrate(target)
    tables = METADATA.sorted_tables
    with reading(source) as old, writing(target) as new:
        _empty(new, name_of(target))
        sent = {table.name: _copy(old, new, table, tell) for table in tables}
        for table in tables:
            _count_on(old, new, table)
        for table in tables:
            if content(new, table) != sent[table.name]:
                raise Differs(f"'{table.name}' is not the same in {name_of(target)}; nothing was moved")
    return sent


def content(connection: sa.Connection, table: sa.Table) -> Content:
    """What a table has."""
    found = Content(0, 0)
    for rows in _read(connection, table):
        for row in rows:
            found += _hash(row)
    return found


def _empty(connection: sa.Connection, where: str) -> None:
    connection.execute(APPLIED.delete().where(APPLIED.c.through < 0))  # a new database says only that nothing is in it
    for table in METADATA.sorted_tables:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            raise NotEmpty(f"there is something in {where} already ('{table.name}'); give a database that is empty")


def _copy(old: sa.Connection, new: sa.Connection, table: sa.Table, tell: Callable[[str, int], None]) -> Content:
    found = Content(0, 0)
    for rows in _read(old, table):
        for row in rows:
            found += _hash(row)
        names = [column.name for column in table.columns]
        new.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        tell(table.name, found.rows)
    return found


def _read(connection: sa.Connection, table: sa.Table) -> Iterator[list[sa.Row[Any]]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE).execute(query)
    for rows in result.partitions(AT_ONCE):
        yield list(rows)


def _hash(row: sa.Row[Any]) -> int:
    return int.from_bytes(hashlib.blake2b(_ENCODER.encode([_alike(value) for value in row]), digest_size=16).digest())


def _alike(value: Any) -> Any:
    """A value as both databases give it back: PostgreSQL's JSON knows one kind of number, its text no NUL."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value) + 0.0  # no -0.0
    if isinstance(value, dict):
        return {storable(key): _alike(each) for key, each in value.items()}
    return [_alike(each) for each in value]


def _count_on(old: sa.Connection, new: sa.Connection, table: sa.Table) -> None:
    """Where the database counts, it goes on after the last number that was ever given: followers have seen it."""
    counted = table.autoincrement_column
    if counted is None or not isinstance(counted.type, sa.BigInteger) or counted.autoincrement is not True:
        return
    last = _last(old, table, counted)
    if last and new.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, counted.name)
        new.execute(sa.select(sa.func.setval(sequence, last)))
    elif last and table.dialect_options["sqlite"]["autoincrement"]:
        given = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        new.execute(given.delete().where(given.c.name == table.name))
        new.execute(given.insert().values(name=table.name, seq=last))


def _last(connection: sa.Connection, table: sa.Table, counted: sa.Column[Any]) -> int:
    """The last number that was given, 0 for none."""
    highest = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(counted), 0))).scalar_one())
    if connection.dialect.name == "postgresql":
        name = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, counted.name))).scalar_one()
        sequence = sa.table(name.rpartition(".")[2], sa.column("is_called"), sa.column("last_value"))
        query = sa.select(sa.case((sequence.c.is_called, sequence.c.last_value), else_=0))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        given = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        query = sa.select(given.c.seq).where(given.c.name == table.name)
    else:
        return highest
    return max(highest, int(connection.execute(query).scalar() or 0))

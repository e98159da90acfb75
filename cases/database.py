"""database: the one way to a store's tables, in SQLite or in PostgreSQL: open it, read, write.

`reading` sees the tables as they were at one moment and waits for nobody. `writing` is one transaction, whole or not at
all; writers take turns, in all processes together. So what one reads inside it is the newest, no update is lost, and
numbers that the database counts up (`changes`) become visible in their order, which followers rely on. A transaction
begun in any other way can only read: a write that could break this fails at once, in tests too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cases.database_errors import (
    AnotherDesk,
    StoreBroken,
    StoreBusy,
    StoreDown,
    StoreFull,
    StoreTrouble,
    name_of,
    plain,
)
from cases.database_postgres import HeldDesk, open_postgres
from cases.database_sqlite import open_sqlite

__all__ = [
    "AnotherDesk",
    "HeldDesk",
    "StoreBroken",
    "StoreBusy",
    "StoreDown",
    "StoreFull",
    "StoreTrouble",
    "insert_new",
    "open_database",
    "reading",
    "upsert",
    "writing",
]


PATIENCE = 30.0
"""How long a writer waits for the others of its process, seconds."""


def open_database(where: str | Path | None, *, read_only: bool = False) -> sa.Engine:
    """A store: a file, a URL (`postgresql://user:password@host/name`), or None: in memory, for replay and tests.

    Nothing is connected yet but that a file is looked for. `dispose()` gives it back. Any thread may use it; after a
    fork the child opens its own. Raises FileNotFoundError where a file is to be read and is not there, ValueError for a
    URL that is none of ours.
    """
    if isinstance(where, str) and "://" in where:
        engine = open_postgres(where, read_only)
    else:
        engine = open_sqlite(None if where is None else Path(where), read_only)
    engine.update_execution_options(turn=threading.Lock())
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction: committed at the end, nothing of it kept where an error leaves it.

    Keep it short, and ask nobody outside inside it: others wait. Raises StoreTrouble (see there: try again),
    StoreBroken, AnotherDesk.
    """
    with _turn(engine), plain(engine), engine.execution_options(writing=True).begin() as connection:
        yield connection


@contextmanager
def _turn(engine: sa.Engine) -> Iterator[None]:
    """Writers of this process take turns among themselves first: in line, where SQLite would have each look again from
    time to time until one of a hundred is unlucky for too long, and without a connection each."""
    turn = engine.get_execution_options().get("turn") or threading.Lock()
    if not turn.acquire(timeout=PATIENCE):
        raise StoreBusy(f"{name_of(engine)}: others have been writing for {PATIENCE:.0f} s; try again")
    try:
        yield
    finally:
        turn.release()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The tables as they are at one moment, however many questions are asked. Raises StoreTrouble, StoreBroken."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with plain(engine), engine.execution_options(**options).begin() as connection:
        yield connection


def upsert(
    table: sa.Table,
    connection: sa.Connection,
    *,
    keys: Collection[str] = (),
    change: Collection[str] | None = None,
    where: Callable[[Any], sa.ColumnElement[bool]] | None = None,
) -> sa.Insert:
    """Insert rows; where a row of the same key is there, change it instead. Execute it with rows as dicts.

    keys: the columns of a unique constraint; none: the primary key. change: the columns that take the new values; None:
    all but the keys, so rows must have all. where: of the new row (`excluded`), whether an old one is to be changed.
    """
    insert = _insert(connection, table)
    keys = keys or [column.name for column in table.primary_key]
    names = [c.name for c in table.columns if c.name not in keys] if change is None else change
    new = insert.excluded
    made: sa.Insert = insert.on_conflict_do_update(
        index_elements=[table.c[key] for key in keys],
        set_={name: new[name] for name in names},
        where=None if where is None else where(new),
    )
    return made


def insert_new(table: sa.Table, connection: sa.Connection) -> sa.Insert:
    """Insert rows; those whose key is there already change nothing."""
    made: sa.Insert = _insert(connection, table).on_conflict_do_nothing()
    return made


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)

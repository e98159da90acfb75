"""database_sqlite: a store in a file, or in memory.

Write-ahead logging, so that readers never wait for the writer; `synchronous` is FULL, because a case must not be lost
once the engine's snapshot has passed it, and cases are few.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cases.database_values import from_json, to_json

BUSY = 10.0
"""How long a writer waits for another's turn to end, seconds."""


def open_sqlite(file: Path | None, read_only: bool) -> sa.Engine:
    """See `cases.database.open_database`."""
    if file is None:
        # One connection, which threads take in turns: another one would have a database of its own.
        url = sa.URL.create("sqlite")
        how: dict[str, Any] = {"poolclass": sa.QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": BUSY}
        how["connect_args"] = {"check_same_thread": False}
    else:
        if read_only and not file.exists():
            raise FileNotFoundError(2, "no cases here yet; `gridwatch run` makes them", str(file))
        query = {"uri": "true", "mode": "ro" if read_only else "rwc"}
        url = sa.URL.create("sqlite", database=file.absolute().as_uri(), query=query)
        how = {"execution_options": {"file": file}}
    engine = sa.create_engine(url, json_serializer=to_json, json_deserializer=from_json, hide_parameters=True, **how)

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver's own idea of transactions leaves out DDL; `begun` begins them
        for pragma in (f"busy_timeout = {BUSY * 1000:.0f}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {0 if write else 1}")
        # A transaction that becomes a writer only later finds that another was quicker, and no waiting helps it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine

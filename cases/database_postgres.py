"""database_postgres: a store in PostgreSQL 15 or later, by psycopg 3, and who is its one desk.

Writers take turns by an advisory lock that ends with the transaction, however that ends. Every session is one of UTC,
reads unless its transaction says otherwise, and ends soon after its client's machine has gone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cases.database_errors import AnotherDesk, name_of, plain
from cases.database_values import from_json, storable, to_json

BUSY = 10.0
"""How long a writer waits for another's turn to end, seconds."""
SLOW = 30.0
"""What a reader asks may take so long, seconds."""

_CLASS = 0x67726964
"""Of our advisory locks ("grid"); the other half is a hash of the schema and of what the lock is for, so that several
cities may share a database, each in a schema of its own."""
_TURN = f"{_CLASS}, hashtext(current_schema() || '/writer')"
_ONE = f"{_CLASS}, hashtext(current_schema() || '/%s')"
"""Of whom there is one: DESK or BESIDE."""
DESK, BESIDE = "desk", "beside"
_DOES = {DESK: "files cases there", BESIDE: "serves the console there and sends what happens to cases"}

_SESSION = {
    "timezone": "UTC",
    "default_transaction_read_only": "on",
    "synchronous_commit": "on",
    "statement_timeout": f"{SLOW:.0f}s",
    # A client whose machine has gone must not keep the desk for the two hours that TCP gives it.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_BEGIN = (
    "SET TRANSACTION READ WRITE; SET LOCAL statement_timeout = 0; "
    f"SET LOCAL lock_timeout = '{BUSY:.0f}s'; SELECT pg_advisory_xact_lock({_TURN})"
)
"""One trip. READ COMMITTED: a snapshot of the whole transaction would be of before the waiting."""

_NAMES = ("postgresql", "postgres", "postgresql+psycopg")


def postgres_url(text: str) -> sa.URL:
    """It, for our driver. Raises ValueError; nothing of the text is in its message, which may be a password."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in _NAMES or not url.database:
        raise ValueError("expected a URL such as postgresql://gridwatch@db.example.org/gridwatch")
    return url.set(drivername="postgresql+psycopg")


def open_postgres(where: str, read_only: bool) -> sa.Engine:
    """See `cases.database.open_database`."""
    url = postgres_url(where)
    own = str(url.query.get("options", ""))  # a search_path, say
    engine = sa.create_engine(
        url,
        json_serializer=to_json,
        json_deserializer=from_json,
        hide_parameters=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=BUSY,
        pool_pre_ping=True,  # a server that was started again costs nobody an error
        connect_args={
            "application_name": "gridwatch",
            "connect_timeout": 10,
            "options": " ".join([own, *(f"-c {name}={value}" for name, value in _SESSION.items())]).strip(),
        },
    )

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        from psycopg.types.string import StrDumper

        class Storable(StrDumper):
            def dump(self, obj: str) -> Any:
                return super().dump(storable(obj))

        connection.adapters.register_dumper(str, Storable)  # a device may send a NUL, and must not stop the desk

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        if _writes(connection) and not read_only:
            connection.exec_driver_sql(_BEGIN)

    return engine


class HeldDesk:
    """This process is the desk of a database; `close` gives that up. Beside a file the journal's lock sees to it."""

    def __init__(self, engine: sa.Engine, part: str = DESK) -> None:
        """part: BESIDE: what works beside a desk in another process. Raises AnotherDesk, StoreTrouble, StoreBroken."""
        self._engine, self._part = engine, part
        self._connection: sa.Connection | None = None
        self._process = 0
        if engine.dialect.name == "postgresql":
            # Whatever the desk before us has under way ends before we read; it can't begin anything more.
            self._take(f"SELECT pg_advisory_lock({_TURN}), pg_advisory_unlock({_TURN})")
            sa.event.listen(engine, "begin", self._begun)

    def close(self) -> None:
        """Another may have it."""
        if self._connection is not None:
            sa.event.remove(self._engine, "begin", self._begun)
            self._connection.close()
            self._connection = None

    def _take(self, first: str = "SELECT 1") -> None:
        with plain(self._engine):
            connection = self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()
            connection.detach()  # not one of the pool's: the lock lives as long as the connection
            take = f"SELECT pg_try_advisory_lock({_ONE % self._part}), pg_backend_pid()"
            taken, process = connection.exec_driver_sql(take).one()
            if taken:
                connection.exec_driver_sql(first)
            else:
                other = connection.execute(_WHO, {"pid": self._holder(connection)}).first()
                connection.close()
        if not taken:
            who = f" ({other[0]}, connected since {other[1]} UTC)" if other else ""
            raise AnotherDesk(
                f"{name_of(self._engine)}: another gridwatch {_DOES[self._part]}{who}; stop that one first, or"
                " give this city a database of its own"
            )
        if self._connection is not None:
            self._connection.close()
        self._connection, self._process = connection, process

    def _begun(self, connection: sa.Connection) -> None:
        """Each write transaction makes sure that we still are: a connection that broke has cost us that."""
        if _writes(connection) and self._holder(connection) != self._process:
            self._take()

    def _holder(self, connection: sa.Connection) -> int | None:
        return connection.execute(_LOCK, {"part": f"/{self._part}"}).scalar()


_LOCK = sa.text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :lock AND objsubid = 2"
    " AND objid::bigint = hashtext(current_schema() || :part)::bigint & 4294967295"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(lock=_CLASS)
_WHO = sa.text(
    "SELECT coalesce(host(client_addr), 'this machine'), date_trunc('second', backend_start)::timestamp"
    " FROM pg_stat_activity WHERE pid = :pid"
)


def _writes(connection: sa.Connection) -> bool:
    return bool(connection.get_execution_options().get("writing", False))

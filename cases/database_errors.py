"""database_errors: why a database did not do what it was asked, in plain words and by what can be done about it.

`plain` turns what SQLite and PostgreSQL say into StoreTrouble; what is a fault of our own (a broken constraint, a wrong
statement) it leaves alone. No message has a statement, its values or a password in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

ROOM = 256 << 10
"""SQLite names no reason where it has no room for the files beside its own; with less free than this, that is it."""


class StoreTrouble(Exception):
    """The store can't do it now. Plain text. The same transaction may be tried again: nothing of it has been kept, or,
    where the connection broke while it was committed, perhaps all of it."""


class StoreFull(StoreTrouble):
    """There is no room for it."""


class StoreDown(StoreTrouble):
    """The database can't be reached, is ending or starting, or its disk fails."""

    trouble = "the database is down"
    """For whoever says a trouble once: while a server ends, is away and starts, each attempt is told something else."""


class StoreBusy(StoreTrouble):
    """Others have held what it needs for too long, or it has itself taken too long."""


class StoreBroken(Exception):
    """What is there is damaged, no database of ours, or may not be written. Trying again changes nothing."""


class AnotherDesk(Exception):
    """Another gridwatch files cases into this database."""


class NewerSchema(Exception):
    """A newer gridwatch has written it."""


_SQLITE: dict[str, tuple[type[Exception], str]] = {
    "SQLITE_FULL": (StoreFull, "make room on its disk"),
    "SQLITE_IOERR": (StoreDown, "check its disk"),
    "SQLITE_CANTOPEN": (StoreDown, "check that its folder is there and who may write in it"),
    "SQLITE_BUSY": (StoreBusy, "another program writes to it for long; let that end"),
    "SQLITE_LOCKED": (StoreBusy, "another program writes to it for long; let that end"),
    "SQLITE_NOTADB": (StoreBroken, "is it the file of a gridwatch?"),
    "SQLITE_CORRUPT": (StoreBroken, "restore it from a copy"),
    "SQLITE_READONLY": (StoreBroken, "check who may write to it"),
}
"""By the beginning of the error's name."""

_POSTGRES: dict[str, tuple[type[Exception], str]] = {
    "53100": (StoreFull, "make room on its server's disk"),
    "53": (StoreBusy, "its server has too little memory or too few connections: see max_connections there"),
    "08": (StoreDown, "check that its server runs and can be reached"),
    "57P": (StoreDown, "its server ends or starts"),
    "58": (StoreDown, "check its server's disk and log"),
    "XX": (StoreDown, "check its server's disk and log"),
    "25P03": (StoreBusy, "the transaction stood still for too long"),
    "40": (StoreBusy, "another transaction was in its way"),
    "55P03": (StoreBusy, "another program writes to it for long; let that end"),
    "57014": (StoreBusy, "it took too long"),
    "28": (StoreBroken, "check the user in 'store.url' and the variable that 'store.password_env' names"),
    "3D": (StoreBroken, "create that database, or mend 'store.url'"),
    "42501": (StoreBroken, "let its user read and write there"),
    "25006": (StoreBroken, "it may only be read; is its server a standby?"),
}
"""By the beginning of the SQLSTATE, the longest that fits. Appendix A of PostgreSQL's manual."""


_REFUSED = {"password": "28", "role": "28", "does not exist": "3D", "too many": "53"}
"""What libpq says where no session came about: it has no SQLSTATE then."""


@contextmanager
def plain(engine: sa.Engine) -> Iterator[None]:
    """Raise what goes wrong inside as StoreTrouble or StoreBroken, where it is that."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreBusy(f"{name_of(engine)}: all of our connections have been in use for long; try again") from error
    except sa.exc.DBAPIError as error:
        found = _explained(error, engine)
        if found is None:
            raise
        raise found from error


def name_of(engine: sa.Engine) -> str:
    """The database as messages name it: the file, or host and database."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        file = file_of(engine)
        return str(file) if file is not None else "the database in memory"
    host = "" if url.host is None else f"{url.host}:{url.port or 5432}/"
    return f"the database {host}{url.database or ''}"


def file_of(engine: sa.Engine) -> Path | None:
    """The file of an SQLite database; None where there is none."""
    file: Path | None = engine.get_execution_options().get("file")
    return file


def _explained(error: sa.exc.DBAPIError, engine: sa.Engine) -> Exception | None:
    cause, where = error.orig, name_of(engine)
    said = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if engine.dialect.name == "sqlite":
        code = str(getattr(cause, "sqlite_errorname", ""))
        known = next((what for start, what in _SQLITE.items() if code.startswith(start)), None)
        if known is not None and code.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR")) and _no_room(file_of(engine)):
            known = _SQLITE["SQLITE_FULL"]
    else:
        code = str(getattr(cause, "sqlstate", None) or "")
        fitting = [start for start in _POSTGRES if code.startswith(start)]
        known = _POSTGRES[max(fitting, key=len)] if fitting else None
        if known is None and (error.connection_invalidated or not code) and isinstance(error, sa.exc.OperationalError):
            known = _POSTGRES[next((state for words, state in _REFUSED.items() if words in said), "08")]
    return known[0](f"{where}: {said}; {known[1]}") if known is not None else None


def _no_room(file: Path | None) -> bool:
    if file is None:
        return False
    try:
        at = os.statvfs(file.parent)
    except OSError:
        return False
    return at.f_bavail * at.f_frsize < ROOM

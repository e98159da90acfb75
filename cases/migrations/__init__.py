"""migrations: the store's tables as this gridwatch wants them, made in an empty database and out of older ones.

Each file in `versions/` is one step, in the order of their numbers, by Alembic; the database says in `alembic_version`
which were the last. A database of an older gridwatch is brought up to date when it is opened for writing, whole or not
at all; one of a newer one is refused, because what we do not know we could only damage. Files from before there were
such steps: `old_file`. To change a table, change it in `cases/tables/` and run `python -m cases.migrations.draft`.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cases.database import reading, writing
from cases.database_errors import NewerSchema, name_of
from cases.migrations import old_file

__all__ = ["NewerSchema", "OlderSchema", "has_tables", "migrate", "newest", "version"]

FIRST = "0001"
_FOLDER = Path(__file__).parent
BEGIN = sa.text(
    "INSERT INTO applied (one, stamp, confirmed, id, position, nth, through) VALUES (1, -1, -1, '', -1, 0, :through)"
)
"""Nothing of the one ordered log is in yet; -1 is before all of its times."""
_TENDED = (
    "ALTER TABLE cases SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01,"
    " autovacuum_analyze_scale_factor = 0.02)"
)
"""The triage list is read out of its index alone where PostgreSQL has lately looked through the table: several times a
day, rather than each fifth day of a month of cases."""
_ONE_AT_A_TIME = threading.Lock()
"""Alembic's `op` is one for the whole process."""


class OlderSchema(Exception):
    """An older gridwatch has written it, and it is only to be read."""


def migrate(engine: sa.Engine) -> str:
    """Bring a database up to date, in one transaction; from which version, '' where it was empty.

    Raises NewerSchema, StoreTrouble, StoreBroken.
    """
    with _ONE_AT_A_TIME, writing(engine) as connection:
        return _migrate(connection, name_of(engine))


def version(engine: sa.Engine) -> str:
    """Of the tables that are there; '' where there are none. Raises NewerSchema, StoreTrouble, StoreBroken."""
    with reading(engine) as connection:
        return _known(_version(connection), name_of(engine))


def newest() -> str:
    """The version that this gridwatch reads and writes."""
    return str(_script().get_current_head())


def has_tables(engine: sa.Engine) -> bool:
    """Whether there is something to read. Raises NewerSchema, OlderSchema, StoreTrouble, StoreBroken."""
    found = version(engine)
    if found not in ("", newest()):
        raise OlderSchema(
            f"{name_of(engine)} was written by an older gridwatch (schema {found}, this one reads {newest()});"
            " `gridwatch run` and `gridwatch store migrate` bring it up to date"
        )
    return bool(found)


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """The steps up to `to`, within the connection's transaction."""
    script = _script()

    def steps(now: Any, _: object) -> Any:
        return script._upgrade_revs(to, now)  # what Alembic's own command does

    with EnvironmentContext(_config(), script, fn=steps) as environment:
        environment.configure(connection=connection, render_as_batch=True)
        environment.run_migrations()


def _migrate(connection: sa.Connection, where: str) -> str:
    found = _known(_version(connection), where)
    if found == newest():
        return found
    if found == "" or found in old_file.VERSIONS:
        old = old_file.set_aside(connection) if found else {}
        upgrade(connection, FIRST)
        through = old_file.fill(connection, old) if old else -1
        connection.execute(BEGIN, {"through": through})
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_TENDED)
    upgrade(connection)
    if connection.dialect.name == "sqlite":
        # What a gridwatch from before looks at: so it refuses the file, and says why.
        connection.exec_driver_sql(f"PRAGMA user_version = {old_file.NO_MORE}")
    return found


def _version(connection: sa.Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or old_file.version(connection)


def _known(found: str, where: str) -> str:
    steps = {step.revision for step in _script().walk_revisions()}
    if found and found not in steps and found not in old_file.VERSIONS:
        raise NewerSchema(
            f"{where} was written by a newer gridwatch (schema {found}, this one knows {newest()}); use that one, or"
            " another data folder or database"
        )
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def _script() -> ScriptDirectory:
    """The steps; each look for them reads all of their files."""
    return ScriptDirectory(str(_FOLDER))

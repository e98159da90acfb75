"""schema: the tables that cases live in, and how an older file becomes a newer one.

The schema's version stands in the file itself (SQLite's user_version). A file of an older version is brought up to date
when it is opened for writing; one of a newer version is refused, because what we do not know we could only damage.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Boolean, CheckConstraint, Column, Connection, Float, Index, Integer, MetaData, String, Table

METADATA = MetaData()

CASES = Table(
    "cases",
    METADATA,
    Column("id", String, primary_key=True),
    Column("rule", String, nullable=False),
    Column("rule_version", String, nullable=False),
    Column("category", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("part", String, nullable=False),
    Column("place", String, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("started", Float, nullable=False),
    Column("confirmed", Float),
    Column("ended", Float),
    Column("reason", String, nullable=False),
    Column("measure", Float),
    Column("unit", String, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("opened_position", Integer, nullable=False),
    Column("position", Integer, nullable=False),
)
"""Unknown numbers are NULL."""

Index("cases_by_start", CASES.c.started, CASES.c.id)
Index("cases_by_rule", CASES.c.rule, CASES.c.started)
Index("cases_by_subject", CASES.c.subject, CASES.c.started)
Index("cases_open", CASES.c.started, CASES.c.id, sqlite_where=CASES.c.ended.is_(None))

APPLIED = Table(
    "applied",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True),
    Column("position", Integer, nullable=False),
)
"""One row: the journal position up to which all effects are in `cases`."""

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("case", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("note", String, nullable=False),
)
"""What people say of cases: rows are added and never changed; of several about a case the last counts."""

Index("verdicts_by_case", VERDICTS.c.case, VERDICTS.c.number)

MIGRATIONS: list[Callable[[Connection], None]] = [
    VERDICTS.create,
]
"""Migration i brings a file from version i + 1 to i + 2."""


class NewerSchema(Exception):
    """The file was written by a newer gridwatch."""


def schema_version() -> int:
    """The version that this code reads and writes."""
    return 1 + len(MIGRATIONS)


def file_version(connection: Connection) -> int:
    """The file's version; 0 where it is new. Raises NewerSchema where we do not know it."""
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if found > schema_version():
        raise NewerSchema(
            f"the cases were written by a newer gridwatch (schema {found}, this one knows {schema_version()}); "
            "use that one, or another data folder"
        )
    return found


def migrate(connection: Connection) -> None:
    """Bring the file up to date, inside the caller's transaction."""
    found = file_version(connection)
    if found == schema_version():
        return
    if found == 0:
        METADATA.create_all(connection)
        connection.execute(APPLIED.insert().values(one=1, position=-1))
    else:
        for step in MIGRATIONS[found - 1 :]:
            step(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {schema_version()}")

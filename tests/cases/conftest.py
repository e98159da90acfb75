"""`database`: a store with all of its tables, once in SQLite and once in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cases import migrations
from cases.database import open_database, writing
from cases.tables import METADATA
from tests.services.postgres import Postgres, own_postgres, postgres, postgres_url, temporary

__all__ = ["own_postgres", "postgres", "postgres_url"]


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> Iterator[str]:
    """The name of a database with the tables in it, to copy."""
    with temporary(postgres) as url:
        engine = open_database(url)
        _make(engine)
        engine.dispose()
        yield str(sa.make_url(url).database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """What `open_database` opens: a file or a URL, with the tables in it."""
    if request.param == "sqlite":
        file = tmp_path / "cases.sqlite"
        file.write_bytes(_empty())
        yield file
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with temporary(server, request.getfixturevalue("template")) as url:
            yield url


@pytest.fixture
def database(where: str | Path) -> Iterator[sa.Engine]:
    """It, open. Write by `cases.database.writing`."""
    engine = open_database(where)
    yield engine
    engine.dispose()


@cache
def _empty() -> bytes:
    """A file with the tables in it, to copy."""
    with TemporaryDirectory() as folder:
        engine = open_database(Path(folder) / "cases.sqlite")
        _make(engine)
        engine.dispose()
        return (Path(folder) / "cases.sqlite").read_bytes()


def _make(engine: sa.Engine) -> None:
    """What the migrations lead to (test_migrations.py sees to that), in less time."""
    with writing(engine) as connection:
        METADATA.create_all(connection)
        folder = str(Path(migrations.__file__).parent)
        connection.execute(migrations.BEGIN, {"through": -1})
        MigrationContext.configure(connection).stamp(ScriptDirectory(folder), "head")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA user_version = {migrations.old_file.NO_MORE}")

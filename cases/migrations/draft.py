"""draft: the next migration, as the difference between what the migrations make and what `cases/tables` say.

    python -m cases.migrations.draft "what it does"
    python -m cases.migrations.draft --first      write the first one again, which makes all tables

Look at what it wrote before you keep it: a column that was renamed looks like one that went and one that came, and what
becomes of the rows that are there, only you know. tests/cases/test_migrations.py says whether it leads to the tables.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import CreateIndexOp
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql

from cases.database import open_database, writing
from cases.migrations import FIRST, newest, upgrade
from cases.tables import METADATA

_POSTGRES: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_FOLDER = Path(__file__).parent / "versions"
_TYPES = {
    "LONG": 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    "JSON": 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
}
"""As `cases/tables/base.py` has them, and as they stay in a migration whatever becomes of that."""
_FILE = '''"""{what}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {before}
{types}


def upgrade() -> None:
    """{what}."""
    {steps}
'''


def draft(what: str, first: bool) -> Path:
    """Write it; its file. Raises ValueError where there is nothing to do."""
    before = None if first else newest()
    revision = FIRST if before is None else f"{int(before) + 1:04}"
    steps = _steps(empty=first)
    if steps.strip() == "pass":
        raise ValueError("the migrations lead to the tables already")
    name = "_".join(re.findall(r"[a-z0-9]+", what.lower())[:5])
    file = _FOLDER / f"v{revision}_{name}.py"
    types = "\n".join(f"{name} = {type}" for name, type in _TYPES.items() if name in steps)
    quoted = "None" if before is None else f'"{before}"'
    file.write_text(_FILE.format(what=what, revision=revision, before=quoted, types=types, steps=steps), "utf-8")
    for command in (["check", "--fix", "-q", "--select", "F401,I"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(file)], check=True)
    return file


def _steps(empty: bool) -> str:
    engine = open_database(None)
    with writing(engine) as connection:
        if not empty:
            upgrade(connection)
        options = {"compare_type": True, "render_as_batch": not empty, "target_metadata": METADATA}
        context = MigrationContext.configure(connection, opts=options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says which indexes it can't compare
            wanted = produce_migrations(context, METADATA).upgrade_ops
        if wanted is None:
            raise ValueError("nothing to compare")
        _for_each_database(wanted.ops)
        wanted.ops.extend(_not_compared(connection))
        steps = render_python_code(wanted, migration_context=context, render_as_batch=not empty)
    engine.dispose()
    steps = re.sub(r"^\s*# (###|please).*\n?", "", steps, flags=re.MULTILINE).strip()
    steps = steps.replace("astext_type=Text()", "")
    for name, type in _TYPES.items():
        steps = steps.replace(type.replace('"', "'"), name)
    return steps


def _not_compared(connection: sa.Connection) -> Iterator[CreateIndexOp]:
    """Indexes of expressions that are not there. SQLite can't say what is in one: a change of one is yours to see."""
    query = sa.text("SELECT name FROM sqlite_master WHERE type = 'index'")
    there = set(connection.execute(query).scalars())
    for table in METADATA.sorted_tables:
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if index.name not in there and not all(isinstance(each, sa.Column) for each in index.expressions):
                yield CreateIndexOp.from_index(index)


def _for_each_database(steps: Iterable[Any]) -> None:
    """Which rows an index is of, as PostgreSQL writes it: the draft is made in SQLite."""
    for step in steps:
        _for_each_database(getattr(step, "ops", ()))
        where = getattr(step, "kw", {}).get("postgresql_where")
        if where is not None:
            options = {"literal_binds": True, "include_table": False}
            step.kw["postgresql_where"] = sa.text(str(where.compile(dialect=_POSTGRES, compile_kwargs=options)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cases.migrations.draft", description="see the head of the file")
    parser.add_argument("what", nargs="?", default="All tables", help="in a few words")
    parser.add_argument("--first", action="store_true", help="write the first one again, while nobody uses it yet")
    options = parser.parse_args()
    try:
        sys.stdout.write(f"{draft(options.what, options.first)}\n")
    except (ValueError, sa.exc.SQLAlchemyError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()

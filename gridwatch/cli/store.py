"""store: the database of a city's cases: what is in it, bringing it up to date, moving it to another one.

`--json` gives one object a line: info one with where, schema, newest and, by table, rows; move one for each table with
table, rows and hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.data import ConfigOption, DataOption, JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines

if TYPE_CHECKING:
    import sqlalchemy as sa

app = typer.Typer(help="The database of the cases: look at it, bring it up to date, move it.", no_args_is_help=True)


@app.command()
def info(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Say where the cases are, in which version, and how many rows each table has."""
    import sqlalchemy as sa

    from cases.database import reading
    from cases.database_errors import name_of
    from cases.migrations import newest, version
    from cases.tables import METADATA

    with _open(city_data(config, data).store, read_only=True) as engine:
        found = version(engine)
        rows: dict[str, int] = {}
        if found == newest():
            with reading(engine) as connection:
                for table in METADATA.sorted_tables:
                    counted = sa.select(sa.func.count()).select_from(table)
                    rows[table.name] = connection.execute(counted).scalar_one()
        where = name_of(engine)
    if as_json:
        print_json_lines(
            [{"where": where, "schema": found or None, "newest": newest(), "rows": dict(sorted(rows.items()))}]
        )
        return
    typer.echo(f"{where}: " + ("nothing in it yet" if not found else f"schema {found}"))
    if found and found != newest():
        typer.echo(
            f"This gridwatch reads and writes schema {newest()}: `gridwatch store migrate` brings it up to date."
        )
    for name, number in sorted(rows.items()):
        if number:
            typer.echo(f"{number:>12,}  {name}")


@app.command()
def migrate(config: ConfigOption = None, data: DataOption = None) -> None:
    """Bring the database up to date, or make its tables; `gridwatch run` does so by itself."""
    from cases.database_errors import name_of
    from cases.migrations import migrate as bring_up_to_date
    from cases.migrations import newest

    city = city_data(config, data)
    city.folder.mkdir(parents=True, exist_ok=True)
    with _stopped(city.folder), _open(city.store, alone=True) as engine:
        before = bring_up_to_date(engine)
        what = "was up to date" if before == newest() else f"brought up to date from {before}" if before else "made"
        typer.echo(f"{name_of(engine)}: schema {newest()}, {what}")


@app.command()
def move(
    to: Annotated[str, typer.Option("--to", help="A PostgreSQL URL without password, or a file.", metavar="URL")],
    password_env: Annotated[
        str | None, typer.Option("--password-env", help="The environment variable that holds the password of --to.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy all of it into another, empty database, and make sure that all of it arrived."""
    from cases.database_errors import name_of
    from cases.moving import Differs, NotEmpty
    from cases.moving import move as copy

    city = city_data(config, data)
    target = _target(to, password_env)
    console = terminal()
    with _stopped(city.folder), _open(city.store, read_only=True, alone=True) as old, _open(target, alone=True) as new:
        with console.status("") as status:
            try:
                moved = copy(old, new, lambda table, rows: status.update(f"{table}: {rows:,}"))
            except (NotEmpty, Differs, LookupError) as error:
                raise Problem(f"{error}.") from None
        where = name_of(new)
    if as_json:
        tables = sorted(moved.items())
        print_json_lines({"table": name, "rows": each.rows, "hash": f"{each.hash:032x}"} for name, each in tables)
        return
    rows = sum(each.rows for each in moved.values())
    typer.echo(f"{rows:,} rows of {len(moved)} tables are in {where}, and are the same there.")
    if isinstance(target, str):
        variable = f", password_env: {password_env}" if password_env else ""
        typer.echo(f'Now put `store: {{url: "{harmless(to)}"{variable}}}` into the configuration, and start.')
    else:
        typer.echo("Now take the section `store` out of the configuration, put the file where `data` is, and start.")


def _target(to: str, password_env: str | None) -> str | Path:
    from pydantic import ValidationError

    from cases.store_section import StoreSection

    if "://" not in to:
        return Path(to)
    try:
        return StoreSection(url=to, password_env=password_env).whole_url(os.environ)
    except ValidationError as error:
        why = error.errors(include_input=False, include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise Problem(f"--to: {why.replace('password_env', '--password-env')}", Exit.USAGE) from None
    except ValueError as error:
        raise Problem(str(error).replace("password_env", "--password-env"), Exit.USAGE) from None


@contextmanager
def _open(where: str | Path, *, read_only: bool = False, alone: bool = False) -> Iterator[sa.Engine]:
    """It, with what goes wrong in plain words. alone: while no other gridwatch, on any machine, files cases into it."""
    from cases.database import AnotherDesk, HeldDesk, StoreBroken, StoreTrouble, open_database
    from cases.database_errors import NewerSchema
    from cases.migrations import OlderSchema

    engine = open_database(where, read_only=read_only)
    held = None
    try:
        held = HeldDesk(engine) if alone else None
        yield engine
    except (AnotherDesk, StoreTrouble, StoreBroken, NewerSchema, OlderSchema) as error:
        raise Problem(f"{error}.") from None
    finally:
        if held is not None:
            held.close()
        engine.dispose()


@contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """While the city's `gridwatch run` can't start. Raises JournalError where it runs."""
    from pipeline.journal.files import Lock
    from pipeline.runtime.opening import JOURNAL

    if not (folder / JOURNAL).is_dir():
        yield
        return
    lock = Lock(folder / JOURNAL)
    try:
        yield
    finally:
        lock.close()

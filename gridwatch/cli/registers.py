"""registers: what people keep in tables, in the city's store: in from files, out to files, who changed what when."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.cli.registers_store import (
    came,
    configuration_of,
    datum_of,
    new_file,
    open_store,
    register_of,
    tell_row,
    with_bad_rows,
)
from gridwatch.times import time_option

if TYPE_CHECKING:
    from cases.registers.importing import Import
    from pipeline.runtime.config import Configuration

app = typer.Typer(help="Registers in the store: import, export, history, templates.", no_args_is_help=True)

RegisterArgument = Annotated[str, typer.Argument(help="Which register; `gridwatch registers list` shows them all.")]
FileArgument = Annotated[
    Path, typer.Argument(help="A .csv, .xlsx, .geojson, .shp or .zip with a shapefile.", exists=True, dir_okay=False)
]
ConfigOption = Annotated[Path, typer.Option("--config", help="The city's configuration, or the folder it is in.")]
DatumOption = Annotated[
    str | None, typer.Option("--datum", help="What the file's places are in: WGS-84, GCJ-02, BD-09 or CGCS2000.")
]
UpdateOption = Annotated[
    bool, typer.Option("--update", help="Add the file's rows and end those of the same name; without: replace all.")
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="With --update: from when rows hold that do not say it themselves. Default: now."),
]
SkipOption = Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out, instead of importing nothing.")]
BadOption = Annotated[Path | None, typer.Option("--bad", help="Write all bad rows to this file.")]
CITY = Path("city.yaml")


@app.command("import")
def import_(
    register: RegisterArgument,
    file: FileArgument,
    config: ConfigOption = CITY,
    datum: DatumOption = None,
    update: UpdateOption = False,
    from_: FromOption = None,
    skip_bad: SkipOption = False,
    bad: BadOption = None,
    by: Annotated[str, typer.Option(help="Who does it, for the history.", envvar="USER")] = "",
) -> None:
    """Put a file into a register: all of it or, where a row is bad, nothing."""
    from cases.registers.importing import import_file

    configuration = configuration_of(config)
    wanted = _wanted(configuration, config, register, file, datum, update, from_, skip_bad)._replace(by=by)
    source = configuration.registers.file_of(wanted.register.name)
    if source not in (None, "store"):
        raise Problem(
            f"{config} takes {register} from {source}: change them there, or say `{register}: store` under `registers:`"
            " to keep them in the store.",
            Exit.USAGE,
        )
    with open_store(configuration, write=True) as engine:
        advice = "Nothing was imported. Mend the rows, or leave them out with --skip-bad."
        done = with_bad_rows(bad, advice, lambda: import_file(engine, wanted))
    if done.number is None:
        typer.echo(f"{register}: {done.rows} rows, as they are there already")
    else:
        typer.echo(f"{register}: {done.rows} rows; {came(done)} (change {done.number})")
    if wanted.register.world and source is None:
        typer.echo(f"Nothing is judged by them yet: say `{register}: store` under `registers:` in {config}.")
    elif wanted.register.world and done.number is not None:
        typer.echo("A city that runs takes them when it reads its configuration again (SIGHUP).")
    if done.faults:
        raise typer.Exit(Exit.FOUND)


@app.command("check")
def check(
    register: RegisterArgument,
    file: FileArgument,
    config: ConfigOption = CITY,
    datum: DatumOption = None,
    update: UpdateOption = False,
    from_: FromOption = None,
    bad: BadOption = None,
) -> None:
    """Name every bad row of a file, and say what an import of it would change; nothing is written."""
    from cases.registers.importing import import_file

    configuration = configuration_of(config)
    wanted = _wanted(configuration, config, register, file, datum, update, from_, False)._replace(dry=True)
    with open_store(configuration, write=False) as engine:
        done = with_bad_rows(
            bad, f"{file} has faults; an import would change nothing.", lambda: import_file(engine, wanted)
        )
    typer.echo(f"{file}: no faults, {done.rows} rows; an import: {came(done)}")


@app.command("export")
def export(
    register: RegisterArgument,
    file: Annotated[Path, typer.Argument(help="A .csv, .xlsx, .geojson, .shp or .zip to write; it must not exist.")],
    config: ConfigOption = CITY,
    datum: Annotated[str, typer.Option("--datum", help="What the file's places are to be in.")] = "WGS-84",
    at: Annotated[str | None, typer.Option(help="Only rows that hold at this time; ISO 8601.")] = None,
    change: Annotated[int | None, typer.Option(help="As it was after this change; see the history.")] = None,
    encoding: Annotated[str, typer.Option(help="Of a .csv: utf-8 or gbk.")] = "utf-8",
) -> None:
    """Write a register to a file that an import reads as the same rows."""
    from cases.database import reading
    from cases.registers.history import rows_of
    from cases.registers.writing import write_rows

    configuration = configuration_of(config)
    kind, zone = register_of(register), ZoneInfo(configuration.time_zone)
    if encoding not in ("utf-8", "gbk"):
        raise Problem(f"--encoding: expected utf-8 or gbk, got '{encoding}'", Exit.USAGE)
    new_file(file)
    given = datum_of(datum)
    when = None if at is None else time_option("--at", at, zone)
    with open_store(configuration, write=False) as engine, reading(engine) as connection:
        rows = (row for row in rows_of(connection, kind, change) if when is None or row.holds(when))
        wanted = "gbk" if encoding == "gbk" else "utf-8-sig"
        count = write_rows(kind, rows, file, datum=given, zone=zone, encoding=wanted)
    typer.echo(f"{file}: {count} rows")


@app.command("list")
def list_(config: ConfigOption = CITY, as_json: JsonOption = False) -> None:
    """Which registers there are, where each comes from, and how many rows the store has."""
    from cases.database import reading
    from cases.registers.history import counts
    from cases.registers.kinds import REGISTERS

    configuration = configuration_of(config)
    city = city_data(config, None)
    with open_store(configuration, write=False) as engine, reading(engine) as connection:
        found = counts(connection)
    files = configuration.registers
    sources = {name: files.file_of(name) or ("" if each.world else "store") for name, each in REGISTERS.items()}
    if as_json:
        print_json_lines({**each._asdict(), "source": sources[each.register]} for each in found)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for column in ("register", "", "from", "in the store", f"changed ({city.zone_name})"):
        table.add_column(column, overflow="fold", justify="right" if column == "in the store" else "left")
    for each in found:
        kind = REGISTERS[each.register]
        changed = "" if each.changed is None else city.time(each.changed, seconds=False)
        rows = str(each.rows) if each.rows or each.changed is not None else ""
        table.add_row(each.register, kind.zh, harmless(sources[each.register]), rows, changed)
    terminal().print(table)


@app.command("history")
def history(
    register: Annotated[str | None, typer.Argument(help="Which register; without: all.")] = None,
    config: ConfigOption = CITY,
    row: Annotated[str | None, typer.Option("--row", help="Only what was ever said of this row.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Who changed what when. Nothing in it is ever edited."""
    from cases.database import reading
    from cases.registers.history import changes, versions

    configuration = configuration_of(config)
    city = city_data(config, None)
    kind = None if register is None else register_of(register)
    if row is not None and kind is None:
        raise Problem("--row: name the register too, such as `gridwatch registers history vehicles --row muck-001`.")
    with open_store(configuration, write=False) as engine, reading(engine) as connection:
        done = changes(connection, register)
        if row is not None and kind is not None:
            tell_row(versions(connection, kind, row), {each["number"]: each for each in done}, city, as_json)
            return
    if as_json:
        print_json_lines(done)
        return
    for each in done:
        what = each["mode"]
        if each["effective"] is not None:
            what += f" from {city.time(each['effective'], seconds=False)}"
        line = f"{each['number']:>5}  {city.time(each['at'])}  {each['register']:10} {what}: +{each['added']}"
        line += f" -{each['removed']}" + (f", {each['skipped']} bad" if each["skipped"] else "")
        terminal().print(harmless(f"{line}  {each['source']}  by {each['by'] or 'nobody named'}"), soft_wrap=True)
    if not done:
        typer.echo("Nothing has been imported yet. Next: gridwatch registers template units units.xlsx")


@app.command("template")
def template(
    register: RegisterArgument,
    file: Annotated[Path, typer.Argument(help="A .csv, .xlsx or .geojson to write; it must not exist.")],
) -> None:
    """Write an empty file of a register, with what is expected in each column, and an example that an import skips."""
    from cases.registers.templates import write_template

    kind = register_of(register)
    new_file(file)
    write_template(kind, file)
    typer.echo(f"{file}: fill it in. Next: gridwatch registers check {register} {file}")


def _wanted(
    configuration: Configuration,
    config: Path,
    register: str,
    file: Path,
    datum: str | None,
    update: bool,
    from_: str | None,
    skip_bad: bool,
) -> Import:
    from cases.registers.changing import REPLACE, UPDATE
    from cases.registers.importing import Import, World

    kind, zone, now = register_of(register), ZoneInfo(configuration.time_zone), time.time()
    if from_ is not None and not update:
        raise Problem("--from: goes with --update; without it the file is the whole register.", Exit.USAGE)
    if kind.shape and datum is None:
        raise Problem("Say by --datum what the file's places are in: WGS-84, GCJ-02, BD-09 or CGCS2000.", Exit.USAGE)
    return Import(
        kind,
        file,
        zone,
        at=now,
        by="",
        mode=UPDATE if update else REPLACE,
        effective=time_option("--from", from_, zone, default=float(int(now))),
        datum=None if datum is None else datum_of(datum),
        skip_bad=skip_bad,
        world=World(configuration.registers, city_file(config).resolve().parent),
    )

"""registers_store: what the commands about registers share: the store, names of registers, what became of bad rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gridwatch.cli.data import CityData, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines, say_error
from pipeline.faults import Fault, Faulty, did_you_mean

if TYPE_CHECKING:
    import sqlalchemy as sa

    from cases.registers.importing import Imported
    from cases.registers.kinds import Register
    from pipeline.geo import Datum
    from pipeline.runtime.config import Configuration

SHOWN = 20
"""Bad rows that are named one by one."""


def configuration_of(config: Path) -> Configuration:
    """The city's. Raises Problem, Faulty."""
    from pipeline.runtime.config import load

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. Name the city's configuration with --config.", Exit.USAGE)
    return load(file)


def register_of(name: str) -> Register:
    """The register of this name. Raises Problem."""
    from cases.registers.kinds import REGISTERS

    if name not in REGISTERS:
        hint = did_you_mean(name, REGISTERS) or f"; there are: {', '.join(REGISTERS)}"
        raise Problem(f"There is no register '{name}'{hint}", Exit.USAGE)
    return REGISTERS[name]


def datum_of(text: str) -> Datum:
    """The datum of this name. Raises Problem."""
    from pipeline.geo import Datum

    try:
        return Datum(text)
    except ValueError:
        hint = did_you_mean(text, list(Datum)) or f"; there are: {', '.join(Datum)}"
        raise Problem(f"--datum: there is no datum '{text}'{hint}", Exit.USAGE) from None


def new_file(file: Path) -> None:
    """Raises Problem where it is there already."""
    if file.exists():
        raise Problem(f"{file} is there already; name another file.", Exit.USAGE)


@contextmanager
def open_store(configuration: Configuration, *, write: bool) -> Iterator[sa.Engine]:
    """The city's store with all of its tables; one that is only read and not there is empty. Raises Problem."""
    from cases.database import StoreBroken, StoreTrouble, open_database
    from cases.migrations import NewerSchema, OlderSchema, has_tables, migrate
    from cases.store_section import store_of

    try:
        where: Path | str | None = store_of(configuration.store, configuration.data, os.environ)
    except ValueError as error:
        raise Problem(str(error)) from None
    try:
        if isinstance(where, Path):
            if write:
                where.parent.mkdir(parents=True, exist_ok=True)
            elif not where.exists():
                where = None
        engine = open_database(where, read_only=where is not None and not write)
        try:
            if write or where is None or not has_tables(engine):
                migrate(engine)
            yield engine
        finally:
            engine.dispose()
    except (StoreTrouble, StoreBroken, NewerSchema, OlderSchema) as error:
        raise Problem(str(error)) from error


def with_bad_rows(bad: Path | None, advice: str, work: Callable[[], Imported]) -> Imported:
    """Do it; name the first bad rows, and write all to the file that is asked for.

    Raises Problem with the advice where nothing was done because of them."""
    try:
        done = work()
    except Faulty as faulty:
        tell_faults(faulty.faults, bad)
        raise Problem(advice, Exit.FOUND) from None
    if done.faults:
        tell_faults(done.faults, bad)
        say_error(f"{done.skipped} bad row{'s' if done.skipped > 1 else ''} left out")
    return done


def tell_faults(faults: Sequence[Fault], bad: Path | None) -> None:
    ordered = sorted(set(faults))
    for fault in ordered[:SHOWN]:
        say_error(harmless(str(fault)).plain)
    if len(ordered) > SHOWN:
        say_error(f"… and {len(ordered) - SHOWN} more" + ("" if bad else "; --bad FILE writes them all"))
    if bad is not None:
        bad.write_text("".join(f"{fault}\n" for fault in ordered), "utf-8")


def came(done: Imported) -> str:
    """What an import changes."""
    return f"{done.added} added, {done.removed} taken out"


def tell_row(versions: Sequence[Any], changes: Mapping[int, Mapping[str, Any]], city: CityData, as_json: bool) -> None:
    """What was ever said of one row."""
    if as_json:
        print_json_lines(
            {
                "since": each.since,
                "until": each.until,
                "valid_from": each.row.valid_from if abs(each.row.valid_from) != float("inf") else None,
                "valid_to": each.row.valid_to if abs(each.row.valid_to) != float("inf") else None,
                "data": each.row.data,
            }
            for each in versions
        )
        return
    for each in versions:
        when = f"{city.time(each.row.valid_from) or '…'} to {city.time(each.row.valid_to) or '…'}"
        said = ", ".join(f"{name}={value}" for name, value in each.row.data.items() if name != "geometry")
        by = changes[each.since]
        gone = "" if each.until is None else f", until change {each.until}"
        line = f"change {each.since} by {by['by'] or 'nobody named'}{gone}: holds {when}: {said}"
        terminal().print(harmless(line), soft_wrap=True)
    if not versions:
        typer.echo("Nothing was ever said of a row of this name.")

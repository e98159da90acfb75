"""verify: is an exported case still what was exported, and what the city's store says?

Reads a file that `gridwatch cases export` wrote; needs neither city nor network. Exit code 1: something is wrong, and
it is said in which part.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridwatch.cli.case_export import where
from gridwatch.cli.data import ConfigOption, DataOption, harmless
from gridwatch.cli.frame import Exit, Problem


def verify(
    file: Annotated[Path, typer.Argument(help="An exported case: .html, .zip or .pdf.", dir_okay=False)],
    manifest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="What its manifest's SHA-256 was when it was exported.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Check an exported case: every hash in it, and with --config or --data its steps against the city's store."""
    from cases.database import StoreTrouble, open_database, reading
    from cases.export.forms import Damaged, opened
    from cases.export.pdf import PdfMissing
    from cases.export.verifying import against_store
    from cases.export.verifying import verify as check

    content = file.read_bytes()
    try:
        faults = list(check(content, manifest))
        found = opened(content)
        if config is not None or data is not None:
            engine = open_database(where(config, data), read_only=True)
            try:
                with reading(engine) as connection:
                    faults += against_store(found, connection)
            finally:
                engine.dispose()
    except Damaged:
        found = None
    except FileNotFoundError:
        raise Problem(f"There are no cases in {data or config}: is that the city?", Exit.USAGE) from None
    except (StoreTrouble, PdfMissing) as error:
        raise Problem(str(error)) from None
    for fault in faults:
        typer.echo(harmless(f"{file.name}: {fault}").plain)
    if faults:
        raise typer.Exit(Exit.FOUND)
    if found is not None:
        said = found.manifest
        typer.echo(harmless(f"{said.number}, exported {said.exported} by {said.by}: as it was exported").plain)
        typer.echo(f"{len(said.parts)} parts, {said.steps} steps, manifest SHA-256 {found.manifest_hash}")

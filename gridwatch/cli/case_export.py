"""case_export: one case as one file for whoever has to judge it later, elsewhere, without gridwatch.

Reads the store, the journal and the files of cases; changes nothing. What the file says of itself `gridwatch verify`
checks.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from gridwatch.cli.data import ConfigOption, DataOption, city_data, harmless
from gridwatch.cli.frame import Exit, Problem


def export(
    id: Annotated[str, typer.Argument(help="A case's id or number, or the beginning of its id.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="What to write: .html, .zip or .pdf.", dir_okay=False)
    ],
    by: Annotated[str, typer.Option(help="Who exports it.", envvar="USER")],
    config: ConfigOption = None,
    data: DataOption = None,
    language: Annotated[Literal["en", "zh"], typer.Option(help="Of the page.")] = "en",
    with_contact: Annotated[
        bool, typer.Option("--with-contact", help="With what says who reported: names, phone numbers.")
    ] = False,
) -> None:
    """Write one case as one file: map, pictures, curves, history, why it was found, and a manifest of all of it."""
    import gridwatch
    from cases.database import StoreTrouble, open_database
    from cases.export.forms import FORMS
    from cases.export.forms import export as export_as
    from cases.export.page import Exported
    from cases.export.pdf import PdfMissing
    from cases.store import NoSuchCase
    from gridwatch.case_export import dossier_of
    from gridwatch.case_on_kafka import cases_on_kafka
    from gridwatch.printing import pdf

    form = next((each for each in FORMS if out.suffix.lower() == f".{each}"), None)
    if form is None:
        raise Problem(f"--out {out}: expected a name that ends in .html, .zip or .pdf", Exit.USAGE)
    if not out.resolve().parent.is_dir():
        raise Problem(f"--out {out}: there is no folder {out.parent}. Make it first.", Exit.USAGE)
    city, far = city_data(config, data), None if data is not None else cases_on_kafka(config)
    try:
        engine = open_database(where(config, data), read_only=True)
        try:
            dossier = dossier_of(
                engine,
                id,
                city.folder,
                city.folder.name,
                city.zone_name,
                language=language,
                contact=with_contact,
                far=far,
            )
        finally:
            engine.dispose()
        exported = Exported(time.time(), by, gridwatch.__version__, language, with_contact)
        file = export_as(dossier, exported, form, lambda page: pdf(page, out.parent))
    except FileNotFoundError:
        raise Problem(f"There are no cases in {city.folder} yet: `gridwatch run` makes them.") from None
    except NoSuchCase as error:
        raise Problem(str(error), Exit.FOUND) from None
    except (StoreTrouble, PdfMissing) as error:
        raise Problem(str(error)) from None
    out.write_bytes(file.data)
    typer.echo(harmless(f"{dossier.about.case['number']}: {out}, {len(file.data):,} bytes").plain)
    typer.echo(f"manifest: SHA-256 {file.manifest}")
    for each in dossier.lacking:
        typer.echo(harmless(f"lacking: {each.name}: {each.why}").plain, err=True)


def where(config: Path | None, data: Path | None) -> str | Path:
    """The store of the city that the options name. Raises Problem, Faulty."""
    from cases.store_section import FILE, store_of
    from gridwatch.cli.frame import city_file
    from pipeline.runtime.config import load

    if data is not None:
        return data / FILE
    configuration = load(city_file(config) if config is not None else Path("city.yaml"))
    try:
        return store_of(configuration.store, configuration.data, os.environ)
    except ValueError as error:
        raise Problem(str(error)) from None

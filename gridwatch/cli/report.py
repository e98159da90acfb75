"""report: a daily, weekly or monthly report on cases, made now: a workbook, a page for A4, or a PDF of it."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file
from gridwatch.times import time_option

app = typer.Typer(help="Reports on cases: daily, weekly, monthly.", no_args_is_help=True)
FORMATS = (".xlsx", ".html", ".pdf")


class Kind(StrEnum):
    """Of a report."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


class Language(StrEnum):
    """Of a report."""

    zh = "zh"
    en = "en"


@app.command("make")
def make(
    kind: Annotated[Kind, typer.Argument(help="daily, weekly or monthly.")],
    config: Annotated[Path, typer.Option("--config", help="The city's configuration, or its folder.")] = Path(
        "city.yaml"
    ),
    out: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A file: .xlsx, .html or .pdf. May be repeated. Default: as on schedule."),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--for", help="A day of the period that is meant. Default: the newest that is over.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Default: as the configuration says.")] = None,
) -> None:
    """Make a report now: of a period that is over, or of one so far."""
    from cases.database import reading
    from cases.indicators.periods import around
    from cases.reporting.files import put, render, write
    from cases.reporting.names import names_of
    from cases.reporting.report import Order
    from cases.reporting.report import make as read
    from cases.reporting.settings import KINDS
    from gridwatch.case_reports import city_of
    from gridwatch.cli.registers_store import configuration_of, open_store

    for file in out or ():
        if file.suffix.lower() not in FORMATS:
            raise Problem(f"--out {file}: expected a name that ends in {', '.join(FORMATS)}", Exit.USAGE)
        if not file.resolve().parent.is_dir():
            raise Problem(f"--out {file}: there is no folder {file.parent}. Make it first.", Exit.USAGE)
    configuration = configuration_of(config)
    now = time.time()
    with open_store(configuration, write=False) as engine, reading(engine) as connection:
        city = city_of(configuration, city_file(config).resolve().parent, connection)
        spoken = language.value if language else city.section.language
        if day is None:
            period = around(now, KINDS[kind.value], city.zone, back=1)
        else:
            period = around(time_option("--for", day, city.zone), KINDS[kind.value], city.zone)
        if period.start >= now:
            raise Problem(f"--for: {period.name} has not begun yet", Exit.USAGE)
        order = Order(
            kind.value,
            period,
            city.name,
            city.zone,
            configuration.time_zone,
            now,
            city.section.by,
            city.section.score,
            names_of(connection, city.categories, spoken, min(period.end, now)),
        )
        report = read(connection, order, city.working)
    if not out:
        made = write(report, city.folder, city.section.formats, spoken)
    else:
        formats = {file.suffix.lower()[1:] for file in out}
        for file in out:
            suffix = file.suffix.lower()[1:]
            if suffix == "pdf":
                from gridwatch.printing import pdf

                put(file, pdf(render(report, "html", spoken, formats), file.parent))
            else:
                put(file, render(report, suffix, spoken, formats))
        made = out
    for file in made:
        typer.echo(f"{file}: {period.name}, {report.whole.counts['filed']:,} cases filed")

"""reporting: a replay's reports written to files, and what was expected of it.

Reads an outcome and the section `expect:` of a configuration; the format of a report follows its file's suffix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem
from gridwatch.recordings import Opened

if TYPE_CHECKING:
    from pipeline.version import Version
    from replay.expect import Expectations
    from replay.outcome import Outcome
    from replay.report.facts import Facts

FORMATS = (".html", ".json", ".xml")

ReportOption = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="FILE", help="Write a report: .html, .json or .xml (JUnit). May be repeated."),
]
ExpectOption = Annotated[
    Path | None,
    typer.Option("--expect", metavar="FILE", help="What it is to come to: a file with `expect:`. Default: --config's."),
]
TitleOption = Annotated[str, typer.Option(help="What the reports are called.")]


@dataclass(slots=True)
class Noted:
    """A recording whose versions are noted as they come into force."""

    opened: Opened
    versions: list[Version] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opened = self.opened.changed(self._note)

    def _note(self, version: Version) -> Version:
        self.versions.append(version)
        return version

    @property
    def ids(self) -> list[str]:
        """The versions' ids in order, those that follow themselves once."""
        ids = [version.id for version in self.versions]
        return [each for at, each in enumerate(ids) if at == 0 or ids[at - 1] != each]


def check_reports(files: Sequence[Path]) -> None:
    """Before anything is judged: can these be written? Raises Problem."""
    for file in files:
        if file.suffix.lower() not in FORMATS:
            raise Problem(f"--report {file}: expected a name that ends in {', '.join(FORMATS)}", Exit.USAGE)
        if not file.resolve().parent.is_dir():
            raise Problem(f"--report {file}: there is no folder {file.parent}. Make it first.", Exit.USAGE)


def expected(file: Path | None, opened: Opened) -> Expectations:
    """What a file expects, else the configuration that was asked for. Raises Problem, Faulty."""
    if file is not None:
        return read_expectations(file)
    return opened.city.configuration.expect if opened.city is not None else {}


def read_expectations(file: Path) -> Expectations:
    """The section `expect:` of a file, which may be a whole configuration. Raises Problem, Faulty."""
    from pydantic import ValidationError

    from gridwatch.cli.frame import city_file
    from pipeline.faults import Faulty
    from pipeline.runtime.document import read_document
    from pipeline.runtime.explain import faults_of
    from replay.expect import Expecting

    document = read_document(city_file(file))
    if document.faults:
        raise Faulty(document.faults)
    if not isinstance(document.data, dict) or document.data.get("expect") is None:
        raise Problem(f"{file}: there is no section 'expect:' in it, such as expect: {{all: {{f1: 0.9}}}}", Exit.USAGE)
    try:
        return Expecting.model_validate({"expect": document.data["expect"]}).expect
    except ValidationError as error:
        raise Faulty(faults_of(error, document, Expecting)) from None


def facts_of(noted: Noted, outcome: Outcome, expect: Expectations, title: str = "") -> Facts:
    """What the reports tell."""
    from replay.expect import results
    from replay.report.facts import Facts

    return Facts(
        recording=noted.opened.name,
        outcome=outcome,
        city=noted.versions[-1].city if noted.versions else "",
        title=title,
        versions=noted.ids,
        faults=noted.opened.faults,
        seed=noted.opened.seed,
        results=results(expect, outcome),
    )


def write_reports(files: Sequence[Path], opened: Opened, facts: Facts) -> None:
    """Each in the format of its suffix."""
    from replay.report.facts import as_json
    from replay.report.junit import as_junit

    for file in files:
        match file.suffix.lower():
            case ".json":
                file.write_bytes(as_json(facts))
            case ".xml":
                file.write_bytes(as_junit(facts))
            case _:
                file.write_bytes(page(opened, facts))


def page(opened: Opened, facts: Facts) -> bytes:
    """The HTML report. Reads the recording a second time, for the rows around what is shown."""
    from gridwatch.cli.replay import progress
    from replay.report.page import as_html, picked
    from replay.report.picking import windows
    from replay.surroundings import surroundings

    with progress(opened.head - opened.first, "the report: ") as (bar, task):
        around = surroundings(
            opened.entries(),
            opened.load,
            windows(picked(facts)),
            current=opened.current,
            progress=lambda at: bar.update(task, completed=at - opened.first),
        )
    return as_html(facts, around)


def tell_results(facts: Facts, *, err: bool = False) -> None:
    """A line for each expectation that was missed. err: stdout is taken. Raises Exit where there is one."""
    if not facts.results:
        return
    from gridwatch.cli.data import harmless

    missed = facts.missed_results()
    for result in missed:
        typer.echo(f"missed: {harmless(str(result))}", err=err)
    count = len(facts.results)
    if missed:
        typer.echo(f"{len(missed)} of {count} expectations missed.", err=err)
        raise typer.Exit(Exit.FOUND)
    typer.echo(f"{count} expectation{'s' if count > 1 else ''} met.", err=err)

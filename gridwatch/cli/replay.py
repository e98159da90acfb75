"""replay: what cases come of a recorded journal, with its own configuration or with another.

The way to try a rule before the city runs it, and to prove what was found: the engine is the one that runs live, time
is the journal's. Changes nothing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from gridwatch.cli.data import harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.engine import LoadVersion
    from pipeline.journal import JournalReader
    from replay.replaying import Replayed


def replay(
    journal: Annotated[Path, typer.Argument(help="A journal's folder, or the data folder of a city.")],
    config: Annotated[
        Path | None,
        typer.Option(help="Judge by this configuration all along. Default: by what the journal says was in force."),
    ] = None,
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the cases there, one object a line; - is stdout."),
    ] = None,
    start: Annotated[int | None, typer.Option("--from", min=0, help="Begin at this position of the journal.")] = None,
    batch: Annotated[int, typer.Option(min=1, hidden=True)] = 65_536,
) -> None:
    """Judge a recorded journal again, at full speed: which cases come of it?"""
    from pipeline.engine import NoVersion
    from pipeline.journal import Journal
    from replay.replaying import json_lines
    from replay.replaying import replay as run

    folder = journal_in(journal)
    reader = Journal.read_only(folder)
    load, current = versions(folder, config)
    first = reader.first
    if start is not None and not first <= start <= reader.head:
        raise Problem(f"--from: this journal has the positions {first} to {reader.head}, not {start}", Exit.USAGE)
    begin = first if start is None else start
    try:
        with _progress(reader, begin) as (bar, task):
            result = run(
                reader,
                load,
                start=begin,
                current=current,
                batch=batch,
                progress=lambda at: bar.update(task, completed=at - begin),
            )
    except NoVersion as error:
        raise Problem(f"{folder}: {error}. Name the configuration to judge by: --config FILE.", Exit.USAGE) from error
    if json_ == "-":
        typer.echo(json_lines(result.cases), nl=False)
    elif json_ is not None:
        Path(json_).write_text(json_lines(result.cases), "utf-8")
    if json_ != "-":
        _tell(result, json_)
    if config is not None and result.versions > 1:
        typer.echo(
            f"The journal's own {result.versions} versions were ignored: judged by {config} all along.", err=True
        )


def journal_in(folder: Path) -> Path:
    """The journal's own folder, given that or one that has it. Raises Problem."""
    from pipeline.journal.reader import SEGMENTS
    from pipeline.runtime.opening import JOURNAL

    if (folder / SEGMENTS).is_dir():
        return folder
    if (folder / JOURNAL / SEGMENTS).is_dir():
        return folder / JOURNAL
    raise Problem(f"{folder}: there is no journal here. `gridwatch import` and `gridwatch run` make them.", Exit.USAGE)


def versions(folder: Path, config: Path | None) -> tuple[LoadVersion, bytes | None]:
    """How versions are made, and the payload of the one that is in force at the beginning, where one was asked for."""
    from pipeline.journal import Contents
    from pipeline.names import Names
    from pipeline.runtime.compose import CONTENTS, load_city, load_version
    from pipeline.version import Version

    if config is None:
        contents = Contents(folder / CONTENTS)
        return lambda payload, names: load_version(payload, contents, names), None
    city = load_city(city_file(config))
    made: list[Version] = []

    def always(_: bytes, names: Names) -> Version:
        if not made:
            made.append(city.version(names))
        return made[0]

    return always, b"{}"


class _progress:  # noqa: N801  reads as what it does
    """A bar on stderr, where that is a terminal."""

    def __init__(self, reader: JournalReader, begin: int) -> None:
        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} entries"),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=max(reader.head - begin, 1))

    def __enter__(self) -> tuple[Progress, TaskID]:
        self.bar.start()
        return self.bar, self.task

    def __exit__(self, *_: object) -> None:
        self.bar.stop()


def _tell(result: Replayed, written: str | None) -> None:
    if result.cases and written is None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for name, justify in (("rule", "left"), ("cases", "right"), ("open", "right"), ("subjects", "right")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]
        found = Counter(case.rule for case in result.cases)
        for rule, count in sorted(found.items()):
            mine = [case for case in result.cases if case.rule == rule]
            subjects = len({case.subject for case in mine})
            table.add_row(harmless(rule), str(count), str(sum(case.open for case in mine)), str(subjects))
        terminal().print(table)
    aside = {fate: n for fate, n in sorted(result.counts.items()) if n and fate not in ("live", "late")}
    typer.echo(
        f"{len(result.cases)} cases from {result.rows} rows in {result.seconds:.1f} s,"
        f" {result.rows / max(result.seconds, 1e-9):,.0f} rows/s" + (f"; cases in {written}" if written else "")
    )
    if aside:
        typer.echo("set aside: " + ", ".join(f"{count} {fate}" for fate, count in aside.items()))

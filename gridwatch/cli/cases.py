"""cases: what was found, as a list or one by one.

Reads the store beside whatever writes it; changes nothing. `--json` gives one object a line, sorted by (started, id),
with the keys that `cases.case.Case.to_json` promises.
"""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gridwatch.cli.case_aside import aside
from gridwatch.cli.case_export import export
from gridwatch.cli.case_steps import import_orders, report, step
from gridwatch.cli.data import (
    SHOWN,
    CityData,
    ConfigOption,
    DataOption,
    JsonOption,
    city_data,
    duration,
    harmless,
    terminal,
)
from gridwatch.cli.frame import Exit, Problem, print_json_lines
from gridwatch.times import time_option

if TYPE_CHECKING:
    from cases.case import Case
    from cases.reading_rows import Whole
    from cases.store import Store

WIDE = 110
"""Columns from which a table says more."""

app = typer.Typer(help="What was found: list cases, show one, say whether it was so.", no_args_is_help=True)

for _command in (export, report, step, import_orders, aside):
    app.command()(_command)

_REASONS = {
    "clear": "it was right again",
    "gap": "nothing more was heard",
    "removed": "the rule was removed",
    "forgotten": "nothing was heard for so long that it was forgotten",
}


@app.command("list")
def list_(
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
    open_: Annotated[bool, typer.Option("--open", help="Only what goes on.")] = False,
    rule: Annotated[str | None, typer.Option(help="Only this rule's.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only this vehicle's or bin's.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only those that started then or later: ISO 8601; without offset the city's time."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Only the newest so many. Default: {SHOWN}, with --json all.")
    ] = None,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Those that were taken back, too.")] = False,
) -> None:
    """List cases, oldest first."""
    city = city_data(config, data)
    most = limit or (None if as_json else SHOWN)
    with _store(city) as store:
        found = store.list(
            open=True if open_ else None,
            rule=rule,
            subject=subject,
            since=None if since is None else time_option("--since", since, city.zone),
            limit=None if most is None else most + 1,  # one more, to know whether there are more
            withdrawn=withdrawn,
        )
    more = most is not None and len(found) > most
    found = found[1:] if more else found
    if as_json:
        print_json_lines(case.to_json() for case in found)
    elif found:
        console = terminal()
        console.print(_table(found, city, console.width >= WIDE))
        if more:
            console.print(f"The newest {most}. More with --limit, all with --json.", style="dim")
    else:
        asked = open_ or rule or subject or since
        typer.echo("No cases match. Without the options all are shown." if asked else "No cases yet.")


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="A case's id, or the beginning of it.")],
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one case."""
    from cases.store import NoSuchCase

    city = city_data(config, data)
    with _store(city) as store:
        try:
            case = store.get(id)
            about = _whole(store, case)
        except NoSuchCase as error:
            raise Problem(str(error), Exit.FOUND) from None
    if as_json:
        typer.echo(json.dumps(case.to_json(), ensure_ascii=False, allow_nan=False))
        return
    terminal().print(_sheet(case, city))
    if about.steps:
        terminal().print(_history(about, city))


@app.command()
def verdict(
    id: Annotated[str, typer.Argument(help="A case's id, or the beginning of it.")],
    verdict: Annotated[str, typer.Argument(help="confirmed, or false-alarm.")],
    by: Annotated[str, typer.Option(help="Who says so.", envvar="USER")],
    note: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say of a case that it was really so, or a false alarm. The last verdict counts; none is ever changed."""
    from cases.life import VERDICTS
    from cases.office import NoAnswerYet
    from cases.store import NoSuchCase
    from cases.words import Step
    from gridwatch.local_office import LocalOffice

    wanted = next((each for each in VERDICTS if each == verdict.strip().lower().replace("-", " ")), None)
    if wanted is None:
        raise Problem(f"expected a verdict, 'confirmed' or 'false-alarm', got '{verdict}'", Exit.USAGE)
    city = city_data(config, data)
    with _store(city) as store:
        try:
            case = store.get(id)
        except NoSuchCase as error:
            raise Problem(str(error), Exit.FOUND) from None
    step = Step(
        id=str(uuid.uuid4()),
        case=case.id,
        action="verdict",
        by=by,
        role="supervisor",
        at=time.time(),
        note=note,
        data={"verdict": wanted},
    )
    try:
        answer = LocalOffice(city.folder, city.store).say(step)
    except NoAnswerYet as error:
        typer.echo(f"{case.id}: {error}")
        return
    if not answer.taken:
        raise Problem(f"{case.id}: {answer.why}", Exit.FOUND)
    typer.echo(f"{case.id}: {wanted}, by {by}")


@contextmanager
def _store(city: CityData) -> Iterator[Store]:
    from cases.database_errors import NewerSchema, StoreBroken, StoreTrouble
    from cases.migrations import OlderSchema
    from cases.store import Store

    try:
        with Store(city.store, read_only=True) as store:
            yield store
    except FileNotFoundError:
        raise Problem(f"There are no cases in {city.folder} yet: `gridwatch run` makes them.") from None
    except (NewerSchema, OlderSchema, StoreBroken, StoreTrouble) as error:
        raise Problem(str(error)) from None


def _whole(store: Store, case: Case) -> Whole:
    from cases.database import reading
    from cases.reading import whole

    with reading(store.engine) as connection:
        return whole(connection, case.id)


def _history(about: Whole, city: CityData) -> Table:
    """What was done, by whom and why."""
    from cases.life import ACTIONS

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    for name in ("when", "step", "by", "now", "why"):
        table.add_column(name, no_wrap=name == "when", overflow="fold")
    for done in about.steps:
        action = ACTIONS.get(done.action)
        name = f"{done.action} {action.zh}" if action is not None else done.action
        row = [Text(city.time(done.at)), Text(name), harmless(done.by), Text(done.to_state), harmless(done.note)]
        table.add_row(*row)
    return table


def _table(cases: Sequence[Case], city: CityData, wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    table.add_column("case", no_wrap=True, style="dim")
    table.add_column("started" if not wide else f"started ({city.zone_name})", no_wrap=True)
    table.add_column("rule", overflow="fold")
    table.add_column("subject", overflow="fold")
    if wide:
        table.add_column("state", no_wrap=True)
        table.add_column("place", overflow="fold")
        table.add_column("lon, lat", no_wrap=True)
    table.add_column("worst", justify="right", no_wrap=True)
    table.add_column("lasted", justify="right", no_wrap=True)
    for case in cases:
        row = [Text(case.id[:8]), Text(city.time(case.started, seconds=wide))]
        row += [harmless(case.rule or case.channel), harmless(case.subject)]
        if wide:
            row += [Text(case.state), harmless(case.place), Text(_where(case))]
        table.add_row(*row, Text(_worst(case)), _lasted(case), style="dim" if case.withdrawn else None)
    return table


def _sheet(case: Case, city: CityData) -> Table:
    """One case, line by line."""
    ended = city.time(case.ended)
    if ended:
        ended += f"   after {duration(case.ended - case.started)}: {_REASONS.get(case.reason, case.reason)}"
    lines = {
        "case": Text(case.id, "bold"),
        "number": Text(case.number),
        "state": Text(case.state),
        "unit": harmless(case.responsible),
        "due": Text(city.time(case.due)),
        "members": Text(str(case.members) if case.members > 1 else ""),
        "rule": harmless(f"{case.rule}   version {case.rule_version}" if case.rule else ""),
        "category": harmless(case.category),
        "subject": harmless(f"{case.subject}   {case.part}" if case.part else case.subject),
        "place": harmless(case.place),
        "lon, lat": Text(_where(case)),
        "worst": Text(_worst(case)),
        "started": Text(city.time(case.started)),
        "confirmed": Text(city.time(case.confirmed) + ("   by rows that came late" if case.late else "")),
        "ended": Text(ended) if ended else _lasted(case),
        "": Text(f"Times are {city.zone_name}, places WGS-84.", "dim"),
    }
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, line in lines.items():
        if line.plain:
            table.add_row(name, line)
    return table


def _where(case: Case) -> str:
    return "" if math.isnan(case.lon) else f"{case.lon:.5f}, {case.lat:.5f}"


def _worst(case: Case) -> str:
    return "" if math.isnan(case.measure) else f"{case.measure:.4g} {case.unit}".strip()


def _lasted(case: Case) -> Text:
    if case.withdrawn:
        return Text("taken back")
    return Text("open", "bold red") if case.open else Text(duration(case.ended - case.started))

"""clocks: terminals whose clocks are wrong: what was estimated, and corrections, which somebody approves."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.table import Table

from cases.clock_words import signed
from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines, say_error
from gridwatch.cli.registers_store import configuration_of, open_store
from gridwatch.clocks_read import ClocksRead, read_clocks
from gridwatch.clocks_words import how
from gridwatch.times import duration_option, time_option
from pipeline.faults import Faulty

if TYPE_CHECKING:
    from cases.registers.importing import World
    from pipeline.clock_list import Listed
    from pipeline.runtime.config import Configuration

app = typer.Typer(help="Terminals with wrong clocks: list them, approve corrections, revoke them.")

ConfigOption = Annotated[Path, typer.Option("--config", help="The city's configuration, or the folder it is in.")]
JournalOption = Annotated[
    Path | None, typer.Option("--journal", help="A recording's folder, in place of the city's own journal.")
]
LastOption = Annotated[str, typer.Option("--last", help="How much of the journal's end is read.")]
StreamOption = Annotated[
    str, typer.Option("--stream", help="Only in this stream. Without: in all that say the same time.")
]
WhyOption = Annotated[str, typer.Option("--why", help="Why, for the history and for the case.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it, for the history and for the case.", envvar="USER")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="From when on, by receipt; ISO 8601, without offset the city's time.")
]
CITY, DAY_LONG = Path("city.yaml"), "24h"


@app.callback(invoke_without_command=True)
def clocks(
    context: typer.Context,
    config: ConfigOption = CITY,
    journal: JournalOption = None,
    last: LastOption = DAY_LONG,
    as_json: JsonOption = False,
) -> None:
    """List the terminals whose clocks are wrong or corrected; those that nobody watches come first."""
    if context.invoked_subcommand is not None:
        return
    found = read_clocks(config, duration_option("--last", last), journal)
    if as_json:
        print_json_lines(_object(found, each) for each in found.listed)
    else:
        _show(found)
    if any(each.state not in ("corrected", "unheard") for each in found.listed):
        raise typer.Exit(Exit.FOUND)


@app.command("approve")
def approve(
    terminals: Annotated[list[str] | None, typer.Argument(metavar="TERMINAL...", help="Whose clocks.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that are proposed.")] = False,
    config: ConfigOption = CITY,
    stream: StreamOption = "",
    offset: Annotated[
        float | None, typer.Option(help="Seconds that the clock is ahead (below 0: behind). Default: as estimated.")
    ] = None,
    drift: Annotated[float, typer.Option(help="With --offset: seconds a day by which that grows.")] = 0.0,
    from_: FromOption = None,
    why: WhyOption = "",
    by: ByOption = "",
    journal: JournalOption = None,
    last: LastOption = DAY_LONG,
) -> None:
    """Correct the times of terminals from now on, by what was estimated or by --offset."""
    from cases.registers.clocks import Approval
    from cases.registers.clocks import approve as put

    terminals = terminals or []
    if bool(terminals) == all_:
        raise Problem("Name terminals, or --all that are proposed.", Exit.USAGE)
    configuration = configuration_of(config)
    zone, now = ZoneInfo(configuration.time_zone), time.time()
    since = time_option("--from", from_, zone, default=math.floor(now))
    if offset is not None:
        if all_:
            raise Problem("--offset: goes with the names of terminals, not with --all.", Exit.USAGE)
        wanted = [Approval(each, stream, offset, drift, by, why, now, since) for each in terminals]
    else:
        found = read_clocks(config, duration_option("--last", last), journal)
        wanted = [
            Approval(each.terminal, stream or each.scope, ahead, _drift(each), by, why, now, since)
            for each in _proposed(found, terminals, stream)
            if (ahead := each.proposed(since)) is not None
        ]
    world = _writable(config, configuration)
    with open_store(configuration, write=True) as engine:
        for each in wanted:
            try:
                done = put(engine, each, zone, world)
            except Faulty as faulty:
                raise Problem("; ".join(fault.message for fault in faulty.faults), Exit.FOUND) from None
            more = f", and {each.drift:+.1f} s a day" if each.drift else ""
            line = f"{each.terminal}: corrected by {signed(-each.offset)}{more} (change {done.number})"
            terminal().print(harmless(line), soft_wrap=True)
    _tell_in_force(config, configuration)


@app.command("revoke")
def revoke(
    terminals: Annotated[list[str], typer.Argument(metavar="TERMINAL...", help="Whose clocks.")],
    config: ConfigOption = CITY,
    stream: StreamOption = "",
    from_: FromOption = None,
    why: WhyOption = "",
    by: ByOption = "",
) -> None:
    """Correct the times of terminals no longer, from now on: when one was mended."""
    from cases.registers.clocks import revoke as end

    configuration = configuration_of(config)
    zone, now = ZoneInfo(configuration.time_zone), time.time()
    at = time_option("--from", from_, zone, default=now)
    world = _writable(config, configuration)
    with open_store(configuration, write=True) as engine:
        for each in terminals:
            try:
                done = end(engine, each, stream, by, why, at, zone, world)
            except LookupError as error:
                raise Problem(f"{error}; `gridwatch registers history clocks --row {each}` tells more.") from None
            except Faulty as faulty:
                raise Problem("; ".join(fault.message for fault in faulty.faults), Exit.FOUND) from None
            terminal().print(harmless(f"{each}: no longer corrected (change {done.number})"), soft_wrap=True)
    _tell_in_force(config, configuration)


def _proposed(found: ClocksRead, terminals: list[str], stream: str) -> list[Listed]:
    """Those that could be corrected: one of each terminal. Raises Problem for a terminal that could not."""
    mine = [each for each in found.listed if stream in ("", each.stream)]
    could = {each.terminal: each for each in reversed(mine) if each.proposed(found.now) is not None}
    for name in terminals:
        if name not in could:
            state = next((f" ({each.state})" for each in mine if each.terminal == name), "")
            message = f"{name}: there is no estimate that could correct it{state}. Say it: --offset SECONDS"
            raise Problem(message, Exit.FOUND)
    if not terminals and not could:
        raise Problem("There is nothing to approve.", Exit.FOUND)
    return [could[name] for name in terminals or sorted(could)]


def _drift(each: Listed) -> float:
    return 0.0 if each.estimate is None else each.estimate.drift


def _writable(config: Path, configuration: Configuration) -> World:
    """Raises Problem where the register is a file."""
    from cases.registers.importing import World

    source = configuration.registers.file_of("clocks")
    if source not in (None, "store"):
        message = f"{config} takes clocks from {source}: change them there, or say `clocks: store` under `registers:`."
        raise Problem(message, Exit.USAGE)
    return World(configuration.registers, city_file(config).resolve().parent)


def _tell_in_force(config: Path, configuration: Configuration) -> None:
    if configuration.registers.file_of("clocks") is None:
        typer.echo(f"Nothing is judged by it yet: say `clocks: store` under `registers:` in {config}.")
    else:
        typer.echo("A city that runs takes it when it reads its configuration again (SIGHUP).")


def _show(found: ClocksRead) -> None:
    for line in found.said:
        say_error(line)
    if not found.listed:
        typer.echo("No terminal's clock is known to be wrong.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for column in ("terminal", "on", "stream", "clock", "corrected by", "rows are judged", "state"):
        table.add_column(column, overflow="fold")
    for each in found.listed:
        ahead = "" if each.estimate is None else how(each.estimate)
        by = "" if each.correction is None else signed(-each.correction.at(found.now))
        on, judged = found.owner.get(each.terminal, ""), "yes" if each.watched else "no"
        cells = (each.terminal, on, each.stream or "all", ahead, by, judged, str(each.state))
        table.add_row(*map(harmless, cells))
    terminal().print(table)
    unwatched = sum(not each.watched for each in found.listed)
    if unwatched:
        typer.echo(f"Nobody watches {unwatched}: their rows are set aside.")
    if found.left_out:
        typer.echo("There are more than can be watched at once.")
    if any(each.proposed(found.now) is not None for each in found.listed):
        typer.echo("Next: gridwatch clocks approve TERMINAL, or --all")


def _object(found: ClocksRead, each: Listed) -> dict[str, Any]:
    said, correction = each.estimate, each.correction
    return {
        "terminal": each.terminal,
        "subject": found.owner.get(each.terminal, ""),
        "stream": each.stream,
        "state": str(each.state),
        "watched": each.watched,
        "kind": None if said is None else str(said.kind),
        "offset": None if said is None else round(said.offset, 3),
        "bound": None if said is None else round(said.bound, 3),
        "drift": None if said is None else round(said.drift, 3),
        "corrected": None if correction is None else correction.at(found.now),
        "by": None if correction is None else correction.by,
        "approved": None if correction is None else correction.approved,
        "last": each.last if math.isfinite(each.last) else None,
    }

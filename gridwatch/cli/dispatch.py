"""dispatch: how telling other systems goes: what waits, what was given up, and what to do about it.

Reads the store beside whatever writes it; `retry` and `drop` change only what was given up. Nothing is sent but by
`test`: a running city sends.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import SHOWN, CityData, JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.cli.registers_store import configuration_of, open_store
from pipeline.faults import did_you_mean

if TYPE_CHECKING:
    import sqlalchemy as sa

    from cases.outbox.lists import Dead, Standing

app = typer.Typer(help="Cases to other systems: how it goes, what was given up, retry.", no_args_is_help=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The city's configuration, or the folder it is in. Default: city.yaml.")
]
CITY = Path("city.yaml")
Ids = Annotated[list[str] | None, typer.Argument(help="Of dead messages, or the beginnings of them.")]
TargetOption = Annotated[str | None, typer.Option("--target", help="All dead ones of this target.")]

_STATES = {"closed": "works", "open": "left alone", "half_open": "being tried"}


@app.command("list")
def list_(config: ConfigOption = CITY, as_json: JsonOption = False) -> None:
    """How each target is doing."""
    from cases.outbox.lists import Standing, standing

    configuration = configuration_of(config)
    with open_store(configuration, write=False) as store:
        known = {each.name: each for each in standing(store)}
    for name in configuration.dispatch:
        fresh = {"gone": False, "breaker": "closed", "until": 0.0, "waiting": 0, "held": 0, "dead": 0, "over": 0}
        known.setdefault(name, Standing(name=name, oldest=None, worked=None, why="", **fresh))  # type: ignore[arg-type]
    found = [known[name] for name in sorted(known)]
    if as_json:
        print_json_lines(_standing_json(each) for each in found)
    elif found:
        terminal().print(_standing_table(found, city_data(config, None)))
    else:
        typer.echo("No targets; name them in the section 'dispatch' of the configuration.")


@app.command("dead")
def dead_(
    config: ConfigOption = CITY,
    target: Annotated[str | None, typer.Option(help="Only this target's.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Only the newest so many. Default: {SHOWN}, with --json all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What was given up, and why. It holds back the later messages of its case to that target."""
    from cases.outbox.lists import dead

    configuration = configuration_of(config)
    with open_store(configuration, write=False) as store:
        found = dead(store, target, limit or (None if as_json else SHOWN))
    if as_json:
        print_json_lines(_dead_json(each) for each in found)
    elif found:
        terminal().print(_dead_table(found, city_data(config, None)))
    else:
        typer.echo("No dead messages.")


@app.command()
def retry(id: Ids = None, config: ConfigOption = CITY, target: TargetOption = None) -> None:
    """Let dead messages be sent after all, each in its place."""
    from cases.outbox.lists import retry

    with open_store(configuration_of(config), write=True) as store:
        count = retry(store, _chosen(store, id, target))
    typer.echo(f"{count} will be sent again, once the city runs.")


@app.command()
def drop(id: Ids = None, config: ConfigOption = CITY, target: TargetOption = None) -> None:
    """Give dead messages up for good, so that the later ones of their cases go on."""
    from cases.outbox.lists import drop

    with open_store(configuration_of(config), write=True) as store:
        count = drop(store, _chosen(store, id, target), time.time())
    typer.echo(f"{count} dropped.")


@app.command("test")
def try_(
    target: Annotated[str, typer.Argument(help="Its name in the configuration.")], config: ConfigOption = CITY
) -> None:
    """See whether a target takes messages: an event of the type gridwatch.test, or where that would mean something,
    only a question."""
    from connectors.dispatch import TARGETS
    from connectors.dispatch.message import Sent

    configuration = configuration_of(config)
    if target not in configuration.dispatch:
        hint = (
            did_you_mean(target, configuration.dispatch)
            or f"; there are: {', '.join(configuration.dispatch) or 'none'}"
        )
        raise Problem(f"There is no target '{target}'{hint}", Exit.USAGE)
    settings = configuration.dispatch[target]
    folder = city_file(config).resolve().parent
    try:
        sender = TARGETS[settings.type].sender(target, settings, configuration.city, folder, os.environ)
    except (ValueError, OSError) as error:
        raise Problem(f"dispatch.{target}: {error}") from None
    try:
        outcome = sender.test()
    finally:
        sender.close()
    if not isinstance(outcome, Sent):
        raise Problem(f"{target} does not work: {outcome.why}", Exit.FOUND)
    typer.echo(f"{target} works.")


def _chosen(store: sa.Engine, ids: list[str] | None, target: str | None) -> list[str]:
    from cases.outbox.lists import NoSuchMessage, dead, find_dead

    if bool(ids) == (target is not None):
        raise Problem("Name dead messages by their ids, or all of a target's with --target.", Exit.USAGE)
    if target is not None:
        return [each.id for each in dead(store, target)]
    try:
        return find_dead(store, ids or [])
    except NoSuchMessage as error:
        raise Problem(f"{error}.", Exit.USAGE) from None


def _standing_json(each: Standing) -> dict[str, Any]:
    from cases.case import iso

    times = {name: iso(math.nan if (at := getattr(each, name)) is None else at) for name in ("oldest", "worked")}
    until = {"until": iso(each.until) if each.breaker != "closed" else None}
    return {**msgspec.to_builtins(each), **until, **times}


def _dead_json(each: Dead) -> dict[str, Any]:
    from cases.case import iso

    return {**msgspec.to_builtins(each), "at": iso(each.at), "finished": iso(each.finished)}


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in ("waiting", "dead", "holds") else "left")
    return table


def _standing_table(found: Iterable[Standing], city: CityData) -> Table:
    table = _table("target", "state", "waiting", "dead", f"took one last ({city.zone_name})", "fails by")
    for each in found:
        state = "not in the configuration" if each.gone else _STATES[each.breaker]
        if each.breaker == "open" and not each.gone:
            state += f" until {city.time(each.until)[11:]}"
        waiting = f"{each.waiting}, {each.held} of them held" if each.held else str(each.waiting)
        worked = "" if each.worked is None else city.time(each.worked)
        table.add_row(harmless(each.name), state, waiting, str(each.dead), worked, harmless(each.why))
    return table


def _dead_table(found: Iterable[Dead], city: CityData) -> Table:
    table = _table("id", "target", f"happened ({city.zone_name})", "what", "why", "holds")
    for each in found:
        what = Text.assemble(each.event, "\n", (each.case[:8], "dim"))
        row = (each.id[:8], harmless(each.target), city.time(each.at), what, harmless(each.why), str(each.holds))
        table.add_row(*row)
    return table

"""notify: the messages that people were sent about cases: which there are, acknowledging, putting off, a test.

Works beside a running city, which does the sending; only `test` sends anything itself.
"""

from __future__ import annotations

import getpass
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import SHOWN, CityData, JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines
from gridwatch.cli.registers_store import configuration_of, open_store
from gridwatch.times import duration_option
from pipeline.faults import did_you_mean

if TYPE_CHECKING:
    from cases.notify.answering import Notice

app = typer.Typer(help="Messages to people about cases: list, acknowledge, put off, test.", no_args_is_help=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The city's configuration, or the folder it is in. Default: city.yaml.")
]
CITY = Path("city.yaml")
Number = Annotated[int, typer.Argument(help="The notice's number, as the message says it.")]


@app.command("list")
def list_(
    config: ConfigOption = CITY,
    open_: Annotated[bool, typer.Option("--open", help="Only what nobody has acknowledged.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Only the newest so many. Default: {SHOWN}, with --json all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Which notices there are, the newest first: what they say, and whether anybody has acknowledged them."""
    from cases.notify.answering import notices

    shown = limit or (None if as_json else SHOWN)
    with open_store(configuration_of(config), write=False) as store:
        found = notices(store, state="told" if open_ else None, limit=shown)
    if as_json:
        print_json_lines(msgspec.to_builtins(each) for each in found)
    elif found:
        terminal().print(_table(found, city_data(config, None)))
    else:
        typer.echo("No notices.")


@app.command("ack")
def ack(
    number: Number,
    config: ConfigOption = CITY,
    by: Annotated[str | None, typer.Option(help="Who has it. Default: you, as this computer knows you.")] = None,
) -> None:
    """Acknowledge a notice: nobody else is told."""
    from cases.notify.answering import NoSuchNotice, acknowledge

    with open_store(configuration_of(config), write=True) as store:
        try:
            acknowledge(store, number, by or getpass.getuser(), time.time())
        except NoSuchNotice as error:
            raise Problem(str(error), Exit.FOUND) from None
    typer.echo(f"Notice {number} is acknowledged.")


@app.command("snooze")
def snooze(
    number: Number,
    for_: Annotated[str, typer.Option("--for", help="How long, such as 30min or 2h.")],
    config: ConfigOption = CITY,
) -> None:
    """Put a notice off: it is told again then, and nobody else is told before."""
    from cases.notify.answering import NoSuchNotice
    from cases.notify.answering import snooze as put_off

    seconds = duration_option("--for", for_)
    with open_store(configuration_of(config), write=True) as store:
        try:
            put_off(store, number, time.time() + seconds)
        except NoSuchNotice as error:
            raise Problem(str(error), Exit.FOUND) from None
    typer.echo(f"Notice {number} is told again in {for_}.")


@app.command("test")
def try_(
    channel: Annotated[str, typer.Argument(help="Its name in the configuration.")], config: ConfigOption = CITY
) -> None:
    """Send a test message by a channel, to see whether it arrives."""
    from cases.notify import Letter, channels

    configuration = configuration_of(config)
    section = configuration.notify
    known = section.channels if section is not None else {}
    if section is None or channel not in known:
        hint = did_you_mean(channel, known) or f"; there are: {', '.join(known) or 'none'}"
        raise Problem(f"no channel '{channel}'{hint}", Exit.USAGE)
    only = section.model_copy(update={"channels": {channel: known[channel]}})
    try:
        there = channels(only, os.environ)[channel]
    except ValueError as error:
        raise Problem(f"notify.channels.{channel}: {error}") from None
    title, body = "gridwatch test 测试", f"{configuration.city}: this channel works. 通知渠道正常。"
    sent = Letter(notice=0, round=0, channel=channel, title=title, body=body, severity=1, again=False)
    why = there.send(sent)
    if why:
        raise Problem(f"{channel}: {why}. Look at the variable {known[channel].url_env} and the network.")
    typer.echo(f"{channel}: sent")


def _table(found: list[Notice], data: CityData) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("number", "told", "rule", "state", "what"):
        table.add_column(heading, overflow="fold")
    for each in found:
        told = data.time(each.told, seconds=False) if each.told is not None else ""
        table.add_row(str(each.number), told, each.rule, _state(each), harmless("\n".join(_lines(each)[:3])))
    return table


def _lines(notice: Notice) -> list[str]:
    count = len(notice.lines) + notice.more
    return [*notice.lines[:2], *([f"… {count - 2} more"] if count > 2 else [])]


def _state(notice: Notice) -> Any:
    said = f"acknowledged by {notice.acknowledged_by}" if notice.acknowledged_by else notice.state
    said = "snoozed" if notice.snoozed else said
    failing = sorted({each.channel for each in notice.sends if each.why and each.state != "sent"})
    return harmless(f"{said}; fails: {', '.join(failing)}" if failing else said)

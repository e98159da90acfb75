"""indicators: how well cases are handled, by the standard formulas (指标), as a table, objects or CSV.

Reads the store; changes nothing. What is counted when: docs/concepts/indicators.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import JsonOption, duration, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.times import time_option

if TYPE_CHECKING:
    from cases.indicators.asking import Question
    from cases.indicators.counting import Line
    from cases.indicators.stays import Stays

WIDE = 110
"""Columns from which a table says more."""
_NARROW = ("filed", "due", "handling_in_time", "closing_in_time")
_WIDE = ("reported", "filed", "due", "overdue_waiting", "handling_in_time", "closing", "closing_in_time", "rework")


def indicators(
    config: Annotated[Path, typer.Option("--config", help="The city's configuration, or its folder.")] = Path(
        "city.yaml"
    ),
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Tell apart by unit, grid, street, category, class, officer … May be repeated."),
    ] = None,
    period: Annotated[str, typer.Option(help="day, week, month, quarter, year, or whole: all as one.")] = "month",
    since: Annotated[
        str | None, typer.Option("--from", help="The first day or moment. Default: the first day of this month.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The last day, or a moment, which does not belong to it. Default: now.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Only these: unit=u1. May be repeated.")
    ] = None,
    times: Annotated[bool, typer.Option("--times", help="How long cases were in each state.")] = False,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table with a header, for spreadsheets.")] = False,
) -> None:
    """Count what was reported, filed, handled and closed in time, by period and unit, grid, category …"""
    from cases.database import reading
    from cases.indicators.asking import Question, patiently
    from cases.indicators.counting import ask
    from cases.indicators.stays import ask_stays
    from cases.indicators.telling import as_csv as csv_of
    from cases.indicators.telling import as_objects, stays_as_objects
    from gridwatch.case_reports import city_of
    from gridwatch.cli.registers_store import configuration_of, open_store

    if as_json and as_csv:
        raise Problem("expected --json or --csv, got both", Exit.USAGE)
    configuration = configuration_of(config)
    now = time.time()
    with open_store(configuration, write=False) as engine, reading(engine) as connection:
        city = city_of(configuration, city_file(config).resolve().parent, connection)
        try:
            start, end = span(since, until, now, city.zone)
            question = Question(start, end, now, city.zone, period, tuple(by or ()), _where(where or ()))
            question.periods()
        except ValueError as error:
            raise Problem(str(error), Exit.USAGE) from None
        weights = city.section.score
        patiently(connection)
        if times:
            stays = ask_stays(connection, question, city.working)
            objects = stays_as_objects(question, stays)
        else:
            lines = ask(connection, question)
            objects = as_objects(question, lines, weights)
    if as_json:
        print_json_lines(objects)
    elif as_csv:
        typer.echo(csv_of(question, objects, times, bool(weights)), nl=False)
    elif not objects or not (times or any(any(line.counts.values()) for line in lines)):
        typer.echo("No cases in that time.")
    else:
        reported = 0 if times else sum(line.counts["reported"] for line in lines)
        if reported and not any(line.counts["filed"] or line.counts["due"] for line in lines):
            typer.echo(
                f"{reported:,} reported, none filed (立案): rates count what is filed. Look at `gridwatch cases list`,"
                " then `gridwatch cases step CASE file`."
            )
            return
        console = terminal()
        console.print(_stays(question, stays) if times else _table(question, lines, weights, console.width >= WIDE))


def span(since: str | None, until: str | None, now: float, zone: tzinfo) -> tuple[float, float]:
    """From the first moment up to but without the last, UTC seconds. Raises Problem.

    A bare date as the end includes that day.
    """
    from cases.indicators.periods import around

    start = around(now, "month", zone).start if since is None else time_option("--from", since, zone)
    if until is None:
        return start, now
    with suppress(ValueError, OverflowError):  # a moment, or nothing that can be read: the next line knows
        until = (date.fromisoformat(until) + timedelta(days=1)).isoformat()
    end = time_option("--to", until, zone)
    if end <= start:
        raise Problem(f"--to: expected a time after --from, got '{until}'", Exit.USAGE)
    return start, end


def _where(given: Sequence[str]) -> dict[str, str]:
    chosen = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise Problem(f"--where: expected NAME=VALUE such as 'unit=u1', got '{each}'", Exit.USAGE)
        chosen[name] = value
    return chosen


def _table(question: Question, lines: Sequence[Line], weights: dict[str, float], wide: bool) -> Table:
    from cases.indicators.catalogue import COUNTS, RATES, score

    shown = _WIDE if wide else _NARROW
    heads = [COUNTS[id].en if id in COUNTS else RATES[id].en for id in shown]
    table = _begun(question, heads + (["Score"] if weights else []))
    for line in lines:
        rates = line.rates
        cells = [f"{line.counts[id]:,}" if id in COUNTS else _percent(rates[id]) for id in shown]
        if weights:
            value = score(rates, weights)
            cells.append("" if value is None else f"{value:.1f}")
        table.add_row(line.period.name, *(harmless(value) for value in line.group), *cells)
    return table


def _stays(question: Question, stays: Sequence[Stays]) -> Table:
    heads = ["Times", "Median", "90 % within", "Median, worked", "90 % within, worked"]
    table = _begun(question, heads, "State")
    for each in stays:
        spans = (duration(value) for value in (*each.clock, *each.working))
        table.add_row(
            each.period.name, *(harmless(value) for value in each.group), Text(each.state), f"{each.stays:,}", *spans
        )
    return table


def _begun(question: Question, numbers: Sequence[str], *texts: str) -> Table:
    from cases.indicators.dimensions import DIMENSIONS

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("Period", no_wrap=True)
    for head in (*(DIMENSIONS[name].en for name in question.by), *texts):
        table.add_column(head, overflow="fold")
    for head in numbers:
        table.add_column(head, justify="right")
    return table


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"

"""score_view: how results are shown in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import duration, harmless, terminal
from gridwatch.cli.replay_view import share, span

if TYPE_CHECKING:
    from replay.scenarios.results import Result

_COLUMNS = (
    ("rule", "left"),
    ("scenario", "left"),
    ("wrong", "right"),
    ("recall", "right"),
    ("precision", "right"),
    ("false", "right"),
    ("delay", "right"),
)


def show(results: Sequence[Result], details: bool) -> None:
    """A table by rule and scenario, what misses its limit marked; details: what was missed and what was false."""
    from replay.scenarios.results import untested

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", caption="false: cases in 1,000 hours")
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify, no_wrap=name == "scenario")  # type: ignore[arg-type]
    before = None
    for each in results:
        if before is not None and each.rule != before:
            table.add_section()
        score = each.score
        table.add_row(
            harmless(each.rule if each.rule != before else ""),
            harmless(each.scenario),
            str(score.labels),
            share(each.recall),
            share(each.precision),
            f"{score.false_per_1000h:.2f}" if score.hours else "",
            duration(score.delay) if not math.isnan(score.delay) else "",
            style="red" if each.missed_limit else None,
        )
        before = each.rule
    terminal().print(table)
    if details:
        for line in _details(results):
            typer.echo(line)
    missed = [each for each in results if each.missed_limit]
    for each in missed:
        typer.echo(f"{each.rule} in {each.scenario}: {each.missed_limit}")
    if unknown := untested(results):
        typer.echo(f"Nothing was wrong by these, so nothing is shown: {', '.join(unknown)}")
    typer.echo(f"{len(results)} results, {len(missed)} below their limits")


def _details(results: Iterable[Result]) -> Iterable[str]:
    for each in results:
        for label in each.score.missed:
            yield f"{each.scenario} {each.rule}: missed {label.subject} {span(label.started, label.ended)}"
        for case in each.score.false:
            yield f"{each.scenario} {each.rule}: false {case.subject} {span(case.started, case.ended)}"

"""replay_view: how what came of a replay is shown in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import duration, harmless, terminal

if TYPE_CHECKING:
    from cases.case import Case
    from replay.outcome import Outcome
    from replay.score import Score

_LABELLED = ("events", "found", "precision", "recall", "F1", "twice", "delay", "p95", "false/1000 h")


def show(outcome: Outcome, *, labelled: bool, details: bool = False, written: str | None = None) -> None:
    """A table by rule, what is wrong on request, and how much was judged. written: where the cases are."""
    rules = [rule for rule in outcome.rules if _worth(outcome, rule)]
    others = sorted({case.rule for case in outcome.cases} - set(outcome.rules))
    if rules or others:
        terminal().print(_table(outcome, [*rules, *others], labelled))
    if details:
        for line in _details(outcome):
            typer.echo(line)
    aside = {fate: n for fate, n in sorted(outcome.counts.items()) if n and fate not in ("live", "late")}
    typer.echo(
        f"{len(outcome.cases)} cases from {outcome.rows} rows in {outcome.seconds:.1f} s,"
        f" {outcome.rows / max(outcome.seconds, 1e-9):,.0f} rows/s" + (f"; cases in {written}" if written else "")
    )
    if aside:
        typer.echo("set aside: " + ", ".join(f"{count} {fate}" for fate, count in aside.items()))


def _worth(outcome: Outcome, rule: str) -> bool:
    score = outcome.scores[rule]
    return bool(score.labels or score.false or any(case.rule == rule for case in outcome.cases))


def _table(outcome: Outcome, rules: list[str], labelled: bool) -> Table:
    caption = "twice: further cases for an event that has one; delay: from its start to the case, median and p95"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", caption=caption if labelled else None)
    table.add_column("rule", no_wrap=True)
    for name in ("cases", "open", "subjects"):
        table.add_column(name, justify="right")
    for name in _LABELLED if labelled else ():
        table.add_column(name, justify="right")
    unlabelled = any(score.unlabelled for score in outcome.scores.values())
    if unlabelled:
        table.add_column("unlabelled", justify="right")
    of: dict[str, list[Case]] = {}
    for case in outcome.cases:
        of.setdefault(case.rule, []).append(case)
    for rule in rules:
        mine = of.get(rule, [])
        cells = [str(len(mine)), str(sum(case.open for case in mine)), str(len({case.subject for case in mine}))]
        score = outcome.scores.get(rule)
        if labelled:
            cells += [""] * len(_LABELLED) if score is None else _scored(score)
        if unlabelled:
            cells.append(str(len(score.unlabelled)) if score is not None and score.unlabelled else "")
        table.add_row(harmless(rule), *cells)
    return table


def _scored(score: Score) -> list[str]:
    cases = score.cases or score.false
    return [
        str(score.labels),
        str(score.right),
        share(score.precision) if cases else "",
        share(score.recall) if score.labels else "",
        share(score.f1) if cases and score.labels else "",
        str(score.duplicates),
        _span_of(score.delay_at(0.5)),
        _span_of(score.delay_at(0.95)),
        f"{score.false_per_1000h:.2f}" if score.hours else "",
    ]


def share(number: float) -> str:
    """A share to four figures, 1 as 1; nothing for what is not known."""
    return "" if math.isnan(number) else f"{number:.4f}".rstrip("0").rstrip(".")


def _span_of(seconds: float) -> str:
    return "" if math.isnan(seconds) else duration(seconds)


def _details(outcome: Outcome) -> Iterator[str]:
    for rule, score in outcome.scores.items():
        for label in score.missed:
            yield f"{rule}: missed {label.subject} {span(label.started, label.ended)}"
        for case in score.false:
            yield f"{rule}: false {case.subject}{' ' + case.part if case.part else ''} {span(case.started, case.ended)}"


def span(started: float, ended: float) -> str:
    """From when and how long."""
    lasted = f"for {duration(ended - started)}" if math.isfinite(ended) else "and goes on"
    return f"{datetime.fromtimestamp(started, UTC):%Y-%m-%dT%H:%M:%SZ} {lasted}"

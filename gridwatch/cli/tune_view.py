"""tune_view: how what came of a sweep is shown in a terminal: a curve, the points worth having, a rule to paste."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import duration, harmless, terminal
from gridwatch.cli.replay_view import share

if TYPE_CHECKING:
    from replay.score import Score
    from replay.tuning.choosing import Chosen
    from replay.tuning.trying import Holdout, Trial, Tried

SHOWN = 30
"""Points of the front."""
_LEGEND = """\
* in force   > best F1   false: cases for no event   twice: further cases for an event that has one
delay: from an event's start to its case, the median; p95: 95 of 100 took no longer
"""
_WIDE = 95
"""Columns from which a table says more; where subjects are held out it says that instead."""


def show(trial: Trial, chosen: Chosen, name: str, holdout: Holdout | None) -> None:
    """All of it on stdout. name: the recording's."""
    rule = trial.points.rule
    labels = [label for label in trial.labels if label.verdict == "confirmed"]
    subjects = len({label.subject for label in labels})
    typer.echo(f"{rule.id} in {name}: {len(trial.tried)} points in one pass over {trial.rows:,} rows")
    typer.echo(f"{len(labels)} events of {subjects} subjects are labelled: each is {1 / len(labels):.2g} of recall")
    for line in _left_out(trial):
        typer.echo(line)
    if chosen.best is None:
        typer.echo("No point finds any of them: sweep farther, or another parameter.")
        return
    typer.echo("")
    for line in plot(trial, chosen):
        typer.echo(line)
    if holdout is not None:
        typer.echo("")
        typer.echo(
            f"Chosen without {len(trial.held)} of the subjects ({100 * holdout.share:g} %, seed {holdout.seed});"
            " 'held' is how it did on those."
        )
    terminal().print(_table(trial, chosen))
    typer.echo(_LEGEND, nl=False)
    equal = len(chosen.front) - len(chosen.shown)
    if equal:
        more = "1 more point does" if equal == 1 else f"{equal} more points do"
        typer.echo(f"{more} as well as one of these; shown is what is nearest to what is in force.")
    for line in _verdict(trial, chosen):
        typer.echo(line)


def _left_out(trial: Trial) -> Iterator[str]:
    for why, count in sorted(Counter(why for _, why in trial.points.left_out).items()):
        yield f"left out: {count} point{'s' if count > 1 else ''} that can't be: {why}"


def _table(trial: Trial, chosen: Chosen) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for name in trial.points.names:
        table.add_column(name, justify="right", no_wrap=True)
    wide = not trial.held and terminal().width >= _WIDE
    columns = ["precision", "recall", "F1", "false", "delay", *(("twice", "p95") if wide else ())]
    unlabelled = any(each.score.unlabelled for each in trial.tried)
    columns += ["unlabelled"] if unlabelled else []
    columns += ["held P", "held R", "held F1"] if trial.held else []
    for name in columns:
        table.add_column(name, justify="right")
    for n in rows_of(chosen):
        each = trial.tried[n]
        cells = [
            *_scored(each.score)[: None if wide else -2],
            *([str(len(each.score.unlabelled))] if unlabelled else []),
        ]
        cells += _held(each) if trial.held else []
        values = [harmless(shown(value)) for value in each.point.values.values()]
        table.add_row(_mark(n, chosen), *values, *cells, style="bold" if n == chosen.best else None)
    return table


def rows_of(chosen: Chosen) -> list[int]:
    """The front, and the point in force wherever it is."""
    front = list(chosen.shown)
    if len(front) > SHOWN:
        front = [front[round(k * (len(front) - 1) / (SHOWN - 1))] for k in range(SHOWN)]
    front = sorted({*front, chosen.best} - {None}, key=chosen.shown.index)  # type: ignore[arg-type]
    rest = [] if chosen.in_force in front else [chosen.in_force]
    return [n for n in [*front, *rest] if n is not None]


def _mark(n: int, chosen: Chosen) -> str:
    return ("*" if n == chosen.in_force else " ") + (">" if n == chosen.best else " ")


def shown(value: object) -> str:
    """A parameter's value for people."""
    return "none" if value is None else str(value)


def _scored(score: Score) -> list[str]:
    return [
        share(score.precision) if score.cases or score.false else "",
        share(score.recall),
        share(score.f1),
        str(len(score.false)),
        _span(score.delay),
        str(score.duplicates),
        _span(score.delay_at(0.95)),
    ]


def _span(seconds: float) -> str:
    return "" if math.isnan(seconds) else duration(seconds)


def _held(each: Tried) -> list[str]:
    held = each.held
    if held is None or not held.labels:
        return ["", "", ""]
    return [share(held.precision) if held.cases or held.false else "", share(held.recall), share(held.f1)]


def _verdict(trial: Trial, chosen: Chosen) -> Iterator[str]:
    from replay.tuning.points import at_end, section
    from replay.tuning.told import yaml

    if chosen.best is None:
        return
    best, now = trial.tried[chosen.best], trial.tried[chosen.in_force]
    yield ""
    if chosen.best == chosen.in_force:
        yield f"What is in force is the best of these by F1 ({share(now.score.f1)}). Nothing to change."
    else:
        if best.score.f1 > now.score.f1:
            yield f"Best by F1: {share(best.score.f1)}; what is in force has {share(now.score.f1)}. As a rule to paste:"
        else:
            quicker = f"{duration(best.score.delay)} instead of {duration(now.score.delay)}"
            yield f"By F1 what is in force is as good ({share(now.score.f1)}); the quickest is, with {quicker}:"
        yield ""
        yield yaml(section(trial.points.rule, best.point.values)).rstrip()
    if best is not now:
        for name in (name for name in trial.points.names if at_end(trial.points, name, best.point)):
            yield f"\nThe best `{name}` is at an end of what was tried: sweep beyond it, where that makes sense."
    yield ""
    if best.held is not None and best.held.labels:
        other = "" if best is now or now.held is None else f", what is in force {share(now.held.f1)}"
        yield f"On those that were held out its F1 is {share(best.held.f1)}{other}: what to expect of another day."
    else:
        yield (
            "These numbers flatter: points are chosen and scored by the same labels; a new day will be worse.\n"
            "--holdout 30% scores them on subjects that had no say in it."
        )


# ---- the curve

_WIDTH, _HEIGHT = 60, 14


def plot(trial: Trial, chosen: Chosen) -> list[str]:
    """Precision over recall, from just below the lowest to 1. Of several points in one place the weightiest shows."""
    some = [(n, each.score) for n, each in enumerate(trial.tried) if each.score.right]
    low_x = _floor(min(score.recall for _, score in some))
    low_y = _floor(min(score.precision for _, score in some))
    grid = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    weight = {n: 1 for n, _ in some} | dict.fromkeys(chosen.front, 2)
    if chosen.best is not None:
        weight[chosen.best] = 3
    weight[chosen.in_force] = 4
    signs = {1: "·", 2: "o", 3: ">", 4: "*"}
    for n, score in sorted(some, key=lambda each: weight[each[0]]):
        x = round((score.recall - low_x) / (1 - low_x) * (_WIDTH - 1))
        y = round((1 - score.precision) / (1 - low_y) * (_HEIGHT - 1))
        grid[y][x] = signs[weight[n]]
    lines = ["precision"]
    for k, row in enumerate(grid):
        label = "1" if k == 0 else f"{low_y:.2f}" if k == _HEIGHT - 1 else ""
        lines.append(f"{label:>5} |{''.join(row).rstrip()}")
    lines.append("      +" + "-" * _WIDTH)
    lines.append(f"       {low_x:<5.2f}{'recall':^{_WIDTH - 10}}{'1':>5}")
    lines.append("       * in force   > best F1   o front: no other is better in everything   · the others")
    return lines


def _floor(low: float) -> float:
    """A round number below, and below 1."""
    return min(math.floor(low * 20) / 20, 0.95)

"""tune: which parameters suit a rule, tried on a recording with labels.

All points of the sweep are judged in one pass: what is decoded once serves them all. Changes nothing: what it suggests
is to be pasted into the configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem
from gridwatch.cli.replay import ByOption, FolderArgument, LabelsOption, progress
from gridwatch.recordings import Opened, open_recording

if TYPE_CHECKING:
    from pipeline.version import Rule
    from replay.tuning.points import Points
    from replay.tuning.trying import Holdout, Trial


def tune(
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    folder: FolderArgument,
    sweeps: Annotated[
        list[str] | None, typer.Argument(help="More of what --sweep takes.", metavar="[NAME=VALUES]...")
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            help="What to try of a parameter: for=30s..5min, for=30s..5min/30s or for=30s,1min,5min.",
            metavar="NAME=VALUES",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=2, help="How many values a range a..b is tried at.")] = 9,
    config: ByOption = None,
    labels: LabelsOption = None,
    holdout: Annotated[
        str | None,
        typer.Option(help="Choose without this share of the subjects, and score on them too: 30%.", metavar="SHARE"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of --holdout: another seed, other subjects.")] = 1,
    json_: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write every point with its scores; - is stdout.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write curve and table as one HTML file.")] = None,
    batch: Annotated[int, typer.Option(min=1, hidden=True)] = 65_536,
) -> None:
    """Try a rule's parameters on a recording with labels: which are worth having, and what do they cost?"""
    from gridwatch.cli.tune_view import show
    from replay.tuning.choosing import choose
    from replay.tuning.told import to_json

    aside = None if holdout is None else _holdout(holdout, seed)
    opened = open_recording(folder, config, labels)
    made = rule_in_force(opened, rule)
    points = _points(made, [*(sweep or ()), *(sweeps or ())], steps)
    _check_labels(opened, rule)
    trial = _tried(opened, points, aside, batch)
    chosen = choose(trial.tried)
    if json_ == "-":
        typer.echo(to_json(trial, chosen, aside), nl=False)
    elif json_ is not None:
        Path(json_).write_text(to_json(trial, chosen, aside), "utf-8")
    if report is not None:
        from replay.tuning.page import page

        report.write_text(page(trial, chosen, opened.name), "utf-8")
    if json_ != "-":
        show(trial, chosen, opened.name, aside)


def rule_in_force(opened: Opened, name: str) -> Rule:
    """The rule as it is at the recording's end. Raises Problem with the nearest one."""
    from gridwatch.cli.in_force import last_version
    from pipeline.faults import did_you_mean

    rules = {rule.id: rule for rule in last_version(opened).rules}
    if name not in rules:
        hint = did_you_mean(name, rules) or f"; there are: {', '.join(rules)}"
        raise Problem(f"no rule '{name}'{hint}", Exit.USAGE)
    return rules[name]


def _points(rule: Rule, words: list[str], steps: int) -> Points:
    from replay.tuning.points import points_of, values_of
    from replay.tuning.sweep import HOLD, sweep_of

    known = [*HOLD, *type(rule.detector).model_fields]
    if not words:
        now = "\n".join(f"  {name:12} now {_shown(value)}" for name, value in values_of(rule, known).items())
        message = f"Say what to try, such as --sweep for=30s..5min. The parameters of '{rule.id}':\n{now}"
        raise Problem(message, Exit.USAGE)
    try:
        points = points_of(rule, [sweep_of(word, rule, steps) for word in words])
    except ValueError as error:
        raise Problem(f"--sweep: {error}", Exit.USAGE) from None
    if len(points.points) == 1:
        why = f": {points.left_out[0][1]}" if points.left_out else ": it is what is in force"
        raise Problem(f"--sweep: nothing of that can be tried{why}", Exit.USAGE)
    return points


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def _check_labels(opened: Opened, rule: str) -> None:
    from replay.labels import CONFIRMED

    if any(label.rule == rule and label.verdict == CONFIRMED for label in opened.labels):
        return
    others = sorted({label.rule for label in opened.labels if label.verdict == CONFIRMED})
    has = f"It has labels of: {', '.join(others)}." if others else "Nothing says what was really wrong in it."
    advice = "Name a file of labels with --labels; docs/guides/recordings.md says how to make one."
    raise Problem(f"{opened.name}: no labels of '{rule}', so that nothing can be scored. {has} {advice}", Exit.USAGE)


def _holdout(text: str, seed: int) -> Holdout:
    from pydantic import TypeAdapter, ValidationError

    from pipeline.units import Share
    from replay.tuning.trying import Holdout

    try:
        share = float(TypeAdapter(Share).validate_python(text))
    except ValidationError:
        share = 0.0
    if not 0.0 < share < 1.0:
        raise Problem(f"--holdout: expected a share of the subjects such as 30%, got '{text}'", Exit.USAGE)
    return Holdout(share, seed)


def _tried(opened: Opened, points: Points, holdout: Holdout | None, batch: int) -> Trial:
    from pipeline.engine import NoVersion
    from replay.tuning.trying import Given, try_points

    given = Given(
        opened.entries(), opened.load, opened.labels, opened.labelled, opened.current, opened.skew, opened.late
    )
    try:
        with progress(opened.head - opened.first, f"{len(points.points)} points at once: ") as (bar, task):
            return try_points(
                given,
                points,
                holdout,
                batch=batch,
                progress=lambda at: bar.update(task, completed=at - opened.first),
            )
    except NoVersion as error:
        message = f"{opened.name}: {error}. Name the configuration to judge by: --config FILE."
        raise Problem(message, Exit.USAGE) from error
    except ValueError as error:
        raise Problem(f"{opened.name}: {error}", Exit.USAGE) from None

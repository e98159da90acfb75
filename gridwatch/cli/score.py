"""score: how well do the rules do? By rule and scenario, or for one journal with labels.

Scenarios are simulated in memory, one a process, and judged by the engine that runs live, with the demo city's rules.
The limits that they are held against are in replay/scenarios/library.py.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem
from gridwatch.cli.simulate import SCENARIO, configured, family_of, scenario_of

if TYPE_CHECKING:
    from pipeline.runtime.compose import City as Configured
    from replay.scenarios.families import Family
    from replay.scenarios.results import Result
    from replay.score import Score

_Job = tuple[str, str, int, bool]
"""scenario, family, seed, small"""


def score(
    journal: Annotated[
        Path | None, typer.Argument(help="A folder that `gridwatch simulate` wrote, or any journal (with --labels).")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="The journal's labels; default: labels.jsonl beside it.")] = None,
    config: Annotated[Path | None, typer.Option(help="Judge the journal by this configuration instead.")] = None,
    scenarios: Annotated[str | None, typer.Option(help="all, or names with commas between.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which days.")] = 1,
    rules: Annotated[str | None, typer.Option(help="Only these rules, commas between.")] = None,
    small: Annotated[bool, typer.Option("--small", help="Smaller cities: quick, and too little to count by.")] = False,
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the results there, one object a line; - is stdout."),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Each label that was missed, and each false case.")
    ] = False,
    docs: Annotated[Path | None, typer.Option(help="Write the tables there as a page.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; default: as many as there are CPUs.")] = None,
) -> None:
    """Judge scenarios, or a journal with labels, and say how well each rule did. Exit code 1: a limit is missed."""
    from gridwatch.cli.score_view import show
    from replay.scenarios.results import gathered

    if (journal is None) == (scenarios is None):
        raise Problem("Name a journal to score, or --scenarios (all, or names): one of the two.", Exit.USAGE)
    if journal is not None:
        results = gathered([_of_journal(journal, labels, config)])
    else:
        results = gathered(_simulated(_jobs(str(scenarios), seed, small), jobs or os.cpu_count() or 1))
    results = _only(results, rules)
    if json_ is not None:
        text = "".join(json.dumps(each.to_json(), allow_nan=False) + "\n" for each in results)
        if json_ == "-":
            typer.echo(text, nl=False)
        else:
            Path(json_).write_text(text, "utf-8")
    if docs is not None:
        from replay.scenarios.page import page

        docs.write_text(page(results, seed), "utf-8")
    if json_ != "-":
        show(results, details)
    if any(each.missed_limit for each in results):
        raise typer.Exit(Exit.FOUND)


def _only(results: Sequence[Result], rules: str | None) -> list[Result]:
    from pipeline.faults import did_you_mean

    if rules is None:
        return list(results)
    known, wanted = {each.rule for each in results}, _names(rules)
    for name in wanted:
        if name not in known:
            raise Problem(f"--rules: no rule '{name}'{did_you_mean(name, known)}", Exit.USAGE)
    return [each for each in results if each.rule in wanted]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _jobs(scenarios: str, seed: int, small: bool) -> list[_Job]:
    from replay.scenarios.families import FAMILIES
    from replay.scenarios.library import BY_NAME

    names = list(BY_NAME) if scenarios == "all" else [scenario_of(name).name for name in _names(scenarios)]
    return [(name, family, seed, small) for family in FAMILIES for name in names]


def _simulated(jobs: Sequence[_Job], processes: int) -> Iterator[tuple[str, Mapping[str, Score]]]:
    """The scores of each, in order."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(jobs))
        if min(processes, len(jobs)) == 1:
            done: Iterable[Mapping[str, Score]] = map(run_one, jobs)
            pool = None
        else:
            pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
            done = pool.map(run_one, jobs)
        try:
            for job, scores in zip(jobs, done, strict=True):
                bar.advance(task)
                yield job[0], scores
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)


def run_one(job: _Job) -> Mapping[str, Score]:
    """Simulate, judge and score one scenario in one city."""
    from replay.outcome import judge
    from replay.scenarios.families import START
    from replay.scenarios.recording import Live, entries

    name, family_name, seed, small = job
    scenario, family = scenario_of(name), family_of(family_name, small)
    city, made = family.city(scenario, seed), _configured(family)
    (source,) = made.configuration.sources
    recorded = Live(entries(city, START, family.hours * 3600, source, b"{}"))
    skew, late = scenario.conditions.doubt
    return judge(recorded, lambda _, names: made.version(names), lambda: city.labels, skew=skew, late=late).scores


@cache
def _configured(family: Family) -> Configured:
    """Once a process: what it says depends on no seed and no conditions."""
    from replay.scenarios.library import SCENARIOS

    with tempfile.TemporaryDirectory() as folder:
        return configured(Path(folder), family.city(SCENARIOS[0], 1).town())


def _of_journal(folder: Path, labels: Path | None, config: Path | None) -> tuple[str, Mapping[str, Score]]:
    """What it is called, and the scores."""
    from gridwatch.recordings import open_recording

    opened = open_recording(folder, config, labels)
    if labels is None and (opened.recording is None or opened.recording.labels is None):
        raise Problem(f"{folder}: no labels.jsonl here. Name what was really wrong in it: --labels FILE", Exit.USAGE)
    what = folder / SCENARIO
    name = str(json.loads(what.read_text("utf-8"))["scenario"]) if what.exists() else opened.name
    return name, opened.judge().scores

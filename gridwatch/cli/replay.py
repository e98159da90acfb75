"""replay: what cases come of a recording, with its own configuration or with another, and how right they are.

The way to try a rule before the city runs it, and to prove what was found: the engine is the one that runs live, time
is the recording's. Changes nothing. The same recording, configuration, faults and seed give the same files, byte for
byte, on any machine.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gridwatch.cli.frame import Exit, Problem
from gridwatch.cli.reporting import ExpectOption, ReportOption, TitleOption
from gridwatch.mot import Asked
from gridwatch.recordings import Opened, open_recording

if TYPE_CHECKING:
    from replay.outcome import Outcome

FolderArgument = Annotated[
    Path,
    typer.Argument(
        help="A recording, a journal's folder, the data of a city, or the city.yaml of one on Kafka.", metavar="FOLDER"
    ),
]
ByOption = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Judge by this configuration all along. Default: by what the journal says was in force."
    ),
]
LabelsOption = Annotated[
    Path | None, typer.Option(help="What was really wrong in it. Default: labels.jsonl in the folder.")
]
FaultsOption = Annotated[
    str | None, typer.Option(help='Injected faults, such as "drop=5%, repeat=10%, jitter=10m".', metavar="FAULTS")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the faults: another seed, other dice.")]


def replay(
    folder: FolderArgument,
    config: ByOption = None,
    labels: LabelsOption = None,
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the cases there, one object a line; - is stdout."),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Each label that was missed, and each false case.")
    ] = False,
    faults: FaultsOption = None,
    seed: SeedOption = 1,
    report: ReportOption = None,
    expect: ExpectOption = None,
    title: TitleOption = "",
    fps: Annotated[
        float | None, typer.Option(min=0.01, help="Of MOT files: pictures a second, where no seqinfo.ini says.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Of MOT files: the pictures' size in pixels, such as 640x540.")
    ] = None,
    detections: Annotated[
        str, typer.Option(metavar="NAME", help="Of MOT files: which file in det/, where there are several detectors'.")
    ] = "*.txt",
    trust_tracks: Annotated[
        bool, typer.Option("--trust-tracks", help="Of MOT files: take their numbers of objects; default: follow them.")
    ] = False,
    runtime: Annotated[
        Literal["embedded", "cluster"],
        typer.Option(help="In this process, or by workers on Kafka: the same cases, which is to be seen."),
    ] = "embedded",
    kafka: Annotated[
        str | None,
        typer.Option(
            envvar="GRIDWATCH_KAFKA", metavar="HOST:PORT", help="For --runtime cluster: brokers, comma-separated."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="For --runtime cluster: how many.")] = 1,
    start: Annotated[int | None, typer.Option("--from", min=0, help="Begin at this position of the journal.")] = None,
    batch: Annotated[int, typer.Option(min=1, hidden=True)] = 65_536,
) -> None:
    """Judge a recording again, at full speed: which cases come of it, and how right are they?"""
    from gridwatch.cli.replay_view import show
    from gridwatch.cli.reporting import Noted, check_reports, expected, facts_of, tell_results, write_reports
    from replay.replaying import json_lines

    check_reports(report or [])
    opened = open_recording(folder, config, labels, Asked(fps, _size(size), detections, trust_tracks))
    for note in opened.notes:
        typer.echo(note, err=True)
    noted = Noted(opened if faults is None else opened.with_faults(faults, seed))
    opened, expectations = noted.opened, expected(expect, noted.opened)
    if runtime == "cluster":
        if start is not None:
            raise Problem("--from and --runtime cluster: partitions are judged from their beginning", Exit.USAGE)
        outcome = _by_workers(opened, kafka, workers)
    else:
        outcome = judged(opened, start, batch)
    if json_ == "-":
        typer.echo(json_lines(outcome.cases), nl=False)
    elif json_ is not None:
        Path(json_).write_text(json_lines(outcome.cases), "utf-8")
    if json_ != "-":
        show(outcome, labelled=bool(opened.labels), details=details, written=json_)
    if config is not None and outcome.versions > 1:
        typer.echo(
            f"The journal's own {outcome.versions} versions were ignored: judged by {config} all along.", err=True
        )
    facts = facts_of(noted, outcome, expectations, title)
    write_reports(report or [], opened, facts)
    tell_results(facts, err=json_ == "-")


def judged(opened: Opened, start: int | None = None, batch: int = 65_536, what: str = "") -> Outcome:
    """Judge a recording with a bar on stderr. start: a position of its journal; what: is said beside the bar."""
    first, head = opened.first, opened.head
    if start is not None and not first <= start <= head:
        raise Problem(f"--from: this journal has the positions {first} to {head}, not {start}", Exit.USAGE)
    if start is not None and opened.faults:
        raise Problem("--from and --faults: with faults, what was before matters; leave one of them out", Exit.USAGE)
    begin = first if start is None else start
    with progress(head - begin, what) as (bar, task):
        return opened.judge(start=begin, batch=batch, progress=lambda at: bar.update(task, completed=at - begin))


def _by_workers(opened: Opened, kafka: str | None, workers: int) -> Outcome:
    """Judge a recording on Kafka. Raises Problem."""
    from gridwatch.cluster_replay import judged_by_workers

    if kafka is None:
        raise Problem("--runtime cluster needs --kafka HOST:PORT, or GRIDWATCH_KAFKA in the environment", Exit.USAGE)
    return judged_by_workers(opened, [each.strip() for each in kafka.split(",")], workers)


def _size(text: str | None) -> tuple[float, float] | None:
    """Width and height in pixels. Raises Problem."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)[x×,](\d+)", text.strip())
    if found is None or "0" in found.groups():
        raise Problem(f"--size: expected WIDTHxHEIGHT in pixels, such as 640x540, got '{text}'", Exit.USAGE)
    return float(found[1]), float(found[2])


class progress:  # noqa: N801  reads as what it does
    """A bar on stderr, where that is a terminal: how many of `total` entries, and what is left."""

    def __init__(self, total: int, what: str = "") -> None:
        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn(what + "{task.completed:,.0f} of {task.total:,.0f} entries"),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=max(total, 1))

    def __enter__(self) -> tuple[Progress, TaskID]:
        self.bar.start()
        return self.bar, self.task

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

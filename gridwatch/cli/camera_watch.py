"""camera watch: what a camera's watchers and the city's rules make of a clip, at full speed.

The way to try a camera's settings before it is mounted, and to prove what was found: watchers, engine and rules are
those that run live, time is the clip's. The same clip and configuration give the same cases, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gridwatch.problems import Exit, Problem

if TYPE_CHECKING:
    from cases.case import Case
    from gridwatch.watching import Clip
    from gridwatch.watching_evidence import ClipEvidence


def watch(
    file: Annotated[Path, typer.Argument(help="The clip: whatever FFmpeg opens.", metavar="FILE")],
    config: Annotated[
        Path, typer.Option("--config", help="The city's configuration, with a section 'cameras'.")
    ] = Path("city.yaml"),
    camera: Annotated[
        str | None, typer.Option(metavar="NAME", help="As which of its cameras; not needed where there is one.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When the clip begins; for rules that go by the clock. Default: 2000-01-01Z."
        ),
    ] = None,
    json_: Annotated[
        str | None,
        typer.Option("--json", metavar="OUT", help="Write the cases there, one object a line; - is stdout."),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write the clip there with what was seen drawn into it, such as out.mp4."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep there what the section 'evidence' would keep.", file_okay=False),
    ] = None,
) -> None:
    """Look at a clip as a camera would, and judge what was seen: which cases come of it?"""
    from gridwatch.camera_section import load_cameras
    from gridwatch.cli.replay_view import show
    from gridwatch.times import time_option
    from gridwatch.watching import ORIGIN, clip
    from replay.replaying import json_lines

    if video is not None and video.resolve() == file.resolve():
        raise Problem("--video: that is the clip itself; name another file", Exit.USAGE)
    try:
        cameras = load_cameras(config)
        zone = ZoneInfo(cameras.city.configuration.time_zone)
        watched = clip(file, cameras, camera, time_option("--start", start, zone, ORIGIN))
        if evidence is not None:
            watched.evidence = _evidence(config, evidence, watched.camera.name)
        with _bar(file.name) as told:
            watched.watch(told)
        kept = watched.evidence.end() if watched.evidence is not None else 0
    except ModuleNotFoundError as error:
        raise Problem(f"Watching pictures needs {error.name}: pip install 'gridwatch[cameras]'") from None
    outcome = watched.opened().judge()
    if json_ == "-":
        typer.echo(json_lines(outcome.cases), nl=False)
    elif json_ is not None:
        Path(json_).write_text(json_lines(outcome.cases), "utf-8")
    if video is not None:
        _draw(watched, outcome.cases, video)
    if json_ != "-":
        for case in outcome.cases:
            typer.echo(_told(watched, case))
        typer.echo(f"{watched.pictures} pictures of {_clock(watched.last - watched.start)} were looked at")
        show(outcome, labelled=False, written=json_)
        if video is not None:
            typer.echo(f"Drawn in {video}")
        if evidence is not None:
            typer.echo(f"{kept} kept as evidence in {evidence}")


def _evidence(config: Path, folder: Path, camera: str) -> ClipEvidence:
    from gridwatch.camera_section import read_cameras
    from gridwatch.watching_evidence import ClipEvidence

    settings = read_cameras(config).evidence
    if settings is None:
        raise Problem("--evidence: the configuration has no section 'evidence' that says what is kept", Exit.USAGE)
    return ClipEvidence(settings, folder, camera)


def _draw(watched: Clip, cases: list[Case], video: Path) -> None:
    from gridwatch.watching_video import draw

    with _bar(video.name) as told:
        draw(watched, cases, video, told)


def _told(watched: Clip, case: Case) -> str:
    """One case, by the clip's own time, and where in the picture."""
    from gridwatch.cli.data import harmless
    from gridwatch.watching_video import objects

    where = next(
        (one.box for ts, found in objects(watched) for one in found if ts >= case.started and one.track == case.part),
        None,
    )
    said = f"{harmless(case.rule)} at {_clock(case.started - watched.start)}"
    if not case.open:
        said += f" to {_clock(case.ended - watched.start)}"
    if where is not None:
        left, top, wide, high = (100 * edge for edge in where)
        said += f", {left + wide / 2:.0f} % from the left and {top + high / 2:.0f} % from the top"
    return f"{said}, in {harmless(case.place)}" if case.place else said


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60.0)
    return f"{minutes:.0f}:{rest:04.1f}"


@contextmanager
def _bar(name: str) -> Iterator[Callable[[float], object]]:
    """How much of a clip is done, in its own seconds, on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    text = TextColumn("{task.description} {task.completed:,.0f} s")
    with Progress(SpinnerColumn(), text, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda seconds: bar.update(task, completed=seconds)

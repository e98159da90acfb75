"""reload: let what runs by this configuration read it again, and tell how that went.

Each process on this machine that runs by it is asked by SIGHUP and answers itself: what it finds wrong, with what it
knows of its own environment. One file is one version: where any section has a fault all of it is refused, and the
version before goes on. Exit code 0 where all took it, 1 where one refused.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.cli.frame import Exit, Problem, city_file, say_error

if TYPE_CHECKING:
    from pipeline.runtime.reloads import Answer, Standing

_LOOK = 0.1
"""Between two looks whether there is an answer, seconds."""
_PARTS = ("city", "cameras")
"""In the order in which they answer: cameras read what the city has taken."""


def reload(
    config: Annotated[Path, typer.Argument(help="The configuration that it runs by, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    patience: Annotated[str, typer.Option(metavar="60s", help="How long each may take to answer.")] = "60s",
) -> None:
    """Let what runs by a configuration read it again, and tell what it found."""
    from gridwatch.times import duration_option
    from pipeline.runtime.reloads import standing

    file, wait = city_file(config), duration_option("--patience", patience)
    found = [each for folder in _folders(file) for each in standing(folder)]
    if not found:
        raise Problem(f"Nothing on this machine runs by {file}. `gridwatch check` looks at it.", Exit.CANNOT_RUN)
    taken = [_ask(each, wait) for each in found]
    if not all(taken):
        raise typer.Exit(Exit.FOUND)


def _folders(file: Path) -> Iterator[Path]:
    """Where those stand that run by a file: a city's data folder, and the spool of what runs cameras alone."""
    from gridwatch.drawn_zones import folder_of
    from pipeline.runtime.document import read_document

    data: Any = read_document(file).data
    said: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    yield folder_of(file, said)
    publish = said.get("publish")
    spool = publish.get("spool", "var/spool") if isinstance(publish, Mapping) else "var/spool"
    yield file.resolve().parent / str(spool)


def _ask(process: Standing, wait: float) -> bool:
    """Whether it took it. Raises Problem where it can't be asked or doesn't answer."""
    before = process.answers()
    try:
        os.kill(process.pid, signal.SIGHUP)
    except PermissionError:
        raise Problem(f"{process.name} (pid {process.pid}) runs as another user: ask as that one") from None
    except ProcessLookupError:
        raise Problem(f"{process.name} (pid {process.pid}) has just ended") from None
    return all(_told(process, part, answer) for part, answer in _answers(process, before, wait))


def _answers(process: Standing, before: Mapping[str, Answer], wait: float) -> Iterator[tuple[str, Answer]]:
    for part in _known(before):
        end = time.monotonic() + wait
        while (now := process.answers().get(part)) is not None and now.number <= before[part].number:
            if not process.alive:
                raise Problem(f"{process.name} (pid {process.pid}) ended while it was asked: its log says why")
            if time.monotonic() > end:
                raise Problem(f"{process.name} (pid {process.pid}) has not answered for {wait:g} s: its log says more")
            time.sleep(_LOOK)
        if now is None:
            continue  # there are no cameras any more
        yield part, now
        if not now.taken:
            return


def _known(answers: Iterable[str]) -> list[str]:
    there = set(answers)
    return [part for part in _PARTS if part in there]


def _told(process: Standing, part: str, answer: Answer) -> bool:
    for fault in answer.faults:
        say_error(fault)
    who = f"{process.name}: {part}"
    if answer.taken:
        version = f": {_short(answer.version)}" if answer.version else ""
        typer.echo(f"{who} in force{version}")
    else:
        say_error(f"{who} refused, {len(answer.faults)} to be mended; what was in force goes on")
    return answer.taken


def _short(version: str) -> str:
    """What the page of a case shows of it."""
    import json

    said = json.loads(version)
    return f"configuration {said['config'][:12]}, registers {said['world'][:12]}"

"""run: watch a city: connect to its sources, journal what comes, judge it, keep the cases.

In the foreground, until SIGTERM or Ctrl-C; both end it in order: what was read is committed and acknowledged, what was
committed is judged, the state is saved. SIGHUP reads the configuration again; a bad one is refused and the old one goes
on. Lines go to stderr: plain on a terminal, JSON elsewhere.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.runtime.embedded import Embedded


def run(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
) -> None:
    """Watch a city: sources into the journal, the journal judged, cases kept. Ctrl-C ends it."""
    from cases.schema import NewerSchema
    from pipeline.runtime.embedded import Embedded
    from pipeline.runtime.logs import logger
    from pipeline.runtime.sources import RuntimeFailed

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. `gridwatch init CITY` makes one.", Exit.USAGE)
    city = Embedded(file, log=logger())
    with _signals(city):
        try:
            try:
                city.start()
                _say(city, file)
                city.wait()
            finally:
                city.stop()
        except (RuntimeFailed, NewerSchema) as error:
            raise Problem(str(error)) from error


def _say(city: Embedded, file: Path) -> None:
    configuration = city.city.configuration
    sources = ", ".join(sorted(configuration.sources))
    typer.echo(f"{configuration.city}: {len(configuration.rules)} rules on {sources}, by {file}")
    typer.echo(f"data: {configuration.data}")
    typer.echo(f"metrics: {city.server.url if city.server else 'off'}")
    typer.echo("Ctrl-C or SIGTERM ends it, SIGHUP reads the configuration again.")


@contextmanager
def _signals(city: Embedded) -> Iterator[None]:
    handlers = {
        signal.SIGTERM: lambda *_: city.ask_stop(),
        signal.SIGINT: lambda *_: city.ask_stop(),
        signal.SIGHUP: lambda *_: city.ask_reload(),
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

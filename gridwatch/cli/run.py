"""run: watch a city: connect to its sources, journal what comes, judge it, keep the cases.

Beside it are its cameras, where the file says which and to which broker what they see goes: the city goes on whatever
becomes of them (gridwatch/cameras_beside.py). So is what copies their evidence for the cases that it belongs to
(gridwatch/evidence_beside.py).

In the foreground, until SIGTERM or Ctrl-C; both end it in order: what was read is committed and acknowledged, what was
committed is judged, the state is saved. SIGHUP reads the configuration again; a bad one is refused and the old one goes
on. Lines go to stderr: plain on a terminal, JSON elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file
from gridwatch.cli.signals import signals

if TYPE_CHECKING:
    from pipeline.runtime.embedded import Embedded


def run(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
) -> None:
    """Watch a city: sources into the journal, the journal judged, cases kept. Ctrl-C ends it."""
    from cases.database_errors import AnotherDesk, NewerSchema
    from gridwatch.cameras_beside import CamerasBeside
    from gridwatch.desk_beside import DeskBeside
    from gridwatch.evidence_beside import EvidenceBeside
    from gridwatch.health_beside import HealthBeside
    from gridwatch.live_beside import latest_of
    from gridwatch.reload_beside import beside_faults
    from gridwatch.service_manager import ServiceManager
    from pipeline.runtime.document import read_document
    from pipeline.runtime.embedded import Embedded
    from pipeline.runtime.logs import logger
    from pipeline.runtime.metrics import Metrics
    from pipeline.runtime.sources import RuntimeFailed

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. `gridwatch init CITY` makes one.", Exit.USAGE)
    data = read_document(file).data
    if isinstance(data, dict) and data.get("runtime") == "cluster":
        instead = "`gridwatch ingest`, `gridwatch worker` and `gridwatch console`"
        raise Problem(f"{file} says runtime: cluster. Such a city runs by {instead}.", Exit.USAGE)
    log = logger()
    metrics = Metrics()
    beside = DeskBeside(file, log, metrics.registry)
    city = Embedded(
        file,
        log=log,
        metrics=metrics,
        prepare=beside.prepare,
        latest=latest_of(file),
        others=lambda: beside_faults(file),
    )
    cameras = CamerasBeside(file, log, metrics.registry, metrics.reloads)
    evidence = EvidenceBeside(file, log, metrics)
    manager = ServiceManager()

    def reloaded() -> None:
        for each in (beside, cameras, evidence):
            each.ask_reload()

    with signals(city.ask_stop, city.ask_reload):
        try:
            try:
                city.start()
                _say(city, file)
                beside.start(city, lambda: HealthBeside(city))
                if beside.address:
                    typer.echo(f"web API: {beside.address}")
                cameras.start()
                if city.office is not None:
                    evidence.start(city.office)
                manager.ready(f"{city.city.configuration.city}: {len(city.city.configuration.rules)} rules")
                city.wait(manager.alive, reloaded)
            finally:
                manager.stopping()
                beside.stop()
                evidence.stop()
                cameras.stop()
                city.stop()
        except (RuntimeFailed, NewerSchema, AnotherDesk) as error:
            raise Problem(str(error)) from error


def _say(city: Embedded, file: Path) -> None:
    configuration = city.city.configuration
    sources = ", ".join(sorted(configuration.sources))
    typer.echo(f"{configuration.city}: {len(configuration.rules)} rules on {sources}, by {file}")
    typer.echo(f"data: {configuration.data}")
    typer.echo(f"metrics: {city.server.url if city.server else 'off'}")
    typer.echo("Ctrl-C or SIGTERM ends it, SIGHUP reads the configuration again.")

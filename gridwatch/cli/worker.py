"""worker: one of the processes that judge a city on Kafka; as many as there is work, up to one a partition.

In the foreground, until SIGTERM or Ctrl-C. It may be killed at any moment: another goes on from the last snapshot, and
nothing is lost or said twice. It ends by itself where going on would lose something, or where it stands still: let
something start it again (docker/systemd, docker/compose.cluster.yaml).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.runtime.metrics import Metrics, Server
    from pipeline.runtime.sections import MetricsSection


def worker(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve the metrics there, not where the file says.")
    ] = None,
) -> None:
    """Judge partitions of a city on Kafka, and file what all of them find where nobody else does."""
    try:
        import faust
    except ModuleNotFoundError:
        raise Problem("Workers need the extra 'cluster': pip install 'gridwatch[cluster]'", Exit.CANNOT_RUN) from None

    from gridwatch.service_manager import ServiceManager
    from pipeline.runtime.cluster.producing import NotTaken
    from pipeline.runtime.cluster.topics import TopicsUnfit
    from pipeline.runtime.cluster.worker import Worker
    from pipeline.runtime.compose import load_city
    from pipeline.runtime.logs import logger
    from pipeline.runtime.metrics import Metrics

    city = load_city(city_file(config))
    configuration, log, manager, metrics = city.configuration, logger(), ServiceManager(), Metrics()
    if configuration.runtime != "cluster":
        message = "this city runs in one process: `gridwatch run`. For workers its file says `runtime: cluster`."
        raise Problem(message, Exit.USAGE)
    configuration.data.mkdir(parents=True, exist_ok=True)

    def ready() -> None:
        log.info("judging begins", city=configuration.city, partitions=made.section.partitions)
        manager.ready(f"{configuration.city}: a worker")

    try:
        made = Worker(city, log, metrics, ready=ready, alive=manager.alive)
        server = _served(metrics, configuration.metrics, metrics_port)
    except (TopicsUnfit, NotTaken, ValueError, OSError) as error:
        raise Problem(str(error), Exit.CANNOT_RUN) from None
    typer.echo(f"{configuration.city}: a worker on {', '.join(made.section.brokers)}, topics {made.topics.prefix}.*")
    typer.echo(f"metrics: {server.url if server else 'off'}")
    try:
        faust.Worker(made.app, loglevel="warning", redirect_stdouts=False, quiet=True).execute_from_commandline()
    finally:
        manager.stopping()
        made.close()
        if server is not None:
            server.close()


def _served(metrics: Metrics, section: MetricsSection | None, port: int | None) -> Server | None:
    """Where the numbers are; None: nowhere."""
    from pipeline.runtime.sections import MetricsSection

    if port is not None:
        section = MetricsSection(host=(section or MetricsSection()).host, port=port)
    return None if section is None else metrics.serve(section)

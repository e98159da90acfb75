"""console: the web console of a city on Kafka, and what works beside its desk, in a process of its own.

Workers judge and file (`gridwatch worker`); this one reads what they filed, says what people do, sends cases to other
systems, messages to people, reports on time, and copies what cameras have of cases. It may be ended and started at any
time: nothing is judged or lost by that. There is one for each city.

In the foreground, until SIGTERM or Ctrl-C. SIGHUP reads the configuration again, which then is the one that all workers
judge by; a bad one is refused and the old one goes on. Lines go to stderr: plain on a terminal, JSON elsewhere.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file
from gridwatch.cli.signals import signals

if TYPE_CHECKING:
    from pipeline.runtime.cluster.city import ClusterCity


def console(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve its own metrics there; none: they are off.")
    ] = None,
) -> None:
    """The console of a city on Kafka, and what sends and tells, in a process of its own. Ctrl-C ends it."""
    from cases.database import AnotherDesk, StoreBroken, StoreTrouble
    from cases.migrations import NewerSchema
    from gridwatch.desk_beside import DeskBeside
    from gridwatch.evidence_beside import EvidenceBeside
    from gridwatch.health_cluster import HealthOfCluster
    from gridwatch.health_letters import LetterTally
    from gridwatch.live_beside import latest_of
    from gridwatch.reload_beside import beside_faults
    from gridwatch.service_manager import ServiceManager
    from pipeline.runtime.cluster.city import ClusterCity
    from pipeline.runtime.logs import logger
    from pipeline.runtime.metrics import Metrics, serve
    from pipeline.runtime.sections import MetricsSection

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. `gridwatch init CITY` makes one.", Exit.USAGE)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what fails is said once, by whoever asked for it
    log, metrics, letters, manager = logger(), Metrics(), LetterTally(None), ServiceManager()
    beside, evidence = DeskBeside(file, log, metrics.registry), EvidenceBeside(file, log)
    city = ClusterCity(
        file,
        log=log,
        metrics=metrics,
        prepare=beside.prepare,
        latest=latest_of(file),
        letter=letters.take,
        others=lambda: beside_faults(file),
    )

    def reloaded() -> None:
        for each in (beside, evidence):
            each.ask_reload()

    with signals(city.ask_stop, city.ask_reload):
        try:
            try:
                city.start()
                if city.office is not None:
                    if metrics_port is not None:
                        where = city.city.configuration.metrics or MetricsSection()
                        city.server = serve(metrics.registry, MetricsSection(host=where.host, port=metrics_port))
                    beside.start(city, lambda: HealthOfCluster(city, letters))
                    evidence.start(city.office)
                    _say(city, file, beside.address)
                    manager.ready(f"{city.city.configuration.city}: the console")
                city.wait(manager.alive, reloaded)
            finally:
                manager.stopping()
                beside.stop()
                evidence.stop()
                city.stop()
        except (NewerSchema, AnotherDesk, StoreTrouble, StoreBroken) as error:
            raise Problem(str(error)) from error


def _say(city: ClusterCity, file: Path, address: str) -> None:
    configuration = city.city.configuration
    brokers = ", ".join(configuration.kafka.brokers) if configuration.kafka else ""
    typer.echo(f"{configuration.city}: the console of a city on Kafka at {brokers}, by {file}")
    typer.echo(f"data: {configuration.data}")
    typer.echo(f"metrics: {city.server.url if city.server else 'off'}")
    typer.echo(f"web API: {address or 'off: there is no section web'}")
    typer.echo("Ctrl-C or SIGTERM ends it, SIGHUP reads the configuration again.")

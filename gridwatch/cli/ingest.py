"""ingest: take in what a city's devices say, for workers that judge it: sources into Kafka.

In the foreground, until SIGTERM or Ctrl-C; both end it in order: what was read is in Kafka and acknowledged, and
sources have said that they are gone. SIGHUP reads the configuration again and puts it in force for all processes of the
city; a bad one is refused and the old one goes on. Lines go to stderr: plain on a terminal, JSON elsewhere.
"""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file
from gridwatch.cli.signals import signals
from gridwatch.cli.topics import kafka_of

if TYPE_CHECKING:
    from pipeline.runtime.cluster.ingest import Ingest


def ingest(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    name: Annotated[
        str, typer.Option(help="Of this process; no other of the city has it, and it keeps it. None: the host's.")
    ] = "",
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve the metrics there, not where the file says.")
    ] = None,
    gone: Annotated[
        bool, typer.Option("--gone", help="Say that the process of this name won't come back, and end.")
    ] = False,
) -> None:
    """Take in for a city on Kafka: sources into its journal there. Ctrl-C ends it."""
    from pipeline.runtime.cluster.ingest import Ingest
    from pipeline.runtime.cluster.topics import TopicsUnfit
    from pipeline.runtime.logs import logger
    from pipeline.runtime.sources import RuntimeFailed

    file = city_file(config)
    if not file.exists():
        raise Problem(f"There is no {file}. `gridwatch init CITY` makes one.", Exit.USAGE)
    if name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise Problem("A name has letters, digits, '.', '-' and '_', such as --name ingest-1.", Exit.USAGE)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what fails is said once, by whoever asked for it
    if gone:
        _gone(file, name)
        return
    process = Ingest(file, name=name, log=logger(), metrics_port=metrics_port)
    with signals(process.ask_stop, process.ask_reload):
        try:
            try:
                process.start()
                _say(process, file)
                process.wait()
            finally:
                process.stop()
        except (RuntimeFailed, TopicsUnfit) as error:
            raise Problem(str(error)) from error


def _say(process: Ingest, file: Path) -> None:
    configuration = process.city.configuration
    sources = ", ".join(sorted(process.receivers))
    typer.echo(f"{configuration.city}: {process.name} takes in from {sources}, by {file}")
    typer.echo(f"metrics: {process.server.url if process.server else 'off'}")
    typer.echo("Ctrl-C or SIGTERM ends it, SIGHUP reads the configuration again.")


def _gone(file: Path, name: str) -> None:
    from pipeline.runtime.cluster.contents import SharedContents
    from pipeline.runtime.cluster.members import Members
    from pipeline.runtime.cluster.producing import NotTaken, Producer
    from pipeline.runtime.cluster.settings import connection_of
    from pipeline.runtime.config import load

    if not name:
        raise Problem("Which process has gone? Give its --name.", Exit.USAGE)
    configuration = load(file)
    section = kafka_of(file, configuration.kafka)
    topics = section.topics(configuration.city)
    try:
        how = connection_of(file, section)
        producer = Producer(how, topics.entries)
        producer.start()
        try:
            members = Members(SharedContents(how, topics.contents, producer), name)
            left = members.leave(producer, section.partitions, time.time())
            members.note(())
        finally:
            producer.close()
    except NotTaken as error:
        raise Problem(str(error)) from error
    if not left:
        raise Problem(f"No process of the name {name} has taken in for {topics.prefix}.", Exit.FOUND)
    typer.echo(f"{name} has gone: nobody waits for its {left} connections any more")

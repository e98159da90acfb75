"""topics: the topics of a city on Kafka: make those that are missing, say what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem, city_file

if TYPE_CHECKING:
    from pipeline.runtime.cluster.settings import KafkaSection


def topics(
    config: Annotated[Path, typer.Argument(help="The city's configuration, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    check: Annotated[bool, typer.Option("--check", help="Only look.")] = False,
) -> None:
    """Make the topics that a city on Kafka needs, and say what does not fit."""
    from pipeline.runtime.cluster.producing import NotTaken
    from pipeline.runtime.cluster.settings import connection_of
    from pipeline.runtime.cluster.topics import TopicsUnfit, look, make, wanted
    from pipeline.runtime.config import load

    file = city_file(config)
    configuration = load(file)
    section = kafka_of(file, configuration.kafka)
    names = section.topics(configuration.city)
    try:
        how = connection_of(file, section)
        found = look(how, section, names)
        faults = found.faults
        if not check and not found.unfit:
            for name in make(how, section, found.missing):
                typer.echo(f"made {name}")
            faults = []
    except NotTaken as error:
        raise Problem(str(error), Exit.CANNOT_RUN) from error
    except TopicsUnfit as error:
        raise Problem(str(error), Exit.FOUND) from error
    if faults:
        raise Problem("\n".join(faults), Exit.FOUND)
    number = len(wanted(section, names))
    typer.echo(f"{number} topics of {names.prefix} fit, the journal has {section.partitions} partitions")


def kafka_of(file: Path, section: KafkaSection | None) -> KafkaSection:
    """The section, or a Problem that says what to write."""
    if section is None:
        raise Problem(
            f"{file} has no section 'kafka'. Write runtime: cluster and kafka: {{brokers: ['kafka-1:9092']}}.",
            Exit.USAGE,
        )
    return section

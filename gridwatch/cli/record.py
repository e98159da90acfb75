"""record: what comes in from now on, as a folder that replays anywhere: beside a running system, or from MQTT brokers.

Beside a running system its journal is read as it grows: what was judged is what is recorded, and the city notices
nothing. `--live` connects to the configuration's brokers by itself, under client ids of its own, without shared
subscriptions and without a session, so that it takes nothing away from who else listens; `--broker` needs no
configuration at all. Ends after `--for`, or with Ctrl-C.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.brokers import Counted, listen, of_broker, own_of
from gridwatch.cli.data import city_data
from gridwatch.cli.export import SubjectsOption, TopicsOption, filters_of, keep_of
from gridwatch.cli.frame import Exit, Problem, city_file
from gridwatch.cli.signals import until
from gridwatch.cluster_recordings import on_kafka
from gridwatch.exporting import city_of, new_folder, version_in_force, write_beside
from gridwatch.times import duration_option

if TYPE_CHECKING:
    from connectors.mqtt_settings import MqttSource
    from pipeline.journal import Contents
    from pipeline.runtime.compose import City
    from replay.cutting import Cut

TICK = 0.5
"""Seconds between ticks, where no configuration says otherwise."""
SOURCE = "mqtt"
"""What the source of a recording without configuration is called."""


def record(
    to: Annotated[Path, typer.Argument(help="The folder to write; it must be empty or not exist.")],
    config: Annotated[
        Path | None, typer.Option(help="The city's configuration, or the folder it is in. Default: city.yaml.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Connect to the configuration's brokers by itself.")] = False,
    broker: Annotated[
        str | None, typer.Option(metavar="HOST[:PORT]", help="An MQTT broker, without any configuration.")
    ] = None,
    username_env: Annotated[
        str | None, typer.Option(help="The environment variable with the broker's user name.")
    ] = None,
    password_env: Annotated[str | None, typer.Option(help="The one with its password.")] = None,
    tls: Annotated[
        bool, typer.Option("--tls", help="TLS, by the system's authorities; the port is then 8883.")
    ] = False,
    for_: Annotated[str | None, typer.Option("--for", help="How long, such as 10min; without: until Ctrl-C.")] = None,
    subject: SubjectsOption = None,
    topic: TopicsOption = None,
) -> None:
    """Record what comes in from now on."""
    seconds = duration_option("--for", for_)
    if broker is not None and (live or config is not None):
        raise Problem("--broker needs no configuration: leave --config and --live out, or --broker.", Exit.USAGE)
    if subject and (live or broker is not None):
        raise Problem(
            "Whom a delivery is about is known when it is decoded. Record without --subject, then take them out:"
            " gridwatch export NEW RECORDING --since … --subject …",
            Exit.USAGE,
        )
    with until(seconds) as ended:
        if broker is not None:
            settings = of_broker(broker, tuple(topic or ("#",)), username_env, password_env, tls)
            _from_brokers(to, {SOURCE: settings}, None, topic, ended)
        elif live:
            from pipeline.runtime.compose import load_city

            city = load_city(city_file(config or Path("city.yaml")))
            _from_brokers(to, own_of(city, topic), city, topic, ended)
        else:
            _beside(to, config, subject, topic, ended)


def _beside(
    to: Path, config: Path | None, subjects: list[str] | None, topics: list[str] | None, ended: Callable[[], bool]
) -> None:
    """What a running system journals."""
    from pipeline.journal import Contents, JournalReader
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.opening import JOURNAL, SNAPSHOTS
    from replay.cutting import Cut

    cluster = on_kafka(config)
    if cluster is not None:
        raise Problem(
            f"The journal of '{cluster.configuration.city}' is on Kafka, which keeps what comes in: export the period"
            " when it is over (gridwatch export NEW CITY.YAML --since …), or record from the brokers with --live."
        )
    journal = city_data(config, None).folder / JOURNAL
    if not journal.is_dir():
        raise Problem(f"{journal.parent}: nothing has been recorded here yet. Start `gridwatch run`, or use --live.")
    reader, contents = JournalReader(journal), Contents(journal / CONTENTS)
    position = reader.head
    version = version_in_force(reader, position, journal / SNAPSHOTS)
    keep = keep_of(subjects, topics, contents, version)
    new_folder(to)
    cut = Cut(to, contents, keep)
    try:
        cut.begin(version, time.time())
        _say(to)
        over = False
        while not over:
            over = ended()
            for piece in reader.read(position):
                cut.take(piece)
                position = piece.end
    finally:
        cut.close()
    _finish(to, cut, version, contents, filters_of(subjects, topics))


def _from_brokers(
    to: Path,
    sources: Mapping[str, MqttSource],
    city: City | None,
    topics: list[str] | None,
    ended: Callable[[], bool],
) -> None:
    """What brokers send. city: whose configuration it is; None: the recording has none."""
    from pipeline.entries import EntryBuffer, Kind
    from pipeline.journal import Contents, Journal
    from pipeline.journal.contents import CONTENTS
    from pipeline.runtime.compose import version_payload
    from replay.recording import JOURNAL

    new_folder(to)
    contents, version = Contents(to / JOURNAL / CONTENTS), None
    with Journal.open(to / JOURNAL) as journal:
        if city is not None:
            version = version_payload(city.configuration, city.world, contents)
            buffer = EntryBuffer()
            buffer.add(Kind.VERSION, "", "", time.time(), version)
            journal.commit(buffer)
        _say(to)
        tick = TICK if city is None else city.configuration.time.tick
        folder = Path() if city is None else city.file.resolve().parent
        counted = listen(journal, sources, tick, folder, ended)
    _finish(to, counted, version, contents, filters_of(None, topics))


def _finish(
    to: Path, cut: Cut | Counted, version: bytes | None, contents: Contents, filters: dict[str, list[str]]
) -> None:
    from cases.case import iso
    from replay.recording import Manifest

    manifest = Manifest(
        city=city_of(version, contents),
        made_by="record",
        since=iso(cut.since) or "",
        until=iso(cut.until) or "",
        filters=filters,
        labelled=False,
    )
    write_beside(to, manifest, version, contents)
    typer.echo(f"{cut.deliveries} deliveries, {cut.entries} entries in {to}")
    if not cut.deliveries:
        typer.echo("Nothing came. Is the system running, do the topics fit?", err=True)
        raise typer.Exit(Exit.FOUND)
    typer.echo(f"Next: gridwatch replay {to}" + ("" if version is not None else " --config city.yaml"))


def _say(to: Path) -> None:
    typer.echo(f"Recording to {to}; Ctrl-C ends it.", err=True)

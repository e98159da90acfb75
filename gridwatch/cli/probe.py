"""probe: what does a source send, and what becomes of it? A source of the configuration, or any MQTT broker.

Listens for a bounded time with bounded memory, and takes nothing away from a running city (gridwatch/probing/). For
each kind of topic: how much comes, a sample, what the configured streams make of it and what they lack; where no stream
reads it, a stream to paste, tried on what was heard.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.brokers import as_other, of_broker
from gridwatch.cli.data import terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.cli.signals import until
from gridwatch.times import duration_option

if TYPE_CHECKING:
    from gridwatch.probing.heard import Heard
    from gridwatch.probing.telling import Page, Told
    from pipeline.runtime.compose import City

NAME = "broker"
"""What the source of a broker without a configuration is called, in what is proposed."""


def probe(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A source of the configuration, or mqtt://HOST[:PORT].")
    ],
    config: Annotated[Path, typer.Option(help="The city's configuration, or the folder it is in.")] = Path("city.yaml"),
    topic: Annotated[
        list[str] | None, typer.Option(help="Only this topic filter, such as 'fleet/+/gps'; several may be given.")
    ] = None,
    seconds: Annotated[str, typer.Option("--for", help="How long to listen.")] = "20s",
    username_env: Annotated[
        str | None, typer.Option(help="Of a URL: the environment variable with the broker's user name.")
    ] = None,
    password_env: Annotated[str | None, typer.Option(help="Of a URL: the one with its password.")] = None,
    protocol: Annotated[str, typer.Option(help="Of a URL: MQTT 5 or 3.1.1.")] = "5",
    as_json: Annotated[bool, typer.Option("--json", help="One object for each kind of topic.")] = False,
) -> None:
    """Look at what a source sends: topics, rates, how it decodes, what is missing, and a mapping to paste."""
    from gridwatch.probing.telling import objects, show

    length = duration_option("--for", seconds)
    with until(length) as ended:
        if "://" in source:
            page = _of_url(source, topic, (username_env, password_env), protocol, ended)
        else:
            page = _of_source(city_file(config), source, topic, ended)
    if as_json:
        print_json_lines(objects(page))
    elif page.heard.count:
        show(page, terminal())
    if not page.heard.count:
        told = f"Nothing came from {page.where} in {page.seconds:.0f} s. Do the topics fit, does anybody send?"
        typer.echo(told, err=True)
        raise typer.Exit(Exit.FOUND)


def _of_url(
    url: str, topics: list[str] | None, names: tuple[str | None, str | None], protocol: str, ended: Callable[[], bool]
) -> Page:
    """A broker that no configuration knows."""
    from gridwatch.probing.heard import Heard
    from gridwatch.probing.listening import from_mqtt

    scheme, _, rest = url.partition("://")
    if scheme not in ("mqtt", "mqtts"):
        told = (
            f"{url}: expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT], or the name of a source of the configuration"
        )
        raise Problem(told, Exit.USAGE)
    filters = tuple(topics or ("#",))
    settings = of_broker(rest.rstrip("/"), filters, *names, scheme == "mqtts", protocol=protocol, option=f"{scheme}://")
    heard, began = Heard(), time.time()
    _say(settings.broker)
    from_mqtt(heard, NAME, settings, Path(), ended)
    section: dict[str, Any] = {"type": "mqtt", "host": settings.host, "port": settings.port}
    section["client_id"] = "gridwatch-CITY"
    section |= {"protocol": protocol} if protocol != "5" else {}
    section |= {"tls": {}} if scheme == "mqtts" else {}
    section |= {key: name for key, name in zip(("username_env", "password_env"), names, strict=True) if name}
    section["subscribe"] = list(filters)
    return _page(NAME, settings.broker, time.time() - began, heard, None, {NAME: section})


def _of_source(file: Path, name: str, topics: list[str] | None, ended: Callable[[], bool]) -> Page:
    """A source of the city's configuration."""
    from connectors.kafka import KafkaSource
    from connectors.mqtt_settings import MqttSource
    from gridwatch.probing.heard import Heard
    from gridwatch.probing.listening import from_journal, from_kafka, from_mqtt
    from pipeline.faults import did_you_mean
    from pipeline.runtime.compose import load_city

    city = load_city(file)
    sources = city.configuration.sources
    if name not in sources:
        hint = did_you_mean(name, sources) or f"; there are: {', '.join(sources)}"
        raise Problem(f"{file}: no source '{name}'{hint}", Exit.USAGE)
    settings, folder = sources[name], file.resolve().parent
    streams = [(stream.source, stream.topic) for stream in city.configuration.streams.values()]
    heard = Heard(streams, exact=isinstance(settings, KafkaSource))
    if topics and not isinstance(settings, MqttSource):
        raise Problem("--topic: only an MQTT broker is asked for some topics", Exit.USAGE)
    began = time.time()
    if isinstance(settings, MqttSource):
        where = settings.broker
        _say(where)
        from_mqtt(heard, name, as_other(settings, "probe", topics), folder, ended)
    elif isinstance(settings, KafkaSource):
        where = ", ".join(settings.brokers)
        _say(where)
        from_kafka(heard, name, settings, folder, os.environ, ended)
    else:
        journal = _journal(city, name)
        where = f"the journal in {journal}"
        _say(where)
        began = from_journal(heard, name, journal, ended)
    return _page(name, where, time.time() - began, heard, city, None)


def _journal(city: City, name: str) -> Path:
    """Of the running city, for a source that must not be received a second time. Raises Problem."""
    from pipeline.runtime.opening import JOURNAL

    kind = city.configuration.sources[name].type
    if kind == "import":
        told = f"'{name}' is for recorded files: gridwatch import FILE --stream … says how they decode."
        raise Problem(told, Exit.USAGE)
    why = f"a source of the type {kind} answers whoever sends, so that only a running city may receive it"
    if city.configuration.runtime == "cluster":
        raise Problem(f"'{name}': {why}; what it takes is on Kafka: gridwatch export NEW --since …, then replay it.")
    journal = city.configuration.data / JOURNAL
    if not journal.is_dir():
        raise Problem(f"'{name}': {why}, and nothing has been journaled yet. Start `gridwatch run`, then probe again.")
    return journal


def _page(source: str, where: str, seconds: float, heard: Heard, city: City | None, sources: Any) -> Page:
    from gridwatch.probing.telling import Page

    kinds: list[Told] = []
    taken = set(city.configuration.streams) if city is not None else set()
    for kind in heard.kinds():
        told = _told(kind, city, taken)
        taken |= {told.proposal.name} if told.proposal is not None else set()
        kinds.append(told)
    return Page(source, where, max(seconds, 0.001), heard, kinds, city is not None, sources)


def _told(kind: Any, city: City | None, taken: set[str]) -> Told:
    from gridwatch.probing.configured import add_lacking, made_of, unmatched
    from gridwatch.probing.proposing import propose
    from gridwatch.probing.telling import Told
    from pipeline.names import Names

    told = Told(kind)
    world = None
    if city is not None:
        world = city.world.bind(Names())
        streams = city.configuration.streams
        told.made = made_of(kind.kept, streams, city.world)
        told.unmatched = unmatched(kind.kept, streams)
        add_lacking(told.made, city)
    if kind.kept and not any(made.rows for made in told.made):
        told.proposal = propose(kind, taken, world)
    return told


def _say(where: str) -> None:
    typer.echo(f"Listening to {where}; Ctrl-C ends it sooner.", err=True)

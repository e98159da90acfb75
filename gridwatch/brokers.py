"""brokers: what MQTT brokers send, into a recording, without taking anything away from who else listens.

Client ids of its own, no session that outlives the connection, no shared subscriptions, no status topic.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gridwatch.problems import Exit, Problem

if TYPE_CHECKING:
    from connectors.mqtt_settings import MqttSource
    from connectors.source import Log, Receiver
    from pipeline.journal import Journal
    from pipeline.runtime.compose import City


class Counted:
    """What was committed, for the end."""

    def __init__(self) -> None:
        self.deliveries = self.entries = 0
        self.since, self.until = math.inf, -math.inf
        self._lock = threading.Lock()

    def note(self, buffer: Any) -> None:
        """Of several sources, each in its thread."""
        from pipeline.entries import Kind

        when = [at for at, kind in zip(buffer.received, buffer.kinds, strict=True) if kind == Kind.DELIVERY]
        with self._lock:
            self.entries += len(buffer)
            self.deliveries += len(when)
            self.since, self.until = min([self.since, *when]), max([self.until, *when])


def listen(
    journal: Journal, sources: Mapping[str, MqttSource], tick: float, folder: Path, ended: Callable[[], bool]
) -> Counted:
    """Journal what the sources send until `ended` says so, which waits a little each time.

    tick: seconds between ticks; folder: what TLS files are relative to. A broker that can't be reached is told on
    stderr and tried again. Raises Problem where a source can't be made, or has ended for good.
    """
    counted = Counted()

    def commit(buffer: Any) -> None:
        journal.commit(buffer)
        counted.note(buffer)

    follow(commit, sources, tick, folder, ended)
    return counted


def follow(
    commit: Callable[[Any], None],
    sources: Mapping[str, MqttSource],
    tick: float,
    folder: Path,
    ended: Callable[[], bool],
    log: Log | None = None,
) -> None:
    """As `listen`, into whatever `commit` does with an EntryBuffer. Several threads call it."""
    from connectors import KNOWN
    from pipeline.runtime.logs import logger

    log = log or logger()
    receivers: dict[str, Receiver] = {}
    try:
        for name, settings in sources.items():
            kind = KNOWN[settings.type]
            receivers[name] = kind.receiver(name, settings, commit, tick, folder=folder, log=log)
        for receiver in receivers.values():
            receiver.start()
        told: dict[str, str] = {}
        while not ended():
            for name, receiver in receivers.items():
                status = receiver.status
                if status.failed is not None:
                    raise Problem(f"{status.last_error} Start it again.") from status.failed
                error = status.last_error if status.connected_since is None else ""
                if error and told.get(name) != error:
                    typer.echo(error, err=True)
                    told[name] = error
    except (ValueError, OSError) as error:
        raise Problem(str(error), Exit.USAGE) from None
    finally:
        for receiver in receivers.values():
            receiver.stop()


def own_of(city: City, topics: list[str] | None) -> dict[str, MqttSource]:
    """The configuration's brokers, as somebody else who listens."""
    from connectors.mqtt_settings import MqttSource

    sources = city.configuration.sources.items()
    own = {name: as_other(source, "record", topics) for name, source in sources if isinstance(source, MqttSource)}
    if not own:
        raise Problem(f"{city.file}: no source that can be connected to; recorded files are for `gridwatch import`.")
    return own


def as_other(source: MqttSource, purpose: str, topics: list[str] | None) -> MqttSource:
    """The same broker for somebody else who listens: to all that it takes, or `topics`. purpose: in the client's id."""
    return source.model_copy(
        update={
            "client_id": f"{source.client_id}-{purpose}-{secrets.token_hex(4)}",
            "session": 0.0,
            "status_topic": None,
            "subscribe": tuple(topics or (_unshared(each) for each in source.subscribe)),
        }
    )


def _unshared(filter: str) -> str:
    """A shared subscription would take from the system what it is to judge."""
    return filter.split("/", 2)[2] if filter.startswith("$share/") else filter


def of_broker(
    broker: str,
    topics: tuple[str, ...],
    username_env: str | None,
    password_env: str | None,
    tls: bool,
    *,
    protocol: str = "5",
    option: str = "--broker ",
) -> MqttSource:
    """Of a broker by host and port. option: what faults name it by. Raises Problem."""
    from pydantic import ValidationError

    from connectors.mqtt_settings import MqttSource
    from pipeline.links import Tls
    from pipeline.units import Quantity

    host, _, port = broker.removeprefix("mqtts://" if tls else "mqtt://").partition(":")
    try:
        settings = MqttSource(
            type="mqtt",
            host=host,
            port=int(port) if port else 8883 if tls else 1883,
            client_id=f"gridwatch-record-{secrets.token_hex(4)}",
            username_env=username_env,
            password_env=password_env,
            tls=Tls() if tls else None,
            subscribe=topics,
            session=Quantity(0.0),
            protocol=protocol,
        )
        settings.credentials(os.environ)
    except ValidationError as error:
        told = "; ".join(f"{each['loc'][0]}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors())
        raise Problem(f"{option}{broker}: {told}", Exit.USAGE) from None
    except ValueError as error:
        message = str(error) if "environment" in str(error) else "expected HOST or HOST:PORT, such as broker.city:1883"
        raise Problem(f"{option}{broker}: {message}", Exit.USAGE) from None
    return settings

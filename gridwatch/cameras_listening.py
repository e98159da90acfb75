"""cameras_listening: listens to what cameras say at the brokers that the city listens to, beside its sources.

A connection of its own for each broker that carries what cameras say, by QoS 0 and without a session: what is missed is
missed, since only the newest matters, and the city's own connection, its journal and its acknowledgements know nothing
of it. It comes back by itself; what it can't do is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from cameras.latest_form import TOPIC
from connectors.mqtt_settings import MqttSource

TOPICS = (f"{TOPIC}/+", "cameras/+/health", "cameras/+/sightings", "cameras/+/readings")
_LEVELS = ("cameras", TOPIC, "+", "#")
Hear = Callable[[str, bytes], object]


def carries(source: object) -> bool:
    """Whether a source's broker has what cameras say, as far as its filters tell."""
    if not isinstance(source, MqttSource):
        return False
    plain = (each.split("/", 2)[2] if each.startswith("$share/") else each for each in source.subscribe)
    return any(each.split("/")[0] in _LEVELS for each in plain)


class CameraListening:
    """`follow` and `stop` from one thread at a time."""

    def __init__(self, hear: Hear, folder: Path, environment: Mapping[str, str], log: Any) -> None:
        """hear: given topic and payload, by a thread for each broker. folder: what files of TLS are relative to."""
        self._hear, self._folder, self._environment, self._log = hear, folder, environment, log
        self._clients: dict[str, tuple[MqttSource, Client]] = {}
        self._told: set[str] = set()

    def follow(self, sources: Mapping[str, object]) -> None:
        """Listen to these from now on; those that are as they were stay connected."""
        wanted = {name: each for name, each in sources.items() if isinstance(each, MqttSource) and carries(each)}
        for name in [name for name, (source, _) in self._clients.items() if wanted.get(name) != source]:
            _end(self._clients.pop(name)[1])
        for name in wanted.keys() - self._clients.keys():
            try:
                self._clients[name] = wanted[name], self._begin(wanted[name])
            except (ValueError, OSError) as error:
                self._say(f"no pictures and words of cameras from {wanted[name].broker}: {error}")

    def stop(self) -> None:
        """Returns when all connections have ended."""
        for _, client in self._clients.values():
            _end(client)
        self._clients.clear()

    def _begin(self, source: MqttSource) -> Client:
        """Raises ValueError, OSError: a variable or a file is missing."""
        modern = source.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{source.client_id}-console",
            protocol=MQTTv5 if modern else MQTTv311,
            clean_session=None if modern else True,
        )
        user, password = source.credentials(self._environment)
        if user is not None or password is not None:
            client.username_pw_set(user or "", password)
        if source.tls is not None:
            client.tls_set_context(source.tls.context(self._folder))
        client.reconnect_delay_set(1, 60)
        client.suppress_exceptions = True

        def connected(client: Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
            if reason.is_failure:
                self._say(f"the broker {source.broker} refuses to tell of cameras: {reason}")
            else:
                client.subscribe([(topic, 0) for topic in TOPICS])

        def came(_: Client, __: Any, message: MQTTMessage) -> None:
            try:
                self._hear(message.topic, bytes(message.payload))
            except UnicodeDecodeError:
                return
            except OSError as error:
                self._say(f"pictures of cameras can't be kept: {error.strerror}; make room")

        client.on_connect, client.on_message = connected, came
        client.connect_async(source.host, source.port, round(source.keepalive))
        client.loop_start()
        return client

    def _say(self, what: str) -> None:
        """Once."""
        if what not in self._told:
            self._told.add(what)
            self._log.warning(what)


def _end(client: Client) -> None:
    client.disconnect()
    client.loop_stop()

"""mqtt_client: paho, set up for one source, and its errors in plain words.

paho does the protocol: CONNECT, sessions, subscriptions, the last will. Its socket is a `FrameSocket`, by overriding
`_create_socket`, the one place where paho makes it (tests/connectors/test_mqtt.py fails should that change).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from connectors.mqtt_frames import FrameSocket
from connectors.mqtt_settings import MqttSource

CONNECT_TIMEOUT: Final = 10.0
"""How long a broker may take to accept a connection and to answer CONNECT, seconds."""


class FrameClient(Client):
    """paho's client over a `FrameSocket`; a new one for each connection."""

    frames: FrameSocket | None = None
    tls: ssl.SSLContext | None = None

    def _create_socket(self) -> Any:
        sock = socket.create_connection((self.host, self.port), timeout=CONNECT_TIMEOUT)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)
                sock.do_handshake()
        except BaseException:
            sock.close()
            raise
        self.frames = FrameSocket(sock, 5 if self.protocol == MQTTv5 else 4)
        return self.frames


def make_client(settings: MqttSource, environment: Mapping[str, str], folder: Path) -> FrameClient:
    """A client that has not connected yet. Raises ValueError or OSError where a variable or a file is missing."""
    version = MQTTv5 if settings.protocol == "5" else MQTTv311
    client = FrameClient(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=version,
        clean_session=None if version == MQTTv5 else False,
        reconnect_on_failure=False,
    )
    username, password = settings.credentials(environment)
    if username is not None or password is not None:
        client.username_pw_set(username or "", password)
    if settings.tls is not None:
        client.tls = settings.tls.context(folder)
    if settings.status_topic is not None:
        client.will_set(settings.status_topic, "offline", qos=1, retain=True)
    properties = None
    if version == MQTTv5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = settings.receive_maximum
        properties.SessionExpiryInterval = round(settings.session)
        client.connect_async(
            settings.host, settings.port, round(settings.keepalive), clean_start=False, properties=properties
        )
    else:
        client.connect_async(settings.host, settings.port, round(settings.keepalive))
    return client


_REFUSED: Final = {
    132: "it does not speak this version; set protocol to 3.1.1 or 5",
    133: "it does not accept this client_id; set another one",
    134: "user name or password are wrong; check the variables that username_env and password_env name",
    135: "user or password are wrong, or this user may not connect (or not write to status_topic); check the variables "
    "that username_env and password_env name, and the broker's access lists",
    136: "it is not available now",
    151: "a quota is used up; ask who runs it",
}
"""By MQTT 5 reason code, to which paho maps those of 3.1.1."""


def explain_refusal(code: int, words: str, settings: MqttSource) -> str:
    """Why the broker refused CONNECT."""
    return f"the broker {settings.broker} refused the connection: {_REFUSED.get(code, words)}"


_ENDED: Final = {
    139: "it is shutting down",
    141: "it heard nothing from us for too long",
    142: f"another client with the same client_id connected; give each process its own, or share by '{'$share/…'}'",
    147: "it counts more deliveries on the way than receive_maximum",
    149: "a packet was too large",
    152: "an administrator ended it",
}


def explain_end(code: int, words: str, settings: MqttSource) -> str:
    """Why a connection that stood has ended."""
    return f"the broker {settings.broker} ended the connection: {_ENDED.get(code, words)}"


def explain_lost(error: OSError | None, settings: MqttSource) -> str:
    """Why a connection was lost without a word from the broker (mosquitto has none when another client replaces us)."""
    hint = "; if this comes again and again, check that no other client uses the same client_id"
    hint = hint if error is None or isinstance(error, ConnectionResetError) else ""
    return f"the connection to {settings.broker} was lost{f' ({error})' if error else ''}{hint}"

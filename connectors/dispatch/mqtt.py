"""mqtt: each message is published as a CloudEvent, QoS 1; their answers are heard on a topic of their own.

Taken is what the broker has acknowledged. A publisher has no session: what was on its way when a connection broke comes
again from the outbox, and from nowhere else. The listener has one, so that answers wait while we are away, and
acknowledges an answer only when it is in good hands.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.dispatch.event import CONTENT_TYPE, encoded, event, trial
from connectors.dispatch.message import Again, Message, Outcome, Refused, Sent
from connectors.mqtt_settings import Filter
from pipeline.backoff import Backoff
from pipeline.links import Protocol, Tls, Variable, explain_connect, secrets
from pipeline.units import Quantity, Seconds

REFUSING = frozenset({144, 149, 153})
"""MQTT 5 reasons that are the message's own: topic name invalid, packet too large, payload format invalid."""
SESSION = 7 * 86400
"""How long the broker keeps answers for us while we are away, seconds."""


def _topic(text: str) -> str:
    bare = text.replace("{case}", "x").replace("{event}", "x")
    if not bare or any(sign in bare for sign in "+#{}\0"):
        raise ValueError("expected a topic such as 'city/cases/{case}' ('{case}' and '{event}' are filled in)")
    return text


class MqttTarget(BaseModel):
    """`type: mqtt`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["mqtt"]
    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    protocol: Protocol = Field("5", description="5 or 3.1.1")
    client_id: str = Field(min_length=1, description="ours; the listener's has '-answers' behind it")
    username_env: Variable | None = None
    password_env: Variable | None = None
    tls: Tls | None = None
    topic: Annotated[str, AfterValidator(_topic)] = Field(description="'{case}' and '{event}' are filled in")
    answer_topic: Filter | None = Field(None, description="where they answer; see 'answers'")
    timeout: Seconds = Field(Quantity(10.0), gt=0, le=300, description="for connecting and for the acknowledgement")


class MqttSender:
    """To one broker."""

    def __init__(
        self, name: str, settings: MqttTarget, city: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._settings, self._city = settings, city
        self._new = partial(_client, settings, folder, environment)
        self._client: Client | None = None
        self._acknowledged: dict[int, int] = {}
        self._change = threading.Condition()
        self._new("")  # what is missing is said now

    def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        topic = self._settings.topic.replace("{case}", message.case).replace("{event}", message.event)
        return self._publish(topic, encoded(event(message, self._city)))

    def test(self) -> Outcome:
        """Publishes an event of the type gridwatch.test."""
        topic = self._settings.topic.replace("{case}", "test").replace("{event}", "test")
        return self._publish(topic, encoded(trial(str(uuid.uuid4()), self._city, time.time())))

    def listen(self, heard: Callable[[bytes], bool]) -> MqttListener | None:
        """See `Listens.listen`; None where there is no `answer_topic`."""
        if self._settings.answer_topic is None:
            return None
        return MqttListener(self._new("-answers"), self._settings, self._settings.answer_topic, heard)

    def close(self) -> None:
        """See `Sender.close`."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _publish(self, topic: str, payload: bytes) -> Outcome:
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            client = self._connected()
            properties = None
            if self._settings.protocol == "5":
                properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
                properties.ContentType = CONTENT_TYPE
            sent = client.publish(topic, payload, qos=1, properties=properties)
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise ConnectionError(f"the connection to {where} was lost")
            with self._change:
                self._change.wait_for(
                    lambda: sent.mid in self._acknowledged or not client.is_connected(), self._settings.timeout
                )
                reason = self._acknowledged.pop(sent.mid, None)
        except (OSError, ValueError) as error:
            self.close()
            lost = isinstance(error, ConnectionError) and error.errno is None
            return Again(str(error) if lost else explain_connect(error, where))
        if reason is None:
            self.close()
            return Again(f"{where} did not acknowledge it in {self._settings.timeout:g} s, or was lost meanwhile")
        if reason < 128:
            return Sent()
        why = f"{where} did not take it (MQTT reason {reason}); check its access lists and limits"
        return Refused(why) if reason in REFUSING else Again(why)

    def _connected(self) -> Client:
        if self._client is not None and self._client.is_connected():
            return self._client
        self.close()
        client = self._new("")
        answered: list[int] = []

        def on_connect(_c: Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
            with self._change:
                answered.append(int(reason.value))
                self._change.notify_all()

        def on_publish(_c: Client, _u: Any, mid: int, reason: Any, _p: Any) -> None:
            with self._change:
                self._acknowledged[mid] = int(reason.value)
                self._change.notify_all()

        def on_disconnect(*_: Any) -> None:
            with self._change:
                self._change.notify_all()

        client.on_connect, client.on_publish, client.on_disconnect = on_connect, on_publish, on_disconnect
        self._acknowledged.clear()
        client.connect(self._settings.host, self._settings.port)
        client.loop_start()
        self._client = client
        with self._change:
            self._change.wait_for(lambda: answered, self._settings.timeout)
        if not answered:
            raise TimeoutError
        if answered[0] >= 128:
            raise ConnectionError(
                f"the broker {self._settings.host}:{self._settings.port} refused the connection (MQTT reason"
                f" {answered[0]}); check client_id, and the variables that username_env and password_env name"
            )
        return client


class MqttListener:
    """Hears answers; comes back by itself when the connection is lost, or when nobody would have an answer."""

    def __init__(self, client: Client, settings: MqttTarget, topic: str, heard: Callable[[bytes], bool]) -> None:
        self._client, self._settings, self._topic, self._heard = client, settings, topic, heard
        self._closing = threading.Event()
        client.manual_ack_set(True)
        client.on_connect = self._subscribe
        client.on_message = self._take
        self._thread = threading.Thread(target=self._run, name=f"answers-{settings.client_id}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See `Listener.close`."""
        self._closing.set()
        self._client.disconnect()
        self._thread.join(self._settings.timeout)

    def _run(self) -> None:
        backoff = Backoff()
        while not self._closing.is_set():
            try:
                self._connect()
                while self._client.loop(1.0) == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._closing.is_set():
                    if self._client.is_connected():
                        backoff.reset()
            except OSError:
                pass  # nobody is there: the sender says so
            self._closing.wait(backoff.delay())

    def _connect(self) -> None:
        settings = self._settings
        if settings.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION
            self._client.connect(settings.host, settings.port, clean_start=False, properties=properties)
        else:
            self._client.connect(settings.host, settings.port)

    def _subscribe(self, *_: Any) -> None:
        self._client.subscribe(self._topic, qos=1)

    def _take(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        if self._heard(bytes(message.payload)):
            self._client.ack(message.mid, message.qos)
        else:
            self._client.disconnect()  # the broker gives it again when we come back


def _client(settings: MqttTarget, folder: Path, environment: Mapping[str, str], suffix: str) -> Client:
    version = MQTTv5 if settings.protocol == "5" else MQTTv311
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id + suffix,
        protocol=version,
        clean_session=None if version == MQTTv5 else suffix == "",
        reconnect_on_failure=False,
    )
    client.connect_timeout = settings.timeout
    own = {"username_env": settings.username_env, "password_env": settings.password_env}
    username, password = secrets(environment, **own)
    if username is not None or password is not None:
        client.username_pw_set(username or "", password)
    if settings.tls is not None:
        client.tls_set_context(settings.tls.context(folder))
    return client

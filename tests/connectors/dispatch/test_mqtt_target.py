"""Cases to a real MQTT broker, and answers from it, whatever becomes of the broker."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import ValidationError

from connectors.dispatch.event import CONTENT_TYPE
from connectors.dispatch.message import Again, Sent
from connectors.dispatch.mqtt import MqttSender, MqttTarget
from tests.connectors.dispatch.others import message
from tests.services.mosquitto import Mosquitto
from tests.services.wait import until

pytestmark = pytest.mark.service
VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


def sender(broker: Mosquitto, **more: Any) -> MqttSender:
    own = f"gridwatch-{uuid.uuid4().hex[:8]}"
    given = {"type": "mqtt", "host": broker.host, "port": broker.port, "client_id": own, "timeout": "5 s"}
    settings = MqttTarget.model_validate({"topic": "city/{event}/{case}", **given, **more})
    return MqttSender("broker", settings, "test", Path(), {"PASSWORD": "s3cret", "USER": "gridwatch"})


@contextmanager
def subscribed(broker: Mosquitto, topic: str) -> Iterator[list[tuple[str, bytes, Any]]]:
    """What comes there: topic, payload, content type."""
    came: list[tuple[str, bytes, Any]] = []
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)

    def subscribe(*_: Any) -> None:
        client.subscribe(topic, qos=1)

    def take(_client: Client, _user: Any, m: Any) -> None:
        came.append((m.topic, bytes(m.payload), getattr(m.properties, "ContentType", "")))

    client.on_connect, client.on_message = subscribe, take
    client.on_subscribe = lambda *_: ready.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert ready.wait(60)
    try:
        yield came
    finally:
        client.disconnect()
        client.loop_stop()


@VERSIONS
def test_a_case_is_a_cloud_event_on_its_topic(mosquitto: Mosquitto, protocol: str) -> None:
    case = str(uuid.uuid4())
    with subscribed(mosquitto, f"city/+/{case}") as came:
        sending = sender(mosquitto, protocol=protocol)
        assert sending.send(message(case)) == Sent()
        assert sending.send(message(case, "urge")) == Sent()
        until(lambda: len(came) == 2, "both messages")
        sending.close()
    topic, payload, content_type = came[0]
    event: Any = JSONFormat().read(None, payload)
    assert topic == f"city/dispatch/{case}"
    assert (event.get_id(), event.get_type(), event.get_subject()) == (message().id, "gridwatch.case.dispatch", case)
    assert content_type == (CONTENT_TYPE if protocol == "5" else "")


@VERSIONS
def test_a_broker_that_goes_and_comes_back(own_mosquitto: Callable[..., Mosquitto], protocol: str) -> None:
    broker = own_mosquitto()
    sending = sender(broker, protocol=protocol, timeout="2 s")
    assert sending.test() == Sent()
    broker.stop()
    got = [sending.send(message()), sending.send(message())]
    assert all(isinstance(each, Again) for each in got)
    assert isinstance(got[1], Again)
    assert "nothing listens on" in got[1].why
    broker.start()
    assert sending.send(message()) == Sent()
    sending.close()


def test_what_the_broker_does_not_allow_is_said(own_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    closed = own_mosquitto(anonymous=False)
    got = sender(closed, username_env="USER", password_env="PASSWORD").test()
    assert isinstance(got, Again)
    assert "check client_id, and the variables that" in got.why
    assert "s3cret" not in got.why
    (tmp_path / "acl").write_text("topic read city/#\n")
    strict = own_mosquitto(lines=(f"acl_file {tmp_path / 'acl'}",))
    got = sender(strict).send(message())
    assert isinstance(got, Again)
    assert "MQTT reason 135" in got.why


@VERSIONS
def test_answers_are_heard_and_come_again_until_somebody_has_them(
    own_mosquitto: Callable[..., Mosquitto], protocol: str
) -> None:
    broker = own_mosquitto()
    heard: list[bytes] = []
    taken = threading.Event()

    def hear(payload: bytes) -> bool:
        heard.append(payload)
        return taken.is_set()

    sending = sender(broker, protocol=protocol, answer_topic="city/answers/#")
    listening = sending.listen(hear)
    assert listening is not None
    other = sender(broker, topic="city/answers/x")
    until(lambda: other.send(message()) == Sent() and heard, "an answer to be heard")
    taken.set()
    count = len(heard)
    until(lambda: len(heard) > count, "it to come again")
    until(lambda: len(set(heard)) == 1, "nothing else")
    listening.close()
    assert other.send(message("while-we-are-away")) == Sent()
    back = sending.listen(hear)
    assert back is not None
    until(lambda: b"while-we-are-away" in heard[-1], "what came while we were away")
    back.close()
    other.close()


@pytest.mark.parametrize(
    "topic", [pytest.param(t, id=t or "empty") for t in ("", "city/#", "city/+", "city/{kase}", "city/{case")]
)
def test_topics_that_are_none(topic: str) -> None:
    with pytest.raises(ValidationError, match="expected a topic such as"):
        MqttTarget.model_validate({"type": "mqtt", "host": "x", "client_id": "x", "topic": topic})

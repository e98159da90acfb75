"""The demo's broker and publisher over real sockets: what is published arrives, once, in order, at its time."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from replay.broker import DemoBroker
from replay.simulator import City, Message
from replay.simulator.publish import Publisher

WITHIN = 60.0


@pytest.fixture
def broker() -> Iterator[DemoBroker]:
    with DemoBroker() as running:
        yield running


class Subscriber:
    """Counts what arrives."""

    def __init__(self, port: int, *filters: str, client_id: str = "watch") -> None:
        self.got: list[tuple[str, bytes]] = []
        self.changed = threading.Condition()
        self._subscribed = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=False, protocol=mqtt.MQTTv311)
        self.client.on_connect = lambda client, *_: client.subscribe([(each, 1) for each in filters])
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._subscribed.wait(WITHIN)

    def _take(self, client: mqtt.Client, user: object, message: mqtt.MQTTMessage) -> None:
        with self.changed:
            self.got.append((message.topic, bytes(message.payload)))
            self.changed.notify_all()

    def wait_for(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.got) >= count, WITHIN)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_everything_published_arrives_once_and_in_order(broker: DemoBroker) -> None:
    subscriber = Subscriber(broker.port, "fleet/+/gps")
    now = time.time()
    sent = [Message(now, f"fleet/T{n % 85}/gps", b"%d" % n) for n in range(3_000)]
    with Publisher(lambda _: sent, "127.0.0.1", broker.port) as publisher:
        assert publisher.join(WITHIN)
        assert subscriber.wait_for(len(sent))
    subscriber.close()
    assert publisher.failure is None
    assert publisher.sent == len(sent)
    assert subscriber.got == [(message.topic, message.payload) for message in sent]


def test_session_is_kept_while_a_subscriber_is_away(broker: DemoBroker) -> None:
    Subscriber(broker.port, "bins/+/state").close()
    sent = [Message(time.time(), "bins/B/state", b"%d" % n) for n in range(50)]
    with Publisher(lambda _: sent, "127.0.0.1", broker.port) as publisher:
        assert publisher.join(WITHIN)
    back = Subscriber(broker.port, "bins/+/state")
    assert back.wait_for(50)
    back.close()
    assert [payload for _, payload in back.got] == [message.payload for message in sent]


def test_listens_on_the_loopback_alone(broker: DemoBroker) -> None:
    assert broker.port > 0
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", broker.port), timeout=1):
        pass


def test_waits_for_a_subscriber(broker: DemoBroker) -> None:
    assert not broker.wait_for_subscriber(0.05)
    subscriber = Subscriber(broker.port, "fleet/+/gps")
    assert broker.wait_for_subscriber(WITHIN)
    subscriber.close()


def test_stops_while_clients_are_connected_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        broker = DemoBroker()
        broker.start()
        subscriber = Subscriber(broker.port, "fleet/+/gps")
        broker.stop()
        subscriber.close()
    assert not [record for record in caplog.records if record.name.startswith("amqtt")]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", broker.port), timeout=1)
    broker.stop()  # again: harmless


def test_publisher_keeps_to_the_time_and_stops_at_once(broker: DemoBroker) -> None:
    subscriber = Subscriber(broker.port, "#")
    begun = time.time()

    def messages(start: float) -> Iterator[Message]:
        yield Message(start, "a", b"now")
        yield Message(start + 0.3, "a", b"soon")
        yield Message(start + 3600, "a", b"in an hour")

    publisher = Publisher(messages, "127.0.0.1", broker.port)
    publisher.start()
    assert subscriber.wait_for(2)
    assert 0.25 < time.time() - begun < WITHIN
    publisher.stop()
    assert publisher.join(0)
    subscriber.close()
    assert [payload for _, payload in subscriber.got] == [b"now", b"soon"]


def test_publisher_tells_what_ended_it(broker: DemoBroker) -> None:
    def messages(start: float) -> Iterator[Message]:
        yield Message(start, "a", b"one")
        raise ValueError("no way")

    with Publisher(messages, "127.0.0.1", broker.port) as publisher:
        assert publisher.join(WITHIN)
    assert isinstance(publisher.failure, ValueError)


def test_publisher_without_a_broker_says_so() -> None:
    with socket.socket() as held:  # bound and not listening: nobody else can take the port meanwhile
        held.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            Publisher(lambda _: [], "127.0.0.1", held.getsockname()[1]).start()


def test_city_over_mqtt(broker: DemoBroker) -> None:
    subscriber = Subscriber(broker.port, "fleet/#", "bins/#", "sensors/#")
    city = City(1, trucks=20, refuse=2, bins=30, interval=1.0, bin_interval=1.0)
    with Publisher(lambda start: city.run(start, 2.0), "127.0.0.1", broker.port) as publisher:
        assert publisher.join(WITHIN)
        assert publisher.sent > 50
        assert subscriber.wait_for(publisher.sent)
    subscriber.close()

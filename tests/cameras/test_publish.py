"""Messages to a real broker: in order, over a broker that goes and comes, and over a restart of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from cameras.publish import Broker, Publisher
from pipeline.backoff import Backoff
from tests.services.mosquitto import UNLIMITED, Mosquitto, free_port
from tests.services.wait import until

pytestmark = pytest.mark.service


class Lines:
    """A log that is kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, /, **_: Any) -> None:
        self.lines.append(event)

    warning = info


@contextmanager
def listening(broker: Mosquitto) -> Iterator[list[int]]:
    """The numbers that arrive, while it lasts."""
    heard: list[int] = []
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)

    def subscribe(*_: Any) -> None:
        client.subscribe("cameras/#", qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _, __, message: heard.append(int(message.payload))
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert ready.wait(60)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def settings(folder: Path, port: int, **how: Any) -> Broker:
    return Broker(host="127.0.0.1", port=port, client_id="edge", spool=folder, **how)


def publisher(folder: Path, port: int, log: Lines | None = None) -> Publisher:
    return Publisher(settings(folder, port), log or Lines(), backoff=Backoff(0.1, 0.3))


def once_each(heard: list[int]) -> list[int]:
    """In the order of their first arrivals."""
    return list(dict.fromkeys(heard))


@pytest.mark.parametrize(
    "protocol, limits", [("5", UNLIMITED), ("3.1.1", UNLIMITED), ("5", ("max_queued_messages 0",))]
)
def test_all_arrive_in_their_order(
    own_mosquitto: Callable[..., Mosquitto], tmp_path: Path, protocol: str, limits: tuple[str, ...]
) -> None:
    """Also where the broker takes no more than 20 at a time, as it does if nobody says otherwise."""
    broker = own_mosquitto(lines=limits)
    one = Publisher(settings(tmp_path / "spool", broker.port, protocol=protocol), Lines())
    one.start()
    with listening(broker) as heard:
        for n in range(3000):
            one.publish("cameras/a/sightings", b"%d" % n)
        until(lambda: len(heard) == 3000, "all of them")
        until(lambda: one.sent == 3000, "that they are acknowledged")
    one.stop()
    assert heard == list(range(3000))
    again = publisher(tmp_path / "spool", broker.port)
    assert not again.spool.waiting()
    again.stop()


def test_what_was_said_while_the_link_was_down_follows(own_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    """The broker keeps the listener's session, so that nothing is lost behind it."""
    keeps = ("persistence true", f"persistence_location {tmp_path}/")
    broker, log = own_mosquitto(lines=(*UNLIMITED, *keeps)), Lines()
    with listening(broker):
        pass
    one = publisher(tmp_path / "spool", broker.port, log)
    one.start()
    until(lambda: one.connected, "the link")
    broker.stop()
    until(lambda: not one.connected, "its end")
    for n in range(500):
        one.publish("cameras/a/sightings", b"%d" % n)
    broker.start()
    for n in range(500, 600):
        one.publish("cameras/a/sightings", b"%d" % n)
    with listening(broker) as heard:
        until(lambda: heard and heard[-1] == 599, "the last")
    until(lambda: one.sent >= 600, "that it knows")
    one.stop()
    assert once_each(heard) == list(range(600))
    assert any("messages wait in" in line for line in log.lines)


def test_what_was_not_sent_goes_after_a_restart(own_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    nowhere = publisher(tmp_path / "spool", free_port())
    nowhere.start()
    for n in range(50):
        nowhere.publish("cameras/a/health", b"%d" % n)
    nowhere.stop()
    broker = own_mosquitto()
    one = publisher(tmp_path / "spool", broker.port)
    with listening(broker) as heard:
        one.start()
        until(lambda: len(heard) == 50, "all of them")
    one.stop()
    assert heard == list(range(50))


def test_a_broker_that_refuses_is_told(own_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    broker, log = own_mosquitto(anonymous=False), Lines()
    one = publisher(tmp_path / "spool", broker.port, log)
    one.start()
    until(lambda: any("refuses us" in line for line in log.lines), "its refusal")
    one.stop()


def test_no_two_send_from_one_spool(tmp_path: Path) -> None:
    one = publisher(tmp_path, free_port())
    with pytest.raises(OSError, match="another process sends what waits there"):
        publisher(tmp_path, free_port())
    one.stop()
    publisher(tmp_path, free_port()).stop()


@pytest.mark.parametrize("topic", ["", "cameras/+/sightings", "cameras/#", "cameras/a\0", "x" * 70_000])
def test_what_no_broker_would_take_is_counted_and_holds_nothing_up(tmp_path: Path, topic: str) -> None:
    one = publisher(tmp_path, free_port())
    one.publish(topic, b"1")
    one.publish("cameras/a/health", b"2")
    waits = one.spool.take()
    assert waits is not None
    assert (one.spool.dropped, waits.payload) == (1, b"2")
    assert one.spool.nbytes() > len(b"cameras/a/health2")
    one.spool.confirm(waits)
    assert one.spool.nbytes() == 0
    one.stop()


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    given = settings(tmp_path, 1883, username_env="NOBODY_SET_THIS")
    with pytest.raises(ValueError, match="'NOBODY_SET_THIS' is not set"):
        Publisher(given, Lines(), {})

"""The MQTT source against a real mosquitto."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from connectors.mqtt import MqttReceiver, MqttSource
from pipeline.backoff import Backoff
from pipeline.entries import Kind
from tests.connectors.fakes import Full, ListLog, MemoryJournal, publish
from tests.services.mosquitto import Mosquitto
from tests.services.wait import until

pytestmark = pytest.mark.service

Make = Callable[..., MqttReceiver]
Own = Callable[..., Mosquitto]


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def receive(journal: MemoryJournal, log: ListLog, prefix: str) -> Iterator[Make]:
    """Makes and starts receivers; stops them afterwards."""
    made: list[MqttReceiver] = []

    def make(port: int, connected: bool = True, tick: float = 0.05, settings: Any = None, **more: Any) -> MqttReceiver:
        section = {"type": "mqtt", "host": "127.0.0.1", "port": port, "client_id": f"c-{prefix}", "session": "1h"}
        section |= {"subscribe": [f"{prefix}/+/gps"]} | (settings or {})
        more.setdefault("backoff", Backoff(0.05, 0.2))
        receiver = MqttReceiver(
            "fleet", MqttSource.model_validate(section), journal.commit, tick, log=log, retry=0.05, **more
        )
        receiver.start()
        made.append(receiver)
        if connected:
            until(lambda: Kind.JOIN in journal.kinds(), "the source to join")
        return receiver

    yield make
    journal.refuse = None
    journal.hold.set()
    for receiver in made:
        receiver.stop()


def numbered(prefix: str, first: int, end: int) -> list[tuple[str, bytes]]:
    return [(f"{prefix}/v{i % 7}/gps", str(i).encode()) for i in range(first, end)]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_is_published_is_journaled_once_and_in_order(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str, protocol: str
) -> None:
    receiver = receive(mosquitto.port, settings={"protocol": protocol, "receive_maximum": 100})
    publish(mosquitto.port, numbered(prefix, 0, 3000))
    until(lambda: len(journal.payloads()) >= 3000, "all deliveries")
    receiver.stop()
    assert journal.payloads() == [str(i).encode() for i in range(3000)]
    topics = [e[2] for e in journal.entries if e[0] == Kind.DELIVERY]
    assert topics == [f"{prefix}/v{i % 7}/gps" for i in range(3000)]
    assert {e[1] for e in journal.entries} == {"fleet"}
    assert receiver.status.deliveries == 3000
    assert receiver.status.in_flight == 0
    assert receiver.status.failed is None


def test_joins_ticks_and_leaves_under_its_client_id(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    receiver = receive(mosquitto.port)
    until(lambda: journal.kinds().count(Kind.TICK) >= 5, "five ticks")
    receiver.stop()
    kinds = journal.kinds()
    assert kinds[:2] == [Kind.JOIN, Kind.TICK]
    assert kinds[-1] == Kind.LEAVE
    assert {e[2] for e in journal.entries} == {f"c-{prefix}"}
    times = [e[3] for e in journal.entries]
    assert times == sorted(times)
    assert receiver.status.connected_since is None


def test_received_never_goes_back_though_the_wall_clock_does(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    clock = [1_000_000.0]
    receiver = receive(mosquitto.port, now=lambda: clock[0])
    publish(mosquitto.port, numbered(prefix, 0, 1))
    until(lambda: len(journal.payloads()) == 1, "the first delivery")
    clock[0] -= 3600.0
    ticks = journal.kinds().count(Kind.TICK)
    publish(mosquitto.port, numbered(prefix, 1, 2))
    until(lambda: len(journal.payloads()) == 2, "the second delivery")
    until(lambda: journal.kinds().count(Kind.TICK) >= ticks + 3, "ticks that go on")
    receiver.stop()
    times = [e[3] for e in journal.entries]
    assert times == sorted(times)
    assert 1_000_000.0 <= times[0] < 1_000_010.0
    ticked = [e[3] for e in journal.entries if e[0] == Kind.TICK]
    assert all(a < b for a, b in pairwise(ticked[-3:]))


def test_nothing_is_acknowledged_before_the_commit(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    broker = own_mosquitto()
    receiver = receive(broker.port, settings={"receive_maximum": 10})
    journal.hold.clear()
    publish(broker.port, numbered(prefix, 0, 50))
    # The commit hangs; the window of 10 has filled at most.
    until(lambda: receiver.status.in_flight, "deliveries on the way")
    assert receiver.status.in_flight <= 10
    assert journal.payloads() == []
    journal.hold.set()
    until(lambda: len(journal.payloads()) == 50, "the rest")
    assert journal.payloads() == [str(i).encode() for i in range(50)]


def test_what_a_crash_left_unacknowledged_comes_again(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    """The process dies between reading and acknowledging: here the source ends by a defect in the commit."""
    first = receive(mosquitto.port, settings={"receive_maximum": 10})
    journal.refuse = ZeroDivisionError("a defect")
    publish(mosquitto.port, numbered(prefix, 0, 30))
    until(lambda: first.status.failed is not None, "the source to end")
    assert isinstance(first.status.failed, ZeroDivisionError)
    journal.refuse = None
    receive(mosquitto.port)
    until(lambda: len(journal.payloads()) == 30, "all deliveries again")
    assert journal.payloads() == [str(i).encode() for i in range(30)]


def test_a_full_journal_stops_reading_is_said_once_and_resumes(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, log: ListLog, prefix: str
) -> None:
    broker = own_mosquitto()
    receiver = receive(broker.port, settings={"keepalive": "1s", "receive_maximum": 20})
    journal.refuse = Full("the disk is full.")
    before = journal.attempts
    publish(broker.port, numbered(prefix, 0, 200))
    # Longer than 1.5 keepalives: without pings the broker would end the connection.
    until(lambda: receiver.status.waiting_for_journal and journal.attempts > before + 50, "many attempts")
    assert receiver.status.in_flight <= 20
    assert journal.payloads() == []
    assert log.text().count("the disk is full") == 1
    journal.refuse = None
    until(lambda: len(journal.payloads()) == 200, "all deliveries")
    receiver.stop()
    assert journal.payloads() == [str(i).encode() for i in range(200)]
    assert not receiver.status.waiting_for_journal
    assert "takes deliveries again" in log.text()
    assert journal.kinds().count(Kind.JOIN) == 1, "the connection must have stood all the while"


def test_the_session_keeps_what_is_sent_while_we_are_away(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    receive(mosquitto.port).stop()
    publish(mosquitto.port, numbered(prefix, 0, 100))
    receive(mosquitto.port)
    until(lambda: len(journal.payloads()) == 100, "what was sent meanwhile")
    kinds = journal.kinds()
    assert kinds.index(Kind.DELIVERY) > len(kinds) - 1 - kinds[::-1].index(Kind.JOIN)


def test_it_comes_back_when_the_broker_does(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, log: ListLog, prefix: str
) -> None:
    broker = own_mosquitto()
    receiver = receive(broker.port)
    publish(broker.port, numbered(prefix, 0, 10))
    until(lambda: len(journal.payloads()) == 10, "the first deliveries")
    broker.stop()
    until(lambda: f"nothing listens on {broker.address}" in log.text(), "the plain error")
    assert receiver.status.connected_since is None
    assert "trying again in" in receiver.status.last_error
    broker.start()
    until(lambda: journal.kinds().count(Kind.JOIN) == 2, "the second connection")
    assert "has forgotten our session" in log.text()
    publish(broker.port, numbered(prefix, 10, 20))
    until(lambda: len(journal.payloads()) == 20, "the deliveries after it")
    changes = [k for k in journal.kinds() if k in (Kind.JOIN, Kind.LEAVE)]
    assert changes == [Kind.JOIN, Kind.LEAVE, Kind.JOIN]


def test_a_second_process_with_the_same_client_id_is_named(mosquitto: Mosquitto, receive: Make, log: ListLog) -> None:
    receive(mosquitto.port, backoff=Backoff(30.0))
    receive(mosquitto.port, connected=False, backoff=Backoff(30.0))
    until(lambda: "no other client uses the same client_id" in log.text(), "the plain error")


def test_shared_subscriptions_share(mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str) -> None:
    """Two members of one group: each message goes to one of them."""
    shared = {"subscribe": [f"$share/g-{prefix}/{prefix}/+/gps"]}
    one = receive(mosquitto.port, settings=shared | {"client_id": f"one-{prefix}"})
    two = receive(mosquitto.port, settings=shared | {"client_id": f"two-{prefix}"})
    until(lambda: journal.kinds().count(Kind.JOIN) == 2, "both members")
    publish(mosquitto.port, numbered(prefix, 0, 400))
    until(lambda: len(journal.payloads()) >= 400, "all deliveries")
    one.stop()
    two.stop()
    assert sorted(journal.payloads(), key=int) == [str(i).encode() for i in range(400)]
    assert one.status.deliveries > 0
    assert two.status.deliveries > 0


def test_odd_messages_are_kept_as_they_are(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    receive(mosquitto.port, settings={"subscribe": [f"{prefix}/#"]})
    messages = [
        (f"{prefix}/empty", b""),
        (f"{prefix}/binary", bytes(range(256))),
        (f"{prefix}/川A·7F2Q1/位置", "中".encode()),
        (f"{prefix}/" + "x" * 60_000, b"long topic"),
        (f"{prefix}/large", b"\xff" * 10_000_000),
        (f"{prefix}//", b"empty levels"),
    ]
    publish(mosquitto.port, messages)
    until(lambda: len(journal.payloads()) == len(messages), "all of them")
    assert [(e[2], e[4]) for e in journal.entries if e[0] == Kind.DELIVERY] == messages


def test_qos_0_and_2_are_taken_too(mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str) -> None:
    receive(mosquitto.port)
    publish(mosquitto.port, numbered(prefix, 0, 100), qos=2)
    publish(mosquitto.port, numbered(prefix, 100, 200), qos=0)
    until(lambda: len(journal.payloads()) == 200, "all deliveries")


def test_a_session_from_before_may_hold_qos_2(
    mosquitto: Mosquitto, receive: Make, journal: MemoryJournal, prefix: str
) -> None:
    before = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=f"c-{prefix}", protocol=paho.MQTTv311, clean_session=False
    )
    granted: list[int] = []
    before.on_subscribe = lambda *_: granted.append(1)
    before.connect("127.0.0.1", mosquitto.port)
    before.loop_start()
    before.subscribe(f"{prefix}/+/gps", 2)
    until(lambda: granted, "the subscription")
    before.disconnect()
    before.loop_stop()
    publish(mosquitto.port, numbered(prefix, 0, 300), qos=2)
    receive(mosquitto.port, settings={"protocol": "3.1.1"})
    publish(mosquitto.port, numbered(prefix, 300, 400), qos=2)
    until(lambda: len(journal.payloads()) >= 400, "all deliveries")
    assert journal.payloads() == [str(i).encode() for i in range(400)]


@pytest.mark.parametrize("graceful", [True, False], ids=["stopped", "killed"])
def test_the_status_topic_says_online_and_offline(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, graceful: bool
) -> None:
    broker = own_mosquitto()
    said: list[bytes] = []
    watcher = paho.Client(CallbackAPIVersion.VERSION2, client_id="watcher")
    watcher.on_message = lambda _c, _u, m: said.append(bytes(m.payload))
    watcher.on_connect = lambda c, *_: c.subscribe("gridwatch/status", 1)
    watcher.connect("127.0.0.1", broker.port)
    watcher.loop_start()
    receiver = receive(broker.port, settings={"status_topic": "gridwatch/status"})
    until(lambda: said == [b"online"], "online")
    if graceful:
        receiver.stop()
    else:
        # As a crash would: the connection ends without DISCONNECT, and the broker publishes the last will.
        journal.refuse = ZeroDivisionError("a defect")
    until(lambda: said == [b"online", b"offline"], "offline")
    watcher.disconnect()
    watcher.loop_stop()


def test_user_and_password_come_from_the_environment(
    own_mosquitto: Own, receive: Make, log: ListLog, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("gridwatch:s3cret-w0rd\n")
    passwords.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
    broker = own_mosquitto(lines=(f"password_file {passwords}",), anonymous=False)
    settings = {"username_env": "T_USER", "password_env": "T_PASSWORD"}
    wrong = {"T_USER": "gridwatch", "T_PASSWORD": "not-the-w0rd"}
    refused = receive(broker.port, connected=False, settings=settings, environment=wrong)
    until(lambda: "refused the connection" in log.text(), "the refusal")
    refused.stop()
    assert "username_env" in refused.status.last_error
    for secret in ("not-the-w0rd", "s3cret-w0rd"):
        assert secret not in log.text()
    receive(broker.port, settings=settings, environment={"T_USER": "gridwatch", "T_PASSWORD": "s3cret-w0rd"})
    with pytest.raises(ValueError, match="environment variable 'T_PASSWORD' is not set"):
        receive(broker.port, connected=False, settings=settings, environment={"T_USER": "gridwatch"})


def test_tls_with_a_certificate_on_each_side(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, log: ListLog, prefix: str, certificates: Path
) -> None:
    tls = tuple(
        f"{k} {certificates / f}"
        for k, f in (("cafile", "ca.pem"), ("certfile", "server.pem"), ("keyfile", "server.key"))
    )
    broker = own_mosquitto(listener_lines=(*tls, "require_certificate true"))
    ours = {"certificate": "client.pem", "key": "client.key"}
    bad = receive(broker.port, connected=False, settings={"tls": {"ca": "stranger.pem"} | ours}, folder=certificates)
    until(lambda: "is not trusted" in log.text() and "set tls.ca" in log.text(), "the plain error")
    bad.stop()
    receive(broker.port, settings={"tls": {"ca": "ca.pem"} | ours}, folder=certificates)
    sender = (str(certificates / "ca.pem"), str(certificates / "client.pem"), str(certificates / "client.key"))
    publish(broker.port, numbered(prefix, 0, 2000), tls=sender)
    publish(broker.port, [(f"{prefix}/v/gps", b"x" * 3_000_000)], tls=sender)
    until(lambda: len(journal.payloads()) == 2001, "all deliveries")
    assert journal.payloads()[:2000] == [str(i).encode() for i in range(2000)]
    with pytest.raises(FileNotFoundError, match=r"tls: there is no file .*none\.pem"):
        receive(broker.port, connected=False, settings={"tls": {"ca": "none.pem"}}, folder=certificates)


def test_stopping_while_the_broker_is_away_is_quick(receive: Make, log: ListLog) -> None:
    receiver = receive(1, connected=False, backoff=Backoff(600.0, 600.0))
    until(lambda: "nothing listens on 127.0.0.1:1" in log.text(), "the plain error")
    receiver.stop()
    receiver.stop()


@pytest.mark.parametrize(
    "limits, arrive",
    [
        pytest.param(("max_inflight_messages 20", "max_queued_messages 100"), 100, id="limited"),
        pytest.param(("max_inflight_messages 0", "max_queued_messages 0"), 1000, id="unlimited"),
    ],
)
def test_brokers_lose_messages_beyond_their_limits(
    own_mosquitto: Own, receive: Make, journal: MemoryJournal, prefix: str, limits: tuple[str, ...], arrive: int
) -> None:
    """docs/connectors/mqtt.md: the broker accepts all of them and drops what its queue has no room for."""
    broker = own_mosquitto(lines=limits)
    receiver = receive(broker.port)
    until(lambda: receiver.status.commits >= 2, "the subscription to be in use")
    receiver.stop()
    publish(broker.port, numbered(prefix, 0, 1000))
    receive(broker.port)
    until(journal.payloads, "what the broker kept")
    ticks = journal.kinds().count(Kind.TICK)
    until(lambda: journal.kinds().count(Kind.TICK) > ticks + 10, "a while without a delivery")
    assert len(journal.payloads()) == arrive

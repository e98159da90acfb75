"""live_mqtt: how fast does MQTT come in, journaled and acknowledged, against a subscriber that only counts?

Measures messages a second, QoS 1, about 120 bytes, over a real mosquitto on the same machine while another process
publishes as fast as the broker takes it. The limit is a bare paho subscriber whose callback adds one; ours commits
every delivery to a journal on the disk before it acknowledges it, with the settings that a configuration has by
default. Each runs in a process of its own. Short rounds of both take turns, and medians count, because other work on
the machine disturbs both alike. What arrived is counted on both sides, and read back from the journal on ours.

    python -m benchmarks.live_mqtt [--messages 200000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from connectors.mqtt import MqttReceiver, MqttSource
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Journal
from tests.services.mosquitto import Mosquitto

FILTER, TOPICS, BURST, WINDOW = "fleet/+/gps", 2000, 500, 20_000
TARGET = 0.8


def payload(i: int) -> bytes:
    """Position message `i`, about 120 bytes."""
    return (
        b'{"n":%07d,"id":"truck-%04d","time":%d,"pos":{"lon":116.3%05d,"lat":39.9%05d},"v":41.5,"dir":270,"io":{"brush":1}}'
        % (i + 1_000_000, i % TOPICS, 1_700_000_000 + i // TOPICS, i % 99_991, i % 77_777)
    )


def publish(port: int, messages: int, body_of: Callable[[int], bytes] = payload) -> None:
    """Publish them all with QoS 1, at most WINDOW unacknowledged. Bare bytes, so that the publisher costs little."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        connect = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x09publisher"
        sock.sendall(b"\x10" + bytes([len(connect)]) + connect)
        assert sock.recv(4) == b"\x20\x02\x00\x00", "the broker refused the publisher"
        acknowledged = 0
        for first in range(0, messages, BURST):
            packets = []
            for i in range(first, min(first + BURST, messages)):
                topic = b"fleet/truck-%04d/gps" % (i % TOPICS)
                identifier = (i % 65535 + 1).to_bytes(2, "big")
                body = len(topic).to_bytes(2, "big") + topic + identifier + body_of(i)
                assert 127 < len(body) < 16384
                packets.append(b"\x32" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body)
            sock.sendall(b"".join(packets))
            while first + BURST - acknowledged // 4 > WINDOW:
                acknowledged += len(sock.recv(65536))
        while acknowledged < 4 * messages:
            acknowledged += len(sock.recv(65536))
        sock.sendall(b"\xe0\x00")


def bare(port: int, messages: int, ready: Callable[[], None]) -> float:
    """Messages a second of a paho subscriber that only counts."""
    seen, began, ended = 0, 0.0, 0.0
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=paho.MQTTv5)

    def on_message(*_: Any) -> None:
        nonlocal seen, began, ended
        seen += 1
        if seen == 1:
            began = time.perf_counter()
        elif seen == messages:
            ended = time.perf_counter()
            client.disconnect()

    client.on_message = on_message
    client.on_connect = lambda c, *_: c.subscribe(FILTER, 1)
    client.on_subscribe = lambda *_: ready()
    client.connect("127.0.0.1", port)
    client.loop_forever()
    assert seen == messages, f"{seen} of {messages}"
    return messages / (ended - began)


def journaled(port: int, messages: int, ready: Callable[[], None]) -> float:
    """Messages a second of our source, each acknowledged after the journal has it."""
    # Not in /tmp, which is memory on some machines: a sync must mean what it means for a city's journal.
    Path("var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="live-mqtt-", dir="var") as folder:
        journal = Journal.open(Path(folder))
        began, done, joined = 0.0, threading.Event(), threading.Event()
        left = messages

        def commit(buffer: EntryBuffer) -> None:
            nonlocal began, left
            deliveries = buffer.kinds.count(Kind.DELIVERY)
            if deliveries and not began:
                began = time.perf_counter()
            journal.commit(buffer)
            left -= deliveries
            joined.set()
            if left <= 0:
                done.set()

        settings = MqttSource(type="mqtt", host="127.0.0.1", port=port, client_id="ours", subscribe=(FILTER,))
        receiver = MqttReceiver("fleet", settings, commit, 0.5, log=structlog.get_logger())
        receiver.start()
        assert joined.wait(10), receiver.status.last_error
        # Two commits later the subscription is in use: it was sent with the first.
        while receiver.status.commits < 2:
            done.wait(0.05)
        ready()
        assert done.wait(120), receiver.status
        receiver.stop()
        ended = time.perf_counter()
        numbers = [json.loads(p)["n"] - 1_000_000 for p in _payloads(journal)]
        journal.close()
    assert sorted(numbers) == list(range(messages)), f"{len(numbers)} of {messages}"
    return messages / (ended - began)


def _payloads(journal: Journal) -> list[bytes]:
    out: list[bytes] = []
    for part in journal.read():
        batch = part.batch
        deliveries = batch.filter(batch.column("kind").to_numpy() == int(Kind.DELIVERY))
        out += deliveries.column("payload").to_pylist()
    return out


SUBSCRIBERS = {"bare": bare, "journaled": journaled}


def one_round(who: str, messages: int, module: str = "benchmarks.live_mqtt", *further: str) -> float:
    """One subscriber in a process of its own, a broker and a publisher of their own: its messages a second.

    module: whose `--as` they are; further: arguments of both."""
    with tempfile.TemporaryDirectory(prefix="live-mqtt-") as folder:
        broker = Mosquitto(Path(folder))
        try:
            arguments = [
                sys.executable,
                "-m",
                module,
                "--port",
                str(broker.port),
                "--messages",
                str(messages),
                *further,
            ]
            subscriber = subprocess.Popen([*arguments, "--as", who], stdout=subprocess.PIPE, text=True)
            assert subscriber.stdout is not None
            with subscriber:
                try:
                    if subscriber.stdout.readline() == "ready\n":
                        subprocess.run([*arguments, "--as", "publisher"], check=True)
                    answer = subscriber.stdout.readline()
                except BaseException:
                    subscriber.kill()
                    raise
            if subscriber.returncode:
                raise RuntimeError(f"the subscriber '{who}' failed, see above")
            return float(answer)
        finally:
            broker.stop()


def run(messages: int = 200_000, rounds: int = 5) -> list[dict[str, Any]]:
    """The measurement, as benchmarks/results/latest.json has it. messages: in all rounds together, for each side."""
    rates: dict[str, list[float]] = {who: [] for who in SUBSCRIBERS}
    for i in range(rounds):
        for who in sorted(SUBSCRIBERS, reverse=bool(i % 2)):
            rates[who].append(one_round(who, messages // rounds))
    ratio = statistics.median(ours / limit for ours, limit in zip(rates["journaled"], rates["bare"], strict=True))
    return [
        {
            "name": "live_mqtt",
            "value": round(statistics.median(rates["journaled"])),
            "unit": "messages/s",
            "limit": round(statistics.median(rates["bare"])),
            "ratio": round(ratio, 3),
            "target": TARGET,
            "met": ratio >= TARGET,
        }
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="live_mqtt: see the head of the file")
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--as", dest="role", choices=[*SUBSCRIBERS, "publisher"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "publisher":
        publish(options.port, options.messages)
    elif options.role:
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger("warning"),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
        print(SUBSCRIBERS[options.role](options.port, options.messages, lambda: print("ready", flush=True)), flush=True)
    else:
        for result in run(options.messages, options.rounds):
            print(json.dumps(result))


if __name__ == "__main__":
    main()

"""live_mqtt_judged: the same as live_mqtt, and every position is judged by the four vehicle rules meanwhile.

Measures messages a second from the first delivery until all are journaled, acknowledged, judged, and their cases
stored: the runtime's parts at work as they are in `gridwatch run` (MQTT source, journal, judging in a thread of its
own, store), in one process that shares two cores with the broker and the publisher. The payloads are what the 2,000
vehicles of `benchmarks.city` report, ten seconds apart by their own clocks, published as fast as the broker takes
them. The limit is the bare subscriber of live_mqtt on the same messages; rounds take turns, and the median of their
ratios counts. That every row was judged is verified by the engine's counts.

    python -m benchmarks.live_mqtt_judged [--messages 120000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import structlog

from benchmarks.city import SOURCE, City, rounds
from benchmarks.data import begin, loop_of, write
from benchmarks.live_mqtt import FILTER, bare, one_round, publish
from benchmarks.result import Result, rate, say
from connectors.mqtt import MqttReceiver, MqttSource
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.opening import JOURNAL, open_data

TARGET = 0.7
INTERVAL = 10.0


def publish_city(port: int, messages: int) -> None:
    """What the city reports, up to now."""
    city = City()
    start = time.time() - (messages // city.vehicles + 1) * INTERVAL
    publish(port, messages, rounds(city, messages, start, INTERVAL).__getitem__)


def judged(port: int, messages: int, ready: Callable[[], None], folder: Path) -> float:
    """Messages a second, from the first commit until all are judged. folder: a city's data, with its version."""
    with tempfile.TemporaryDirectory(prefix="live-mqtt-", dir=".") as name:
        data = open_data(Path(shutil.copytree(folder, Path(name) / "data")), structlog.get_logger())
        loop = loop_of(data)
        loop.recover(data.journal.head, lambda: False)
        began, left = 0.0, messages
        done, joined, ending = threading.Event(), threading.Event(), threading.Event()

        def commit(buffer: EntryBuffer) -> None:
            nonlocal began, left
            deliveries = buffer.kinds.count(Kind.DELIVERY)
            if deliveries and not began:
                began = time.perf_counter()
            data.journal.commit(buffer)
            left -= deliveries
            joined.set()
            if left <= 0:
                done.set()

        settings = MqttSource(type="mqtt", host="127.0.0.1", port=port, client_id="ours", subscribe=(FILTER,))
        receiver = MqttReceiver(SOURCE, settings, commit, 0.5, log=structlog.get_logger())
        thread = threading.Thread(target=loop.run, args=(ending.is_set,), name="judge")
        thread.start()
        try:
            receiver.start()
            assert joined.wait(10), receiver.status.last_error
            while receiver.status.commits < 2:  # two commits later the subscription is in use
                done.wait(0.05)
            ready()
            assert done.wait(120), receiver.status
        finally:
            receiver.stop()
            ending.set()
            thread.join()
        ended = time.perf_counter()
        counts = data.engine.counts
        data.close()
    assert counts["live"] == messages == counts.total(), counts
    return messages / (ended - began)


def run(messages: int = 120_000, rounds: int = 3) -> list[Result]:
    """messages: in all rounds together, for each side."""
    rates: dict[str, list[float]] = {"bare": [], "judged": []}
    with tempfile.TemporaryDirectory(prefix="live-mqtt-") as name:
        folder = Path(name)
        write(folder / JOURNAL, [], begin(folder, City()))
        for i in range(rounds):
            for who in sorted(rates, reverse=bool(i % 2)):
                further = ("--folder", name)
                rates[who].append(one_round(who, messages // rounds, "benchmarks.live_mqtt_judged", *further))
    ratio = median(ours / limit for ours, limit in zip(rates["judged"], rates["bare"], strict=True))
    return [rate("live_mqtt_judged", "messages/s", median(rates["judged"]), median(rates["bare"]), TARGET, ratio)]


def main() -> None:
    parser = argparse.ArgumentParser(description="live_mqtt_judged: see the head of the file")
    parser.add_argument("--messages", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="role", choices=["bare", "judged", "publisher"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

    def ready() -> None:
        print("ready", flush=True)

    if options.role == "publisher":
        publish_city(options.port, options.messages)
    elif options.role == "bare":
        print(bare(options.port, options.messages, ready), flush=True)
    elif options.role == "judged":
        print(judged(options.port, options.messages, ready, options.folder), flush=True)
    else:
        say(run(options.messages, options.rounds))


if __name__ == "__main__":
    main()

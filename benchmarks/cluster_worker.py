"""cluster_worker: how many positions a second does a worker on Kafka judge, against a plain Faust agent?

The city, vehicles and twelve rules of replay_day (2,000 vehicles, a fix each 10 s), in Kafka before anything begins;
from the first thing that the workers find to their last word, by their own clocks; they begin together. The limit is a
Faust agent that looks at one JSON event after the other with one rule, as most begin: measured on the same broker in
the same run. One, two and three workers, and what processor time a million positions take, are in the note.

    python -m benchmarks.cluster_worker [--rows 1500000] [--workers 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.city import City, buffers, reports
from benchmarks.data import TWELVE, begin, write
from benchmarks.result import Result, rate, say
from gridwatch.cluster_replay import ClusterReplay
from gridwatch.cluster_workers import Watching, Workers
from pipeline.journal import Journal, JournalReader
from pipeline.journal.contents import CONTENTS
from replay.recording import JOURNAL
from tests.services.kafka import Kafka

TARGET = 20.0
EVENTS = 60_000
"""For the plain agent."""
VEHICLES = 2_000

PLAIN = """
import sys, time
import faust

app = faust.App(sys.argv[2], broker="kafka://" + sys.argv[1], web_enabled=False, topic_disable_leader=True,
                topic_allow_declare=False, datadir=sys.argv[4], consumer_auto_offset_reset="earliest")
count, since, began = 0, {}, 0.0

@app.agent(app.topic(sys.argv[2], value_serializer="json", partitions=1))
async def overspeed(events):
    global count, began
    async for event in events:
        began = began or time.perf_counter()
        if event["speed"] > 60.0:
            first = since.setdefault(event["id"], event["time"])
            if event["time"] - first >= 10.0:
                since[event["id"]] = float("inf")
        else:
            since.pop(event["id"], None)
        count += 1
        if count == int(sys.argv[3]):
            print("took", time.perf_counter() - began, flush=True)

faust.Worker(app, loglevel="error", redirect_stdouts=False, quiet=True).execute_from_commandline()
"""


class Timing(Watching):
    """From the first word of the workers to their last: how long, and how much of the whole; their processor time."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self._said: list[tuple[float, int]] = []

    def heard(self, workers: Workers, entries: int, at: float) -> None:
        self._said.append((at, entries))

    def ended(self, workers: Workers) -> None:
        self.cpu = _cpu(workers)

    @property
    def rate(self) -> float:
        """Entries a second."""
        times, entries = zip(*self._said, strict=True)
        return float((max(entries) - entries[0]) / (max(times) - times[0]))

    @property
    def entries(self) -> int:
        return max(entries for _, entries in self._said)


def _cpu(workers: Workers) -> float:
    return sum(sum(psutil.Process(each.pid).cpu_times()[:2]) for each in workers.processes)


def journal(folder: Path, rows: int) -> JournalReader:
    """What the vehicles report."""
    city = City(hours=True, vehicles=VEHICLES)
    version = begin(folder, city, TWELVE, body=True)
    write(folder / JOURNAL, buffers(reports(city, rows, interval=10.0, body=True)), version)
    return Journal.read_only(folder / JOURNAL)


def judged(broker: str, reader: JournalReader, workers: int) -> tuple[float, float]:
    """Positions a second, and seconds of processor time for a million of them, with all that a start costs."""
    timing = Timing()
    contents = reader.folder / CONTENTS
    replay = ClusterReplay([broker], reader, contents, workers=workers, every=5_000, watching=timing, before=True)
    rows = replay.run().rows
    return timing.rate * rows / timing.entries, timing.cpu / rows * 1e6


def plain(broker: str, folder: Path) -> float:
    """Events a second of the plain agent."""
    name = f"plain-{uuid.uuid4().hex[:8]}"
    asyncio.run(_send(broker, name))
    command = [sys.executable, "-c", PLAIN, broker, name, str(EVENTS), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            # Faust's own signs for a terminal come before it.
            seconds = float(process.stdout.readline().rpartition("took ")[2])
        finally:
            process.kill()
    return EVENTS / seconds


async def _send(broker: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=20)
    await producer.start()
    for n in range(EVENTS):
        event = {"id": f"truck-{n % 200}", "time": n / 200, "lon": 120.1, "lat": 30.2, "speed": n % 90}
        await producer.send(name, json.dumps(event).encode(), partition=0)
    await producer.stop()


def run(rows: int, workers: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        server = Kafka(folder / "kafka", settle=5.0).start()
        try:
            reader = journal(folder / "fleet", rows)
            limit = plain(server.address, folder / "plain")
            found = [judged(server.address, reader, count) for count in range(1, workers + 1)]
        finally:
            server.end()
    several = ", ".join(f"{count + 1}: {each:,.0f}/s" for count, (each, _) in enumerate(found))
    note = f"limit: a plain Faust agent; workers {several}; {found[0][1]:.1f} s of processor time a million"
    return [rate("cluster_worker", "positions/s", found[0][0], limit, TARGET, found[0][0] / limit, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description="cluster_worker: see the head of the file")
    parser.add_argument("--rows", type=int, default=1_500_000)
    parser.add_argument("--workers", type=int, default=3)
    options = parser.parse_args()
    say(run(options.rows, options.workers))


if __name__ == "__main__":
    main()

"""The engine on Kafka partitions, through a Faust agent: killed at any moment, it finds what an unbroken run finds."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.episode import EpisodeEvent
from tests.services.partition_case import messages, new_engine
from tests.services.wait import until

PARTITIONS = 2
COUNT = (
    307  # no multiple of the snapshots' 20, so that the last messages are never acknowledged and every worker gets some
)
SAID = re.compile(r"(judged|resumed) (\d+)$")
REPOSITORY = Path(__file__).parents[2]

Events = list[list[tuple[int, bytes]]]
"""By partition: position and the event as bytes, which are equal where NaN is."""


class Worker:
    """A worker's process, and how far it said that it is."""

    def __init__(self, broker: str, name: str, folder: Path) -> None:
        self.lines: list[tuple[str, int]] = []
        self.errors = (folder / "worker.log").open("ab")
        command = [sys.executable, "-m", "tests.services.faust_worker", broker, name, str(PARTITIONS), str(folder)]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                said = SAID.search(line)  # Faust's own signs for a terminal come in between
                if said:
                    self.lines.append((said[1], int(said[2])))

    @property
    def judged(self) -> int:
        """How many messages."""
        return sum(what == "judged" for what, _ in self.lines)

    def until(self, reached: Callable[[Worker], bool], what: str) -> None:
        """Wait; an error if it ends by itself."""

        def there() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended by itself with {self.process.returncode}")
            return reached(self)

        try:
            until(there, what, seconds=90, every=0.002)
        except AssertionError as error:
            log = Path(self.errors.name).read_text()[-3000:]
            raise AssertionError(f"{error}; it had said {self.lines[-4:]}, and in its log:\n{log}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)
        self._reader.join(timeout=60)
        self.errors.close()


@pytest.mark.service
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [11])
def test_killed_and_restarted_it_finds_what_an_unbroken_run_finds(kafka: str, tmp_path: Path, seed: int) -> None:
    name = f"gridwatch-{seed}-{random.SystemRandom().randrange(10**9)}"
    sent = list(messages(seed, PARTITIONS, COUNT))
    expected, finals = _unbroken(sent)
    assert all(len(events) > 30 for events in expected), "enough to lose"
    asyncio.run(_publish(kafka, name, sent))

    # After so many messages in each worker's life it is killed, wherever it is: judging, emitting, saving,
    # acknowledging.
    chance = random.Random(seed)
    lives = []
    for _ in range(3):
        worker = Worker(kafka, name, tmp_path)
        moment = chance.randrange(40, 160)
        try:
            worker.until(partial(_has_judged, moment), f"a worker to judge {moment} messages")
        finally:
            worker.kill()
        lives.append(worker)
    last = Worker(kafka, name, tmp_path)
    try:
        last.until(lambda worker: finals <= Counter(at for _, at in worker.lines), f"a worker to reach {finals}")
        # What it judged last it may still be about to emit.
        ends = _ends(expected)
        until(lambda: _ends(asyncio.run(_collect(kafka, name))[0]) == ends, f"events up to {ends}", every=0.5)
    finally:
        last.kill()
    lives.append(last)

    found, emitted = asyncio.run(_collect(kafka, name))
    assert found == expected
    resumed = [position for life in lives[1:] for what, position in life.lines if what == "resumed"]
    assert any(position > 0 for position in resumed), "some life went on from a snapshot"
    assert last.judged < len(sent), "the last one did not judge everything again"
    assert sum(life.judged for life in lives) > len(sent), "something was judged twice: it was killed before it saved"
    assert emitted >= sum(map(len, expected))


def _ends(found: Events) -> list[int]:
    return [events[-1][0] if events else -1 for events in found]


def _has_judged(count: int, worker: Worker) -> bool:
    return worker.judged >= count


def _unbroken(sent: list[tuple[int, bytes]]) -> tuple[Events, Counter[int]]:
    """What one engine for each partition says of all messages, and where each of them is then."""
    engines = [new_engine() for _ in range(PARTITIONS)]
    events: Events = [[] for _ in range(PARTITIONS)]
    for partition, value in sent:
        with pa.ipc.open_stream(value) as stream:
            for batch in stream:
                known = engines[partition].feed(batch, engines[partition].position)
                events[partition] += [(event.position, msgspec.msgpack.encode(event)) for event in known]
    return events, Counter(engine.position for engine in engines)


async def _publish(broker: str, name: str, sent: list[tuple[int, bytes]]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        compact = {"cleanup.policy": "compact"}
        wanted = {f"{name}-entries": {}, f"{name}-episodes": {}, f"{name}-engine-changelog": compact}
        topics = [NewTopic(topic, PARTITIONS, 1, topic_configs=configs) for topic, configs in wanted.items()]
        await admin.create_topics(topics)
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", linger_ms=5)
    await producer.start()
    try:
        for partition, value in sent:
            await producer.send(f"{name}-entries", value, partition=partition)
        await producer.flush()
    finally:
        await producer.stop()


async def _collect(broker: str, name: str) -> tuple[Events, int]:
    """What was emitted, each message taken once as the store takes it: nothing at or before the position that it has;
    and how many events there were in all."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False)
    found: Events = [[] for _ in range(PARTITIONS)]
    emitted = 0
    await consumer.start()
    try:
        partitions = [TopicPartition(f"{name}-episodes", n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for tp, records in (await consumer.getmany(timeout_ms=1000)).items():
                mine = found[tp.partition]
                for record in records:
                    known = msgspec.msgpack.decode(record.value, type=list[EpisodeEvent])
                    events = [(event.position, msgspec.msgpack.encode(event)) for event in known]
                    emitted += len(events)
                    through = mine[-1][0] if mine else -1
                    assert all(event in mine for event in events if event[0] <= through), "the same, said again"
                    mine += [event for event in events if event[0] > through]
    finally:
        await consumer.stop()
    return found, emitted

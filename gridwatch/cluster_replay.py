"""cluster_replay: a recording judged by workers on Kafka, as a city in a cluster judges: `replay --runtime cluster`.

Makes topics of its own, deals the recording's entries to partitions, starts workers, and puts together what they find,
in the one order. The same entries give the same cases as in one process. Topics and workers are gone when it ends.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cases.making import Standing
from gridwatch.cluster_dealing import deal
from gridwatch.cluster_judge import Job
from gridwatch.cluster_workers import Watching, Workers
from gridwatch.problems import Exit, Problem
from gridwatch.recordings import Opened
from pipeline.engine import LoadVersion
from pipeline.entries import EntryBuffer
from pipeline.journal import Contents
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.merging import Merger
from pipeline.runtime.cluster.messages import Found, decode_found, encode_entries
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.compose import version_payload
from replay.fusing import Fusing
from replay.outcome import Outcome
from replay.replaying import Entries, Replayed

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

ROWS = 2_000
"""Entries in a message."""
PATIENCE = 120.0
"""Seconds without a word of the workers after which it is given up."""


@dataclass(slots=True)
class ClusterReplay:
    """One replay. brokers: host:port. contents: the folder of what versions name. current: as for `replay`."""

    brokers: Sequence[str]
    entries: Entries
    contents: Path
    current: bytes | None = None
    load: LoadVersion | None = None
    """How versions are made where entries are dealt, for who wants to see the rows; None: of `contents`."""
    workers: int = 1
    partitions: int = 6
    watching: Watching = field(default_factory=Watching)
    rows: int = ROWS
    every: int = 200
    before: bool = False
    """Whether everything is in Kafka before a worker starts."""

    def run(self) -> Replayed:
        """Judge all of it. Raises Problem."""
        from aiokafka.errors import KafkaError

        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="gridwatch-replay-") as folder:
            try:
                result = asyncio.run(self._run(Path(folder)))
            except (KafkaError, OSError) as error:
                where = ", ".join(self.brokers)
                raise Problem(f"Kafka at {where}: {type(error).__name__}: {error}", Exit.CANNOT_RUN) from error
        result.seconds = time.perf_counter() - began
        return result

    async def _run(self, folder: Path) -> Replayed:
        prefix = f"gridwatch-replay-{uuid.uuid4().hex[:12]}"
        topics = Topics(prefix)
        job = Job(list(self.brokers), prefix, self.partitions, str(self.contents), str(folder), self.every)
        workers = Workers(job, folder / "workers.log")
        async with self._topics(topics), self._consumer(topics) as consumer:
            try:
                publishing = asyncio.create_task(self._publish(topics, workers))
                if self.before:
                    await publishing
                for _ in range(self.workers):
                    workers.start()
                try:
                    result = await self._collect(consumer, workers, publishing)
                finally:
                    publishing.cancel()
                self.watching.ended(workers)
                return result
            finally:
                for process in workers.processes:
                    process.kill()
                for process in workers.processes:
                    process.wait()

    @asynccontextmanager
    async def _topics(self, topics: Topics) -> AsyncIterator[None]:
        from aiokafka.admin import AIOKafkaAdminClient, NewTopic

        compact = {"cleanup.policy": "compact"}
        wanted = [
            NewTopic(topics.entries, self.partitions, 1, topic_configs={"max.message.bytes": str(9 * 2**20)}),
            NewTopic(topics.known, 1, 1, topic_configs={"max.message.bytes": str(9 * 2**20)}),
            NewTopic(topics.changelog, self.partitions, 1, topic_configs=compact),
        ]
        admin = AIOKafkaAdminClient(bootstrap_servers=list(self.brokers))
        await admin.start()
        try:
            await admin.create_topics(wanted)
            try:
                yield
            finally:
                await admin.delete_topics([each.name for each in wanted])
        finally:
            await admin.close()

    @asynccontextmanager
    async def _consumer(self, topics: Topics) -> AsyncIterator[AIOKafkaConsumer]:
        from aiokafka import AIOKafkaConsumer, TopicPartition

        consumer = AIOKafkaConsumer(
            bootstrap_servers=list(self.brokers), auto_offset_reset="earliest", max_partition_fetch_bytes=9 * 2**20
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topics.known, 0)])
            yield consumer
        finally:
            await consumer.stop()

    # ---- in

    async def _publish(self, topics: Topics, workers: Workers) -> list[int]:
        """All entries, and at the end of each partition a message that asks how far it is; how many went to each."""
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(
            bootstrap_servers=list(self.brokers), acks="all", enable_idempotence=True, max_request_size=9 * 2**20
        )
        count, sent = [0] * self.partitions, 0
        await producer.start()
        try:
            load = self.load or Versions(Contents(self.contents))
            for part in deal(self.entries, load, self.partitions, self.current, self.rows):
                value = encode_entries(part.batch, part.to)
                await (await producer.send(topics.entries, value, partition=part.partition))
                count[part.partition] += part.batch.num_rows
                sent += 1
                await self.watching.published(workers, sent)
            nothing = encode_entries(EntryBuffer().batch())
            for partition in range(self.partitions):
                await (await producer.send(topics.entries, nothing, partition=partition))
        finally:
            await producer.stop()
        return count

    # ---- out

    async def _collect(
        self, consumer: AIOKafkaConsumer, workers: Workers, publishing: asyncio.Task[list[int]]
    ) -> Replayed:
        fusing, standing, merger = Fusing(), Standing(), Merger(self.partitions)
        load = fusing.listening(Versions(Contents(self.contents)))
        result, ends, judged = Replayed(), [-1] * self.partitions, [0] * self.partitions
        counts: dict[int, Counter[str]] = {}
        quiet = time.monotonic()
        said: set[str] = set()
        while not (publishing.done() and ends == publishing.result()):
            workers.look()
            if time.monotonic() - quiet > PATIENCE:
                raise Problem(f"the workers have said nothing for {PATIENCE:.0f} s", Exit.CANNOT_RUN)
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    found = decode_found(record.value)
                    quiet = time.monotonic()
                    judged[found.partition] = max(judged[found.partition], found.end)
                    if found.asked:
                        ends[found.partition] = found.end
                        counts[found.partition] = Counter(found.counts)
                    for version in {found.version, *(each.version for each in found.logged)} - said - {""}:
                        load(version.encode(), Names())
                        said.add(version)
                    _known(standing, merger, found, record.offset)
                    fusing.enter(merger.due())
                    merger.drop()
                    _measured(standing, merger)
                    self.watching.heard(workers, sum(judged), record.timestamp / 1000)
        fusing.enter(merger.due(everything=True))
        result.cases = result.found = standing.list()
        if fusing.configured:
            result.cases, result.found = fusing.cases(standing.cases)
        result.counts = sum(counts.values(), Counter[str]())
        result.entries, result.versions = sum(publishing.result()), len(said)
        return result


def judged_by_workers(opened: Opened, brokers: Sequence[str], workers: int) -> Outcome:
    """Judge a recording on Kafka, and score it. Raises Problem."""
    if opened.recording is None or opened.faults:
        raise Problem("--runtime cluster takes a recording's folder as it is, without --faults", Exit.USAGE)
    contents, current = opened.recording.journal / CONTENTS, opened.current
    with tempfile.TemporaryDirectory(prefix="gridwatch-replay-") as folder:
        if opened.city is not None:
            contents = Path(folder)
            current = version_payload(opened.city.configuration, opened.city.world, Contents(contents))

        def replaying(entries: Entries, load: LoadVersion, **_: object) -> Replayed:
            return ClusterReplay(brokers, entries, contents, current, load, workers).run()

        return opened.judge(replaying=replaying)


def _known(standing: Standing, merger: Merger, found: Found, offset: int) -> None:
    standing.take(each.known for each in merger.take(found, offset) if each.known is not None)


def _measured(standing: Standing, merger: Merger) -> None:
    for id, value in merger.take_worst().items():
        case = standing.cases.get(id)
        if case is not None and case.open:
            standing.cases[id] = msgspec.structs.replace(case, measure=value)

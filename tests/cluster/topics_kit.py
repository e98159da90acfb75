"""topics_kit: topics of a test's own on a real Kafka, and what is in them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.cluster.messages import decode_entries
from pipeline.runtime.cluster.names import Topics


def connection(broker: str, timeout: float = 10.0) -> dict[str, Any]:
    """What aiokafka's clients are made with."""
    return {
        "bootstrap_servers": [broker],
        "request_timeout_ms": int(timeout * 1000),
        "security_protocol": "PLAINTEXT",
    }


@dataclass
class Bench:
    """One Kafka, and names that nobody else has. broker: host:port."""

    broker: str
    topics: Topics = field(default_factory=lambda: Topics(f"t-{uuid.uuid4().hex[:8]}"))

    @property
    def connection(self) -> dict[str, Any]:
        return connection(self.broker)

    def make(self, name: str, partitions: int = 1, **configuration: str) -> None:
        """A topic. configuration: with '_' for '.'."""
        wanted = {key.replace("_", "."): value for key, value in configuration.items()}
        asyncio.run(self._make(NewTopic(name, partitions, 1, topic_configs=wanted)))

    async def _make(self, topic: Any) -> None:
        admin = AIOKafkaAdminClient(**self.connection)
        await admin.start()
        made = await admin.create_topics([topic])
        assert [error[1] for error in made.topic_errors] == [0]
        async with asyncio.timeout(30):
            while topic.name not in await admin.list_topics():  # noqa: ASYNC110  Kafka says it in no other way
                await asyncio.sleep(0.05)
        await admin.close()

    def forget(self, name: str, before: Mapping[int, int]) -> None:
        """What a topic's partitions have before these offsets is gone, as retention lets go of it."""
        asyncio.run(self._forget({TopicPartition(name, at): RecordsToDelete(offset) for at, offset in before.items()}))

    async def _forget(self, before: Any) -> None:
        admin = AIOKafkaAdminClient(**self.connection)
        await admin.start()
        await admin.delete_records(before)
        await admin.close()

    def read(self, name: str) -> dict[int, list[Any]]:
        """All records that a topic has now, by partition, in order."""
        return asyncio.run(self._read(name))

    async def _read(self, name: str) -> dict[int, list[Any]]:
        consumer = AIOKafkaConsumer(name, auto_offset_reset="earliest", **self.connection)
        await consumer.start()
        try:
            ends: Mapping[Any, int] = await consumer.end_offsets(consumer.assignment())
            records: dict[int, list[Any]] = {each.partition: [] for each in ends}
            while any([await consumer.position(each) < end for each, end in ends.items()]):
                for each, came in (await consumer.getmany(timeout_ms=200)).items():
                    records[each.partition] += came
            return records
        finally:
            await consumer.stop()

    def entries(self) -> dict[int, pa.Table]:
        """What the journal's partitions have."""
        return {
            partition: pa.Table.from_batches([decode_entries(record.value) for record in records])
            for partition, records in self.read(self.topics.entries).items()
            if records
        }


def batch(*entries: tuple[Kind, str, str, float, bytes]) -> pa.RecordBatch:
    """Kind, source, topic, received, payload of each."""
    buffer = EntryBuffer()
    for entry in entries:
        buffer.add(*entry)
    return buffer.batch()


def deliveries(payloads: list[bytes], source: str = "fleet", topic: str = "t") -> pa.RecordBatch:
    """One a second, in order."""
    return batch(*((Kind.DELIVERY, source, topic, float(n), payload) for n, payload in enumerate(payloads)))

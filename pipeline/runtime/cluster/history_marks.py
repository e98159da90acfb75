"""history_marks: how far the history of each partition is, kept by Kafka as the offsets of a group that nobody joins.

With each offset goes a mark: where the points before it went to, by which version the next message is read, and when it
came. So any worker may go on with any partition, and the console knows what it may ask InfluxDB for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.producing import NotTaken

_AGAIN = 0.2
"""Seconds between attempts."""


class Mark(msgspec.Struct):
    """Of a partition. In Kafka it may have 4096 bytes."""

    where: str = ""
    """`HistorySection.where`."""
    version: str = ""
    """The payload in force at the offset."""
    since: float = 0.0
    """When writing to there began, UTC seconds."""
    through: float = 0.0
    """When the last message that is written came into Kafka, UTC seconds."""


def group_of(topics: Topics) -> str:
    """The group's name."""
    return f"{topics.prefix}-history"


async def read_marks(admin: Any, topics: Topics) -> dict[int, tuple[int, Mark]]:
    """What Kafka has, by partition: (offset, mark). A mark that can't be read is none. admin: aiokafka's. Raises
    KafkaError; what a new cluster says while it begins is waited for."""
    found = {}
    for where, kept in (await _offsets(admin, group_of(topics))).items():
        if where.topic != topics.entries or kept.offset < 0:
            continue
        try:
            found[where.partition] = kept.offset, msgspec.json.decode(kept.metadata or "", type=Mark)
        except msgspec.MsgspecError:
            continue
    return found


async def _offsets(admin: Any, group: str) -> Mapping[Any, Any]:
    from aiokafka.errors import KafkaError

    while True:
        try:
            return await admin.list_consumer_group_offsets(group)  # type: ignore[no-any-return]
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(_AGAIN)


def ask_marks(connection: Mapping[str, Any], topics: Topics) -> tuple[dict[int, tuple[int, Mark]], dict[int, int]]:
    """The marks, and the end of each partition; for who writes no history himself. Raises NotTaken."""
    return asyncio.run(_asked(dict(connection), topics))


async def _asked(how: dict[str, Any], topics: Topics) -> tuple[dict[int, tuple[int, Mark]], dict[int, int]]:
    from aiokafka import AIOKafkaConsumer, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    admin, consumer = AIOKafkaAdminClient(**how), AIOKafkaConsumer(enable_auto_commit=False, **how)
    try:
        async with asyncio.timeout(3 * how["request_timeout_ms"] / 1000):
            await admin.start()
            await consumer.start()
            marks = await read_marks(admin, topics)
            (described,) = await admin.describe_topics([topics.entries])
            parts = [TopicPartition(topics.entries, each["partition"]) for each in described["partitions"]]
            return marks, {each.partition: end for each, end in (await consumer.end_offsets(parts)).items()}
    except (KafkaError, OSError, TimeoutError) as error:
        where, why = ", ".join(how["bootstrap_servers"]), str(error) or type(error).__name__
        raise NotTaken(f"Kafka at {where} can't be asked for the history's marks ({why}).") from error
    finally:
        await consumer.stop()
        await admin.close()

"""kafka: deliveries from topics that other programs write, each record one, acknowledged when they are in the journal.

Reads `sources.<name>` with `type: kafka`. The topic is the delivery's topic, the record's value its payload; a record
without a value is none. One thread reads, commits and acknowledges: the group's offsets are committed after the journal
has what was read, in the order of each partition. While a commit runs nothing is read, but the group is told that we
live, so that it does not give our partitions to others.

A consumer whose brokers are gone is just silent, so Kafka is asked every few seconds whether it is there: only then are
there ticks.

Guarantee: at least once from topic to journal, in order within a partition; the engine knows repetitions.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from connectors.kafka_link import KafkaLink, connection
from connectors.receiving import Receiving
from pipeline.units import Quantity, Seconds

_ASK = 5.0
"""Between two questions whether Kafka is there, seconds."""
_MOST = 0.5
"""How long a stop or a tick may wait for records, seconds."""

TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]


class KafkaSource(KafkaLink):
    """`type: kafka`: deliveries from topics that other programs write."""

    type: Literal["kafka"]
    topics: tuple[TopicName, ...] = Field(min_length=1, description="what is read; each record is a delivery")
    group: str = Field(
        "gridwatch", min_length=1, description="whose offsets count; processes of one group share the partitions"
    )
    client_id: str = Field("gridwatch", min_length=1, description="what Kafka's log calls this process")
    begin: Literal["earliest", "latest"] = Field(
        "earliest", description="where a group begins that has no offsets yet, or whose offsets are gone"
    )
    batch: int = Field(2000, ge=1, le=100_000, description="how many records one commit takes at most")
    down: Seconds = Field(
        Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down"
    )


class KafkaReceiver(Receiving[KafkaSource]):
    """One Kafka source at work; leaves the group when it stops."""

    protocol = "kafka"

    def _member(self) -> str:
        return self.settings.client_id

    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._how = connection(self.settings, folder, environment)

    # The thread.

    def _connection(self) -> str:
        from aiokafka.errors import KafkaError

        end = "the connection has ended"
        try:
            asyncio.run(self._read())
        except (KafkaError, OSError, TimeoutError) as error:
            end = str(error) or type(error).__name__
        return f"Kafka at {', '.join(self.settings.brokers)}: {end}"

    async def _read(self) -> None:
        from aiokafka import AIOKafkaConsumer

        settings = self.settings
        consumer = AIOKafkaConsumer(
            group_id=settings.group,
            client_id=settings.client_id,
            enable_auto_commit=False,
            auto_offset_reset=settings.begin,
            **self._how,
        )
        try:
            async with asyncio.timeout(3 * settings.timeout):
                await consumer.start()
                await self._there(consumer)
            consumer.subscribe(settings.topics)
            self._backoff.reset()
            self._connected(f"connected to {', '.join(settings.brokers)}", group=settings.group)
            await self._serve(consumer)
        finally:
            self.status.connected_since = None
            self._intake.leave()
            await self._hold()
            with contextlib.suppress(asyncio.CancelledError):  # of its own tasks that had not begun
                await consumer.stop()

    async def _there(self, consumer: Any) -> None:
        """Ask Kafka for something. Raises KafkaError where it does not answer or has no such topic."""
        from aiokafka.errors import KafkaError

        missing = sorted(set(self.settings.topics) - await consumer.topics())
        if missing:
            raise KafkaError(
                f"there is no topic {missing[0]} (or this user may not see it); make it, or correct 'topics'"
            )

    async def _serve(self, consumer: Any) -> None:
        asked = time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() - asked > _ASK:
                await asyncio.wait_for(self._there(consumer), self.settings.timeout)
                asked = time.monotonic()
            wait = min(self._intake.until_tick(), _MOST)
            came = await consumer.getmany(timeout_ms=int(1000 * wait), max_records=self.settings.batch)
            records = [record for each in came.values() for record in each]
            taken = [record for record in records if record.value is not None]
            if taken:
                self._intake.deliver(
                    [record.topic for record in taken],
                    [record.value for record in taken],
                    self._intake.clock.stamp(),
                )
            self.status.in_flight = len(taken)
            self._intake.tick_if_due()
            if await self._hold() and records:
                await self._acknowledge(consumer, {where: each[-1].offset + 1 for where, each in came.items() if each})
            self.status.in_flight = 0

    async def _hold(self) -> bool:
        """Commit what was read, trying until it works or until we are to stop; False: it is not in the journal."""
        while not await asyncio.to_thread(self._intake.commit):
            if await asyncio.to_thread(self._stopping.wait, self._retry):
                return False
        return True

    async def _acknowledge(self, consumer: Any, offsets: Mapping[Any, int]) -> None:
        from aiokafka.errors import CommitFailedError, IllegalStateError

        try:
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # Others have these partitions by now, and read again what we have in the journal already.
            self._log.info(f"{self.name}: the group has dealt its partitions anew", source=self.name)

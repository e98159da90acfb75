"""partitions_read: messages of a topic's partitions, from offset to offset, for somebody who is in no group.

A face for threads over aiokafka's consumer, which has its loop in a thread of its own. What a partition has is fetched
as it is asked for, a fetch a partition at most ahead. Where something is in a partition is found by what its messages
say of time, not by when Kafka took them: of what is imported or was dealt again these differ by years.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from pipeline.journal import JournalGone
from pipeline.runtime.cluster.producing import NotTaken

T = TypeVar("T")
FETCH = 256 * 1024
"""Bytes of a fetch, but for larger messages."""
TimeOf = Callable[[bytes], float | None]
"""What a message says, UTC seconds; None: nothing."""


class NoSuchTopic(NotTaken):
    """It has not been made."""


class PartitionsRead:
    """Of one topic: `with PartitionsRead(…) as read:`. For one thread at a time. Whatever it does raises NotTaken where
    Kafka does not answer."""

    def __init__(self, connection: Mapping[str, Any], topic: str, only: Collection[int] | None = None) -> None:
        """connection: see settings.connection. only: of these partitions; None: of all."""
        self.topic = topic
        self.first: Mapping[int, int] = {}
        """Partition -> the offset of the oldest message that is kept."""
        self.end: Mapping[int, int] = {}
        """... after the newest, when reading began."""
        self._how, self._only = dict(connection), only
        self._limit = 3 * self._how["request_timeout_ms"] / 1000
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="partitions", daemon=True)
        self._consumer: Any = None

    def __enter__(self) -> Self:
        self._loop.set_exception_handler(lambda *_: None)  # what a broken connection leaves behind has been said
        self._thread.start()
        try:
            self._wait(self._begin())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def messages(self, partition: int, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Offset and value of those from offset `first` to `end` - 1. Raises JournalGone where Kafka has let go of some
        meanwhile."""
        self._wait(self._seek(partition, first))
        at = first
        while at < end:
            for record in self._wait(self._some(partition)):
                if record.offset >= end:
                    return
                at = record.offset + 1
                if record.value is not None:
                    yield record.offset, record.value

    def offset_at(self, partition: int, ts: float, time_of: TimeOf) -> int:
        """The offset of the first message that says a time of `ts` or later; `end` where none does.

        They are in order but for fractions of a second.
        """
        return self.offsets_at([partition], ts, time_of)[partition]

    def offsets_at(self, partitions: Collection[int], ts: float, time_of: TimeOf) -> Mapping[int, int]:
        """As `offset_at`, of several at once."""
        if math.isinf(ts):
            return {at: self.first[at] if ts < 0 else self.end[at] for at in partitions}

        async def look() -> list[int]:
            return await asyncio.gather(*(self._search(at, ts, time_of) for at in partitions))

        return dict(zip(partitions, self._wait(look(), len(partitions)), strict=True))

    def time_at(self, partition: int, offset: int, time_of: TimeOf) -> float:
        """What the message there says, or the next that says anything; infinite where none does."""
        return self._wait(self._said(partition, offset, time_of))

    # The loop's thread.

    async def _begin(self) -> None:
        from aiokafka import AIOKafkaConsumer, TopicPartition

        # Nobody waits at the broker for what does not exist yet: all that is asked for is there.
        self._consumer = consumer = AIOKafkaConsumer(
            client_id="gridwatch",
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=FETCH,
            **self._how,
        )
        await consumer.start()
        known = await self._partitions()
        mine = [TopicPartition(self.topic, at) for at in known if self._only is None or at in self._only]
        consumer.assign(mine)
        for each in mine:
            consumer.seek(each, 0)
            consumer.pause(each)
        first, end = await consumer.beginning_offsets(mine), await consumer.end_offsets(mine)
        self.first = {each.partition: offset for each, offset in first.items()}
        self.end = {each.partition: offset for each, offset in end.items()}

    async def _partitions(self) -> list[int]:
        from aiokafka.admin import AIOKafkaAdminClient

        admin = AIOKafkaAdminClient(client_id="gridwatch", **self._how)
        try:
            await admin.start()
            (found,) = await admin.describe_topics([self.topic])
        finally:
            await admin.close()
        if found["error_code"]:
            raise NoSuchTopic(f"There is no topic '{self.topic}'; `gridwatch topics` makes those that are missing.")
        return sorted(each["partition"] for each in found["partitions"])

    async def _seek(self, partition: int, offset: int) -> None:
        self._consumer.seek(self._of(partition), offset)

    async def _some(self, partition: int, most: int | None = None) -> list[Any]:
        """The next fetch, or so many messages of it, one at least. Nothing of others is fetched meanwhile: the client
        would make this one wait for whoever takes theirs."""
        where = self._of(partition)
        self._consumer.resume(where)
        try:
            while True:
                got = await self._consumer.getmany(where, timeout_ms=1000, max_records=most)
                if got.get(where):
                    return list(got[where])
        finally:
            self._consumer.pause(where)

    async def _search(self, partition: int, ts: float, time_of: TimeOf) -> int:
        low, high = self.first[partition], self.end[partition]
        while low < high:
            middle = (low + high) // 2
            if await self._said(partition, middle, time_of) < ts:
                low = middle + 1
            else:
                high = middle
        return low

    async def _said(self, partition: int, offset: int, time_of: TimeOf) -> float:
        if offset >= self.end[partition]:
            return math.inf
        said: float | None = None
        await self._seek(partition, offset)
        while offset < self.end[partition] and said is None:
            (record,) = await self._some(partition, 1)
            said, offset = time_of(record.value or b""), record.offset + 1
        await self._seek(partition, offset)  # what was fetched behind it is let go of
        return math.inf if said is None else said

    def _of(self, partition: int) -> Any:
        from aiokafka import TopicPartition

        return TopicPartition(self.topic, partition)

    # Any thread.

    def _wait(self, what: Coroutine[Any, Any, T], times: int = 1) -> T:
        from aiokafka.errors import KafkaError, OffsetOutOfRangeError

        async def limited() -> T:
            async with asyncio.timeout(self._limit * times):
                return await what

        try:
            return asyncio.run_coroutine_threadsafe(limited(), self._loop).result()
        except OffsetOutOfRangeError as error:
            raise JournalGone(
                f"Kafka has let go of messages of the topic {self.topic} while they were being read; begin later, or"
                " keep them for longer (`kafka.retention`)."
            ) from error
        except (KafkaError, OSError, TimeoutError) as error:
            where, why = ", ".join(self._how["bootstrap_servers"]), str(error) or type(error).__name__
            raise NotTaken(
                f"Kafka at {where} can't be asked for the topic {self.topic} ({why}); check that the brokers run, and"
                " `gridwatch topics --check`."
            ) from error

    def _end(self) -> None:
        async def stop() -> None:
            from aiokafka.errors import KafkaError

            with contextlib.suppress(KafkaError, OSError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(self._limit):
                    await self._consumer.stop()

        if self._consumer is not None:
            asyncio.run_coroutine_threadsafe(stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

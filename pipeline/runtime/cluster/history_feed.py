"""history_feed: the partitions that a worker judges, read once more for the history.

Which those are the worker says, not Kafka: nobody joins the group, so that nothing here takes part in a rebalance, and
a slow InfluxDB costs no worker its place. Where two write a partition for a moment, both write the same points. How far
each is, Kafka keeps (history_marks); who goes on with a partition reads some of what came before, so that thinning goes
on as it was.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from pipeline.faults import Faulty
from pipeline.journal import JournalError
from pipeline.runtime.cluster.history_marks import Mark, group_of, read_marks
from pipeline.runtime.cluster.messages import Unreadable, decode_entries, partitions_of
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.producing import NotTaken
from pipeline.runtime.history_feed import Decoder, lead_of
from pipeline.runtime.history_state import State

_AT_ONCE = 256
"""Messages that are decoded at a time."""
_SAVED = 2.0
"""Between two times that Kafka is told how far it is, seconds."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Where judging a partition began here."""

    offset: int
    payload: bytes
    """Of the version in force there; b'' before any."""


@dataclass(slots=True)
class _Part:
    decoder: Decoder
    mark: Mark
    position: int
    """The offset of the first message that is not written."""
    next: int
    """... that is not decoded."""
    told: int = -1
    """... as Kafka was told last."""
    end: int = 0
    """After the newest that there is."""
    came: float = 0.0
    """When the last decoded one came into Kafka, UTC seconds."""


class PartitionsFeed:
    """`pipeline.runtime.history.Feed` of the partitions that are judged here. For one thread."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        topics: Topics,
        here: Callable[[], Mapping[int, Begin]],
        new: Callable[[int, bytes | None], Decoder],
        state: State,
        tell: Any,
    ) -> None:
        """connection: see settings.connection. here: the partitions. new: makes a decoder of a partition by a version's
        payload. state: counts what was gone; its `where` tells marks of another server apart."""
        self._how, self._topics, self._here, self._new = dict(connection), topics, here, new
        self._state, self._tell = state, tell
        self._limit = 3 * self._how["request_timeout_ms"] / 1000
        self._runner: asyncio.Runner | None = None
        self._consumer: Any = None
        self._admin: Any = None
        self._parts: dict[int, _Part] = {}
        self._saved = 0.0
        self._before: Counter[str] = Counter()
        """Of partitions that others have now."""

    @property
    def behind(self) -> int:
        """Messages that are to be written. From any thread."""
        return sum(max(0, part.end - part.position) for part in list(self._parts.values()))

    @property
    def more(self) -> bool:
        """Whether `take` has something worth its while at once."""
        return any(part.next < part.end for part in self._parts.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of rows, by the writer's words. From any thread."""
        return sum((part.decoder.writer.counts.copy() for part in list(self._parts.values())), self._before.copy())

    def take(self) -> list[str]:
        """The lines of the next messages. Raises OSError, JournalError."""
        return self._run(self._take()) or []

    def done(self) -> None:
        """All lines so far are taken. Raises OSError."""
        for part in self._parts.values():
            if part.next >= part.position:
                part.position = part.next
                part.mark.version = part.decoder.payload.decode()
                part.mark.through = max(part.mark.through, part.came)
                self._state.through = max(self._state.through, part.mark.through)
        if time.monotonic() - self._saved >= _SAVED:
            self._run(self._commit(list(self._parts)))
            self._saved = time.monotonic()

    def close(self) -> None:
        """Let go of all."""
        if self._runner is None:
            return
        try:
            self._run(self._commit(list(self._parts)))
            self._runner.run(self._leave())
        except Exception:  # noqa: BLE001  whatever it is: what Kafka does not know is written once more
            return
        finally:
            self._runner.close()
            self._runner = None

    # ---- Kafka

    def _run(self, what: Any) -> Any:
        """Where it fails, all is begun anew. Raises OSError where Kafka is away."""
        from aiokafka.errors import KafkaError

        if self._runner is None:
            self._runner = asyncio.Runner()
            # What a broken connection leaves behind is said by the next attempt.
            self._runner.get_loop().set_exception_handler(lambda *_: None)
        try:
            return self._runner.run(what)
        except Exception as error:
            self._runner.run(self._leave())  # what was decoded and is not handed out is read once more
            if isinstance(error, KafkaError | TimeoutError | NotTaken):
                raise OSError(f"Kafka does not answer ({type(error).__name__}); check that the brokers run") from error
            raise

    async def _leave(self) -> None:
        """Partitions are begun anew, from what Kafka was told."""
        from aiokafka.errors import KafkaError

        consumer, admin, self._consumer, self._admin = self._consumer, self._admin, None, None
        for partition in list(self._parts):
            self._forget(partition)
        for closing in (consumer and consumer.stop(), admin and admin.close()):
            if closing is not None:
                try:
                    async with asyncio.timeout(2.0):
                        await closing
                except (KafkaError, OSError, TimeoutError):
                    continue  # it is gone all the same

    async def _take(self) -> list[str]:
        if self._consumer is None:
            await self._connect()
        here = dict(self._here())
        if here.keys() != self._parts.keys():
            await self._deal(here)
        if not self._parts:
            return []
        lines: list[str] = []
        got = await self._consumer.getmany(timeout_ms=100, max_records=_AT_ONCE)
        for where, records in got.items():
            lines += self._decoded(where.partition, records)
        for each in self._consumer.assignment():
            part = self._parts[each.partition]
            part.end = max(self._consumer.highwater(each) or 0, part.next)
        return lines

    async def _connect(self) -> None:
        from aiokafka import AIOKafkaConsumer
        from aiokafka.admin import AIOKafkaAdminClient

        self._consumer = AIOKafkaConsumer(
            group_id=group_of(self._topics), enable_auto_commit=False, auto_offset_reset="earliest", **self._how
        )
        self._admin = AIOKafkaAdminClient(**self._how)
        async with asyncio.timeout(self._limit):
            await self._consumer.start()
            await self._admin.start()

    async def _deal(self, here: Mapping[int, Begin]) -> None:
        """Follow other partitions from now on."""
        from aiokafka import TopicPartition

        gone = [partition for partition in self._parts if partition not in here]
        await self._commit(gone)
        for partition in gone:
            self._forget(partition)
        all_of_them = {partition: TopicPartition(self._topics.entries, partition) for partition in here}
        new = [all_of_them[partition] for partition in here if partition not in self._parts]
        async with asyncio.timeout(self._limit):
            self._consumer.assign(list(all_of_them.values()))
            if new:
                marks = await read_marks(self._admin, self._topics)
                first, end = await self._consumer.beginning_offsets(new), await self._consumer.end_offsets(new)
            for each in new:
                kept = marks.get(each.partition)
                self._parts[each.partition] = await self._begun(
                    each, here[each.partition], kept, first[each], end[each]
                )
        for partition, part in self._parts.items():
            self._consumer.seek(all_of_them[partition], part.next)

    async def _begun(self, where: Any, begin: Begin, kept: tuple[int, Mark] | None, first: int, end: int) -> _Part:
        """A partition: from where it was left, or, where nothing was written to there before, from where judging it
        began here."""
        offset, mark = kept or (-1, Mark())
        if mark.where != self._state.where or not 0 <= offset <= end:
            offset, mark = begin.offset, Mark(self._state.where, begin.payload.decode(), time.time())
        if offset < first:
            self._gone(where.partition, first - offset)
            offset = first
        try:
            decoder = self._new(where.partition, mark.version.encode() or None)
        except (JournalError, Faulty):  # what was in force there is not kept any more
            decoder = self._new(where.partition, begin.payload or None)
        since = offset
        if mark.through:
            back = round((mark.through - lead_of(decoder.writer)) * 1000)
            at = (await self._consumer.offsets_for_times({where: max(back, 0)})).get(where)
            since = offset if at is None else max(first, min(offset, at.offset))
        return _Part(decoder, mark, offset, since, end=end)

    async def _commit(self, partitions: Sequence[int]) -> None:
        from aiokafka import TopicPartition
        from aiokafka.structs import OffsetAndMetadata

        some = {at: self._parts[at] for at in partitions if self._parts[at].told != self._parts[at].position}
        if not some or self._consumer is None:
            return
        async with asyncio.timeout(self._limit):
            await self._consumer.commit(
                {
                    TopicPartition(self._topics.entries, at): OffsetAndMetadata(
                        part.position, msgspec.json.encode(part.mark).decode()
                    )
                    for at, part in some.items()
                }
            )
        for part in some.values():
            part.told = part.position

    def _forget(self, partition: int) -> None:
        self._before += self._parts.pop(partition).decoder.writer.counts

    # ---- messages

    def _decoded(self, partition: int, records: Sequence[Any]) -> list[str]:
        """The lines of those that are new; those of before are for thinning alone."""
        part = self._parts[partition]
        if records[0].offset > max(part.next, part.position):
            self._gone(partition, records[0].offset - max(part.next, part.position))
        known = sum(record.offset < part.position for record in records)
        self._lines(part.decoder, records[:known])
        part.next, part.came = records[-1].offset + 1, records[-1].timestamp / 1000
        return self._lines(part.decoder, records[known:])

    def _lines(self, decoder: Decoder, records: Sequence[Any]) -> list[str]:
        lines: list[str] = []
        for _, same in itertools.groupby(_batches(records), key=partitions_of):
            joined = list(same)
            lines += decoder.take(joined[0] if len(joined) == 1 else pa.concat_batches(joined), 0)
        return lines

    def _gone(self, partition: int, count: int) -> None:
        if count > 0:
            self._state.gone += count
            self._tell.error(
                f"Kafka let {count} messages go before their history was written; keep them for longer"
                " ('kafka.retention')",
                partition=partition,
            )


def _batches(records: Sequence[Any]) -> Iterator[pa.RecordBatch]:
    for record in records:
        try:
            batch = decode_entries(record.value or b"")
        except Unreadable:  # judging sets it aside
            continue
        if batch.num_rows:
            yield batch

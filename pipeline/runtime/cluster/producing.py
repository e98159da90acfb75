"""producing: a thread-safe face over aiokafka's idempotent producer, in a loop thread of its own.

What is put is taken when all in-sync replicas have it (acks=all). The messages of one put go to each partition in their
order, as one record batch where they fit, so that a partition has all of them or none; where they don't fit, a batch is
sent when the one before it is in. After any error the producer is made anew, so that nothing of what failed may still
arrive after what is put later. Whoever puts waits for it: what is on the way is one put a caller, and no queue of ours
grows.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

import pyarrow as pa

from pipeline.runtime.cluster.messages import encode_entries
from pipeline.runtime.cluster.routing import Part

BATCH = 900_000
"""Bytes of a record batch: below the 1 MiB that brokers take by default."""
LARGEST = 8 * 2**20
"""Bytes that one message may have where one delivery makes it so large: `max.message.bytes` of the journal's topic."""
_ROOM = 1024
"""Bytes that Kafka needs around a message."""

Message = tuple[bytes | None, bytes | None]
"""Key and value."""


class NotTaken(Exception):
    """Kafka can't take it now. The same may be put again: whether it came nevertheless makes no difference."""

    retryable = True
    trouble = "kafka"


class Producer:
    """To the topics of one city. `start`, then `put` and `send` from any thread, then `close`."""

    def __init__(self, connection: Mapping[str, Any], topic: str, name: str = "gridwatch") -> None:
        """connection: see settings.connection. topic: of the journal. name: what Kafka's log calls this client."""
        self._how, self.topic, self._name = dict(connection), topic, name
        self._timeout = self._how["request_timeout_ms"] / 1000
        self._turn = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._producer: Any = None
        self._making = asyncio.Lock()

    def start(self) -> None:
        """Begin the thread; no broker is asked yet."""
        loop = self._loop = asyncio.new_event_loop()
        # What is left behind when a producer is given up has been told to whoever put it.
        loop.set_exception_handler(lambda *_: None)
        self._thread = threading.Thread(target=_run, args=(loop,), name="kafka-producer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of the brokers; what others still put is not taken. Again: nothing."""
        with self._turn:
            loop, self._loop = self._loop, None
            if loop is None:
                return
            ended = asyncio.run_coroutine_threadsafe(self._kill(), loop)
        ended.result()
        loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join()

    def put(self, parts: Sequence[Part]) -> None:
        """All messages of one commit, to their partitions of the journal; returns when Kafka has all of them.

        Raises NotTaken: some partitions may have them, others not.
        """
        messages: dict[tuple[str, int], list[Message]] = {}
        for part in parts:
            messages.setdefault((self.topic, part.partition), []).extend((None, value) for value in encoded(part))
        if messages:
            self._wait(messages)

    def send(self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int = 0) -> None:
        """One message; None: what a compacted topic has under the key is gone. Raises NotTaken."""
        self._wait({(topic, partition): [(key, value)]})

    def _wait(self, messages: Mapping[tuple[str, int], Sequence[Message]]) -> None:
        with self._turn:
            if self._loop is None:
                raise NotTaken("The connection to Kafka is closed; start it again.")
            done = asyncio.run_coroutine_threadsafe(self._put(messages), self._loop)
        try:
            done.result()
        except CancelledError:
            raise NotTaken(f"{self._where} did not take it, and the connection was given up.") from None

    # The loop's thread.

    async def _put(self, messages: Mapping[tuple[str, int], Sequence[Message]]) -> None:
        from aiokafka.errors import KafkaError

        try:
            async with asyncio.timeout(self._timeout * (1 + len(self._how["bootstrap_servers"]))):
                producer = await self._ready()
            async with asyncio.timeout(self._timeout), asyncio.TaskGroup() as group:
                for (topic, partition), values in messages.items():
                    group.create_task(_deliver(producer, topic, partition, values))
        except (KafkaError, OSError, TimeoutError, AssertionError, ExceptionGroup) as error:
            await self._kill()
            raise NotTaken(self._explain(error)) from error

    async def _ready(self) -> Any:
        """The producer at work, made where there is none."""
        from aiokafka import AIOKafkaProducer

        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    client_id=self._name,
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH,
                    max_request_size=LARGEST,
                    **self._how,
                )
                try:
                    await producer.start()
                except BaseException:
                    await _end(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _kill(self) -> None:
        """End the producer and all that waits for it, so that nothing of that arrives after what comes next.

        Who put something is told; aiokafka itself would go on trying for ever, in its own order.
        """
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer)

    @property
    def _where(self) -> str:
        return f"Kafka at {', '.join(self._how['bootstrap_servers'])}"

    def _explain(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, AssertionError):
            return f"{self._where} has fewer partitions than 'kafka.partitions' says; `gridwatch topics` says where."
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return f"{self._where} did not take it ({why}); check that the brokers run, and `gridwatch topics --check`."


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _end(producer: Any) -> None:
    from aiokafka.errors import KafkaError

    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(1.0):
            await producer.client.close()
            await producer.stop()


async def _deliver(producer: Any, topic: str, partition: int, values: Sequence[Message]) -> None:
    """To one partition, in order, in as few batches as they need, one after the other."""
    batch = producer.create_batch()
    for key, value in values:
        if batch.append(timestamp=None, key=key, value=value) is None:
            await _acknowledged(producer, batch, topic, partition)
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value)
    await _acknowledged(producer, batch, topic, partition)


async def _acknowledged(producer: Any, batch: Any, topic: str, partition: int) -> None:
    batch.close()
    await (await producer.send_batch(batch, topic, partition=partition))


def encoded(part: Part) -> list[bytes]:
    """A part's messages: as few as fit. A single delivery beyond LARGEST loses its end, which decoding then says."""
    made: list[bytes] = []
    waiting = [part.batch]
    while waiting:
        batch = _own_names(waiting.pop())
        n, value = batch.num_rows, encode_entries(batch, part.to)
        if len(value) + _ROOM <= BATCH or (n == 1 and len(value) + _ROOM <= LARGEST):
            made.append(value)
        elif n == 1:
            made.append(encode_entries(_shortened(batch), part.to))
        else:
            waiting += [batch.slice(n // 2), batch.slice(0, n // 2)]
    return made


def _own_names(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Without the sources and topics of entries that went elsewhere, which a part keeps."""
    for at, column in enumerate(batch.columns):
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > batch.num_rows:
            own = column.dictionary_decode().dictionary_encode()
            batch = batch.set_column(at, batch.schema.field(at), own)
    return batch


def _shortened(row: pa.RecordBatch) -> pa.RecordBatch:
    at = row.schema.get_field_index("payload")
    start = row.column(at)[0].as_py()[: BATCH // 2]
    return row.set_column(at, row.schema.field(at), pa.array([start], pa.binary()))

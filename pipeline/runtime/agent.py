"""agent: the engine on a Kafka partition, inside a Faust worker.

Each partition is a journal of its own: a message is an Arrow IPC stream of `pipeline.entries.SCHEMA`, an entry's
position is its place in the partition. What became known is handed to `emit` before anything else; then, every so
often, the engine's snapshot goes into a Faust table together with the offset that it has seen, and only when the
table's changelog has all of it are those messages acknowledged. So a worker that is killed at any moment judges some
messages again, from a snapshot that is never newer than what it emitted, and whoever takes the events skips positions
that he has (`cases.store.Store.apply`).

What was tried and does not hold in Faust 0.15.3: a table can't be written from `noack_take`; without isolated
partitions it writes to the wrong partition of the changelog; an exception in an agent drops what it had not
acknowledged, hence `_exit` here; the producer's `flush` gives up after a tenth of a second, hence each write's own
future.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from typing import Any, cast

import faust
import msgspec
import pyarrow as pa
import structlog
from faust.types import AgentT, EventT, FutureMessage, StreamT

from pipeline.engine import Engine
from pipeline.episode import EpisodeEvent

Emit = Callable[[int, list[EpisodeEvent]], Awaitable[None]]
"""Takes what became known in a partition, in order; when it returns, that is as safe as Kafka keeps it."""

PART = 900_000
"""Bytes of a snapshot in one message: brokers refuse more than 1 MB unless told otherwise."""
_log = structlog.get_logger(__name__)


class EntriesMissing(RuntimeError):
    """The partition goes on behind what the snapshot has seen."""


class _Seen(msgspec.Struct):
    """What a snapshot is of; written after its parts. `half`: whose turn it was of two sets of keys, so that a snapshot
    that was cut short never touches the one before."""

    offset: int
    half: int
    parts: int
    size: int


class Snapshots(faust.Table[bytes, bytes]):
    """The engines' snapshots, by partition, in as many parts as they need."""

    def __init__(self, app: faust.App, name: str, partitions: int, part: int = PART) -> None:
        super().__init__(app, name=name, partitions=partitions, key_type=bytes, value_type=bytes)
        self._part = part
        self._sent: list[FutureMessage] = []

    def send_changelog(self, *args: Any, **kwargs: Any) -> FutureMessage:
        """As the table does it, and remembered, so that `save` can wait for it."""
        future = super().send_changelog(*args, **kwargs)
        self._sent.append(future)
        return future

    async def save(self, partition: int, offset: int, data: bytes) -> None:
        """Keep an engine's snapshot that has seen all up to `offset`; in the changelog when this returns."""
        before = self._seen(partition)
        half = 1 - before.half if before else 0
        parts = [data[at : at + self._part] for at in range(0, len(data), self._part)]
        for key, part in zip(_keys(partition, half), parts, strict=False):
            self[key] = part
        for key in itertools.islice(_keys(partition, half), len(parts), None):
            if key not in self:
                break
            del self[key]
        self[_head(partition)] = msgspec.json.encode(_Seen(offset, half, len(parts), len(data)))
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)

    def saved(self, partition: int) -> tuple[int, bytes] | None:
        """The last snapshot and the offset that it has seen; None where there is none. Raises EntriesMissing."""
        seen = self._seen(partition)
        if seen is None:
            return None
        keys = itertools.islice(_keys(partition, seen.half), seen.parts)
        data = b"".join(self.get(key) or b"" for key in keys)
        if len(data) != seen.size:
            raise EntriesMissing(f"the snapshot of partition {partition} lacks {seen.size - len(data)} bytes")
        return seen.offset, data

    def _seen(self, partition: int) -> _Seen | None:
        head = self.get(_head(partition))
        return None if head is None else msgspec.json.decode(head, type=_Seen)


def judge_partitions(
    app: faust.App,
    topic: str,
    partitions: int,
    engine: Callable[[], Engine],
    emit: Emit,
    *,
    every: int = 500,
    seconds: float = 10.0,
    part: int = PART,
) -> AgentT[Any]:
    """An agent that judges each partition of `topic` with an engine of its own.

    The topic is declared before workers start. engine: makes a new one. every, seconds: a snapshot after so many
    messages or so much time, whichever comes first; a restart judges at most that much again. part: see PART. A failure
    ends the worker's process: nothing that was not emitted and saved is acknowledged.
    """
    snapshots = Snapshots(app, "engine", partitions, part)
    app.tables.add(snapshots)
    entries = app.topic(topic, partitions=partitions, key_type=bytes, value_type=bytes, value_serializer="raw")

    async def judge(stream: StreamT[Any]) -> None:
        try:
            await _judge(cast(faust.Stream[bytes], stream).noack().events(), snapshots, engine(), emit, every, seconds)
        except Exception:  # noqa: BLE001 - whatever it is, the worker must not go on
            _log.critical("judging failed; this worker ends, so that nothing is lost", topic=topic, exc_info=True)
            os._exit(os.EX_SOFTWARE)  # the ordinary way out would acknowledge what was not judged

    return app.agent(entries, name="judge", isolated_partitions=True)(judge)


async def _judge(
    events: AsyncIterable[EventT[bytes]], snapshots: Snapshots, engine: Engine, emit: Emit, every: int, seconds: float
) -> None:
    """One partition, until it is taken away."""
    seen: int | None = None
    safe = -1
    waiting: list[EventT[bytes]] = []
    due = 0.0
    async for event in events:
        partition, offset = event.message.partition, event.message.offset
        if seen is None:
            seen = safe = _resume(snapshots, partition, engine)
            due = time.monotonic() + seconds
        if offset > seen + 1:
            raise EntriesMissing(f"partition {partition}: expected offset {seen + 1}, got {offset}")
        if offset > seen:
            known = [change for batch in _batches(event.value) for change in engine.feed(batch, engine.position)]
            if known:
                await emit(partition, known)
            seen = offset
        if offset <= safe:
            event.ack()
            continue
        waiting.append(event)
        if len(waiting) >= every or time.monotonic() >= due:
            await snapshots.save(partition, seen, engine.snapshot())
            safe = seen
            for each in waiting:
                each.ack()
            waiting.clear()
            due = time.monotonic() + seconds


def _resume(snapshots: Snapshots, partition: int, engine: Engine) -> int:
    """Restore the engine; the offset that it has seen, -1 for none."""
    saved = snapshots.saved(partition)
    if saved is None:
        return -1
    offset, data = saved
    engine.restore(data)
    _log.info("resumed", partition=partition, offset=offset, position=engine.position)
    return offset


def _batches(value: bytes) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(value) as stream:
        yield from stream


def _head(partition: int) -> bytes:
    return b"%d/seen" % partition


def _keys(partition: int, half: int) -> Iterator[bytes]:
    return (b"%d/%d/%d" % (partition, half, n) for n in itertools.count())

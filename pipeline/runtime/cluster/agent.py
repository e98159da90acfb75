"""agent: a judge on each Kafka partition, inside a Faust worker.

Each partition is a journal of its own. What judging its messages comes to is handed to `emit` before anything else;
then, every so often, the judge's snapshot goes into a Faust table together with the offset that it has seen, and only
when the table's changelog has all of it are those messages acknowledged. So a worker that is killed at any moment
judges some messages again, from a snapshot that is never newer than what it emitted, and whoever takes what it found
skips positions that he has (merging.py).

What was tried and does not hold in Faust 0.15.3: one agent a partition (`isolated_partitions`), which is started again
for partitions that are gone, ends the worker where two join at once, and now and then is not started for one that came:
hence one agent for all, with a judge for each; a table finds its partition by the event that is passed around, hence
`partition_for_key`; an exception in an agent drops what it had not acknowledged, hence guarded.py; the producer's
`flush` gives up after a tenth of a second, hence each write's own future; what was committed does not say where to go
on, and what is fetched is not always passed on (in_order.py, `_heal`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

import faust
import structlog
from faust.types import TP, AgentT, EventT

from pipeline.runtime.cluster.guarded import guarded_agent
from pipeline.runtime.cluster.in_order import InOrder
from pipeline.runtime.cluster.snapshots import PART, Snapshots
from pipeline.runtime.logs import Trouble

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Emit = Callable[[T], Awaitable[None]]
"""Takes what judging a message came to, in order; when it returns, that is as safe as Kafka keeps it."""


class Judge(Protocol[T_co]):
    """Of one partition."""

    def take(self, messages: Sequence[tuple[int, bytes]]) -> T_co | None:
        """(offset, value) of messages that follow each other; what is to be handed on. The same messages come to the
        same, however many at once."""
        ...

    def snapshot(self) -> bytes:
        """All of its state."""
        ...

    def restore(self, data: bytes) -> None:
        """Go on exactly as the one that gave the snapshot."""
        ...


TOGETHER = 4 << 20
"""Bytes of messages that are judged at once where so many wait: one costs nearly as much as a hundred."""
HEAL = 1.0
"""Seconds between two looks whether messages come."""
IDLE = 4
"""Looks at a partition that is behind, with nothing on the way, after which it is asked for again."""
_log = structlog.get_logger(__name__)


class Watch:
    """How far each partition is, for whoever watches that the worker is alive. Written by the worker's loop."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        """Partition -> the offset that was judged last, of those that are here; what it begins after, before that."""
        self.saved: dict[int, int] = {}
        """... that the last snapshot has seen."""


def judge_partitions(
    app: faust.App,
    topic: str,
    partitions: int,
    judge: Callable[[int], Judge[T]],
    emit: Emit[T],
    *,
    every: int = 5_000,
    seconds: float = 60.0,
    share: float = 0.05,
    part: int = PART,
    together: int = TOGETHER,
    watch: Watch | None = None,
    log: Any = _log,
) -> AgentT[Any]:
    """An agent that judges each partition of `topic` with a judge of its own.

    The topic is declared before workers start. judge: makes a new one, of a partition. every, seconds: a snapshot after
    so many messages or so much time, whichever comes first, but not as often as to take more than `share` of the time;
    a restart judges at most that much again. part: see PART. together: see TOGETHER. A failure ends the worker's
    process: nothing that was not emitted and saved is acknowledged.
    """
    snapshots = Snapshots(app, "engine", partitions, part)
    app.tables.add(snapshots)
    entries = app.topic(topic, partitions=partitions, key_type=bytes, value_type=bytes, value_serializer="raw")
    pace = _Pace(every, seconds, share, together)

    judges = _Judges(app, topic, snapshots, judge, emit, pace, watch or Watch(), log)
    app.task(judges.heal)
    return guarded_agent(app, entries, "judge", judges.run, judges.assigned, log)


@dataclass(frozen=True, slots=True)
class _Pace:
    every: int
    seconds: float
    share: float
    together: int


@dataclass(slots=True)
class _Partition(Generic[T]):
    """What is known of a partition that is here."""

    number: int
    judge: Judge[T]
    order: InOrder
    judged: int
    """The offset that was judged last."""
    safe: int
    """The offset that the last snapshot has seen."""
    due: float
    earliest: float = 0.0
    read: list[EventT[bytes]] = field(default_factory=list)
    """Not judged yet."""
    waiting: list[EventT[bytes]] = field(default_factory=list)
    """Judged, not acknowledged yet."""


class _Judges(Generic[T]):
    """Of all partitions that are here."""

    def __init__(
        self,
        app: faust.App,
        topic: str,
        snapshots: Snapshots,
        new: Callable[[int], Judge[T]],
        emit: Emit[T],
        pace: _Pace,
        watch: Watch,
        log: Any,
    ) -> None:
        self._app, self._topic, self._snapshots, self._new, self._emit = app, topic, snapshots, new, emit
        self._pace, self._watch, self._log = pace, watch, log
        self._here: dict[int, _Partition[T]] = {}
        self._queue: Any = None

    async def run(self, stream: faust.Stream[bytes]) -> None:
        """As long as the worker runs."""
        self._queue = cast(Any, stream.channel).queue
        bytes_read = 0
        async for event in stream.noack().events():
            partition = await self._of(event.message.tp)
            offset = event.message.offset
            if await partition.order.takes(offset):
                if offset > partition.order.seen:
                    partition.order.seen = offset
                    partition.read.append(event)
                    bytes_read += len(event.value)
                elif offset <= partition.safe:
                    event.ack()
            if not (bytes_read < self._pace.together and self._more()):
                bytes_read = 0
                await self._judge()

    def assigned(self, assigned: Iterable[TP]) -> None:
        """Another set of partitions is here. What goes is forgotten: where it comes back, somebody may have been
        further. What stays goes on with what it knows; what it has read and not judged comes again."""
        here = {tp.partition for tp in assigned if tp.topic == self._topic}
        for number in self._here.keys() - here:
            del self._here[number]
        for each in self._here.values():
            each.order.seen, each.read = each.judged, []
        for known in (self._watch.seen, self._watch.saved):
            for number in known.keys() - here:
                del known[number]

    async def heal(self) -> None:
        """Ask again for what Kafka has and nobody passes on. As long as the worker runs."""
        idle: dict[TP, tuple[int, int]] = {}
        trouble = Trouble(self._log, "Kafka can't be asked for what did not come")
        while True:
            await asyncio.sleep(HEAL)
            try:
                idle = await self._ask(idle)
            except Exception as error:  # noqa: BLE001  a rebalance began in between: the next look is another
                trouble.failed(error)
            else:
                trouble.worked()

    async def _ask(self, before: dict[TP, tuple[int, int]]) -> dict[TP, tuple[int, int]]:
        """(offset that was seen, for how many looks) of each partition that has more, though nothing is on its way."""
        idle: dict[TP, tuple[int, int]] = {}
        if self._queue is None or not self._queue.empty() or not self._app.flow_control.is_active():
            return idle
        for tp in [tp for tp in self._app.consumer.assignment() if tp.topic == self._topic]:
            seen = await self._seen(tp)
            if (self._app.consumer.highwater(tp) or 0) <= seen + 1:
                continue
            known = before.get(tp, (seen, 0))
            looks = known[1] + 1 if known[0] == seen else 1
            idle[tp] = (seen, looks)
            if looks % IDLE == 0:
                self._log.info("messages do not come; they are asked for again", partition=tp.partition, after=seen)
                await self._app.consumer.seek(tp, seen + 1)
        return idle

    async def _seen(self, tp: TP) -> int:
        """The offset after which a partition goes on."""
        partition = self._here.get(tp.partition)
        if partition is not None:
            return partition.order.seen
        if tp.partition not in self._watch.seen:
            saved = self._snapshots.offset(tp.partition)
            if saved is None:
                saved = int((await self._app.consumer.earliest_offsets(tp))[tp] or 0) - 1
            self._watch.seen[tp.partition] = saved
        return self._watch.seen[tp.partition]

    async def _of(self, tp: TP) -> _Partition[T]:
        known = self._here.get(tp.partition)
        if known is not None:
            return known
        judge, order = self._new(tp.partition), InOrder(self._app.consumer, tp, self._log)
        saved = self._snapshots.saved(tp.partition)
        if saved is not None:
            judge.restore(saved[1])
            self._log.info("resumed", partition=tp.partition, offset=saved[0])
        await order.begin(None if saved is None else saved[0])
        due = time.monotonic() + self._pace.seconds
        known = _Partition(tp.partition, judge, order, order.seen, order.seen, due)
        self._here[tp.partition] = known
        self._watch.seen[tp.partition] = order.seen
        return known

    def _more(self) -> bool:
        """Whether another message comes at once: Faust drops those of before a rebalance, and gives nobody a sign."""
        if self._queue.empty() or not self._app.flow_control.is_active():
            return False
        return bool(self._queue._queue[-1].message.generation_id == self._app.consumer_generation_id)

    async def _judge(self) -> None:
        """All that was read."""
        some = [each for each in self._here.values() if each.read]
        handed = []
        for each in some:
            read, each.read = each.read, []
            found = each.judge.take([(event.message.offset, event.value) for event in read])
            each.judged = read[-1].message.offset
            each.waiting += read
            if found is not None:
                handed.append(self._emit(found))
        await asyncio.gather(*handed)
        for each in some:
            if self._here.get(each.number) is each:
                self._watch.seen[each.number] = each.judged
                await self._save(each)

    async def _save(self, each: _Partition[T]) -> None:
        """A snapshot, where it is time for one."""
        began = time.monotonic()
        if not (len(each.waiting) >= self._pace.every or began >= each.due) or began < each.earliest:
            return
        await self._snapshots.save(each.number, each.judged, each.judge.snapshot())
        self._watch.saved[each.number] = each.safe = each.judged
        for event in each.waiting:
            event.ack()
        each.waiting.clear()
        ended = time.monotonic()
        each.due, each.earliest = ended + self._pace.seconds, ended + (ended - began) / self._pace.share

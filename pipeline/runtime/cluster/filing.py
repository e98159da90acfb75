"""filing: the one agent that takes what all partitions found, in the one order, and lets the desk file it.

It reads the one partition of `<prefix>.known`. Nothing is its own: what it has not acknowledged it reads again, and the
store knows what it has. It says the city's clock too, because by that deadlines come, whatever sources there are.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import faust
import structlog
from faust.types import TP, AgentT, EventT

from cases.database import StoreTrouble
from cases.database_errors import AnotherDesk
from cases.stamping import Logged
from pipeline.runtime.cluster.guarded import guarded_agent
from pipeline.runtime.cluster.in_order import InOrder
from pipeline.runtime.cluster.merging import Merger
from pipeline.runtime.cluster.messages import decode_found
from pipeline.runtime.logs import Trouble

AGAIN = 1.0
"""Seconds between two attempts at what failed."""
BEHIND = 60.0
"""A partition that is so many seconds behind the others is said to hold them up."""
_log = structlog.get_logger(__name__)


class Desk(Protocol):
    """What it files with: a `cases.store.Store`, or what takes the log elsewhere."""

    def apply(self, entries: list[Logged], passed: float, through: int, version: str) -> object:
        """See `cases.store.Store.apply`."""
        ...

    def refresh(self, measures: dict[str, float]) -> None:
        """See `cases.store.Store.refresh`."""
        ...

    @property
    def position(self) -> int:
        """The offset of the last message that is in with all those before it; -1 for none."""
        ...

    def close(self) -> None:
        """Another may file now."""
        ...


class Standing:
    """How filing is doing, for metrics and who asks. Written by the worker's loop."""

    def __init__(self) -> None:
        self.here = False
        """Whether this worker has it."""
        self.held = 0
        """Entries that wait for a partition."""
        self.slowest, self.behind = 0, 0.0
        """The partition that holds the others up, and by how many seconds."""
        self.passed = -math.inf


def file_known(
    app: faust.App,
    topic: str,
    partitions: int,
    desk: Callable[[], Desk],
    clock: Callable[[], Awaitable[None]] | None = None,
    *,
    standing: Standing | None = None,
    log: Any = _log,
) -> AgentT[Any]:
    """The agent. desk: opens it, in a thread; AnotherDesk and StoreTrouble: it is tried again. clock: runs as long as
    filing is here. A failure of our own ends the worker's process, nothing acknowledged."""
    known = app.topic(topic, partitions=1, key_type=bytes, value_type=bytes, value_serializer="raw")
    filing = _Filing(app, partitions, desk, clock, standing or Standing(), log)

    def assigned(partitions: Iterable[TP]) -> None:
        filing.assigned(any(each.topic == topic for each in partitions))

    return guarded_agent(app, known, "file", filing.run, assigned, log)


@dataclass(slots=True)
class _Tenure:
    """What is known from the first message on, as long as the partition stays here."""

    desk: Desk
    order: InOrder
    merger: Merger
    through: int
    """The offset of the last message that is filed with all those before it."""
    waiting: deque[EventT[bytes]] = field(default_factory=deque)
    """Taken, not acknowledged yet."""


class _Filing:
    """One of all workers has the partition; the others wait for it."""

    def __init__(
        self,
        app: faust.App,
        partitions: int,
        desk: Callable[[], Desk],
        clock: Callable[[], Awaitable[None]] | None,
        standing: Standing,
        log: Any,
    ) -> None:
        self._app, self._partitions, self._new, self._clock = app, partitions, desk, clock
        self._standing, self._log = standing, log
        self._held_up = Trouble(log, "a partition holds up what all others found")
        self._here = False
        self._tenure: _Tenure | None = None
        self._busy = asyncio.Lock()
        self._beside: asyncio.Future[None] | None = None
        self._leaving: asyncio.Future[None] | None = None

    async def run(self, stream: faust.Stream[bytes]) -> None:
        """As long as the worker runs."""
        try:
            async for event in stream.noack().events():
                async with self._busy:
                    await self._take(event)
        finally:
            self.assigned(False)
            await asyncio.shield(self._leave())

    def assigned(self, here: bool) -> None:
        """Whether the partition is here, from now on."""
        if here == self._here:
            return
        self._here = here
        if here and self._clock is not None:
            self._beside = asyncio.ensure_future(self._clock())
        elif self._beside is not None:
            self._beside.cancel()
        if not here:  # not in the way of the rebalance: a store may take its time
            self._leaving = asyncio.ensure_future(self._leave())

    async def _leave(self) -> None:
        async with self._busy:
            tenure, self._tenure = self._tenure, None
            self._standing.here = False
            if tenure is not None:
                await asyncio.to_thread(tenure.desk.close)

    async def _take(self, event: EventT[bytes]) -> None:
        if self._tenure is None:
            self._tenure = await self._begin(event)
        tenure, offset = self._tenure, event.message.offset
        if tenure is None or not self._here or not await tenure.order.takes(offset):
            return
        if offset <= tenure.order.seen:
            if offset <= tenure.through:
                event.ack()
            return
        tenure.order.seen = offset
        tenure.waiting.append(event)
        tenure.merger.take(decode_found(event.value), offset)
        through = tenure.merger.through(offset)
        if not await self._applied(tenure, through):
            return
        tenure.through = through
        while tenure.waiting and tenure.waiting[0].message.offset <= through:
            tenure.waiting.popleft().ack()
        _stands(tenure.merger, self._standing, self._held_up)

    async def _begin(self, event: EventT[bytes]) -> _Tenure | None:
        desk = await self._opened()
        if desk is None:
            return None
        order = InOrder(self._app.consumer, event.message.tp, self._log)
        await order.begin(await kept(self._app.consumer, desk, event.message.tp, self._log))
        self._standing.here = True
        return _Tenure(desk, order, Merger(self._partitions), order.seen)

    async def _opened(self) -> Desk | None:
        """None: the partition has gone before it could be opened."""
        trouble = Trouble(self._log, "the cases can't be filed")
        while self._here:
            try:
                desk = await asyncio.to_thread(self._new)
            except (AnotherDesk, StoreTrouble) as error:
                trouble.failed(error)
                await asyncio.sleep(AGAIN)
            else:
                trouble.worked()
                return desk
        return None

    async def _applied(self, tenure: _Tenure, through: int) -> bool:
        """What is due is in the store, however long that takes: nothing more is read meanwhile. False: the partition
        has gone."""
        trouble, desk, merger = Trouble(self._log, "cases can't be stored"), tenure.desk, tenure.merger
        due, worst = merger.due(), merger.take_worst()

        def both() -> None:
            desk.apply(due, merger.passed, through, merger.version)
            if worst:
                desk.refresh(worst)

        while self._here:
            try:
                # A thread: while a database thinks, the worker must go on telling Kafka that it lives.
                await asyncio.to_thread(both)
            except StoreTrouble as error:
                trouble.failed(error)
                await asyncio.sleep(AGAIN)
            else:
                trouble.worked()
                merger.drop()
                return True
        return False


async def kept(consumer: Any, desk: Desk, tp: TP, log: Any) -> int | None:
    """The offset that the store has seen; None: it does not say, and all that is there is read."""
    position = await asyncio.to_thread(lambda: desk.position)
    first = int((await consumer.earliest_offsets(tp))[tp] or 0)
    # A store that one process filed in before has positions of a journal there.
    if not 0 <= position < int((await consumer.highwaters(tp))[tp] or 0):
        return None
    if position < first - 1:
        lost = (
            f"{tp.topic}: offsets {position + 1} to {first - 1} are not kept any more, and were never filed. Cases of"
            " that time are missing: keep messages for longer (`kafka.retention`) than filing may stand still."
        )
        log.critical(lost)
        return None
    return position


def _stands(merger: Merger, standing: Standing, held_up: Trouble) -> None:
    standing.held, standing.passed = len(merger), merger.passed
    standing.slowest, standing.behind = merger.slowest
    if standing.behind > BEHIND and math.isfinite(standing.behind):
        held_up.failed(RuntimeError(f"partition {standing.slowest} is {standing.behind:.0f} s behind the others"))
    elif standing.behind <= BEHIND:
        held_up.worked()

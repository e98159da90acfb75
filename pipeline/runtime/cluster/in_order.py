"""in_order: every message of a partition, in order, whatever Faust leaves out.

In the middle of a rebalance Faust 0.15 takes messages that it has fetched out of its queue, passes them to nobody, and
acknowledges them; where a group then goes on is behind them. So where to go on is never what is committed, but what the
one who reads has kept himself (a snapshot, the store): what is missing before a message is asked for again.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

from faust.types import TP

AGAIN = 5.0
"""Seconds between two attempts to get what was left out."""


class EntriesMissing(RuntimeError):
    """The partition goes on behind what has been seen."""


class Consumer(Protocol):
    """The part of Faust's consumer that is used."""

    async def earliest_offsets(self, *partitions: TP) -> Any: ...

    async def seek(self, partition: TP, offset: int) -> None: ...


class InOrder:
    """Of one partition, as long as one has it."""

    def __init__(self, consumer: Consumer, tp: TP, log: Any) -> None:
        self.seen = -1
        """The offset of the last message that was taken."""
        self._consumer, self._tp, self._log = consumer, tp, log
        self._asked = -AGAIN

    async def begin(self, seen: int | None) -> None:
        """seen: what was kept; None: nothing was, so that it begins with the oldest message that there is."""
        self.seen = await self._earliest() - 1 if seen is None else seen

    async def takes(self, offset: int) -> bool:
        """Whether a message may be taken: it is the next one, or one that came before. Else it comes again.

        Raises EntriesMissing where what lies before it is not there any more.
        """
        if offset <= self.seen + 1:
            return True
        if time.monotonic() - self._asked >= AGAIN:
            first = await self._earliest()
            if first > self.seen + 1:
                raise EntriesMissing(
                    f"{self._tp.topic}, partition {self._tp.partition}: offsets {self.seen + 1} to {first - 1} are not"
                    " kept any more, and were never taken. What they said is lost: keep messages for longer"
                    " (`kafka.retention`) than workers may be away."
                )
            self._asked = time.monotonic()
            self._log.info("messages were left out; they are read again", partition=self._tp.partition, got=offset)
            await self._consumer.seek(self._tp, self.seen + 1)
        return False

    async def _earliest(self) -> int:
        return int((await self._consumer.earliest_offsets(self._tp))[self._tp] or 0)

"""later: deliveries that come later than they did.

Reads blocks of entries; reports the same entries in another order, or with copies among them. What is due at a time
comes just before the first entry of its source that is not before that time: a source's time is the newest `received`
of its ticks and deliveries. Of what is due, what is due first comes first, otherwise what was there first. What is
still on its way when the recording ends comes at the end. Held back is what is not due yet: seconds or minutes of a
recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.entries import Kind
from pipeline.rows import Floats, Longs
from replay.faults.blocks import Block

Choose = Callable[[Block, Floats], tuple[Longs, Floats]]
"""(a block, its sources' time at each entry) -> which come later, and when each is due, UTC seconds"""


def clock(block: Block, newest: dict[int, float]) -> Floats:
    """The time of each entry's source, shape (n,). newest: by source, before the block; is moved on."""
    kind, received = block.kind, block.received
    telling = ((kind == Kind.TICK) | (kind == Kind.DELIVERY)) & np.isfinite(received)
    time = np.full(len(block), -np.inf)
    for source in np.unique(block.source).tolist():
        at = np.flatnonzero(block.source == source)
        told = np.where(telling[at], received[at], -np.inf)
        time[at] = np.maximum.accumulate(np.maximum(told, newest.get(source, -np.inf)))
        newest[source] = float(time[at[-1]])
    return time


@dataclass(slots=True)
class Later:
    """One fault by which deliveries come later."""

    choose: Choose
    copies: bool = False
    """They come in their own time as well."""
    stamped: bool = True
    """They are received when they come. Otherwise as before: order alone is another, and none is put off beyond a new
    version, which might read it otherwise."""
    newest: dict[int, float] = field(default_factory=dict)

    def __call__(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The entries in their new order."""
        held: Block | None = None
        waiting = np.empty(0)
        for block in blocks:
            time = clock(block, self.newest)
            index, due = self.choose(block, time)
            pool, since = block.take(index), index
            if self.copies:
                pool = pool.again()
            if held is not None and len(held):
                pool, since = Block.concat([held, pool]), np.append(np.full(len(held), -1), since)
            waiting = np.append(waiting, due)
            if not len(pool):
                yield block
                continue
            comes = self._comes(block, time, pool, since, waiting)
            here = np.flatnonzero(comes < len(block))
            own = np.arange(len(block)) if self.copies else np.delete(np.arange(len(block)), index)
            come = self._received(pool.take(here), waiting[here])
            entries = Block.concat([block.take(own), come])
            before = np.append(own, comes[here])
            rank = np.append(np.ones(len(own)), np.zeros(len(here)))
            turn = np.append(np.zeros(len(own)), waiting[here])
            order = np.lexsort((np.append(own, here), turn, rank, before))
            yield entries.take(order)
            stay = np.flatnonzero(comes == len(block))
            held, waiting = pool.take(stay), waiting[stay]
        if held is not None and len(held):
            order = np.argsort(waiting, kind="stable")
            yield self._received(held, waiting).take(order)

    def _comes(self, block: Block, time: Floats, pool: Block, since: Longs, due: Floats) -> Longs:
        """Before which entry of the block each of the pool comes; len(block): before none. since: after which one."""
        n = len(block)
        comes = np.full(len(pool), n)
        for source in np.unique(pool.source).tolist():
            at = np.flatnonzero(block.source == source)
            mine = np.flatnonzero(pool.source == source)
            first = np.searchsorted(time[at], due[mine], side="left")
            after = np.searchsorted(at, since[mine], side="right")
            comes[mine] = np.append(at, n)[np.maximum(first, after)]
        if not self.stamped:
            version = np.flatnonzero(block.kind == Kind.VERSION)
            comes = np.minimum(comes, np.append(version, n)[np.searchsorted(version, since, side="right")])
        return comes

    def _received(self, pool: Block, due: Floats) -> Block:
        return pool.at(due) if self.stamped and len(pool) else pool

"""between: deliveries of different subjects between two ticks in another order; those of one subject keep theirs.

Which of two subjects' rows comes first changes nothing that gridwatch says (docs/concepts/time.md, "What always
holds"). What is no delivery stays in its place, and so does a delivery of several subjects. Looked at are at most 1,000
deliveries at once, and no more are held back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pipeline.entries import Kind
from pipeline.rows import Flags, Floats, Longs
from replay.faults.blocks import Block

MOST = 1000
"""Deliveries that are put in another order together."""


def between(blocks: Iterator[Block], chosen: Callable[[Block], tuple[Flags, Floats]]) -> Iterator[Block]:
    """The entries in their new order. chosen: which entries may move on, and how far: 0 <= x < 1 of what there is."""
    held: Block | None = None
    for block in blocks:
        some = block if held is None else Block.concat([held, block])
        stretch = _stretches(some)
        last = stretch == stretch[-1] if len(stretch) else np.zeros(0, bool)
        held = some.take(last)
        done = some.take(_order(some, stretch, *chosen(some))[: len(some) - len(held)])
        if len(done):
            yield done
    if held is not None and len(held):
        yield held.take(_order(held, _stretches(held), *chosen(held)))


def _stretches(block: Block) -> Longs:
    """The number of the stretch that each entry is in; what stays in its place is one of its own."""
    stays = (block.kind != Kind.DELIVERY) | ~block.alone
    begins = stays | np.append(True, stays[:-1])
    first = np.flatnonzero(begins)
    number = np.cumsum(begins) - 1
    place = np.arange(len(block)) - first[number] if len(block) else np.empty(0, np.int64)
    return np.cumsum(begins | (place % MOST == 0)) - 1


def _order(block: Block, stretch: Longs, moves: Flags, how_far: Floats) -> Longs:
    """A sort of the entries that leaves stretches, and each subject's entries in them, in order."""
    n = len(block)
    here = np.arange(n)
    end = np.searchsorted(stretch, stretch, side="right")
    wanted = np.where(moves, here + how_far * (end - here), here)
    whose = np.lexsort((here, block.subject, stretch))
    sooner = np.lexsort((wanted, block.subject, stretch))
    wanted[whose] = wanted[sooner]
    order: Longs = np.lexsort((here, wanted, stretch))
    return order

"""carriage: what faults do to deliveries on their way: lost, again, late, in another order.

`stages` are functions from blocks of entries to blocks of entries, in the order in which they happen in the world: the
terminal is out of reach, a message is lost, the terminal uploads later what it kept, the network repeats and overtakes.
Ticks and versions stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pipeline.entries import Kind
from pipeline.rows import Flags, Floats, Longs
from replay.faults.between import between
from replay.faults.blocks import Block
from replay.faults.dice import Dice
from replay.faults.grammar import Fault
from replay.faults.later import Later
from replay.faults.stretches import Stretches

Stage = Callable[[Iterator[Block]], Iterator[Block]]

WHOSE = ("gap", "upload", "reorder")
"""Those that ask whose a delivery is."""


def stages(faults: Sequence[Fault], seed: int) -> list[Stage]:
    """What happens to entries, one after another."""
    named = {fault.name: fault for fault in faults}
    made: list[Stage] = []
    for name, stage in _STAGES.items():
        if name in named:
            made += stage(named[name], Dice(seed, name), Dice(seed, f"{name}, how far"))
    return made


def _gap(fault: Fault, dice: Dice, _: Dice) -> list[Stage]:
    stretches = Stretches(dice, fault.amount or 0.0, fault.share)

    def lost(block: Block) -> Flags:
        return _in_reach(block) & stretches.hit(block.subject, stretches.of(block.subject, block.received))

    return [_without(lost)]


def _drop(fault: Fault, dice: Dice, _: Dice) -> list[Stage]:
    return [_without(lambda block: (block.kind == Kind.DELIVERY) & (dice.uniform(block.id) < fault.share))]


def _without(lost: Callable[[Block], Flags]) -> Stage:
    def stage(blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            yield block.take(~lost(block))

    return stage


def _upload(fault: Fault, dice: Dice, _: Dice) -> list[Stage]:
    stretches = Stretches(dice, fault.amount or 0.0, fault.share)

    def choose(block: Block, _: Floats) -> tuple[Longs, Floats]:
        number = stretches.of(block.subject, block.received)
        at = np.flatnonzero(_in_reach(block) & stretches.hit(block.subject, number))
        return at, stretches.end(block.subject[at], number[at])

    return [Later(choose)]


def _repeat(fault: Fault, dice: Dice, far: Dice) -> list[Stage]:
    most = fault.amount or 0.0

    def choose(block: Block, _: Floats) -> tuple[Longs, Floats]:
        at = np.flatnonzero((block.kind == Kind.DELIVERY) & (dice.uniform(block.id) < fault.share))
        # counted from when it was received, as `forget` is
        return at, block.received[at] + most * far.uniform(block.id[at])

    return [Later(choose, copies=True, stamped=False)]


def _reorder(fault: Fault, dice: Dice, far: Dice) -> list[Stage]:
    def chosen(block: Block) -> tuple[Flags, Floats]:
        return dice.uniform(block.id) < fault.share, far.uniform(block.id)

    def choose(block: Block, time: Floats) -> tuple[Longs, Floats]:
        """Until just before the tick that lets the oldest row go, and no row would have gone at once."""
        drawn, how_far = chosen(block)
        at = np.flatnonzero((block.kind == Kind.DELIVERY) & drawn & (block.until > time))
        return at, np.minimum(time[at] + how_far[at] * (block.until[at] - time[at]), block.until[at])

    def delayed(block: Block, time: Floats) -> tuple[Longs, Floats]:
        drawn, how_far = chosen(block)
        at = np.flatnonzero((block.kind == Kind.DELIVERY) & drawn)
        return at, time[at] + (fault.amount or 0.0) * how_far[at]

    if fault.amount is not None:
        return [Later(delayed)]
    return [Later(choose, stamped=False), lambda blocks: between(blocks, chosen)]


def _in_reach(block: Block) -> Flags:
    """Deliveries of somebody."""
    return np.asarray((block.kind == Kind.DELIVERY) & (block.subject != 0))


_STAGES = {"gap": _gap, "drop": _drop, "upload": _upload, "repeat": _repeat, "reorder": _reorder}
"""In the order in which they happen."""

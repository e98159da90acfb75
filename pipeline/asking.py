"""asking: what a detector says of accepted rows: which rows are its rule's own, its answers, and rows that are one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.columns import Array, Table
from pipeline.detector import Detector
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Floats, Longs, Reading, Rows
from pipeline.scan import Judged
from pipeline.version import Rule
from pipeline.world import World


@dataclass(slots=True)
class Turned:
    """Accepted rows of one kind, sorted by slot (key, or remembered gap) and, within, by turn. All columns of shape
    (n,).
    """

    rows: Rows
    slot: Longs
    starts: Longs
    """Where each slot's rows begin."""
    turn: Longs
    known: Floats
    wait: Floats
    source: Array
    gap: Longs
    """Live rows: the remembered gap that the row leaves behind, or -1. Late rows: the gap that they are in."""
    alone: Flags
    """Live rows: no other line gave the key a row inside that gap."""
    owned: dict[Any, Turned] = field(default_factory=dict)
    """What rules have asked for -> the rows that are theirs."""
    lacking: dict[str, bool] = field(default_factory=dict)
    """Column -> whether any of these rows lacks it, as far as it was asked."""

    def lacks(self, name: str) -> bool:
        """Whether any row lacks a column that there is."""
        if name not in self.lacking:
            column = self.rows.column(name)
            unknown = np.isnan(column[:1] if column.strides == (0,) else column)
            self.lacking[name] = bool(unknown.any())
        return self.lacking[name]

    def take(self, index: Longs) -> Turned:
        """The rows at `index`, which keeps the order."""
        slot = self.slot[index]
        return Turned(
            self.rows.take(index),
            slot,
            starts_of(slot),
            self.turn[index],
            self.known[index],
            self.wait[index],
            self.source[index],
            self.gap[index],
            self.alone[index],
        )


Listener = Callable[[Turned, Judged, Table], None]
"""Is told what is about to go through a hold: the rule's own rows, what was said of them, and the states of their
slots, which are keys or, of late rows, remembered gaps. It changes nothing.
"""


def starts_of(slot: Longs) -> Longs:
    """Where each value begins in a sorted column."""
    first = np.ones(len(slot), bool)
    first[1:] = slot[1:] != slot[:-1]
    return np.flatnonzero(first)


def asks_silence(detector: Detector) -> bool:
    """Whether the detector has an `idle` of its own."""
    return type(detector).idle is not Detector.idle


def own(rule: Rule, turned: Turned, world: World, names: Names) -> Turned:
    """The rows that are rows for a rule (docs/concepts/time.md, rule 6).

    Rules that ask for the same rows get the very same ones, so that they are picked out once, and so that what the
    world remembers of their columns serves them all.
    """
    needed = rule.detector.needed()
    if any(turned.rows.column(name) is None for name in needed):
        return turned.take(np.empty(0, np.int64))
    asked = rule.metric, rule.classes, tuple(name for name in needed if turned.lacks(name))
    if asked not in turned.owned:
        keep = _kept(turned.rows, *asked, world, names)
        turned.owned[asked] = turned if keep is None or keep.all() else turned.take(np.flatnonzero(keep))
    return turned.owned[asked]


def _kept(
    rows: Rows, metric: str | None, classes: tuple[str, ...], needed: tuple[str, ...], world: World, names: Names
) -> Flags | None:
    """Which rows have the metric, are of the classes and know the columns; None: all."""
    keep: Flags | None = None
    if metric is not None and isinstance(rows, Reading):
        keep = rows.metric == names.code(metric)
    if classes:
        mine = world.of_class(rows.subject, rows.ts, classes)
        keep = mine if keep is None else keep & mine
    for name in needed:
        known = ~np.isnan(rows.column(name))
        keep = known if keep is None else keep & known
    return keep


def judge(
    detector: Detector,
    mine: Turned,
    world: World,
    memory: Array | None,
    *,
    asks: bool,
    leaving: Longs | None = None,
    before: Callable[[int], None] = lambda _: None,
) -> tuple[Judged, Floats | None]:
    """The detector's answers, and where it is asked about silence, from when on that is wrong.

    memory: by slot, written in place; None where the detector has none. before: called with each row of `leaving` just
    before a detector with memory sees it.
    """
    rows, n = mine.rows, len(mine.rows)
    wrong, right = np.zeros(n, bool), np.zeros(n, bool)
    measure, place = np.full(n, -np.inf), np.full(n, NOBODY, np.int32)
    idle: Floats | None = None
    if n and memory is None:
        _answer(detector, rows, world, None, slice(None), wrong, right, measure, place)
        if asks:
            said = detector.idle(rows, world, None)
            idle = None if said is None else np.asarray(said, np.float64)
    elif n and memory is not None:
        leaves = np.zeros(n, bool)
        if leaving is not None:
            leaves[leaving] = True
        idle = np.full(n, np.inf) if asks else None
        whole = type(detector).judge_runs is not Detector.judge_runs and not asks
        for index, starts in _runs(mine, leaves) if whole else _rounds(mine):
            for row in index[leaves[index]].tolist():
                before(row)
            some, slot = rows.take(index) if len(index) < n else rows, mine.slot[index[starts]]
            kept = memory[slot]
            _answer(detector, some, world, kept, index, wrong, right, measure, place, starts if whole else None)
            if idle is not None:
                said = detector.idle(some, world, kept)
                if said is not None:
                    idle[index] = said
            memory[slot] = kept
    lon, lat = rows.column("lon"), rows.column("lat")
    nowhere = np.broadcast_to(np.nan, n)
    judged = Judged(
        ts=rows.ts,
        received=rows.received,
        wait=mine.wait,
        source=mine.source,
        turn=mine.turn,
        known=mine.known,
        wrong=wrong,
        right=right,
        measure=measure,
        lon=lon if lon is not None else nowhere,
        lat=lat if lat is not None else nowhere,
        place=place,
    )
    return judged, idle


def _rounds(mine: Turned) -> Iterator[tuple[Longs, Longs]]:
    """(rows, where each key's begin): a key at most once a round; round r takes the r-th row of each."""
    ends = np.append(mine.starts[1:], len(mine.slot))
    for r in range(int((ends - mine.starts).max())):
        index = (mine.starts + r)[mine.starts + r < ends]
        yield index, np.arange(len(index))


def _runs(mine: Turned, leaves: Flags) -> Iterator[tuple[Longs, Longs]]:
    """(rows, where each key's begin): all at once, but for rows before which memory is to be seen: they begin anew."""
    n = len(mine.slot)
    if not leaves.any():
        yield np.arange(n), mine.starts
        return
    upto = np.cumsum(leaves)
    piece: Longs = upto - np.repeat(upto[mine.starts] - leaves[mine.starts], np.diff(mine.starts, append=n))
    for p in range(int(piece.max()) + 1):
        index = np.flatnonzero(piece == p)
        if len(index):
            yield index, starts_of(mine.slot[index])


def _answer(
    detector: Detector,
    rows: Rows,
    world: World,
    memory: Array | None,
    index: Any,
    wrong: Flags,
    right: Flags,
    measure: Floats,
    place: Array,
    starts: Longs | None = None,
) -> None:
    """Asks once and writes the answers at `index`. starts: of whole runs; None: of single rows."""
    if starts is None or memory is None:
        judgement = detector.judge(rows, world, memory)
    else:
        judgement = detector.judge_runs(rows, starts, world, memory)
    wrong[index] = judgement.wrong
    right[index] = ~judgement.wrong if judgement.right is None else judgement.right & ~judgement.wrong
    if judgement.measure is not None:
        worse = judgement.measure if detector.worse is max else -judgement.measure
        measure[index] = np.where(np.isnan(worse), -np.inf, worse)
    if judgement.place is not None:
        place[index] = judgement.place


def merge(mine: Turned, judged: Judged, idle: Floats | None) -> tuple[Turned, Judged, Floats | None]:
    """Rows of one key with the same ts and turn are one: wrong if any is, else right if any is (rule 3)."""
    n = len(judged.ts)
    same = np.zeros(n, bool)
    same[1:] = (judged.ts[1:] == judged.ts[:-1]) & (judged.turn[1:] == judged.turn[:-1])
    same[mine.starts] = False
    if not same.any():
        return mine, judged, idle
    first = np.flatnonzero(~same)
    last = np.append(first[1:], n) - 1
    wrong = np.logical_or.reduceat(judged.wrong, first)
    right = np.logical_or.reduceat(judged.right, first) & ~wrong
    # Where it was wrong, for place and position: the first wrong row of each group.
    index = np.where(judged.wrong, np.arange(n), n)
    shown = np.minimum.reduceat(index, first)
    shown = np.where(shown < n, shown, first)
    # For what comes after: the row that was heard last.
    group = np.repeat(np.arange(len(first)), last - first + 1)
    last = np.lexsort((np.arange(n), judged.received, group))[last]
    one = judged.take(last)
    one.heard_lon, one.heard_lat = one.lon, one.lat
    one.wrong, one.right = wrong, right
    one.measure = np.maximum.reduceat(np.where(judged.wrong | ~wrong[group], judged.measure, -np.inf), first)
    one.lon, one.lat, one.place = judged.lon[shown], judged.lat[shown], judged.place[shown]
    merged = mine.take(last)
    # Of several lines' gaps only the first one's has no other line's row in it.
    widest = np.where((mine.gap >= 0) & mine.alone, np.arange(n), -1)
    left = np.maximum.reduceat(widest, first)
    merged.gap = np.where(left >= 0, mine.gap[left], -1)
    merged.alone = mine.alone[np.maximum(left, 0)]
    return merged, one, None if idle is None else idle[last]

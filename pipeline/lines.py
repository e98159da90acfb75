"""lines: which rows are judged, live or late, and which are set aside (docs/concepts/time.md, rules 2, 3, 5, 7, 15).

A block in which every key's rows go forward in time, as nearly all do, is accepted with a few array operations. Keys
for which that does not hold are taken one row at a time, word for word as the page has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.columns import Array, Table
from pipeline.rows import Flags, Floats, Longs

REMEMBERED = 4
"""How many gaps of a line are remembered."""

LIVE, LATE, FUTURE, TOO_OLD, REPEATED, DISORDERED = range(6)
FATES = ("live", "late", "future", "too old", "repeated", "disordered")

LINE_FIELDS: dict[str, tuple[type[np.generic], object]] = {
    "newest": (np.float64, np.nan),
    "received": (np.float64, np.nan),
    "key": (np.int32, -1),
    "stream": (np.int32, -1),
}
KEY_FIELDS: dict[str, tuple[type[np.generic], object]] = {"newest": (np.float64, np.nan)}
GAP_FIELDS: dict[str, tuple[type[np.generic], object]] = {
    "line": (np.int32, -1),
    "key": (np.int32, -1),
    "from": (np.float64, np.nan),
    "until": (np.float64, np.nan),
    "filled": (np.float64, np.nan),
    "alone": (np.bool_, False),  # no other line gave the key a row inside it
}


@dataclass(slots=True)
class Block:
    """Rows of one kind whose turn has come, in turn order. All of shape (n,)."""

    ts: Floats
    received: Floats
    turn: Longs
    known: Floats
    """The tick current at the turn."""
    line: Longs
    key: Longs
    gap_after: Floats
    """The stream's gap, seconds."""
    forget: Floats
    """After how much silence its lines are forgotten, seconds."""


@dataclass(slots=True)
class Closing:
    """A remembered gap that is no longer remembered, and when."""

    gap: int
    known: float
    position: int
    forgotten: bool = False
    """It ended more than `forget` before a tick; which tick, the engine finds."""


@dataclass(slots=True)
class Accepted:
    """What became of a block's rows."""

    fate: Array
    """int8 of shape (n,): LIVE … DISORDERED"""
    gap: Longs
    """For a late row, the remembered gap that it fell in; for a live row, the one that it left behind; else -1."""
    closings: list[Closing] = field(default_factory=list)


class Lines:
    """All lines and keys of one kind of row, and their remembered gaps."""

    def __init__(self) -> None:
        self.lines = Table(LINE_FIELDS)
        self.keys = Table(KEY_FIELDS)
        self.gaps = Table(GAP_FIELDS)
        self.free: list[int] = []
        self.of_line: dict[int, list[int]] = {}
        """line -> its remembered gaps, oldest first"""
        self.yet: list[int] = []
        """Lines that were evicted, but for their newest ts"""

    def accept(self, block: Block, order: Longs, starts: Longs, ahead: float) -> Accepted:
        """Rule 5 for a block. order: stable sort of the rows by key; starts: where each key begins in it."""
        n = len(block.ts)
        fate = np.zeros(n, np.int8)
        fate[block.ts < block.known - block.forget] = TOO_OLD
        fate[block.ts > block.received + ahead] = FUTURE
        done = Accepted(fate, np.full(n, -1))
        ts, key = block.ts[order], block.key[order]
        ends = np.append(starts[1:], n)
        first_keys = key[starts]
        newest = self.keys["newest"][first_keys]
        forward = np.empty(n, bool)
        forward[1:] = ts[1:] > ts[:-1]
        forward[starts] = ~(ts[starts] <= newest)
        clean = np.logical_and.reduceat(forward & (fate[order] == LIVE), starts)
        if clean.all():
            self._forward(block, order, done)
        else:
            inside = np.repeat(clean, ends - starts)
            self._forward(block, order[inside], done)
            for which in np.flatnonzero(~clean).tolist():
                self._one_by_one(block, order[starts[which] : ends[which]], done)
        if self.yet:
            self._settle()
        return done

    def _forward(self, block: Block, order: Longs, done: Accepted) -> None:
        """Rows that all go forward within their keys, sorted by key: all live."""
        if not len(order):
            return
        key, line, ts = block.key[order], block.line[order], block.ts[order]
        first = np.empty(len(order), bool)
        first[0] = True
        first[1:] = key[1:] != key[:-1]
        mixed = not bool(np.all((line[1:] == line[:-1]) | first[1:]))
        if mixed:
            for which in np.split(order, np.flatnonzero(first)[1:]):
                self._one_by_one(block, which, done)
            return
        before = np.empty(len(order))
        before[1:] = ts[:-1]
        before[first] = self.lines["newest"][line[first]]
        # A key with several lines may have heard another one since.
        heard = self.keys["newest"][key[first]]
        with np.errstate(invalid="ignore"):
            gapped = np.flatnonzero(ts - before > block.gap_after[order])
        other = np.zeros(len(order), bool)
        other[first] = heard > before[first]
        for at in gapped.tolist():
            row = int(order[at])
            gap = self._remember(
                int(line[at]), int(key[at]), float(before[at]), float(ts[at]), not other[at], block, row, done
            )
            done.gap[row] = gap
        last = np.append(np.flatnonzero(first)[1:], len(order)) - 1
        self.lines["newest"][line[last]] = ts[last]
        self.lines["received"][line[last]] = block.received[order[last]]
        self.keys["newest"][key[last]] = ts[last]

    def _one_by_one(self, block: Block, order: Longs, done: Accepted) -> None:
        """One key's rows, each in its turn."""
        key = int(block.key[order[0]])
        heard = float(self.keys["newest"][key])
        newest, received = self.lines["newest"], self.lines["received"]
        for row in order.tolist():
            if done.fate[row] in (FUTURE, TOO_OLD):
                continue
            line, ts = int(block.line[row]), float(block.ts[row])
            own = float(newest[line])
            if not ts <= own and not ts < heard:
                if ts - own > block.gap_after[row]:
                    done.gap[row] = self._remember(line, key, own, ts, not heard > own, block, row, done)
                newest[line] = heard = ts
                received[line] = block.received[row]
                continue
            gap, again = self._inside(line, ts)
            if gap >= 0:
                done.fate[row], done.gap[row] = LATE, gap
                self.gaps["filled"][gap] = ts
            else:
                done.fate[row] = REPEATED if ts == own or again else DISORDERED
        self.keys["newest"][key] = heard

    def _inside(self, line: int, ts: float) -> tuple[int, bool]:
        """The remembered gap that takes a late row of this ts, or -1 and whether it is the newest late row again."""
        for gap in self.of_line.get(line, ()):
            if self.gaps["from"][gap] < ts < self.gaps["until"][gap]:
                filled = self.gaps["filled"][gap]
                return (gap, False) if ts > filled else (-1, bool(ts == filled))
        return -1, False

    def _remember(
        self, line: int, key: int, since: float, until: float, alone: bool, block: Block, row: int, done: Accepted
    ) -> int:
        own = self.of_line.setdefault(line, [])
        known, forget = float(block.known[row]), float(block.forget[row])
        while own and self.gaps["until"][own[0]] < known - forget:
            done.closings.append(Closing(own.pop(0), known, int(block.turn[row]), forgotten=True))
        if len(own) == REMEMBERED:
            done.closings.append(Closing(own.pop(0), known, int(block.turn[row])))
        gap = self.free.pop() if self.free else self.gaps.size
        self.gaps.grow(gap + 1)
        for name, value in (
            ("line", line),
            ("key", key),
            ("from", since),
            ("until", until),
            ("filled", since),
            ("alone", alone),
        ):
            self.gaps[name][gap] = value
        own.append(gap)
        return gap

    def release(self, gaps: list[int]) -> None:
        """Closed gaps' numbers may be used again; only after all that stands in them has been closed."""
        for gap in gaps:
            self.gaps["line"][gap] = -1
            self.free.append(gap)

    def silent(self, lines: Array, speaking: Array, preceded: Array) -> tuple[list[int], list[int], Floats]:
        """Evicts lines: the keys that have no line left, the gaps that went with them, and those keys' newest ts.

        speaking: keys of which another line has spoken by then. preceded: keys of which rows will yet be set aside that
        come before it: their newest ts are forgotten after the block's rows.
        """
        gaps: list[int] = []
        for line in lines.tolist():
            gaps += self.of_line.pop(line, [])
        key = self.lines["key"][lines]
        keys = np.unique(key)
        self.lines["received"][lines] = np.nan
        self.lines["newest"][lines[~np.isin(key, preceded)]] = np.nan
        self.yet += lines[np.isin(key, preceded)].tolist()
        gone = keys[~self._alive()[keys] & ~np.isin(keys, speaking)]
        newest = self.keys["newest"][gone]
        self.keys["newest"][gone[~np.isin(gone, preceded)]] = np.nan
        return gone.tolist(), gaps, newest

    def _settle(self) -> None:
        """Forgets the newest ts of lines that were evicted behind rows of the block, and of keys without a line."""
        lines = np.array(self.yet, np.int64)
        lines = lines[np.isnan(self.lines["received"][lines])]
        keys = self.lines["key"][lines]
        self.lines["newest"][lines] = np.nan
        self.keys["newest"][keys[~self._alive()[keys]]] = np.nan
        self.yet = []

    def _alive(self) -> Flags:
        """By key: whether it has a line."""
        alive = np.zeros(self.keys.size, bool)
        alive[self.lines["key"][np.isfinite(self.lines["received"])]] = True
        return alive


def sort_by_key(key: Longs) -> tuple[Longs, Longs]:
    """A stable order by key, and where each key begins in it."""
    n = len(key)
    if not n:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(key.astype(np.uint16) if key.max() < 65536 else key, kind="stable")
    ordered = key[order]
    first = np.empty(n, bool)
    first[0] = True
    first[1:] = ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(first)

"""carry: readings of another device in the rows of positions (docs/concepts/time.md, Readings carried into positions).

Reads accepted readings whose metric a stream of positions carries, and accepted positions; fills in what these lack. Of
each subject and metric it keeps the last 32 readings by ts, oldest first; unused places are at -inf.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.columns import Array
from pipeline.names import Names
from pipeline.rows import Flags, Floats, Ints, Longs, Position, Reading

KEPT = 32
"""Readings of one subject and metric."""


class Column:
    """One carried column: what is known of each subject."""

    def __init__(self) -> None:
        self.slot_of = np.full(0, -1, np.int32)
        """subject's code -> slot"""
        self.size = 0
        self.ts = np.full((0, KEPT), -np.inf)
        self.value = np.full((0, KEPT), np.nan)
        self._none()

    def _none(self) -> None:
        self._slot, self._turn = np.empty(0, np.int64), np.empty(0, np.int64)
        self._ts, self._value = np.empty(0), np.empty(0)

    def heard(self, subject: Ints, ts: Floats, value: Floats, turn: Longs) -> None:
        """A block's readings, in turn order; shape (n,). They count once `settle` has been called, too."""
        slot = self._slots(subject)
        order = np.lexsort((ts, turn, slot))
        self._slot, self._turn, self._ts, self._value = slot[order], turn[order], ts[order], value[order]

    def _slots(self, subject: Ints) -> Longs:
        top = int(subject.max(initial=-1)) + 1
        if top > len(self.slot_of):
            longer = np.full(max(top, len(self.slot_of) * 3 // 2), -1, np.int32)
            longer[: len(self.slot_of)] = self.slot_of
            self.slot_of = longer
        new = np.unique(subject[self.slot_of[subject] < 0])
        self.slot_of[new] = self.size + np.arange(len(new))
        self.size += len(new)
        if self.size > len(self.ts):
            room = max(self.size, len(self.ts) * 3 // 2, 64) - len(self.ts)
            self.ts = np.concatenate([self.ts, np.full((room, KEPT), -np.inf)])
            self.value = np.concatenate([self.value, np.full((room, KEPT), np.nan)])
        return self.slot_of[subject].astype(np.int64)

    def at(self, subject: Ints, ts: Floats, turn: Longs, age: Floats) -> Floats:
        """What positions take, NaN for nothing; shape (n,). age: how old it may be, seconds."""
        found = np.full(len(ts), np.nan)
        known = np.flatnonzero(subject < len(self.slot_of))
        slot = self.slot_of[subject[known]].astype(np.int64)
        known, slot = known[slot >= 0], slot[slot >= 0]
        if not len(known):
            return found
        odd = self._odd()
        if len(odd):
            strange = np.isin(slot, odd)
            for one in np.unique(slot[strange]).tolist():
                mine = known[slot == one]
                found[mine] = self._one_by_one(one, ts[mine], turn[mine], age[mine])
            known, slot = known[~strange], slot[~strange]
        if len(known):
            found[known] = self._forward(slot, ts[known], turn[known], age[known])
        return found

    def _odd(self) -> Longs:
        """Slots whose new readings do not all go forward in time."""
        if not len(self._slot):
            return self._slot
        first = np.ones(len(self._slot), bool)
        first[1:] = self._slot[1:] != self._slot[:-1]
        before = np.empty(len(self._slot))
        before[1:] = self._ts[:-1]
        before[first] = self.ts[self._slot[first], -1]
        return np.unique(self._slot[~(self._ts > before)])

    def _forward(self, slot: Longs, ts: Floats, turn: Longs, age: Floats) -> Floats:
        """Where readings go forward: the newest by ts and the newest by turn are found by search, the older counts."""
        asked, place = np.unique(slot, return_inverse=True)
        new = np.flatnonzero(np.isin(self._slot, asked))
        owner = np.concatenate([np.repeat(np.arange(len(asked)), KEPT), np.searchsorted(asked, self._slot[new])])
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        all_ts = np.concatenate([self.ts[asked].ravel(), self._ts[new]])[order]
        all_value = np.concatenate([self.value[asked].ravel(), self._value[new]])[order]
        all_turn = np.concatenate([np.full(KEPT * len(asked), -1), self._turn[new]])[order]
        start = np.searchsorted(owner, np.arange(len(asked)))[place]
        # A pair (owner, time) as one number: the time's rank among all times keeps their order exactly.
        times, rank = np.unique(np.concatenate([all_ts, ts]), return_inverse=True)
        n, m = len(all_ts), len(times)
        by_ts = np.searchsorted(owner * m + rank[:n], place * m + rank[n:], side="right")
        low = min(int(turn.min()), -1)
        span = max(int(turn.max()), int(all_turn.max())) - low + 1
        owners, turns = owner * span + (all_turn - low), place * span + (turn - low)
        at = np.minimum(by_ts, np.searchsorted(owners, turns, side="right")) - 1
        # Of the same turn, only those up to its own time have gone before it.
        kept = (at >= start) & (np.searchsorted(owners, turns, side="left") - at <= KEPT)
        at = np.maximum(at, 0)
        return np.where(kept & (ts - all_ts[at] <= age), all_value[at], np.nan)

    def _one_by_one(self, slot: int, ts: Floats, turn: Longs, age: Floats) -> Floats:
        known = _Known(self.ts[slot], self.value[slot])
        mine = np.flatnonzero(self._slot == slot)
        new = list(zip(self._turn[mine].tolist(), self._ts[mine].tolist(), self._value[mine].tolist(), strict=True))
        found = np.full(len(ts), np.nan)
        heard = 0
        for row in np.lexsort((ts, turn)).tolist():
            while heard < len(new) and new[heard][:2] <= (turn[row], ts[row]):
                known.take(*new[heard][1:])
                heard += 1
            found[row] = known.at(float(ts[row]), float(age[row]))
        return found

    def settle(self) -> None:
        """The block's readings belong to what is kept."""
        if not len(self._slot):
            return
        odd = self._odd()
        for slot in odd.tolist():
            known = _Known(self.ts[slot], self.value[slot])
            mine = self._slot == slot
            for ts, value in zip(self._ts[mine].tolist(), self._value[mine].tolist(), strict=True):
                known.take(ts, value)
            n = len(known.ts)
            self.ts[slot], self.value[slot] = -np.inf, np.nan
            self.ts[slot, KEPT - n :], self.value[slot, KEPT - n :] = known.ts, known.values
        plain = np.flatnonzero(~np.isin(self._slot, odd)) if len(odd) else np.arange(len(self._slot))
        if len(plain):
            slots, start, count = np.unique(self._slot[plain], return_index=True, return_counts=True)
            index = count[:, None] + np.arange(KEPT)
            old, new = np.minimum(index, KEPT - 1), plain[np.maximum(start[:, None] + index - KEPT, 0)]
            for kept, column in ((self.ts, self._ts), (self.value, self._value)):
                kept[slots] = np.where(index < KEPT, kept[slots[:, None], old], column[new])
        self._none()


class _Known:
    """What is kept of one subject, as lists."""

    def __init__(self, ts: Floats, value: Floats) -> None:
        used = ts > -np.inf
        self.ts, self.values = ts[used].tolist(), value[used].tolist()

    def take(self, ts: float, value: float) -> None:
        at = bisect_left(self.ts, ts)
        if at < len(self.ts) and self.ts[at] == ts:
            self.values[at] = max(self.values[at], value)
            return
        self.ts.insert(at, ts)
        self.values.insert(at, value)
        del self.ts[:-KEPT], self.values[:-KEPT]

    def at(self, ts: float, age: float) -> float:
        at = bisect_right(self.ts, ts) - 1
        return self.values[at] if at >= 0 and ts - self.ts[at] <= age else np.nan


class Carry:
    """All carried columns of one engine."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.age: dict[str, Floats] = {}
        """column -> by stream code, how old a reading may be; NaN: the stream does not carry it"""

    def become(self, names: Iterable[str], streams: Sequence[Mapping[str, float]]) -> None:
        """Another version is in force. names: the columns that are carried; streams: by code, what each carries."""
        self.columns = {name: self.columns.get(name) or Column() for name in sorted(names)}
        self.age = {name: np.array([carry.get(name, np.nan) for carry in streams]) for name in self.columns}

    def heard(self, rows: Reading, turn: Longs, accepted: Flags, names: Names) -> None:
        """A block's readings."""
        for name, column in self.columns.items():
            mine = np.flatnonzero(accepted & (rows.metric == names.code(name)) & ~np.isnan(rows.value))
            if len(mine):
                column.heard(rows.subject[mine], rows.ts[mine], rows.value[mine], turn[mine])

    def fill(self, rows: Position, turn: Longs, accepted: Flags) -> None:
        """Writes into a block's positions what they lack."""
        for name, column in self.columns.items():
            own = rows.column(name)
            age = self.age[name][rows.stream]
            lack = accepted & ~np.isnan(age) & (True if own is None else np.isnan(own))
            mine = np.flatnonzero(lack)
            if not len(mine) or not column.size:
                continue
            carried = np.full(len(rows), np.nan) if own is None else np.array(own)
            carried[mine] = column.at(rows.subject[mine], rows.ts[mine], turn[mine], age[mine])
            if name in rows.own():
                setattr(rows, name, carried)
            else:
                rows.extra[name] = carried

    def settle(self) -> None:
        """The block is over."""
        for column in self.columns.values():
            column.settle()

    def dump(self) -> dict[str, Array]:
        """Plain columns for a snapshot."""
        state: dict[str, Array] = {}
        for name, column in self.columns.items():
            subjects = np.flatnonzero(column.slot_of >= 0)
            subjects = subjects[np.argsort(column.slot_of[subjects])]
            state |= {
                f"{name}.subject": subjects,
                f"{name}.ts": column.ts[: column.size].ravel(),
                f"{name}.value": column.value[: column.size].ravel(),
            }
        return state

    def load(self, state: Mapping[str, Any]) -> None:
        """What `dump` gave; after `become`."""
        for name in _names(state):
            column = self.columns[name] = Column()
            column._slots(state[f"{name}.subject"].astype(np.int32))
            column.slot_of[state[f"{name}.subject"]] = np.arange(column.size)
            column.ts[: column.size] = state[f"{name}.ts"].reshape(-1, KEPT)
            column.value[: column.size] = state[f"{name}.value"].reshape(-1, KEPT)


def _names(state: Iterable[str]) -> list[str]:
    return [key.removesuffix(".subject") for key in state if key.endswith(".subject")]

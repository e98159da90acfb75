"""judging: one rule over the rows of one kind: from what its detector says, through holds and silence, to changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.asking import Listener, Turned, asks_silence, judge, merge, own
from pipeline.clocks import Ticks
from pipeline.columns import Array, Table
from pipeline.hold import Changes, active, change_rule, close, no_rows_at_all, step, withdraw
from pipeline.lines import Closing
from pipeline.names import Names
from pipeline.rows import Flags, Floats, Longs
from pipeline.scan import Judged, Setting, hold_table, no_rows
from pipeline.silence import PastSilence, Silence
from pipeline.version import Rule
from pipeline.world import World


@dataclass(slots=True)
class Watched:
    """A run that was pending all through a remembered gap."""

    key: int
    since: float
    right: bool = False
    """What the gap's newest late row said."""


class RuleState:
    """A rule in force, with the state of all its keys and remembered gaps."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.versions = [rule.version]
        self.keys = hold_table()
        self.gaps = hold_table()
        self.silence = Silence() if asks_silence(rule.detector) else None
        self.memory: Array | None = None
        self.gap_memory: Array | None = None
        if rule.detector.memory is not None:
            self.memory = np.zeros(0, rule.detector.memory)
            self.gap_memory = np.zeros(0, rule.detector.memory)
        self.judged = np.zeros(0, bool)
        """By remembered gap: whether the rule is judged in it."""
        self.slot_of: dict[int, int] = {}
        """remembered gap -> slot in `gaps`; only those where something is going on"""
        self.watched: dict[int, Watched] = {}
        """remembered gap -> a run that was pending through it"""
        self.gap_key = np.zeros(0, np.int64)
        """slot in `gaps` -> key"""
        self.free: list[int] = []
        self.listener: Listener | None = None

    def change(self, rule: Rule) -> None:
        """A new version of the rule is in force (rule 18)."""
        if rule.version == self.rule.version:
            self.rule = rule
            return
        if asks_silence(rule.detector) and self.silence is None:
            self.silence = Silence()
            self.silence.states.grow(self.keys.size)
        if rule.detector != self.rule.detector:  # what it remembered was another's
            kind = rule.detector.memory
            self.memory = None if kind is None else np.zeros(self.keys.size, kind)
            self.gap_memory = None if kind is None else np.zeros(self.gaps.size, kind)
        self.rule = rule
        self.versions.append(rule.version)
        self.watched = {gap: w for gap, w in self.watched.items() if self.keys["assumed"][w.key]}
        change_rule(self.keys)
        change_rule(self.gaps)

    def grow(self, keys: int, gaps: int) -> None:
        """Room for this many keys and remembered gaps."""
        self.keys.grow(keys)
        if self.silence is not None:
            self.silence.states.grow(keys)
        if self.memory is not None and len(self.memory) < self.keys.size:
            self.memory = _longer(self.memory, max(keys, len(self.memory) * 3 // 2))
        if len(self.judged) < gaps:
            self.judged = _longer(self.judged, max(gaps, len(self.judged) * 3 // 2))

    def live(self, turned: Turned, ticks: list[Ticks], world: World, names: Names, changes: Changes) -> None:
        """A block of live rows, and what the block's ticks say of all keys."""
        mine = own(self.rule, turned, world, names)
        rule = self.rule
        version = len(self.versions) - 1
        setting = Setting(rule.hold, ticks, version=version)

        def keep(row: int) -> None:
            """What the key remembered when the gap began goes on in the gap."""
            slot = self._slot(int(asked.gap[row]), int(asked.slot[row]))
            if self.memory is not None and self.gap_memory is not None:
                self.gap_memory[slot] = self.memory[asked.slot[row]]

        asked, leaving = mine, np.flatnonzero((mine.gap >= 0) & mine.alone)
        asks = self.silence is not None
        judged, idle = judge(rule.detector, mine, world, self.memory, asks=asks, leaving=leaving, before=keep)
        mine, judged, idle = merge(mine, judged, idle)
        while len(none := no_rows_at_all(setting, self.keys, mine.slot[mine.starts], mine.starts, judged)):
            rest = np.delete(np.arange(len(judged.ts)), none)
            mine, judged, idle = mine.take(rest), judged.take(rest), None if idle is None else idle[rest]
        breaking = self._breaking(mine, setting.silence)
        slots = mine.slot[mine.starts]
        if self.silence is not None:
            if idle is None:
                idle = np.full(len(judged.ts), np.inf)
            left = np.where(mine.alone, mine.gap, -1)
            self.silence.step(ticks, slots, mine.starts, judged, idle, left, version, changes)
        waiting = active(self.keys)
        if len(slots) and len(waiting):
            waiting = waiting[~np.isin(waiting, slots)]
        leaving = np.flatnonzero((mine.gap >= 0) & mine.alone)
        if self.listener is not None:
            self.listener(mine, judged, self.keys)
        copies = step(setting, self.keys, slots, mine.starts, judged, changes, waiting, leaving)
        self.judged[mine.gap[breaking]] = True
        if copies is not None:
            for k, row in enumerate(copies.row.tolist()):
                slot = self._slot(int(mine.gap[row]), int(mine.slot[row]))
                self.gaps.put(np.array([slot]), {name: column[k : k + 1] for name, column in copies.states.items()})
            for row, since in zip(copies.pending_row.tolist(), copies.pending_since.tolist(), strict=True):
                self.watched[int(mine.gap[row])] = Watched(int(mine.slot[row]), since)

    def late(self, turned: Turned, world: World, names: Names, changes: Changes, gaps: Table, gap_of: Floats) -> None:
        """A block of late rows; `turned.slot` is their remembered gap. gap_of: by stream code, seconds."""
        mine = own(self.rule, turned, world, names)
        barred = np.zeros(len(mine.slot), bool)
        if self.silence is not None and self.silence.past:
            for k in np.lexsort((mine.rows.ts, mine.turn)).tolist():
                gap, ts = int(mine.gap[k]), float(mine.rows.ts[k])
                if gap in self.silence.past:
                    barred[k] = ts == self.silence.past[gap].started
                    self.silence.late(gap, ts, float(mine.known[k]), int(mine.turn[k]), changes)
        judged_in = self.judged[mine.gap]
        asked = np.flatnonzero(judged_in | np.isin(mine.gap, list(self.watched)))
        mine, barred, judged_in = mine.take(asked), barred[asked], judged_in[asked]
        if not len(mine.slot):
            return
        for gap in mine.slot[mine.starts].tolist():
            self._slot(gap, int(gaps["key"][gap]))
        slot = np.fromiter((self.slot_of[gap] for gap in mine.slot.tolist()), np.int64, len(mine.slot))
        mine.slot = slot
        judged, _ = judge(self.rule.detector, mine, world, self.gap_memory, asks=False)
        judged.barred = barred if barred.any() else None
        judged.filled = gaps["until"][mine.gap] - mine.rows.ts <= gap_of[mine.rows.stream]
        if self.listener is not None:
            self.listener(mine, judged, self.gaps)
        if not judged_in.all():
            self._watch(mine, judged, changes)
            keep = np.flatnonzero(judged_in)
            mine, judged = mine.take(keep), judged.take(keep)
            if not len(keep):
                return
        late = Changes()
        setting = Setting(self.rule.hold, [], late=True, version=len(self.versions) - 1)
        step(setting, self.gaps, mine.slot[mine.starts], mine.starts, judged, late, np.empty(0, np.int64))
        self._as_keys(late, changes)

    def ticks_alone(self, keys: Longs, ticks: list[Ticks], turn: int, deadline: Floats, changes: Changes) -> None:
        """What ticks say of keys that are about to be forgotten: timers due by each one's `deadline`, at the tick at
        `turn`.
        """
        version = len(self.versions) - 1
        deadline = np.nextafter(deadline, np.inf)  # timers of the same time come before
        active = self.keys["open"][keys] | self.keys["wrong"][keys]
        none = np.empty(0, np.int64)
        if active.any():
            setting = Setting(self.rule.hold, ticks, version=version, turn=turn, deadline=deadline[active])
            step(setting, self.keys, none, none, no_rows(), changes, keys[active])
        if self.silence is not None:
            self.silence.ticks_alone(keys, ticks, turn, deadline, version, changes)

    def watches(self, span: Floats) -> Flags:
        """Whether the hold may go on through gaps of these lengths with a run that silence confirms (17)."""
        assume = self.rule.hold.assume
        return np.zeros(len(span), bool) if assume is None else span <= assume

    def _watch(self, mine: Turned, judged: Judged, changes: Changes) -> None:
        """Late rows of gaps that the hold went on through: a right one withdraws what silence alone had confirmed."""
        states = self.keys
        for k in np.lexsort((judged.ts, judged.turn)).tolist():
            watched = self.watched.get(int(mine.gap[k]))
            if watched is None:
                continue
            watched.right = bool(judged.right[k]) or (watched.right and not judged.wrong[k])
            slot = watched.key
            same = states["assumed"][slot] and states["since"][slot] == watched.since
            if watched.right and same and judged.ts[k] <= states["confirmed"][slot]:
                withdraw(states, slot, float(judged.known[k]), int(judged.turn[k]), changes)

    def close_gaps(self, closings: list[Closing], changes: Changes, reason: str = "gap") -> None:
        """Remembered gaps that are no longer remembered."""
        slots, known, position = [], [], []
        for closing in closings:
            if self.silence is not None:
                self.silence.past.pop(closing.gap, None)
            self.watched.pop(closing.gap, None)
            if closing.gap < len(self.judged):
                self.judged[closing.gap] = False
            slot = self.slot_of.pop(closing.gap, None)
            if slot is not None:
                slots.append(slot)
                known.append(closing.known)
                position.append(closing.position)
        if slots:
            late = Changes()
            close(self.gaps, np.array(slots), reason, np.array(known), np.array(position), late)
            self._as_keys(late, changes)
            self.free += slots

    def close_keys(
        self, keys: Longs, reason: str, newest: Floats, known: Array, position: Array, changes: Changes
    ) -> None:
        """Keys that are forgotten, or all of them where the rule is removed. newest: ts of each one's newest row."""
        if self.silence is not None:
            self.silence.close(keys, reason, newest, known, position, changes)
        close(self.keys, keys, reason, known, position, changes)
        if self.memory is not None:
            self.memory[keys] = np.zeros(1, self.memory.dtype)

    def _as_keys(self, late: Changes, changes: Changes) -> None:
        for change, columns in late.blocks:
            changes.blocks.append((change, {**columns, "slot": self.gap_key[columns["slot"]]}))

    def _slot(self, gap: int, key: int) -> int:
        slot = self.slot_of.get(gap)
        if slot is None:
            slot = self.free.pop() if self.free else self.gaps.size
            self.gaps.grow(slot + 1)
            if len(self.gap_key) <= slot:
                self.gap_key = _longer(self.gap_key, max(64, slot * 2))
            if self.gap_memory is not None and len(self.gap_memory) <= slot:
                self.gap_memory = _longer(self.gap_memory, max(64, slot * 2))
            self.gap_key[slot] = key
            if self.gap_memory is not None:
                self.gap_memory[slot] = np.zeros(1, self.gap_memory.dtype)[0]
            self.slot_of[gap] = slot
        return slot

    def _breaking(self, mine: Turned, silence: float) -> Longs:
        """Rows that leave a remembered gap in which this rule is judged (rule 16)."""
        if not np.isfinite(silence):
            return np.empty(0, np.int64)
        rows = np.flatnonzero((mine.gap >= 0) & mine.alone)
        if not len(rows):
            return rows
        first = np.zeros(len(mine.slot), bool)
        first[mine.starts] = True
        ts = mine.rows.ts
        before = np.where(first[rows], self.keys["ts"][mine.slot[rows]], ts[rows - 1])
        return rows[~(ts[rows] - before <= silence)]

    def table(self) -> dict[str, Any]:
        """What a snapshot holds: plain columns."""
        state: dict[str, Any] = {f"keys.{k}": v for k, v in self.keys.dump().items()}
        state |= {f"gaps.{k}": v for k, v in self.gaps.dump().items()}
        state["judged"], state["gap_key"] = self.judged, self.gap_key[: self.gaps.size]
        state["slot_of"] = np.array(list(self.slot_of.items()), np.int64).reshape(-1, 2)
        state["free"] = np.array(self.free, np.int64)
        watched = [(gap, w.key, w.since, w.right) for gap, w in self.watched.items()]
        state["watched"] = np.array(watched, np.float64).reshape(-1, 4)
        if self.memory is not None and self.gap_memory is not None:
            state["memory"], state["gap_memory"] = self.memory, self.gap_memory
        if self.silence is not None:
            state |= {f"silence.{k}": v for k, v in self.silence.states.dump().items()}
            past = [
                (gap, p.started, p.ended, p.lon, p.lat, p.version, p.slot, p.withdrawn)
                for gap, p in self.silence.past.items()
            ]
            state["past"] = np.array(past, np.float64).reshape(-1, 8)
        return state

    def load(self, state: dict[str, Any]) -> None:
        """What `table` gave."""

        def part(prefix: str) -> dict[str, Array]:
            return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}

        self.keys.load(part("keys."))
        self.gaps.load(part("gaps."))
        self.judged, self.gap_key = state["judged"].copy(), state["gap_key"].copy()
        self.slot_of = {int(gap): int(slot) for gap, slot in state["slot_of"]}
        self.free = state["free"].tolist()
        for gap, key, since, right in state["watched"].tolist():
            self.watched[int(gap)] = Watched(int(key), since, bool(right))
        if self.memory is not None:
            self.memory, self.gap_memory = state["memory"].copy(), state["gap_memory"].copy()
        if self.silence is not None:
            self.silence.states.load(part("silence."))
            for gap, started, ended, lon, lat, version, slot, gone in state["past"].tolist():
                self.silence.past[int(gap)] = PastSilence(started, ended, lon, lat, int(version), int(slot), bool(gone))


def _longer(column: Array, size: int) -> Array:
    longer = np.zeros(size, column.dtype)
    longer[: len(column)] = column
    return longer

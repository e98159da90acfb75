"""judging: one rule over the rows of one kind: which rows are its own, the detector's answers, and the holds they go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.clocks import Ticks
from pipeline.columns import Array, Table
from pipeline.detector import Detector
from pipeline.hold import Changes, active, change_rule, close, step, withdraw
from pipeline.lines import Closing
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Floats, Longs, Reading, Rows
from pipeline.scan import Judged, Setting, hold_table, no_rows
from pipeline.silence import PastSilence, Silence
from pipeline.version import Rule
from pipeline.world import World


@dataclass(slots=True)
class Turned:
    """Accepted rows of one kind, sorted by slot (key, or remembered gap) and, within, by turn. All columns of shape (n,)."""

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


def starts_of(slot: Longs) -> Longs:
    """Where each value begins in a sorted column."""
    first = np.ones(len(slot), bool)
    first[1:] = slot[1:] != slot[:-1]
    return np.flatnonzero(first)


def asks_silence(detector: Detector) -> bool:
    """Whether the detector has an `idle` of its own."""
    return type(detector).idle is not Detector.idle


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

    def own(self, turned: Turned, world: World, names: Names) -> Turned:
        """The rows that are rows for this rule (rule 6)."""
        rule, rows = self.rule, turned.rows
        keep: Flags | None = None
        if rule.metric is not None and isinstance(rows, Reading):
            keep = rows.metric == names.code(rule.metric)
        if rule.classes:
            mine = world.of_class(rows.subject, rows.ts, rule.classes)
            keep = mine if keep is None else keep & mine
        for name in rule.detector.needs:
            column = rows.column(name)
            if column is None:
                return turned.take(np.empty(0, np.int64))
            has = ~np.isnan(column) if column.strides != (0,) else np.full(len(rows), not np.isnan(column[:1]).any())
            if not has.all():
                keep = has if keep is None else keep & has
        if keep is None or keep.all():
            return turned
        return turned.take(np.flatnonzero(keep))

    def live(self, turned: Turned, ticks: list[Ticks], world: World, names: Names, changes: Changes) -> None:
        """A block of live rows, and what the block's ticks say of all keys."""
        mine = self.own(turned, world, names)
        rule = self.rule
        version = len(self.versions) - 1
        setting = Setting(rule.hold, ticks, version=version)
        leaving = np.flatnonzero((mine.gap >= 0) & mine.alone)
        judged, idle = self._judge(mine, world, leaving)
        mine, judged, idle = _merge(mine, judged, idle)
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
        copies = step(setting, self.keys, slots, mine.starts, judged, changes, waiting, leaving)
        self.judged[mine.gap[breaking]] = True
        if copies is not None:
            for k, row in enumerate(copies.row.tolist()):
                slot = self._slot(int(mine.gap[row]), int(mine.slot[row]))
                self.gaps.put(np.array([slot]), {name: column[k : k + 1] for name, column in copies.states.items()})
            for row, since in zip(copies.pending_row.tolist(), copies.pending_since.tolist(), strict=True):
                self.watched[int(mine.gap[row])] = Watched(int(mine.slot[row]), since)

    def late(self, turned: Turned, world: World, names: Names, changes: Changes, gaps: Table) -> None:
        """A block of late rows; `turned.slot` is their remembered gap."""
        mine = self.own(turned, world, names)
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
        judged, _ = self._judge(mine, world, np.empty(0, np.int64), in_gaps=True)
        judged.barred = barred if barred.any() else None
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
        """What ticks say of keys that are about to be forgotten: timers due by each one's `deadline`, at the tick at `turn`."""
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

    def _judge(
        self, mine: Turned, world: World, leaving: Longs, *, in_gaps: bool = False
    ) -> tuple[Judged, Floats | None]:
        """The detector's answers, and where it asks about silence, from when on that is wrong."""
        rows, detector = mine.rows, self.rule.detector
        n = len(rows)
        wrong, right = np.zeros(n, bool), np.zeros(n, bool)
        measure, place = np.full(n, -np.inf), np.full(n, NOBODY, np.int32)
        idle: Floats | None = None
        asks = self.silence is not None and not in_gaps
        memory = self.gap_memory if in_gaps else self.memory
        if n and memory is None:
            self._answer(detector, rows, world, None, slice(None), wrong, right, measure, place)
            if asks:
                said = detector.idle(rows, world, None)
                idle = None if said is None else np.asarray(said, np.float64)
        elif n:
            # A key at most once a call: round r takes the r-th row of each.
            idle = np.full(n, np.inf) if asks else None
            ends = np.append(mine.starts[1:], n)
            leaves = set(leaving.tolist())
            for r in range(int((ends - mine.starts).max())):
                index = (mine.starts + r)[mine.starts + r < ends]
                for row in [k for k in index.tolist() if k in leaves]:
                    slot = self._slot(int(mine.gap[row]), int(mine.slot[row]))
                    self.gap_memory[slot] = self.memory[mine.slot[row]]  # type: ignore[index]
                some, kept = rows.take(index), memory[mine.slot[index]]
                self._answer(detector, some, world, kept, index, wrong, right, measure, place)
                if idle is not None:
                    said = detector.idle(some, world, kept)
                    if said is not None:
                        idle[index] = said
                memory[mine.slot[index]] = kept
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

    def _answer(
        self,
        detector: Detector,
        rows: Rows,
        world: World,
        memory: Array | None,
        index: Any,
        wrong: Flags,
        right: Flags,
        measure: Floats,
        place: Array,
    ) -> None:
        judgement = detector.judge(rows, world, memory)
        wrong[index] = judgement.wrong
        right[index] = ~judgement.wrong if judgement.right is None else judgement.right & ~judgement.wrong
        if judgement.measure is not None:
            worse = judgement.measure if detector.worse is max else -judgement.measure
            measure[index] = np.where(np.isnan(worse), -np.inf, worse)
        if judgement.place is not None:
            place[index] = judgement.place

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
            past = [(gap, p.started, p.ended, p.lon, p.lat, p.version, p.slot) for gap, p in self.silence.past.items()]
            state["past"] = np.array(past, np.float64).reshape(-1, 7)
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
            for gap, started, ended, lon, lat, version, slot in state["past"].tolist():
                self.silence.past[int(gap)] = PastSilence(started, ended, lon, lat, int(version), int(slot))


def _longer(column: Array, size: int) -> Array:
    longer = np.zeros(size, column.dtype)
    longer[: len(column)] = column
    return longer


def _merge(mine: Turned, judged: Judged, idle: Floats | None) -> tuple[Turned, Judged, Floats | None]:
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
    widest = np.where(mine.gap >= 0, np.arange(n), -1)
    left = np.maximum.reduceat(widest, first)
    merged.gap = np.where(left >= 0, mine.gap[left], -1)
    merged.alone = mine.alone[np.maximum(left, 0)]
    return merged, one, None if idle is None else idle[last]

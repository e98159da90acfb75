"""engine: journal entries in, changes of episodes out; one object for each partition of keys.

Deterministic: the same entries give the same events, however they are split into blocks, and `restore(snapshot())`
changes nothing. No clock, no files. Its meaning is docs/concepts/time.md; the parts of it are `clocks` (ticks), `turns`
(waiting), `lines` (which rows count), `judging` (one rule), `scan`, `overlay`, `hold`, `silence` (what lasts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.asking import Turned
from pipeline.carry import Carry
from pipeline.clock_watch import ClockWatch
from pipeline.clocks import Clocks, Down, Ticks
from pipeline.columns import Array
from pipeline.entries import Kind
from pipeline.episode import Episode, EpisodeEvent
from pipeline.hold import Changes
from pipeline.judging import RuleState
from pipeline.kinds import KindState, asides_of
from pipeline.lines import FATES, LATE, Accepted, Closing
from pipeline.names import Names
from pipeline.overlay import NEVER
from pipeline.reporting import Reporter
from pipeline.rows import KINDS, Floats, Longs, Position, Reading, Rows
from pipeline.silence import unsaid
from pipeline.snapshots import dump, load
from pipeline.timing import Timing
from pipeline.turns import Called
from pipeline.version import Aside, Version

LoadVersion = Callable[[bytes, Names], Version]
"""A VERSION entry's payload -> what it makes current."""


ASIDES_KEPT = 100_000
"""How much of what was set aside waits for somebody to take it; what is older is lost, and was counted."""


class NoVersion(ValueError):
    """Deliveries came before any version entry: nobody could say what they mean."""


class Engine:
    """Judges one partition's journal. Feed it batches in order."""

    def __init__(self, load_version: LoadVersion) -> None:
        self.load_version = load_version
        self.names = Names()
        self.position = 0
        """The next journal position it expects."""
        self.version: Version | None = None
        self.version_payload = b""
        self.clocks = Clocks()
        self.sources: list[str] = []
        """Sources by code: in order of appearance, kept for good."""
        self.passed: list[tuple[float, float]] = []
        """By source code: the last effective tick that was judged, and since when the source has been up."""
        self.streams: list[str] = []
        """Streams by code, likewise."""
        self.rules: dict[str, RuleState] = {}
        self.kinds: dict[str, KindState] = {name: KindState(kind) for name, kind in KINDS.items()}
        self.counts: Counter[str] = Counter()
        """live, late, and why rows were set aside"""
        self.seen: Callable[[Names, list[Rows], float], None] | None = None
        """Who is shown rows as they are decoded (names, blocks, how far ahead of its arrival one may be), and changes
        none."""
        self.clock_watch: ClockWatch | None = None
        """Who is shown when rows were by their terminals' own clocks."""
        self.listening: Callable[[Engine], None] | None = None
        """Called before entries between two versions are judged: who listens to rules finds them here."""
        self.asides: list[Aside] = []
        """What was set aside and is worth a look, since the last `take_asides`; repetitions are only counted."""
        self.ahead = np.inf
        self.gap_of = np.empty(0)
        self.lateness_of = np.empty(0)
        self.own_forget = np.empty(0)
        self.forget_of = np.empty(0)
        self.source_of = np.empty(0, np.int16)
        self.carry_of: list[Mapping[str, float]] = []
        """By stream code: its remembered gap's length, its lateness, its own `forget` (NaN: none), the one that counts,
        its source's code, what it carries.
        """
        self.carry = Carry()
        self.reporter = Reporter(self)

    # ---- entries

    def feed(self, batch: pa.RecordBatch, first: int) -> list[EpisodeEvent]:
        """Takes the entries of `batch`, whose first has position `first`; returns what became known, in order.

        Entries before `position` have been seen and are skipped. Raises ValueError where entries are missing.
        """
        if first > self.position:
            raise ValueError(f"expected the entry at position {self.position}, got one at {first}: entries are missing")
        seen = min(self.position - first, len(batch))
        if seen:
            batch, first = batch.slice(seen), first + seen
        events: list[EpisodeEvent] = []
        kinds = batch.column("kind").to_numpy()
        start = 0
        for cut in [*np.flatnonzero(kinds == Kind.VERSION).tolist(), len(batch)]:
            if cut > start:
                events += self._part(batch.slice(start, cut - start), first + start, kinds[start:cut])
            if cut < len(batch):
                events += self._become(batch.column("payload")[cut].as_py(), first + cut)
            start = cut + 1
        self.position = max(self.position, first + len(batch))
        return events

    def _part(self, batch: pa.RecordBatch, first: int, kinds: Array) -> list[EpisodeEvent]:
        """Entries without a version change among them."""
        if self.listening is not None:
            self.listening(self)
        blocks: list[Rows] = []
        if (kinds == Kind.DELIVERY).any():
            if self.version is None:
                raise NoVersion(f"the delivery at position {first} comes before any version entry")
            decoded = self.version.decode(batch, first, self.names)
            self._aside(decoded.aside)
            codes = np.array([self.streams.index(stream.name) for stream in self.version.streams], np.int32)
            for rows in decoded.rows:
                rows.stream = codes[rows.stream]
                blocks.append(rows)
            if self.clock_watch is not None:
                self.clock_watch.take(self.names, decoded.said)
            if self.seen is not None:
                self.seen(self.names, blocks, self.version.ahead)
        del self.asides[:-ASIDES_KEPT]
        timing = Timing(self.clocks, self._source, self._down)
        timing.read(batch, first, kinds)
        events = [event for down in timing.downs for event in self.reporter.down(down)]
        for since, until in timing.spans(first, first + len(batch)):
            events += self._span(blocks, timing, since, until)
        return sorted(events, key=by_position)

    def _span(self, blocks: list[Rows], timing: Timing, since: int, until: int) -> list[EpisodeEvent]:
        """The entries from position `since` up to `until`; after the first of them no source comes back from down."""
        ticks = timing.tables(self.passed, since, until)
        rows = [some for some in (_between(block, since, until) for block in blocks) if len(some)]
        cut = self._cut(rows, ticks, since, until)
        if cut is not None:
            return self._span(blocks, timing, since, cut) + self._span(blocks, timing, cut, until)
        changes: list[tuple[str, str, Changes]] = []
        # Readings first: positions take what they lack from them.
        for name, kind in sorted(self.kinds.items(), key=lambda item: item[1].kind is not Reading):
            changes += self._kind(name, kind, [some for some in rows if some.kind == name], ticks)
        self.carry.settle()
        self.passed = [(table.last, table.up_since) for table in ticks]
        events = self.reporter.events(changes)
        for name, kind in self.kinds.items():
            self._give_back(name, kind)
        return events

    def _cut(self, rows: list[Rows], ticks: list[Ticks], since: int, until: int) -> int | None:
        """Where to cut a span in which a line might be forgotten between two of its rows; None: nowhere."""
        newest = max((table.last for table in ticks if len(table.times)), default=-np.inf)
        waiting = [kind.turns.waiting for kind in self.kinds.values() if len(kind.turns.waiting)]
        inner = np.unique(np.concatenate([[], *(table.positions for table in ticks)]))
        first = [table for table in ticks if len(table.positions) and table.positions[0] == since]
        if (
            first
            and until > since + 1
            and any(self._overdue(kind.turns.waiting, first[0]) for kind in self.kinds.values())
        ):
            return since + 1
        if not len(inner):
            return None
        inner = inner[inner > since]
        oldest = min((float(some.received.min()) for some in rows + waiting), default=np.inf)
        if len(inner) and newest - oldest > self.forget_of.min(initial=np.inf):
            # by its own source's ticks: rows may wait for one that has not ticked for long
            due = np.array([table.last for table in ticks])[self.source_of] - self.forget_of
            if any((some.received < due[some.stream]).any() for some in rows + waiting):
                return int(inner[len(inner) // 2])
        cuts = []
        for name, kind in self.kinds.items():
            lines, _, position, _ = kind.due_for_eviction(
                None, ticks, self.source_of, self.lateness_of, self.ahead, self.forget_of
            )
            if len(lines):
                mine = [some for some in rows + waiting if some.kind == name]
                concerned = position[np.isin(kind.lines.lines["key"][lines], kind.keys_of(mine))]
                # The tick at `since` itself may let rows go: then it is a span of its own.
                cuts += [at for at in np.maximum(concerned, since + 1).tolist() if at < until]
        return min(cuts, default=None)

    def _overdue(self, waiting: Rows, table: Ticks) -> bool:
        """Whether a tick lets rows go whose line it finds silent for too long at once: ticks so far apart."""
        wait = self.lateness_of[waiting.stream]
        now = float(table.times[0])
        let_go = waiting.ts + wait <= now
        silence = now - wait - np.maximum(waiting.received, table.up_since)
        return bool((let_go & (silence > self.forget_of[waiting.stream])).any())

    def _kind(self, name: str, kind: KindState, new: list[Rows], ticks: list[Ticks]) -> list[tuple[str, str, Changes]]:
        """One kind's rows, and what the span's ticks say of its keys."""
        version = self.version
        if version is None:
            return []
        rules = [state for state in self.rules.values() if state.rule.kind.kind == name]
        changes = {state.rule.id: Changes() for state in rules}
        called = kind.turns.call(new, ticks, self.source_of, self.lateness_of, self.names)
        self._forget_lines(kind, rules, called, ticks, changes)
        if called is None:
            turned = late = self._nothing(kind)
            accepted = None
        else:
            accepted, key, order, starts = kind.accept(called, self.gap_of, version.ahead, self.forget_of)
            if self.carry.columns:
                self._carry(called, accepted)
            turned, late = kind.live(called, accepted, key, order, starts), kind.late(called, accepted)
            for code, count in enumerate(np.bincount(accepted.fate).tolist()):
                if count:
                    self.counts[FATES[code]] += count
            for position, fate, message, stream in asides_of(called, accepted):
                self.asides.append(Aside(position, fate, self.streams[stream], message))
        for state in rules:
            found = changes[state.rule.id]
            state.grow(len(kind.key_numbers), kind.lines.gaps.size)
            gaps = kind.lines.gaps
            for some, some_late, some_ticks in _pieces(state, turned, late, ticks, gaps["until"] - gaps["from"]):
                state.live(some, some_ticks, version.world, self.names, found)
                if len(some_late.slot):
                    state.late(some_late, version.world, self.names, found, gaps, self.gap_of)
        if called is not None:
            silence = called.known - called.wait - called.rows.received
            if (silence > self.forget_of[called.rows.stream]).any():
                self._forget_lines(kind, rules, None, ticks, changes)
        closings = accepted.closings if accepted is not None else []
        for closing in [closing for closing in closings if closing.forgotten]:
            closings[closings.index(closing)] = kind.forgotten_at(closing.gap, ticks, self.source_of, self.forget_of)
        self._close_gaps(kind, rules, closings, changes)
        self._close_gaps(kind, rules, kind.forgotten(ticks, self.source_of, self.forget_of), changes)
        return [(name, rule, found) for rule, found in changes.items()]

    def _carry(self, called: Called, accepted: Accepted) -> None:
        """Readings are kept for positions, which take what they lack from them."""
        counts = accepted.fate <= LATE
        if isinstance(called.rows, Reading):
            self.carry.heard(called.rows, called.turn, counts, self.names)
        elif isinstance(called.rows, Position):
            self.carry.fill(called.rows, called.turn, counts)

    def _close_gaps(
        self, kind: KindState, rules: list[RuleState], closings: list[Closing], changes: dict[str, Changes]
    ) -> None:
        for state in rules:
            state.close_gaps(closings, changes[state.rule.id])
        kind.lines.release([closing.gap for closing in closings])

    def _forget_lines(
        self,
        kind: KindState,
        rules: list[RuleState],
        called: Called | None,
        ticks: list[Ticks],
        changes: dict[str, Changes],
    ) -> None:
        """Rule 7: lines and keys silent for longer than `forget`. What ticks say of them up to then comes first."""
        lines, known, position, due = kind.due_for_eviction(
            called, ticks, self.source_of, self.lateness_of, self.ahead, self.forget_of
        )
        for at in np.unique(position).tolist():
            mine = position == at
            latest: dict[int, float] = {}
            for key, time in zip(kind.lines.lines["key"][lines[mine]].tolist(), due[mine].tolist(), strict=True):
                latest[key] = max(time, latest.get(key, -np.inf))
            spoken = [
                key
                for key, (turn, ts) in kind.speaking.items()
                if turn < at or (turn == at and ts <= latest.get(key, -np.inf))
            ]
            preceded = [key for key, turn in kind.preceded if turn == at]
            gone, gaps, newest = kind.lines.silent(
                lines[mine], np.array(spoken, np.int64), np.array(preceded, np.int64)
            )
            tick = float(known[mine][0])
            keys = np.array(gone, np.int64)
            deadline = np.array([latest[key] for key in gone], np.float64)
            until = [table.between(-1, at + 1) for table in ticks]
            for state in rules:
                state.grow(len(kind.key_numbers), kind.lines.gaps.size)
                state.ticks_alone(keys, until, at, deadline, changes[state.rule.id])
                n = len(keys)
                state.close_keys(keys, "forgotten", newest, np.full(n, tick), np.full(n, at), changes[state.rule.id])
            until_of = kind.lines.gaps["until"]
            forget = self.forget_of[kind.lines.lines["stream"][kind.lines.gaps["line"][gaps]]].tolist()
            closings = [
                # A gap may have been forgotten by an earlier tick than its line.
                kind.forgotten_at(gap, ticks, self.source_of, self.forget_of)
                if until_of[gap] < tick - after
                else Closing(gap, tick, at)
                for gap, after in zip(gaps, forget, strict=True)
            ]
            self._close_gaps(kind, rules, closings, changes)

    def _give_back(self, name: str, kind: KindState) -> None:
        """Numbers of tracks that are forgotten serve others."""
        keys = kind.without_line()
        if not len(keys):
            return
        of_kind = [state for state in self.rules.values() if state.rule.kind.kind == name]

        def since(some: Longs) -> Floats:
            """The least ts that a row of each key may have by its lines' sources (5)."""
            passed = np.array([tick for tick, _ in self.passed])[self.source_of] - self.forget_of
            return kind.least(some, passed)

        kind.give_back(unsaid([state.silence for state in of_kind if state.silence is not None], keys, since))

    def _nothing(self, kind: KindState) -> Turned:
        none = np.empty(0, np.int64)
        return Turned(
            kind.kind.empty(),
            none,
            none,
            none,
            np.empty(0),
            np.empty(0),
            none.astype(np.int16),
            none,
            none.astype(bool),
        )

    # ---- versions

    def _become(self, payload: bytes, position: int) -> list[EpisodeEvent]:
        """A version is current from here on (rule 18)."""
        version = self.load_version(payload, self.names)
        unwatched = self._unwatched(version, position)
        self._adopt(version, payload)
        changes: list[tuple[str, str, Changes]] = []
        wanted = {rule.id: rule for rule in version.rules}
        for rule_id, state in list(self.rules.items()):
            new = wanted.get(rule_id)
            if new is not None and new.kind is state.rule.kind:
                state.change(new)
                continue
            removed = Changes()
            keys = np.arange(state.keys.size)
            source = np.maximum(state.keys["source"], 0)
            tick = np.array([self.passed[code][0] for code in source.tolist()]) if len(keys) else np.empty(0)
            heard = self.kinds[state.rule.kind.kind].lines.keys["newest"][: len(keys)]
            state.close_keys(keys, "removed", heard, tick, np.full(len(keys), position), removed)
            lines = self.kinds[state.rule.kind.kind].lines
            gaps = np.array(list(state.slot_of), np.int64)
            source = self.source_of[lines.lines["stream"][lines.gaps["line"][gaps]]].tolist()
            ends = [
                Closing(gap, self.passed[code][0], position) for gap, code in zip(gaps.tolist(), source, strict=True)
            ]
            state.close_gaps(ends, removed, "removed")
            changes.append((state.rule.kind.kind, rule_id, removed))
        events = unwatched + self.reporter.events(changes)
        for rule_id in [rule_id for rule_id in self.rules if wanted.get(rule_id) is None]:
            del self.rules[rule_id]
        ordered: dict[str, RuleState] = {}
        for rule in version.rules:
            kept = self.rules.get(rule.id)
            ordered[rule.id] = kept if kept is not None and kept.rule.kind is rule.kind else RuleState(rule)
            kind = self.kinds[rule.kind.kind]
            ordered[rule.id].grow(len(kind.key_numbers), kind.lines.gaps.size)
        self.rules = ordered
        return sorted(events, key=by_position)

    def _unwatched(self, version: Version, position: int) -> list[EpisodeEvent]:
        """Sources that a version no longer has are not watched: that one is down is over, and they begin anew."""
        events: list[EpisodeEvent] = []
        newest = max((clock.newest for clock in self.clocks.by_name.values()), default=-np.inf)
        for name, clock in self.clocks.by_name.items():
            if name not in version.sources:
                if clock.down_open:
                    over = Down(name, clock.newest, newest, newest, position, told=True, removed=True)
                    events += self.reporter.down(over)
                clock.newest, clock.down_open, clock.unwatched = -np.inf, False, True
        return events

    def adopt(self, payload: bytes, rule_versions: dict[str, list[str]]) -> None:
        """Takes up the version of a snapshot, whose rules have had these versions."""
        version = self.load_version(payload, self.names)
        self._adopt(version, payload)
        for rule in version.rules:
            state = self.rules[rule.id] = RuleState(rule)
            state.versions = list(rule_versions[rule.id])

    def _adopt(self, version: Version, payload: bytes) -> None:
        self.version, self.version_payload = version, payload
        for name, source in version.sources.items():
            self._source(name)
            self.clocks.clock(name, source.down).down_after = source.down
        for stream in version.streams:
            if stream.name not in self.streams:
                self.streams.append(stream.name)
        by_name = {stream.name: stream for stream in version.streams}
        n = len(self.streams)
        # A stream that is gone keeps what it last was, for rows of it that still wait.
        new = n - len(self.source_of)
        self.gap_of = np.concatenate((self.gap_of, np.full(new, np.inf)))
        self.lateness_of = np.concatenate((self.lateness_of, np.zeros(new)))
        self.own_forget = np.concatenate((self.own_forget, np.full(new, np.nan)))
        self.source_of = np.concatenate((self.source_of, np.zeros(new, np.int16)))
        self.carry_of += [{} for _ in range(new)]
        for code, name in enumerate(self.streams):
            if name in by_name:
                stream = by_name[name]
                self.gap_of[code], self.lateness_of[code] = stream.gap, stream.lateness
                self.own_forget[code] = np.nan if stream.forget is None else stream.forget
                self.source_of[code], self.carry_of[code] = self._source(stream.source), stream.carry
        self.ahead = version.ahead
        self.forget_of = np.where(np.isnan(self.own_forget), version.forget, self.own_forget)
        self.carry.become({name for stream in version.streams for name in stream.carry}, self.carry_of)

    def _source(self, name: str) -> int:
        if name not in self.sources:
            self.sources.append(name)
            self.passed.append((-np.inf, -np.inf))
        return self.sources.index(name)

    def _down(self, name: str) -> float:
        source = self.version.sources.get(name) if self.version else None
        return source.down if source else np.inf

    # ---- what others ask

    def _aside(self, asides: list[Aside]) -> None:
        self.counts.update(aside.reason for aside in asides)
        self.asides += asides

    def take_asides(self) -> list[Aside]:
        """What was set aside since the last call and is worth a look; repetitions and disorder are only counted."""
        taken, self.asides = self.asides, []
        return taken

    def episodes(self) -> list[Episode]:
        """All open episodes as they stand, with their worst measure so far; sorted by (started, id)."""
        return self.reporter.standing()

    def snapshot(self) -> bytes:
        """All of the state; `restore` on a new engine gives one that goes on exactly as this one."""
        return dump(self)

    def restore(self, data: bytes) -> None:
        """Takes up the state of a snapshot. Raises ValueError where it is of another format."""
        load(self, data)


def by_position(event: EpisodeEvent) -> int:
    """Journal order."""
    return event.position


def _between(rows: Rows, since: int, until: int) -> Rows:
    """The rows whose deliveries lie in [since, until); their positions ascend."""
    low, high = np.searchsorted(rows.position, (since, until)).tolist()
    return rows if low == 0 and high == len(rows) else rows.take(np.arange(low, high))


def _pieces(
    state: RuleState, turned: Turned, late: Turned, ticks: list[Ticks], span: Floats
) -> Iterator[tuple[Turned, Turned, list[Ticks]]]:
    """A rule's rows in pieces: live ones, then the late ones whose turns come after them.

    One piece, unless late rows may show that what ticks concluded from silence was wrong, for which they must come in
    turn.
    """
    cuts = np.unique(late.turn[state.watches(span[late.gap])]).tolist() if len(late.slot) else []
    if not cuts:
        yield turned, late, ticks
        return
    edges = [-1, *cuts, NEVER]
    for since, until in pairwise(edges):
        live = np.flatnonzero((turned.turn >= since) & (turned.turn < until))
        some = np.flatnonzero((late.turn > since) & (late.turn <= until))
        yield turned.take(live), late.take(some), [table.between(since, until) for table in ticks]

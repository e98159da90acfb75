"""oracle: what docs/concepts/time.md says, one entry, one row, one tick at a time.

Written from the page alone, to be read beside it: "(8)" is rule 8, "(8r)" its reading, "choice" what the page leaves
open. It answers which episodes a journal gives. It reads entries (position, kind, source, topic, received, payload) and
the versions that VERSION entries name. It is slow on purpose: nothing is kept that could be looked up, and which timers
are due is worked out again at every tick. Its records are in oracle_book, carrying is in oracle_carry.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import numpy as np

from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names
from pipeline.rows import Presence, Reading, Rows, Sighting
from pipeline.version import Rule, Stream, Version
from tests.oracle_book import (
    INF,
    NAN,
    Book,
    Clock,
    Gap,
    Key,
    KeyName,
    Line,
    LineName,
    Outcome,
    Row,
    Run,
    Said,
    State,
    Turn,
    fresh,
    limit_of,
    worst,
)
from tests.oracle_carry import Carried

Entry = tuple[int, int, str, str, float, bytes]
Timer = tuple[float, int, KeyName, str, Callable[[], None]]


def oracle(entries: Iterable[Entry], versions: Callable[[bytes], Version], until: int | None = None) -> Outcome:
    """The episodes of a journal; `until`: only of its entries before that position."""
    it = Oracle(versions)
    for entry in entries:
        if until is None or entry[0] < until:
            it.entry(*entry)
    return it.book.out


class Oracle:
    def __init__(self, versions: Callable[[bytes], Version]) -> None:
        self.versions, self.names, self.book = versions, Names(), Book()
        self.counts = self.book.out.counts
        self.version: Version | None = None
        self.rules: dict[str, Rule] = {}
        self.streams: dict[str, Stream] = {}  # (18r) by name; one that is gone is as it last was
        self.clocks: dict[str, Clock] = defaultdict(Clock)
        self.lines: dict[LineName, Line] = {}
        self.keys: dict[KeyName, Key] = {}
        self.waiting: list[Row] = []
        self.carried = Carried(self.book.out.hits)

    # ---- entries and turns -----------------------------------------------------------------------------------------

    def entry(self, position: int, kind: int, source: str, topic: str, received: float, payload: bytes) -> None:
        clock = self.clocks[source] if kind != Kind.VERSION else Clock()
        if kind == Kind.VERSION:
            self.change(payload, position)
        elif kind == Kind.DELIVERY:
            self.deliver(source, topic, received, payload, Turn(clock.tick, position))
        elif kind == Kind.TICK:
            self.look_for_down(source, received, position)
            clock.members[topic] = max(received, clock.members.get(topic) or -INF)  # (1) never backwards
            self.tick(source, position)
        elif kind == Kind.JOIN:
            clock.members[topic] = None  # (2r) until it ticks it holds nobody back
            self.tick(source, position)
        elif kind == Kind.LEAVE:
            clock.members.pop(topic, None)
            self.tick(source, position)

    def deliver(self, source: str, topic: str, received: float, payload: bytes, turn: Turn) -> None:
        if self.version is None:
            return
        buffer = EntryBuffer()
        buffer.add(Kind.DELIVERY, source, topic, received, payload)
        decoded = self.version.decode(buffer.batch(), turn.position, self.names)
        self.counts.update(aside.reason for aside in decoded.aside)
        at_once = []
        for block in decoded.rows:
            for i in range(len(block)):
                one = block.take(np.array([i]))
                stream = self.version.streams[int(one.stream[0])]
                subject = self.names[int(one.subject[0])]
                part = self.part(one)
                key, line = (one.kind, subject, part), (stream.name, subject, part)
                row = Row(one, key, line, float(one.ts[0]), float(one.received[0]), self.called(one))
                if stream.lateness == 0 or row.ts <= self.now(line):  # (4, 4r)
                    at_once.append(row)
                else:
                    self.waiting.append(row)
        at_once.sort(key=Row.time)  # (2) otherwise as they stand in the delivery
        while at_once:
            together = [row for row in at_once if (row.ts, row.key) == (at_once[0].ts, at_once[0].key)]  # (3)
            at_once = [row for row in at_once if row not in together]
            self.go(together, turn)

    def part(self, one: Rows) -> str:
        """(3) What its key names besides the subject: a reading's metric, a sighting's track, a presence's zone."""
        if isinstance(one, Reading):
            return self.names[int(one.metric[0])]
        if isinstance(one, Presence):
            return self.names[int(one.zone[0])]
        return str(int(one.track[0])) if isinstance(one, Sighting) else ""

    def called(self, one: Rows) -> dict[str, str]:
        """What the codes in its columns name."""
        return {c: self.names[int(one.column(c)[0])] for c in ("label", "zone")} if isinstance(one, Sighting) else {}

    def tick(self, source: str, position: int) -> None:
        """(2) The source ticks with the least of its members; then rows and timers go (4)."""
        clock = self.clocks[source]
        ticks = [t for t in clock.members.values() if t is not None]
        if not ticks or min(ticks) <= clock.tick:
            return  # (1) what does not go forward is no tick
        clock.tick = min(ticks)
        turn = Turn(clock.tick, position)
        while self.version is not None:
            free = [r for r in self.waiting if self.streams[r.line[0]].source == source and r.ts <= self.now(r.line)]
            row = min(free, key=lambda r: (r.time(), r.key, r.content()), default=None)
            timer = min(self.timers(source, turn), key=lambda t: t[:4], default=None)
            if row is not None and (timer is None or row.ts <= timer[0]):  # rows before timers
                together = sorted((r for r in free if (r.ts, r.key) == (row.ts, row.key)), key=Row.content)
                self.waiting = [r for r in self.waiting if r not in together]
                self.go(together, turn)
            elif timer is not None:
                timer[-1]()
            else:
                break

    def now(self, line: LineName) -> float:
        """(4) How far the time of a line's stream has come: its source's tick minus its lateness."""
        stream = self.streams[line[0]]
        return self.clocks[stream.source].tick - stream.lateness

    def forget(self, line: LineName) -> float:
        """(7r) Its stream's own, or the version's."""
        assert self.version is not None
        own = self.streams[line[0]].forget
        return self.version.forget if own is None else own

    def heard(self, line: LineName, received: float) -> float:
        """(11, 12) From when silence up to a tick counts."""
        return max(received, self.clocks[self.streams[line[0]].source].resumed)

    # ---- what ticks say --------------------------------------------------------------------------------------------

    def timers(self, source: str, turn: Turn) -> list[Timer]:
        """(13) What is due: (time, choice: ends by gap after the others, evictions last; key, rule, what to do)."""
        assert self.version is not None
        due: list[Timer] = []
        for name, key in self.keys.items():
            for rule_id, state in key.states.items():
                last = state.last
                if last is None or self.streams[last.line[0]].source != source:
                    continue
                rule, run, limit = self.rules[rule_id], self.book.run(state), limit_of(self.rules[rule_id])
                base = self.heard(last.line, last.received)
                silent = self.now(last.line) - base  # (11)
                if (
                    run
                    and self.book.may_assume(rule, run, last.ts)
                    and silent >= run.started + rule.hold.for_ - last.ts
                ):
                    confirmed = run.started + rule.hold.for_  # (9)
                    confirm = partial(self.book.open, rule, name, run, confirmed, turn, assumed=True)
                    due.append((base + confirmed - last.ts, 0, name, rule_id, confirm))
                start = self.idle(rule, name, state, last)
                if start < INF and silent >= start - last.ts:  # (13r)
                    opens = partial(self.fall_silent, rule, name, state, last, start, turn)
                    due.append((base + start - last.ts, 0, name, rule_id, opens))
                if run and not run.barred and self.book.is_open(run.id) and limit is not None and silent > limit:  # (8)
                    ends = partial(self.book.end, run.id, run.wrong, "gap", turn)
                    due.append((base + limit, 1, name, rule_id, ends))
        for line_name, line in self.lines.items():
            if self.streams[line_name[0]].source != source:
                continue
            base, after = self.heard(line_name, line.received), self.forget(line_name)
            if self.now(line_name) - base > after:  # (7)
                due.append((base + after, 2, line.key, "", partial(self.evict, line_name, turn)))
            for gap in line.gaps:
                if gap.until < turn.known - after:  # (15r)
                    forget = partial(self.close, line, gap, turn)
                    due.append((gap.until + after, 2, line.key, "", forget))
        return due

    def idle(self, rule: Rule, key: KeyName, state: State, last: Row) -> float:
        """(13) From when silence is wrong; infinity where it never is, or has been said: no id opens twice (18)."""
        due = state.idle  # (13r)
        said = due < INF and (self.book.is_open(state.silence) or self.book.has_been(self.book.id(rule.id, key, due)))
        return INF if said else due

    def fall_silent(self, rule: Rule, key: KeyName, state: State, last: Row, start: float, turn: Turn) -> None:
        run = self.book.new_run(rule, key, last, start, "")
        state.silence = run.id
        self.book.open(rule, key, run, start, turn)

    def look_for_down(self, source: str, tick: float, position: int) -> None:
        """(12) By the greatest tick so far of any member; choice: one that is not beyond it changes nothing."""
        turn = Turn(tick, position)
        if self.clocks[source].gone:  # (12r)
            self.clocks[source].gone, self.clocks[source].resumed = False, tick
        for name, clock in self.clocks.items():
            settings = self.version.sources.get(name) if self.version else None
            if settings is None or clock.newest == -INF or (name == source and tick <= clock.newest):
                continue
            long = tick - clock.newest > settings.down
            if long and clock.down is None:
                key = ("", name, "")
                clock.down = self.book.id("source_down", key, clock.newest)
                run = Run(clock.down, clock.newest, NAN, NAN, "", NAN)
                rule = Rule("source_down", None)  # type: ignore[arg-type]  # no detector: ticks say it
                self.book.open(rule, key, run, clock.newest + settings.down, turn)
            if name == source:
                if clock.down is not None and long:
                    self.book.end(clock.down, tick, "clear", turn)
                elif clock.down is not None:  # choice: its own tick came after all, within `down`
                    self.book.withdraw(clock.down, turn, "12 source_down")
                clock.down = None
                clock.resumed = tick if long else clock.resumed
        self.clocks[source].newest = max(self.clocks[source].newest, tick)

    def evict(self, name: LineName, turn: Turn) -> None:
        """(7)"""
        line = self.lines.pop(name)
        self.book.out.hits[f"7 {line.key[0]} evicted"] += 1
        for gap in list(line.gaps):
            self.close(line, gap, turn)
        key = self.keys[line.key]
        key.lines.discard(name)
        if not key.lines:  # (7r)
            for state in key.states.values():
                self.book.finish(state, key.newest, "forgotten", turn)
            del self.keys[line.key]

    # ---- rows ------------------------------------------------------------------------------------------------------

    def go(self, rows: list[Row], turn: Turn) -> None:
        """(5) The turn of rows of one key with one ts has come."""
        assert self.version is not None
        live = []
        for row in rows:
            if row.line[0] not in {stream.name for stream in self.version.streams}:
                self.book.out.hits["18 of a stream that is gone"] += 1
            line = self.lines.get(row.line) or Line(row.key)
            key = self.keys.get(row.key) or Key()
            gap = next((g for g in line.gaps if g.filled < row.ts < g.until), None)
            if row.ts - row.received > self.version.ahead:
                self.counts["future"] += 1
            elif row.ts < self.clocks[self.streams[row.line[0]].source].tick - self.forget(row.line):
                self.counts["too old"] += 1
            elif row.ts > line.newest and row.ts >= key.newest:
                self.counts["live"] += 1
                self.carry(row, "live")
                self.lines[row.line], self.keys[row.key] = line, key
                if line.newest > -INF and row.ts - line.newest > self.streams[row.line[0]].gap:
                    self.leave_gap(line, key, row, turn)
                line.newest, line.received, key.newest = row.ts, row.received, row.ts
                key.lines.add(row.line)
                live.append(row)
            elif gap is not None:
                self.counts["late"] += 1
                self.carry(row, "late")
                self.late(line, gap, row, turn)
            elif row.ts == line.newest or any(row.ts == g.filled > g.since for g in line.gaps):
                self.counts["repeated"] += 1
            else:
                self.counts["disordered"] += 1
        for rule in self.version.rules if live else []:
            mine = [row for row in live if self.is_row(rule, row)]
            if mine:
                state = self.keys[live[0].key].states.setdefault(rule.id, fresh(rule))
                self.step(rule, state, mine, self.judge(rule, state, mine), turn, late=False)

    def carry(self, row: Row, how: str) -> None:
        """A row is accepted: a reading is there to be carried from now on, a position takes what it lacks."""
        if isinstance(row.one, Reading):
            self.carried.keep(row)
        else:  # (18r) a stream that is gone carries what it last carried, where that is still kept
            self.carried.fill(row, self.streams[row.line[0]], how)

    def is_row(self, rule: Rule, row: Row) -> bool:
        """(6) Kind, metric, class at the row's ts, and the columns that it needs: is it a row for the rule?"""
        if type(row.one) is not rule.kind or rule.metric not in (None, row.key[2]):
            return False
        if rule.classes and not self.world.of_class(row.one.subject, row.one.ts, rule.classes)[0]:
            return False
        columns = [row.one.column(name) for name in rule.detector.needed()]
        return all(column is not None and not math.isnan(column[0]) for column in columns)

    def judge(self, rule: Rule, state: State, rows: list[Row]) -> Said:
        """(3) Rows that are one: wrong if any is, else right if any is; measure, place and row are of those."""
        said: dict[bool | None, list[Said]] = {True: [], False: [], None: []}
        for row in rows:
            j = rule.detector.judge(row.one, self.world, state.memory)
            right = not j.wrong[0] if j.right is None else bool(j.right[0])
            answer = True if j.wrong[0] else False if right else None
            measure = NAN if j.measure is None else float(j.measure[0])
            said[answer].append(Said(answer, measure, row, -1 if j.place is None else int(j.place[0])))
        alike = said[True] or said[False] or said[None]
        peak = NAN
        for one in alike:
            peak = worst(rule, peak, one.measure)
        return alike[0]._replace(measure=peak)

    def step(self, rule: Rule, state: State, rows: list[Row], said: Said, turn: Turn, *, late: bool) -> None:
        """(8, 9, 14) Rows that are one, for one rule's state of a key (or of a remembered gap: `late`)."""
        book, hold, last, answer, ts = self.book, rule.hold, state.last, said.answer, said.row.ts
        limit, key = limit_of(rule), said.row.key
        if last is not None and last.ts == ts and state.answer is True and answer is False:
            book.out.hits["3 right after wrong"] += 1
            return  # (3r) no row
        if state.silence is not None and not late:  # (13, 14r)
            book.end_silence(state.silence, ts, turn, "14 silence")
            state.silence = None
        run = book.run(state)
        if last is not None and limit is not None and ts - last.ts > limit:  # (8) nothing is joined across it (10)
            if run and book.may_assume(rule, run, last.ts):
                book.open(rule, key, run, run.started + hold.for_, turn, assumed=True, late=late)
            if run and not run.barred and book.is_open(run.id):
                book.end(run.id, run.wrong, "gap", turn)
            run = state.answer = None  # (8r)
        answer = state.answer if answer is None else answer  # (6)
        episode = book.episode(run)
        if run and episode:
            if run.id in book.assumed and answer is False and ts <= episode.confirmed:  # (14r)
                book.withdraw(run.id, turn, "17 assumed, broken hold" if late else "14 assumed")
                run = None
            elif not book.is_open(run.id):  # (14r) a tick, or the row after the gap, had said that it ended
                book.reopen(run.id, turn)
        elif run and last and answer is False and run.started + hold.for_ < ts and book.may_assume(rule, run, last.ts):
            book.open(rule, key, run, run.started + hold.for_, turn, assumed=True, late=late)  # (9)
        if answer is True:
            run = run or book.new_run(rule, key, said.row, ts, self.names[said.place])
            run.wrong, run.clear, run.peak = ts, None, worst(rule, run.peak, said.measure)
            episode = book.episode(run)
            if episode:
                book.out.episodes[run.id] = msgspec.structs.replace(episode, measure=run.peak)
                if ts >= episode.confirmed:
                    book.assumed.discard(run.id)
            elif ts - run.started >= hold.for_ and not run.barred:
                confirmed = ts if hold.assume is None else run.started + hold.for_
                book.open(rule, key, run, confirmed, turn, late=late)
        elif answer is False and run and not book.has_been(run.id):
            run = None
        elif answer is False and run:
            run.clear = ts if run.clear is None else run.clear
            if ts - run.clear >= hold.clear:
                if not run.barred:
                    book.end(run.id, run.clear, "clear", turn)
                run = None
        state.run, state.answer = run, answer
        state.last = max(reversed(rows), key=lambda row: row.received)  # (3) heard last
        idle = rule.detector.idle(state.last.one, self.world, state.memory)
        state.idle = INF if idle is None else float(idle[0])

    # ---- late rows -------------------------------------------------------------------------------------------------

    def leave_gap(self, line: Line, key: Key, row: Row, turn: Turn) -> None:
        """(15, 16) choice: where the key's newest is not the line's, another line gave it a row inside."""
        gap = Gap(line.newest, row.ts, line.newest, None, set())
        if key.newest == line.newest:
            gap.states = {
                r.id: key.states.get(r.id, fresh(r)).copy() for r in self.rules.values() if self.is_row(r, row)
            }
            for rule_id, state in gap.states.items():
                limit = limit_of(self.rules[rule_id])
                if limit is not None and (state.last is None or row.ts - state.last.ts > limit):  # (16r)
                    gap.broken.add(rule_id)
        line.gaps.append(gap)
        if len(line.gaps) > 4:
            self.book.out.hits["15 fifth gap"] += 1
            self.close(line, line.gaps[0], turn)

    def late(self, line: Line, gap: Gap, row: Row, turn: Turn) -> None:
        gap.filled = row.ts
        for rule_id, state in (gap.states or {}).items():
            rule = self.rules[rule_id]
            if not self.is_row(rule, row):
                continue
            said = self.judge(rule, state, [row])
            if state.silence is not None:  # (17) the first late row after the silence began decides
                self.book.end_silence(state.silence, row.ts, turn, "17 silence")
                state.silence = None
            run = self.book.run(state)
            if rule_id in gap.broken:  # (16)
                self.step(rule, state, [row], said, turn, late=True)
            else:  # a hold that went on through it is left alone, but for (17)
                state.answer = state.answer if said.answer is None else said.answer
                episode = self.book.episode(run)
                assumed = episode is not None and episode.id in self.book.assumed
                live = self.keys[row.key].states[rule_id].run
                going = live is not None and run is not None and live.id == run.id and live.clear is None  # (17r)
                if episode and assumed and going and state.answer is False and row.ts <= episode.confirmed:
                    self.book.withdraw(episode.id, turn, "17 assumed, unbroken hold")
        if gap.until - row.ts <= self.streams[row.line[0]].gap:  # (15)
            self.book.out.hits["15 gap filled"] += 1
            for rule_id in gap.broken & set(gap.states or {}):  # (16) for now: a further row reopens it
                run = self.book.run((gap.states or {})[rule_id])
                if run and not run.barred and self.book.is_open(run.id) and self.is_row(self.rules[rule_id], row):
                    self.book.end(run.id, run.wrong, "gap", turn)

    def close(self, line: Line, gap: Gap, turn: Turn) -> None:
        """(16) A gap is filled, pushed out or forgotten: what is open in it ends; choice: what is pending drops."""
        line.gaps.remove(gap)
        for rule_id in gap.broken & set(gap.states or {}):
            self.book.finish(replace((gap.states or {})[rule_id], silence=None), NAN, "gap", turn)

    # ---- versions --------------------------------------------------------------------------------------------------

    def change(self, payload: bytes, position: int) -> None:
        """(18)"""
        self.version = self.versions(payload)
        newest = max((clock.newest for clock in self.clocks.values()), default=-INF)
        for name, clock in self.clocks.items():
            if name not in self.version.sources:  # (12r)
                if clock.down is not None:
                    self.book.end(clock.down, newest, "removed", Turn(newest, position))
                clock.down, clock.newest, clock.gone = None, -INF, True
        self.book.city = self.version.city
        self.world: Any = self.version.world.bind(self.names)
        old, self.rules = self.rules, {rule.id: rule for rule in self.version.rules}
        self.streams.update({stream.name: stream for stream in self.version.streams})
        self.carried.change(self.version.streams)
        held = [(key.newest, key.states, set(old)) for key in self.keys.values()]
        gaps = [(self.keys[line.key].newest, g) for line in self.lines.values() for g in line.gaps]
        held += [(newest, g.states or {}, g.broken) for newest, g in gaps]
        for newest, states, owned in held:
            for rule_id, state in list(states.items()):
                if rule_id not in self.rules:
                    if state.last is not None and rule_id in owned:
                        # choice: known by the source of the rule's last row
                        tick = self.clocks[self.streams[state.last.line[0]].source].tick
                        self.book.finish(state, newest, "removed", Turn(tick, position))
                    del states[rule_id]
                elif self.rules[rule_id].version != old[rule_id].version:
                    if self.rules[rule_id].detector != old[rule_id].detector:  # (18r) its memory was another's
                        state.memory = fresh(self.rules[rule_id]).memory
                    run = self.book.run(state)
                    state.run = run if run and self.book.has_been(run.id) else None
                    if state.run:
                        state.run.clear = None

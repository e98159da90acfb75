"""watching: the very engine over a journal with one rule in force, and an eye on one subject.

Reads blocks of entries. Reports, for each block, the subject's rows with what became of them, what the rule said of
them and the state that its hold had before, and the events of the subject's episodes. Rules know nothing of each other,
so what one alone says is what it says among others; nothing of it is worked out a second time here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.asking import Turned
from pipeline.columns import Table
from pipeline.engine import Engine, LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import Change, EpisodeEvent
from pipeline.journal import JournalBatch
from pipeline.judging import RuleState
from pipeline.kinds import KindState
from pipeline.lines import FATES, Accepted
from pipeline.names import Names
from pipeline.numbering import PassingNumbers
from pipeline.reporting import SOURCE_DOWN
from pipeline.rows import KINDS, Reading, Rows, Sighting
from pipeline.scan import Judged
from pipeline.turns import Called
from pipeline.version import Aside, Rule, Version
from replay.why.seen import CLASS, LACKS, METRIC, Came, Fed, Taken

JudgedBy = tuple[LoadVersion, bytes | None]
"""How versions are made, and the payload of one that is in force before the journal's first entry."""


class _Eye(KindState):
    """One kind of row, telling which rows were accepted."""

    def __init__(self, kind: type[Rows], tell: Callable[[KindState, Called, Accepted], None]) -> None:
        super().__init__(kind)
        self.tell = tell

    def accept(self, called: Called, *how: Any, **further: Any) -> Any:
        found = super().accept(called, *how, **further)
        self.tell(self, called, found[0])
        return found


class Watch:
    """An engine, and what is seen of one subject by one rule. part: of the key; None: any."""

    def __init__(self, judged_by: JudgedBy, first: int, rule: str, subject: str, part: str | None = None) -> None:
        load, current = judged_by
        self.rule, self.subject, self.part = rule, subject, part
        self.all_rules: list[str] = []
        """Of the version in force, in its order, and"""
        self.ever_rules: set[str] = set()
        """of every one so far."""
        self.listening = False
        self.silences: set[str] = set()
        """Ids of the episodes that silence opened."""

        def only(payload: bytes, names: Names) -> Version:
            version = load(payload, names)
            self.all_rules = [each.id for each in version.rules]
            self.ever_rules |= set(self.all_rules)
            return replace(version, rules=[each for each in version.rules if each.id == rule])

        self.engine = Engine(only)
        self.engine.kinds = {name: _Eye(kind, self._accepted) for name, kind in KINDS.items()}
        self.engine.position = first
        if current is not None:
            buffer = EntryBuffer()
            buffer.add(Kind.VERSION, "", "", 0.0, current)
            self.engine.position -= 1
            self.engine.feed(buffer.batch(), self.engine.position)
        self._called: list[tuple[KindState, Called, Accepted]] = []
        self._taken: list[Taken] = []
        self._number: int | None = None

    @property
    def state(self) -> RuleState | None:
        """The rule's, None while no version has it."""
        return self.engine.rules.get(self.rule)

    def feed(self, batch: pa.RecordBatch, first: int) -> Fed:
        """Takes the entries of a batch on, version by version."""
        fed = Fed(first, first + len(batch))
        at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.VERSION)
        edges = sorted({0, *at.tolist(), *(at + 1).tolist(), len(batch)})
        for since, until in pairwise(edges):
            self._feed(batch.slice(since, until - since), first + since, fed)
        return fed

    def _feed(self, batch: pa.RecordBatch, first: int, fed: Fed) -> None:
        state = self.state
        if state is not None:
            state.listener = self._listen if self.listening else None
        events: list[EpisodeEvent] = []
        for event in self.engine.feed(batch, first):
            episode = event.episode
            if episode.rule == SOURCE_DOWN:
                fed.downs.append(event)
            if episode.rule == self.rule and episode.subject == self.subject and self.part in (None, episode.part):
                events.append(event)
        received = batch.column("received")
        for aside in self.engine.take_asides():
            if aside.reason in ("future", "too old"):
                continue  # these are rows
            at = received[aside.position - first].as_py()
            if self._names_it(aside, at):
                fed.asides.append((at, aside))
        came = [row for each in self._called for row in self._rows(*each, state.rule if state else None)]
        if self.rule == SOURCE_DOWN:
            self.silences |= {event.episode.id for event in events}
        elif state is not None and state.silence is not None:
            # One that a row opened was confirmed by that row, in its turn.
            by_row = {(row.turn, row.ts, row.part) for row in came if row.counts}
            opened = [event for event in events if event.change is Change.OPENED]
            self.silences |= {
                event.episode.id
                for event in opened
                if event.episode.started == event.episode.confirmed
                and (event.position, event.episode.confirmed, event.episode.part) not in by_row
            }
        fed.came += came
        fed.events += events
        fed.taken += self._taken
        self._called, self._taken = [], []

    def record(self) -> dict[str, float] | None:
        """The hold's state of the key, None where there is none."""
        state = self.state
        key = self._key(self.engine.kinds[state.rule.kind.kind]) if state is not None else None
        if state is None or key is None or key >= state.keys.size:
            return None
        return {name: column[key].item() for name, column in state.keys.columns.items()}

    def idle(self) -> float | None:
        """From when on silence is wrong after the key's last row (inf: never); None where the rule doesn't ask."""
        state = self.state
        if state is None or state.silence is None:
            return None
        key = self._key(self.engine.kinds[state.rule.kind.kind])
        return None if key is None else float(state.silence.states["idle"][key])

    def missing(self) -> list[str]:
        """What the detector itself says that it lacks for the subject."""
        state, version = self.state, self.engine.version
        if state is None or version is None:
            return []
        code = np.array([self.engine.names.code(self.subject)], np.int32)
        return [reason for reason, lacks in state.rule.detector.missing(code, version.world).items() if lacks.any()]

    # ---- what the engine tells

    def _accepted(self, kind: KindState, called: Called, accepted: Accepted) -> None:
        # Columns that readings are carried into are filled in later: looked at when the block is done.
        self._called.append((kind, called, accepted))

    def _listen(self, turned: Turned, judged: Judged, table: Table) -> None:
        state = self.state
        key = self._key(self.engine.kinds[state.rule.kind.kind]) if state is not None else None
        if state is None or key is None:
            return
        late = table is state.gaps
        mine = np.flatnonzero((state.gap_key[turned.slot] if late else turned.slot) == key)
        for slot in np.unique(turned.slot[mine]).tolist():
            index = mine[turned.slot[mine] == slot]
            heard = not late or bool(state.judged[turned.gap[index[0]]])
            self._taken.append(Taken(late, table.take(np.array([slot])), judged.take(index), heard))

    def _key(self, kind: KindState) -> int | None:
        """The number of the key, None while nothing was heard of it. A track's may serve another one later."""
        pairs, code = kind.key_numbers.pairs, self.engine.names.find(self.subject)
        if self._number is None or not self._is(kind, self._number):
            mine = (number for number, (subject, _) in enumerate(pairs) if subject == code)
            self._number = next((number for number in mine if self._is(kind, number)), None)
        return self._number

    def _is(self, kind: KindState, number: int) -> bool:
        numbers = kind.key_numbers
        if number >= len(numbers.pairs) or (isinstance(numbers, PassingNumbers) and not numbers.taken[number]):
            return False
        subject, part = kind.key_name(number, self.engine.names)
        return subject == self.subject and self.part in (None, part)

    def _rows(self, kind: KindState, called: Called, accepted: Accepted, rule: Rule | None) -> Iterator[Came]:
        rows, names = called.rows, self.engine.names
        if rule is None or rule.kind.kind != rows.kind:
            return
        index = np.flatnonzero(rows.subject == names.find(self.subject))
        if not len(index):
            return
        mine = rows.take(index)
        parts = kind.part(mine).tolist()
        needed = rule.detector.needed()
        shown = {name: mine.column(name) for name in needed or SHOWN if needed or name in mine.own()}
        version = self.engine.version
        fits = np.ones(len(mine), bool)
        if rule.classes and version is not None:
            fits = version.world.of_class(mine.subject, mine.ts, rule.classes)
        for k, row in enumerate(index.tolist()):
            there = {name: column[k] for name, column in shown.items() if column is not None}
            said = {name: _plain(name, value, names) for name, value in there.items() if not np.isnan(value)}
            part = str(parts[k]) if isinstance(mine, Sighting) else names[parts[k]]
            lacking = [name for name in needed if name not in said]
            unfit, of = "", ""
            if rule.metric is not None and isinstance(mine, Reading) and part != rule.metric:
                unfit, of = METRIC, part
            elif not fits[k]:
                unfit, of = CLASS, ", ".join(rule.classes)
            elif lacking:
                unfit, of = LACKS, ", ".join(lacking)
            yield Came(
                ts=float(mine.ts[k]),
                received=float(mine.received[k]),
                position=int(mine.position[k]),
                turn=int(called.turn[row]),
                fate=FATES[int(accepted.fate[row])],
                part=part,
                said=said,
                unfit=unfit,
                of=of,
            )

    def _names_it(self, aside: Aside, received: float) -> bool:
        """Whether what never became a row was the subject's, as far as its topic or its text say so."""
        version, names = self.engine.version, self.engine.names
        if f"got {self.subject!r}" in aside.message or version is None:
            return version is not None
        levels = aside.where.partition(" ")[2].split("/")
        codes = np.array([code for code in map(names.find, levels) if code >= 0], np.int32)
        resolved = version.world.resolve(codes, np.full(len(codes), received)) if len(codes) else codes
        return self.subject in levels or names.find(self.subject) in resolved.tolist()


SHOWN = ("lon", "lat", "speed", "ignition", "value", "label", "zone", "still", "count", "stood")
"""Of a detector that needs no column, what is shown: these as far as there are any."""
_NAMES = ("label", "zone", "metric")
"""Columns that hold codes."""


def _plain(name: str, value: Any, names: Names) -> float | str:
    return names[int(value)] if name in _NAMES else float(value)


def cut(pieces: Iterable[JournalBatch], cuts: Iterable[int]) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Pieces of a journal, cut so that one begins at each of `cuts`; with each one's first position."""
    edges = sorted(set(cuts))
    at = 0
    for piece in pieces:
        while at < len(edges) and edges[at] <= piece.first:
            at += 1
        inner = at
        while inner < len(edges) and edges[inner] < piece.end:
            inner += 1
        for since, until in pairwise([piece.first, *edges[at:inner], piece.end]):
            yield piece.batch.slice(since - piece.first, until - since), since
        at = inner

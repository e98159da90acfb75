"""oracle_book: what the oracle keeps (rows, runs, gaps, lines, keys, clocks) and the book of episodes that it writes.

Plain records for `tests/oracle.py`; the rules of docs/concepts/time.md are there, not here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import msgspec
import numpy as np

from pipeline.episode import Change, Episode, EpisodeEvent, city_namespace, episode_id
from pipeline.rows import Presence, Reading, Rows
from pipeline.version import Rule

NAN, INF = math.nan, math.inf
LAST_NAME = chr(0x10FFFF)
KeyName = tuple[str, str, str]  # (kind of row, subject; metric, track, zone or '')
LineName = tuple[str, str, str]  # (stream, subject; metric, track, zone or '')


class Turn(NamedTuple):
    """When something becomes known: the tick, and the journal position."""

    known: float
    position: int


@dataclass(eq=False)
class Row:
    """One row: as a block of one for the detectors, and its scalars."""

    one: Rows
    key: KeyName
    line: LineName
    ts: float
    received: float
    called: Mapping[str, str]  # column -> what the code in it names

    def time(self) -> tuple[float, bool]:
        """(4) When it goes; readings before positions of the same ts, which see them if their turn is the same."""
        return self.ts, not isinstance(self.one, Reading)

    def content(self) -> tuple[Any, ...]:
        """(4) choice: the kind's own columns as declared, those that name something last, then further ones by name,
        unknown last; then received, stream.
        """
        common = {f.name for f in fields(Rows)} | {"metric", "track", *self.called}
        common |= {"zone"} if isinstance(self.one, Presence) else set()
        own = [float(getattr(self.one, f.name)[0]) for f in fields(self.one) if f.name not in common]
        extra = [(name, float(column[0])) for name, column in sorted(self.one.extra.items())]
        known = [(name, value) for name, value in extra if not math.isnan(value)]  # another lacks a name: beyond any
        columns = [(math.isnan(v), 0.0 if math.isnan(v) else v) for v in own]
        return columns, [*self.called.values()], [*known, (LAST_NAME, 0.0)], self.received, self.line[0]


class Said(NamedTuple):
    """What a detector said of rows that are one. answer: True wrong, False right, None neither."""

    answer: bool | None
    measure: float
    row: Row
    place: int


@dataclass
class Run:
    """(8) Wrong from `started` on: pending until its id is in the book, then open until the run is dropped."""

    id: str
    started: float
    lon: float
    lat: float
    place: str
    wrong: float  # ts of the last wrong row
    peak: float = NAN
    clear: float | None = None  # ts of the first right row of a clear run
    barred: bool = False  # (18) its id was opened before: it goes on, but no episode comes of it


@dataclass
class State:
    """One rule's state of one key, changed by rows alone (14), apart from `silence`."""

    memory: Any = None
    last: Row | None = None  # the last row that was one for the rule
    answer: bool | None = None  # True wrong, False right, None unknown
    run: Run | None = None
    silence: str | None = None  # the id of the silence episode since `last`
    idle: float = INF  # (13) from when silence after `last` is wrong

    def copy(self) -> State:
        memory = None if self.memory is None else self.memory.copy()
        return replace(self, memory=memory, run=self.run and replace(self.run))


@dataclass(eq=False)
class Gap:
    """(15) A remembered gap. `states` is None where another line gave the key a row inside it (16)."""

    since: float
    until: float
    filled: float
    states: dict[str, State] | None
    broken: set[str]  # rules whose hold the silence broke


@dataclass
class Line:
    key: KeyName
    newest: float = -INF
    received: float = -INF
    gaps: list[Gap] = field(default_factory=list)


@dataclass
class Key:
    newest: float = -INF
    lines: set[LineName] = field(default_factory=set)
    states: dict[str, State] = field(default_factory=dict)


@dataclass
class Clock:
    """(2) A source. A member that is connected is in `members`, with None until its first tick."""

    members: dict[str, float | None] = field(default_factory=dict)
    tick: float = -INF  # the effective one
    newest: float = -INF  # the greatest of any member
    resumed: float = -INF  # the first tick after the last stretch that it was down
    down: str | None = None  # the open source_down episode
    gone: bool = False  # a version did not have it


@dataclass
class Outcome:
    """What became of a journal. `hits` counts rare paths, to see how often a generator of journals reaches them."""

    episodes: dict[str, Episode] = field(default_factory=dict)
    withdrawn: dict[str, Episode] = field(default_factory=dict)
    events: list[EpisodeEvent] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)


class Book:
    """The episodes as known so far, and one event for each change."""

    def __init__(self) -> None:
        self.out = Outcome()
        self.city = ""
        self.assumed: set[str] = set()  # (9) episodes whose `for` no row has completed

    def id(self, rule: str, key: KeyName, started: float) -> str:
        name = f"{key[1]}\x1f{key[2]}" if key[2] else key[1]
        return episode_id(city_namespace(self.city), rule, name, started)

    def new_run(self, rule: Rule, key: KeyName, row: Row, started: float, place: str) -> Run:
        lon, lat = row.one.column("lon"), row.one.column("lat")
        id = self.id(rule.id, key, started)
        where = (NAN if lon is None else float(lon[0])), (NAN if lat is None else float(lat[0]))
        return Run(id, started, *where, place, started, barred=self.has_been(id))

    def has_been(self, id: str) -> bool:
        """Was it ever opened?"""
        return id in self.out.episodes or id in self.out.withdrawn

    def is_open(self, id: str | None) -> bool:
        return id in self.out.episodes and math.isnan(self.out.episodes[id].ended)

    def episode(self, run: Run | None) -> Episode | None:
        """The episode, open or ended, that a run stands for."""
        return None if run is None or run.barred else self.out.episodes.get(run.id)

    def may_assume(self, rule: Rule, run: Run, last: float) -> bool:
        """(8) Would silence after the last row complete a pending run's `for` within `assume`?"""
        hold, pending = rule.hold, not run.barred and self.episode(run) is None
        return pending and hold.assume is not None and run.started + hold.for_ <= last + hold.assume

    def run(self, state: State) -> Run | None:
        """A state's run; one whose episode was withdrawn, here or elsewhere, is dropped (14)."""
        if state.run and state.run.id in self.out.withdrawn and not state.run.barred:
            state.run = None
        return state.run

    def open(
        self,
        rule: Rule,
        key: KeyName,
        run: Run,
        confirmed: float,
        turn: Turn,
        *,
        assumed: bool = False,
        late: bool = False,
    ) -> None:
        self.out.episodes[run.id] = Episode(
            id=run.id,
            rule=rule.id,
            rule_version=rule.version,
            subject=key[1],
            part=key[2],
            started=run.started,
            confirmed=confirmed,
            ended=NAN,
            reason="",
            measure=run.peak,
            lon=run.lon,
            lat=run.lat,
            place=run.place,
            late=late,
        )
        if assumed:
            self.assumed.add(run.id)
            self.out.hits["9 assumed"] += 1
        self.say(Change.OPENED, run.id, turn)

    def end(self, id: str, ended: float, reason: str, turn: Turn) -> None:
        self.out.episodes[id] = msgspec.structs.replace(self.out.episodes[id], ended=ended, reason=reason)
        self.say(Change.ENDED, id, turn)

    def reopen(self, id: str, turn: Turn) -> None:
        self.out.episodes[id] = msgspec.structs.replace(self.out.episodes[id], ended=NAN, reason="")
        self.say(Change.REOPENED, id, turn)

    def withdraw(self, id: str, turn: Turn, why: str) -> None:
        self.out.hits[f"{why} withdrawn"] += 1
        self.out.episodes[id] = msgspec.structs.replace(self.out.episodes[id], ended=NAN, reason="")
        self.say(Change.WITHDRAWN, id, turn)
        self.out.withdrawn[id] = self.out.episodes.pop(id)
        self.assumed.discard(id)

    def end_silence(self, id: str, ts: float, turn: Turn, why: str) -> None:
        """(13, 14r, 17) A row before `started` disproves silence; one from then on ends it, a late one earlier."""
        episode = self.out.episodes.get(id)
        if episode and ts < episode.started:
            self.withdraw(id, turn, why)
        elif episode and not episode.ended <= ts:
            self.out.hits[f"{why} ended"] += 1
            self.end(id, ts, "clear", turn)

    def finish(self, state: State, newest: float, reason: str, turn: Turn) -> None:
        """(7, 16, 18) What is open ends at its last wrong row, silence at the key's newest or its start, the later."""
        run = self.run(state)
        if run and not run.barred and self.is_open(run.id):
            self.end(run.id, run.wrong, reason, turn)
        if state.silence is not None and self.is_open(state.silence):
            self.end(state.silence, max(newest, self.out.episodes[state.silence].started), reason, turn)

    def say(self, change: Change, id: str, turn: Turn) -> None:
        episode = self.out.episodes[id]
        self.out.events.append(EpisodeEvent(change=change, known=turn.known, position=turn.position, episode=episode))


def limit_of(rule: Rule) -> float | None:
    """(8) How long a silence may be before it breaks the hold; None: any."""
    return rule.hold.gap if rule.hold.assume is None else rule.hold.assume


def fresh(rule: Rule) -> State:
    """A rule's state of a key that it knows nothing of."""
    return State(memory=None if rule.detector.memory is None else np.zeros(1, rule.detector.memory))


def worst(rule: Rule, a: float, b: float) -> float:
    """(9) The worse of two measures; one that is unknown says nothing."""
    return b if math.isnan(a) else a if math.isnan(b) else float(rule.detector.worse(a, b))

"""survey: a first look through a whole journal: when were there rows of the subject, and what came of them?

Reads a journal's entries in large blocks. Reports where the rows stand whose story is asked for, so that the second
look need stop there alone; and which case is meant by a part of its id.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cases.case import Case
from cases.making import Standing, judge
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.episode import EpisodeEvent
from pipeline.faults import did_you_mean
from pipeline.reporting import SOURCE_DOWN
from pipeline.version import Aside, Rule
from replay.replaying import BATCH, Entries
from replay.why.seen import METRIC, Came
from replay.why.watching import JudgedBy, Watch

Progress = Callable[[int], object]
"""Is told the next position."""
_LONGEST = 150
"""Rows at either end of what is looked at one by one, unless all are asked for."""
_SUBJECTS = 50_000
"""Names that a mistyped one is compared with."""


class NotToldOf(ValueError):
    """What is asked for is not in the journal; says what to do."""


@dataclass(slots=True)
class Survey:
    """What a journal has of one subject and one rule."""

    came: list[Came] = field(default_factory=list)
    """Its rows, in turn order."""
    events: list[EpisodeEvent] = field(default_factory=list)
    downs: list[EpisodeEvent] = field(default_factory=list)
    asides: list[tuple[float, Aside]] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    """Positions of VERSION entries."""
    rules: set[str] = field(default_factory=set)
    """Every rule that there was."""
    names: list[str] = field(default_factory=list)
    """Everything that has a name."""
    listed: bool = False
    """The subject is in the registers."""
    judged_by: Rule | None = None
    """The rule as it was last in force."""
    ticks: list[tuple[float, int]] = field(default_factory=list)
    """Of each block: the newest tick so far, and the block's first position."""
    since: float = math.inf
    until: float = -math.inf
    """The first and the last time at which anything was received or ticked, UTC seconds."""
    end: int = 0
    """The position after the last entry."""


def survey(
    journal: Entries,
    judged_by: JudgedBy,
    rule: str,
    subject: str,
    part: str | None = None,
    *,
    progress: Progress = lambda _: None,
    batch: int = BATCH,
) -> Survey:
    """Looks through the whole journal. Raises NoVersion and JournalError."""
    found = Survey()
    first = journal.first
    watch = Watch(judged_by, first, rule, subject, part)
    for piece in journal.read(first, batch):
        kinds, received = (piece.batch.column(name).to_numpy() for name in ("kind", "received"))
        timed = received[(kinds != Kind.VERSION) & np.isfinite(received)]
        if len(timed):
            found.since = min(found.since, float(timed.min()))
            found.until = max(found.until, float(timed.max()))
        ticked = received[(kinds == Kind.TICK) & np.isfinite(received)]
        found.ticks.append((float(np.max(ticked, initial=found.ticks[-1][0] if found.ticks else -np.inf)), piece.first))
        found.versions += (piece.first + np.flatnonzero(kinds == Kind.VERSION)).tolist()
        fed = watch.feed(piece.batch, piece.first)
        found.came += fed.came
        found.events += fed.events
        found.downs += fed.downs
        found.asides += fed.asides
        found.judged_by = watch.state.rule if watch.state else found.judged_by
        progress(piece.end)
    found.rules = watch.ever_rules
    found.end = watch.engine.position
    found.names = watch.engine.names.strings
    found.listed = watch.engine.version is not None and watch.engine.version.world.lists(subject)
    return found


def first_tick(journal: Entries, found: Survey, time: float) -> int | None:
    """The position of the first tick at or after a time; None where there is none."""
    at = bisect_left(found.ticks, time, key=lambda each: each[0])
    if at == len(found.ticks):
        return None
    for piece in journal.read(found.ticks[at][1]):
        kinds, received = (piece.batch.column(name).to_numpy() for name in ("kind", "received"))
        hits = np.flatnonzero((kinds == Kind.TICK) & (received >= time))
        if len(hits):
            return piece.first + int(hits[0])
    return None


@dataclass(slots=True)
class Window:
    """What is to be told."""

    first: int
    last: int
    """Journal positions, inclusive."""
    low: float
    high: float
    """Event times of rows, inclusive."""
    turns: set[int]
    """Where it stops to look: the turns of rows that are told one by one."""
    at: float = math.nan
    """The time that was asked for."""


def window_of_case(found: Survey, id: str, before: int, *, everything: bool = False) -> Window:
    """From `before` rows before the case's start to the entry that last changed it."""
    events = [event for event in found.events if event.episode.id == id]
    started = min((event.episode.started for event in events), default=math.inf)
    over = not math.isnan(events[-1].episode.ended) or events[-1].change.value == "withdrawn"
    last = events[-1].position if over else found.end
    times = sorted(row.ts for row in found.came if row.ts < started and row.turn <= last)
    low = times[-before] if 0 < before <= len(times) else times[0] if times and before else started
    rows = [row for row in found.came if row.ts >= low and row.turn <= last]
    first = min([row.turn for row in rows] + [event.position for event in events], default=last)
    return Window(first, last, low, math.inf, _stops(rows, found, everything))


def window_of_time(
    found: Survey,
    at: float,
    around: float,
    ticks: tuple[int | None, int | None],
    before: int,
    *,
    everything: bool = False,
) -> Window:
    """Rows within `around` seconds of `at`, and at least `before` on either side. ticks: the first ones at or after
    `at` - `around` and `at` + `around`."""
    times = sorted(row.ts for row in found.came)
    n = len(times)
    low = times[max(min(bisect_left(times, at - around), bisect_left(times, at) - before), 0)] if n else at - around
    index = max(bisect_right(times, at + around), bisect_right(times, at) + before)
    high = times[min(index, n) - 1] if n else at + around
    low, high = min(low, at - around), max(high, at + around)
    rows = [row for row in found.came if low <= row.ts <= high]
    begins = found.end if ticks[0] is None else ticks[0]
    first = min([row.turn for row in rows] + [begins])
    last = max([row.turn for row in rows] + [found.end if ticks[1] is None else ticks[1]])
    return Window(first, last, low, high, _stops(rows, found, everything), at)


def _stops(rows: list[Came], found: Survey, everything: bool) -> set[int]:
    """The turns of rows that are looked at one by one: all, or the first and last ones and those that an event has."""
    turns = sorted({row.turn for row in rows})
    if everything or len(turns) <= 2 * _LONGEST:
        return set(turns)
    stops = set(turns[:_LONGEST] + turns[-_LONGEST:])
    for event in found.events:
        at = bisect_left(turns, event.position)
        stops |= set(turns[max(at - 1, 0) : at + 2])
    return stops


def parts(found: Survey) -> list[str]:
    """The parts of the subject's keys that had rows for the rule, or any, sorted."""
    judged = Counter(row.part for row in found.came if row.unfit != METRIC)
    return sorted(judged or Counter(row.part for row in found.came))


def which_case(journal: Entries, judged_by: JudgedBy, id: str, progress: Progress = lambda _: None) -> Case:
    """The case that begins with `id`, as it stands at the journal's end, even if it was taken back.

    Raises NotToldOf where there is none, or several.
    """
    load, current = judged_by
    engine, standing = Engine(load), Standing()
    engine.position = journal.first
    if current is not None:
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", 0.0, current)
        engine.position -= 1
        engine.feed(buffer.batch(), engine.position)
    for piece in journal.read(journal.first):
        standing.take(judge(engine, piece.batch, piece.first))
        engine.take_asides()
        progress(piece.end)
    standing.refresh(engine.episodes())
    found = sorted(each for each in standing.cases if each.startswith(id)) if id else []
    if not found:
        raise NotToldOf(
            f"no case of this journal begins with '{id}'. `gridwatch replay` lists the cases; for a time at which there"
            " was none, give --rule, --subject and --at."
        )
    if len(found) > 1:
        raise NotToldOf(f"{len(found)} cases begin with '{id}': {', '.join(found[:5])}. Give more of the id.")
    return standing.cases[found[0]]


def check_asked(found: Survey, rule: str, subject: str) -> None:
    """Raises NotToldOf where the journal has never had the rule, or has never heard of the subject."""
    if rule == SOURCE_DOWN:
        return
    if rule not in found.rules:
        known = ", ".join(sorted(found.rules)) or "none"
        hint = did_you_mean(rule, found.rules) or f"; there are: {known}"
        raise NotToldOf(f"no version in this journal has a rule '{rule}'{hint}")
    if not (found.listed or found.came or found.events or found.asides):
        hint = did_you_mean(subject, found.names) if len(found.names) < _SUBJECTS else ""
        raise NotToldOf(
            f"nothing in this journal is about a subject '{subject}'{hint or '. `gridwatch cases list` names some'}"
        )

"""telling: the second look: to the window in large blocks, then row by row, and what each changed as a line.

Reads a journal's entries and what the survey found. Reports a `Story`. The engine is stopped before and after each turn
at which a row of the subject comes; any split of a journal gives the same, so nothing depends on where that is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.episode import Change, EpisodeEvent
from pipeline.scan import Judged
from pipeline.version import Hold
from replay.replaying import Entries
from replay.why.seen import Came, Fed
from replay.why.story import Is, Line, Story
from replay.why.survey import Window
from replay.why.turning import State, Transition, What, by_version, of_event, rows_one_by_one
from replay.why.watching import Watch, cut
from replay.why.words import SAME_TIME, UNHEARD, not_judged


@dataclass(slots=True)
class _Said:
    """What came of one row that went through the hold."""

    judged: Judged
    index: int
    heard: bool
    transitions: list[Transition]
    made: list[tuple[Change, float]]


def tell(
    journal: Entries, watch: Watch, window: Window, versions: list[int], story: Story, progress: Callable[[int], object]
) -> None:
    """Fills in the story's lines, how things stood before them, and the rule that was in force."""
    edges = {window.first, window.last + 1}
    for at in [*window.turns, *versions]:
        edges |= {at, at + 1}
    begun = False
    for batch, first in cut(journal.read(journal.first), edges):
        if first > window.last:
            break
        inside = first >= window.first
        before, was = watch.record(), _version(watch)
        if inside and not begun:
            begun, story.before = True, standing(before, watch)
            story.heard = before is not None and not math.isnan(before["ts"])
        watch.listening = inside
        fed = watch.feed(batch, first)
        progress(fed.end)
        if not inside:
            continue
        if first in versions and len(batch) == 1:
            changed = by_version(before, watch.record(), was, _version(watch))
            story.lines.append(Line(Is.VERSION, math.nan, first, transitions=[changed]))
        story.lines += _lines(fed, watch, window, before)
    state = watch.state
    story.judged_by = state.rule if state else None


def standing(record: State | None, watch: Watch) -> list[Transition]:
    """How a hold stands, as what last happened to it; nothing: nothing is wrong, or nothing has been heard."""
    state = watch.state
    if not record or state is None or math.isnan(record["ts"]):
        return []
    hold, since = state.rule.hold, record["since"]
    lasted = record["ts"] - since
    if record["open"] or record["assumed"]:
        started = record["started"] if record["open"] else since
        found = [Transition(what=What.OPENED, since=started, until=record["confirmed"], needed=hold.for_)]
        if not record["wrong"] and not math.isnan(since):
            found.append(Transition(what=What.CLEAR_GOES_ON, since=since, lasted=lasted, needed=hold.clear))
        return found
    if record["wrong"] and not math.isnan(since):
        return [Transition(what=What.PENDING, since=since, lasted=lasted, needed=hold.for_)]
    return []


def _version(watch: Watch) -> str | None:
    return watch.state.rule.version if watch.state is not None else None


def _lines(fed: Fed, watch: Watch, window: Window, before: State | None) -> list[Line]:
    """What a block of entries adds, in the order of the journal."""
    rows = [row for row in fed.came if window.low <= row.ts <= window.high]
    if watch.part is not None:
        rows = [row for row in rows if row.part == watch.part]
    hold = watch.state.rule.hold if watch.state else None
    events = list(fed.events)
    if fed.end - fed.first == 1 and fed.first in window.turns:
        told = _told(rows, fed, watch, events)
    else:
        told = [_omitted(rows, fed, watch)] if rows else []
    sooner: list[Line] = []
    first = told[0] if told else None
    for event in events:
        line = Line(Is.TICK, event.known, event.position, transitions=[_of(event, hold, watch)])
        # What silence had said before a row that the very same tick let go comes before it.
        upto = event.episode.ended if event.change is Change.ENDED else event.episode.confirmed
        before_it = first is not None and first.turn == event.position and upto < first.ts
        (sooner if before_it else told).append(line)
    told = sooner + told
    for received, aside in fed.asides:
        if math.isinf(window.high) or window.low <= received <= window.high:
            why = f"set aside: {aside.reason}: {aside.message}"
            told.append(Line(Is.ASIDE, received, aside.position, unjudged=why))
    now = watch.record()
    pending = before and before["wrong"] and not before["open"] and not math.isnan(before["since"])
    gone = now is None or math.isnan(now["ts"])
    if pending and gone and watch.state is not None and not any(line.kind is Is.ROW for line in told):
        told.append(Line(Is.TICK, math.nan, fed.end - 1, transitions=[Transition(what=What.DROPPED_BY_FORGETTING)]))
    return sorted(told, key=lambda line: max(line.turn, line.position))


def _of(event: EpisodeEvent, hold: Hold | None, watch: Watch, by: _Said | None = None) -> Transition:
    filled = by is not None and by.judged.filled is not None and bool(by.judged.filled[by.index])
    return of_event(event, hold, silence=event.episode.id in watch.silences, filled=filled)


def _told(rows: list[Came], fed: Fed, watch: Watch, events: list[EpisodeEvent]) -> list[Line]:
    """The rows of one turn, one by one; takes what they made known out of `events`."""
    state = watch.state
    if state is None:
        return []
    hold, said = state.rule.hold, dict[tuple[float, bool], _Said]()
    for taken in fed.taken:
        ts = taken.judged.ts.tolist()
        each = list(rows_one_by_one(hold, taken)) if taken.heard else [([], [])] * len(ts)
        for k, (turned, made) in enumerate(each):
            said[ts[k], taken.late] = _Said(taken.judged, k, taken.heard, turned, made)
    lines: list[Line] = []
    last = {(row.ts, row.fate): k for k, row in enumerate(rows) if not row.unfit}
    newest: Line | None = None
    for k, row in enumerate(rows):
        found = said.get((row.ts, row.fate == "late")) if last.get((row.ts, row.fate)) == k else None
        line = Line(Is.ROW, row.ts, row.position, row.turn, row.received, row.said, late=row.fate == "late")
        line.unjudged = not_judged(row)
        if found is not None and not line.unjudged:
            _judge(line, found, watch)
            by_it = _made_known(events, found, row, watch)
            line.transitions = [_of(event, hold, watch, found) for event in by_it] + found.transitions
            events[:] = [event for event in events if all(event is not each for each in by_it)]
            newest = line if row.fate == "live" else newest
        elif not line.unjudged:
            line.unjudged = UNHEARD if row.fate == "late" else SAME_TIME
        lines.append(line)
    idle = watch.idle()
    if newest is not None and idle is not None:
        what = What.SILENCE_NEVER if math.isinf(idle) else What.SILENCE_FROM
        newest.transitions.append(Transition(what=what, since=idle))
    return lines


def _made_known(events: list[EpisodeEvent], found: _Said, row: Came, watch: Watch) -> list[EpisodeEvent]:
    """Of the events of a turn, those that this row made known."""
    mine: list[EpisodeEvent] = []
    for event in events:
        episode = event.episode
        if episode.id in watch.silences:
            said = row.ts < episode.started if event.change is Change.WITHDRAWN else row.ts == episode.ended
        else:
            said = not found.heard and event.change is Change.WITHDRAWN and row.ts <= episode.confirmed
        if said:
            mine.append(event)
    for change, started in found.made if found.heard else []:
        alike = [event for event in events if (event.change, event.episode.started) == (change, started)]
        mine += [event for event in alike if all(event is not each for each in mine)][:1]
    return mine


def _judge(line: Line, found: _Said, watch: Watch) -> None:
    judged, k, state = found.judged, found.index, watch.state
    line.judged = "wrong" if judged.wrong[k] else "right" if judged.right[k] else "neither"
    if not found.heard:
        line.unjudged = UNHEARD
    if state is None:
        return
    measure = float(judged.measure[k])
    if math.isfinite(measure):
        line.measure = measure if state.rule.detector.worse is max else -measure
    line.place = watch.engine.names[int(judged.place[k])] if line.judged == "wrong" else ""


def _omitted(rows: list[Came], fed: Fed, watch: Watch) -> Line:
    """Rows that were looked at together."""
    line = Line(Is.OMITTED, rows[0].ts, rows[0].turn, count=len(rows), until=rows[-1].ts)
    worst = -math.inf
    for taken in fed.taken:
        wrong = taken.judged.wrong
        line.wrong += int(wrong.sum())
        worst = max(worst, float(np.max(taken.judged.measure[wrong], initial=-np.inf)))
    if math.isfinite(worst) and watch.state is not None:
        line.measure = worst if watch.state.rule.detector.worse is max else -worst
    return line

"""turning: what a row, or a tick, changed about a hold: began, goes on, dropped, opened, ended, taken back.

Reads the engine's states and events. Within one turn a key may have several rows (an upload); the engine's own `step`
takes them one by one from the state that the hold had before them: what rows say does not depend on how they are split,
and what ticks say comes as events.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum

import msgspec
import numpy as np

from pipeline.episode import Change, Episode, EpisodeEvent
from pipeline.hold import Changes, step
from pipeline.scan import Setting, hold_table
from pipeline.version import Hold
from replay.why.seen import Taken

State = dict[str, float]
"""A hold's record, as plain numbers."""


class What(StrEnum):
    """What happened to a hold. The words for it: replay/why/words.py."""

    BEGAN = "wrong begins"
    PENDING = "wrong goes on"
    DROPPED_BY_RIGHT = "dropped by a right row"
    DROPPED_BY_GAP = "dropped by a gap"
    DROPPED_BY_CHANGE = "dropped by a changed rule"
    DROPPED_BY_FORGETTING = "dropped by forgetting"
    BARRED = "no case of this id again"
    CLEARING = "right begins"
    CLEAR_GOES_ON = "right goes on"
    CLEAR_DROPPED = "wrong again"
    OPENED = "opened"
    OPENED_LATE = "opened by late rows"
    OPENED_BY_SILENCE = "opened by silence"
    ENDED_CLEAR = "ended: clear"
    ENDED_HEARD = "ended: heard again"
    ENDED_GAP = "ended: gap"
    ENDED_FILLED = "ended: gap filled"
    ENDED_FORGOTTEN = "ended: forgotten"
    ENDED_REMOVED = "ended: removed"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    SILENCE_FROM = "silence would be wrong"
    SILENCE_NEVER = "silence would never be wrong"
    RULE_BEGINS = "rule begins"
    RULE_CHANGED = "rule changed"
    RULE_GOES_ON = "rule goes on"
    RULE_REMOVED = "rule removed"
    RULE_NOT_THERE = "rule is not there"


GOING_ON = frozenset({What.PENDING, What.CLEAR_GOES_ON, What.SILENCE_FROM, What.SILENCE_NEVER, What.RULE_GOES_ON})
"""What many rows have in common: such rows may be left out of a long list."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What happened; times are UTC seconds, durations seconds, NaN where there is none."""

    what: What
    since: float = math.nan
    """When what this is about began."""
    until: float = math.nan
    """When it was confirmed, or ended."""
    lasted: float = math.nan
    needed: float = math.nan
    """How long it must last, or how long a silence may."""


def silence_of(hold: Hold) -> float:
    """How much silence breaks a run, seconds."""
    return Setting(hold, []).silence


def rows_one_by_one(hold: Hold, taken: Taken) -> Iterator[tuple[list[Transition], list[tuple[Change, float]]]]:
    """For each row, what it changed, and the changes that it made known by itself: (which, `started`)."""
    table = hold_table()
    table.grow(1)
    here = np.zeros(1, np.int64)
    table.put(here, taken.before)
    setting = Setting(hold, [], late=taken.late)
    for k in range(len(taken.judged.ts)):
        before = {name: table[name][0].item() for name in table.fields}
        changes = Changes()
        row = taken.judged.take(np.array([k]))
        step(setting, table, here, here, row, changes, np.empty(0, np.int64))
        after = {name: table[name][0].item() for name in table.fields}
        found = [
            (order, change, started)
            for change, some in changes.blocks
            for order, started in zip(some["order"].tolist(), some["started"].tolist(), strict=True)
        ]
        made = [(change, started) for _, change, started in sorted(found)]
        yield list(_turned(hold, before, after, made)), made


def _turned(hold: Hold, before: State, after: State, made: list[tuple[Change, float]]) -> Iterator[Transition]:
    ts, limit = after["ts"], silence_of(hold)
    known = not math.isnan(before["since"])
    pending = bool(before["wrong"] and not before["open"] and known)
    same = before["since"] == after["since"] and bool(after["wrong"])
    opened = before["assumed"] or (Change.OPENED, before["since"]) in made
    if pending and not same and not opened:
        lasted = before["ts"] - before["since"]
        if ts - before["ts"] > limit:
            yield Transition(what=What.DROPPED_BY_GAP, since=before["since"], lasted=ts - before["ts"], needed=limit)
        else:
            yield Transition(what=What.DROPPED_BY_RIGHT, since=before["since"], lasted=lasted, needed=hold.for_)
    since = after["since"]
    if after["wrong"] and not after["open"]:
        if not (pending and same):
            yield Transition(what=What.BEGAN, since=since, needed=hold.for_)
        elif not before["assumed"]:
            yield Transition(what=What.PENDING, since=since, lasted=ts - since, needed=hold.for_)
    elif after["open"] and after["wrong"]:
        if after["barred"] and not before["open"]:
            yield Transition(what=What.BARRED, since=after["started"])
        if before["open"] and not before["wrong"] and known and ts - before["ts"] <= limit:
            lasted = before["ts"] - before["since"]
            yield Transition(what=What.CLEAR_DROPPED, since=before["since"], lasted=lasted, needed=hold.clear)
    elif after["open"]:
        goes_on = before["open"] and not before["wrong"] and before["since"] == since
        what = What.CLEAR_GOES_ON if goes_on else What.CLEARING
        yield Transition(what=what, since=since, lasted=ts - since, needed=hold.clear)


ENDS = {
    "clear": What.ENDED_CLEAR,
    "gap": What.ENDED_GAP,
    "forgotten": What.ENDED_FORGOTTEN,
    "removed": What.ENDED_REMOVED,
}


def of_event(event: EpisodeEvent, hold: Hold | None, *, silence: bool, filled: bool = False) -> Transition:
    """What an event says. silence: whether its episode is one of silence. filled: it came of the late row with which a
    remembered gap has told all that it is known to tell."""
    episode: Episode = event.episode
    hold = hold or Hold()
    needed = math.nan
    if event.change is Change.OPENED:
        what = What.OPENED_BY_SILENCE if silence else What.OPENED_LATE if episode.late else What.OPENED
        needed = hold.for_
    elif event.change is Change.ENDED:
        what = ENDS[episode.reason]
        what = What.ENDED_HEARD if silence and what is What.ENDED_CLEAR else what
        what = What.ENDED_FILLED if filled and what is What.ENDED_GAP else what
        needed = silence_of(hold) if what is What.ENDED_GAP else hold.clear
    else:
        what = What.WITHDRAWN if event.change is Change.WITHDRAWN else What.REOPENED
    until = episode.ended if event.change is Change.ENDED else episode.confirmed
    return Transition(what=what, since=episode.started, until=until, needed=needed)


def by_version(before: State | None, after: State | None, was: str | None, now: str | None) -> Transition:
    """What a version changed. was, now: the rule's version before and after, None where there was or is none."""
    if now is None:
        return Transition(what=What.RULE_REMOVED if was is not None else What.RULE_NOT_THERE)
    if was is None:
        return Transition(what=What.RULE_BEGINS)
    if was == now:
        return Transition(what=What.RULE_GOES_ON)
    if before and after and not math.isnan(before["since"]) and math.isnan(after["since"]) and not before["open"]:
        return Transition(what=What.DROPPED_BY_CHANGE, since=before["since"], lasted=before["ts"] - before["since"])
    return Transition(what=What.RULE_CHANGED)

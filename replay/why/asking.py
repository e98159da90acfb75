"""asking: why was there this case, and why was there none then? Two looks through a journal, and a story.

Reads a journal and how its versions are made. Reports a `Story`; the same for the same entries, wherever they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cases.case import Case
from pipeline.episode import Change
from replay.replaying import Entries
from replay.why.concluding import why_case, why_none
from replay.why.shortening import compressed, said_once
from replay.why.story import Clock, Story
from replay.why.survey import (
    NotToldOf,
    Survey,
    check_asked,
    first_tick,
    parts,
    survey,
    window_of_case,
    window_of_time,
)
from replay.why.telling import tell
from replay.why.turning import silence_of
from replay.why.watching import JudgedBy, Watch

BEFORE = 5
"""Rows before the case, and on either side of a time, that are told unless somebody says how many."""
_NAMED = 10
"""Parts that are named where there are several."""
_AROUND = 60.0
"""Seconds on either side of a time, beside what the rule's hold takes, and"""
_FAR = 3600.0
"""at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is told, and in which words."""

    clock: Clock
    before: int = BEFORE
    everything: bool = False
    progress: Callable[[int], object] = lambda _: None


def of_case(journal: Entries, judged_by: JudgedBy, case: Case, asked: Asked) -> Story:
    """Why there was this case: its rule, subject, part and id are looked for in the journal. Raises NotToldOf where the
    journal does not have it."""
    found = survey(journal, judged_by, case.rule, case.subject, case.part, progress=asked.progress)
    events = [event for event in found.events if event.episode.id == case.id]
    if not events or events[0].change is not Change.OPENED:
        raise NotToldOf(
            f"this journal, judged so, does not come to the case {case.id[:8]} of {case.rule} about {case.subject}. Its"
            " entries may no longer be kept, or another configuration found it."
        )
    window = window_of_case(found, case.id, asked.before, everything=asked.everything)
    story = Story(case.rule, case.subject, case.part, case)
    watch = Watch(judged_by, journal.first, case.rule, case.subject, case.part)
    tell(journal, watch, window, found.versions, story, asked.progress)
    story.conclusion = why_case(story, events, case.id in watch.silences, asked.clock)
    confirmed = events[0].episode.confirmed
    if confirmed != case.confirmed:
        listed = asked.clock(case.confirmed)
        story.conclusion += f" The list of cases has it confirmed at {listed}: something else has judged it then."
    _shorten(story, asked)
    return story


def of_time(
    journal: Entries,
    judged_by: JudgedBy,
    rule: str,
    subject: str,
    at: float,
    asked: Asked,
    *,
    part: str | None = None,
    around: float | None = None,
) -> Story:
    """Why there was no case of a rule about a subject at a time, UTC seconds.

    part: of a reading its metric, of a sighting its track, of a presence its zone. around: seconds on either side of
    the time; None: what the rule's hold takes. Raises NotToldOf where nobody could say anything of it.
    """
    found = survey(journal, judged_by, rule, subject, part, progress=asked.progress)
    check_asked(found, rule, subject)
    part = _only(parts(found), part)
    wide = _wide(found) if around is None else around
    ticks = first_tick(journal, found, at - wide), first_tick(journal, found, at + wide)
    found.came = [row for row in found.came if part is None or row.part == part] or found.came
    found.events = [event for event in found.events if part is None or event.episode.part == part]
    window = window_of_time(found, at, wide, ticks, asked.before, everything=asked.everything)
    story = Story(rule, subject, part or "", at=at)
    watch = Watch(judged_by, journal.first, rule, subject, part)
    tell(journal, watch, window, found.versions, story, asked.progress)
    story.conclusion = why_none(story, found, window, watch, asked.clock)
    _shorten(story, asked)
    return story


def _only(found: Sequence[str], part: str | None) -> str | None:
    """The one part that there is, or that was named. Raises NotToldOf where it is not clear which is meant."""
    if part is not None or not found:
        return part
    if len(found) > 1:
        names = ", ".join(found[:_NAMED]) + (" and others" if len(found) > _NAMED else "")
        raise NotToldOf(f"the rule judges several series of that subject: {names}. Name one with --part.")
    return found[0]


def _wide(found: Survey) -> float:
    """How far about a time what happened matters to the rule's hold, seconds."""
    if found.judged_by is None:
        return _AROUND
    hold = found.judged_by.hold
    silence = silence_of(hold)
    return min(_AROUND + hold.for_ + (silence if math.isfinite(silence) else 0.0), _FAR)


def _shorten(story: Story, asked: Asked) -> None:
    said_once(story.lines)
    if not asked.everything:
        worse = story.judged_by.detector.worse if story.judged_by else max
        story.lines = compressed(story.lines, asked.before, story.at, worse)

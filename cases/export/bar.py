"""bar: how long a case stood in which state, and where its deadline lies, as a strip of SVG."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import pairwise
from typing import NamedTuple

from cases.export.dossier import Case, Drawing
from cases.export.words import STATES, Language, word
from cases.life import ENDED, State

_WIDE, _TALL, _NAMES = 640, 10, 24
"""The drawing's width, the strip's height and where the names stand."""
_ROOM = 6.2
"""How wide a character of a name is; Chinese ones are twice as wide."""


class Stay(NamedTuple):
    """A state and from when to when, UTC seconds."""

    state: str
    since: float
    until: float


def stays(about: Case, now: float) -> list[Stay]:
    """The states that a case was in, in order, by its steps. now: UTC seconds, where it has not ended."""
    turns = [(State.REPORTED.value, about.case["opened"])]
    turns += [(step["to_state"], step["at"]) for step in about.steps if step["to_state"] != step["from_state"]]
    last, at = turns[-1]
    turns.append(("", at if last in ENDED else max(now, at)))
    return [Stay(state, since, max(since, until)) for (state, since), (_, until) in pairwise(turns)]


def bar(about: Case, now: float, language: Language, lasted: Callable[[float], str]) -> Drawing:
    """The strip. lasted: a length of time in words."""
    found = stays(about, now)
    begin, end, due = found[0].since, found[-1].until, about.case["due"]
    last = max(end, due or end)
    span = (last - begin) or 1.0

    def x(ts: float) -> float:
        return round(_WIDE * min(max((ts - begin) / span, 0.0), 1.0), 1)

    parts, free = [], 0.0
    for stay in found:
        name = f"{word(STATES, stay.state, language)} {lasted(stay.until - stay.since)}"
        wide = x(stay.until) - x(stay.since)
        title = f"<title>{escape(name)}</title>"
        parts.append(
            f'<rect x="{x(stay.since)}" y="0" width="{wide:.1f}" height="{_TALL}" class="st-{escape(stay.state)}">'
            f"{title}</rect>"
        )
        needed = _ROOM * sum(1 + (character > "\u2e80") for character in name)
        if wide > needed and x(stay.since) >= free:
            parts.append(f'<text x="{x(stay.since)}" y="{_NAMES}" class="name">{escape(name)}</text>')
            free = x(stay.since) + needed
    if due is not None and due >= begin:
        parts.append(f'<path d="M{x(due)} -3v{_TALL + 6}" class="due"/>')
    drawn = "".join(parts)
    return Drawing(f'<svg viewBox="0 -4 {_WIDE} {_NAMES + 8}" class="bar" role="img">{drawn}</svg>')

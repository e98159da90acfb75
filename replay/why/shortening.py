"""shortening: a story's lines without the long stretches in which every line says what the one before has said."""

from __future__ import annotations

import math
from collections.abc import Callable

from replay.why.story import Is, Line
from replay.why.turning import GOING_ON, Transition, What

Worse = Callable[[list[float]], float]
"""`max` or `min`: which of some measures is the worst."""
_SHOWN = 24
"""Lines from which on those that say nothing new are left out."""
_CONTEXT = 2
"""Lines that stay about each that says something new."""
_ENDS = 4
"""Lines that stay at the end, beside those from before the case at the beginning."""


def compressed(lines: list[Line], first: int, near: float = math.nan, worse: Worse = max) -> list[Line]:
    """The lines without long stretches of those that say nothing new. first: how many stay at the beginning. near: a
    time about which they stay."""
    if len(lines) <= _SHOWN:
        return lines
    keep = set(range(first + 1)) | set(range(len(lines) - _ENDS, len(lines)))
    telling = {k for k, line in enumerate(lines) if not _boring(line)}
    if not math.isnan(near):
        times = [abs(line.ts - near) if line.ts == line.ts else math.inf for line in lines]
        telling |= set(sorted(range(len(lines)), key=lambda k: (times[k], k))[: 2 * first + 1])
    for k in telling:
        keep |= set(range(k - _CONTEXT, k + _CONTEXT + 1))
    found: list[Line] = []
    skipped: list[Line] = []
    for k, line in enumerate(lines):
        if k in keep:
            found += _together(skipped, worse)
            skipped = []
            found.append(line)
        else:
            skipped.append(line)
    return found + _together(skipped, worse)


def said_once(lines: list[Line]) -> None:
    """From when on silence would be wrong is said where that changes."""
    before: Transition | None = None
    for line in lines:
        for each in [each for each in line.transitions if each.what in (What.SILENCE_FROM, What.SILENCE_NEVER)]:
            if before is not None and (each.what, each.since) == (before.what, before.since):
                line.transitions.remove(each)
            before = each


def _boring(line: Line) -> bool:
    return line.kind in (Is.ROW, Is.OMITTED) and all(each.what in GOING_ON for each in line.transitions)


def _together(lines: list[Line], worse: Worse) -> list[Line]:
    if len(lines) < 2:
        return lines
    measures = [line.measure for line in lines if line.judged == "wrong" or line.kind is Is.OMITTED]
    measures = [measure for measure in measures if not math.isnan(measure)]
    one = Line(Is.OMITTED, lines[0].ts, lines[0].position)
    one.count = sum(line.count or 1 for line in lines)
    one.wrong = sum(line.wrong if line.count else line.judged == "wrong" for line in lines)
    one.measure = worse(measures) if measures else math.nan
    one.until = lines[-1].until if lines[-1].count else lines[-1].ts
    return [one]

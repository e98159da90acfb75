"""story: what is told: lines in the order in which things became known, and a last sentence.

`Story.objects` is the form for machines: a head, the lines, and the conclusion, with these keys and no others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cases.case import Case, iso, known
from pipeline.version import Rule
from replay.why.turning import Transition

Clock = Callable[[float], str]
"""UTC seconds as text."""


class Is(StrEnum):
    """What a line is about."""

    ROW = "row"
    TICK = "tick"
    """What became known when no row of the key came: by a tick, most often."""
    ASIDE = "aside"
    """A delivery that never became a row."""
    VERSION = "version"
    OMITTED = "omitted"
    """Rows that are not told one by one."""


@dataclass(slots=True)
class Line:
    """One line. Times are UTC seconds, NaN where there is none."""

    kind: Is
    ts: float
    """A row's own time; of anything else, when it became known."""
    position: int
    """The journal position of the row's delivery, of the tick, or of the first row that is left out."""
    turn: int = -1
    """Of a row: the position at which its turn came."""
    received: float = math.nan
    said: dict[str, float | str] = field(default_factory=dict)
    judged: str = ""
    """wrong, right, neither; '' for what was not judged"""
    unjudged: str = ""
    """Why it was not, in plain words."""
    late: bool = False
    measure: float = math.nan
    """Of a wrong row, in the rule's unit; of rows left out, the worst."""
    place: str = ""
    transitions: list[Transition] = field(default_factory=list)
    count: int = 0
    """Of rows left out: how many, and"""
    wrong: int = 0
    """how many of them were wrong."""
    until: float = math.nan
    """Of rows left out: the newest one's time."""


@dataclass(slots=True)
class Story:
    """All of it."""

    rule: str
    subject: str
    part: str
    case: Case | None = None
    at: float = math.nan
    """The time that was asked for, where no case was."""
    judged_by: Rule | None = None
    """The rule as it was in force at the end of the window; None: it was not."""
    before: list[Transition] = field(default_factory=list)
    """How things stood before the first line."""
    heard: bool = False
    """Rows had come before it."""
    lines: list[Line] = field(default_factory=list)
    conclusion: str = ""

    @property
    def unit(self) -> str:
        """Of measures."""
        return self.judged_by.detector.unit if self.judged_by else ""

    def objects(self, words: Callable[[Transition], str]) -> Iterator[dict[str, Any]]:
        """A head, the lines and the conclusion. words: a transition as text.

        Head: rule, subject, part, at, case (as `Case.to_json`; null where none was asked for), rule_version, detector,
        hold (for, clear, gap, assume: seconds or null), unit. Line: line (row, tick, aside, version, omitted), ts,
        position, turn, received, said, judged, unjudged, late, measure, place, transitions, count, wrong, until.
        Transition: what, since, until, lasted, needed, text. Times are ISO 8601 UTC, durations seconds.
        """
        rule = self.judged_by
        hold = rule.hold if rule else None
        yield {
            "rule": self.rule,
            "subject": self.subject,
            "part": self.part or None,
            "at": iso(self.at),
            "case": self.case.to_json() if self.case else None,
            "rule_version": rule.version if rule else None,
            "detector": type(rule.detector).__name__ if rule else None,
            "hold": {"for": hold.for_, "clear": hold.clear, "gap": hold.gap, "assume": hold.assume} if hold else None,
            "unit": self.unit,
            "before": [_transition(each, words) for each in self.before],
        }
        for line in self.lines:
            yield {
                "line": line.kind.value,
                "ts": iso(line.ts),
                "position": line.position,
                "turn": line.turn if line.turn >= 0 else None,
                "received": iso(line.received),
                "said": {n: v if isinstance(v, str) else known(v) for n, v in line.said.items()},
                "judged": line.judged or None,
                "unjudged": line.unjudged or None,
                "late": line.late,
                "measure": known(line.measure),
                "place": line.place or None,
                "transitions": [_transition(each, words) for each in line.transitions],
                "count": line.count or None,
                "wrong": line.wrong if line.count else None,
                "until": iso(line.until),
            }
        yield {"conclusion": self.conclusion}


def _transition(each: Transition, words: Callable[[Transition], str]) -> dict[str, Any]:
    return {
        "what": each.what.value,
        "since": iso(each.since),
        "until": iso(each.until),
        "lasted": known(each.lasted),
        "needed": known(each.needed),
        "text": words(each),
    }

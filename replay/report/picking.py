"""picking: which cases and missed events get a sheet of their own, and from when to when each is looked at.

What was missed comes first, then what was false, then what nobody has judged, then the rest; within each, rules take
turns, each with its worst (the longest delay, or the largest measure where there are no labels). So a report stays
small and still shows something of each rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from cases.case import Case
from pipeline.rows import Presence, Reading, Rows, Sighting
from replay.labels import Label
from replay.report.facts import Facts
from replay.score import DUPLICATE, FALSE, FOUND, OPEN, UNLABELLED
from replay.surroundings import Window

SHEETS = 120
"""How many there are at most: what a page of some megabytes holds."""
MISSED = "missed"
_ORDER = (MISSED, FALSE, UNLABELLED, "", OPEN, FOUND, DUPLICATE)
_LEAD: dict[str, tuple[float, float]] = {"position": (180.0, 1800.0), "reading": (10_800.0, 43_200.0)}
"""Kind of row -> the least and the most that is shown before and after, seconds: half of what the case lasted."""
_LEAD_SEEN = (10.0, 300.0)
_LONGEST = 21_600.0
_LONGEST_READ = 3 * 86_400.0
"""What is shown of one that lasts longer: its beginning."""


@dataclass(frozen=True, slots=True)
class Item:
    """A case with its verdict and label, or a label that was missed."""

    verdict: str
    """'' where there are no labels"""
    rule: str
    subject: str
    part: str
    started: float
    ended: float
    """infinite while it goes on"""
    since: float
    until: float
    """From when to when it is looked at."""
    case: Case | None = None
    label: Label | None = None


def items(facts: Facts) -> list[Item]:
    """All of them, in the order in which they get sheets."""
    found = [_item(facts, MISSED, None, label) for score in facts.outcome.scores.values() for label in score.missed]
    if not facts.labelled:
        found = []
    for case in facts.outcome.cases:
        verdict, label = facts.verdicts.get(case.id, ("", None))
        found.append(_item(facts, verdict, case, label))
    turn: dict[tuple[str, str], int] = {}
    ranked = []
    for item in sorted(found, key=lambda each: (-_badness(facts, each), each.started, each.rule, each.subject)):
        key = (item.verdict, item.rule)
        turn[key] = turn.get(key, -1) + 1
        ranked.append((_ORDER.index(item.verdict), turn[key], item.rule, item.started, item.subject, item.part, item))
    return [each[-1] for each in sorted(ranked, key=lambda each: each[:-1])]


def windows(picked: Iterable[Item]) -> list[Window]:
    """What is to be read again for them."""
    return [Window(item.subject, item.since, item.until) for item in picked]


def kind_of(facts: Facts, rule: str) -> type[Rows] | None:
    """The kind of row that a rule reads; None for source_down."""
    configured = facts.outcome.rules.get(rule)
    return None if configured is None else configured.kind


def _item(facts: Facts, verdict: str, case: Case | None, label: Label | None) -> Item:
    what = case or label
    if what is None:
        raise ValueError("expected a case or a label")
    ended = math.inf if math.isnan(what.ended) else what.ended
    kind = kind_of(facts, what.rule)
    least, most = _LEAD_SEEN if kind in (Sighting, Presence) else _LEAD.get(kind.kind if kind else "", (600.0, 1800.0))
    longest = _LONGEST_READ if kind is Reading else _LONGEST
    last = min(ended, max(facts.outcome.until, what.started), what.started + longest)
    lead = min(max((last - what.started) / 2, least), most)
    configured = facts.outcome.rules.get(what.rule)
    silence = getattr(configured.detector, "after", 0.0) if configured else 0.0
    since = what.started - max(lead, 1.5 * silence)  # a silence is wrong only after so long: show what came before it
    until = max(min(last + lead, facts.outcome.until + 60.0), last)  # there is nothing beyond the recording's end
    part = case.part if case else ""
    return Item(verdict, what.rule, what.subject, part, what.started, ended, since, until, case, label)


def _badness(facts: Facts, item: Item) -> float:
    """The larger, the sooner it is shown."""
    if item.case is None:
        return min(item.ended, facts.outcome.until) - item.started
    if item.label is not None:
        return item.case.confirmed - item.label.started
    rule = facts.outcome.rules.get(item.rule)
    measure = item.case.measure if math.isfinite(item.case.measure) else 0.0
    return -measure if rule is not None and rule.detector.worse is min else measure

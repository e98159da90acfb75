"""Outcomes made by hand, for the tests of expectations and reports."""

from __future__ import annotations

import math
from collections import Counter

from cases.case import Case
from detectors.overspeed import Overspeed
from pipeline.version import Rule
from replay.labels import Label
from replay.outcome import Outcome
from replay.score import score

START = 1_709_600_000.0


def case(rule: str = "fast", subject: str = "a", at: float = 0.0, lasts: float = 60.0, **other: object) -> Case:
    """A case that began `at` seconds after START and was confirmed 10 s later."""
    fields: dict[str, object] = {
        "id": f"{rule}-{subject}-{at:g}",
        "rule": rule,
        "rule_version": "1",
        "category": "c",
        "subject": subject,
        "part": "",
        "place": "",
        "lon": 121.5,
        "lat": 31.2,
        "started": START + at,
        "confirmed": START + at + 10,
        "ended": START + at + lasts,
        "reason": "clear",
        "measure": 12.5,
        "unit": "km/h",
        "late": False,
        "withdrawn": False,
        "opened_position": 1,
        "position": 2,
    }
    return Case(**(fields | other))  # type: ignore[arg-type]


def label(rule: str = "fast", subject: str = "a", at: float = 0.0, lasts: float = 60.0) -> Label:
    """What was wrong, as `case`."""
    return Label(START + at, rule, subject, START + at + lasts)


def outcome(
    cases: list[Case], labels: list[Label], hours: float = 100.0, rules: tuple[str, ...] = ("fast",)
) -> Outcome:
    """As `replay.outcome.judge` gives it, scored."""
    scores = score(cases, labels, START + 86_400)
    made = {rule: scores.get(rule, score([], [])[""]) for rule in rules}
    for each in made.values():
        each.hours = hours
    return Outcome(
        cases=sorted(cases, key=lambda c: (c.started, c.id)),
        scores=made,
        rules={rule: Rule(rule, Overspeed(), version="1") for rule in rules},
        labels=sorted(labels),
        since=START - 600,
        until=START + 86_400,
        counts=Counter(live=100, late=2, repeated=3),
        entries=120,
        versions=1,
        seconds=math.pi,
    )

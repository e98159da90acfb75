"""score: how well do found cases agree with what was really wrong?

Reads cases (or episodes: whatever says rule, subject, started, confirmed and ended) and the city's labels. A case
finds a label of its rule and subject when the two overlap, give or take `slack`. A further case for a label that was
found is a duplicate: a silence splits what goes on into two episodes, which are one case for whoever works on it. A
case for no label is false; so soon after another false one of its rule and subject that it would be the same case, it
is a duplicate of that.

A case finds a second label where its rule could not have told the two apart: what was right between them lasted no
longer than the rule wants right to last (`joins`).

A label that began in the last `patience` seconds before the end can't have been confirmed: it is left out, and whatever
finds it is not false; no more is an open case that is so new that what would take it back may yet come. The defaults
fit rules that take half a minute at most; `timing` says what fits each rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from replay.simulator.labels import Label

_SAME = 600.0
"""Seconds after a false case within which another is the same."""


class Found(Protocol):
    """A case or an episode; times are UTC seconds, `ended` NaN or infinite while it goes on."""

    @property
    def rule(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def started(self) -> float: ...
    @property
    def confirmed(self) -> float: ...
    @property
    def ended(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """How far from its label a rule's case may lie. Seconds."""

    slack: float = 30.0
    patience: float = 90.0
    joins: float = 30.0


@dataclass(slots=True)
class Score:
    """The result, of one rule or of all."""

    right: int = 0
    """labels that were found"""
    cases: int = 0
    """those that found a label, duplicates too"""
    duplicates: int = 0
    missed: list[Label] = field(default_factory=list)
    false: list[Found] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    """from the start of what was wrong to its confirmation, seconds; 0 where a silence is counted from the report
    before it began"""
    hours: float = 0.0
    """for which the rule's subjects were observed"""

    @property
    def labels(self) -> int:
        """How many there are to be found."""
        return self.right + len(self.missed)

    @property
    def recall(self) -> float:
        """The share of labels that were found; 1 where there are none."""
        return self.right / self.labels if self.labels else 1.0

    @property
    def precision(self) -> float:
        """The share of cases that found a label, duplicates counting for them; 1 where there are none."""
        return self.cases / (self.cases + len(self.false)) if self.cases or self.false else 1.0

    @property
    def false_per_1000h(self) -> float:
        """False cases in 1,000 hours of observation; NaN where nothing was observed."""
        return 1000 * len(self.false) / self.hours if self.hours else math.nan

    @property
    def delay(self) -> float:
        """The median, seconds; NaN where nothing was found."""
        return median(self.delays) if self.delays else math.nan

    def add(self, other: Score) -> None:
        """The other's counts too."""
        self.right += other.right
        self.cases += other.cases
        self.duplicates += other.duplicates
        self.missed += other.missed
        self.false += other.false
        self.delays += other.delays
        self.hours += other.hours

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  duplicates {self.duplicates}  "
            f"median delay {self.delay:.1f} s  of {self.labels}"
        )


def score(
    found: Iterable[Found],
    labels: Iterable[Label],
    until: float = math.inf,
    timing: Mapping[str, Timing] | None = None,
) -> dict[str, Score]:
    """A score for each rule, and one for all under ''. until: when the run ended, UTC seconds."""
    cases_of: dict[tuple[str, str], list[Found]] = {}
    for case in sorted(found, key=lambda c: (c.started, c.rule, c.subject)):
        cases_of.setdefault((case.rule, case.subject), []).append(case)
    labels_of: dict[tuple[str, str], list[Label]] = {}
    for label in sorted(labels):
        labels_of.setdefault((label.rule, label.subject), []).append(label)
    scores: dict[str, Score] = {"": Score()}
    for key in sorted(cases_of.keys() | labels_of.keys()):
        of_rule = (timing or {}).get(key[0], Timing())
        one = _of_key(cases_of.get(key, ()), labels_of.get(key, ()), until, of_rule)
        scores.setdefault(key[0], Score()).add(one)
        scores[""].add(one)
    return scores


def _of_key(cases: Sequence[Found], labels: Sequence[Label], until: float, timing: Timing) -> Score:
    """Of one rule and subject; both sorted by `started`."""
    result, matched, false_until = Score(), set[Label](), -math.inf
    for case in cases:
        ended = math.inf if math.isnan(case.ended) else case.ended
        near = [
            label
            for label in labels
            if case.started <= label.ended + timing.slack and ended >= label.started - timing.slack
        ]
        fresh = _fresh(near, matched, timing.joins)
        matched.update(fresh)
        counted = [label for label in fresh if label.started <= until - timing.patience]
        if not near:
            if math.isinf(ended) and case.confirmed > until - timing.patience:
                continue
            if case.started > false_until + _SAME:
                result.false.append(case)
            else:
                result.duplicates += 1
            false_until = max(ended, case.started)
        elif not fresh:
            result.cases += 1
            result.duplicates += 1
        elif counted:
            result.cases += 1
            result.right += len(counted)
            result.delays.append(max(case.confirmed - counted[0].started, 0.0))
    result.missed = [each for each in labels if each not in matched and each.started <= until - timing.patience]
    return result


def _fresh(near: Sequence[Label], matched: set[Label], joins: float) -> list[Label]:
    """The first label that nothing found yet, with those that follow it so closely that one case may be both."""
    fresh: list[Label] = []
    for label in near:
        if label not in matched and (not fresh or label.started - fresh[-1].ended <= joins):
            fresh.append(label)
    return fresh

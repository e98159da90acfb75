"""score: how well do found cases agree with what was really wrong?

Reads cases (or episodes: whatever says rule, subject, started, confirmed and ended) and labels. A case finds a label of
its rule and subject when the two overlap, give or take `slack`; where the label says where it was in a picture, the
case's box must also be there (replay/boxes.py). A further case for a label that was found is a duplicate: a silence
splits what goes on into two episodes, which are one case for whoever works on it. A case for no label is false; so soon
after another false one of its rule, subject and part that it would be the same case, it is a duplicate of that. Where
labels are known to be partial (operators gave verdicts on some cases), a case for no label is not false but unlabelled,
unless a label calls it a false alarm.

A case finds a second label where its rule could not have told the two apart: what was right between them lasted no
longer than the rule wants right to last (`joins`).

A label that began in the last `patience` seconds before the end can't have been confirmed: it is left out, and whatever
finds it is not false; no more is an open case that is so new that what would take it back may yet come. The defaults
fit rules that take half a minute at most; `timing` says what fits each rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from replay.labels import CONFIRMED, Label

FOUND, DUPLICATE, FALSE, UNLABELLED, OPEN = "found", "duplicate", "false", "unlabelled", "open"
"""What may be told of a case; `open`: too near to the end to say."""

_SAME = 600.0
"""Seconds after a false case within which another is the same."""


class Found(Protocol):
    """A case or an episode; times are UTC seconds, `ended` NaN or infinite while it goes on."""

    @property
    def rule(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def part(self) -> str: ...
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
    unlabelled: list[Found] = field(default_factory=list)
    """Cases of which nobody has said whether they are right."""
    told: list[tuple[Found, str, Label | None]] = field(default_factory=list)
    """Each case, what it is, and the label that it found or repeats."""
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
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def duplicates_per_event(self) -> float:
        """Further cases for each label that was found; NaN where none was."""
        return self.duplicates / self.right if self.right else math.nan

    @property
    def false_per_1000h(self) -> float:
        """False cases in 1,000 hours of observation; NaN where nothing was observed."""
        return 1000 * len(self.false) / self.hours if self.hours else math.nan

    @property
    def delay(self) -> float:
        """The median, seconds; NaN where nothing was found."""
        return self.delay_at(0.5)

    def delay_at(self, share: float) -> float:
        """The delay that this share of what was found does not exceed (linear between two), seconds; NaN for none."""
        return float(np.quantile(self.delays, share)) if self.delays else math.nan

    def add(self, other: Score) -> None:
        """The other's counts too."""
        self.right += other.right
        self.cases += other.cases
        self.duplicates += other.duplicates
        self.missed += other.missed
        self.false += other.false
        self.unlabelled += other.unlabelled
        self.told += other.told
        self.delays += other.delays
        self.hours += other.hours

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  duplicates {self.duplicates}  "
            f"median delay {self.delay:.1f} s  of {self.labels}"
        )


Places = Callable[[Found, Label], bool]
"""Whether a case was where a label says that it was."""


def score(
    found: Iterable[Found],
    labels: Iterable[Label],
    until: float = math.inf,
    timing: Mapping[str, Timing] | None = None,
    *,
    places: Places = lambda _, __: True,
    complete: Container[str] | None = None,
) -> dict[str, Score]:
    """A score for each rule, and one for all under ''.

    until: when the run ended, UTC seconds. places: asked for labels that have boxes. complete: the rules of which the
    labels are all that was wrong; None: all.
    """
    cases_of: dict[tuple[str, str], list[Found]] = {}
    for case in sorted(found, key=lambda c: (c.started, c.rule, c.subject, c.part)):
        cases_of.setdefault((case.rule, case.subject), []).append(case)
    labels_of: dict[tuple[str, str], list[Label]] = {}
    for label in sorted(labels):
        labels_of.setdefault((label.rule, label.subject), []).append(label)
    scores: dict[str, Score] = {"": Score()}
    for key in sorted(cases_of.keys() | labels_of.keys()):
        match = _Match((timing or {}).get(key[0], Timing()), places, complete is None or key[0] in complete)
        one = match.score(cases_of.get(key, ()), labels_of.get(key, ()), until)
        scores.setdefault(key[0], Score()).add(one)
        scores[""].add(one)
    return scores


@dataclass(frozen=True, slots=True)
class _Match:
    """How the cases and labels of one rule and subject are held against each other."""

    timing: Timing
    places: Places
    complete: bool

    def score(self, cases: Sequence[Found], labels: Sequence[Label], until: float) -> Score:
        """Both sorted by `started`."""
        result, matched, false_until = Score(), set[Label](), dict[str, float]()
        wrong = [label for label in labels if label.verdict == CONFIRMED]
        alarms = [label for label in labels if label.verdict != CONFIRMED]
        settled = until - self.timing.patience
        for case in cases:
            ended = math.inf if math.isnan(case.ended) else case.ended
            near = [label for label in wrong if self.near(case, ended, label)]
            fresh = _fresh(near, matched, self.timing.joins)
            matched.update(fresh)
            counted = [label for label in fresh if label.started <= settled]
            if near and not fresh:
                result.cases += 1
                result.duplicates += 1
                result.told.append((case, DUPLICATE, near[0]))
            elif counted:
                result.cases += 1
                result.right += len(counted)
                result.delays.append(max(case.confirmed - counted[0].started, 0.0))
                result.told.append((case, FOUND, counted[0]))
            elif near or (math.isinf(ended) and case.confirmed > settled):
                result.told.append((case, OPEN, near[0] if near else None))
            elif not self.complete and not any(self.near(case, ended, label) for label in alarms):
                result.unlabelled.append(case)
                result.told.append((case, UNLABELLED, None))
            else:
                again = case.started <= false_until.get(case.part, -math.inf) + _SAME
                if again:
                    result.duplicates += 1
                else:
                    result.false.append(case)
                result.told.append((case, DUPLICATE if again else FALSE, None))
                false_until[case.part] = max(ended, case.started)
        result.missed = [each for each in wrong if each not in matched and each.started <= settled]
        return result

    def near(self, case: Found, ended: float, label: Label) -> bool:
        """Whether they may be the same."""
        slack = self.timing.slack
        if case.started > label.ended + slack or ended < label.started - slack:
            return False
        return not label.boxes or self.places(case, label)


def _fresh(near: Sequence[Label], matched: set[Label], joins: float) -> list[Label]:
    """The first label that nothing found yet, with those that follow it so closely that one case may be both."""
    fresh: list[Label] = []
    for label in near:
        if label not in matched and (not fresh or label.started - fresh[-1].ended <= joins):
            fresh.append(label)
    return fresh

"""score: how well do found cases agree with what was really wrong?

Reads cases (or episodes: whatever says rule, subject, started, confirmed and ended) and the city's labels. A case
finds a label of its rule and subject when the two overlap, give or take `slack`; a second case for the same label is
a duplicate, a case for no label is false. A label that began in the last `patience` seconds before the end can't have
been confirmed: it is left out, and whatever finds it is not false. Both defaults fit the demo's rules, which take
half a minute at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from replay.simulator.labels import Label


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


@dataclass(slots=True)
class Score:
    """The result, of one rule or of all."""

    right: int = 0
    """labels that were found"""
    duplicates: int = 0
    missed: list[Label] = field(default_factory=list)
    false: list[Found] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    """from the start of what was wrong to its confirmation, seconds"""

    @property
    def recall(self) -> float:
        """The share of labels that were found; 1 where there are none."""
        return self.right / (self.right + len(self.missed)) if self.right or self.missed else 1.0

    @property
    def precision(self) -> float:
        """The share of cases that found a label, duplicates counting for them; 1 where there are none."""
        true = self.right + self.duplicates
        return true / (true + len(self.false)) if true or self.false else 1.0

    @property
    def delay(self) -> float:
        """The median, seconds; NaN where nothing was found."""
        return median(self.delays) if self.delays else math.nan

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  duplicates {self.duplicates}  "
            f"median delay {self.delay:.1f} s  of {self.right + len(self.missed)}"
        )


def score(
    found: Iterable[Found],
    labels: Iterable[Label],
    until: float = math.inf,
    slack: float = 30.0,
    patience: float = 90.0,
) -> dict[str, Score]:
    """A score for each rule, and one for all under ''. until: when the run ended, UTC seconds."""
    scores: dict[str, Score] = {"": Score()}
    open_labels: dict[tuple[str, str], list[Label]] = {}
    for label in sorted(labels):
        open_labels.setdefault((label.rule, label.subject), []).append(label)
        scores.setdefault(label.rule, Score())
    matched: set[Label] = set()
    for case in sorted(found, key=lambda c: (c.started, c.rule, c.subject)):
        both = [scores[""], scores.setdefault(case.rule, Score())]
        near = _overlapping(case, open_labels.get((case.rule, case.subject), ()), slack)
        fresh = next((label for label in near if label not in matched), None)
        for each in both:
            if fresh is None and near:
                each.duplicates += 1
            elif fresh is None:
                each.false.append(case)
            elif fresh.started <= until - patience:
                each.right += 1
                each.delays.append(case.confirmed - fresh.started)
        if fresh is not None:
            matched.add(fresh)
    for some in open_labels.values():
        for label in some:
            if label not in matched and label.started <= until - patience:
                scores[""].missed.append(label)
                scores[label.rule].missed.append(label)
    return scores


def _overlapping(case: Found, labels: Sequence[Label], slack: float) -> list[Label]:
    ended = math.inf if math.isnan(case.ended) else case.ended
    return [label for label in labels if case.started <= label.ended + slack and ended >= label.started - slack]

"""choosing: which points of a sweep are worth having: the Pareto front, and the best by F1.

A point is on the front where no other is at least as good in precision, recall and delay, and better in one of them.
Delays count in whole seconds: less is luck.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from replay.score import Score
from replay.tuning.trying import Tried


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a trial comes to. Indices into its points."""

    front: tuple[int, ...]
    """By recall, the highest first; of points that do equally well all."""
    shown: tuple[int, ...]
    """Of those that do equally well only the one that is nearest to the point in force."""
    best: int | None
    """The highest F1; None where no point finds anything."""
    in_force: int


def choose(tried: Sequence[Tried]) -> Chosen:
    """Which are which. Points that find nothing are not on the front: they are no rule at all."""
    of = [_criteria(each.score) for each in tried]
    useful = [n for n, each in enumerate(tried) if each.score.right]
    front = [n for n in useful if not any(_beats(of[m], of[n]) for m in useful)]
    front.sort(key=lambda n: (-of[n][1], -of[n][0], -of[n][2], tried[n].point.steps, n))
    seen: set[tuple[float, float, float]] = set()
    shown = [n for n in front if not (of[n] in seen or seen.add(of[n]))]  # type: ignore[func-returns-value]
    best = min(useful, key=lambda n: (-tried[n].score.f1, -of[n][2], tried[n].point.steps, n), default=None)
    in_force = next(n for n, each in enumerate(tried) if each.point.in_force)
    return Chosen(tuple(front), tuple(shown), best, in_force)


def _criteria(score: Score) -> tuple[float, float, float]:
    """The more, the better."""
    delay = score.delay
    return score.precision, score.recall, -math.inf if math.isnan(delay) else -round(delay)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))

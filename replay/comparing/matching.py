"""matching: which case of one side is which case of the other, and how the two differ.

Reads the cases of both sides. The same id is the same case; else it is the one of the same rule, subject and part that
overlaps it longest, one to one. Reports each case that one side alone has, and each that both have and differs: moved
(started, confirmed, ended by more than `within`) or changed (measure, unit, category, place, late).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate

from cases.case import Case

WITHIN = 1.0
"""Seconds by which times may differ and be the same."""
_TIMES = ("started", "confirmed", "ended")
_OTHERS = ("measure", "unit", "category", "place", "late")


class What(StrEnum):
    """What became of a case from A to B."""

    VANISHED = "vanished"
    APPEARED = "appeared"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One case that is not the same on both sides."""

    what: What
    rule: str
    """A's name of it."""
    other: str
    """B's."""
    a: Case | None
    b: Case | None
    fields: tuple[str, ...] = ()
    """Of one that both have: what differs."""
    beside: Case | None = None
    """Of one that a side alone has: what the other side has at that time, which is another case's match."""

    @property
    def case(self) -> Case:
        """A's, or else B's."""
        case = self.a or self.b
        if case is None:
            raise ValueError("expected a case on one side")
        return case


@dataclass(slots=True)
class Matched:
    """All of it."""

    differences: list[Difference] = field(default_factory=list)
    """By rule, time, subject."""
    same: dict[str, int] = field(default_factory=dict)
    """A's rule -> cases that both have alike."""
    a: dict[str, int] = field(default_factory=dict)
    """A's rule -> how many cases A has, and"""
    b: dict[str, int] = field(default_factory=dict)
    """how many B has by its counterpart."""


def match(
    a: Iterable[Case], b: Iterable[Case], rules: Mapping[str, str], within: float = WITHIN, *, parts: bool = True
) -> Matched:
    """Hold the cases of some rules against each other.

    rules: A's rule -> B's; cases of others are left out. parts: both sides know the part of each case's key (what
    `gridwatch replay --json` wrote does not have it).
    """
    back = {theirs: mine for mine, theirs in rules.items()}
    groups: dict[tuple[str, str, str], tuple[list[Case], list[Case]]] = {}
    for side, cases, name in ((0, a, {mine: mine for mine in rules}), (1, b, back)):
        for case in cases:
            if case.rule in name:
                key = (name[case.rule], case.subject, case.part if parts else "")
                groups.setdefault(key, ([], []))[side].append(case)
    result = Matched(same=dict.fromkeys(rules, 0), a=dict.fromkeys(rules, 0), b=dict.fromkeys(rules, 0))
    for (rule, _, _), (mine, theirs) in sorted(groups.items()):
        result.a[rule] += len(mine)
        result.b[rule] += len(theirs)
        for one in _differences(mine, theirs, rule, rules[rule], within):
            if isinstance(one, Difference):
                result.differences.append(one)
            else:
                result.same[rule] += 1
    result.differences.sort(key=lambda d: (d.rule, d.case.started, d.case.subject, d.case.part, d.case.id))
    return result


def _differences(
    mine: Sequence[Case], theirs: Sequence[Case], rule: str, other: str, within: float
) -> Iterator[Difference | None]:
    """Of one key's cases; None for each pair that is alike."""
    pairs = _pairs(mine, theirs, within)
    for one, another in pairs:
        fields = differing(one, another, within)
        if fields:
            what = What.MOVED if set(fields) & set(_TIMES) else What.CHANGED
            yield Difference(what, rule, other, one, another, fields)
        else:
            yield None
    left, right = {one.id for one, _ in pairs}, {another.id for _, another in pairs}
    for case in mine:
        if case.id not in left:
            yield Difference(What.VANISHED, rule, other, case, None, beside=_beside(case, theirs))
    for case in theirs:
        if case.id not in right:
            yield Difference(What.APPEARED, rule, other, None, case, beside=_beside(case, mine))


def differing(one: Case, other: Case, within: float = WITHIN) -> tuple[str, ...]:
    """The names of what differs."""
    found = [name for name in _TIMES if _moved(getattr(one, name), getattr(other, name), within)]
    found += [name for name in _OTHERS if not _alike(getattr(one, name), getattr(other, name))]
    return tuple(found)


def _moved(one: float, other: float, within: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) is not math.isnan(other)
    return abs(one - other) > within


def _alike(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def _pairs(mine: Sequence[Case], theirs: Sequence[Case], within: float) -> list[tuple[Case, Case]]:
    """The same ids, then the longest overlaps first."""
    by_id = {case.id: case for case in theirs}
    pairs = [(case, by_id[case.id]) for case in mine if case.id in by_id]
    known = {case.id for case, _ in pairs}
    rest_a = sorted((case for case in mine if case.id not in known), key=lambda case: (case.started, case.id))
    rest_b = sorted((case for case in theirs if case.id not in known), key=lambda case: (case.started, case.id))
    starts = [case.started for case in rest_b]
    latest = list(accumulate((_end(case) for case in rest_b), max))
    near: list[tuple[float, float, int, int]] = []
    for i, one in enumerate(rest_a):
        for j in range(bisect_right(starts, _end(one) + within) - 1, -1, -1):
            if latest[j] < one.started - within:
                break
            other = rest_b[j]
            both = min(_end(one), _end(other)) - max(one.started, other.started)
            if both >= -within:
                near.append((-both, abs(one.started - other.started), i, j))
    taken_a, taken_b = set[int](), set[int]()
    for _, _, i, j in sorted(near):
        if i not in taken_a and j not in taken_b:
            taken_a.add(i)
            taken_b.add(j)
            pairs.append((rest_a[i], rest_b[j]))
    return pairs


def _end(case: Case) -> float:
    return math.inf if math.isnan(case.ended) else case.ended


def _beside(case: Case, others: Sequence[Case]) -> Case | None:
    """What overlaps it longest, whatever it is matched with."""

    def both(other: Case) -> float:
        return min(_end(case), _end(other)) - max(case.started, other.started)

    near = [other for other in others if both(other) >= 0]
    return max(near, key=lambda other: (both(other), -other.started, other.id), default=None)

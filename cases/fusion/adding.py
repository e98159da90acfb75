"""adding: which case does a happening belong to, by one fusion rule? And what does it complete?

Reads the book and what is held; changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cases.fusion.book import Book, Entry
from cases.fusion.holding import Holding
from cases.fusion.scopes import chosen
from cases.fusion.settings import FusionRule
from cases.fusion.space import metres
from cases.fusion.words import Happening


class Match(NamedTuple):
    """The case that it belongs to, and why."""

    entry: Entry
    why: str


def same(book: Book, rule: FusionRule, happening: Happening, at: float, reopens: float) -> Match | None:
    """The best case for a rule of the same subject or place. reopens: seconds after closing.

    Active cases come before closed ones, then the nearest in time, the nearest on the ground, the oldest.
    """
    if not chosen(rule, happening):
        return None
    group = book.group(happening)
    if rule.same == "subject":
        candidates = book.with_subject(happening.subject, happening.part, together=rule.parts == "together")
    else:
        candidates = book.near(rule, happening)
    best: tuple[tuple[bool, float, float, float, str], Entry] | None = None
    for entry in candidates:
        if entry.storm or entry.rejected or group not in entry.groups:
            continue
        away = 0.0
        if rule.same == "place":
            if rule.parts == "apart" and _apart(entry, happening):
                continue
            away = metres(entry.lon, entry.lat, happening.lon, happening.lat)
            if not away <= rule.near:  # type: ignore[operator]  # the settings see to it
                continue
        if entry.active:
            aside = max(entry.first - happening.started, happening.started - entry.last, 0.0)
            if rule.within is not None and aside > rule.within:
                continue
        else:
            aside = at - entry.closed
            if aside >= reopens:
                continue
        order = (not entry.active, aside, away, entry.opened, entry.id)
        if (best is None or order < best[0]) and any(chosen(rule, each) for each in entry.members.values()):
            best = order, entry
    if best is None:
        return None
    why = "same category and subject" if rule.same == "subject" else f"same category, {best[0][2]:.0f} m away"
    return Match(best[1], why if best[1].active else f"{why}, {round(best[0][1] / 60)} min after it was closed")


def _apart(entry: Entry, happening: Happening) -> bool:
    """Whether the case is about another part (a track, a metric, a zone) of the same subject."""
    parts = entry.subjects.get(happening.subject) if happening.subject and happening.part else None
    return bool(parts) and happening.part not in parts and "" not in parts  # type: ignore[operator]


def others(book: Book, holding: Holding, rule: FusionRule, happening: Happening) -> list[Happening] | None:
    """What adds up with it by a rule with parts, in the order of the parts; None where something lacks.

    All of them began within the rule's time of each other, and lie within its metres of each other or have one subject.
    Of several choices it is the one nearest in time, then on the ground, then the lowest id, part by part; it is the
    first part that it can be.
    """
    for number, part in enumerate(rule.all):
        if chosen(part, happening):
            lacking = [k for k in range(len(rule.all)) if k != number]
            candidates = [_candidates(book, holding, rule, k, happening) for k in lacking]
            found = _fitting(rule, candidates, [happening])
            if found is not None:
                return found[1:]
    return None


def _candidates(book: Book, holding: Holding, rule: FusionRule, number: int, to: Happening) -> list[Happening]:
    found = []
    for id in book.parts_near(rule, number, to):
        held = holding.of.get(id)
        entry = book.case_of(id)
        if held is not None:
            each = held.happening
        elif entry is not None and entry.active:
            each = entry.members[id]
        else:
            continue
        if _together(rule, each, to):
            found.append(each)
    return sorted(found, key=lambda each: (*_distance(each, to), each.id))


def _fitting(
    rule: FusionRule, candidates: Sequence[list[Happening]], so_far: list[Happening]
) -> list[Happening] | None:
    if not candidates:
        return so_far
    for each in candidates[0]:
        if all(each.id != one.id and _together(rule, each, one) for one in so_far):
            found = _fitting(rule, candidates[1:], [*so_far, each])
            if found is not None:
                return found
    return None


def _distance(one: Happening, other: Happening) -> tuple[float, float]:
    """Seconds, metres; infinite where one has no place."""
    away = metres(one.lon, one.lat, other.lon, other.lat)
    return abs(one.started - other.started), math.inf if math.isnan(away) else away


def _together(rule: FusionRule, one: Happening, other: Happening) -> bool:
    aside, away = _distance(one, other)
    if rule.of_subject and (not one.subject or one.subject != other.subject):
        return False
    return aside <= rule.within and (rule.near is None or away <= rule.near)  # type: ignore[operator]  # settings


def waits(rules: Sequence[FusionRule], happening: Happening) -> FusionRule | None:
    """The first rule by which it waits for others, or is nothing without them; reports never do."""
    if happening.kind == "report":
        return None
    return next((rule for rule in rules if alone(rule, happening) != "case"), None)


def alone(rule: FusionRule, happening: Happening) -> str:
    """What it is without the others of a rule, by the first part that it can be."""
    return next((part.alone for part in rule.all if chosen(part, happening)), "case")


def still_made_of(rule: FusionRule, members: Sequence[Happening]) -> bool:
    """Whether each part is still there."""
    return all(any(chosen(part, each) for each in members) for part in rule.all)

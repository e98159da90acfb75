"""duplicates: which cases may be about the same thing as what somebody is about to report?

Reads the cases near a place that are open or were closed lately. Reports each with a score from 0 to 1 and what it is
made of, best first. It decides nothing: people are shown it before a report is filed, and whoever files may say that
it joins one of them. What becomes one case by itself is the fusion's.

The score is the mean of what is known, weighted: how near (0.4), the same category (0.3) or one that is alike (0.15),
the same words (0.2), still open or how long ago closed (0.1). Words are compared by pairs of characters (Dice's
coefficient), which needs no dictionary and so works for Chinese; 0.5 and more is worth showing.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.life import ENDED
from cases.tables import CASES
from pipeline.geo import distance, metres_per_degree

RADIUS = 150.0
"""Metres: a phone's place is off by up to 50, and two people name a street's two ends."""
RECENT = 7 * 86_400.0
"""Seconds after which a closed case is no duplicate any more."""
WORTH = 0.5
MOST = 10
_LOOKED_AT = 500
"""Cases near one place that are looked at: the newest."""
_NEAR, _CATEGORY, _WORDS, _TIME = 0.4, 0.3, 0.2, 0.1


class Told(NamedTuple):
    """What somebody is about to report."""

    category: str
    lon: float
    lat: float
    text: str = ""


class Likely(NamedTuple):
    """A case that may be the same."""

    case: Mapping[str, Any]
    """Its row."""
    score: float
    metres: float
    category: float
    """1: the same, 0.5: alike, 0: another."""
    words: float
    """0 to 1; NaN where one of them has none."""
    time: float
    """1: open; less the longer ago it was closed."""


Same = Callable[[str, str], float]
"""How far two categories mean the same: 1, 0.5 (alike) or 0."""


def sameness(alike: Iterable[Iterable[str]] = (), code: Callable[[str], str] = str) -> Same:
    """alike: categories that mean the same to people. code: the one code of a category that has several."""
    groups = [frozenset(map(code, each)) for each in alike]

    def same(one: str, other: str) -> float:
        pair = {code(one), code(other)}
        return 1.0 if len(pair) == 1 else 0.5 if any(pair <= each for each in groups) else 0.0

    return same


def likely(told: Told, candidates: Iterable[Mapping[str, Any]], now: float, same: Same) -> list[Likely]:
    """Those worth showing, best first. now: UTC seconds."""
    rows = [row for row in candidates if row["lon"] is not None and row["lat"] is not None]
    if not rows or not math.isfinite(told.lon + told.lat):
        return []
    away = distance(told.lon, told.lat, [row["lon"] for row in rows], [row["lat"] for row in rows])
    pairs = _pairs(told.text)
    found = (_scored(told, row, float(metres), pairs, now, same) for row, metres in zip(rows, away, strict=True))
    worth = (each for each in found if each is not None and each.score >= WORTH)
    return sorted(worth, key=lambda each: (-each.score, each.metres, each.case["id"]))[:MOST]


def _scored(
    told: Told, row: Mapping[str, Any], metres: float, pairs: Counter[str], now: float, same: Same
) -> Likely | None:
    if metres > RADIUS:
        return None
    closed = row["closed"] if row["state"] in ENDED else None
    if row["state"] in ENDED and (closed is None or now - closed > RECENT):
        return None
    time = 1.0 if closed is None else 1.0 - max(now - closed, 0.0) / RECENT
    category = same(told.category, row["category"])
    theirs = _pairs(row["text"])
    words = 2 * (pairs & theirs).total() / (pairs.total() + theirs.total()) if pairs and theirs else math.nan
    parts = [(_NEAR, 1 - metres / RADIUS), (_CATEGORY, category), (_TIME, time)]
    if not math.isnan(words):
        parts.append((_WORDS, words))
    score = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
    return Likely(
        row,
        round(score, 3),
        round(metres, 1),
        category,
        words if math.isnan(words) else round(words, 3),
        round(time, 3),
    )


def _pairs(text: str) -> Counter[str]:
    """Each two characters that follow one another, how often; signs and blanks do not count."""
    plain = [each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum()]
    return Counter(a + b for a, b in pairwise(plain))


def near(lon: float, lat: float, now: float) -> sa.Select[Any]:
    """The candidates: open, or closed lately, in the box around a place; found by `ix_cases_place`."""
    per_lon, per_lat = (float(each) for each in metres_per_degree(lat))
    wide, high = RADIUS / max(per_lon, 1.0), RADIUS / per_lat
    recent = CASES.c.state.not_in(ENDED) | (CASES.c.closed >= now - RECENT)
    return (
        sa.select(CASES)
        .where(CASES.c.lat.between(lat - high, lat + high), CASES.c.lon.between(lon - wide, lon + wide))
        .where(recent, ~CASES.c.withdrawn)
        .order_by(CASES.c.opened.desc(), CASES.c.id)
        .limit(_LOOKED_AT)
    )

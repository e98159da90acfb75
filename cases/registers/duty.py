"""duty: whose is it? The list of duties (权责清单): category × place → the unit that handles, and those that help.

A row names a category and a place by patterns: text in which `*` stands for anything ('06*', '3301*'); an empty one
fits everything. Of the rows that fit, the most specific category counts first, then the most specific grid, zone and
street; more letters are more specific, and text without `*` more than any with it. Of equals the smallest id counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cases.registers.rows import Kept

PLACES = ("grid", "zone", "street")


class Duty(NamedTuple):
    """Who handles."""

    unit: str
    helpers: tuple[str, ...] = ()


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern says so; an empty one says so of everything."""
    return not pattern or _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=65536)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def _specific(pattern: str) -> tuple[bool, int]:
    """The larger, the more specific."""
    return bool(pattern) and "*" not in pattern, len(pattern.replace("*", ""))


def duty(rows: Iterable[Kept], category: str, place: Sequence[str], at: float) -> Duty | None:
    """Whose a category is at a place at a time (UTC seconds). place: grid, zone, street, in the order of PLACES."""
    best: tuple[tuple[tuple[bool, int], ...], Kept] | None = None
    for row in rows:
        patterns = [row.data.get(name, "") for name in PLACES]
        wanted = row.data.get("category", "")
        if not row.holds(at) or not fits(wanted, category):
            continue
        if all(fits(pattern, text) for pattern, text in zip(patterns, place, strict=True)):
            rank = (_specific(wanted), *map(_specific, patterns))
            if best is None or rank > best[0]:  # rows are sorted by id: the first of equals stays
                best = rank, row
    return None if best is None else Duty(best[1].data["unit"], tuple(best[1].data.get("helpers", ())))

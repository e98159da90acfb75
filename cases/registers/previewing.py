"""previewing: what an import would do, row by row, before anybody says yes: added, changed, ended, taken out.

Pure: rows in, rows out. A row that goes and one of the same name that comes are one change of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cases.registers.changing import Changes, Standing
from cases.registers.rows import Kept

SHOWN = 200
"""Rows that are shown; all are counted."""


class Seen(NamedTuple):
    """What happens to one row. what: added, changed, ended (it only holds for less long) or removed."""

    what: str
    id: str
    before: Kept | None
    after: Kept | None


@dataclass(slots=True)
class Preview:
    """What an import does."""

    counts: Counter[str] = field(default_factory=Counter)
    """By `what`."""
    rows: list[Seen] = field(default_factory=list)


def preview(before: Sequence[Standing], changes: Changes) -> Preview:
    """Of the rows that stand, and what is to become of them."""
    going = set(changes.removed)
    gone: dict[str, list[Kept]] = {}
    for number, row in before:
        if number in going:
            gone.setdefault(row.id, []).append(row)
    found = Preview()
    for row in changes.added:
        old = gone.get(row.id)
        was = old.pop(0) if old else None
        if was is None:
            what = "added"
        elif row.valid_to < was.valid_to and (row.valid_from, row.data) == (was.valid_from, was.data):
            what = "ended"
        else:
            what = "changed"
        _count(found, Seen(what, row.id, was, row))
    for rows in gone.values():
        for row in rows:
            _count(found, Seen("removed", row.id, row, None))
    return found


def _count(found: Preview, seen: Seen) -> None:
    found.counts[seen.what] += 1
    if len(found.rows) < SHOWN:
        found.rows.append(seen)

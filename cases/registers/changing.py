"""changing: what an import makes of a register: which rows go, which come, and what the register is then.

Two ways. `replace`: the file is the register; rows that are the same stay, so that history tells what really changed.
`update`: the file's rows hold from a time on, and end what was there before of the same name; nothing else is touched.
Pure: rows in, rows out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from cases.registers.checking import Checked
from cases.registers.rows import Kept

REPLACE, UPDATE = "replace", "update"


class Standing(NamedTuple):
    """A row as it stands, with its number in the store."""

    number: int
    row: Kept


@dataclass(slots=True)
class Changes:
    """What an import does."""

    removed: list[int] = field(default_factory=list)
    """Numbers of rows that are taken out."""
    added: list[Kept] = field(default_factory=list)
    after: list[Checked] = field(default_factory=list)
    """The whole register as it stands then; line 0: it was there before."""


_encode = msgspec.json.Encoder(order="deterministic").encode


def same(row: Kept) -> tuple[str, float, float, bytes]:
    """What two rows have in common that are the same."""
    return row.id, row.valid_from, row.valid_to, _encode(row.data)


def replaced(before: Iterable[Standing], rows: Sequence[Checked]) -> Changes:
    """The file is the register."""
    there: dict[tuple[str, float, float, bytes], list[int]] = {}
    for number, row in before:
        there.setdefault(same(row), []).append(number)
    changes = Changes(after=list(rows))
    for each in rows:
        numbers = there.get(same(each.row))
        if numbers:
            numbers.pop()
        else:
            changes.added.append(each.row)
    changes.removed = sorted(number for numbers in there.values() for number in numbers)
    return changes


def updated(before: Sequence[Standing], rows: Sequence[Checked], effective: float, dated: bool) -> Changes:
    """The file's rows hold from `effective` on (UTC seconds), or from their own `valid_from`.

    What was there of the same name ends when the first of them begins; what would have begun later is taken out. A row
    whose `valid_to` is before `effective` only ends what was there. A register without dates has them at once. A row
    that says what already holds changes nothing.
    """
    new: dict[str, list[Checked]] = {}
    for line, row in rows:
        start = min(effective, row.valid_to) if dated and row.valid_from == -math.inf else row.valid_from
        new.setdefault(row.id, []).append(Checked(line, row._replace(valid_from=start)))
    changes = Changes()
    old: dict[str, list[Standing]] = {}
    for each in before:
        if each.row.id in new:
            old.setdefault(each.row.id, []).append(each)
        else:
            changes.after.append(Checked(0, each.row))
    for id, coming in new.items():
        start = min(each.row.valid_from for each in coming)
        coming = [each for each in coming if each.row.valid_from < each.row.valid_to]
        going = old.get(id, [])
        if _says_the_same(going, coming, start):
            changes.after += [Checked(0, each.row) for each in going]
            continue
        for number, row in going:
            if row.valid_to <= start:
                changes.after.append(Checked(0, row))
                continue
            changes.removed.append(number)
            if row.valid_from < start:
                ended = row._replace(valid_to=start)
                changes.added.append(ended)
                changes.after.append(Checked(0, ended))
        changes.added += [each.row for each in coming]
        changes.after += coming
    changes.removed.sort()
    return changes


def _says_the_same(going: Sequence[Standing], coming: Sequence[Checked], start: float) -> bool:
    """Whether the rows that hold from `start` on are those that come, but for when they began."""
    now = [each.row for each in going if each.row.valid_to > start]
    if any(row.valid_from > start for row in now) or len({each.row.valid_from for each in coming}) > 1:
        return False
    return sorted((row.valid_to, _encode(row.data)) for row in now) == sorted(
        (each.row.valid_to, _encode(each.row.data)) for each in coming
    )

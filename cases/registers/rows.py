"""rows: the rows of a register in the store as they stand now, remembered until the register changes.

Reads `register_changes` and `register_rows`. A `Memory` outlives connections: whoever looks up often keeps one, and a
register is then read again only after a change. Safe from several threads: what is remembered is never changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from cases.tables.registers import REGISTER_CHANGES, REGISTER_ROWS

T = TypeVar("T")


class Kept(NamedTuple):
    """A row as the store has it. Times are UTC seconds, unbounded ones infinite; places in `data` are WGS-84."""

    id: str
    valid_from: float
    valid_to: float
    data: dict[str, Any]

    def holds(self, at: float) -> bool:
        """Whether it does at a time."""
        return self.valid_from <= at < self.valid_to


def version(connection: sa.Connection, register: str) -> int:
    """The number of a register's last change; 0: there has been none."""
    query = sa.select(sa.func.max(REGISTER_CHANGES.c.number)).where(REGISTER_CHANGES.c.register == register)
    return connection.execute(query).scalar_one() or 0


def standing(connection: sa.Connection, register: str) -> list[Kept]:
    """All rows of a register as it stands, by id, then from when they hold, then in the order in which they came."""
    rows = REGISTER_ROWS.c
    query = sa.select(rows.id, rows.valid_from, rows.valid_to, rows.data, rows.number)
    query = query.where(rows.register == register, rows.until.is_(None))
    found = [
        (Kept(id, since(start), until(end), data), number) for id, start, end, data, number in connection.execute(query)
    ]
    # Sorted here, because databases differ in how they order text.
    return [row for row, _ in sorted(found, key=lambda each: (each[0].id, each[0].valid_from, each[1]))]


def since(stored: float | None) -> float:
    """`valid_from` as we reckon with it."""
    return -math.inf if stored is None else stored


def until(stored: float | None) -> float:
    """`valid_to` as we reckon with it."""
    return math.inf if stored is None else stored


def bounded(time: float) -> float | None:
    """A time as the store has it."""
    return time if math.isfinite(time) else None


@dataclass(slots=True)
class Memory:
    """What has been made of registers, by what for, with the version of the register that it was made of."""

    made: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def of(self, connection: sa.Connection, register: str, make: Callable[[Sequence[Kept]], T]) -> T:
        """What `make` makes of the rows as they stand; made again only where the register has changed."""
        now = version(connection, register)
        before = self.made.get(register)
        if before is None or before[0] != now:
            before = self.made[register] = (now, make(standing(connection, register)))
        made: T = before[1]
        return made

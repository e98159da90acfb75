"""history: what the registers said after any change, and who changed what when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.registers.kinds import REGISTERS, Register
from cases.registers.rows import Kept, since, until
from cases.registers.spool import BATCH, texts_of
from cases.tables.registers import REGISTER_CHANGES, REGISTER_ROWS

CHANGES = ("number", "register", "at", "by", "mode", "effective", "source", "added", "removed", "skipped")


class Count(NamedTuple):
    """How much a register has. changed: when it was changed last, UTC seconds; None: never."""

    register: str
    rows: int
    changed: float | None


class Version(NamedTuple):
    """A row as it was at some time. since, until: the numbers of the changes that brought it and took it out; until is
    None while it stands."""

    row: Kept
    since: int
    until: int | None


def counts(connection: sa.Connection) -> list[Count]:
    """Every register, in the order of REGISTERS."""
    rows, done = REGISTER_ROWS.c, REGISTER_CHANGES.c
    small = sa.select(rows.register, sa.func.count()).where(rows.until.is_(None)).group_by(rows.register)
    # Of a large register by its history: counting ten million rows takes seconds.
    large = sa.select(done.register, sa.func.sum(done.added - done.removed)).group_by(done.register)
    last = sa.select(done.register, sa.func.max(done.at)).group_by(done.register)
    of_small, of_large, at = ({row[0]: row[1] for row in connection.execute(query)} for query in (small, large, last))
    return [
        Count(name, int((of_small if each.table is None else of_large).get(name, 0)), at.get(name))
        for name, each in REGISTERS.items()
    ]


def changes(connection: sa.Connection, register: str | None = None) -> list[dict[str, Any]]:
    """Who changed which register when, the oldest first: the columns of CHANGES."""
    table = REGISTER_CHANGES
    query = sa.select(*(table.c[name] for name in CHANGES)).order_by(table.c.number)
    if register is not None:
        query = query.where(table.c.register == register)
    return [dict(row) for row in connection.execute(query).mappings()]


def recent(connection: sa.Connection, register: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Who changed a register when, the newest first; before: only changes with a lower number."""
    table = REGISTER_CHANGES
    query = sa.select(*(table.c[name] for name in CHANGES)).where(table.c.register == register)
    if before is not None:
        query = query.where(table.c.number < before)
    query = query.order_by(table.c.number.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def done_by(connection: sa.Connection, register: Register, change: int, limit: int) -> tuple[list[Kept], list[Kept]]:
    """The first rows that a change took out, and those that it brought."""
    table = REGISTER_ROWS if register.table is None else register.points
    found = []
    for column in (table.c.until, table.c.since):
        query = sa.select(table).where(column == change).order_by(table.c.number).limit(limit)
        if register.table is None:
            query = query.where(table.c.register == register.name)
        found.append([kept(register, row) for row in connection.execute(query).mappings()])
    return found[0], found[1]


def rows_of(connection: sa.Connection, register: Register, change: int | None = None) -> Iterator[Kept]:
    """The rows of a register as it stands, or as it stood after a change; by id, a large one in the order of coming."""
    table = REGISTER_ROWS if register.table is None else register.points
    query = sa.select(table).where(_standing(table, change)).order_by(table.c.number)
    if register.table is None:
        found = [
            kept(register, row) for row in connection.execute(query.where(table.c.register == register.name)).mappings()
        ]
        yield from sorted(found, key=lambda row: (row.id, row.valid_from))
        return
    result = connection.execution_options(stream_results=True, max_row_buffer=BATCH).execute(query)
    for row in result.mappings():
        yield kept(register, row)


def versions(connection: sa.Connection, register: Register, id: str) -> list[Version]:
    """All that was ever said of one row, in the order in which it was."""
    table = REGISTER_ROWS if register.table is None else register.points
    name = table.c.text if register.name == "addresses" else table.c.id
    query = sa.select(table).where(name == id).order_by(table.c.number)
    if register.table is None:
        query = query.where(table.c.register == register.name)
    return [Version(kept(register, row), row["since"], row["until"]) for row in connection.execute(query).mappings()]


def _standing(table: sa.Table, change: int | None) -> sa.ColumnElement[bool]:
    if change is None:
        return table.c.until.is_(None)
    return sa.and_(table.c.since <= change, sa.or_(table.c.until.is_(None), table.c.until > change))


def kept(register: Register, row: sa.RowMapping) -> Kept:
    """A row of a table as a row of its register."""
    start, end = since(row["valid_from"]), until(row["valid_to"])
    if register.table is None:
        return Kept(row["id"], start, end, row["data"])
    data = {name: row[name] for name in ("lon", "lat", *texts_of(register)) if row[name] != ""}
    if register.key in data:
        data["id"] = row["id"]
        return Kept(data.pop(register.key), start, end, data)
    return Kept(row["id"], start, end, data)

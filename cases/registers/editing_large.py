"""editing_large: edits by hand, and undo, of registers of millions of rows: only what is touched is read.

Called by `cases/registers/editing.py`, whose words hold here too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.registers.cells import cells_of
from cases.registers.changing import same
from cases.registers.checking import Checked
from cases.registers.editing import ADD, Edit, as_seen, outcome
from cases.registers.history import kept
from cases.registers.importing import Import, Imported, take_out, write_change
from cases.registers.kinds import Register
from cases.registers.rows import Kept, bounded, since, until
from cases.registers.spool import made_id, texts_of
from pipeline.faults import Fault, Faulty

_NAMED = 20
"""Faults that are named of an undo; it is refused for one."""


def edit_points(
    engine: sa.Engine, wanted: Import, edits: Sequence[Edit], checked: Mapping[int, Checked], seen: int | None
) -> Imported:
    """As `cases.registers.editing.edit`; the rows' own checks are done."""
    register, table = wanted.register, wanted.register.points
    with writing(engine) as connection:
        as_seen(connection, register, seen)
        numbers = [each.number for each in edits if each.what != ADD]
        query = sa.select(table).where(table.c.number.in_(numbers), table.c.until.is_(None))
        rows = {row["number"]: kept(register, row) for row in connection.execute(query).mappings()}
        removed: list[int] = []
        added: list[tuple[int, Kept]] = []
        for line, each in enumerate(edits, 1):
            old = rows.pop(each.number, None) if each.what != ADD else None
            made = outcome(wanted, line, each, old, checked[line].row if line in checked else None)
            if old is not None and len(made) == 1 and same(made[0]) == same(old):
                continue
            removed += [each.number] if old is not None else []
            added += [(line, row) for row in made]
        done = Imported(None, len(edits), len(added), len(removed))
        if added or removed:
            done.number = write_change(connection, wanted, done)
            take_out(connection, table, removed, done.number)
            values = [_values(register, row) | {"since": done.number} for _, row in added]
            if values:
                connection.execute(table.insert(), values)
            _once(connection, wanted, [(line, v["id"]) for (line, _), v in zip(added, values, strict=True)])
        return done


def undo_points(connection: sa.Connection, wanted: Import, change: int) -> Imported:
    """As `cases.registers.editing.undo`, of a change that is there."""
    table = wanted.register.points
    came = sa.select(table.c.id, table.c.until).where(table.c.since == change, table.c.until.is_not(None))
    later = connection.execute(came.limit(_NAMED)).all()
    if later:
        what = "change {} has changed it since; undo that one first"
        raise Faulty([Fault(wanted.file.name, 0, id, what.format(number)) for id, number in later])
    other = table.alias()
    twice = sa.select(table.c.id).where(
        table.c.until == change,
        sa.exists().where(other.c.id == table.c.id, other.c.until.is_(None), other.c.since != change),
    )
    again = connection.execute(twice.limit(_NAMED)).scalars().all()
    if again:
        raise Faulty([Fault(wanted.file.name, 0, id, "has come again since; remove it first") for id in again])
    done = Imported(None, 0, _count(connection, table, table.c.until == change))
    done.removed = _count(connection, table, table.c.since == change)
    if not (done.added or done.removed):
        return done
    done.number = write_change(connection, wanted, done)
    names = [column.name for column in table.columns if column.name not in ("number", "since", "until")]
    back = sa.select(*(table.c[name] for name in names), sa.literal(done.number)).where(table.c.until == change)
    connection.execute(table.update().where(table.c.since == change).values(until=done.number))
    connection.execute(table.insert().from_select([*names, "since"], back))
    return done


def _count(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one())


def _once(connection: sa.Connection, wanted: Import, rows: Sequence[tuple[int, str]]) -> None:
    """A name once at a time. Raises Faulty, so that nothing is written."""
    table = wanted.register.points
    faults = []
    for line, id in rows:
        query = sa.select(table.c.valid_from, table.c.valid_to).where(table.c.id == id, table.c.until.is_(None))
        spans = sorted((since(start), until(end)) for start, end in connection.execute(query))
        for (_, end), (start, _) in itertools.pairwise(spans):
            if end > start:
                faults.append(Fault(wanted.file.name, line, id, "is there already at that time"))
                break
    if faults:
        raise Faulty(faults)


def _values(register: Register, row: Kept) -> dict[str, Any]:
    """A row as the table has it."""
    lon, lat = row.data["lon"], row.data["lat"]
    texts = {name: str(row.data.get(name, "")) for name in texts_of(register)}
    id = row.id
    if register.key in texts:
        texts[register.key] = row.id
        id = str(row.data.get("id", "")) or made_id(row.id, lon, lat)
    return {
        **texts,
        "id": id,
        "lon": lon,
        "lat": lat,
        "cell": int(cells_of(lon, lat)),
        "valid_from": bounded(row.valid_from),
        "valid_to": bounded(row.valid_to),
    }

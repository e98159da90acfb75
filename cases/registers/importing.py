"""importing: a file becomes rows of a register in the store, all of them or none, with who did it and when.

Every bad row is named, with file, line, column and what was expected. Nothing is imported while there is one, unless
bad rows are to be skipped; then the rest is, and they are told. Large registers: `cases/registers/large.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.database import reading, writing
from cases.registers.changing import REPLACE, Changes, Standing, replaced, updated
from cases.registers.checking import Checked, Record, check
from cases.registers.features import geojson_records, shapefile_records
from cases.registers.kinds import Register
from cases.registers.previewing import Preview, preview
from cases.registers.references import check_references, check_rows
from cases.registers.rows import Kept, bounded, since, standing, until
from cases.registers.tables import table_records
from cases.registers.world import put, stored_world
from cases.tables.registers import REGISTER_CHANGES, REGISTER_ROWS
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum
from pipeline.register_csv import Report
from pipeline.register_files import Stored, load_registers
from pipeline.register_section import RegisterFiles

FORMATS = (".csv", ".txt", ".xlsx", ".xlsm", ".geojson", ".json", ".shp", ".zip")
ROWS = 1000
"""Rows that one statement names; fewer than any database takes."""


class World(NamedTuple):
    """What the configuration says the world is made of, so that an import can't leave one that is faulty."""

    section: RegisterFiles
    folder: Path


class Import(NamedTuple):
    """What is asked for.

    mode: see cases/registers/changing.py. effective: of an update, UTC seconds. datum: what the file's places are in;
    needed by registers with places. zone: of dates without an offset. at, by: when and who, for the history. world:
    None: the register is checked by itself. dry: nothing is written. source: what the history calls it; '': the file's
    name.
    """

    register: Register
    file: Path
    zone: ZoneInfo
    at: float
    by: str
    mode: str = REPLACE
    effective: float = 0.0
    datum: Datum | None = None
    skip_bad: bool = False
    world: World | None = None
    dry: bool = False
    source: str = ""


@dataclass(slots=True)
class Imported:
    """What became of it."""

    number: int | None = None
    """Of the change; None: the register said all of it already."""
    rows: int = 0
    """Good rows of the file."""
    added: int = 0
    removed: int = 0
    faults: list[Fault] = field(default_factory=list)
    """Of the rows that were skipped."""
    preview: Preview | None = field(default=None, compare=False)
    """Of a dry one of a small register: what it would do, row by row."""

    @property
    def skipped(self) -> int:
        """Bad rows."""
        return len({fault.line for fault in self.faults})


def import_file(engine: sa.Engine, wanted: Import) -> Imported:
    """Import it. Raises Faulty with every fault, OSError, StoreTrouble; nothing has changed then."""
    from cases.registers.large import import_points

    if wanted.register.shape and wanted.datum is None and wanted.file.suffix.lower() in FORMATS:
        what = "expected to be told the datum of its places: WGS-84, GCJ-02, BD-09 or CGCS2000"
        raise Faulty([Fault(wanted.file.name, 0, "", what)])
    if wanted.register.table is not None:
        return import_points(engine, wanted)
    faults: list[Fault] = []
    report = reporter(wanted.file, faults)
    rows = check(wanted.register, records(wanted.register, wanted.file, report), wanted.datum, wanted.zone, report)
    if wanted.register.world or any(fault.line == 0 for fault in faults):
        refuse(faults, wanted.skip_bad)  # of the world: its checks of whole registers would blame good rows for bad
    with (reading if wanted.dry else writing)(engine) as connection:
        before = numbered(connection, wanted.register.name)
        if wanted.mode == REPLACE and before and not rows:
            raise no_rows(wanted)
        while True:
            changes = _changes(wanted, before, rows)
            found = unfit(connection, wanted, changes, {fault.path for fault in faults})
            if not (found or (faults and not wanted.skip_bad)):
                break
            if not wanted.skip_bad or any(fault.line == 0 or fault.file != wanted.file.name for fault in found):
                raise Faulty(faults + found)
            faults += found
            bad = {fault.line for fault in found}
            rows = [each for each in rows if each.line not in bad]
        done = Imported(None, len(rows), len(changes.added), len(changes.removed), faults)
        if wanted.dry:
            done.preview = preview(before, changes)
        if (changes.added or changes.removed) and not wanted.dry:
            done.number = write_change(connection, wanted, done)
            take_out(connection, REGISTER_ROWS, changes.removed, done.number)
            add_rows(connection, wanted.register.name, changes.added, done.number)
    return done


def records(register: Register, file: Path, report: Report) -> Iterator[Record]:
    """The records of a file, in the format that its name ends with."""
    kind = file.suffix.lower()
    if kind in (".geojson", ".json"):
        return geojson_records(register, file, report)
    if kind in (".shp", ".zip"):
        return shapefile_records(register, file, report)
    if kind not in FORMATS:
        report(0, "", "expected a name that ends with .csv, .xlsx, .geojson, .shp or .zip")
        return iter(())
    return table_records(register, file, report)


def reporter(file: Path, faults: list[Fault]) -> Report:
    """What collects the faults of a file."""
    return lambda line, path, message: faults.append(Fault(file.name, line, path, message))


def refuse(faults: Sequence[Fault], skip_bad: bool) -> None:
    """Raise Faulty where there is a fault that can't be skipped: any, or one that is of no single row."""
    if faults and (not skip_bad or any(fault.line == 0 for fault in faults)):
        raise Faulty(faults)


def no_rows(wanted: Import) -> Faulty:
    """An empty file in place of a register is a slip."""
    what = f"has no rows to put in place of those that {wanted.register.name} has"
    return Faulty([Fault(wanted.file.name, 0, "", what)])


def numbered(connection: sa.Connection, register: str) -> list[Standing]:
    """The rows of a register as it stands, in the order in which they came."""
    rows = REGISTER_ROWS.c
    query = sa.select(rows.number, rows.id, rows.valid_from, rows.valid_to, rows.data)
    query = query.where(rows.register == register, rows.until.is_(None)).order_by(rows.number)
    return [
        Standing(number, Kept(id, since(start), until(end), data))
        for number, id, start, end, data in connection.execute(query)
    ]


def write_change(connection: sa.Connection, wanted: Import, done: Imported) -> int:
    """Put it into the history; its number."""
    values = {
        "register": wanted.register.name,
        "at": wanted.at,
        "by": wanted.by,
        "mode": wanted.mode,
        "effective": None if wanted.mode == REPLACE or not wanted.register.dated else wanted.effective,
        "source": wanted.source or wanted.file.name,
        "added": done.added,
        "removed": done.removed,
        "skipped": done.skipped,
    }
    added = REGISTER_CHANGES.insert().values(**values).returning(REGISTER_CHANGES.c.number)
    return int(connection.execute(added).scalar_one())


def take_out(connection: sa.Connection, table: sa.Table, numbers: Sequence[int], change: int) -> None:
    """Rows that a change takes out."""
    for first in range(0, len(numbers), ROWS):
        some = numbers[first : first + ROWS]
        connection.execute(table.update().where(table.c.number.in_(some)).values(until=change))


def add_rows(connection: sa.Connection, register: str, rows: Sequence[Kept], change: int) -> None:
    """Rows that a change brings."""
    values = [
        {
            "register": register,
            "id": row.id,
            "valid_from": bounded(row.valid_from),
            "valid_to": bounded(row.valid_to),
            "data": row.data,
            "since": change,
        }
        for row in rows
    ]
    if values:
        connection.execute(REGISTER_ROWS.insert(), values)


def _changes(wanted: Import, before: Sequence[Standing], rows: Sequence[Checked]) -> Changes:
    if wanted.mode == REPLACE:
        return replaced(before, rows)
    return updated(before, rows, wanted.effective, wanted.register.dated)


def unfit(connection: sa.Connection, wanted: Import, changes: Changes, bad: set[str]) -> list[Fault]:
    """What is wrong between the rows as they would be, here and in the registers that name them or that they name.

    bad: names of rows that have faults of their own, which nobody is blamed for naming.

    A fault of a row that was there before has line 0, or another file: no row of this one can be skipped for it."""
    name = wanted.register.name
    faults: list[Fault] = []
    report = reporter(wanted.file, faults)
    check_rows(name, changes.after, report)
    if not wanted.register.world:
        desk: dict[str, Sequence[Checked]] = {
            other: [Checked(0, row) for row in standing(connection, other)]
            for other in ("units", "duty", "officers")
            if other != name
        }
        check_references({**desk, name: changes.after}, name, report, set() if wanted.skip_bad else bad)
    elif wanted.world is not None and name in wanted.world.section.stored and not faults:
        section = wanted.world.section
        stored = stored_world(connection, [other for other in section.stored if other != name])
        stored.labels[name] = wanted.file.name
        put(stored, wanted.register, changes.after)
        found = _world_faults(wanted, stored)
        if found:
            # What was wrong elsewhere already, this file is not to blame for: registers come one after the other.
            put(stored, wanted.register, [Checked(0, row) for row in standing(connection, name)])
            before = {_without_hint(fault) for fault in _world_faults(wanted, stored)}
            faults += [fault for fault in found if _without_hint(fault) not in before]
    return faults


def _world_faults(wanted: Import, stored: Stored) -> list[Fault]:
    if wanted.world is None:
        return []
    try:
        load_registers(wanted.world.section, wanted.world.folder, wanted.zone, stored)
    except Faulty as faulty:
        return faulty.faults
    return []


def _without_hint(fault: Fault) -> Fault:
    """The same, whatever else is there to suggest."""
    return replace(fault, message=fault.message.partition("; did you mean")[0])

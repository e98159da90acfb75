"""large: registers of millions of rows: parts and address points.

A file is read once: its good rows are spooled, and of each a fingerprint of 64 bits is remembered. Held against the
rows in the store, it shows which rows go and which come, so that a census that comes again costs the store only what
has changed. Only then is the store written, in one transaction.

Sixty-four bits: of ten million rows, two that differ look the same once in some 400,000 imports.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from cases.database import reading, writing
from cases.registers.changing import REPLACE
from cases.registers.importing import (
    ROWS,
    Import,
    Imported,
    no_rows,
    records,
    refuse,
    reporter,
    take_out,
    write_change,
)
from cases.registers.kinds import Register
from cases.registers.rows import bounded, version
from cases.registers.spool import BATCH, PLAIN, UNBOUNDED, Spool, batches, finite, texts_of
from pipeline.faults import Fault, Faulty
from pipeline.geo import Datum
from pipeline.register_checks import once_at_a_time
from pipeline.register_csv import Times

INDEXED_AFTER = 200_000
"""From so many rows on, an empty table gets its indexes when it has its rows: at once they cost several times more."""

Prints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class _File:
    """What is remembered of a file's rows, in its order."""

    spool: Spool
    line: Prints = field(default_factory=lambda: np.empty(0, np.int64))
    name: Prints = field(default_factory=lambda: np.empty(0, np.int64))
    """Fingerprints of ids."""
    all: Prints = field(default_factory=lambda: np.empty(0, np.int64))
    """Fingerprints of whole rows."""
    start: Floats = field(default_factory=lambda: np.empty(0))
    """From when they hold."""
    holds: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    """Whether they ever do: a row of an update may only end what was there."""


@dataclass(slots=True)
class _Difference:
    """What is to be done. coming: by the file's rows. ended: numbers of rows, by when they end."""

    version: int
    empty: bool
    coming: NDArray[np.bool_]
    going: list[int] = field(default_factory=list)
    ended: dict[float, list[int]] = field(default_factory=dict)


def import_points(engine: sa.Engine, wanted: Import) -> Imported:
    """As `cases.registers.importing.import_file`.

    Needs room for the rows in the system's folder for temporary files."""
    faults: list[Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        file = _read(wanted, Spool(Path(folder)), faults)
        refuse(faults, wanted.skip_bad)
        bad = np.isin(file.line, [fault.line for fault in faults])
        difference = _difference(engine, wanted, file, bad)
        coming = int(difference.coming.sum())
        ended = sum(map(len, difference.ended.values()))
        done = Imported(None, int((~bad).sum()), coming + ended, len(difference.going), faults)
        if wanted.mode == REPLACE and done.removed and not done.rows:
            raise no_rows(wanted)
        if (done.added or done.removed) and not wanted.dry:
            _write(engine, wanted, file, difference, done)
    return done


def _read(wanted: Import, spool: Spool, faults: list[Fault]) -> _File:
    """Check and spool the file."""
    register, report = wanted.register, reporter(wanted.file, faults)
    found = batches(
        register, records(register, wanted.file, report), wanted.datum or Datum.WGS84, Times(wanted.zone), report
    )
    file = _File(spool)
    parts: list[tuple[Prints, Prints, Prints, Floats, NDArray[np.bool_]]] = []
    for batch in spool.write(found):
        columns = {name: batch.column(name).to_pylist() for name in _compared(register)}
        start = finite(columns["valid_from"], UNBOUNDED["valid_from"])
        end = finite(columns["valid_to"], UNBOUNDED["valid_to"])
        if wanted.mode != REPLACE:
            start = np.where(np.isinf(start), np.minimum(end, wanted.effective), start)
        line = batch.column("line").to_numpy()
        parts.append((line, _prints([columns["id"]]), _whole(columns, wanted.mode), start, start < end))
    if parts:
        file.line, file.name, file.all, file.start, file.holds = (
            np.concatenate(each) for each in zip(*parts, strict=True)
        )
    _once(file, report)
    return file


def _compared(register: Register) -> list[str]:
    """The columns that make rows the same."""
    return [name for name in (*PLAIN, *texts_of(register)) if name != "cell"]


def _whole(columns: Mapping[str, Sequence[Any]], mode: str) -> Prints:
    """Fingerprints of rows; of an update without `valid_from`: what holds already is no change."""
    return _prints([values for name, values in columns.items() if mode == REPLACE or name != "valid_from"])


def _prints(columns: Sequence[Sequence[Any]]) -> Prints:
    """A fingerprint for each row of some columns, good in this process."""
    return np.fromiter(map(hash, zip(*columns, strict=True)), np.int64, len(columns[0]))


def _once(file: _File, report: Any) -> None:
    """Names once at a time."""
    order = np.argsort(file.name, kind="stable")
    ordered = file.name[order]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(again):
        return
    twice = np.unique(ordered[again])
    rows = []
    for batch in file.spool.read():
        ids = batch.column("id").to_pylist()
        for index in np.flatnonzero(np.isin(_prints([ids]), twice)).tolist():
            row: dict[str, Any] = {"line": batch.column("line")[index].as_py()}
            for name in UNBOUNDED:
                value = batch.column(name)[index].as_py()
                row[name] = UNBOUNDED[name] if value is None else value
            rows.append((ids[index], row))
    once_at_a_time(rows, report)


def _difference(engine: sa.Engine, wanted: Import, file: _File, bad: NDArray[np.bool_]) -> _Difference:
    """Hold the file against the rows that stand."""
    table = wanted.register.points
    good = np.flatnonzero(~bad)
    whole = np.unique(file.all[good])
    by_name = good[np.lexsort((file.start[good], file.name[good]))]
    names, first = np.unique(file.name[by_name], return_index=True)
    starts = file.start[by_name][first]
    there: list[Prints] = []
    compared = _compared(wanted.register)
    with reading(engine) as connection:
        difference = _Difference(version(connection, wanted.register.name), True, ~bad & file.holds)
        query = sa.select(table.c.number, *(table.c[name] for name in compared)).where(table.c.until.is_(None))
        result = connection.execution_options(stream_results=True, max_row_buffer=BATCH).execute(query)
        for some in result.partitions(BATCH):
            difference.empty = False
            number, *values = zip(*some, strict=True)
            numbers = np.array(number, np.int64)
            columns = dict(zip(compared, values, strict=True))
            prints = _whole(columns, wanted.mode)
            same = _among(prints, whole)
            if wanted.mode == REPLACE:
                there.append(prints[same])
                difference.going += numbers[~same].tolist()
                continue
            since, until = (finite(columns[name], UNBOUNDED[name]) for name in UNBOUNDED)
            own = _prints([columns["id"]])
            named = _among(own, names)
            start = np.where(named, starts[_near(own, names)], since) if len(names) else since
            same &= named & (since <= start) & (until > start)
            there.append(prints[same])
            going = named & ~same & (until > start)
            difference.going += numbers[going].tolist()
            for index in np.flatnonzero(going & (since < start)).tolist():
                difference.ended.setdefault(float(start[index]), []).append(int(numbers[index]))
    if there:
        difference.coming &= ~_among(file.all, np.unique(np.concatenate(there)))
    return difference


def _near(wanted: Prints, ordered: Prints) -> NDArray[np.int64]:
    """Where each would be among prints in order."""
    return np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)


def _among(wanted: Prints, ordered: Prints) -> NDArray[np.bool_]:
    """Which are among prints in order; quicker than numpy's own for few among many."""
    return ordered[_near(wanted, ordered)] == wanted if len(ordered) else np.zeros(len(wanted), bool)


def _write(engine: sa.Engine, wanted: Import, file: _File, difference: _Difference, done: Imported) -> None:
    table = wanted.register.points
    with writing(engine) as connection:
        if version(connection, wanted.register.name) != difference.version:
            what = f"somebody else has changed {wanted.register.name} meanwhile; import it again"
            raise Faulty([Fault(wanted.file.name, 0, "", what)])
        done.number = write_change(connection, wanted, done)
        copied = [c.name for c in table.columns if c.name not in ("number", "valid_to", "since", "until")]
        for time, numbers in sorted(difference.ended.items()):
            for first in range(0, len(numbers), ROWS):
                rows = table.c.number.in_(numbers[first : first + ROWS])
                kept = sa.select(*(table.c[n] for n in copied), sa.literal(time), sa.literal(done.number)).where(rows)
                connection.execute(table.insert().from_select([*copied, "valid_to", "since"], kept))
        take_out(connection, table, difference.going, done.number)
        later = difference.empty and int(difference.coming.sum()) >= INDEXED_AFTER and _is_empty(connection, table)
        indexes = sorted(table.indexes, key=lambda index: str(index.name)) if later else []
        for index in indexes:
            index.drop(connection)
        _insert(connection, wanted.register, file, difference.coming, done.number)
        for index in indexes:
            index.create(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"ANALYZE {table.name}"))  # else it may read the whole table for one place


def _is_empty(connection: sa.Connection, table: sa.Table) -> bool:
    return connection.execute(sa.select(table.c.number).limit(1)).first() is None


def _insert(connection: sa.Connection, register: Register, file: _File, coming: NDArray[np.bool_], change: int) -> None:
    """The file's new rows, each batch in the order of its cells, so that neighbours are read together."""
    table = register.points
    names = [*PLAIN, *texts_of(register)]
    listed = ", ".join((*names, "since"))
    at = 0
    for batch in file.spool.read():
        wanted = np.flatnonzero(coming[at : at + batch.num_rows])
        order = wanted[np.argsort(batch.column("cell").to_numpy()[wanted], kind="stable")]
        taken = batch.take(order)
        columns = {name: taken.column(name).to_pylist() for name in names}
        columns["valid_from"] = [bounded(time) for time in file.start[at + order].tolist()]
        at += batch.num_rows
        rows = zip(*columns.values(), [change] * len(order), strict=True)
        if connection.dialect.name == "postgresql":
            driver: Any = connection.connection
            with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        elif len(order):
            marks = ", ".join("?" * (len(names) + 1))
            insert = f"INSERT INTO {table.name} ({listed}) VALUES ({marks})"  # noqa: S608  our own names
            connection.exec_driver_sql(insert, list(rows))

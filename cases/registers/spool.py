"""spool: the good rows of a large file in columns, on disk, in the order of the file.

Reads records batch by batch: where all of a batch is good, by columns; else row by row, so that every bad one is named.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from cases.registers.cells import cells_of
from cases.registers.checking import VALIDITY, Record, plain_row
from cases.registers.kinds import Register
from cases.registers.rows import bounded
from pipeline.geo import Datum, to_wgs84
from pipeline.register_csv import Report, Times
from pipeline.register_shapes import swapped

BATCH = 200_000
"""Rows that are in memory at a time."""
PLAIN = ("id", "lon", "lat", "cell", *VALIDITY)
"""Columns that every large register has in the store, before its texts. Times that are not given are null."""


def texts_of(register: Register) -> list[str]:
    """The columns of text that are its own, as the store has them."""
    known = {"number", "since", "until", *PLAIN}
    return [column.name for column in register.points.columns if column.name not in known]


def batches(
    register: Register, records: Iterable[Record], datum: Datum, times: Times, report: Report
) -> Iterator[pa.RecordBatch]:
    """The good rows, in WGS-84: columns `line`, PLAIN and the register's texts."""
    texts = texts_of(register)
    rows = iter(records)
    while some := list(islice(rows, BATCH)):
        columns = _quick(register, some, times) or _slow(register, some, times, report)
        if not columns["line"]:
            continue
        lon, lat = to_wgs84(columns["lon"], columns["lat"], datum)
        for index in swapped(list(lon), list(lat)):
            report(columns["line"][index], columns[register.key][index], "lon and lat look swapped: see the others")
        columns["lon"], columns["lat"], columns["cell"] = lon, lat, cells_of(lon, lat)
        if register.key in texts:
            where = zip(columns["id"], columns[register.key], lon.tolist(), lat.tolist(), strict=True)
            columns["id"] = [id or made_id(text, x, y) for id, text, x, y in where]
        else:
            columns["id"] = columns[register.key]
        types = {"line": pa.int64(), "cell": pa.int64(), **dict.fromkeys(("lon", "lat", *VALIDITY), pa.float64())}
        names = ["line", *PLAIN, *texts]
        arrays = [pa.array(columns[name], types.get(name, pa.string())) for name in names]
        yield pa.RecordBatch.from_arrays(arrays, names)


def _quick(register: Register, records: Sequence[Record], times: Times) -> dict[str, Any] | None:
    """Columns of rows that are all good; None: not all are, or it takes a look at each to know."""
    cells = [record.cells for record in records]
    columns: dict[str, Any] = {c.name: [row.get(c.name, "") for row in cells] for c in register.columns}
    if not all(map(all, (columns[name] for name in register.required))):
        return None
    if any("#" in name or "E+" in name or "e+" in name for name in columns[register.key]):
        return None
    try:
        for name, most in (("lon", 180.0), ("lat", 90.0)):
            columns[name] = np.array(columns[name], np.float64)
            if not np.all(np.abs(columns[name]) <= most):
                return None
        for name in VALIDITY:
            columns[name] = [times.parse(text, name == "valid_to") if text else None for text in columns[name]]
    except ValueError:
        return None
    if any(b is not None and a is not None and b <= a for a, b in zip(*(columns[n] for n in VALIDITY), strict=True)):
        return None
    columns["line"] = [record.line for record in records]
    return columns


def _slow(register: Register, records: Sequence[Record], times: Times, report: Report) -> dict[str, Any]:
    """Columns of the good rows."""
    columns: dict[str, Any] = {name: [] for name in ("line", *(column.name for column in register.columns))}
    for record in records:
        good = plain_row(register, record, times, report)
        if good is not None:
            row = {"line": good.line, register.key: good.row.id, **good.row.data}
            row |= {"valid_from": bounded(good.row.valid_from), "valid_to": bounded(good.row.valid_to)}
            for name, column in columns.items():
                column.append(row.get(name, ""))
    return columns


def made_id(text: str, lon: float, lat: float) -> str:
    """A name for a point that has none: of its text and place, so that the same point has the same one again."""
    return hashlib.blake2b(f"{text}|{lon:.7f}|{lat:.7f}".encode(), digest_size=8).hexdigest()


class Spool:
    """Batches on disk. Write them, then `read` them, as often as need be."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "rows.arrow"
        self.rows = 0

    def write(self, found: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Keep batches as they pass."""
        writer = None
        try:
            for batch in found:
                if writer is None:
                    writer = pa.ipc.new_file(str(self._file), batch.schema)
                writer.write_batch(batch)
                self.rows += batch.num_rows
                yield batch
        finally:
            if writer is not None:
                writer.close()

    def read(self) -> Iterator[pa.RecordBatch]:
        """All batches, in their order."""
        if self.rows:
            with pa.memory_map(str(self._file)) as source:
                reader = pa.ipc.open_file(source)
                for index in range(reader.num_record_batches):
                    yield reader.get_batch(index)


def finite(times: Sequence[float | None], unbounded: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Times with what is not given as `unbounded`."""
    return np.array([unbounded if time is None else time for time in times], np.float64).reshape(len(times))


UNBOUNDED = {"valid_from": -math.inf, "valid_to": math.inf}

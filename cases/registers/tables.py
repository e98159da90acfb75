"""tables: the cells of CSV and Excel files, row by row, with the names of columns that a register knows.

CSV is UTF-8 (with or without a byte order mark) or else GBK. Of an Excel file the first sheet is read. Rows before the
one that names the columns may be remarks, beginning with '#'. A column may have its English or its Chinese name.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cases.registers.checking import Record, as_lists
from cases.registers.kinds import EXAMPLE, GEOMETRY, Register
from cases.sheets import CELLS, workbook_cells
from pipeline.register_csv import Report, csv_cells, named_cells

_CHUNK = 1 << 20


def table_records(register: Register, file: Path, report: Report) -> Iterator[Record]:
    """The records of a .csv, .txt or .xlsx. Raises OSError."""
    header, unread = 0, False

    def failed(line: int, name: str, message: str) -> None:
        nonlocal unread
        unread = True
        report(line, name, message)

    def rows() -> CELLS:
        nonlocal header
        excel = file.suffix.lower() in (".xlsx", ".xlsm")
        cells = workbook_cells(file, failed) if excel else csv_file_cells(file, failed)
        for line, row in without_remarks(register, cells):
            header = header or line
            yield line, row

    def told(line: int, name: str, message: str) -> None:
        if line or not unread:  # there is no header where nothing could be read
            report(0 if line == header else line, name, message)  # the header's faults are of the whole file

    named = named_cells(rows(), register.required, register.optional, told)
    for line, row in named:
        wkt = row.pop(GEOMETRY, "")
        yield Record(line, row, _geometry(wkt, line, row.get(register.key, ""), report) if wkt else None)


def without_remarks(register: Register, rows: Iterable[tuple[int, list[str]]]) -> CELLS:
    """The rows from the one that names the columns on, that with the register's own names; without examples."""
    names = {name: column.name for column in register.columns for name in (column.zh, column.name)}
    header: list[str] | None = None
    key = 0
    for line, cells in rows:
        if header is None:
            if cells[0].startswith("#"):
                continue
            header = [names.get(cell, cell) for cell in cells]
            while header and not header[-1]:
                header.pop()
            key = header.index(register.key) if register.key in header else 0
            yield line, header
        elif len(cells) <= key or not cells[key].startswith(EXAMPLE):
            yield line, cells[: len(header)] if not any(cells[len(header) :]) else cells


def csv_file_cells(file: Path, report: Report) -> CELLS:
    """(line, cells) of a CSV file, row by row."""
    with opened(file, report) as text:
        if text is not None:
            yield from csv_cells(text, report)


@contextmanager
def opened(file: Path, report: Report) -> Iterator[IO[str] | None]:
    """A text file in the encoding that it is in; None where it is in none of ours."""
    bad = _undecodable(file, "utf-8")
    encoding = "utf-8-sig"
    if bad is not None:
        encoding = "gb18030"
        if _undecodable(file, encoding) is not None:
            line, byte = bad
            report(line, "", f"expected UTF-8 or GBK; byte 0x{byte:02x} on this line is neither")
            yield None
            return
    with file.open(encoding=encoding, newline="") as text:
        yield text


def _undecodable(file: Path, encoding: str) -> tuple[int, int] | None:
    """(line, byte) of the first that is not of an encoding; None: all is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    with file.open("rb") as content:
        while True:
            chunk = content.read(_CHUNK)
            try:
                lines += decoder.decode(chunk, not chunk).count("\n")
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                return lines + before.count(b"\n") + 1, error.object[error.start]
            if not chunk:
                return None


def _geometry(text: str, line: int, name: str, report: Report) -> dict[str, Any] | None:
    """A cell of WKT as GeoJSON."""
    import shapely
    from shapely.geometry import mapping

    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        report(line, name, f"geometry: expected WKT such as 'POLYGON ((120.1 30.2, …))': {error}")
        return None
    return as_lists(mapping(shape))

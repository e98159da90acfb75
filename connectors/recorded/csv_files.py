"""csv_files: CSV as a table: a header line, then records.

Comma, semicolon or tab, whichever the header has most of; in any encoding of `files` (registers and exports in China
often are in GBK).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from connectors.recorded.files import RecordedFile
from connectors.recorded.tables import Record, Table
from pipeline.faults import Fault, Faulty

SEPARATORS = ",;\t"


def separator(header: str) -> str:
    """What separates the cells of a file with that first line."""
    return max(SEPARATORS, key=header.count)


def read_csv(file: RecordedFile) -> Table:
    """Raises Faulty for a file without a header."""
    first = file.head().split(b"\n", 1)[0].decode("utf-8", "replace")
    reader = csv.reader(file.text(), delimiter=separator(first))
    columns = header(file, reader)
    return Table(file.name, columns, _records(file, columns, reader))


def header(file: RecordedFile, reader: Any) -> tuple[str, ...]:
    """The names of the columns. Raises Faulty where there are none, or one of them twice."""
    columns = tuple(name.strip() for name in next(reader, []))
    if not any(columns):
        message = file.damage or "expected a line with the names of the columns; the file is empty"
        raise Faulty([file.fault(1, message)])
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise Faulty([file.fault(1, "two columns have this name", name) for name in twice])
    return columns


def rows(file: RecordedFile, reader: Any) -> Iterator[tuple[int, list[str]] | Fault]:
    """The records that are not blank, each with the line that it begins in, and what ended the reading early."""
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            if file.damage:
                yield file.fault(begins, file.damage)
            return
        except csv.Error as error:
            yield file.fault(begins, f"expected a CSV record: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _records(file: RecordedFile, columns: tuple[str, ...], reader: Any) -> Iterator[Record | Fault]:
    for row in rows(file, reader):
        if isinstance(row, Fault):
            yield row
            continue
        begins, cells = row
        if len(cells) != len(columns):
            yield file.fault(begins, f"expected {len(columns)} cells, got {len(cells)}")
            continue
        yield Record(begins, "", {n: c.strip() for n, c in zip(columns, cells, strict=True) if n and c.strip()})

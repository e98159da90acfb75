"""tables: a file of records as rows of text: CSV and GPX.

Reads a file as a whole and yields its records in file order, each with the line that it begins in; what can't be read
is yielded as a Fault in its place and the reading goes on. CSV: a header line, then records; comma, semicolon or tab,
whichever the header has most of; UTF-8, or GB 18030 where it is not that (registers and exports in China often are
not). GPX 1.0 and 1.1: every `trkpt`, with the columns `lat`, `lon`, `time`, `ele`, and `speed` (m/s) and `course`
(degrees) where the recorder wrote them; files that declare entities of their own are refused, because such a file can
be made to fill the memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from pipeline.faults import Fault, Faulty

GPX_COLUMNS = ("lat", "lon", "time", "ele", "speed", "course")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells by column, as text, empty ones left out."""

    line: int
    name: str
    """Which one it is, where the line does not say: `trkpt 12`."""
    cells: dict[str, str]


@dataclass(slots=True)
class Table:
    """A file's columns and records."""

    file: str
    columns: tuple[str, ...]
    records: Iterator[Record | Fault]


def read_table(file: Path) -> Table:
    """A `.gpx` file as its track points, any other as CSV. Raises Faulty for a file without a single record's worth."""
    return _gpx(file) if file.suffix.lower() == ".gpx" else _csv(file)


def _csv(file: Path) -> Table:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = tuple(name.strip() for name in next(reader, []))
    if not any(columns):
        raise Faulty([Fault(str(file), 1, "", "expected a line with the names of the columns; the file is empty")])
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise Faulty([Fault(str(file), 1, name, "two columns have this name") for name in twice])
    return Table(str(file), columns, _csv_records(str(file), columns, reader))


def _csv_records(file: str, columns: tuple[str, ...], reader: Any) -> Iterator[Record | Fault]:
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(file, begins, "", f"expected a CSV record: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            yield Fault(file, begins, "", f"expected {len(columns)} cells, got {len(cells)}")
            continue
        yield Record(begins, "", {n: c.strip() for n, c in zip(columns, cells, strict=True) if n and c.strip()})


class _Points:
    """What expat calls back while it reads a GPX file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Record | Fault] = []
        self.cells: dict[str, str] | None = None
        self.line = 0
        self.count = 0
        self.text: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.EntityDeclHandler = self._entity

    def read(self, raw: bytes) -> None:
        try:
            self.parser.Parse(raw, True)
        except expat.ExpatError as error:
            message = f"expected XML: {expat.ErrorString(error.code)}; what follows is not read"
            self.found.append(Fault(self.file, error.lineno, "", message))

    def _entity(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise Faulty([Fault(self.file, line, "", "expected GPX without entity declarations (<!ENTITY …>)")])

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.text.clear()
        if name.rpartition(" ")[2] == "trkpt":
            self.line = self.parser.CurrentLineNumber
            self.count += 1
            self.cells = {key: value.strip() for key, value in attributes.items() if key in ("lat", "lon")}

    def _end(self, name: str) -> None:
        short = name.rpartition(" ")[2]
        if self.cells is None:
            return
        if short == "trkpt":
            self.found.append(Record(self.line, f"trkpt {self.count}", self.cells))
            self.cells = None
        elif short in GPX_COLUMNS:
            text = "".join(self.text).strip()
            if text:
                self.cells[short] = text
        self.text.clear()


def _gpx(file: Path) -> Table:
    points = _Points(str(file))
    points.read(file.read_bytes())
    if not points.found:
        raise Faulty([Fault(str(file), 0, "", "expected track points (<trkpt>), there are none")])
    return Table(str(file), GPX_COLUMNS, iter(points.found))

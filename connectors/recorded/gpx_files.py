"""gpx_files: GPX 1.0 and 1.1 as a table: every track point (`trkpt`).

Columns: `lat`, `lon`, `time`, `ele`, and `speed` (m/s) and `course` (degrees) where the recorder wrote them. A file
that is torn gives the points before the tear. Files that declare entities of their own are refused, because such a file
can be made to fill the memory. Encodings are those that a file declares, GBK too, which the parser does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from xml.parsers import expat

from connectors.recorded.files import RecordedFile
from connectors.recorded.tables import Record, Table
from pipeline.faults import Fault, Faulty

COLUMNS = ("lat", "lon", "time", "ele", "speed", "course")
_CHINESE = re.compile(rb"""<\?xml[^>]*encoding=["'](?:gb|cp936)""", re.IGNORECASE)


def read_gpx(file: RecordedFile) -> Table:
    """Raises Faulty for a file without a single track point."""
    records = _Points(file).read()
    first = next(records, None)
    if first is None:
        raise Faulty([file.fault(0, "expected track points (<trkpt>), there are none")])
    return Table(file.name, COLUMNS, chain([first], records))


class _Points:
    """What expat calls back while it reads a file."""

    def __init__(self, file: RecordedFile) -> None:
        self.file = file
        self.found: list[Record | Fault] = []
        self.cells: dict[str, str] | None = None
        self.line = 0
        self.count = 0
        self.text: list[str] = []
        self.transcoded = bool(_CHINESE.search(file.head(200)))
        self.parser = expat.ParserCreate("utf-8" if self.transcoded else None, namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.EntityDeclHandler = self._entity

    def read(self) -> Iterator[Record | Fault]:
        try:
            for block in self.file.utf8() if self.transcoded else self.file.blocks():
                self.parser.Parse(block, False)
                yield from self._taken()
            if not self.file.damage:
                self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            yield from self._taken()
            message = f"expected XML: {expat.ErrorString(error.code)}; what follows is not read"
            yield self.file.fault(error.lineno, message)
            return
        yield from self._taken()
        if self.file.damage:
            yield self.file.fault(self.parser.CurrentLineNumber, self.file.damage)

    def _taken(self) -> list[Record | Fault]:
        found, self.found = self.found, []
        return found

    def _entity(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise Faulty([self.file.fault(line, "expected GPX without entity declarations (<!ENTITY …>)")])

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
        elif short in COLUMNS:
            text = "".join(self.text).strip()
            if text:
                self.cells[short] = text
        self.text.clear()

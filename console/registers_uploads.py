"""registers_uploads: files that people want to import, kept from the look at what they would do to the yes.

In a folder of this process that goes with it; few of them, and none for longer than an hour.
"""

from __future__ import annotations

import csv
import io
import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.registers.importing import FORMATS, Import
from console.errors import Refused
from console.registers_bodies import fault_out
from pipeline.faults import Fault

MOST = 8
AGE = 3600.0
"""Seconds."""


@dataclass(slots=True)
class Upload:
    """A file, and what it was looked at for. version: of the register then."""

    id: str
    name: str
    wanted: Import
    version: int
    at: float
    faults: list[Fault] = field(default_factory=list)


class Uploads:
    """Any thread."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gridwatch-imports-")
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Upload] = OrderedDict()

    def file(self, name: str, content: bytes) -> tuple[str, Path]:
        """Write a file down; its id, and where it is. Raises Refused."""
        suffix = Path(name).suffix.lower()
        if suffix not in FORMATS or suffix == ".shp":
            raise Refused(422, "name: expected a file whose name ends with .csv, .xlsx, .geojson or .zip.")
        id = secrets.token_hex(8)
        path = Path(self._folder.name) / f"{id}{suffix}"
        try:
            path.write_bytes(content)
        except OSError:
            raise Refused(503, "The file can't be kept now: no room, or a disk that fails. Try again later.") from None
        return id, path

    def keep(self, upload: Upload) -> None:
        """Until it is taken, or others are."""
        with self._lock:
            self._kept[upload.id] = upload
            old = [each for each in self._kept.values() if upload.at - each.at > AGE]
            surplus = list(self._kept.values())[: max(len(self._kept) - MOST, 0)]
            for each in {each.id: each for each in [*old, *surplus]}.values():
                self._drop(each)

    def find(self, id: str, register: str) -> Upload:
        """Raises Refused where it is gone."""
        with self._lock:
            found = self._kept.get(id)
        if found is None or found.wanted.register.name != register:
            raise Refused(404, "There is no such import any more: send the file again.")
        return found

    def forget(self, upload: Upload) -> None:
        """It is done with."""
        with self._lock:
            self._drop(upload)

    def _drop(self, upload: Upload) -> None:
        self._kept.pop(upload.id, None)
        upload.wanted.file.unlink(missing_ok=True)


def faults_file(upload: Upload, faults: Sequence[Fault]) -> bytes:
    """All faults as CSV, which spreadsheets open."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["line", "row", "column", "expected"])
    for fault in faults:
        told = fault_out(upload.wanted.register, fault)
        cells = (_harmless(each) for each in (told.row, told.column, told.expected))
        writer.writerow([told.line or "", *cells])
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text

"""drawn_zones: zones of cameras that were drawn in the console: a file of their own, in the city's data folder.

They stand in place of the zones that the configuration has for the same camera: the console never writes into a file
that people keep, comment and check in (docs/decisions/drawn-zones.md). Faults in them are told as faults of that file.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.faults import Fault, Faulty

if TYPE_CHECKING:
    from pipeline.runtime.document import Document, KeyPath

FILE = "camera-zones.json"
"""Its name in the data folder."""
_DATA = "var"
"""The data folder, where the configuration names none."""


@dataclass(frozen=True, slots=True)
class DrawnZones:
    """What was drawn, by camera: `zones` (null: the configuration's hold), `revision`, and `of`, the fingerprint of the
    configuration's own at that time."""

    cameras: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    document: Document | None = None
    """The file; None: it is not kept yet."""
    faults: Sequence[Fault] = ()

    @property
    def names(self) -> frozenset[str]:
        """The cameras of which these hold."""
        return frozenset(name for name, each in self.cameras.items() if each.get("zones") is not None)

    def laid_over(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration with these zones in place of its own. Cameras that it does not have are left out."""
        cameras = data.get("cameras")
        if not self.names or not isinstance(cameras, dict):
            return dict(data)
        over = {
            name: {**said, "zones": self.cameras[name]["zones"]}
            for name, said in cameras.items()
            if name in self.names and isinstance(said, dict)
        }
        return {**data, "cameras": {**cameras, **over}}

    def beside(self, document: Document) -> Document:
        """The configuration's document, which knows whose fault a fault in a drawn zone is."""
        return _over(document, self) if self.names else document

    def drawing(self, camera: str, drawn: Mapping[str, Any]) -> DrawnZones:
        """The same with one camera's."""
        return DrawnZones({**self.cameras, camera: drawn})


def folder_of(file: Path, data: Mapping[str, Any]) -> Path:
    """The data folder of a city's configuration. data: what is in the file."""
    said = data.get("data", _DATA)
    return file.resolve().parent / (said if isinstance(said, str) else _DATA)


def kept_zones(file: Path, data: Mapping[str, Any], alone: bool) -> DrawnZones:
    """Those that are kept beside a city's configuration; an edge box (alone) has none. What can't be read is among its
    faults."""
    return DrawnZones() if alone else read_zones(folder_of(file, data))


def read_zones(folder: Path) -> DrawnZones:
    """Those in a data folder."""
    at = folder / FILE
    if not at.exists():
        return DrawnZones()
    from pipeline.runtime.document import read_document

    try:
        document = read_document(at)
    except Faulty as faulty:
        return DrawnZones(faults=faulty.faults)
    cameras = document.at(("cameras",))
    if not isinstance(cameras, dict) or not all(isinstance(each, dict) for each in cameras.values()):
        message = "expected zones that the console wrote; take the file away, and the configuration's hold again"
        return DrawnZones(faults=[Fault(str(at), 0, "", message)])
    return DrawnZones(cameras, document)


def stamp(file: Path) -> object:
    """What is another once a file has changed; None: there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_zones(folder: Path, drawn: DrawnZones) -> None:
    """Keep them: the whole file or nothing of it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{FILE}-{secrets.token_hex(4)}.part"
    try:
        with part.open("x", encoding="utf-8") as file:
            json.dump({"cameras": drawn.cameras}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / FILE)
    finally:
        part.unlink(missing_ok=True)


def fingerprint(zones: Mapping[str, Any]) -> str:
    """Of a camera's zones, whatever their order."""
    text = json.dumps(zones, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _over(document: Document, drawn: DrawnZones) -> Document:
    from pipeline.runtime.document import Document

    class Over(Document):
        """A document of which some parts are another's."""

        def fault(self, path: KeyPath, message: str) -> Fault:
            ours = len(path) > 2 and path[0] == "cameras" and path[1] in drawn.names and path[2] == "zones"
            found = Document.fault(self, path, message)
            if not ours:
                return found
            if drawn.document is None:
                return replace(found, file="what was drawn", line=0)
            return drawn.document.fault(path, message)

    return Over(document.file, drawn.laid_over(document.data), document.lines, document.written, document.faults)

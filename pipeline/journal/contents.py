"""contents: what is kept under the hash of what it is.

Configurations and worlds are, so that every row can be judged by what was in force when it came.

A content never changes and is never written twice; what is read is checked against its name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from pipeline.journal import files
from pipeline.journal.errors import ContentDamaged, ContentMissing, refused

CONTENTS = "contents"
"""The folder of a journal's contents, inside the journal's own, so that a journal is copied as one."""

_HASH = re.compile(r"[0-9a-f]{64}")


class Contents:
    """A folder of contents by SHA-256, in 256 subfolders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep bytes; their hash, 64 hexadecimal digits, once they are on the disk.

        Raises JournalFull, JournalFailed.
        """
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        try:
            files.make_folder(path.parent)
            if not path.exists() or path.read_bytes() != data:
                files.put(path, data)
        except OSError as error:
            raise refused(error, self.folder, "keep a content") from error
        return name

    def get(self, name: str) -> bytes:
        """The bytes with this hash. Raises ContentMissing, ContentDamaged."""
        path = self._path(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ContentMissing(
                f"{self.folder}: no content {name} is stored. The journal names it as a configuration or a world:"
                " restore the folder from the copy that the journal came from."
            ) from None
        if hashlib.sha256(data).hexdigest() != name:
            raise ContentDamaged(f"{path}: is not what was stored under its name. Check the disk and restore the file.")
        return data

    def __contains__(self, name: str) -> bool:
        return bool(_HASH.fullmatch(name)) and self._path(name).exists()

    def _path(self, name: str) -> Path:
        if not _HASH.fullmatch(name):
            raise ValueError(f"expected a SHA-256 of 64 hexadecimal digits, got {name!r}")
        return self.folder / name[:2] / name

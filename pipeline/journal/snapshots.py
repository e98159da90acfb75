"""snapshots: the engine's state at a position of the journal, so that a restart reads only what came after.

Files `<position>.snapshot`, each with a checksum, complete or not there. A damaged one is passed over for the one
before: the journal still has everything since that, because retention never passes the oldest snapshot.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from pipeline.journal import files
from pipeline.journal.errors import refused
from pipeline.journal.frames import crc32c

MAGIC = b"GWSNAPSH"
FORMAT = 1
SUFFIX = ".snapshot"
_HEADER = struct.Struct("<8sIQQ")
_CRC = struct.Struct("<I")
_NAME = re.compile(rf"\d{{20}}{re.escape(SUFFIX)}")


class Snapshots:
    """A folder of snapshots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[str] = []
        """What `latest` passed over, and why, in plain words."""

    def save(self, position: int, data: bytes, keep: int = 2) -> None:
        """Keep the state from which to go on at `position`, durably, and drop all but the newest `keep`.

        Raises JournalFull, JournalFailed: the earlier ones are as they were.
        """
        if keep < 1 or position < 0:
            raise ValueError(f"expected a position of 0 or more and keep of 1 or more, got {position} and {keep}")
        header = _HEADER.pack(MAGIC, FORMAT, position, len(data))
        try:
            files.make_folder(self.folder)
            files.put(self._path(position), header, _CRC.pack(crc32c(header, data)), data)
            newer = [p for p in self.positions() if p <= position]
            for old in newer[:-keep]:
                files.remove(self._path(old))
        except OSError as error:
            raise refused(error, self.folder, "save a snapshot") from error

    def latest(self) -> tuple[int, bytes] | None:
        """The newest intact snapshot, its position and data; None where there is none. See `damaged`."""
        self.damaged = []
        for position in reversed(self.positions()):
            data = self._path(position).read_bytes()
            what = _wrong(data, position)
            if not what:
                return position, data[_HEADER.size + _CRC.size :]
            self.damaged.append(f"{self._path(position)}: {what}; passed over for an older one")
        return None

    def positions(self) -> list[int]:
        """Of all snapshots there, oldest first, unread."""
        if not self.folder.is_dir():
            return []
        return sorted(int(p.stem) for p in self.folder.iterdir() if _NAME.fullmatch(p.name))

    def oldest_position(self) -> int | None:
        """What the journal must be kept from; None where there is no snapshot."""
        return min(self.positions(), default=None)

    def _path(self, position: int) -> Path:
        return self.folder / f"{position:020d}{SUFFIX}"


def _wrong(data: bytes, position: int) -> str:
    """What is wrong with a snapshot's bytes, '' for nothing."""
    if len(data) < _HEADER.size + _CRC.size:
        return "the snapshot is cut off"
    header, body = data[: _HEADER.size], data[_HEADER.size + _CRC.size :]
    magic, form, stated, length = _HEADER.unpack(header)
    if crc32c(header, body) != _CRC.unpack_from(data, _HEADER.size)[0] or magic != MAGIC or length != len(body):
        return "the snapshot's checksum is wrong"
    if form != FORMAT:
        return f"the snapshot has format {form}, this gridwatch reads {FORMAT}"
    return "" if stated == position else f"the snapshot says that it is of position {stated}"

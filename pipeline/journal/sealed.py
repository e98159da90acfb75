"""sealed: a segment that is finished, `<first position>.arrows`: read fast, for years, by any Arrow tool.

An Arrow IPC stream (zstd, one dictionary for the whole segment, batches as large as they come, so that a quiet city's
journal reads as fast as a busy one's), and behind its end a trailer that Arrow tools don't look at: positions and the
CRC32C of every byte range. Arrow sees no byte here whose checksum was not verified.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from pipeline.entries import FORMAT, SCHEMA
from pipeline.journal import files
from pipeline.journal.errors import JournalDamaged, JournalError
from pipeline.journal.frames import JournalBatch, crc32c, read_stream
from pipeline.names import Names

MAGIC = b"GWSEALED"
SUFFIX = ".arrows"
_FOOTER = struct.Struct("<II8s")
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
_NAMED = ("source", "topic")


class Range(msgspec.Struct, frozen=True):
    """Consecutive bytes: the stream's head (schema and dictionaries; no rows), or one batch."""

    length: int
    crc: int
    rows: int = 0


class Trailer(msgspec.Struct, frozen=True):
    """What a sealed segment says about itself."""

    format: int
    first: int
    rows: int
    received: float | None
    """The latest `received` of its entries, UTC seconds; None: none is a number."""
    head: Range
    batches: list[Range]


class Sealed:
    """A sealed segment. One that can't say how far it goes is known by its name alone, and says so when it is read."""

    def __init__(self, path: Path, size: int, end: int, trailer: Trailer | None, damage: str = "") -> None:
        self.path, self.first, self.size, self.end = path, int(path.stem), size, end
        self.trailer = trailer
        self.damage = damage

    @property
    def received(self) -> float | None:
        """The latest `received` of its entries, UTC seconds; None where that is not known."""
        return self.trailer.received if self.trailer else None

    @classmethod
    def load(cls, path: Path, end: int | None) -> Sealed:
        """A sealed segment by its trailer, the rest unread. end: where the next begins, None: it is the last one."""
        first = int(path.stem)
        with files.opened(path) as fd:
            size = os.fstat(fd).st_size
            trailer = _trailer(fd, size, first)
        if isinstance(trailer, str):
            if end is None:
                raise JournalDamaged(path, trailer, first)
            return cls(path, size, end, None, trailer)
        if trailer.format != FORMAT:
            raise JournalError(f"{path}: written in format {trailer.format}, this gridwatch reads {FORMAT}.")
        return cls(path, size, first + trailer.rows, trailer)

    def verify(self) -> None:
        """Read all of it. Raises JournalDamaged."""
        for _ in self.read(self.first, self.end):
            pass

    def read(self, start: int, end: int) -> Iterator[JournalBatch]:
        """The entries from `start` to `end` - 1, in batches as they were sealed. Raises JournalDamaged;
        FileNotFoundError where it was deleted before the first is read."""
        if self.trailer is None:
            raise JournalDamaged(self.path, self.damage, self.first, self.end)
        with files.opened(self.path) as fd:
            head, offset = self._range(fd, 0, self.trailer.head, self.first, self.end), self.trailer.head.length
            first = self.first
            for part in self.trailer.batches:
                if first < end and first + part.rows > start:
                    body = self._range(fd, offset, part, first, first + part.rows)
                    try:
                        batch = read_stream(head + body)
                    except pa.ArrowException as error:
                        what = f"Arrow can't read a batch ({error})"
                        raise JournalDamaged(self.path, what, first, first + part.rows) from error
                    if batch.num_rows != part.rows:
                        raise JournalDamaged(self.path, "a batch has not the rows it should", first, first + part.rows)
                    yield JournalBatch(first, batch).between(start, end)
                first, offset = first + part.rows, offset + part.length

    def _range(self, fd: int, offset: int, part: Range, first: int, end: int) -> bytes:
        data = files.read_at(fd, part.length, offset)
        if len(data) != part.length or crc32c(data) != part.crc:
            raise JournalDamaged(self.path, f"the checksum of bytes {offset} on is wrong", first, end)
        return data


def _trailer(fd: int, size: int, first: int) -> Trailer | str:
    """The verified trailer, or what is wrong with it."""
    if size < _FOOTER.size:
        return "the file is cut off"
    footer = files.read_at(fd, _FOOTER.size, size - _FOOTER.size)
    length, crc, magic = _FOOTER.unpack(footer)
    start = size - _FOOTER.size - length
    if magic != MAGIC or start < len(_END_OF_STREAM):
        return "the file's end is cut off or damaged"
    data = files.read_at(fd, len(_END_OF_STREAM) + length, start - len(_END_OF_STREAM))
    if crc32c(data[len(_END_OF_STREAM) :]) != crc or not data.startswith(_END_OF_STREAM):
        return "the trailer's checksum is wrong"
    trailer = msgspec.json.decode(data[len(_END_OF_STREAM) :], type=Trailer)
    if trailer.first != first:
        return f"the file says that it begins at {trailer.first}"
    covered = trailer.head.length + sum(b.length for b in trailer.batches) + len(_END_OF_STREAM)
    if covered != start or sum(b.rows for b in trailer.batches) != trailer.rows:
        return "the trailer does not account for the whole file"
    return trailer


def seal(path: Path, first: int, batches: Callable[[], Iterator[pa.RecordBatch]]) -> None:
    """Write a sealed segment, durable and complete or not at all.

    batches: gives the same entries each time it is called. They are read twice, first for their names: plain
    dictionaries at the head are what every Arrow tool reads, and nothing but one batch is held in memory.
    """
    names = {column: Names() for column in _NAMED}
    for batch in batches():
        for column in _NAMED:
            names[column].codes(batch.column(column).dictionary.to_pylist())
    dictionaries = {column: pa.array(names[column].strings, pa.utf8()) for column in _NAMED}
    ranges: list[Range] = []
    received = -np.inf
    with files.replacing(path) as fd:
        sink = _Sink(fd)
        with pa.ipc.new_stream(sink, SCHEMA, options=_OPTIONS) as writer:
            for batch in batches():
                times = batch.column("received").to_numpy()
                received = times[np.isfinite(times)].max(initial=received)
                writer.write_batch(_renamed(batch, names, dictionaries))
                data = sink.take()
                if not ranges:
                    at = _last_message(data)
                    ranges.append(Range(at, crc32c(data[:at])))
                    data = data[at:]
                ranges.append(Range(len(data), crc32c(data), batch.num_rows))
        sink.take()
        rows = sum(r.rows for r in ranges)
        trailer = Trailer(
            FORMAT, first, rows, float(received) if np.isfinite(received) else None, ranges[0], ranges[1:]
        )
        data = msgspec.json.encode(trailer)
        files.write_at(fd, data + _FOOTER.pack(len(data), crc32c(data), MAGIC), sink.offset)


def _renamed(batch: pa.RecordBatch, names: dict[str, Names], dictionaries: dict[str, pa.Array]) -> pa.RecordBatch:
    """The batch with its dictionaries replaced by those of the whole segment."""
    columns: list[Any] = []
    for field in SCHEMA:
        column = batch.column(field.name)
        if field.name in names:
            codes = names[field.name].codes(column.dictionary.to_pylist())
            indices = codes[column.indices.to_numpy()] if len(codes) else np.empty(0, np.int32)
            column = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), dictionaries[field.name])
        columns.append(column)
    return pa.record_batch(columns, schema=SCHEMA)


def _last_message(data: bytes) -> int:
    """Where the first record batch's message begins, behind schema and dictionaries."""
    source = pa.BufferReader(data)
    messages = pa.ipc.MessageReader.open_stream(source)
    at = source.tell()
    while messages.read_next_message().type != "record batch":
        at = source.tell()
    return int(at)


class _Sink:
    """A file object for Arrow that keeps what was written last, so that it can be summed."""

    def __init__(self, fd: int) -> None:
        self.fd, self.offset, self.closed = fd, 0, False
        self.parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(self.parts[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """What was written since the last time, now in the file."""
        data = b"".join(self.parts)
        files.write_at(self.fd, data, self.offset)
        self.offset += len(data)
        self.parts = []
        return data

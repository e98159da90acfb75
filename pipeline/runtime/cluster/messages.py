"""messages: what travels on the topics: entries as Arrow IPC streams, and what judging found in them.

A message of entries is one stream of one batch. Where its deliveries also went to other partitions, the schema's
metadata says to which: `to`, comma-separated, ascending. JSON events of other producers are let in by ingest, not here.
"""

from __future__ import annotations

import msgspec
import pyarrow as pa

from cases.fold import Logged
from pipeline.deadletters import DeadLetter
from pipeline.entries import SCHEMA

TO = b"to"
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_PLAIN = pa.ipc.IpcWriteOptions(use_threads=False)
_SMALL = 1024
"""Bytes of a batch up to which compressing gains nothing."""


class Unreadable(ValueError):
    """A message is none of ours. The message says what is wrong."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What judging one message of entries came to."""

    partition: int
    first: int
    """The position of its first entry in the partition."""
    end: int
    """... and after its last."""
    passed: float
    """The tick that all connected sources have passed then, by this partition, UTC seconds; -inf before any."""
    version: str
    """The payload of the version in force then; '' before any."""
    logged: list[Logged]
    """In the order in which it became known."""
    worst: dict[str, float] = {}
    """Episode id -> the worst measure so far, where that has changed and the episode goes on."""
    asked: bool = False
    """Somebody asked how far it is, by a message without entries."""
    counts: dict[str, int] = {}
    """What has become of all rows so far, where somebody asked."""


def encode_entries(batch: pa.RecordBatch, to: tuple[int, ...] = ()) -> bytes:
    """One message. batch: of SCHEMA. to: the partitions that its deliveries go to, where those are several."""
    if to:
        batch = batch.replace_schema_metadata({TO: ",".join(map(str, to)).encode()})
    sink = pa.BufferOutputStream()
    options = _PACKED if batch.nbytes > _SMALL else _PLAIN
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def decode_entries(value: bytes) -> pa.RecordBatch:
    """The batch of a message; `partitions_of` says where its deliveries went. Raises Unreadable."""
    try:
        with pa.ipc.open_stream(value) as stream:
            batches = list(stream)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"not an Arrow stream: {error}") from error
    if len(batches) != 1 or not batches[0].schema.equals(SCHEMA, check_metadata=False):
        raise Unreadable("expected one batch of entries, as `gridwatch ingest` writes them")
    return batches[0]


def partitions_of(batch: pa.RecordBatch) -> tuple[int, ...]:
    """Where the deliveries of a message went to; () where only here."""
    said = (batch.schema.metadata or {}).get(TO, b"")
    return tuple(int(each) for each in said.split(b",")) if said else ()


def encode_found(found: Found) -> bytes:
    """For `Topics.known`."""
    return msgspec.msgpack.encode(found)


def decode_found(value: bytes) -> Found:
    """Raises Unreadable."""
    try:
        return msgspec.msgpack.decode(value, type=Found)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"not what judging writes: {error}") from error


def encode_letters(letters: list[DeadLetter]) -> bytes:
    """For `Topics.deadletters`."""
    return msgspec.msgpack.encode(letters)


def decode_letters(value: bytes) -> list[DeadLetter]:
    """Raises Unreadable."""
    try:
        return msgspec.msgpack.decode(value, type=list[DeadLetter])
    except msgspec.MsgspecError as error:
        raise Unreadable(f"not what judging sets aside: {error}") from error

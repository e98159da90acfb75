"""snapshots: where the judges of partitions are, in a Faust table: in memory, and whole in its changelog on Kafka.

A snapshot is written in parts, and then what says that they are one, with the offset that it has seen.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Any

import faust
import msgspec
from faust.types import FutureMessage

from pipeline.runtime.cluster.in_order import EntriesMissing

PART = 900_000
"""Bytes of a snapshot in one message: brokers refuse more than 1 MB unless told otherwise."""


class _Seen(msgspec.Struct):
    """What a snapshot is of; written after its parts, under whose name no other snapshot was ever written: one that was
    cut short, or that a worker writes who does not know yet that another has the partition, never touches it."""

    offset: int
    name: str
    parts: int
    sha256: bytes


class Snapshots(faust.Table[bytes, bytes]):
    """The judges' snapshots, by partition, in as many parts as they need."""

    def __init__(self, app: faust.App, name: str, partitions: int, part: int = PART) -> None:
        super().__init__(app, name=name, partitions=partitions, key_type=bytes, value_type=bytes)
        self._part = part
        self._sent: list[FutureMessage] = []

    def partition_for_key(self, key: bytes) -> int:
        """The partition of the changelog is that of the entries, whoever writes."""
        return int(key.split(b"/", 1)[0])

    def send_changelog(self, *args: Any, **kwargs: Any) -> FutureMessage:
        """As the table does it, and remembered, so that `save` can wait for it."""
        future = super().send_changelog(*args, **kwargs)
        self._sent.append(future)
        return future

    async def save(self, partition: int, offset: int, data: bytes) -> None:
        """Keep a judge's snapshot that has seen all up to `offset`; in the changelog when this returns."""
        before = [key for key in self if key.startswith(b"%d/" % partition) and key != _head(partition)]
        name = secrets.token_hex(8)
        parts = [data[at : at + self._part] for at in range(0, len(data), self._part)]
        for key, part in zip(_keys(partition, name, len(parts)), parts, strict=True):
            self[key] = part
        digest = hashlib.sha256(data).digest()
        self[_head(partition)] = msgspec.msgpack.encode(_Seen(offset, name, len(parts), digest))
        for key in before:
            del self[key]
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)

    def offset(self, partition: int) -> int | None:
        """The offset that the last snapshot has seen; None where there is none."""
        seen = self._seen(partition)
        return None if seen is None else seen.offset

    def saved(self, partition: int) -> tuple[int, bytes] | None:
        """The last snapshot and the offset that it has seen; None where there is none. Raises EntriesMissing."""
        seen = self._seen(partition)
        if seen is None:
            return None
        data = b"".join(self.get(key) or b"" for key in _keys(partition, seen.name, seen.parts))
        if hashlib.sha256(data).digest() != seen.sha256:
            raise EntriesMissing(f"the snapshot of partition {partition} is not whole in the changelog")
        return seen.offset, data

    def _seen(self, partition: int) -> _Seen | None:
        head = self.get(_head(partition))
        return None if head is None else msgspec.msgpack.decode(head, type=_Seen)


def _head(partition: int) -> bytes:
    return b"%d/seen" % partition


def _keys(partition: int, name: str, parts: int) -> list[bytes]:
    return [b"%d/%s/%d" % (partition, name.encode(), n) for n in range(parts)]

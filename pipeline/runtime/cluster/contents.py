"""contents: configurations and worlds by their hash on the compacted topic `contents`, for all processes of a city.

A content is cut into parts, since a message has a bound: `part/<sha256>/<n>`, and after them `whole/<sha256>` with how
many there are. `current` is the payload of the version in force. Kafka keeps of each key what was written last, so that
writing the same again changes nothing. What is read is checked against its name.

Every call reads on from where the last one ended, by a consumer of its own in a thread of its own, so that it may come
from any thread, one with an event loop too.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from pipeline.journal import ContentMissing, Contents
from pipeline.runtime.cluster.producing import NotTaken, Producer
from pipeline.runtime.compose import VersionPayload

PART = 800_000
"""Bytes of one message, below what brokers take by default."""
CURRENT = "current"
PATIENCE = 10.0
"""How long a content that a version names may take to come, seconds."""
_LOOK = 0.2
_T = TypeVar("_T")


class _Moved(Exception):
    """What the index says is not there any more: the topic was compacted, or made anew."""


class SharedContents:
    """What all processes of a city have in common. From any thread."""

    def __init__(self, connection: Mapping[str, Any], topic: str, producer: Producer | None = None) -> None:
        """connection: see settings.connection. topic: `Topics.contents`. producer: None for who only reads."""
        self.topic = topic
        self._how, self._producer = dict(connection), producer
        self._limit = 3 * self._how["request_timeout_ms"] / 1000
        self._turn = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._offsets: dict[str, int] = {}
        self._small: dict[str, bytes] = {}
        self._position = 0

    # Versions.

    def publish(self, contents: Contents, payload: bytes) -> None:
        """The configuration and world that a version's payload names. Raises NotTaken, JournalError."""
        for name in _names(payload):
            data = contents.get(name)
            if self._stored(name) == data:
                continue
            parts = [data[start : start + PART] for start in range(0, len(data), PART)] or [b""]
            for n, part in enumerate(parts):
                self.note(f"part/{name}/{n}", part)
            self.note(f"whole/{name}", str(len(parts)).encode())

    def make_current(self, payload: bytes) -> None:
        """It is in force from here on. Raises NotTaken."""
        self.note(CURRENT, payload)

    def current(self) -> bytes | None:
        """The payload of the version in force; None before any. Raises NotTaken."""
        return self.noted(CURRENT)

    def fetch(self, payload: bytes, into: Contents, patience: float = PATIENCE) -> None:
        """See to it that what a payload names is in `into`, waiting for it up to `patience` seconds.

        Raises ContentMissing, NotTaken, and what `Contents.put` does.
        """
        until = time.monotonic() + patience
        for name in _names(payload):
            while name not in into:
                trouble: NotTaken | None = None
                try:
                    data = self._stored(name)
                except NotTaken as error:
                    data, trouble = None, error
                if data is not None:
                    into.put(data)
                elif time.monotonic() < until:
                    threading.Event().wait(_LOOK)
                elif trouble is not None:
                    raise trouble
                else:
                    raise ContentMissing(
                        f"The topic {self.topic} has no content {name}, which a version names. Start `gridwatch ingest`"
                        " with the city's configuration: it puts there what is lacking."
                    )

    # Small things under a name.

    def note(self, key: str, value: bytes) -> None:
        """Keep under a key. Raises NotTaken."""
        if self._producer is None:
            raise RuntimeError("this process only reads what is shared")
        self._producer.send(self.topic, value, key=key.encode())

    def noted(self, key: str) -> bytes | None:
        """What was last kept under a key; None: nothing. Raises NotTaken."""

        async def look(consumer: Any) -> bytes | None:
            await self._index(consumer)
            return self._small.get(key)

        return self._ask(look)

    # Reading.

    def _stored(self, name: str) -> bytes | None:
        """A content; None where it is not there, not whole, or not what its name says."""

        async def look(consumer: Any) -> bytes | None:
            await self._index(consumer)
            count = int(self._small.get(f"whole/{name}", b"0"))
            keys = [f"part/{name}/{n}" for n in range(count)]
            if not count or any(key not in self._offsets for key in keys):
                return None
            data = b"".join([await self._record(consumer, key) for key in keys])
            return data if hashlib.sha256(data).hexdigest() == name else None

        return self._ask(look)

    async def _index(self, consumer: Any) -> None:
        """Where each key was last, up to the topic's end; what is small is kept."""
        (mine,) = consumer.assignment()
        end = (await consumer.end_offsets([mine]))[mine]
        first = (await consumer.beginning_offsets([mine]))[mine]
        if end < self._position:  # it was made anew
            self._forget()
        self._position = max(self._position, first)
        consumer.seek(mine, self._position)
        while self._position < end:
            for record in (await consumer.getmany(mine, timeout_ms=500)).get(mine, []):
                key = (record.key or b"").decode(errors="replace")
                self._offsets[key] = record.offset
                if not key.startswith("part/"):
                    if record.value is None:
                        self._small.pop(key, None)
                    else:
                        self._small[key] = record.value
            self._position = await consumer.position(mine)

    async def _record(self, consumer: Any, key: str) -> bytes:
        (mine,) = consumer.assignment()
        consumer.seek(mine, self._offsets[key])
        record = await consumer.getone(mine)
        if record.offset != self._offsets[key] or record.key != key.encode():
            raise _Moved
        return record.value or b""

    def _ask(self, look: Callable[[Any], Coroutine[Any, Any, _T]]) -> _T:
        with self._turn:
            try:
                return _aside(lambda: self._consume(look))
            except _Moved:
                self._forget()
                return _aside(lambda: self._consume(look))

    async def _consume(self, look: Callable[[Any], Coroutine[Any, Any, _T]]) -> _T:
        from aiokafka import AIOKafkaConsumer, TopicPartition
        from aiokafka.errors import KafkaError

        consumer = AIOKafkaConsumer(enable_auto_commit=False, **self._how)
        consumer.assign([TopicPartition(self.topic, 0)])
        try:
            async with asyncio.timeout(self._limit):
                await consumer.start()
                return await look(consumer)
        except (KafkaError, OSError, TimeoutError) as error:
            where, why = ", ".join(self._how["bootstrap_servers"]), str(error) or type(error).__name__
            raise NotTaken(
                f"Kafka at {where} can't be asked for the topic {self.topic} ({why}); check that the brokers run, and"
                " `gridwatch topics --check`."
            ) from error
        finally:
            with contextlib.suppress(asyncio.CancelledError):  # of its own tasks that had not begun
                await consumer.stop()


def _names(payload: bytes) -> tuple[str, str]:
    version = msgspec.json.decode(payload, type=VersionPayload)
    return version.config, version.world


def _aside(make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run it in a thread of its own: the caller's may have an event loop."""
    done: Future[_T] = Future()

    def run() -> None:
        try:
            done.set_result(asyncio.run(make()))
        except BaseException as error:  # noqa: BLE001  raised where it was asked for
            done.set_exception(error)

    threading.Thread(target=run, name="contents", daemon=True).start()
    return done.result()

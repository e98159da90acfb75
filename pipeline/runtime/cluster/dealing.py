"""dealing: entries to their partitions, by the version that is in force, whoever has put it there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pipeline.entries import EntryBuffer
from pipeline.journal import Contents
from pipeline.names import Names
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Router
from pipeline.runtime.cluster.versions import publish_version
from pipeline.runtime.compose import City, load_version
from pipeline.version import Version


class Dealing:
    """Of one process. From any thread."""

    def __init__(
        self, city: City, partitions: int, producer: Producer, shared: SharedContents, contents: Contents
    ) -> None:
        """contents: this process' own."""
        self.producer, self.shared = producer, shared
        self._contents, self._count = contents, partitions
        self._router = Router(city.version, partitions)
        self._turn, self._changing = threading.Lock(), threading.Lock()
        self.payload = b""
        """Of the version by which it deals."""

    def put(self, buffer: EntryBuffer) -> None:
        """Entries to where they belong; returns when Kafka has them. Raises NotTaken."""
        with self._turn:
            parts = self._router.route(buffer.batch())
        self.producer.put(parts)

    def publish(self, city: City) -> None:
        """Put a configuration in force, and deal by it. Raises NotTaken, JournalError."""
        with self._changing:
            payload = publish_version(city, self._contents, self.shared, self.producer, self._count, time.time())
            self._by(city.version, payload)

    def follow(self) -> bytes | None:
        """Deal by what another process has put in force: its payload; None: nothing new.

        Raises NotTaken, JournalError, Faulty.
        """
        with self._changing:
            payload = self.shared.current()
            if not payload or payload == self.payload:
                return None
            self.shared.fetch(payload, self._contents)
            self._by(lambda names: load_version(payload, self._contents, names), payload)
            return payload

    def _by(self, version: Callable[[Names], Version], payload: bytes) -> None:
        if payload != self.payload:
            router = Router(version, self._count)
            with self._turn:
                self._router, self.payload = router, payload

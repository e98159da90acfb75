"""in_force: which version a city on Kafka judges by, for a process that says one now and then: the console."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.journal import Contents
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.versions import publish_version
from pipeline.runtime.compose import City
from pipeline.runtime.opening import JOURNAL
from pipeline.version import Version


class InForce:
    """Of one city. From any thread."""

    def __init__(
        self, connection: Mapping[str, Any], kafka: KafkaSection, topics: Topics, data: Path, producer: Producer
    ) -> None:
        """data: the city's folder here, where contents are kept as they are in one process."""
        self._contents = Contents(data / JOURNAL / CONTENTS)
        self._shared = SharedContents(connection, topics.contents, producer)
        self._producer, self._partitions = producer, kafka.partitions
        self._load = Versions(self._contents, self.fetch)

    def current(self) -> bytes:
        """The payload of the version in force; b'' before any. Raises NotTaken."""
        return self._shared.current() or b""

    def fetch(self, payload: bytes) -> None:
        """What a payload names is kept here then. Raises NotTaken, JournalError."""
        self._shared.fetch(payload, self._contents)

    def load(self, payload: bytes, names: Names) -> Version:
        """Raises NotTaken, JournalError, Faulty."""
        return self._load(payload, names)

    def publish(self, city: City) -> bytes:
        """Make a city's configuration the one in force; its payload. Raises NotTaken, JournalError."""
        return publish_version(city, self._contents, self._shared, self._producer, self._partitions, time.time())

"""dealt_kit: a city on a real Kafka into whose journal a recording is dealt as `gridwatch ingest` deals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.dealing import Dealing
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.topics import make, wanted
from pipeline.runtime.compose import load_city
from pipeline.runtime.document import parse_document
from replay.replaying import Entries
from tests.cluster.topics_kit import Bench

ROWS = 100
"""Entries that ingest commits together."""


class Dealt:
    """Its topics and its configuration, in a folder."""

    def __init__(self, folder: Path, broker: str, configuration: str, partitions: int = 6, **more: Any) -> None:
        """configuration: of the same city in one process. more: keys that are otherwise."""
        self.bench, self.partitions = Bench(broker), partitions
        self.topics = self.bench.topics
        data = parse_document(configuration, "city").data
        kafka = {"brokers": [broker], "prefix": self.topics.prefix, "partitions": partitions, "replication": 1}
        data |= {"runtime": "cluster", "kafka": kafka, "data": "var", **more}
        self.file, self._folder = folder / "city.yaml", folder
        self.file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
        section = KafkaSection.model_validate(kafka)
        make(self.bench.connection, section, wanted(section, self.topics))

    @contextmanager
    def dealing(self) -> Iterator[Dealing]:
        """By the configuration as it is now."""
        producer = Producer(self.bench.connection, self.topics.entries)
        producer.start()
        try:
            shared = SharedContents(self.bench.connection, self.topics.contents, producer)
            city, contents = load_city(self.file), Contents(self._folder / "ingest")
            dealing = Dealing(city, self.partitions, producer, shared, contents)
            dealing.publish(city)
            yield dealing
        finally:
            producer.close()

    def deal(self, entries: Entries) -> None:
        """All of a journal but what it says of versions."""
        with self.dealing() as dealing:
            for piece in entries.read(entries.first, ROWS):
                buffer = EntryBuffer()
                for kind, *rest in zip(*(column.to_pylist() for column in piece.batch.columns), strict=True):
                    if kind != Kind.VERSION:
                        buffer.add(Kind(kind), *rest)
                dealing.put(buffer)

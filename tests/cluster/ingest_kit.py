"""ingest_kit: a town whose sources go into Kafka, and what is in its journal there."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.entries import Kind
from pipeline.runtime.cluster.ingest import Ingest
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.topics import make, wanted
from tests.cluster.topics_kit import Bench
from tests.runtime.kit import Lines, Town
from tests.services.process import COMMAND, REPOSITORY
from tests.services.wait import until

PARTITIONS = 3


class KafkaTown(Town):
    """A `Town` with `runtime: cluster` and topics of its own. brokers: host:port of each."""

    def __init__(self, folder: Path, broker: Any, brokers: list[str], timeout: str = "10s") -> None:
        self.bench = Bench(brokers[0])
        self._kafka = f"""\
runtime: cluster
kafka: {{brokers: {brokers}, prefix: {self.bench.topics.prefix}, partitions: {PARTITIONS}, replication: {len(brokers)},
  timeout: {timeout}}}
"""
        super().__init__(folder, broker)
        section = KafkaSection(
            brokers=tuple(brokers), prefix=self.bench.topics.prefix, partitions=PARTITIONS, replication=len(brokers)
        )
        make(self.bench.connection, section, wanted(section, self.bench.topics))

    def write(self, hold: str = "0s", every: str = "1h", **more: Any) -> None:
        super().write(hold, every, **more)
        self.file.write_text(self.file.read_text() + self._kafka)

    def ingest(self, name: str = "one", log: Any = None, **how: Any) -> Ingest:
        """One that is not yet started."""
        return Ingest(self.file, name=name, log=log or Lines(), follow=0.1, **how)

    def kinds(self) -> dict[int, Counter[str]]:
        """How many entries of each kind each partition has."""
        return {p: Counter(Kind(kind).name for kind in table["kind"].to_pylist()) for p, table in self.tables().items()}

    def tables(self) -> dict[int, pa.Table]:
        """What each partition has."""
        return self.bench.entries()

    def delivered(self) -> dict[int, list[tuple[str, bytes]]]:
        """Topic and payload of each delivery, by partition."""
        found = {}
        for partition, table in self.tables().items():
            rows = zip(table["kind"].to_pylist(), table["topic"].to_pylist(), table["payload"].to_pylist(), strict=True)
            found[partition] = [(topic, payload) for kind, topic, payload in rows if kind == Kind.DELIVERY]
        return found

    def members(self, partition: int = 0) -> list[tuple[str, str]]:
        """JOIN and LEAVE, with the member's name, in order."""
        table = self.tables()[partition]
        rows = zip(table["kind"].to_pylist(), table["topic"].to_pylist(), strict=True)
        return [(Kind(kind).name, member) for kind, member in rows if kind in (Kind.JOIN, Kind.LEAVE)]


class Process:
    """`gridwatch ingest` as people start it."""

    def __init__(self, town: KafkaTown, name: str, *more: str) -> None:
        self.log = town.folder / f"{name}-{os.urandom(3).hex()}.log"
        with self.log.open("wb") as out:
            command = [*COMMAND, "ingest", str(town.file), "--name", name, *more]
            self.process = subprocess.Popen(command, cwd=REPOSITORY, stdout=out, stderr=out)

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "backslashreplace")

    def connected(self) -> None:
        def there() -> bool:
            assert self.process.poll() is None, self.said[-2000:]
            return "connected to 127.0.0.1" in self.said

        until(there, "it to connect", seconds=90)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.said[-2000:]

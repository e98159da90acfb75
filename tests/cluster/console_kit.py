"""console_kit: a city on Kafka with its console's process in this one, and a worker that is as small as can be: real
judges, the real merger and the real desk, in a loop of one thread instead of Faust's agents."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from cases.desk.places import RegisterPlaces
from cases.registers.rows import Memory
from cases.store import Store
from gridwatch.desk_beside import DeskBeside
from gridwatch.health_cluster import HealthOfCluster
from gridwatch.health_letters import LetterTally
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents
from pipeline.latest import Latest
from pipeline.runtime.cluster.city import ClusterCity
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.merging import Merger
from pipeline.runtime.cluster.messages import encode_found, encode_letters
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Part, Router
from pipeline.runtime.cluster.settings import KafkaSection
from pipeline.runtime.cluster.topics import look, make
from pipeline.runtime.cluster.versions import publish_version
from pipeline.runtime.compose import load_city
from pipeline.runtime.desk_conditions import DeskConditions
from pipeline.runtime.document import parse_document
from pipeline.runtime.logs import logger
from pipeline.runtime.metrics import Metrics
from tests.console.kit import SECRETS, TOKENS
from tests.gridwatch.test_cli_check import CITY

PARTITIONS = 2


class ClusterTown:
    """Its configuration, its topics, and who works on them; `close` ends all."""

    def __init__(self, folder: Path, broker: str, store: str, **kafka: Any) -> None:
        name = f"town-{uuid.uuid4().hex[:8]}"
        data = parse_document(CITY, "city").data
        data |= {
            "runtime": "cluster",
            "store": {"url": store},
            "data": "var",
            "metrics": None,
            "time": {"tick": "50ms"},
        }
        data["kafka"] = {"brokers": [broker], "prefix": name, "partitions": PARTITIONS, "replication": 1, **kafka}
        data["web"] = {"port": 0, "tokens": TOKENS[:4], "patience": "20s"}
        data["sources"] = {
            "s": {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["t/+"]}
        }
        data["registers"] = {"vehicles": "vehicles.csv"}
        vehicles = "".join(f"truck-{n},lorry,,,2020-01-01,\n" for n in range(5))
        (folder / "vehicles.csv").write_text("id,class,plate,speed_limit,valid_from,valid_to\n" + vehicles)
        self.file, self.store = folder / "city.yaml", store
        self.file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
        self.how: dict[str, Any] = {
            "bootstrap_servers": [broker],
            "request_timeout_ms": 10_000,
            "security_protocol": "PLAINTEXT",
        }
        self.section = KafkaSection.model_validate(data["kafka"])
        self.topics = self.section.topics("demo")
        self.said = io.StringIO()
        log, metrics, letters = logger(self.said), Metrics(), LetterTally(None)
        self.beside = DeskBeside(self.file, log, metrics.registry)
        self.city = ClusterCity(
            self.file, log=log, metrics=metrics, prepare=self.beside.prepare, latest=Latest(1000), letter=letters.take
        )
        self._letters = letters
        self.worker = SmallWorker(self, folder / "worker")
        self._waiting: threading.Thread | None = None

    def start(self) -> None:
        """The topics and the worker, then the console's process."""
        make(self.how, self.section, look(self.how, self.section, self.topics).missing)
        self.worker.start()
        self.start_console()

    def start_console(self) -> None:
        """It alone."""
        self.city.start()
        self.beside.start(self.city, lambda: HealthOfCluster(self.city, self._letters))
        self._waiting = threading.Thread(target=self.city.wait)
        self._waiting.start()

    def close(self) -> None:
        """End what was started."""
        self.city.ask_stop()
        if self._waiting is not None:
            self._waiting.join()
        self.beside.stop()
        self.city.stop()
        self.worker.stop()

    def client(self, token: str) -> httpx.Client:
        """Somebody at the web API."""
        headers = {"Authorization": f"Bearer {SECRETS[token]}"}
        return httpx.Client(base_url=self.beside.address, headers=headers, timeout=60)

    def deliver(self, *messages: tuple[str, Any], received: Sequence[float] = ()) -> None:
        """(topic, JSON) as ingest would put them now. received: when it says that each came; none: now."""
        buffer = EntryBuffer()
        for (topic, body), at in zip(messages, received or [time.time()] * len(messages), strict=True):
            buffer.add(Kind.DELIVERY, "s", topic, at, json.dumps(body).encode())
        self.worker.producer.put(Router(load_city(self.file).version, PARTITIONS).route(buffer.batch()))


class SmallWorker:
    """Ingest without sources, judges of all partitions and the desk, in one thread."""

    def __init__(self, town: ClusterTown, folder: Path) -> None:
        self._town, self._folder = town, folder
        self.producer = Producer(town.how, town.topics.entries, "worker")
        self._thread = threading.Thread(target=self._run)
        self._ending = threading.Event()
        self.failed: BaseException | None = None
        self.paused = threading.Event()
        """While it is set nothing is judged."""

    def start(self) -> None:
        """With the version of the city's file in force, and the store's tables made."""
        self.producer.start()
        contents = Contents(self._folder / "contents")
        shared = SharedContents(self._town.how, self._town.topics.contents, self.producer)
        publish_version(load_city(self._town.file), contents, shared, self.producer, PARTITIONS, time.time())
        self._versions = Versions(contents, lambda payload: shared.fetch(payload, contents))
        memory = Memory()
        self.desk = Store(
            self._town.store,
            conditions=DeskConditions(contents),
            places=lambda connection: RegisterPlaces(connection, memory),
        )
        self._thread.start()

    def stop(self) -> None:
        """End it. Raises what made it end by itself."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
            self.desk.close()
        self.producer.close()
        if self.failed is not None:
            raise self.failed

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:  # noqa: BLE001  raised where it is stopped
            self.failed = error

    async def _work(self) -> None:
        topics, merger = self._town.topics, Merger(PARTITIONS)
        judges = {at: PartitionJudge(at, PARTITIONS, self._versions, set_aside=self._aside) for at in range(PARTITIONS)}
        consumer = AIOKafkaConsumer(auto_offset_reset="earliest", **self._town.how)
        consumer.assign([TopicPartition(topics.entries, at) for at in range(PARTITIONS)])
        await consumer.start()
        offset = -1
        try:
            while not self._ending.is_set():
                if not self.paused.is_set():
                    await asyncio.to_thread(self._tick)
                for where, records in (await consumer.getmany(timeout_ms=50)).items():
                    for record in records:
                        found = judges[where.partition].take([(record.offset, record.value)])
                        if found is not None:
                            offset += 1
                            await asyncio.to_thread(self.producer.send, topics.known, encode_found(found))
                            merger.take(found, offset)
                            self.desk.apply(merger.due(), merger.passed, merger.through(offset), merger.version)
                            merger.drop()
        finally:
            await consumer.stop()

    def _tick(self) -> None:
        buffer = EntryBuffer()
        buffer.add(Kind.TICK, "s", "ingest-1", time.time())
        buffer.add(Kind.CLOCK, "", "", time.time())
        self.producer.put([Part(at, buffer.batch()) for at in range(PARTITIONS)])

    def _aside(self, letters: list[Any]) -> None:
        self.producer.send(self._town.topics.deadletters, encode_letters(letters))

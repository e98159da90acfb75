"""filed_kit: `gridwatch worker` processes that file in a database, and what one process would file of the same journal.

The recording's entries are put where `gridwatch ingest` puts them.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cases.database import open_database, reading
from cases.tables import CASES, EPISODES, STEPS
from gridwatch.recordings import Opened
from pipeline.journal import Contents
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Router
from pipeline.runtime.cluster.settings import connection
from pipeline.runtime.cluster.versions import publish_version
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.judge_loop import JudgeLoop
from pipeline.runtime.logs import logger
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.opening import open_data
from replay.recording import JOURNAL
from tests.services.process import COMMAND, REPOSITORY

PARTITIONS = 3


class Workers:
    """Processes `gridwatch worker`."""

    def __init__(self, city: Path, log: Path) -> None:
        self.city, self.log = city, log
        self.running: list[subprocess.Popen[bytes]] = []
        self.ended = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [*COMMAND, "worker", str(self.city)]
            self.running.append(subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log))

    def kill(self) -> None:
        """The oldest."""
        process = self.running.pop(0)
        process.kill()
        process.wait()

    def look(self) -> None:
        """What has ended by itself is started again, as a supervisor does: Faust ends now and then in a rebalance."""
        for process in [each for each in self.running if each.poll() is not None]:
            self.running.remove(process)
            self.ended += 1
            assert self.ended < 6, self.log.read_text("utf-8", "replace")[-3000:]
            self.start()


def city_on(folder: Path, brokers: Sequence[str], database: str, link: str = "") -> City:
    """The city of the recording in a folder, on Kafka, with as many copies as there are brokers. link: further keys of
    the section."""
    shutil.copytree(folder / "recording", folder / "city", ignore=shutil.ignore_patterns(JOURNAL))
    file = folder / "city" / "city.yaml"
    prefix = f"t-{uuid.uuid4().hex[:8]}"
    file.write_text(
        file.read_text("utf-8")
        + f"\nruntime: cluster\nkafka: {{brokers: {list(brokers)}, prefix: {prefix}, partitions: {PARTITIONS},"
        + f" replication: {len(brokers)}{link}}}\nstore: {{url: '{database}'}}\nmetrics: null\n",
        "utf-8",
    )
    return load_city(file)


def published(opened: Opened, city: City, folder: Path) -> Iterator[None]:
    """The recording's entries, in three stretches."""
    assert city.configuration.kafka is not None
    how = connection(city.configuration.kafka, city.file.parent, os.environ)
    topics = city.configuration.kafka.topics(city.configuration.city)
    producer = Producer(how, topics.entries)
    producer.start()
    try:
        contents = Contents(folder)
        payload = publish_version(
            city, contents, SharedContents(how, topics.contents, producer), producer, PARTITIONS, 0
        )
        router = Router(lambda names: Versions(contents)(payload, names), PARTITIONS)
        pieces = list(opened.entries().read(0, 200))
        for n, piece in enumerate(pieces):
            producer.put(router.route(piece.batch))
            if n in (len(pieces) // 3, 2 * len(pieces) // 3):
                yield
    finally:
        producer.close()


def filed_by_one(folder: Path, recording: Path) -> dict[str, Any]:
    """What one process files of the same journal."""
    shutil.copytree(recording / JOURNAL, folder / JOURNAL)
    log = logger(io.StringIO())
    data = open_data(folder, log)
    try:
        loop = JudgeLoop(
            data.journal,
            data.engine,
            data.fold,
            data.store,
            data.letters,
            Metrics(),
            log,
            snapshot_every=float("inf"),
            keep=lambda *_: False,
        )
        loop.recover(data.journal.head, lambda: False)
        return _tables(data.store.engine)
    finally:
        data.close()


def _tables(engine: sa.Engine) -> dict[str, Any]:
    """What is compared: all but where in a journal it stands."""
    wanted: dict[str, list[Any]] = {
        "cases": [CASES.c[name] for name in ("id", "number", "category", "state", "started", "ended", "withdrawn")],
        "episodes": [EPISODES.c[name] for name in ("id", "case_id", "confirmed", "started", "ended", "reason")],
        "steps": [STEPS.c[name] for name in ("case_id", "number", "action", "at")],
    }
    with reading(engine) as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(sa.select(*columns)).all())
            for name, columns in wanted.items()
        }


def filed(database: str, workers: Workers) -> dict[str, Any]:
    workers.look()
    engine = open_database(database, read_only=True)
    try:
        return _tables(engine)
    finally:
        engine.dispose()


def has(workers: Workers, database: str, count: int) -> bool:
    """Whether there are so many cases."""
    try:
        return len(filed(database, workers)["cases"]) >= count
    except sa.exc.SQLAlchemyError:  # there are no tables yet
        return False


def say_what_differs(expected: dict[str, Any], found: dict[str, Any]) -> None:
    for name, rows in expected.items():
        lacking, more = set(rows) - set(found[name]), set(found[name]) - set(rows)
        sys.stdout.write(f"{name}: {len(lacking)} lacking {sorted(lacking)[:3]}, {len(more)} more {sorted(more)[:3]}\n")

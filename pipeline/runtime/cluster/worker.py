"""worker: one of the processes that judge a city's partitions; one of them also files what all of them find.

Which partitions it has Kafka decides, anew whenever a worker comes or goes. Nothing of it is on this machine's disk but
a copy of configurations and worlds.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import faust
import pyarrow as pa

from cases.desk.places import RegisterPlaces
from cases.making import Known
from cases.registers.rows import Memory
from cases.store import Store
from cases.store_section import store_of
from connectors.intake import ForwardClock
from pipeline.deadletters import DeadLetter
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, JournalBusy
from pipeline.journal.files import Lock
from pipeline.names import Names
from pipeline.runtime.cluster.agent import Watch, judge_partitions
from pipeline.runtime.cluster.app import Watchdog, make_app
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.filing import Standing, file_known
from pipeline.runtime.cluster.history import MeasuredJudge, WorkerHistory
from pipeline.runtime.cluster.judging import PartitionJudge
from pipeline.runtime.cluster.loading import Versions
from pipeline.runtime.cluster.messages import Found, encode_entries, encode_found, encode_letters
from pipeline.runtime.cluster.settings import KafkaSection, connection
from pipeline.runtime.cluster.topics import require
from pipeline.runtime.compose import City
from pipeline.runtime.desk_conditions import DeskConditions
from pipeline.runtime.logs import Trouble
from pipeline.runtime.metrics import Metrics
from pipeline.version import Version

CONTENTS = "contents"
FAUST = "faust"
"""Folders in a worker's data."""
MOST = 64
"""Workers in one data folder."""
REFRESH = 3.0
"""Seconds between two looks at the worst measure of what goes on."""


class Worker:
    """Made of a city whose file says `runtime: cluster`; `app` is to be run by Faust."""

    def __init__(
        self,
        city: City,
        log: Any,
        metrics: Metrics | None = None,
        environment: Mapping[str, str] = os.environ,
        ready: Callable[[], object] = lambda: None,
        alive: Callable[[], object] = lambda: None,
    ) -> None:
        """ready: called once it works. alive: called as long as it does, by the watchdog.

        Raises TopicsUnfit, NotTaken, Faulty, ValueError and OSError where something that it needs is not there.
        """
        section = city.configuration.kafka
        if section is None:
            raise ValueError("expected 'runtime: cluster' with a section 'kafka'")
        self.city, self.section, self._log = city, section, log
        self.metrics = metrics or Metrics()
        self.standing = Standing()
        self._environment, self._ready, self._alive = environment, ready, alive
        folder = city.file.resolve().parent
        self._how = connection(section, folder, environment)
        self.topics = section.topics(city.configuration.city)
        require(self._how, section, self.topics)
        data, self._lock = own_folder(city.configuration.data)
        self._contents = Contents(data / CONTENTS)
        self._shared = SharedContents(self._how, self.topics.contents)
        self.watch = Watch()
        self._versions = Versions(self._contents, self._fetch)
        self.history = self._history(city, data)
        self.app = self._app(section, data / FAUST)
        self._measure()

    def close(self) -> None:
        """Once the app has ended: what goes on beside it ends, too."""
        if self.history is not None:
            self.history.stop()

    def _history(self, city: City, data: Path) -> WorkerHistory | None:
        """data: this worker's own folder."""
        section = city.configuration.history
        if section is None:
            return None

        def load(payload: bytes, names: Names) -> Version:
            self._fetch(payload)  # beforehand: judging never waits for what history needs
            return self._versions(payload, names)

        return WorkerHistory(
            section,
            data,
            self._how,
            self.topics,
            self.section.partitions,
            load,
            lambda: list(self.watch.seen),
            self.metrics.registry,
            self._log,
            city.file,
            self._environment,
        )

    def _fetch(self, payload: bytes) -> None:
        self._shared.fetch(payload, self._contents)

    def _app(self, section: KafkaSection, folder: Path) -> faust.App:
        folder.mkdir(parents=True, exist_ok=True)
        app = make_app(self.topics, self._how, section.partitions, folder)
        # Judges and the clock put messages where Kafka, not Faust, is asked to; none is let go of unacknowledged.
        known = app.topic(self.topics.known, value_type=bytes, value_serializer="raw", partitions=1)
        letters = app.topic(self.topics.deadletters, value_type=bytes, value_serializer="raw", partitions=1)
        entries = app.topic(
            self.topics.entries, value_type=bytes, value_serializer="raw", partitions=section.partitions
        )
        aside: list[DeadLetter] = []

        def judge(partition: int) -> MeasuredJudge:
            made = PartitionJudge(
                partition,
                section.partitions,
                self._versions,
                set_aside=aside.extend,
                measure=gate(REFRESH),
                judged=_Counting(self.metrics),
            )
            return MeasuredJudge(made) if self.history is None else self.history.judging(made)

        async def emit(found: Found) -> None:
            if aside:
                some = aside[:]
                aside.clear()
                await (await letters.send(value=encode_letters(some), partition=0))
            await (await known.send(value=encode_found(found), partition=0))

        async def clock() -> None:
            await _clock(entries, section.partitions, self.city.configuration.time.tick, self._log)

        judge_partitions(
            app,
            self.topics.entries,
            section.partitions,
            judge,
            emit,
            seconds=self.city.configuration.journal.snapshot_every,
            watch=self.watch,
            log=self._log,
        )
        file_known(
            app, self.topics.known, section.partitions, self._store, clock, standing=self.standing, log=self._log
        )

        async def begin() -> None:
            Watchdog(app, self.topics.entries, self.watch, beat=self._alive, log=self._log).start(
                asyncio.get_running_loop()
            )
            if self.history is not None:
                self.history.start()
            self._ready()

        app.task(begin)
        return app

    def _store(self) -> Store:
        """Raises AnotherDesk, StoreTrouble: somebody else has it, or it can't be reached now."""
        configuration = self.city.configuration
        memory, conditions = Memory(), DeskConditions(self._contents)

        def known(payload: str) -> Any:
            if payload:
                self._fetch(payload.encode())
            return conditions(payload)

        return Store(
            store_of(configuration.store, configuration.data, self._environment),
            conditions=known,
            places=lambda connection: RegisterPlaces(connection, memory),
        )

    def _measure(self) -> None:
        metrics, standing = self.metrics, self.standing
        metrics.fold_behind.set_function(lambda: standing.behind if standing.here else 0.0)
        metrics.fold_held.set_function(lambda: standing.held if standing.here else 0)
        metrics.partitions.set_function(lambda: len(self.watch.seen))


def own_folder(data: Path) -> tuple[Path, Lock]:
    """A folder of this process alone, in a city's data; several workers of a machine have several. Raises OSError."""
    for n in range(1, MOST + 1):
        folder = data / f"worker-{n}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return folder, Lock(folder)
        except JournalBusy:
            continue
    raise OSError(f"{data} has {MOST} workers already: give this one a `data` of its own")


class _Counting:
    """What one engine counted, into the numbers of the process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics, self._counted = metrics, Counter[str]()

    def __call__(self, engine: Engine, batch: pa.RecordBatch, known: list[Known]) -> None:
        new = Counter({name: count - self._counted[name] for name, count in engine.counts.items()})
        self._counted = Counter(engine.counts)
        self._metrics.count(new, batch.num_rows, known)


async def _clock(entries: Any, partitions: int, tick: float, log: Any) -> None:
    """The city's own word that time has passed, to every partition, as long as this worker files."""
    clock, trouble = ForwardClock(), Trouble(log, "the city's clock can't be written down")
    while True:
        buffer = EntryBuffer()
        buffer.add(Kind.CLOCK, "", "", clock.stamp())
        value = encode_entries(buffer.batch())
        try:
            sent = [await entries.send(value=value, partition=partition) for partition in range(partitions)]
            await asyncio.gather(*sent)
        except Exception as error:  # noqa: BLE001  whatever Kafka's client says: the next tick says the same, later
            trouble.failed(error)
        else:
            trouble.worked()
        await asyncio.sleep(tick)


def gate(seconds: float) -> Callable[[], bool]:
    """True at most once in so many seconds."""
    due = 0.0

    def opened() -> bool:
        nonlocal due
        at = time.monotonic()
        if at < due:
            return False
        due = at + seconds
        return True

    return opened

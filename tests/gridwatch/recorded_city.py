"""recorded_city: a city that lives through a recording at the recording's own time, with its web API and its dispatch.

Everything is what runs in a city: journal, engine, desk, office, outbox, web API. Only the clock is another: what
people say between two entries of the recording is said then, by the recording's time, so that deadlines and returns
are those that the recording has. One thing at a time happens in it, whoever asks from whichever thread.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa
import sqlalchemy as sa

from cases.database import reading
from cases.outbox.lists import standing
from cases.tables import CHANGES, FOLLOWERS
from cases.words import Answer, Report, Step
from connectors.intake import ForwardClock
from gridwatch.web_running import WebServer, web_of
from pipeline.entries import EntryBuffer, Kind
from pipeline.runtime.compose import load_city, version_payload
from pipeline.runtime.dispatching import Dispatching
from pipeline.runtime.judge_loop import JudgeLoop
from pipeline.runtime.logs import logger
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.office import CityOffice
from pipeline.runtime.opening import open_data
from pipeline.runtime.stored_registers import bring_in_registers
from tests.services.wait import until as wait_until

MOMENT = 0.001
"""Seconds that pass when somebody says something."""


class Entry(NamedTuple):
    """One of the recording's."""

    kind: int
    source: str
    topic: str
    received: float
    payload: bytes


def entries_of(batches: Iterable[pa.RecordBatch]) -> list[Entry]:
    """A recording's entries but for its versions: it is judged by the city's own. batches: of `pipeline.entries`."""
    names = ("kind", "source", "topic", "received", "payload")
    rows = (row for batch in batches for row in zip(*(batch.column(n).to_pylist() for n in names), strict=True))
    return [Entry(*row) for row in rows if row[0] != Kind.VERSION]


class RecordedCity:
    """`until` moves its time on. It is an `Office`: `say`, from any thread."""

    def __init__(self, file: Path, entries: Iterable[Entry]) -> None:
        """file: the city's. entries: of the recording, in the order of their times."""
        self._coming = list(entries)[::-1]
        self._sources = sorted({each.source for each in self._coming})
        self._turn = threading.RLock()
        self.now = self._coming[-1].received
        self.city = load_city(file)
        self.configuration = self.city.configuration
        self._log = logger(io.StringIO())
        self._data = data = open_data(self.configuration.data, self._log)
        self.store = data.store
        bring_in_registers(file, self.configuration, self.now)
        targets = self.configuration.dispatch
        self._dispatching = Dispatching(
            self.engine, self.configuration.city, targets, self._log, folder=file.parent, source=str(file)
        )
        clock = ForwardClock(lambda: self.now, lambda: 0.0)
        self._office = CityOffice(data.journal.commit, data.store, clock)
        self._loop = JudgeLoop(
            data.journal,
            data.engine,
            data.fold,
            data.store,
            data.letters,
            Metrics(),
            self._log,
            snapshot_every=float("inf"),
            keep=lambda *_: False,
        )
        buffer = EntryBuffer()
        payload = version_payload(self.configuration, self.city.world, data.contents)
        buffer.add(Kind.VERSION, "", "", self.now, payload)
        data.journal.commit(buffer)
        web = web_of(file, self.configuration, self, self.engine, self._log, hearing=self._dispatching.hearing)
        assert web is not None, "the city's file has no section web"
        self.web: WebServer = web

    @property
    def engine(self) -> sa.Engine:
        """The store, to be read."""
        return self.store.engine

    def __enter__(self) -> Self:
        self._dispatching.start(self)
        self.web.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.web.stop()
        self._dispatching.stop()
        self._data.close()

    def until(self, at: float) -> None:
        """What was recorded up to then enters the log, and time has passed. at: UTC seconds."""
        with self._turn:
            buffer = EntryBuffer()
            while self._coming and self._coming[-1].received <= at:
                buffer.add(*self._kind(self._coming.pop()))
            self.now = max(self.now, at)
            for source in self._sources:
                buffer.add(Kind.TICK, source, "", self.now)
            buffer.add(Kind.CLOCK, "", "", self.now)
            self._data.journal.commit(buffer)
            self._loop.recover(self._data.journal.head, lambda: False)

    @staticmethod
    def _kind(entry: Entry) -> tuple[Kind, str, str, float, bytes]:
        return Kind(entry.kind), entry.source, entry.topic, entry.received, entry.payload

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        """See `cases.office.Office`: it takes effect at once, and time has passed by a moment then."""
        with self._turn:
            answer = self.store.answer(said.id)
            if answer is None:
                self._office.write_down(said)
                self.until(self.now + MOMENT)
                answer = self.store.answer(said.id)
            assert answer is not None, "the desk has come to it"
            return answer

    def all_told(self) -> None:
        """Wait until every target has taken what has happened so far."""
        wait_until(self._told, "what has happened to be told")

    def _told(self) -> bool:
        with reading(self.engine) as connection:
            newest = connection.execute(sa.select(sa.func.max(CHANGES.c.number))).scalar_one() or 0
            followed = connection.execute(sa.select(FOLLOWERS.c.number).where(FOLLOWERS.c.name == "outbox")).scalar()
        targets = standing(self.engine)
        assert not any(each.dead for each in targets)
        return followed == newest and not any(each.waiting for each in targets)

    def rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        """Of the store."""
        with reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

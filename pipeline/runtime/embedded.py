"""embedded: a whole city in one process: sources into the journal, the journal judged, cases into SQLite.

Threads: one for each source (connectors), which commits and acknowledges; one that judges (judge_loop); one that keeps
the journal small (keeper). The journal is all that they share, so that a slow judge never holds an acknowledgement back
and a restart is: newest snapshot, then the journal's tail. If judging ends by a fault of our own, nothing is
acknowledged any more and the process ends: what is not judged must not be told to be in good hands.
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cases.store import Store
from cases.store_section import store_of
from connectors.intake import ForwardClock
from connectors.source import Status
from pipeline.clock_watch import ClockWatch
from pipeline.entries import EntryBuffer, Kind
from pipeline.faults import Fault, Faulty
from pipeline.journal import JournalFailed, JournalFull
from pipeline.latest import Latest
from pipeline.runtime.compose import City, load_city, version_payload
from pipeline.runtime.history_city import CityHistory
from pipeline.runtime.judge_loop import JudgeLoop
from pipeline.runtime.keeper import Keeper
from pipeline.runtime.logs import Trouble, logger
from pipeline.runtime.metrics import JUDGED, Metrics, Server
from pipeline.runtime.office import CityClock, CityOffice
from pipeline.runtime.opening import Opened, assume_version, open_when_there_is_room
from pipeline.runtime.rereading import CITY, load_whole, same_place
from pipeline.runtime.sources import RuntimeFailed, Sources
from pipeline.runtime.stored_registers import bring_in_registers
from pipeline.runtime.terminal_clocks import TerminalClocks

LOG = "gridwatch.log"
"""Where the lines go if nobody says otherwise: a file in the data folder."""
SAME = ("city", "data", "metrics", "store", "history")
"""What of a configuration only a new start changes."""
RUN = "run"
"""The name under which `gridwatch reload` finds it."""
_LOOK = 0.5
"""Between two looks at whether all threads are well, seconds."""


class Embedded:
    """One city at work. `start`, `wait`, `stop`, each once, from one thread; `ask_*` from anywhere, signals too."""

    def __init__(
        self,
        config_path: Path,
        different: Mapping[str, Any] | None = None,
        *,
        log: Any = None,
        metrics: Metrics | None = None,
        prepare: Callable[[City, Store], None] = lambda *_: None,
        latest: Latest | None = None,
        others: Callable[[], Sequence[Fault]] = tuple,
    ) -> None:
        """different: what is to be otherwise than in the file, of the same shape. log: a structlog logger.

        prepare: called with the store before anything in it can change, for whoever follows its changes. latest: is
        shown every row, for whoever looks at where things are now. others: the faults, when it is read again, of what
        in the file is not the city's own, such as its cameras: one file is one version, taken whole or not at all.
        """
        self._prepare, self._latest, self._others = prepare, latest, others
        self.file, self.different = config_path, different
        self._log = log
        self.metrics = metrics or Metrics()
        self.server: Server | None = None
        """Where the metrics are; None: nowhere."""
        self.clock_watch = ClockWatch()
        """What terminals' clocks say; from any thread."""
        self.terminal_clocks = TerminalClocks(self.clock_watch, lambda: None)
        """Which of them are wrong; from any thread."""
        self.office: CityOffice | None = None
        """Where steps and reports are said; None before the start."""
        self.tail = 0
        """How many entries the start had to judge again."""
        self._city: City | None = None
        self._data: Opened | None = None
        self._loop: JudgeLoop | None = None
        self._keeper: Keeper | None = None
        self._sources: Sources | None = None
        self._clock: CityClock | None = None
        self._history: CityHistory | None = None
        self._thread: threading.Thread | None = None
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ending = False
        self._drain = False
        self._closed = self._told = False
        self._failure: BaseException | None = None
        self._payload = b""

    # What others ask.

    @property
    def city(self) -> City:
        """The configuration that is in force."""
        if self._city is None:
            raise RuntimeError("it has not been started")
        return self._city

    @property
    def cases(self) -> Store:
        """What was found. To be read only; from any thread."""
        return self._opened.store

    @property
    def inside(self) -> Opened:
        """Journal, engine, store and dead letters at work. To be read only; from any thread."""
        return self._opened

    @property
    def receivers(self) -> dict[str, tuple[Any, Status]]:
        """By name: the sources' sections of the configuration, and how they are doing. From any thread."""
        return {} if self._sources is None else self._sources.statuses()

    @property
    def newest(self) -> float:
        """When the newest judged entry was received, UTC seconds; NaN: none has been."""
        return math.nan if self._loop is None else self._loop.newest

    @property
    def latest(self) -> Latest | None:
        """Where everything was last; None: nobody wanted to know."""
        return self._latest

    @property
    def rows(self) -> int:
        """How many rows have been judged so far. Raises RuntimeFailed where judging has ended."""
        self._look()
        counts = self._opened.engine.counts
        return sum(counts[fate] for fate in JUDGED)

    @property
    def lag(self) -> int:
        """Entries that are committed and not yet judged."""
        return self._opened.journal.head - self._opened.engine.position

    @property
    def _opened(self) -> Opened:
        if self._data is None:
            raise RuntimeError("it has not been started")
        return self._data

    # Life.

    def start(self) -> None:
        """Open the data, judge what is left of the last run, then let deliveries in.

        Raises Faulty, JournalError, OSError: nothing has been begun then.
        """
        city = self._city = load_city(self.file, self.different)
        folder = city.configuration.data
        if self._log is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._log = logger(folder / LOG)
        for warning in city.warnings:
            self._log.warning(str(warning))
        try:
            self._start(city)
        except BaseException:
            self._abandon()
            raise

    def _start(self, city: City) -> None:
        folder = city.configuration.data
        where = store_of(city.configuration.store, folder, os.environ)
        data = self._data = open_when_there_is_room(folder, self._log, lambda: self._ending, where)
        if data is None:
            return
        bring_in_registers(self.file, city.configuration, time.time())
        self._prepare(city, data.store)
        sources = self._sources = Sources(self._commit, self.metrics, self._log)
        fresh = sources.make(city)
        keeper = self._keeper = Keeper(
            data.journal, data.snapshots, city.configuration.journal, self.metrics, self._log
        )
        self.metrics.begin(data.engine.counts)
        loop = self._loop = JudgeLoop(
            data.journal,
            data.engine,
            data.fold,
            data.store,
            data.letters,
            self.metrics,
            self._log,
            snapshot_every=city.configuration.journal.snapshot_every,
            keep=keeper.take,
        )
        if self._latest is not None:
            data.engine.seen = self._latest.take
        data.engine.clock_watch = self.clock_watch
        self.terminal_clocks = TerminalClocks(self.clock_watch, lambda: data.engine.version)
        self.metrics.watch_clocks(self.terminal_clocks)
        self._history = self._history_of(city, data, keeper)
        self._measure(data, loop)
        if city.configuration.metrics is not None:
            self.server = self.metrics.serve(city.configuration.metrics)
        self._recover(city, data, loop)
        if self._ending:
            return
        self._thread = threading.Thread(target=self._judge, args=(loop,), name="judge", daemon=True)
        self._thread.start()
        keeper.start()
        wall = ForwardClock()
        office = self.office = CityOffice(self._commit, data.store, wall)
        self._clock = CityClock(
            self._commit, city.configuration.time.tick, wall, self._log, lambda: office.take_in(folder)
        )
        self._clock.start()
        if self._history is not None:
            self._history.start(self._payload)
        sources.adopt(fresh)
        self.metrics.reloads.begin(CITY)
        self.metrics.reloads.stand(folder, RUN)

    def _history_of(self, city: City, data: Opened, keeper: Keeper) -> CityHistory | None:
        section = city.configuration.history
        if section is None:
            return None
        history = CityHistory(
            section,
            city.configuration.data,
            data.journal,
            data.contents,
            self.metrics.registry,
            self._log,
            self.file,
            world=lambda: city.world,
        )
        data.engine.listening, keeper.settle = history.listen, history.settle
        return history

    def _recover(self, city: City, data: Opened, loop: JudgeLoop) -> None:
        """The journal's tail, and what must be said before anything new comes: who is gone, and what is in force."""
        began = time.monotonic()
        payload: bytes = b""
        if data.restored is None and data.engine.position > 0:
            self._log.error(
                f"there is no intact snapshot and the journal begins at {data.engine.position}: judging goes on from"
                " there by the present configuration; what was open before is not known any more"
            )
            payload = self._put(city)
            assume_version(data.engine, payload)
            data.fold.begin_after(data.store.place, payload.decode())
        self.tail = loop.recover(data.journal.head, lambda: self._ending)
        if self.tail:
            seconds = round(time.monotonic() - began, 2)
            self._log.info("judged what was left of the last run", entries=self.tail, seconds=seconds)
        if self._ending:
            return
        self._payload = payload or self._put(city)
        buffer = EntryBuffer()
        for name, clock in data.engine.clocks.by_name.items():
            for member in clock.members:  # the last run ended without a word; its members must hold nothing back
                buffer.add(Kind.LEAVE, name, member, time.time())
        if data.engine.version_payload != self._payload:
            buffer.add(Kind.VERSION, "", "", time.time(), self._payload)
        self._insist(buffer)

    def wait(self, alive: Callable[[], None] = lambda: None, reloaded: Callable[[], None] = lambda: None) -> None:
        """Until somebody asks to stop; reloads when asked. Raises RuntimeFailed where it can't go on.

        alive: called now and then, while judging gets on. reloaded: called once what was read again is in force.
        """
        turns = -1
        while not self._ending:
            try:
                asked = self._asked.get(timeout=_LOOK)
            except queue.Empty:
                asked = ""
            self._look()
            if self._loop is not None and self._loop.turns != turns:
                turns = self._loop.turns
                alive()
            if asked == "reload" and self.reload():
                reloaded()

    def stop(self) -> None:
        """Sources end and say so, what they committed is judged, the state is saved. A second call does nothing.

        Raises RuntimeFailed where judging has ended by itself and nobody has been told yet.
        """
        self._ending = True
        self.metrics.reloads.leave()
        data = self._data
        if data is None or self._closed:
            return
        if self.office is not None:
            self.office.hear_no_more()
        if self._sources is not None:
            self._sources.stop()
        if self._clock is not None:
            self._clock.stop()
        self._drain = True
        if self._thread is not None:
            self._thread.join()
        if self._keeper is not None:
            self._keeper.stop()
        if self._failure is None and self._thread is not None and self._loop is not None and self._keeper is not None:
            last = self._loop.finish()
            if last is not None:
                self._keeper.save(data.engine.position, last)
            self._log.info("stopped", position=data.engine.position)
        self._close()
        if self._failure is not None and not self._told:
            self._look()

    def ask_stop(self) -> None:
        """Let `wait` return soon."""
        self._ending = True
        self._asked.put("stop")

    def ask_reload(self) -> None:
        """Let `wait` reload soon."""
        self._asked.put("reload")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    # Versions.

    def reload(self) -> bool:
        """Read the files again and make them current. False: they have faults, which are in the log; all stays as it
        was."""
        sources = self._sources
        if sources is None:
            raise RuntimeError("it has not been started")
        try:
            city = load_whole(self.file, self.different, self._others)
            same_place(self.file, self.city.configuration, city.configuration, SAME)
            fresh = sources.make(city)
            try:
                bring_in_registers(self.file, city.configuration, time.time())
            except BaseException:
                sources.discard(fresh)
                raise
        except (Faulty, OSError) as error:
            for line in str(error).splitlines():
                self._log.error(line)
            count = self.metrics.reloads.refused(CITY, error, self._payload)
            self._log.error(f"the configuration stays as it was: {count} to be mended", file=str(self.file))
            return False
        payload = self._put(city)
        buffer = EntryBuffer()
        if payload != self._payload:
            buffer.add(Kind.VERSION, "", "", time.time(), payload)
        if not payload or not self._insist(buffer):
            sources.discard(fresh)
            return False
        changed, self._payload, self._city = payload != self._payload, payload, city
        if self._keeper is not None and self._loop is not None:
            self._keeper.section = city.configuration.journal
            if self._clock is not None:
                self._clock.tick = city.configuration.time.tick
            self._loop.snapshot_every = city.configuration.journal.snapshot_every
        sources.adopt(fresh)
        self.metrics.reloads.taken(CITY, payload)
        self._log.info("the configuration was read again", changed=changed, rules=len(city.configuration.rules))
        return True

    def _put(self, city: City) -> bytes:
        """Store a version's contents, trying until there is room; b'' where it was given up since we are to stop."""
        trouble = Trouble(self._log, "the configuration can't be stored")
        while not self._ending:
            try:
                payload = version_payload(city.configuration, city.world, self._opened.contents)
            except (JournalFull, JournalFailed) as error:
                trouble.failed(error)
                self._pause()
            else:
                trouble.worked()
                return payload
        return b""

    def _insist(self, buffer: EntryBuffer) -> bool:
        """Commit entries of our own, trying until there is room; False where it was given up since we are to stop."""
        trouble = Trouble(self._log, "the journal can't take what makes the configuration current")
        while not self._ending:
            try:
                self._opened.journal.commit(buffer)
            except (JournalFull, JournalFailed) as error:
                trouble.failed(error)
                self._pause()
            else:
                trouble.worked()
                return True
        return False

    def _pause(self) -> None:
        self._look()
        threading.Event().wait(1.0)

    # Threads.

    def _commit(self, buffer: EntryBuffer) -> int:
        """What sources commit by. Refuses once judging has ended."""
        if self._failure is not None:
            raise RuntimeFailed("judging has ended; nothing more is taken")
        with self.metrics.commit_seconds.time():
            return self._opened.journal.commit(buffer)

    def _judge(self, loop: JudgeLoop) -> None:
        try:
            loop.run(lambda: self._drain)
        except Exception as error:  # noqa: BLE001  whatever it is: nothing may be acknowledged from here on
            self._failure = error
            self._log.exception("judging has ended by a fault of our own")
            self._asked.put("failed")

    def _look(self) -> None:
        """Raise what has ended a thread."""
        if self._failure is not None:
            self._told = True
            error = self._failure
            raise RuntimeFailed(
                f"Judging has ended: {type(error).__name__}: {error}. Nothing that came since is acknowledged; start it"
                " again, and report this with the log if it comes back."
            ) from error
        if self._keeper is not None and self._keeper.failure is not None:
            raise RuntimeFailed(f"The journal is not looked after any more: {self._keeper.failure}. Start it again.")
        if self._sources is not None:
            self._sources.look()

    def _measure(self, data: Opened, loop: JudgeLoop) -> None:
        metrics, journal = self.metrics, data.journal
        metrics.lag_entries.set_function(lambda: journal.head - data.engine.position)
        metrics.lag_seconds.set_function(lambda: max(time.time() - loop.newest, 0.0))
        metrics.journal_bytes.set_function(lambda: journal.nbytes)
        metrics.watch_disk(self.city.configuration.data)
        metrics.store_position.set_function(lambda: data.store.position)

    def _abandon(self) -> None:
        """A start that failed: nothing stays open."""
        self._ending = True
        self._drain = True
        if self._sources is not None:
            self._sources.stop()
        if self._clock is not None:
            self._clock.stop()
        if self._thread is not None:
            self._thread.join()
        if self._keeper is not None:
            self._keeper.stop()
        self._close()

    def _close(self) -> None:
        self._closed = True
        if self._history is not None:
            self._history.stop()
            self._history = None
        if self.office is not None:
            self.office.close()
        if self.server is not None:
            self.server.close()
            self.server = None
        if self._data is not None:
            self._data.close()

"""city: a city on Kafka as the console's process has it: it reads what workers file, and says what people do.

Judges nothing and files nothing: the desk's tables are the worker's. What is said goes to the journal's first partition
and is answered when the store has it. Where things are is read along (`following`, `seen`). The configuration's file is
this process' own; read again, it becomes the version that all workers judge by.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from cases.store import Store
from cases.store_section import store_of
from connectors.intake import ForwardClock
from pipeline.clock_watch import ClockWatch
from pipeline.deadletters import DeadLetter
from pipeline.entries import EntryBuffer
from pipeline.faults import Fault, Faulty
from pipeline.journal import JournalError, JournalFailed
from pipeline.latest import Latest
from pipeline.runtime.cluster.attaching import kafka_of, reached, store_when_there_are_tables
from pipeline.runtime.cluster.following import Following
from pipeline.runtime.cluster.in_force import InForce
from pipeline.runtime.cluster.producing import NotTaken, Producer
from pipeline.runtime.cluster.routing import FIRST, Part
from pipeline.runtime.cluster.seen import Seen
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.config import Configuration, load
from pipeline.runtime.logs import Trouble
from pipeline.runtime.metrics import Metrics, Server
from pipeline.runtime.office import CityOffice
from pipeline.runtime.rereading import CITY, load_whole, same_place
from pipeline.runtime.stored_registers import bring_in_registers
from pipeline.runtime.terminal_clocks import TerminalClocks

T = TypeVar("T")
CONSOLE = "console"
"""The name under which `gridwatch reload` finds it."""
AGAIN = 1.0
"""Between two looks at the inbox, and at whether all is well, seconds."""
SAME = ("city", "data", "kafka", "metrics", "runtime", "store")
"""What of a configuration only a new start changes."""


class ClusterCity:
    """`pipeline.runtime.at_work.CityAtWork`. `start`, `wait`, `stop`, each once, from one thread; `ask_*` from
    anywhere, signals too."""

    def __init__(
        self,
        config_path: Path,
        different: Mapping[str, Any] | None = None,
        *,
        log: Any,
        metrics: Metrics | None = None,
        prepare: Callable[[City, Store], None] = lambda *_: None,
        latest: Latest | None = None,
        letter: Callable[[DeadLetter], object] = lambda _: None,
        others: Callable[[], Sequence[Fault]] = tuple,
    ) -> None:
        """See `Embedded`. letter: is given what judging sets aside, by a thread of its own."""
        self.file, self.different = config_path, different
        self._log, self._prepare, self._latest, self._letter = log, prepare, latest, letter
        self._others = others
        self.metrics = metrics or Metrics()
        self.server: Server | None = None
        self.terminal_clocks = TerminalClocks(ClockWatch(), lambda: None)
        """Which terminals' clocks are wrong, by what is read along; from any thread."""
        self.office: CityOffice | None = None
        self._city: City | None = None
        self._store: Store | None = None
        self._producer: Producer | None = None
        self._following: Following | None = None
        self._seen: Seen | None = None
        self._in_force: InForce | None = None
        self._inbox: threading.Thread | None = None
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._refused = ""
        """Why Kafka did not take what was said last; '': it did."""
        self._payload = b""
        """Of the version in force, as far as is known here."""

    # What others ask.

    @property
    def city(self) -> City:
        """See `CityAtWork`."""
        return _begun(self._city)

    @property
    def cases(self) -> Store:
        """See `CityAtWork`."""
        return _begun(self._store)

    @property
    def latest(self) -> Latest | None:
        """See `CityAtWork`."""
        return self._latest

    @property
    def following(self) -> Following:
        """How far everybody is with the journal, and whether Kafka answers."""
        return _begun(self._following)

    @property
    def seen(self) -> Seen:
        """What was read along."""
        return _begun(self._seen)

    @property
    def payload(self) -> bytes:
        """Of the version in force, as far as is known here; b'' where it is not."""
        return self._payload

    @property
    def rows(self) -> int:
        """Since the start."""
        return self.seen.rows

    @property
    def lag(self) -> int:
        """As far as was read along."""
        return self.seen.waiting

    # Life.

    def start(self) -> None:
        """Wait for the store's tables, then begin. Kafka may be away: that is said, and it is looked for.

        Raises Faulty, OSError, AnotherDesk, NewerSchema, StoreTrouble, StoreBroken: nothing has been begun then.
        """
        try:
            self._start(load(self.file, self.different))
        except BaseException:
            self.stop()
            raise

    def _start(self, configuration: Configuration) -> None:
        kafka, folder = kafka_of(self.file, configuration), configuration.data
        how = reached(self.file, kafka)
        folder.mkdir(parents=True, exist_ok=True)
        where = store_of(configuration.store, folder, os.environ)
        store = self._store = store_when_there_are_tables(where, self._log, self._ending)
        if store is None:
            return
        bring_in_registers(self.file, configuration, time.time())
        city = self._city = load_city(self.file, self.different)
        for warning in city.warnings:
            self._log.warning(str(warning))
        self._prepare(city, store)
        topics = kafka.topics(configuration.city)
        producer = self._producer = Producer(how, topics.entries, f"{topics.prefix}-console")
        producer.start()
        self._in_force = InForce(how, kafka, topics, folder, producer)
        seen = self._seen = Seen(topics, self._latest, letter=self._letter, in_force=self._came)
        seen.use(city.version)
        self._following = Following(how, topics, seen.take, self._log)
        self._following.start()
        self.metrics.lag_entries.set_function(lambda: seen.waiting)
        self.terminal_clocks = TerminalClocks(seen.clock_watch, lambda: seen.decoding)
        self.metrics.watch_clocks(self.terminal_clocks)
        office = self.office = CityOffice(self._commit, store, ForwardClock())
        self._inbox = threading.Thread(target=self._take_in, args=(office, folder), name="inbox", daemon=True)
        self._inbox.start()
        self._asked.put("version")
        self.metrics.reloads.begin(CITY)
        self.metrics.reloads.stand(folder, CONSOLE)

    def wait(self, alive: Callable[[], object] = lambda: None, reloaded: Callable[[], None] = lambda: None) -> None:
        """Until somebody asks to stop; reads the configuration again when asked. alive: called every second or so.
        reloaded: called once what was read again is in force."""
        while not self._ending.is_set():
            alive()
            try:
                asked = self._asked.get(timeout=AGAIN)
            except queue.Empty:
                continue
            if asked == "reload":
                if self.reload():
                    reloaded()
            elif asked == "version":
                self._adopt()

    def stop(self) -> None:
        """Nothing more is said, and all is let go. A second call does nothing."""
        self._ending.set()
        self.metrics.reloads.leave()
        if self.office is not None:
            self.office.hear_no_more()
        if self._inbox is not None:
            self._inbox.join()
        if self._following is not None:
            self._following.stop()
        if self.office is not None:
            self.office.close()
        if self._producer is not None:
            self._producer.close()
        if self._store is not None:
            self._store.close()
        if self.server is not None:
            self.server.close()
            self.server = None

    def ask_stop(self) -> None:
        """Let `wait` return soon."""
        self._ending.set()
        self._asked.put("stop")

    def ask_reload(self) -> None:
        """See `CityAtWork`."""
        self._asked.put("reload")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    # Versions.

    def reload(self) -> bool:
        """Read the files again and make them the version that all judge by. False: they have faults, or Kafka does not
        take it, which is in the log; all stays as it was."""
        try:
            city = load_whole(self.file, self.different, self._others)
            same_place(self.file, self.city.configuration, city.configuration, SAME)
            bring_in_registers(self.file, city.configuration, time.time())
            payload = _begun(self._in_force).publish(city)
        except (Faulty, OSError, NotTaken, JournalError) as error:
            for line in str(error).splitlines():
                self._log.error(line)
            count = self.metrics.reloads.refused(CITY, error, self._payload)
            self._log.error(f"the configuration stays as it was: {count} to be mended", file=str(self.file))
            return False
        changed, self._payload, self._city = payload != self._payload, payload, city
        self.seen.use(city.version)
        self.metrics.reloads.taken(CITY, payload)
        self._log.info("the configuration was read again", changed=changed, rules=len(city.configuration.rules))
        return True

    def _came(self, payload: bytes) -> None:
        """A version has come into force, by whoever made it."""
        if payload != self._payload:
            self._asked.put("version")

    def _adopt(self) -> None:
        """Read along by the version in force, whatever our own file says."""
        in_force = _begun(self._in_force)
        try:
            payload = in_force.current()
            if not payload or payload == self._payload:
                return
            in_force.fetch(payload)
        except (NotTaken, JournalError) as error:
            self._log.warning(f"which version is in force can't be read: {error}")
            return
        self._payload = payload
        self.seen.use(lambda names: in_force.load(payload, names))
        self._log.info("a version is in force", version=payload.decode())

    # What is said.

    def _commit(self, buffer: EntryBuffer) -> int:
        """Raises JournalFailed. Once Kafka is known to be away nobody waits for it any more."""
        away = self.following.away
        if self._refused and away:
            raise JournalFailed(self._refused)
        try:
            _begun(self._producer).put([Part(FIRST, buffer.batch())])
        except NotTaken as error:
            self._refused = str(error)
            raise JournalFailed(self._refused) from error
        self._refused = ""
        return 0

    def _take_in(self, office: CityOffice, folder: Path) -> None:
        """The inbox of commands on this machine."""
        trouble = Trouble(self._log, "the inbox can't be taken in")
        while not self._ending.wait(AGAIN):
            try:
                office.take_in(folder)
            except (JournalFailed, OSError) as error:
                trouble.failed(error)
            else:
                trouble.worked()


def _begun(what: T | None) -> T:
    if what is None:
        raise RuntimeError("it has not been started")
    return what

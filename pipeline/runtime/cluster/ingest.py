"""ingest: sources into Kafka: one of the processes that take in what a city's devices say.

Each delivery is decoded once to see which partitions its subjects have, and acknowledged to whoever sent it when Kafka
has it there. Several of these may run; each has a name, so that a source knows their members apart, and by it the next
life of one that was killed says that its members have gone. All of them deal by the version that is in force, whoever
made it.

Where Kafka is away nothing is acknowledged, and all goes on by itself when it is back.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from connectors.source import Status
from pipeline.entries import EntryBuffer
from pipeline.faults import Fault, Faulty
from pipeline.journal import Contents, JournalError, JournalFailed
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.dealing import Dealing
from pipeline.runtime.cluster.members import Members
from pipeline.runtime.cluster.producing import NotTaken, Producer
from pipeline.runtime.cluster.settings import KafkaSection, connection_of
from pipeline.runtime.cluster.topics import require
from pipeline.runtime.compose import City, load_city
from pipeline.runtime.logs import Trouble, logger
from pipeline.runtime.metrics import Metrics, Server
from pipeline.runtime.opening import JOURNAL
from pipeline.runtime.rereading import CITY, same_place
from pipeline.runtime.sections import MetricsSection
from pipeline.runtime.sources import Sources
from pipeline.runtime.stored_registers import bring_in_registers

LOG = "ingest.log"
"""Where the lines go if nobody says otherwise: a file in the data folder."""
FOLLOW = 5.0
"""Between two looks which version is in force, seconds."""
SAME = ("city", "data", "kafka", "metrics", "runtime", "store")
"""What of a configuration only a new start changes."""
_LOOK = 0.5
SMALL = 1_000
GATHER = 0.1
"""After a commit of fewer than `SMALL` entries a source reads on only after so many seconds, while more comes together:
dealt to many partitions, a few entries at a time cost several times their size on Kafka."""
_AGAIN = 1.0
_T = TypeVar("_T")


class Ingest:
    """One process that takes in. `start`, `wait`, `stop`, each once, from one thread; `ask_*` from anywhere, signals
    too."""

    def __init__(
        self,
        config_path: Path,
        different: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        log: Any = None,
        metrics: Metrics | None = None,
        metrics_port: int | None = None,
        follow: float = FOLLOW,
    ) -> None:
        """different: what is to be otherwise than in the file. name: no other process of the city may have it; '': this
        host's. metrics_port: in place of the file's. follow: seconds between two looks which version is in force."""
        self.file, self.different = config_path, different
        self.name = name or socket.gethostname()
        self.metrics = metrics or Metrics()
        self.server: Server | None = None
        self._log, self._port, self._every = log, metrics_port, follow
        self._city: City | None = None
        self._producer: Producer | None = None
        self._dealing: Dealing | None = None
        self._members: Members | None = None
        self._sources: Sources | None = None
        self._following: threading.Thread | None = None
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ending = threading.Event()

    # What others ask.

    @property
    def city(self) -> City:
        """What this process' own file says."""
        return _begun(self._city)

    @property
    def payload(self) -> bytes:
        """Of the version by which deliveries are dealt."""
        return b"" if self._dealing is None else self._dealing.payload

    @property
    def receivers(self) -> dict[str, tuple[Any, Status]]:
        """By name: the sources' sections as they are here, and how they are doing. From any thread."""
        return {} if self._sources is None else self._sources.statuses()

    # Life.

    def start(self) -> None:
        """Wait for Kafka, put the configuration in force, then let deliveries in.

        Raises Faulty, TopicsUnfit, JournalError, OSError: nothing has been begun then.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        city = self._city = load_city(self.file, self.different)
        kafka = self._section(city)
        folder = city.configuration.data
        folder.mkdir(parents=True, exist_ok=True)
        if self._log is None:
            self._log = logger(folder / LOG)
        for warning in city.warnings:
            self._log.warning(str(warning))
        how, topics = connection_of(self.file, kafka), kafka.topics(city.configuration.city)
        sources = self._sources = Sources(self._commit, self.metrics, self._log, self._as_ours)
        fresh = sources.make(city)
        bring_in_registers(self.file, city.configuration, time.time())
        self._serve_metrics(city.configuration.metrics)
        producer = self._producer = Producer(how, topics.entries, f"{topics.prefix}-{self.name}")
        producer.start()
        shared = SharedContents(how, topics.contents, producer)
        contents = Contents(folder / JOURNAL / CONTENTS)
        dealing = self._dealing = Dealing(city, kafka.partitions, producer, shared, contents)
        members = self._members = Members(shared, self.name)
        steps: list[tuple[str, Callable[[], object]]] = [
            ("Kafka's topics can't be looked at", lambda: require(how, kafka, topics)),
            (
                "what an earlier run had joined can't be left",
                lambda: members.leave(producer, kafka.partitions, time.time()),
            ),
            ("the configuration can't be put in force", lambda: dealing.publish(city)),
            ("members can't be noted", lambda: members.note(self._joined(city))),
        ]
        if not all(self._insist(said, step) for said, step in steps):
            sources.discard(fresh)
            return
        self._following = threading.Thread(target=self._follow, name="version", daemon=True)
        self._following.start()
        sources.adopt(fresh)
        self.metrics.reloads.begin(CITY)
        self.metrics.reloads.stand(folder, f"ingest-{self.name}")

    def _section(self, city: City) -> KafkaSection:
        configuration = city.configuration
        if configuration.runtime != "cluster" or configuration.kafka is None:
            message = "expected 'cluster', and a section 'kafka': `gridwatch run` takes in for a city in one process"
            raise Faulty([Fault(str(self.file), 0, "runtime", message)])
        return configuration.kafka

    def _serve_metrics(self, section: MetricsSection | None) -> None:
        if self._port is not None:
            section = (section or MetricsSection()).model_copy(update={"port": self._port})
        self.server = None if section is None else self.metrics.serve(section)

    def wait(self) -> None:
        """Until somebody asks to stop; reloads when asked. Raises RuntimeFailed where a source has ended for good."""
        while not self._ending.is_set():
            try:
                asked = self._asked.get(timeout=_LOOK)
            except queue.Empty:
                asked = ""
            _begun(self._sources).look()
            if asked == "reload":
                self.reload()

    def stop(self) -> None:
        """Sources end and say so; what they read is in Kafka and acknowledged, or comes again. Again: nothing."""
        self._ending.set()
        self.metrics.reloads.leave()
        if self._sources is not None:
            self._sources.stop()
        if self._following is not None:
            self._following.join()
        if self._producer is not None:
            self._producer.close()
        if self.server is not None:
            self.server.close()

    def ask_stop(self) -> None:
        """Let `wait` return soon."""
        self._ending.set()
        self._asked.put("stop")

    def ask_reload(self) -> None:
        """Let `wait` reload soon."""
        self._asked.put("reload")

    # Versions.

    def reload(self) -> bool:
        """Read the files again and put them in force. False: they have faults, which are in the log; all stays as it
        was."""
        sources = _begun(self._sources)
        try:
            city = load_city(self.file, self.different)
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
            count = self.metrics.reloads.refused(CITY, error, self.payload)
            self._log.error(f"the configuration stays as it was: {count} to be mended", file=str(self.file))
            return False
        before, dealing, members = self.payload, _begun(self._dealing), _begun(self._members)
        steps: list[tuple[str, Callable[[], object]]] = [
            ("the configuration can't be put in force", lambda: dealing.publish(city)),
            ("members can't be noted", lambda: members.note(members.noted() | self._joined(city))),
        ]
        if not all(self._insist(said, step) for said, step in steps):
            sources.discard(fresh)
            return False
        self._city = city
        sources.adopt(fresh)
        changed = before != self.payload
        self.metrics.reloads.taken(CITY, self.payload)
        self._log.info("the configuration was read again", changed=changed, rules=len(city.configuration.rules))
        return True

    def _follow(self) -> None:
        """Deal by what another process has put in force."""
        trouble, dealing = Trouble(self._log, "which version is in force can't be read"), _begun(self._dealing)
        while not self._ending.wait(self._every):
            try:
                payload = dealing.follow()
            except (NotTaken, JournalError, Faulty, OSError) as error:
                trouble.failed(error)
                continue
            trouble.worked()
            if payload:
                said = "another process has put a version in force; see that this one's file says the same"
                self._log.info(said, payload=payload.decode(), file=str(self.file))

    # Sources.

    def _as_ours(self, name: str, settings: Any) -> Any:
        """A section with this process' name in it; filters of a broker shared among all processes."""
        changes: dict[str, Any] = {"client_id": f"{settings.client_id}-{self.name}"}
        if settings.type == "mqtt" and settings.share:
            city = self.city.configuration
            group = f"{self._section(self.city).topics(city.city).prefix}-{name}"
            changes["subscribe"] = tuple(
                each if each.startswith("$share/") else f"$share/{group}/{each}" for each in settings.subscribe
            )
        return settings.model_copy(update=changes)

    def _joined(self, city: City) -> set[tuple[str, str]]:
        """Every member that this process may have by a configuration."""
        sources = city.configuration.sources.items()
        return {(name, self._as_ours(name, each).client_id) for name, each in sources if each.type != "import"}

    def _commit(self, buffer: EntryBuffer) -> None:
        """What sources commit by. Raises NotTaken."""
        with self.metrics.commit_seconds.time():
            _begun(self._dealing).put(buffer)
        if len(buffer) < SMALL:
            self._ending.wait(GATHER)

    def _insist(self, said: str, what: Callable[[], object]) -> bool:
        """Do it, trying until Kafka takes it; False where it was given up since we are to stop."""
        trouble = Trouble(self._log, said)
        while not self._ending.is_set():
            try:
                what()
            except (NotTaken, JournalFailed) as error:
                trouble.failed(error)
                self._ending.wait(_AGAIN)
            else:
                trouble.worked()
                return True
        return False


def _begun(what: _T | None) -> _T:
    if what is None:
        raise RuntimeError("it has not been started")
    return what

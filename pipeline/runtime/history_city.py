"""history_city: the history of a city in one process: its section, its journal and its engine put together.

`listen` and `settle` are for judging and for whoever saves snapshots, from the very beginning; `start` once it is known
what is in force. Whatever becomes of InfluxDB, none of them waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from connectors.history.influx import Influx, NoPackage
from connectors.history.settings import HistorySection
from connectors.history.writer import Writer
from pipeline.engine import Engine
from pipeline.faults import Fault, Faulty
from pipeline.journal import Contents, JournalError
from pipeline.names import Names
from pipeline.runtime.compose import VersionPayload, compose, read_version
from pipeline.runtime.history import History
from pipeline.runtime.history_feed import Decoder, JournalFeed
from pipeline.runtime.history_measures import Measures, keep_turns, kept_turns
from pipeline.runtime.history_spool import Spool
from pipeline.runtime.history_state import Log, beginning, read_state
from pipeline.version import Version
from pipeline.world import World

FOLDER = "history"
"""In a city's data folder."""


class CityHistory:
    """`start` and `stop`, each once."""

    def __init__(
        self,
        section: HistorySection,
        data: Path,
        log: Log,
        contents: Contents,
        registry: CollectorRegistry,
        tell: Any,
        file: Path,
        environment: Mapping[str, str] = os.environ,
        world: Callable[[], World | None] = lambda: None,
    ) -> None:
        """data: the city's data folder. log: its journal. file: its configuration, as faults name it. world: one that
        is compiled already. Raises Faulty where the token is not set or the package is missing, OSError."""
        self._section, self._log, self._contents = section, log, contents
        self._registry, self._tell, self._world = registry, tell, world
        self._folder = data / FOLDER
        self._influx = connect(section, file, environment)
        self._spool = Spool(self._folder)
        self._measures = Measures(section.measures_every) if "measures" in section.keep else None
        if self._measures is not None:
            self._measures.go_on(kept_turns(self._folder))
        self._history: History | None = None

    def listen(self, engine: Engine) -> None:
        """See `Engine.listening`."""
        if self._measures is not None:
            self._measures.listen(engine)

    def settle(self) -> None:
        """Before a snapshot is saved: what was measured is on disk, so that what is judged again adds nothing."""
        if self._measures is not None:
            turns = self._measures.turns()
            self._spool.add(self._measures.take())
            keep_turns(self._folder, turns)

    def start(self, current: bytes) -> None:
        """Begin to write. current: the payload of the version in force at the journal's end."""
        old = read_state(self._folder)
        state = beginning(old, self._section.where, self._log, current)
        try:
            decoder = self._decoder(state.version.encode())
        except (JournalError, Faulty):  # what was in force there is not kept any more
            decoder = self._decoder(current)
        if state is not old:
            advice = "`gridwatch history backfill` writes what the journal has of before"
            self._tell.info(f"history begins: {self._section.where}; {advice}", position=state.position)
        self._history = History(
            JournalFeed(self._log, decoder, state, self._tell),
            self._influx,
            self._folder,
            self._spool,
            state,
            self._tell,
            measures=self._measures,
            registry=self._registry,
        )
        self._history.start()

    def stop(self) -> None:
        """End; what is not written is written by the next start."""
        if self._history is not None:
            self._history.stop()
        self.settle()
        self._spool.close()
        self._influx.close()

    def _decoder(self, payload: bytes) -> Decoder:
        return Decoder(self._load, Writer(self._section), payload)

    def _load(self, payload: bytes, names: Names) -> Version:
        """As `load_version`; the world that judging has is not made once more."""
        configuration, registers = read_version(payload, self._contents)
        world = self._world()
        if world is None or msgspec.json.decode(payload, type=VersionPayload).world != world.hash:
            world = World(registers)
        return compose(configuration, world, names)


def connect(section: HistorySection, file: Path, environment: Mapping[str, str]) -> Influx:
    """A connection, not tried yet. Raises Faulty where the token is not set or the package is missing."""
    try:
        return Influx(section, section.token(environment))
    except (ValueError, NoPackage) as error:
        key = "history.token_env" if isinstance(error, ValueError) else "history"
        raise Faulty([Fault(str(file), 0, key, str(error).removeprefix("token_env: "))]) from None

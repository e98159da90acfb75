"""receiving: what is the same in every source that has a connection or a port: its thread, and trying again.

A source is a thread that connects or listens (`_connection`) until that ends, says why and tries again after a backoff
until it is to stop. Whatever else it raises is a defect: it ends the source with nothing acknowledged, and the runtime
is told. What is particular to a protocol is in the files beside this one.
"""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import structlog

from connectors.intake import ForwardClock, Intake
from connectors.source import Commit, Log, Status
from pipeline.backoff import Backoff

Settings = TypeVar("Settings")


class Receiving(ABC, Generic[Settings]):
    """One source at work.

    name: the source's, in entries. commit, tick (seconds), now (UTC seconds): see connectors/source.py. folder: what
    files that the settings name are relative to. retry: seconds between attempts to commit while the journal takes
    nothing. Raises ValueError or OSError at once where a variable of the environment or a file that the settings name
    is missing.
    """

    protocol: ClassVar[str]
    """What its log and its thread are called by."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        commit: Commit,
        tick: float,
        now: Callable[[], float] = time.time,
        log: Log | None = None,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        backoff: Backoff | None = None,
        retry: float = 1.0,
    ) -> None:
        self.name, self.settings = name, settings
        self.status = Status()
        self._log: Log = log or structlog.get_logger(f"gridwatch.{self.protocol}")
        self._now, self._retry, self._backoff = now, retry, backoff or Backoff()
        self._intake = Intake(name, self._member(), commit, tick, self.status, self._log, ForwardClock(now))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{self.protocol}-{name}", daemon=True)
        self._prepare(folder or Path(), environment)

    @abstractmethod
    def _member(self) -> str:
        """The name of this connection among those of the source, in JOIN, LEAVE and ticks."""

    @abstractmethod
    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Read the files and variables that the settings name. Raises ValueError or OSError."""

    @abstractmethod
    def _connection(self) -> str:
        """One connection from its beginning to its end; why it ended, unless it is to stop."""

    def start(self) -> None:
        """Begin; returns at once and goes on trying where the other side can't be reached, or the port be had."""
        self._thread.start()

    def stop(self) -> None:
        """Commit and acknowledge what was read, say LEAVE, disconnect; returns when that is done."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._wake()
        if self._thread.ident is not None:
            self._thread.join()

    def _wake(self) -> None:
        """Called from another thread when it is to stop, where the connection would not notice by itself."""

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                end = self._connection()
                if not self._stopping.is_set():
                    wait = self._backoff.delay()
                    self._warn(f"{end}; trying again in {wait:.1f} s")
                    self._stopping.wait(wait)
        except Exception as error:  # noqa: BLE001  whatever it is: nothing was acknowledged, and the runtime must know
            self.status.failed = error
            self.status.last_error = f"{self.name}: this source has stopped: {type(error).__name__}: {error}"
            self._log.error(self.status.last_error, source=self.name, exc_info=True)

    def _connected(self, where: str, **context: object) -> None:
        """The connection stands, or the port is open: say so, join."""
        self.status.connected_since = self._intake.clock.stamp()
        self._intake.join()
        self._log.info(f"{self.name}: {where}", source=self.name, **context)

    def _warn(self, message: str) -> None:
        self.status.last_error = f"{self.name}: {message}"
        self._log.warning(self.status.last_error, source=self.name)

"""duty_beside: where people on duty have been is deleted when its time is over, whatever else becomes of the city.

A thread deletes once an hour, also in a city whose configuration has no section `web` any more. What fails is told once
and tried again.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.web_section import load_web
from pipeline.runtime.logs import Trouble

if TYPE_CHECKING:
    import sqlalchemy as sa

_EVERY = 3600.0
"""Seconds between two times of deleting."""


class DutyBeside:
    """`start` and `stop`, each once. log: a structlog logger."""

    def __init__(self, file: Path, engine: sa.Engine, log: Any, every: float = _EVERY) -> None:
        """file: the city's configuration, read anew each time. engine: the store, to be written."""
        self._file, self._engine, self._log, self._every = file, engine, log, every
        self._trouble = Trouble(log, "deleting positions of people")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="duty", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when it has ended."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def purge(self, now: float) -> int:
        """Delete what is older than `web.duty.keep`. now: UTC seconds. How many rows that were. Raises Faulty,
        StoreTrouble, StoreBroken."""
        from cases.database import writing
        from console import duty_store
        from console.duty_settings import DutySection

        section = load_web(self._file)
        keep = (DutySection() if section is None else section.duty).keep
        with writing(self._engine) as connection:
            return duty_store.purge(connection, keep, now)

    def _keep(self) -> None:
        while True:
            try:
                gone = self.purge(time.time())
                if gone:
                    self._log.info("positions of people on duty deleted, their time was over", rows=gone)
            except Exception as error:  # noqa: BLE001 whatever it is: the city goes on
                self._trouble.failed(error)
            else:
                self._trouble.worked()
            if self._ended.wait(self._every):
                return

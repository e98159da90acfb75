"""reporting_schedule: makes reports when they are due, in a thread of its own, and lets the old ones go.

What has been made is seen from the folder, so that a restart makes up what was missed, once. What fails (the database
is away, the disk is full) is said once and tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cases.categories import Categories
from cases.database import reading
from cases.indicators.working import WorkingTime
from cases.reporting.files import last, let_go, write
from cases.reporting.names import names_of
from cases.reporting.report import Order, make
from cases.reporting.schedule import Due, due
from cases.reporting.settings import ReportsSection
from pipeline.runtime.logs import Trouble

EVERY = 30.0
"""Between two looks at what is due, seconds."""
PATIENCE = 10
"""So many times as long after something failed: a month is read in many seconds."""


@dataclass(frozen=True)
class ReportingCity:
    """Whose reports they are."""

    name: str
    zone: tzinfo
    zone_name: str
    working: WorkingTime
    categories: Categories


class ReportingSchedule:
    """Of one city. `engine` is read only by it."""

    def __init__(
        self,
        engine: sa.Engine,
        section: ReportsSection,
        data: Path,
        city: ReportingCity,
        log: Any,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """data: the city's data folder. clock: UTC seconds."""
        self._engine, self._section, self._city, self._log, self._clock = engine, section, city, log, clock
        self.folder = data / section.folder
        self.every = EVERY
        self._trouble = Trouble(log, "a report can't be made")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a report that is being made is finished first."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def look(self) -> list[Path]:
        """Make what is due now, and let the old ones go; the files that were made."""
        section, zone, now = self._section, self._city.zone, self._clock()
        made: list[Path] = []
        for wanted in due(now, last(self.folder, section.formats, zone), section, zone):
            if self._ending.is_set():
                return made
            made += self._make(wanted, now)
            self._log.info("report made", kind=wanted.kind, period=wanted.period.name)
        if section.keep is not None:
            let_go(self.folder, now - section.keep, zone)
        return made

    def _make(self, wanted: Due, now: float) -> list[Path]:
        section, city = self._section, self._city
        with reading(self._engine) as connection:
            order = Order(
                wanted.kind,
                wanted.period,
                city.name,
                city.zone,
                city.zone_name,
                now,
                section.by,
                section.score,
                names_of(connection, city.categories, section.language, wanted.period.end - 1),
            )
            report = make(connection, order, city.working)
        return write(report, self.folder, section.formats, section.language)

    def _run(self) -> None:
        while not self._ending.is_set():
            pause = self.every
            try:
                self.look()
            except Exception as error:  # noqa: BLE001  whatever it is: the city goes on, and so must this
                self._trouble.failed(error)
                pause *= PATIENCE
            else:
                self._trouble.worked()
            self._ending.wait(pause)

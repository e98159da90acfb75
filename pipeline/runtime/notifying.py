"""notifying: people are told of cases while a city runs: one thread makes the notices, one for each channel sends them.

A channel that hangs holds back nobody else. What is told, to whom and when again is the notifier's (cases/notify). Here
are the clock and the threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.categories import categories_of
from cases.database import StoreTrouble
from cases.deadlines import WorkingHours, WorkingHoursSection
from cases.notify import Channel, Letter, Notifier, NotifySection, channels
from pipeline.faults import Fault, Faulty
from pipeline.runtime.compose import City
from pipeline.runtime.logs import Trouble

LOOK = 0.5
"""Between two looks at whether anything is to be said, seconds."""
TIDY = 3600.0
"""Between two times of letting old notices go, seconds."""


class Notifying:
    """One city's. `start` and `stop`, each once."""

    def __init__(
        self,
        engine: sa.Engine,
        city: City,
        section: NotifySection,
        log: Any,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Changes are followed from now on: make it before anything can change a case.

        Raises Faulty where a channel's variable of the environment is not set or says no URL; StoreTrouble.
        """
        try:
            self._channels = channels(section, environment)
        except ValueError as error:
            raise Faulty([Fault(str(city.file), 0, "notify.channels", str(error))]) from None
        self._log = log
        self._ending = threading.Event()
        self.notifier = _notifier(engine, city, section)
        self._threads = [threading.Thread(target=self._follow, name="notify", daemon=True)]
        for name, channel in self._channels.items():
            sends = threading.Thread(target=self._send, args=(name, channel), name=f"notify {name}", daemon=True)
            self._threads.append(sends)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what is on its way is waited for."""
        self._ending.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _follow(self) -> None:
        trouble = Trouble(self._log, "what happens to cases can't be made into notices")
        tidied = 0.0
        while not self._ending.is_set():
            try:
                now = time.time()
                busy = self.notifier.follow(now) + self.notifier.turn(now)
                if not tidied or time.monotonic() - tidied > TIDY:
                    tidied = time.monotonic()
                    self.notifier.tidy(now)
                trouble.worked()
                if busy:
                    continue
            except StoreTrouble as error:
                trouble.failed(error)
            except Exception as error:  # noqa: BLE001  whatever it is: cases go on, and so must this
                trouble.failed(error)
            self._ending.wait(LOOK)

    def _send(self, name: str, channel: Channel) -> None:
        trouble = Trouble(self._log, f"the channel {name} does not take notices")
        while not self._ending.is_set():
            try:
                letter = self.notifier.next(name, time.time())
                if letter is not None:
                    why = channel.send(letter)
                    self._record(letter, why)
                    if not why:
                        trouble.worked()
                        continue
                    trouble.failed(ConnectionError(why))
            except Exception as error:  # noqa: BLE001  as above
                trouble.failed(error)
            self._ending.wait(LOOK)

    def _record(self, letter: Letter, why: str) -> None:
        while True:
            try:
                self.notifier.record(letter, why, time.time())
                return
            except StoreTrouble:  # not recorded is sent again
                if self._ending.wait(1.0):
                    return


def _notifier(engine: sa.Engine, city: City, section: NotifySection) -> Notifier:
    configuration, calendar = city.configuration, city.registers.calendar
    zone = ZoneInfo(configuration.time_zone)
    hours = WorkingHours(configuration.working_hours or WorkingHoursSection(), zone, calendar)
    categories = categories_of(configuration.categories)

    def names(code: str, language: str) -> str:
        return categories.find(code).called(language)

    return Notifier(engine, section, hours, zone, calendar, names)

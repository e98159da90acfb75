"""dispatching: cases to other systems while a city runs: one thread makes the messages, one for each target sends them.

A slow target holds back nobody else. What is told, in which order and when again is the outbox's (cases/outbox); how it
is told is the sender's (connectors/dispatch). Here are the clock and the threads, and what both have in common with the
office: what targets answer becomes a step there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge

from cases.database import StoreTrouble
from cases.office import Office
from cases.outbox.answers import Hearing
from cases.outbox.lists import standing, sweep
from cases.outbox.outbox import Outbox
from connectors.dispatch import TARGETS
from pipeline.faults import Fault, Faulty
from pipeline.runtime.dispatch_section import TargetSection
from pipeline.runtime.logs import Trouble
from pipeline.runtime.sending import Sending

LOOK = 0.25
"""Between two looks at whether anything has happened, seconds."""
MEASURE = 15.0
"""Between two measurings, seconds."""
SWEEP = 3600.0
"""Between two sweeps of what was sent long ago, seconds."""


class Dispatching:
    """One city's. `start` and `stop`, each once."""

    def __init__(
        self,
        engine: sa.Engine,
        city: str,
        targets: Mapping[str, TargetSection],
        log: Any,
        *,
        folder: Path = Path(),
        environment: Mapping[str, str] = os.environ,
        registry: CollectorRegistry | None = None,
        source: str = "city.yaml",
    ) -> None:
        """Changes are followed from now on: make it before anything can change a case, also where there is no target.

        folder: what the configuration's files are relative to. source: the configuration, as faults name it. Raises
        Faulty where a target lacks a variable of the environment or a file; StoreTrouble.
        """
        self._targets, self._log = dict(targets), log
        self._ending = threading.Event()
        self.outbox = Outbox(engine, city, targets)
        self.hearing = Hearing(engine, city, targets)
        self._sendings, faults = [], []
        for name, target in self._targets.items():
            try:
                sender = TARGETS[target.type].sender(name, target, city, folder, environment)
            except (ValueError, OSError) as error:
                faults.append(Fault(source, 0, f"dispatch.{name}", str(error)))
            else:
                sending = Sending(name, target, sender, self.outbox, self.hearing, log, self._ending)
                self._sendings.append(sending)
        if faults:
            raise Faulty(faults)
        self._thread = threading.Thread(target=self._follow, name="outbox", daemon=True)
        self._measures = None if registry is None else _Measures(registry)

    def start(self, office: Office) -> None:
        """Begin to send; nothing to do where there is no target. office: where answers are said."""
        if self._targets:
            self._thread.start()
            for each in self._sendings:
                each.start(office)

    def stop(self) -> None:
        """End; what is on its way is waited for, as long as its target may take."""
        self._ending.set()
        for each in self._sendings:
            each.stop()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        trouble = Trouble(self._log, "what happens to cases can't be put into the outbox")
        measured = swept = 0.0
        while not self._ending.is_set():
            try:
                if self.outbox.follow():
                    for each in self._sendings:
                        each.wake()
                    continue
                now = time.monotonic()
                if now - measured > MEASURE and self._measures is not None:
                    measured = now
                    self._measures.take(self.outbox.engine)
                if not swept or now - swept > SWEEP:
                    swept = now
                    for name, target in self._targets.items():
                        sweep(self.outbox.engine, name, time.time() - target.keep)
                trouble.worked()
            except StoreTrouble as error:
                trouble.failed(error)
            except Exception as error:  # noqa: BLE001  whatever it is: cases go on, and so must this
                trouble.failed(error)
            self._ending.wait(LOOK)


class _Measures:
    """For Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, says: str) -> Gauge:
            return Gauge(f"gridwatch_dispatch_{name}", says, ["target"], registry=registry)

        self._waiting = gauge("waiting", "Messages that are to be sent.")
        self._dead = gauge("dead", "Messages that were given up.")
        self._away = gauge("away", "1 while the target is left alone since it failed.")
        self._age = gauge("oldest_seconds", "Since what waits longest happened.")

    def take(self, engine: sa.Engine) -> None:
        now = time.time()
        for each in standing(engine):
            self._waiting.labels(each.name).set(each.waiting)
            self._dead.labels(each.name).set(each.dead)
            self._away.labels(each.name).set(each.breaker != "closed")
            self._age.labels(each.name).set(0.0 if each.oldest is None else max(0.0, now - each.oldest))

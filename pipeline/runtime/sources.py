"""sources: the receivers of a configuration, started, changed and stopped together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors import KNOWN
from connectors.source import Receiver, Status
from pipeline.entries import EntryBuffer
from pipeline.faults import Fault, Faulty
from pipeline.runtime.compose import City
from pipeline.runtime.metrics import Metrics


class RuntimeFailed(Exception):
    """Judging or a source has ended by a fault of our own. The message says which and what to do."""


Fresh = dict[str, tuple[Any, Receiver | None]]
"""By name: what it was made from, and a receiver to start; None where the one at work may stay."""


class Sources:
    """Those at work, by name."""

    def __init__(
        self,
        commit: Callable[[EntryBuffer], Any],
        metrics: Metrics,
        log: Any,
        adapt: Callable[[str, Any], Any] = lambda _, settings: settings,
    ) -> None:
        """adapt: a source's name and section -> the section as it is to be in this process."""
        self._commit, self._metrics, self._log, self._adapt = commit, metrics, log, adapt
        self._working: dict[str, tuple[Any, Receiver]] = {}

    def make(self, city: City) -> Fresh:
        """Receivers for what is new or has changed, none of them started.

        Raises Faulty where one can't be made: a variable of the environment or a file is missing, or nothing is live.
        """
        configuration, folder = city.configuration, city.file.resolve().parent
        faults, fresh = [], Fresh()
        for name, settings in configuration.sources.items():
            if settings.type not in KNOWN:
                continue  # recorded files: nothing to connect to
            settings = self._adapt(name, settings)
            origin = (settings, configuration.time.tick)
            at_work = self._working.get(name)
            if at_work is not None and at_work[0] == origin:
                fresh[name] = (origin, None)
                continue
            kind = KNOWN[settings.type]
            try:
                receiver = kind.receiver(
                    name, settings, self._commit, configuration.time.tick, log=self._log, folder=folder
                )
            except (ValueError, OSError) as error:
                faults.append(Fault(str(city.file), 0, f"sources.{name}", str(error)))
            else:
                fresh[name] = (origin, receiver)
        if not fresh and not faults:
            message = "expected a source that can be connected to; recorded files are for `gridwatch import`"
            faults.append(Fault(str(city.file), 0, "sources", message))
        if faults:
            self.discard(fresh)
            raise Faulty(faults)
        return fresh

    def discard(self, fresh: Fresh) -> None:
        """Let go of what `make` made and nobody will start."""
        for _, made in fresh.values():
            if made is not None:
                made.stop()

    def adopt(self, fresh: Fresh) -> None:
        """Stop what is gone or has changed, start what is new."""
        for name in [n for n in self._working if n not in fresh or fresh[n][1] is not None]:
            _, old = self._working.pop(name)
            old.stop()
            self._forget(name)
        for name, (origin, receiver) in fresh.items():
            if receiver is not None:
                self._working[name] = (origin, receiver)
                self._measure(name, receiver)
                receiver.start()

    def stop(self) -> None:
        """All of them."""
        for _, receiver in self._working.values():
            receiver.stop()

    def statuses(self) -> dict[str, tuple[Any, Status]]:
        """Of those at work, by name: their section of the configuration, and how they are doing. Any thread."""
        return {name: (origin[0], receiver.status) for name, (origin, receiver) in list(self._working.items())}

    def look(self) -> None:
        """Raises RuntimeFailed where one has ended for good."""
        for _, receiver in self._working.values():
            failed = receiver.status.failed
            if failed is not None:
                raise RuntimeFailed(f"{receiver.status.last_error} Start it again.") from failed

    def _forget(self, name: str) -> None:
        """One that is no more is not one that is down."""
        m = self._metrics
        for each in (m.source_connected, m.source_in_flight, m.deliveries, m.source_trouble):
            each.remove(name)

    def _measure(self, name: str, receiver: Receiver) -> None:
        status, m = receiver.status, self._metrics
        m.source_connected.labels(name).set_function(lambda: float(status.connected_since is not None))
        m.source_in_flight.labels(name).set_function(lambda: status.in_flight)
        m.refused.of[name] = status.refused
        m.deliveries.labels(name).set_function(lambda: status.deliveries)
        m.source_trouble.labels(name).set_function(
            lambda: float(status.connected_since is None or status.waiting_for_journal or status.failed is not None)
        )

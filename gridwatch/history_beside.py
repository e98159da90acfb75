"""history_beside: the rows around a case, and ways of before what is in memory, out of a city's history in InfluxDB.

Rows are as the journal would give them, thinned. One query for each window and kind of row that a window may need. A
server that doesn't answer is not asked again for a minute: the journal tells meanwhile.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.latest import Way
from pipeline.names import Names
from pipeline.rows import Position, Presence, Reading, Rows, Sighting
from replay.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.history.influx import Influx
    from connectors.history.reading import Reader
    from connectors.history.settings import HistorySection
    from pipeline.runtime.config import Configuration
    from pipeline.version import Version
    from replay.surroundings import Window

_AGAIN = 60.0
"""Seconds for which a server that did not answer is left alone."""
_TIMEOUT = 5.0
"""Seconds that somebody who looks at a page may have to wait."""
_WINDOWS = 12
"""Of a case that are asked for."""
AnyRows = TypeVar("AnyRows", bound=Rows)
_KEPT: dict[str, type[Rows]] = {
    "positions": Position,
    "readings": Reading,
    "sightings": Sighting,
    "presence": Presence,
}


Written = Callable[[], tuple[float, float] | None]
"""From when to when all is in InfluxDB, UTC seconds; None: nobody knows now."""


class HistoryRows:
    """`gridwatch.case_journal.Elsewhere` and `console.live_map.Earlier` of a city with a section `history`. Any
    thread."""

    def __init__(self, section: HistorySection, influx: Influx, written: Written) -> None:
        """section: of the city, as `influx` has it."""
        from connectors.history.reading import Reader

        self._section, self._written = section, written
        self._reader: Reader = Reader(influx)
        self._lock = threading.Lock()
        self._again = 0.0

    def around(self, windows: Sequence[Window], version: Version, names: Names, whole: bool) -> Surroundings | None:
        """See `Elsewhere`."""
        if len(windows) > _WINDOWS or time.monotonic() < self._again or (whole and not self._has(windows)):
            return None
        kinds = [kind for name, kind in _KEPT.items() if name in self._section.keep]
        found, rows = Surroundings(names, version), 0
        with self._lock:
            for window in windows:
                for kind in kinds:
                    some = self._rows(kind, window.subject, window.since, window.until, names)
                    if some is None:
                        return None
                    rows += len(some)
                    if len(some):
                        found.keep(some)
        return found if rows else None

    def way(self, subject: str, since: float, until: float) -> Way | None:
        """See `Earlier`."""
        if "positions" not in self._section.keep or time.monotonic() < self._again:
            return None
        if not self._lock.acquire(timeout=_TIMEOUT):
            return None  # many ask, and it is slow
        try:
            rows = self._rows(Position, subject, since, until, Names())
        finally:
            self._lock.release()
        if rows is None:
            return None
        rows = rows.take(np.flatnonzero((rows.ts < until) & np.isfinite(rows.lon) & np.isfinite(rows.lat)))
        return Way(rows.ts, rows.lon, rows.lat, rows.speed)

    def _rows(self, kind: type[AnyRows], subject: str, since: float, until: float, names: Names) -> AnyRows | None:
        from connectors.history.influx import Unwritten

        try:
            return self._reader.rows(kind, subject, since, until, names)
        except (Unwritten, ValueError):
            self._again = time.monotonic() + _AGAIN
            return None

    def _has(self, windows: Sequence[Window]) -> bool:
        """Whether all of it was written by the running city: what has just come is in the journal alone."""
        written = self._written()
        return written is not None and all(
            written[0] <= window.since and window.until <= written[1] for window in windows
        )


def history_rows(
    configuration: Configuration, file: Path, environment: Mapping[str, str] = os.environ
) -> HistoryRows | None:
    """What the console reads rows from before the journal; None where there is none, or it can't be had.

    file: of the configuration.
    """
    from pipeline.faults import Faulty
    from pipeline.runtime.history_city import connect
    from pipeline.units import Quantity

    section = configuration.history
    if section is None or not section.console:
        return None
    quick = section.model_copy(update={"timeout": Quantity(min(section.timeout, _TIMEOUT))})
    try:
        influx = connect(quick, file, environment)
        written = _by_workers if configuration.runtime == "cluster" else _by_city
        return HistoryRows(quick, influx, written(configuration, section, file))
    except Faulty:  # said by who writes to it
        return None


def _by_city(configuration: Configuration, section: HistorySection, _: Path) -> Written:
    """As the running city keeps it in its data."""
    from pipeline.runtime.history_city import FOLDER
    from pipeline.runtime.history_state import read_state

    def written() -> tuple[float, float] | None:
        state = read_state(configuration.data / FOLDER)
        return None if state.where != section.where or state.trouble else (state.since, state.through)

    return written


def _by_workers(configuration: Configuration, section: HistorySection, file: Path) -> Written:
    """As Kafka keeps it of all partitions. Raises Faulty."""
    from gridwatch.cluster_recordings import kafka_of
    from pipeline.runtime.cluster.history_marks import ask_marks
    from pipeline.runtime.cluster.producing import NotTaken

    city = kafka_of(file, configuration)

    def written() -> tuple[float, float] | None:
        if city is None:
            return None
        try:
            marks, ends = ask_marks(city.how, city.topics)
        except NotTaken:
            return None
        mine = [mark for _, mark in marks.values() if mark.where == section.where]
        if len(mine) < len(ends):
            return None
        return max(mark.since for mark in mine), min(mark.through for mark in mine)

    return written

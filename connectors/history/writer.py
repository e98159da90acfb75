"""writer: rows in, lines of points out: what is kept of each block, thinned, with what can't be a point set aside.

It knows nothing of journals, threads or servers: an embedded city, a worker of a cluster and a command feed it alike.
A row whose time is further ahead of its arrival than the engine takes, or that has no place, subject or sayable time,
is no point. So that a device that makes up names can't fill the database with series, only so many are begun. Each
stream is thinned by itself: a vehicle with two devices is two lines, whose rows don't hide each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from connectors.history import lines
from connectors.history.settings import HistorySection
from connectors.history.thinning import Seldom, Track
from pipeline.names import Names
from pipeline.rows import Flags, Position, Reading, Rows, Sighting


class Writer:
    """For one stretch of rows in order. Not thread-safe."""

    def __init__(self, settings: HistorySection) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        """By measurement: rows seen (`positions`) and kept (`positions kept`); why others were not: `unusable`,
        `too old`, `too many series`."""
        self._tracks: dict[str, Track] = {}
        self._seldom: dict[tuple[str, str], Seldom] = {}
        self._series: set[tuple[str, int, int]] = set()
        self._writable: dict[int, bool] = {}

    def take(
        self, names: Names, blocks: Iterable[Rows], streams: Sequence[str], ahead: float, now: float | None = None
    ) -> list[str]:
        """Blocks as a version decodes them, each of one stream -> lines. streams: names by the rows' codes. ahead:
        seconds. now: UTC seconds, which the retention counts from; None: nothing is too old."""
        found: list[str] = []
        for rows in blocks:
            measurement = lines.MEASUREMENT[rows.kind]
            if measurement not in self.settings.keep or not len(rows):
                continue
            self.counts[measurement] += len(rows)
            rows = self._usable(rows, names, ahead, now)
            if len(rows):
                rows = self._thinned(rows, streams[int(rows.stream[0])])
            points = lines.lines_of(rows, names, streams)
            self.counts[f"{measurement} kept"] += len(points)
            found += points
        return found

    @property
    def memory(self) -> float:
        """Seconds of rows after which what came before them makes no difference."""
        settings = self.settings
        return max(settings.positions.every, settings.readings_every, settings.sightings_every)

    def _usable(self, rows: Rows, names: Names, ahead: float, now: float | None) -> Rows:
        good = (rows.ts <= rows.received + ahead) & np.isfinite(rows.ts) & (np.abs(rows.ts) < 9.2e9)
        if isinstance(rows, Position):
            good &= np.isfinite(rows.lon) & np.isfinite(rows.lat)
        self.counts["unusable"] += int(len(rows) - good.sum())
        if now is not None and self.settings.retention is not None:
            young = rows.ts > now - self.settings.retention
            self.counts["too old"] += int((good & ~young).sum())
            good &= young
        rows = rows if good.all() else rows.take(good)
        good = self._begun(rows, names)
        return rows if good.all() else rows.take(good)

    def _begun(self, rows: Rows, names: Names) -> Flags:
        """Which rows are of a series that there is, or may be begun."""
        part_of = lines.PART.get(rows.kind)
        parts = rows.column(part_of) if part_of else np.zeros(len(rows))
        pairs = np.stack([rows.subject.astype(np.int64), parts.astype(np.int64)], axis=1)
        distinct, of = np.unique(pairs, axis=0, return_inverse=True)
        counted = np.bincount(of.ravel(), minlength=len(distinct)).tolist()
        good = np.ones(len(distinct), np.bool_)
        for k, (subject, part) in enumerate(distinct.tolist()):
            key = (rows.kind, subject, part)
            if key in self._series:
                continue
            if not (self._can(subject, names) and (part_of is None or self._can(part, names))):
                good[k] = False
                self.counts["unusable"] += counted[k]
            elif len(self._series) >= self.settings.series:
                good[k] = False
                self.counts["too many series"] += counted[k]
            else:
                self._series.add(key)
        return np.asarray(good[of.ravel()])

    def _can(self, code: int, names: Names) -> bool:
        if code not in self._writable:
            self._writable[code] = lines.writable(names[code])
        return self._writable[code]

    def _thinned(self, rows: Rows, stream: str) -> Rows:
        if isinstance(rows, Position):
            return self._tracks.setdefault(stream, Track(self.settings.positions)).take(rows)
        every = self.settings.readings_every if isinstance(rows, Reading) else self.settings.sightings_every
        if not every:
            return rows
        seldom = self._seldom.setdefault((rows.kind, stream), Seldom(every))
        if isinstance(rows, Sighting):
            part = rows.track.tolist()
        else:
            part = (rows.metric if isinstance(rows, Reading) else rows.column("zone")).tolist()
        return rows.take(seldom.take(rows.subject.tolist(), part, rows.ts.tolist()))

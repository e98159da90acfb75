"""latest: where every subject was last, what every sensor measured last, and the ways of the last hour, for whoever
looks.

Fed by the judging thread with the rows that it decodes, before they wait for their turn: a map shows what is known.
Read by any other thread: a reader holds the lock for a copy of some columns (below a millisecond), and reads trails
without it. Nothing here has any part in what is judged, and nothing is kept: a start fills it from the journal's tail.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.columns import Array, Table
from pipeline.names import NOBODY, Names
from pipeline.numbering import Numbers
from pipeline.rows import Floats, Ints, Longs, Position, Reading, Rows

POINTS = 2_000_000
"""Of all trails together: an hour of 5,000 vehicles that report every 9 s; 24 bytes each."""
PER_DEGREE = 1e7
"""A trail's places are whole numbers of this part of a degree: a centimetre."""
_PLACES = ("lon", "lat", "speed", "heading", "ignition", "load")


@dataclass(frozen=True, slots=True)
class Latests:
    """Columns, shape (n,): subjects and where each was last. Unknown: NaN."""

    cursor: int
    """Given back, it gets what has come since."""
    number: Longs
    """Of the subject, counted from 0 as they came: `Latest.subjects` has their names."""
    ts: Floats
    """Event time, UTC seconds."""
    lon: Floats
    """WGS-84 degrees, as `lat`."""
    lat: Floats
    speed: Floats
    """km/h"""
    heading: Floats
    """degrees clockwise from north"""
    ignition: Floats
    load: Floats


@dataclass(frozen=True, slots=True)
class Way:
    """A subject's reports in order of time, shape (n,)."""

    ts: Floats
    lon: Floats
    lat: Floats
    speed: Floats

    def then(self, later: Way) -> Way:
        """With another that goes on from here."""
        both = ((getattr(self, name), getattr(later, name)) for name in ("ts", "lon", "lat", "speed"))
        return Way(*(np.concatenate(each) for each in both))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sensor said last."""

    subject: str
    metric: str
    ts: float
    value: float


class Latest:
    """`take` is for one thread; all else for any."""

    def __init__(self, points: int = POINTS) -> None:
        """points: so many of all trails together are kept."""
        self._lock = threading.Lock()
        self._names = Names()
        self._codes: list[int] = []
        self._number_of = np.full(64, -1, np.int32)
        self._sensors = Numbers()
        unknown = (np.float64, np.nan)
        self._places = Table({"ts": (np.float64, -np.inf), "changed": (np.int64, 0), **dict.fromkeys(_PLACES, unknown)})
        self._values = Table({"ts": (np.float64, -np.inf), "value": unknown})
        self._cursor = 0
        self._points = points
        kinds = {"number": np.int32, "ts": np.float64, "lon": np.int32, "lat": np.int32, "speed": np.float32}
        self._ring: dict[str, Array] = {name: np.empty(points, kind) for name, kind in kinds.items()}
        self._claimed = self._written = 0
        """How many points have ever been, with those that are just being written, and without."""

    # ---- the judging thread

    def take(self, names: Names, blocks: Iterable[Rows], ahead: float) -> None:
        """Rows as they were decoded. ahead: one whose ts is more than so many seconds beyond its arrival is wrong."""
        self._names = names
        for rows in blocks:
            if isinstance(rows, Position):
                self._been(rows, ahead)
            elif isinstance(rows, Reading):
                self._measured(rows, ahead)

    def _been(self, rows: Position, ahead: float) -> None:
        good = rows.ts <= rows.received + ahead
        good &= np.isfinite(rows.lon)
        good &= np.isfinite(rows.lat)
        if not good.all():
            rows = rows.take(good)
        if not len(rows):
            return
        with self._lock:
            number = self._numbers(rows.subject)
            self._places.grow(len(self._codes))
            self._cursor += 1
            won = _newest(self._places["ts"], number, rows.ts)
            at = number[won]
            for name in _PLACES:
                column = getattr(rows, name)
                if column.strides != (0,):  # else this stream says nothing of it
                    self._places[name][at] = column[won]
            self._places["changed"][at] = self._cursor
        self._keep(number, rows)

    def _numbers(self, codes: Ints) -> Longs:
        """The numbers of subjects, given where new."""
        top = int(codes.max()) + 1
        if top > len(self._number_of):
            longer = np.full(max(top, len(self._number_of) * 3 // 2), -1, np.int32)
            longer[: len(self._number_of)] = self._number_of
            self._number_of = longer
        number = self._number_of[codes]
        if (number < 0).any():
            for code in dict.fromkeys(codes[number < 0].tolist()):
                self._number_of[code] = len(self._codes)
                self._codes.append(code)
            number = self._number_of[codes]
        return number.astype(np.int64)

    def _keep(self, number: Longs, rows: Position) -> None:
        if len(rows) > self._points:
            number, rows = number[-self._points :], rows.take(np.arange(len(rows) - self._points, len(rows)))
        n, first = len(rows), self._written % self._points
        self._claimed = self._written + n
        columns = {
            "number": number,
            "ts": rows.ts,
            "lon": np.rint(rows.lon * PER_DEGREE),
            "lat": np.rint(rows.lat * PER_DEGREE),
            "speed": rows.speed,
        }
        fits = min(n, self._points - first)
        for name, column in columns.items():
            ring = self._ring[name]
            ring[first : first + fits] = column[:fits]
            if fits < n:
                ring[: n - fits] = column[fits:]
        self._written = self._claimed

    def _measured(self, rows: Reading, ahead: float) -> None:
        good = rows.ts <= rows.received + ahead
        if not good.all():
            rows = rows.take(good)
        if not len(rows):
            return
        with self._lock:
            number = self._sensors.of(rows.subject, rows.metric)
            self._values.grow(len(self._sensors))
            won = _newest(self._values["ts"], number, rows.ts)
            self._values["value"][number[won]] = rows.value[won]

    # ---- others

    def subjects(self, first: int = 0, most: int = 100_000) -> list[str]:
        """The names of those that have been anywhere, from number `first` on."""
        strings = self._names.strings
        return [strings[code] for code in self._codes[first : first + most]]

    def positions(self, since: int = 0) -> Latests:
        """Whoever has reported since a cursor; 0: everybody."""
        with self._lock:
            changed = self._places["changed"]
            index = np.flatnonzero(changed > since)
            columns = {name: self._places[name][index] for name in ("ts", *_PLACES)}
            cursor = self._cursor
        return Latests(cursor, index, **columns)

    def number(self, subject: str) -> int:
        """Of a subject; -1: it has not been anywhere."""
        code = self._names.find(subject)
        return int(self._number_of[code]) if 0 <= code < len(self._number_of) else -1

    def where(self, subject: str) -> Latests | None:
        """Where one was last; None: nobody knows."""
        number = self.number(subject)
        if number < 0:
            return None
        with self._lock:
            columns = {name: self._places[name][number : number + 1].copy() for name in ("ts", *_PLACES)}
            return Latests(self._cursor, np.array([number]), **columns)

    def way(self, subject: str, since: float, until: float = np.inf) -> Way:
        """Its reports of that time (event time, UTC seconds), as far back as they are kept, each time once."""
        number = self.number(subject)
        written = self._written
        kept = min(written, self._points)
        slot = np.flatnonzero(self._ring["number"][:kept] == number)
        columns = {name: self._ring[name][slot] for name in ("ts", "lon", "lat", "speed")}
        # What was written over meanwhile is another's.
        turn = slot + (written - 1 - slot) // self._points * self._points
        mine = (turn >= self._claimed - self._points) & (columns["ts"] >= since) & (columns["ts"] <= until)
        ts, order = np.unique(columns["ts"][mine], return_index=True)
        lon, lat, speed = (columns[name][mine][order].astype(np.float64) for name in ("lon", "lat", "speed"))
        return Way(ts, lon / PER_DEGREE, lat / PER_DEGREE, speed)

    def measured(self, metrics: Sequence[str] = (), subject: str = "") -> list[Measured]:
        """What sensors said last: of some metrics (none: of all), of one subject ('': of all)."""
        names = self._names
        wanted = {names.find(metric) for metric in metrics}
        whose = names.find(subject) if subject else NOBODY
        if subject and whose == NOBODY:
            return []
        pairs = self._sensors.pairs
        with self._lock:
            ts, value = self._values["ts"].tolist(), self._values["value"].tolist()
        return [
            Measured(names[pairs[n][0]], names[pairs[n][1]], ts[n], value[n])
            for n in range(len(ts))
            if (not metrics or pairs[n][1] in wanted) and (not subject or pairs[n][0] == whose)
        ]


def _newest(known: Floats, number: Longs, ts: Floats) -> Longs:
    """Puts the newest time of each number into `known`; which rows are of that time."""
    while True:
        newer = np.flatnonzero(ts > known[number])
        if not len(newer):
            return np.flatnonzero(ts == known[number])
        known[number[newer]] = ts[newer]  # of several the last: seldom not the newest, then once more

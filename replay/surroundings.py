"""surroundings: the rows of some subjects in some stretches of time, out of a recording read a second time.

Reads a journal's entries and windows (a subject, from when to when); keeps the decoded rows inside them, by event time,
whatever became of them when they were judged. What a case's trail and curves are drawn of, and what tells two versions'
answers apart. Nothing is judged: rows are as their streams decode them, before readings are carried into positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.names import NOBODY, Names
from pipeline.rows import Flags, Longs, Rows
from pipeline.version import Version
from replay.replaying import BATCH, Entries

AnyRows = TypeVar("AnyRows", bound=Rows)

_SPAN = 44
_ZERO = float(1 << 43)
"""Bits of a time in milliseconds, and where 1970 is in them: they reach from 1691 to 2248."""


class Window(NamedTuple):
    """A subject, from when to when, UTC seconds; both ends belong to it."""

    subject: str
    since: float
    until: float


@dataclass(slots=True)
class Surroundings:
    """The rows that were kept."""

    names: Names
    """Whose codes the rows have."""
    version: Version | None = None
    """The last that was in force; its world speaks these names."""
    _kept: dict[type[Rows], list[Rows]] = field(default_factory=dict)
    _sorted: set[type[Rows]] = field(default_factory=set)
    """The kinds of which the rows are one sorted block."""

    def rows(self, kind: type[AnyRows], subject: str, since: float, until: float) -> AnyRows:
        """A subject's rows of a kind between two times, sorted by time; repeated ones are there as often as they
        came."""
        code = self.names.find(subject)
        if code == NOBODY:
            return kind.empty()
        table = self._table(kind)
        first, last = np.searchsorted(table.subject, [code, code + 1])
        mine = table.ts[first:last]
        begin, end = np.searchsorted(mine, since, side="left"), np.searchsorted(mine, until, side="right")
        return table.take(np.arange(first + begin, first + end))

    def _table(self, kind: type[AnyRows]) -> AnyRows:
        """All rows of a kind, sorted by subject, time and position."""
        parts = self._kept.get(kind)
        if not parts:
            return kind.empty()
        if kind not in self._sorted:
            rows = kind.concat(parts)  # type: ignore[arg-type]  # they are of that kind
            parts[:] = [rows.take(np.lexsort((rows.position, rows.ts, rows.subject)))]
            self._sorted.add(kind)
        return parts[0]  # type: ignore[return-value]

    def keep(self, rows: Rows) -> None:
        """More of them."""
        self._kept.setdefault(type(rows), []).append(rows)
        self._sorted.discard(type(rows))


def surroundings(
    journal: Entries,
    load: LoadVersion,
    windows: Iterable[Window],
    *,
    start: int | None = None,
    current: bytes | None = None,
    batch: int = BATCH,
    progress: Callable[[int], object] = lambda _: None,
) -> Surroundings:
    """The rows inside the windows. start, current, batch, progress: as for `replay.replaying.replay`."""
    found = Surroundings(Names())
    wanted = _Wanted(sorted(set(windows)))
    if current is not None:
        found.version = load(current, found.names)
    for piece in journal.read(journal.first if start is None else start, batch):
        kinds = piece.batch.column("kind").to_numpy()
        begin = 0
        for cut in [*np.flatnonzero(kinds == Kind.VERSION).tolist(), len(kinds)]:
            if cut > begin and found.version is not None:
                _keep(found, wanted, piece.batch.slice(begin, cut - begin), piece.first + begin)
            if cut < len(kinds):
                found.version = load(piece.batch.column("payload")[cut].as_py(), found.names)
            begin = cut + 1
        progress(piece.first + len(kinds))
    return found


def _keep(found: Surroundings, wanted: _Wanted, batch: pa.RecordBatch, first: int) -> None:
    version = found.version
    if version is None or not wanted.windows:
        return
    for rows in version.decode(batch, first, found.names).rows:
        inside = wanted.inside(rows, found.names)
        if inside.any():
            found.keep(rows.take(inside))


class _Wanted:
    """Windows, put so that columns can be asked about at once: one sorted list of ends of windows that don't meet."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows = windows
        self._subjects = sorted({window.subject for window in windows})
        since: list[int] = []
        until: list[int] = []
        number = {subject: k for k, subject in enumerate(self._subjects)}
        for subject, start, end in windows:
            low, high = _key(number[subject], start, np.floor), _key(number[subject], end, np.ceil)
            if until and low <= until[-1] and low >> _SPAN == until[-1] >> _SPAN:
                until[-1] = max(until[-1], high)
            else:
                since.append(low)
                until.append(high)
        self._since, self._until = np.array(since, np.int64), np.array(until, np.int64)
        self._number = np.empty(0, np.int64)
        self._names: Names | None = None

    def inside(self, rows: Rows, names: Names) -> Flags:
        """Whether each row is in a window."""
        if names is not self._names or len(names) != len(self._number):
            self._number = self._numbers(names)
            self._names = names
        # the last of the list is what NOBODY, which is -1, finds
        number = np.append(self._number, -1)[rows.subject]
        mine = np.flatnonzero((number >= 0) & np.isfinite(rows.ts))
        inside = np.zeros(len(rows), np.bool_)
        ts = np.clip(rows.ts[mine] * 1000.0 + _ZERO, 0, (1 << _SPAN) - 1).astype(np.int64)
        key = (number[mine] << _SPAN) + ts
        at = np.searchsorted(self._since, key, side="right") - 1
        inside[mine] = (at >= 0) & (key <= self._until[np.maximum(at, 0)])
        return inside

    def _numbers(self, names: Names) -> Longs:
        """Code -> the subject's number among those that are wanted; -1 for the others."""
        numbers = np.full(len(names), -1, np.int64)
        for number, subject in enumerate(self._subjects):
            code = names.find(subject)
            if code != NOBODY:
                numbers[code] = number
        return numbers


def _key(number: int, ts: float, rounded: Callable[[float], float]) -> int:
    """A subject and a time as one number."""
    limit = (1 << _SPAN) - 1
    milliseconds = ts * 1000.0 + _ZERO
    if not np.isfinite(milliseconds):
        milliseconds = 0 if milliseconds < 0 else limit
    return (number << _SPAN) + int(min(max(rounded(milliseconds), 0), limit))

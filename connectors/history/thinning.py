"""thinning: which positions and which other rows are worth keeping for months.

A position is kept when it is the first of its minute, far enough from the last one kept, or turned enough while it
moves; when the vehicle stops or starts, or the ignition changes, that position and the one before it are kept, so that
a line drawn through what was kept stands still where the vehicle did. What arrives late is compared like the rest: the
last one kept is the last that was looked at, not the newest. Other rows: the first of a key in each so many seconds.

Minutes are those of the clock, whose first row is kept whatever came before. So who begins in the middle has kept the
same rows after a minute as who was there all along, and rows are the same however they come in pieces: what is written
again is what was written before.

State is one record a subject; a row that was not kept is remembered until the next one, which may be the stop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from connectors.history.settings import Positions
from pipeline.geo import distance
from pipeline.rows import Flags, Floats, Longs, Position

_FIELDS = ("ts", "lon", "lat", "heading")
_KEYS = 200_000
"""Of other rows that are remembered; of more, those that were heard first are forgotten, and one more is kept."""


class Track:
    """Thins positions. One for each writer; not thread-safe."""

    def __init__(self, settings: Positions) -> None:
        self.settings = settings
        self._last: Position | None = None
        """The last row of each subject, kept or not."""
        self._kept = np.empty(0, np.bool_)
        self._of: dict[str, Floats] = {name: np.empty(0) for name in _FIELDS}
        """By subject's code: what was kept last; NaN: nothing."""

    def take(self, rows: Position) -> Position:
        """Those of `rows`, and of what came before, that are kept; every ts and place is finite. In any order."""
        if not len(rows):
            return rows
        self._grow(int(rows.subject.max()) + 1)
        rows, fresh, was_kept = self._joined(rows)
        order = np.lexsort((fresh, rows.subject))  # each subject's as they came
        rows, fresh, was_kept = rows.take(order), fresh[order], was_kept[order]
        first = np.ones(len(rows), np.bool_)
        first[1:] = rows.subject[1:] != rows.subject[:-1]
        starts = np.flatnonzero(first)
        keep = self._changed(rows, first) & fresh
        self._far(rows, fresh, keep, starts)
        changed = np.flatnonzero(self._changed(rows, first))
        before = changed[np.abs(rows.ts[changed] - rows.ts[changed - 1]) <= self.settings.every] - 1
        keep[before[~was_kept[before]]] = True  # the last before a stop, or a start
        ends = np.append(starts[1:], len(rows)) - 1
        self._remember(rows.take(ends), keep[ends] | was_kept[ends])
        return rows.take(np.flatnonzero(keep))

    def _joined(self, rows: Position) -> tuple[Position, Flags, Flags]:
        """With the last row of each subject that was there before: (rows, which are new, which were kept before)."""
        n = len(rows)
        if self._last is None:
            return rows, np.ones(n, np.bool_), np.zeros(n, np.bool_)
        here = np.zeros(len(self._of["ts"]), np.bool_)
        here[rows.subject] = True
        mine = here[self._last.subject]
        old, kept = self._last.take(mine), self._kept[mine]
        self._last, self._kept = self._last.take(~mine), self._kept[~mine]
        both = Position.concat([old, rows])
        fresh = np.arange(len(both)) >= len(old)
        return both, fresh, np.concatenate([kept, np.zeros(n, np.bool_)])

    def _changed(self, rows: Position, first: Flags) -> Flags:
        """Which rows stop, start or switch the ignition, seen from the row before of the same subject."""
        moving = ~(rows.speed <= self.settings.stopped)
        changed = np.zeros(len(rows), np.bool_)
        switched = np.abs(rows.ignition[1:] - rows.ignition[:-1]) > 0.5  # unknown is no switch
        changed[1:] = ((moving[1:] != moving[:-1]) | switched) & ~first[1:]
        return changed

    def _far(self, rows: Position, fresh: Flags, keep: Flags, starts: Longs) -> None:
        """Adds to `keep` what is far from the last that was kept: the k-th row of all subjects at once."""
        lengths = np.diff(np.append(starts, len(rows)))
        settings = self.settings
        for k in range(int(lengths.max())):
            at = starts[lengths > k] + k
            at = at[fresh[at]]
            code = rows.subject[at]
            minute = np.floor(rows.ts[at] / settings.every) == np.floor(self._of["ts"][code] / settings.every)
            metres = distance(rows.lon[at], rows.lat[at], self._of["lon"][code], self._of["lat"][code])
            turned = np.abs((rows.heading[at] - self._of["heading"][code] + 180.0) % 360.0 - 180.0)
            far = ~minute | (metres >= settings.metres)  # nothing kept yet is far, too
            far |= (turned >= settings.turn) & ~(rows.speed[at] <= settings.stopped)
            far |= keep[at]
            now = at[far]
            keep[now] = True
            for name in _FIELDS:
                self._of[name][code[far]] = getattr(rows, name)[now]

    def _remember(self, rows: Position, kept: Flags) -> None:
        self._last = rows if self._last is None else Position.concat([self._last, rows])
        self._kept = np.concatenate([self._kept, kept])

    def _grow(self, size: int) -> None:
        have = len(self._of["ts"])
        if size > have:
            more = np.full(max(size - have, have // 2, 1024), np.nan)
            self._of = {name: np.concatenate([column, more]) for name, column in self._of.items()}


class Seldom:
    """The first row of a key in each so many seconds of event time, counted as clocks do."""

    def __init__(self, every: float) -> None:
        self.every = every
        self._last: dict[tuple[int, int], float] = {}

    def take(self, subject: Sequence[int], part: Sequence[int], ts: Sequence[float]) -> Longs:
        """Which rows are kept. A key is (subject, part)."""
        last, kept = self._last, []
        for k, (key, at) in enumerate(zip(zip(subject, part, strict=True), ts, strict=True)):
            turn = at // self.every
            if last.get(key) != turn:
                last[key] = turn
                kept.append(k)
        if len(last) > _KEYS:
            self._last = dict(list(last.items())[_KEYS // 2 :])
        return np.array(kept, np.int64)

"""freezing: a device that says the same for a while: the fix or value of the stretch's first row, again and again.

A fix is its place, speed, heading and accuracy; what else a terminal reports (ignition, load, lid) is not the
receiver's and goes on. Kept is one fix for each line and stretch, until rows of it would be too old to count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.rows import Position, Reading, Rows
from pipeline.version import Version
from replay.faults.dice import Dice, Words, bits, mixed, word
from replay.faults.grammar import Fault
from replay.faults.stretches import Stretches

_HELD: dict[type[Rows], tuple[str, ...]] = {
    Position: ("lon", "lat", "speed", "heading", "accuracy"),
    Reading: ("value",),
}
"""What freezes; of rows of other kinds nothing does."""


class Freezing:
    """What one replay's devices repeat."""

    def __init__(self, fault: Fault, seed: int) -> None:
        self._stretches = Stretches(Dice(seed, "freeze"), fault.amount or 0.0, fault.share)
        self.kept: dict[int, tuple[float, list[float]]] = {}
        """line and stretch -> when the stretch ends, what is repeated"""
        self._newest = -np.inf

    def change(self, rows: Rows, line: Words, version: Version) -> Rows:
        """The rows as they become. line: each one's subject and metric."""
        columns = _HELD.get(type(rows), ())
        if not columns or not len(rows):
            return rows
        number = self._stretches.of(line, rows.ts)
        at = np.flatnonzero(self._stretches.hit(line, number))
        if not len(at):
            return rows
        stretch = mixed(mixed(line[at], self._stream(rows, version)[at]), bits(number[at]))
        each, first, of = np.unique(stretch, return_index=True, return_inverse=True)
        own = np.column_stack([rows.column(name)[at[first]] for name in columns])
        end = self._stretches.end(line[at[first]], number[at[first]])
        held = np.array(list(self._repeated(each.tolist(), end.tolist(), own.tolist())))[of]
        self._forget(float(rows.received.max()), version.forget)
        changed: dict[str, Any] = {name: np.array(rows.column(name)) for name in columns}
        for column, values in zip(changed.values(), held.T, strict=True):
            column[at] = values
        return replace(rows, **changed)

    def _repeated(self, stretch: list[int], end: list[float], own: list[list[float]]) -> Iterable[list[float]]:
        for key, until, values in zip(stretch, end, own, strict=True):
            yield self.kept.setdefault(key, (until, values))[1]

    def _stream(self, rows: Rows, version: Version) -> Words:
        """Two devices of one subject have streams of their own, most often."""
        names = np.array([word(stream.name) for stream in version.streams], np.uint64)
        return names[rows.stream]

    def _forget(self, received: float, forget: float) -> None:
        """Rows older than `forget` are set aside; twice that, as the recording may go back a little."""
        self._newest = max(self._newest, received)
        oldest = self._newest - 2 * forget
        if self.kept and next(iter(self.kept.values()))[0] < oldest:
            self.kept = {key: kept for key, kept in self.kept.items() if kept[0] >= oldest}

"""corrections: what terminals' clocks are ahead by, as somebody approved it, taken off the times that they say.

Reads the register `clocks`; answers for columns of decoded rows. A correction holds for a terminal, in one stream or in
all, for what was received from `valid_from` to `valid_to`: the time that the terminal itself says is what is wrong. It
is data of the world, so that a replay corrects what was corrected. One of the very stream goes before one of all.

A clock that drifts is ahead by `offset` at `valid_from`, and by `drift` more each day.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.names import NOBODY, Names
from pipeline.permits import Spans
from pipeline.raster import Index
from pipeline.registers import Table
from pipeline.rows import Floats, Ints

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of the register."""

    terminal: str
    stream: str
    """'': every stream."""
    offset: float
    """Seconds that the clock is ahead, at `since`."""
    drift: float
    """Seconds a day by which that grows."""
    since: float
    until: float
    """For what was received from when to when, UTC seconds."""
    by: str
    approved: str
    """Who approved it and when, as the register has it."""
    note: str

    def at(self, received: float) -> float:
        """By how much the clock is ahead then, seconds."""
        return self.offset + (self.drift / DAY * (received - self.since) if self.drift else 0.0)


def corrections(table: Table) -> list[Correction]:
    """The register's rows."""
    texts = [table.text(name) for name in ("terminal", "stream")]
    numbers = [table.numbers(name).tolist() for name in ("offset", "drift", "valid_from", "valid_to")]
    said = [table.text(name) for name in ("by", "approved", "note")]
    numbers[1] = np.nan_to_num(table.numbers("drift")).tolist()
    return [Correction(*each) for each in zip(*texts, *numbers, *said, strict=True)]


class Corrections:
    """The register, compiled once; `bind` gives it the codes of an engine."""

    def __init__(self, table: Table) -> None:
        # A stream's own comes after those of all streams, and so stands.
        self.all = sorted(corrections(table), key=lambda each: (each.terminal, each.stream != "", each.since))
        self._terminals = sorted({each.terminal for each in self.all})
        number = {terminal: k for k, terminal in enumerate(self._terminals)}
        owner = [number[each.terminal] for each in self.all]
        self._spans = Spans(owner, [e.since for e in self.all], [e.until for e in self.all], len(number) + 1)
        self._offset = np.array([each.offset for each in self.all])
        self._drift = np.array([each.drift / DAY for each in self.all])
        self._since = np.array([each.since if each.drift else 0.0 for each in self.all])

    def bind(self, names: Names) -> Corrections:
        """The same, speaking the codes of `names`; adds the terminals."""
        bound = copy.copy(self)
        codes = names.codes(self._terminals)
        bound._owner = np.full(int(codes.max(initial=NOBODY)) + 2, len(self._terminals), np.int64)
        bound._owner[codes] = np.arange(len(codes))
        return bound

    _owner: Index
    """By a terminal's code: its place among those that have any; the last, for every other, has none."""

    def __len__(self) -> int:
        return len(self.all)

    def ahead(self, terminal: Ints, stream: str, received: Floats) -> Floats | None:
        """By how many seconds the clock of each row's terminal is ahead, shape (n,); None: none is corrected."""
        if not self.all:
            return None
        last = len(self._owner) - 1
        owner = self._owner.take(np.where(terminal < 0, last, np.minimum(terminal, last)))
        mine = np.flatnonzero(owner < len(self._terminals))
        if not len(mine):
            return None
        row, entry = self._spans.at(owner[mine], received[mine])
        meant = np.array([each.stream in ("", stream) for each in self.all])[entry]
        row, entry = mine[row[meant]], entry[meant]
        found = np.zeros(len(terminal))
        found[row] = self._offset[entry] + self._drift[entry] * (received[row] - self._since[entry])
        return found

    def of(self, terminals: Iterable[str], streams: Iterable[str], since: float, until: float) -> list[Correction]:
        """Those that corrected anything of these terminals and streams that was received in [since, until]."""
        wanted, named = set(terminals), {"", *streams}
        return [
            each
            for each in self.all
            if each.terminal in wanted and each.stream in named and each.since <= until and since < each.until
        ]

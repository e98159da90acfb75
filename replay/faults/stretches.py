"""stretches: the times at which something is wrong with a subject: pieces of one length, of which a share is hit.

Each subject's time is cut at its own edges, so that not all are hit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.rows import Flags, Floats, Longs
from replay.faults.dice import Dice, Words, bits


@dataclass(frozen=True, slots=True)
class Stretches:
    """One fault's."""

    dice: Dice
    length: float
    """seconds"""
    share: float

    def of(self, subject: Words, time: Floats) -> Longs:
        """The number of the stretch that each time (UTC seconds) of a subject is in."""
        number = np.floor((time - self._edge(subject)) / self.length)
        return np.where(np.isfinite(number), number, 0.0).astype(np.int64)

    def hit(self, subject: Words, number: Longs) -> Flags:
        """Whether it is one of those that are hit."""
        return self.dice.uniform(subject, bits(number)) < self.share

    def end(self, subject: Words, number: Longs) -> Floats:
        """When it ends, UTC seconds."""
        return self._edge(subject) + (number + 1) * self.length

    def _edge(self, subject: Words) -> Floats:
        return self.dice.uniform(subject) * self.length

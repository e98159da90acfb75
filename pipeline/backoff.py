"""backoff: how long to wait before something is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Seconds, doubling up to `most`, spread so that many that lost one network don't all come back at once."""

    def __init__(self, first: float = 1.0, most: float = 60.0, dice: Callable[[], float] = random.random) -> None:
        self.first, self.most, self._dice = first, most, dice
        self._next = first

    def delay(self) -> float:
        """The next wait: between half and all of it."""
        wait = self._next * (0.5 + 0.5 * self._dice())
        self._next = min(self.most, self._next * 2)
        return wait

    def reset(self) -> None:
        """It worked."""
        self._next = self.first

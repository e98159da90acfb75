"""breaker: may the other side be tried now?

    closed ──(so many failures one after another)──→ open ──(its time is over)──→ half open
      ↑                                                ↑                             │
      └───────────────────(the one message is taken)───┼─────────────────────────────┤
                                                       └──(that one fails too)───────┘

Pure: times are arguments, UTC seconds. While it is open nothing is sent at all; half open, one message at a time. What
is learnt of the whole target is kept here, what is learnt of one message at the message.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

import msgspec

from pipeline.backoff import Backoff

Breaking = Literal["closed", "open", "half_open"]
LONGEST = 3600.0
"""However long the other side asks us to stay away, seconds."""


class Waits(msgspec.Struct, frozen=True):
    """How long after a failure, seconds; doubling from `first` to `most`, each between half and all of it."""

    first: float = 1.0
    most: float = 60.0
    dice: Callable[[], float] = random.random

    def after(self, failures: int) -> float:
        """The wait after so many failures, from 1 on."""
        wait = min(self.most, self.first * 2.0 ** min(failures - 1, 60))
        return Backoff(wait, self.most, self.dice).delay()


class Breaker(msgspec.Struct, frozen=True):
    """How a target is doing."""

    state: Breaking = "closed"
    failures: int = 0
    """One after another."""
    opened: int = 0
    """How often, without a success between."""
    until: float = 0.0
    """While open: when it may be tried again."""

    def allows(self, now: float) -> bool:
        """Whether anything may be sent."""
        return self.state == "closed" or now >= self.until

    def trying(self) -> Breaker:
        """A message is on its way."""
        return self if self.state == "closed" else msgspec.structs.replace(self, state="half_open")

    def worked(self) -> Breaker:
        """It took a message, or said what is wrong with it: it works."""
        return Breaker()

    def failed(self, now: float, waits: Waits, open_after: int, away: float | None = None) -> Breaker:
        """It did not. away: how long it asks us to stay away, seconds."""
        failures = self.failures + 1
        if self.state == "closed" and failures < open_after and away is None:
            return msgspec.structs.replace(self, failures=failures)
        wait = waits.after(self.opened + 1)
        wait = wait if away is None else min(max(wait, away), LONGEST)
        return Breaker("open", failures, self.opened + 1, now + wait)

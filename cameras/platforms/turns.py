"""turns: whose stream is open, where a platform gives fewer at once than there are cameras.

No clock and no network: whoever asks says what time it is. A place is taken from before the platform is asked until
it has ended the stream, so that there are never more streams than places, whatever goes wrong in between.

Next is the camera that has had the fewest turns for its priority: one of priority 3 has three turns where one of 1 has
one, and none waits for ever. Of several the one that has waited longest. Who comes anew begins where the others are.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Who = TypeVar("Who", bound=Hashable)


@dataclass(slots=True)
class _Waiting:
    since: float
    priority: int
    number: int
    """Of the asking: who asks at the same time is served in that order."""


@dataclass(slots=True)
class _Open:
    since: float
    priority: int
    asked: bool = False
    """Whether it has been asked to give way."""


class Turns(Generic[Who]):
    """Of one platform. Times are seconds of any one clock."""

    def __init__(self, places: int, turn: float) -> None:
        self.places, self.turn = places, turn
        self._waiting: dict[Who, _Waiting] = {}
        self._open: dict[Who, _Open] = {}
        self._ending: dict[Who, int] = {}
        """How many of its streams have not ended yet, though it looks at them no more."""
        self._served: dict[Who, float] = {}
        """Turns for its priority."""
        self._number = 0

    @property
    def taken(self) -> int:
        """Places that are."""
        return len(self._open) + sum(self._ending.values())

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def longest(self, at: float) -> float:
        """How long the one waits that waits longest, seconds; 0: none."""
        return max((at - each.since for each in self._waiting.values()), default=0.0)

    def want(self, who: Who, priority: int, at: float) -> None:
        """It would like a place. Again while it waits or has one: nothing."""
        if who not in self._waiting and who not in self._open:
            self._number += 1
            self._waiting[who] = _Waiting(at, priority, self._number)
            self._served.setdefault(who, min(self._served.values(), default=0.0))

    def take(self, at: float) -> Who | None:
        """Who gets a place that is free; None: nobody waits, or none is."""
        if self.taken >= self.places or not self._waiting:
            return None
        who = min(
            self._waiting, key=lambda each: (self._served[each], self._waiting[each].since, self._waiting[each].number)
        )
        one = self._waiting.pop(who)
        self._open[who] = _Open(at, one.priority)
        self._served[who] += 1.0 / one.priority
        return who

    def began(self, who: Who, at: float) -> None:
        """Its stream is there: its turn counts from now."""
        if who in self._open:
            self._open[who].since = at

    def leave(self, who: Who) -> bool:
        """It waits no more, and looks at nothing. Whether it had a place, which is taken until `ended`."""
        self._waiting.pop(who, None)
        if self._open.pop(who, None) is None:
            return False
        self._ending[who] = self._ending.get(who, 0) + 1
        return True

    def ended(self, who: Who) -> None:
        """One stream that it has left is no more."""
        left = self._ending.get(who, 0) - 1
        if left > 0:
            self._ending[who] = left
        else:
            self._ending.pop(who, None)

    def forget(self, who: Who) -> None:
        """It comes no more."""
        self._served.pop(who, None)

    def over(self, at: float) -> list[Who]:
        """Who is to give way: their turn is over, and others wait for whom no place is free or about to be. Each is
        named once a turn."""
        short = len(self._waiting) - max(0, self.places - self.taken)
        short -= sum(each.asked for each in self._open.values()) + sum(self._ending.values())
        late = [who for who, each in self._open.items() if not each.asked and at - each.since >= self.turn]
        named = sorted(late, key=lambda who: self._open[who].since)[: max(0, short)]
        for who in named:
            self._open[who].asked = True
        return named

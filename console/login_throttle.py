"""login_throttle: how long somebody waits who has guessed wrong: by name and by address, longer each time.

After three wrong guesses 2 s, then 4, 8, … up to a minute: 1,440 guesses a day, while nobody is locked out for long. An
address from which somebody has logged in before has a count of its own for that name, so that strangers who guess at a
name don't keep its owner out. A guess counts before it is looked at: many at once are as slow as one after another. It
makes no difference whether there is such a user.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

FREE = 3
"""Wrong guesses without any wait."""
LONGEST = 60.0
"""Seconds."""
FORGETS = 900.0
"""Seconds after which a count begins anew."""
MOST = 10_000


class Throttle:
    """Any thread; `MOST` names and addresses are remembered."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, name: str, address: str) -> float:
        """Begin a guess; 0, and it counts as wrong until `right` is said; or seconds to wait, and it doesn't count."""
        now = self._now()
        with self._lock:
            whose = self._whose(name, address)
            left = max(self._left(each, now) for each in whose)
            if left <= 0:
                for each in whose:
                    count, at = self._wrong.pop(each, (0, now))
                    self._wrong[each] = (1 if now - at > FORGETS else count + 1, now)
                    if len(self._wrong) > MOST:
                        self._wrong.popitem(last=False)
        return max(left, 0.0)

    def right(self, name: str, address: str) -> None:
        """The guess that was begun was none. The address's own count stays one less: who knows one password must not
        be able to try others without end."""
        with self._lock:
            for each in self._whose(name, address):
                count, at = self._wrong.get(each, (0, 0.0))
                if each.startswith("address") and count > 1:
                    self._wrong[each] = (count - 1, at)
                else:
                    self._wrong.pop(each, None)
            self._known.pop((name, address), None)
            self._known[name, address] = None
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def _whose(self, name: str, address: str) -> tuple[str, ...]:
        if (name, address) in self._known:
            return (f"both {address} {name}",)
        return (f"name {name}", f"address {address}")

    def _left(self, whose: str, now: float) -> float:
        count, at = self._wrong.get(whose, (0, now))
        if count < FREE or not 0 <= now - at <= FORGETS:
            return 0.0
        return min(2.0 ** (count - FREE + 1), LONGEST) - (now - at)

"""http_limits: how often a partner may ask, and which of its requests were the same one, asked again.

Both are bounded and live in memory: after a restart a repeated request is journaled again, and the engine, which knows
repetitions, makes no second case of it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from connectors.http_bodies import Refused

BURST = 2.0
"""A partner may ask for so many seconds' worth at once."""
LONGEST_KEY = 200


class Rate:
    """A bucket that fills with `rate` requests a second."""

    def __init__(self, rate: float, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._elapsed = rate, elapsed
        self._most = max(1.0, rate * BURST)
        self._left, self._at = self._most, elapsed()

    def take(self) -> None:
        """One request. Raises Refused where there are too many."""
        at = self._elapsed()
        self._left = min(self._most, self._left + (at - self._at) * self._rate)
        self._at = at
        if self._left < 1.0:
            wait = max(1, round((1.0 - self._left) / self._rate + 0.5))
            raise Refused(429, f"more than {self._rate:g} requests a second; send batches, or slower", retry=wait)
        self._left -= 1.0


class Keys:
    """Idempotency keys of one partner, the newest `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[str, tuple[bytes, bool]] = OrderedDict()

    def begin(self, key: str, topic: str, body: bytes) -> bool:
        """A request with that key comes. True: it has been taken before. Raises Refused where it must not be taken now.

        Ends with `done` or `failed`, where the answer is False.
        """
        if not key.isascii() or not key.isprintable() or len(key) > LONGEST_KEY:
            raise Refused(400, f"expected an Idempotency-Key of at most {LONGEST_KEY} ASCII characters")
        what = hashlib.sha256(topic.encode() + b"\0" + body).digest()
        known = self._known.get(key)
        if known is None:
            self._known[key] = (what, False)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return False
        if known[0] != what:
            raise Refused(422, "this Idempotency-Key was used for another request; take a new key for each")
        if not known[1]:
            raise Refused(409, "the first request with this Idempotency-Key is still on its way; ask again", retry=1)
        return True

    def done(self, key: str) -> None:
        """It is in the journal."""
        if key in self._known:
            self._known[key] = (self._known[key][0], True)

    def failed(self, key: str) -> None:
        """It is not: the next one with that key counts."""
        self._known.pop(key, None)

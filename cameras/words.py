"""words: what a process of cameras says in plain words, as lines of the log: printable, short, and not too many.

A process in which a stream has got the better of FFmpeg may say anything, as often as it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import IO

LONGEST = 500
"""Characters of a line."""
MOST = 100
"""Lines a minute."""
_MINUTE = 60.0


class Words:
    """Those of one process. tell: takes a line. clock: seconds, monotonic. From any thread."""

    def __init__(self, tell: Callable[[str], object], clock: Callable[[], float]) -> None:
        self._tell, self._clock = tell, clock
        self._lock = threading.Lock()
        self._since, self._count = clock(), 0

    def say(self, said: bytes) -> None:
        """One line. What is too much is left out, which is told."""
        with self._lock:
            if self._clock() > self._since + _MINUTE:
                self._since, self._count = self._clock(), 0
            self._count += 1
            if self._count == MOST:
                self._tell("a process of cameras says too much; for the rest of a minute its words are left out")
            if self._count >= MOST:
                return
            text = said[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]
            line = "".join(sign if sign.isprintable() else " " for sign in text).strip()
            if line:
                self._tell(line)

    def listen(self, stream: IO[bytes]) -> None:
        """All that comes there, until its end: what libraries complain of, and the last words of a crash."""
        with stream:
            while line := stream.readline(4 * LONGEST):
                self.say(line)

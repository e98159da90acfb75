"""sampling: which of the pictures that come are looked at.

A stream has its own rate, and looking takes as long as it takes. Of too many pictures the newest is looked at; what is
dropped for it is counted. Nothing queues up: a picture is never older than the one before took to look at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_EARLY = 1e-3
"""Seconds: times are rounded by who sends them."""


class Sampler:
    """So many pictures a second, at most, spread as evenly as they come."""

    def __init__(self, fps: float | None) -> None:
        """fps: None: all."""
        self._step = 0.0 if fps is None else 1.0 / fps
        self._due = 0.0

    def wanted(self, ts: float) -> bool:
        """Whether the next picture is looked at. ts: seconds, later than before.

        The times at which pictures are due stay on a grid: of 12 pictures a second 5 are taken, and not 4.
        """
        if ts < self._due - _EARLY:
            return False
        self._due = ts + self._step if ts > self._due + self._step else self._due + self._step
        return True


class Newest(Generic[T]):
    """What waits to be looked at: one thing of each, the newest; who has waited longest is next."""

    def __init__(self) -> None:
        self._waiting: dict[str, T] = {}
        self._changed = threading.Condition()

    def put(self, who: str, what: T) -> bool:
        """Whether an older one was dropped for it; its turn stays what it was. From any thread."""
        with self._changed:
            dropped = who in self._waiting
            self._waiting[who] = what
            self._changed.notify()
            return dropped

    def take(
        self, seconds: float, most: int = 1, joins: Callable[[str], bool] = lambda _: False
    ) -> list[tuple[str, T]]:
        """The next; empty where nothing comes for so long. joins: whether one may be taken together with others that
        wait and may be too, so many at most."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(seconds)
            names = list(self._waiting)[:1]
            if names and joins(names[0]):
                names = [name for name in self._waiting if joins(name)][:most]
            return [(name, self._waiting.pop(name)) for name in names]

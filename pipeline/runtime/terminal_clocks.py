"""terminal_clocks: whose clocks are wrong in a city at work, worked out now and then, for pages and metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pipeline.clock_list import Bounds, Listed, State, listed
from pipeline.clock_watch import ClockWatch
from pipeline.version import Version

FRESH = 5.0
"""Seconds that a list is good for: with thousands of wrong clocks it takes half a second."""
FINE = frozenset({State.CORRECTED, State.UNHEARD})
"""Where nothing is to be done."""


class TerminalClocks:
    """From any thread."""

    def __init__(
        self, watch: ClockWatch, version: Callable[[], Version | None], now: Callable[[], float] = time.time
    ) -> None:
        """version: what is in force; None: nothing yet. now: UTC seconds."""
        self.watch, self.version, self._now = watch, version, now
        self._lock = threading.Lock()
        self._made, self._listed = -FRESH, list[Listed]()
        self._of: Version | None = None

    def listed(self) -> list[Listed]:
        """Whose clock is wrong or corrected, as `pipeline.clock_list.listed` has them."""
        version = self.version()
        if version is None:
            return []
        with self._lock:
            if version is not self._of or time.monotonic() - self._made >= FRESH:
                of = version.world.corrections.all
                self._listed = listed(self.watch, of, Bounds.of(version), self._now())
                self._made, self._of = time.monotonic(), version
            return self._listed

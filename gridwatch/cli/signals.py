"""signals: how what runs in the foreground is told to end, and to read its configuration again."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK = 0.5
"""Seconds between two looks at what has come."""


@contextmanager
def signals(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and Ctrl-C ask for the one, SIGHUP for the other; afterwards they do what they did before."""
    handlers = {
        signal.SIGTERM: lambda *_: stop(),
        signal.SIGINT: lambda *_: stop(),
        signal.SIGHUP: lambda *_: reload(),
    }
    with _handled(handlers):
        yield


@contextmanager
def until(seconds: float) -> Iterator[Callable[[], bool]]:
    """Whether it is time to stop: so long after it was first asked (infinite: never), or by SIGTERM or Ctrl-C, so that
    what has come is still used. Asking waits for `LOOK` at most."""
    stopping, end = threading.Event(), math.inf

    def ended() -> bool:
        nonlocal end
        end = min(end, time.monotonic() + seconds)
        stopping.wait(max(0.0, min(LOOK, end - time.monotonic())))
        return stopping.is_set() or time.monotonic() >= end

    if threading.current_thread() is not threading.main_thread():
        yield ended
        return
    with _handled({each: lambda *_: stopping.set() for each in (signal.SIGINT, signal.SIGTERM)}):
        yield ended


@contextmanager
def _handled(handlers: dict[signal.Signals, Callable[..., None]]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

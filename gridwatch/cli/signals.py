"""signals: how what runs in the foreground is told to end, and to read its configuration again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def signals(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and Ctrl-C ask for the one, SIGHUP for the other; afterwards they do what they did before."""
    handlers = {
        signal.SIGTERM: lambda *_: stop(),
        signal.SIGINT: lambda *_: stop(),
        signal.SIGHUP: lambda *_: reload(),
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

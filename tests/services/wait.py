"""wait: for a condition, with a bound; never for a guessed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_never = threading.Event()


def until(condition: Callable[[], object], what: str, seconds: float = 60.0, every: float = 0.05) -> None:
    """Return once `condition` is true; an AssertionError that names `what` when it is not within `seconds`.

    A condition that should give up early raises an error of its own.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        _never.wait(every)

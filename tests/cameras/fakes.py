"""fakes: watchers for tests of the worker: one that is good, and those that misbehave."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence

from cameras.watcher import Frame, Look, Measured, Seen, View, Watcher


class Bright(Watcher):
    """How bright the picture is, and an object that is always there."""

    def begin(self, view: View) -> Look:
        return _Bright(view)


class _Bright:
    def __init__(self, view: View) -> None:
        self._about = next((zone.about for zone in view.zones.values()), "")

    def look(self, frame: Frame) -> Sequence[Seen | Measured]:
        return [
            Seen(1, "object", float("nan"), (0.1, 0.2, 0.3, 0.4), 1.25, "lane"),
            Measured("brightness", float(frame.image.mean()), self._about),
        ]


class Misbehaves(Watcher):
    """Does `what` at its n-th picture, in every process."""

    what: str
    at: int = 3

    def begin(self, view: View) -> Look:
        return _Misbehaves(self.what, self.at)


class _Misbehaves:
    def __init__(self, what: str, at: int) -> None:
        self._what, self._left = what, at

    def look(self, frame: Frame) -> Sequence[Seen | Measured]:
        self._left -= 1
        if self._left == 0:
            if self._what == "exits":
                os._exit(7)
            if self._what == "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self._what == "hangs":
                threading.Event().wait()
            raise ArithmeticError("it went wrong")
        return []

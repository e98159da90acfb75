"""door: a camera's process asks for its cameras' streams, and waits at the door until it is their turn.

The platform is not asked here: secrets and the count of all processes' streams are with whoever minds the processes
(cameras/platforms/doorman.py). Words to it are WANT and DONE; from it GO with the address, NO with a reason, BACK.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

WANT, DONE = b"want", b"done"
GO, NO, BACK = "go", "no", "back"


class Refused(Exception):
    """The platform gives no stream: its words."""


@dataclass(slots=True)
class _Camera:
    word: str = ""
    text: str = ""


class Doors:
    """Of the cameras of one process. `hear` from any thread, the rest from each camera's own."""

    def __init__(self, cameras: Iterable[str], say: Callable[[str, bytes], object]) -> None:
        """say: a camera's name and its word, to whoever minds this process."""
        self._say = say
        self._heard = {name: _Camera() for name in cameras}
        self._changed = threading.Condition()

    def hear(self, camera: str, word: str, text: str) -> None:
        """An answer. BACK is about the stream that it has: one that comes late is about none."""
        with self._changed:
            before = self._heard.get(camera)
            if before is None or (word == BACK and before.word != GO):
                return
            self._heard[camera] = _Camera(word, text or before.text)
            self._changed.notify_all()

    def enter(self, camera: str, stopping: threading.Event, breathe: Callable[[], object]) -> str | None:
        """The stream's address, when it is its turn; None: it is time to stop. `leave` in any case. Raises Refused."""
        with self._changed:
            self._heard[camera] = _Camera()
        self._say(camera, WANT)
        while not stopping.is_set():
            breathe()
            with self._changed:
                heard = self._heard[camera]
                if not heard.word:
                    self._changed.wait(0.5)
                    heard = self._heard[camera]
                if heard.word == NO:
                    raise Refused(heard.text)
                if heard.word:
                    return heard.text
        return None

    def back(self, camera: str) -> bool:
        """Whether its turn is over, and others wait."""
        return self._heard[camera].word == BACK

    def leave(self, camera: str) -> None:
        """It looks at nothing any more."""
        self._say(camera, DONE)

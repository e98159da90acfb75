"""camera_health: how cameras were outlives the process: what is heard of them goes into the store now and then.

A thread writes what has changed, all cameras in one transaction, and removes what is too old; listening never waits for
it. What can't be written is tried again, and lost only with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.runtime.logs import Trouble

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gridwatch.cameras_heard import CamerasHeard

EVERY = 60.0
"""Seconds between two times of writing: so much of how it was is lost with a process that dies."""
_DAY = 86_400.0


class CameraHealth:
    """`start` and `stop`, each once. log: a structlog logger."""

    def __init__(
        self, heard: CamerasHeard, engine: sa.Engine, log: Any, now: Callable[[], float], every: float = EVERY
    ) -> None:
        """heard: what is kept. engine: the store, to be written."""
        self._heard, self._engine, self._now, self._every = heard, engine, now, every
        self._trouble = Trouble(log, "keeping how cameras were")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera-health", daemon=True)

    def start(self) -> None:
        """Remember what the last run wrote, and begin."""
        from cases.database import reading
        from console.cameras_health import of_all

        try:
            with reading(self._engine) as connection:
                self._heard.remember(of_all(connection, self._now() - _DAY))
        except Exception as error:  # noqa: BLE001 whatever it is: cameras are shown without their past
            self._trouble.failed(error)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the last is written. A second call does nothing."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def write(self) -> None:
        """What is new, and one step of thinning. Raises StoreTrouble, StoreBroken."""
        from cases.database import writing
        from console.cameras_health import keep, thin

        fresh = self._heard.unwritten()
        try:
            with writing(self._engine) as connection:
                keep(connection, fresh)
                thin(connection, self._now())
        except BaseException:
            self._heard.not_written(fresh)
            raise

    def _run(self) -> None:
        while True:
            ended = self._ended.wait(self._every)
            try:
                self.write()
            except Exception as error:  # noqa: BLE001 whatever it is: it is tried again
                self._trouble.failed(error)
            else:
                self._trouble.worked()
            if ended:
                return

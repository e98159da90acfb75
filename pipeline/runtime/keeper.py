"""keeper: what keeps the journal small, in a thread of its own: saves snapshots, seals segments, lets the oldest go.

Nothing here is urgent: what fails (a full disk) is said once and tried again. The journal is kept from the oldest
snapshot on, whatever its age and size.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from pipeline.journal import Journal, JournalError, Snapshots
from pipeline.runtime.allocator import give_back
from pipeline.runtime.logs import Trouble
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.sections import JournalSection

EVERY = 5.0
"""Between two looks at what can be sealed, seconds."""


class Keeper:
    """Looks after one journal and its snapshots."""

    def __init__(
        self, journal: Journal, snapshots: Snapshots, section: JournalSection, metrics: Metrics, log: Any
    ) -> None:
        self.journal, self.snapshots, self.section, self.metrics = journal, snapshots, section, metrics
        self._log = log
        self._saving = Trouble(log, "the snapshot can't be saved")
        self._sealing = Trouble(log, "the journal can't be tidied")
        self._wake = threading.Condition()
        self._waiting: tuple[int, bytes] | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self.settle: Callable[[], None] = lambda: None
        """Called before a snapshot is saved: what judging up to it has told others is safe when it returns."""
        self.failure: Exception | None = None
        """The fault of our own that ended it."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a snapshot that waits is saved first."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def take(self, position: int, data: bytes) -> bool:
        """A snapshot to save; False while another one waits."""
        with self._wake:
            if self._waiting is not None:
                return False
            self._waiting = (position, data)
            self._wake.notify()
            return True

    def save(self, position: int, data: bytes) -> bool:
        """Save a snapshot now; False where there was no room."""
        self.settle()
        try:
            self.snapshots.save(position, data)
        except JournalError as error:
            self._saving.failed(error)
            return False
        self._saving.worked()
        self.metrics.snapshot_saved_at = time.monotonic()
        self.metrics.snapshot_bytes.set(len(data))
        give_back()
        return True

    def tidy(self) -> None:
        """Seal what was rolled, and let go what is too old or too much."""
        try:
            self.journal.seal_rolled()
            oldest = self.snapshots.oldest_position()
            if oldest is not None:
                self.journal.retain(
                    keep_from=oldest, max_age=self.section.keep, max_bytes=self.section.max_bytes, now=time.time()
                )
        except (JournalError, OSError) as error:
            self._sealing.failed(error)
            return
        self._sealing.worked()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  whatever it is, the runtime must know
            self.failure = error
            self._log.exception("the journal is not looked after any more")

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._ending or self._waiting is not None, EVERY)
                ending, waiting = self._ending, self._waiting
            if waiting is not None:
                self.save(*waiting)  # where there is no room, the next one will be newer
                with self._wake:
                    self._waiting = None
            if ending:
                return
            self.tidy()

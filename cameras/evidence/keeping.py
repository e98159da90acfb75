"""keeping: evidence at work beside the watchers of one process: taken, made, stored, told, and deleted in time.

One thread makes and stores, at a low priority, so that hiding faces and writing clips never hold up a camera. What
waits for it is bounded; what there is no room or no disk for is counted and told in the camera's health, and the
cameras go on. Where persons can't be found nothing is stored (fail closed), and that is told.

With an object store and a folder `waiting`, evidence is first kept in that folder and then carried over, so that a link
that is down loses none.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cameras.evidence import manifest
from cameras.evidence.carrying import Carrying
from cameras.evidence.faces import Hider
from cameras.evidence.making import make
from cameras.evidence.retention import prune
from cameras.evidence.ring import Ring
from cameras.evidence.settings import EvidenceSettings
from cameras.evidence.store import Store, StoreFailed, place
from cameras.evidence.taking import Clock, Taken, Taking
from cameras.models import ModelError
from cameras.watcher import Frame

Message = tuple[str, bytes]
Say = Callable[[str], object]
Witness = Callable[[Frame, Sequence[tuple[str, dict[str, Any]]]], object]
"""Shown each picture and the objects in it (cameras/looking.py)."""

WAITING = 16
"""How many may wait to be made, each with its picture and its packets."""
SLACK = 5.0
"""Seconds that a stream is held for longer than a clip lasts: it is cut a moment after its end."""
STANDS = 30.0
"""Seconds without a picture after which a clip is cut as it is."""
PRUNE = 3600.0
"""Seconds between two times that what is old is deleted."""
AGAIN = 60.0
"""Seconds until what failed is tried again: finding the model, carrying over."""
LOOK = 0.5
"""Seconds between two looks at what there is to do."""
_NICE = 10
"""The thread's priority, for the kernel: cameras first."""


class Keeping:
    """Evidence of some cameras. Its methods are for the thread that looks, but for `start` and `stop`."""

    def __init__(
        self,
        settings: EvidenceSettings,
        say: Say,
        *,
        now: Callable[[], float] = time.time,
        name: Callable[[Taken], str] = lambda _: secrets.token_hex(16),
    ) -> None:
        """say: told in plain words what goes wrong. name: makes an id; without it nobody can guess one."""
        self.settings, self._say, self._now, self._name = settings, say, now, name
        self._takings: dict[str, Taking] = {}
        self._seen: dict[str, float] = {}
        self._jobs: queue.Queue[Taken] = queue.Queue(WAITING)
        self._done: deque[tuple[str, int, str, Message]] = deque()
        self._counts: dict[str, dict[str, int]] = {}
        self._fault = ""
        """Why nothing can be kept now; '' while all is well."""
        self._hider: Hider | None = None
        self._store: Store | None = None
        self._carrying: Carrying | None = None
        self._tried = self._pruned = self._carried = -float("inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)

    def ring(self) -> Ring | None:
        """For a camera's stream; None: no clips are made."""
        held = self.settings.held
        return Ring(held + SLACK, self.settings.room * 1_000_000) if held else None

    def camera(self, name: str, ring: Ring | None, clock: Callable[[], Clock]) -> Witness:
        """A camera of which evidence is kept: who is to be shown its pictures and what is seen in them.

        ring: its stream's, or None where there is no stream.
        """
        taking = Taking(name, self.settings, ring, clock, self._take)
        self._takings[name], self._counts[name] = taking, {"kept": 0, "failed": 0}

        def see(frame: Frame, seen: Sequence[tuple[str, dict[str, Any]]]) -> None:
            self._seen[name] = time.monotonic()
            taking.see(frame, seen)

        return see

    def check(self) -> None:
        """Whether anything can be kept. Raises ModelError, StoreFailed."""
        self._ready()

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """There will be no more pictures: what waits for the end of its clip is made without."""
        for taking in self._takings.values():
            taking.finish()

    def stop(self, seconds: float) -> None:
        """What waits is made, for so long at most; the rest is lost with the process."""
        self.finish()
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def tell(self) -> list[Message]:
        """What was kept since, as messages; to be called several times a second."""
        still = time.monotonic() - STANDS
        for name, taking in self._takings.items():
            if taking.waits and taking.ring is not None:
                taking.due(taking.ring.newest)
            if taking.waits and self._seen.get(name, 0.0) < still and self._thread.ident is not None:
                taking.finish()
        told = []
        while self._done:
            camera, track, id, message = self._done.popleft()
            self._takings[camera].kept(track, id)
            told.append(message)
        return told

    def health(self, camera: str) -> Mapping[str, Any]:
        """How many were kept, how many were lost, and why none can be kept now."""
        counts = self._counts[camera]
        dropped = counts["failed"] + self._takings[camera].dropped
        return {"kept": counts["kept"], "dropped": dropped, "reason": self._fault}

    def keep(self, taken: Taken) -> None:
        """Make and store one, here and now. What fails is counted and told."""
        try:
            hider, store = self._ready()
            made = make(taken, self._name(taken), self.settings, hider)
            where = place(taken.camera, taken.frame.ts, made.manifest.id)
            data = manifest.encode(made.manifest)
            (self._carrying.waiting if self._carrying is not None else store).put(where, made.files, data)
        except (StoreFailed, ModelError) as error:
            self._failed(taken.camera, str(error))
            return
        except Exception as error:  # noqa: BLE001  what nothing can be made of must not end what comes after
            self._failed(taken.camera, f"evidence could not be made ({type(error).__name__}: {error})")
            return
        self._fault = ""
        self._counts[taken.camera]["kept"] += 1
        message = f"cameras/{taken.camera}/evidence", manifest.message(data, store.url(where))
        self._done.append((taken.camera, taken.told["track"], made.manifest.id, message))

    def _take(self, taken: Taken) -> bool:
        if self._thread.ident is None:  # nothing runs beside: a clip is watched at full speed
            self.keep(taken)
            return True
        try:
            self._jobs.put_nowait(taken)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        if hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not (self._stopping.is_set() and self._jobs.empty()):
            with contextlib.suppress(queue.Empty):
                self.keep(self._jobs.get(timeout=LOOK))
            at = time.monotonic()
            if self._stopping.is_set():
                continue
            if at >= max(self._pruned + PRUNE, self._tried + AGAIN):
                self._prune(at)
            if self._carrying is not None and (not self._carrying.failed or at >= self._carried + AGAIN):
                self._carry(self._carrying, at)

    def _at(self) -> Store:
        """The store. Raises StoreFailed."""
        if self._store is None:
            self._store = Store(self.settings.store)
            if not self._store.local and self.settings.waiting is not None:
                room = self.settings.waiting_room * 1_000_000
                self._carrying = Carrying(Store(str(self.settings.waiting)), self._store, room)
        return self._store

    def _ready(self) -> tuple[Hider, Store]:
        """What it takes to keep anything. Raises ModelError, StoreFailed."""
        if self._hider is None:
            self._hider = Hider(self.settings.faces)
        return self._hider, self._at()

    def _failed(self, camera: str, reason: str) -> None:
        self._counts[camera]["failed"] += 1
        self._tell(f"{camera}: no evidence was kept: {reason}")

    def _tell(self, reason: str) -> None:
        if reason != self._fault:
            self._fault = reason
            self._say(reason)

    def _prune(self, at: float) -> None:
        self._tried = at
        try:
            store = self._at()
            if self._carrying is not None:
                prune(self._carrying.waiting, self._now(), self.settings.keep)
            pruned = prune(store, self._now(), self.settings.keep)
        except StoreFailed as error:
            self._tell(str(error))
            return
        self._pruned = at
        if any(pruned):
            self._say(
                f"{store.shown}: {pruned.old} older than may be kept were deleted, {pruned.unfinished} unfinished"
            )

    def _carry(self, carrying: Carrying, at: float) -> None:
        self._carried, dropped = at, carrying.dropped
        try:
            carrying.carry(lambda: self._stopping.is_set() or not self._jobs.empty())
        except StoreFailed as error:
            self._say(f"{error}; evidence waits in {self.settings.waiting}")
        if carrying.dropped > dropped:
            self._say(f"{self.settings.waiting}: full; {carrying.dropped} were dropped, the oldest first")

"""worker: some cameras in one process: their streams are read, their pictures looked at, and messages go out.

Each stream has a reader's thread, which is in FFmpeg most of the time; cameras of which there are snapshots share a few
threads in rotation. One thread looks, at the newest picture of each camera in turn, publishes, and beats: while a
watcher hangs there is no beat, and whoever minds this process ends it (cameras/supervisor.py).
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping

from cameras.backoff import Backoff
from cameras.health import Health
from cameras.looking import Looking
from cameras.reading import Reader, Say
from cameras.sampling import Newest
from cameras.settings import CameraSettings
from cameras.streams import Picture, StreamFailed
from cameras.watcher import Frame, Watcher

LOOK = 0.25
"""Seconds between two looks at what there is to do besides pictures."""

Publish = Callable[[str, bytes], object]
"""(topic, payload): a message goes out. Called by one thread."""
Watchers = Mapping[str, Watcher]


class Worker:
    """Cameras at work until `stop`. watchers: of each camera, by name. beat: called several times a second while all is
    well."""

    def __init__(
        self,
        cameras: Mapping[str, CameraSettings],
        watchers: Mapping[str, Watchers],
        publish: Publish,
        say: Say,
        beat: Callable[[], object] = int,
        *,
        at_once: int = 2,
        environment: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._publish, self._say, self._beat, self._now = publish, say, beat, now
        self._stopping = threading.Event()
        self._newest: Newest[Picture] = Newest()
        self._readers = {
            name: Reader(
                name,
                settings,
                self._newest,
                say,
                self._stopping,
                environment=environment,
                now=now,
                backoff=backoff(),
            )
            for name, settings in cameras.items()
        }
        first = int(now())
        self._looking = {
            name: Looking(
                name,
                watchers.get(name, {}),
                {zone: area.zone(zone) for zone, area in settings.zones.items()},
                first,
                failed=self._told_of(name),
            )
            for name, settings in cameras.items()
        }
        self._health = {name: Health(name, reader.doing) for name, reader in self._readers.items()}
        self._rota = _Rota([reader for reader in self._readers.values() if reader.settings.every is not None])
        self._at_once = at_once
        self._told = 0.0

    def run(self) -> None:
        """Until `stop`; returns about a second later."""
        threads = [
            threading.Thread(target=reader.run, name=f"camera-{name}", daemon=True)
            for name, reader in self._readers.items()
            if reader.settings.every is None
        ]
        threads += [
            threading.Thread(target=self._snapshots, name=f"snapshots-{n}", daemon=True)
            for n in range(min(self._at_once, len(self._readers) - len(threads)))
        ]
        for thread in threads:
            thread.start()
        try:
            while not self._stopping.is_set():
                self._look()
                self._tell()
        finally:
            self._stopping.set()
            end = time.monotonic() + 1.0
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))

    def stop(self) -> None:
        """From any thread, or a signal handler."""
        self._stopping.set()

    def _look(self) -> None:
        found = self._newest.take(LOOK)
        if found is None:
            return
        name, picture = found
        looking = self._looking[name]
        try:
            image = picture.image()
        except StreamFailed:
            self._readers[name].doing.undecodable += 1
            return
        messages = looking.look(Frame(picture.ts, image))
        self._health[name].looked(looking.away)
        for topic, payload in messages:
            self._publish(topic, payload)

    def _tell(self) -> None:
        """Health where it is time, and the beat while every reader is well."""
        at = time.monotonic()
        if at < self._told + LOOK:
            return
        self._told = at
        for health in self._health.values():
            payload = health.due(self._now())
            if payload is not None:
                self._publish(f"cameras/{health.camera}/health", payload)
        if not any(reader.hangs() for reader in self._readers.values()):
            self._beat()

    def _snapshots(self) -> None:
        while (reader := self._rota.next(self._stopping)) is not None:
            reader.snapshot()
            self._rota.done(reader)

    def _told_of(self, camera: str) -> Callable[[str, Exception], None]:
        def told(watcher: str, error: Exception) -> None:
            what = f"the watcher '{watcher}' failed ({type(error).__name__}: {error})"
            self._say(f"{camera}: {what} and is begun anew after a while; the camera's others go on")

        return told


class _Rota:
    """Whose snapshot is due. A camera is in no two hands at once."""

    def __init__(self, readers: list[Reader]) -> None:
        self._order = itertools.count()
        self._due = [(time.monotonic(), next(self._order), reader) for reader in readers]
        self._lock = threading.Lock()

    def next(self, stopping: threading.Event) -> Reader | None:
        """The next that is due, when it is; None: it is time to stop."""
        while not stopping.is_set():
            with self._lock:
                if self._due and self._due[0][0] <= time.monotonic():
                    return heapq.heappop(self._due)[2]
            stopping.wait(LOOK)
        return None

    def done(self, reader: Reader) -> None:
        """It is due again `every` from now: a camera that answers slowly is not asked more often."""
        with self._lock:
            due = time.monotonic() + (reader.settings.every or 0.0)
            heapq.heappush(self._due, (due, next(self._order), reader))

"""worker: some cameras in one process: their streams are read, their pictures looked at, and messages go out.

Each stream has a reader's thread, which is in FFmpeg most of the time; cameras of which there are snapshots share a few
threads in rotation. One thread looks, at the newest picture of each camera in turn, publishes, and beats: while a
watcher hangs there is no beat, and whoever minds this process ends it (cameras/supervisor.py). Cameras whose watchers
share a model are looked at together: the newest picture of each that waits. A camera that says by ONVIF where it points
has a thread that asks it.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from cameras.evidence.keeping import Keeping
from cameras.evidence.settings import EvidenceSettings
from cameras.health import Health
from cameras.latest import Latest
from cameras.latest_settings import LatestSettings
from cameras.looking import Looking, look_together
from cameras.platforms.door import Doors
from cameras.pointing import Asking
from cameras.presets import scenes
from cameras.reading import Reader, Say
from cameras.sampling import Newest
from cameras.settings import CameraSettings
from cameras.streams import Picture, StreamFailed
from cameras.watcher import Frame, Watcher
from pipeline.backoff import Backoff

TOGETHER = 8
"""Pictures of several cameras that are looked at together, at most: more would make one model no faster."""
LOOK = 0.25
"""Seconds between two looks at what there is to do besides pictures."""
GOODBYE = 1.0
"""Seconds that there are for evidence that is being made when it is to stop."""

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
        evidence: EvidenceSettings | None = None,
        frames: LatestSettings | None = None,
        doors: Doors | None = None,
        environment: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._publish, self._say, self._beat, self._now = publish, say, beat, now
        self._stopping = threading.Event()
        self._gone = {name: threading.Event() for name in cameras}
        self._newest: Newest[Picture] = Newest()
        self._keeping = keeping = Keeping(evidence, say, now=now) if evidence is not None else None
        self._latest = Latest(frames, cameras, say) if frames is not None else None
        rings = {name: keeping.ring() for name, each in cameras.items() if keeping and each.every is None}
        self._readers = {
            name: Reader(
                name,
                settings,
                self._newest,
                say,
                self._gone[name],
                environment=environment,
                now=now,
                backoff=backoff(),
                ring=rings.get(name),
                doors=doors,
            )
            for name, settings in cameras.items()
        }
        self._asking = {
            name: Asking(name, settings, settings.onvif, say, self._gone[name], environment, backoff())
            for name, settings in cameras.items()
            if settings.onvif is not None and settings.presets
        }
        first = int(now())
        self._looking = {
            name: Looking(
                name,
                watchers.get(name, {}),
                dict(settings.views(name)),
                first,
                scenes(settings, self._unread(name), self._asking[name].pointing if name in self._asking else None),
                failed=self._told_of(name),
                witness=keeping.camera(name, rings.get(name), self._readers[name].doing.whose) if keeping else None,
            )
            for name, settings in cameras.items()
        }
        self._health = {
            name: Health(name, reader.doing, partial(keeping.health, name) if keeping else None)
            for name, reader in self._readers.items()
        }
        self._rota = _Rota([reader for reader in self._readers.values() if _shares(reader)])
        self._together = {name for name, each in watchers.items() if any(one.together for one in each.values())}
        self._at_once = at_once
        self._told = 0.0

    def run(self) -> None:
        """Until `stop`; returns about a second later."""
        threads = [
            threading.Thread(target=reader.run, name=f"camera-{name}", daemon=True)
            for name, reader in self._readers.items()
            if not _shares(reader)
        ]
        threads += [
            threading.Thread(target=self._snapshots, name=f"snapshots-{n}", daemon=True)
            for n in range(min(self._at_once, len(self._readers) - len(threads)))
        ]
        threads += [
            threading.Thread(target=asking.run, name=f"onvif-{name}", daemon=True)
            for name, asking in self._asking.items()
        ]
        for thread in threads:
            thread.start()
        for beside in (self._keeping, self._latest):
            if beside is not None:
                beside.start()
        try:
            while not self._stopping.is_set():
                self._let_go()
                self._look()
                self._tell()
        finally:
            self.stop()
            if self._latest is not None:
                self._latest.stop()
            if self._keeping is not None:
                self._keeping.stop(GOODBYE)
                self._say_kept()
            end = time.monotonic() + 1.0
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))

    def stop(self) -> None:
        """From any thread, or a signal handler."""
        self._stopping.set()
        for gone in self._gone.values():
            gone.set()

    def drop(self, camera: str) -> None:
        """Let go of one camera; the others go on. From any thread."""
        if camera in self._gone:
            self._gone[camera].set()

    def _let_go(self) -> None:
        for name in [name for name in self._readers if self._gone[name].is_set()]:
            del self._readers[name], self._looking[name], self._health[name]

    def _look(self) -> None:
        pictures = []
        for name, picture in self._newest.take(LOOK, TOGETHER, self._together.__contains__):
            if name not in self._readers:  # its last one came after it had been let go
                continue
            try:
                pictures.append((self._looking[name], Frame(picture.ts, picture.image())))
            except StreamFailed:
                self._readers[name].doing.undecodable += 1
        for (looking, frame), messages in zip(pictures, look_together(pictures), strict=True):
            self._health[looking.camera].looked(looking.away)
            if self._latest is not None:
                self._latest.see(looking.camera, frame, looking.scene)
            for topic, payload in messages:
                self._publish(topic, payload)

    def _tell(self) -> None:
        """Health where it is time, and the beat while every reader is well."""
        at = time.monotonic()
        if at < self._told + LOOK:
            return
        self._told = at
        self._say_kept()
        for health in self._health.values():
            payload = health.due(self._now())
            if payload is not None:
                self._publish(f"cameras/{health.camera}/health", payload)
        if not any(reader.hangs() for reader in self._readers.values()):
            self._beat()

    def _say_kept(self) -> None:
        """Which evidence has been kept since, and the latest pictures."""
        for beside in (self._keeping, self._latest):
            for topic, payload in beside.tell() if beside is not None else ():
                self._publish(topic, payload)

    def _snapshots(self) -> None:
        while (reader := self._rota.next(self._stopping)) is not None:
            if not self._gone[reader.name].is_set():
                reader.snapshot()
                self._rota.done(reader)

    def _unread(self, camera: str) -> Callable[[str], object]:
        return lambda what: self._say(f"{camera}: {what}; that preset is not known by it")

    def _told_of(self, camera: str) -> Callable[[str, Exception], None]:
        def told(watcher: str, error: Exception) -> None:
            what = f"the watcher '{watcher}' failed ({type(error).__name__}: {error})"
            self._say(f"{camera}: {what} and is begun anew after a while; the camera's others go on")

        return told


def _shares(reader: Reader) -> bool:
    """It takes snapshots, and needs no thread of its own: it does not wait for a platform."""
    return reader.settings.every is not None and reader.settings.platform is None


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

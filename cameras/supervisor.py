"""supervisor: the processes in which cameras are at work, minded: what ends or hangs comes back.

Cameras share processes, `together` at most. A process that ends by itself, or whose watchers hang, costs only its own
cameras: they are told as down and come back after a while, longer each time. If it does so again before it was steady,
it comes back as two with half of its cameras each: so a poisoned stream is soon alone, and the others go on for good.

What a process says comes through a pipe, as bytes that are only ever taken for topic and payload, of its own cameras'
topics and bounded in size: a process in which a stream has got the better of FFmpeg can tell lies about its cameras,
and little more (cameras/confine.py). It ends when the supervisor does: the kernel ends it (Linux), and so does the
broken pipe.

Cameras may change while others go on: those that are as they were are left alone, the others are let go by the process
that has them, and begun in new ones.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Protocol

from cameras.confine import environment_for
from cameras.evidence.settings import EvidenceSettings
from cameras.health import down
from cameras.latest_settings import LatestSettings
from cameras.platforms.door import WANT
from cameras.platforms.doorman import Tell
from cameras.settings import CamerasSettings
from cameras.watcher import Watcher
from cameras.words import Words
from cameras.working import DROP, PLACE, Job
from pipeline.backoff import Backoff

STEADY = 600.0
"""Seconds: a process that ran for so long is well."""
MIND = 0.25
"""Seconds between two looks at the processes."""
START = 30.0
"""Seconds that a process may take until its first beat: it imports FFmpeg, NumPy and OpenCV."""
GOODBYE = 3.0
"""Seconds that processes have to close their streams."""
LARGEST = 1 << 24
"""Bytes of a message; what says more is ended."""
TOLD = frozenset({"sightings", "readings", "health", "evidence", "frame"})
"""What a process may tell of its cameras: the last level of a topic."""
_SIGNALS = {each.value: each.name for each in signal.Signals}

Publish = Callable[[str, bytes], object]
Watchers = Mapping[str, Mapping[str, Watcher]]


class Gates(Protocol):
    """Where cameras of platforms ask for their streams (cameras/platforms/running.py)."""

    def hear(self, owner: int, camera: str, word: bytes, tell: Tell) -> None: ...
    def lost(self, owner: int) -> None: ...


class Log(Protocol):
    """The part of structlog's loggers that is used here."""

    def info(self, event: str, /, **context: Any) -> Any: ...
    def warning(self, event: str, /, **context: Any) -> Any: ...


@dataclass(slots=True)
class Group:
    """Cameras that share a process."""

    cameras: tuple[str, ...]
    backoff: Backoff
    due: float = 0.0
    """When it is started again, on the monotonic clock; without meaning while it runs."""
    process: subprocess.Popen[bytes] | None = None
    pipe: Connection | None = None
    began: float = 0.0
    beat: float = 0.0
    """When it was last heard of, on the monotonic clock."""
    reader: threading.Thread | None = None
    telling: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Supervisor:
    """Minds the processes from `start` to `stop`.

    watchers: of each camera, by name; they go to its process by pickle. publish: called for each message, by one thread
    at a time; it must neither wait for a network nor raise, since nothing is read from the processes meanwhile.
    evidence, frames: what is kept and shown, of all of them; None: nothing. gates: None: no camera is a platform's.
    environment: a process gets of it what its
    own cameras name. backoff: makes the wait of a group of cameras whose process has ended.
    """

    settings: CamerasSettings
    watchers: Watchers
    publish: Publish
    log: Log
    backoff: Callable[[], Backoff] = Backoff
    now: Callable[[], float] = time.time
    evidence: EvidenceSettings | None = None
    frames: LatestSettings | None = None
    gates: Gates | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    groups: list[Group] = field(default_factory=list)
    starts: int = 0
    """How many processes were started."""
    _wanted: tuple[CamerasSettings, Watchers, EvidenceSettings | None, LatestSettings | None] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _one: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin; returns at once."""
        self._begin(self.settings.cameras)
        self._thread = threading.Thread(target=self._mind, name="cameras", daemon=True)
        self._thread.start()

    def change(
        self,
        settings: CamerasSettings,
        watchers: Watchers,
        evidence: EvidenceSettings | None = None,
        frames: LatestSettings | None = None,
    ) -> None:
        """From now on these; returns at once."""
        self._wanted = settings, watchers, evidence, frames

    def stop(self) -> None:
        """End the processes; returns when they have ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self, names: Iterable[str]) -> None:
        """Cameras that no group has yet."""
        fresh = sorted(names)
        count = -(-len(fresh) // self.settings.together)
        # In turn, so that processes have as many cameras as each other.
        self.groups += [Group(tuple(fresh[n::count]), self.backoff()) for n in range(count)]

    def _mind(self) -> None:
        """The thread. It starts the processes too: where the kernel ends children, it is with the thread that started
        them."""
        try:
            while not self._stopping.wait(MIND):
                wanted, self._wanted = self._wanted, None
                if wanted is not None:
                    self._change(*wanted)
                for group in list(self.groups):
                    self._look_after(group)
        finally:
            self._end(self.groups)

    def _described(self) -> dict[str, Any]:
        """All that a camera's process goes by, by camera."""
        shared = self.evidence, self.frames
        return {name: (each, self.watchers.get(name), *shared) for name, each in self.settings.cameras.items()}

    def _change(
        self,
        settings: CamerasSettings,
        watchers: Watchers,
        evidence: EvidenceSettings | None,
        frames: LatestSettings | None,
    ) -> None:
        old = self._described()
        self.settings, self.watchers, self.evidence, self.frames = settings, watchers, evidence, frames
        new = self._described()
        for group in list(self.groups):
            stay = tuple(name for name in group.cameras if new.get(name) == old[name])
            gone, group.cameras = set(group.cameras) - set(stay), stay
            if not stay:
                self.groups.remove(group)
                self._end([group])
            elif group.pipe is not None:
                for name in sorted(gone):
                    _tell(group, group.pipe, DROP, name)
        with self._one:
            for name in sorted(old.keys() - new.keys()):
                self.publish(f"cameras/{name}/health", down(self.now(), "the configuration has it no more"))
        self._begin(name for name in new if new[name] != old.get(name))

    def _look_after(self, group: Group) -> None:
        at = time.monotonic()
        if group.process is None:
            if at >= group.due:
                self._start(group)
            return
        code = group.process.poll()
        patience = self.settings.heartbeat if group.beat > group.began else max(START, self.settings.heartbeat)
        if code is None and at - max(group.beat, group.began) > patience:
            group.process.kill()
            group.process.wait()
            self._ended(group, f"it did nothing for {patience:g} s: a watcher or a stream hangs")
        elif code is not None:
            self._ended(group, f"exit code {code}" if code >= 0 else f"signal {_SIGNALS.get(-code, -code)}")

    def _start(self, group: Group) -> None:
        cameras = {name: self.settings.cameras[name] for name in group.cameras}
        watchers = {name: dict(self.watchers.get(name, {})) for name in group.cameras}
        job = Job(cameras, watchers, self.settings.at_once, self.evidence, self.frames)
        named = (each for one in cameras.values() for each in one.variables)
        ours, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-P", "-m", "cameras.working", str(theirs.fileno()), str(os.getpid())]
            try:
                group.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                    env=environment_for(self.environment, named, keeps=self.evidence is not None),
                )
            except OSError as error:
                ours.close()
                self._later(group, f"can't be started ({error.strerror})")
                return
        self.starts += 1
        group.pipe = ours
        with contextlib.suppress(OSError):  # it has just ended; that is seen to elsewhere
            ours.send_bytes(pickle.dumps(job))
        group.began, group.beat = time.monotonic(), 0.0
        # A thread of its own for each pipe: a process that is stopped in the midst of a message holds up no other.
        words = Words(self.log.info, time.monotonic)
        group.reader = threading.Thread(
            target=self._read, args=(group, ours, words), name="camera-messages", daemon=True
        )
        group.reader.start()
        threading.Thread(target=words.listen, args=(group.process.stderr,), name="camera-words", daemon=True).start()

    def _read(self, group: Group, pipe: Connection, words: Words) -> None:
        try:
            self._hear(group, pipe, words)
        finally:
            if self.gates is not None:
                self.gates.lost(id(pipe))

    def _hear(self, group: Group, pipe: Connection, words: Words) -> None:
        def tell(camera: str, word: str, text: str) -> None:
            _tell(group, pipe, word, camera, text)

        with pipe:
            while True:
                try:
                    said = pipe.recv_bytes(LARGEST)
                except (EOFError, OSError):
                    return
                group.beat = time.monotonic()
                head, line, payload = said.partition(b"\n")
                topic = head.decode("utf-8", "replace")
                level = topic.split("/")
                if not line:
                    continue
                if level[-1] == PLACE:
                    ours = len(level) == 3 and (level[1] in group.cameras or payload != WANT)
                    if ours and self.gates is not None:
                        self.gates.hear(id(pipe), level[1], payload, tell)
                    continue
                with self._one:
                    if not topic:
                        words.say(payload)
                    elif len(level) == 3 and level[0] == "cameras" and level[1] in group.cameras and level[2] in TOLD:
                        self.publish(topic, payload)

    def _ended(self, group: Group, how: str) -> None:
        """Its process has ended without being asked to."""
        self._let_go(group)
        self._later(group, f"has ended ({how})")

    def _later(self, group: Group, how: str) -> None:
        """It has no process, and gets one after a while."""
        steady = time.monotonic() - group.began > STEADY
        if steady:
            group.backoff.reset()
        wait = group.backoff.delay()
        group.due = time.monotonic() + wait
        told = f"the process of {', '.join(group.cameras)} {how}; started again in {wait:.1f} s"
        self.log.warning(told)
        with self._one:
            for name in group.cameras:
                self.publish(f"cameras/{name}/health", down(self.now(), f"its process {how}"))
        if not steady and len(group.cameras) > 1:
            half = len(group.cameras) // 2
            other = Group(group.cameras[half:], self.backoff(), group.due)
            group.cameras = group.cameras[:half]
            self.groups.append(other)

    def _end(self, groups: Iterable[Group]) -> None:
        at_work = [(group, group.process) for group in groups if group.process is not None]
        for _, process in at_work:
            process.terminate()
        end = time.monotonic() + GOODBYE
        for group, process in at_work:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._let_go(group)

    def _let_go(self, group: Group) -> None:
        """Its process has ended: hear its last words."""
        if group.reader is not None:
            group.reader.join(GOODBYE)
        group.process = group.pipe = group.reader = None


def _tell(group: Group, pipe: Connection, word: str, camera: str, text: str = "") -> None:
    """A process that has just ended hears nothing; that is seen to elsewhere."""
    with group.telling, contextlib.suppress(OSError):
        pipe.send_bytes(f"{word}\n{camera}\n{text}".encode())

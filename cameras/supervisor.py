"""supervisor: the processes in which cameras are at work, minded: what ends or hangs comes back.

Cameras share processes, `together` at most. A process that ends by itself, or whose watchers hang, costs only its own
cameras: they are told as down and come back after a while, longer each time. If it does so again before it was steady,
it comes back as two with half of its cameras each: so a poisoned stream is soon alone, and the others go on for good.

What a process says comes through a pipe, as bytes that are only ever taken for topic and payload: a process in which a
stream has got the better of FFmpeg can tell lies about its cameras, and nothing more. It ends when the supervisor does:
the kernel ends it (Linux), and so does the broken pipe.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol

from cameras.backoff import Backoff
from cameras.health import down
from cameras.settings import CameraSettings, CamerasSettings
from cameras.watcher import Watcher

STEADY = 600.0
"""Seconds: a process that ran for so long is well."""
MIND = 0.25
"""Seconds between two looks at the processes."""
START = 30.0
"""Seconds that a process may take until its first beat: it imports FFmpeg, NumPy and OpenCV."""
GOODBYE = 3.0
"""Seconds that processes have to close their streams."""
_PDEATHSIG = 1
"""prctl(2): which signal is sent when the parent ends."""

Publish = Callable[[str, bytes], object]
Watchers = Mapping[str, Mapping[str, Watcher]]


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
    process: Any = None
    began: float = 0.0
    beat: float = 0.0
    """When it was last heard of, on the monotonic clock."""
    starts: int = 0
    reader: threading.Thread | None = None


@dataclass(slots=True)
class Supervisor:
    """Minds the processes from `start` to `stop`.

    watchers: of each camera, by name; they go to its process by pickle. publish: called for each message, by one thread
    at a time; it must neither wait for a network nor raise, since nothing is read from the processes meanwhile.
    backoff: makes the wait of a group of cameras whose process has ended.
    """

    settings: CamerasSettings
    watchers: Watchers
    publish: Publish
    log: Log
    backoff: Callable[[], Backoff] = Backoff
    now: Callable[[], float] = time.time
    groups: list[Group] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _one: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        names, size = sorted(self.settings.cameras), self.settings.together
        count = -(-len(names) // size)
        # In turn, so that processes have as many cameras as each other.
        self.groups = [Group(tuple(names[n::count]), self.backoff()) for n in range(count)]
        self._thread = threading.Thread(target=self._mind, name="cameras", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the processes; returns when they have ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _mind(self) -> None:
        """The thread. It starts the processes too: where the kernel ends children, it is with the thread that started
        them."""
        try:
            while not self._stopping.wait(MIND):
                for group in list(self.groups):
                    self._look_after(group)
        finally:
            self._end()

    def _look_after(self, group: Group) -> None:
        at = time.monotonic()
        if group.process is None:
            if at >= group.due:
                self._start(group)
            return
        code = group.process.exitcode
        patience = self.settings.heartbeat if group.beat > group.began else max(START, self.settings.heartbeat)
        if code is None and at - max(group.beat, group.began) > patience:
            group.process.kill()
            group.process.join()
            self._ended(group, f"it did nothing for {patience:g} s: a watcher or a stream hangs")
        elif code is not None:
            self._ended(group, f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}")

    def _start(self, group: Group) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        cameras = {name: self.settings.cameras[name] for name in group.cameras}
        watchers = {name: dict(self.watchers.get(name, {})) for name in group.cameras}
        group.process = context.Process(
            target=work, args=(theirs, cameras, watchers, self.settings.at_once, os.getpid()), name="cameras"
        )
        group.process.start()
        theirs.close()
        group.began, group.beat, group.starts = time.monotonic(), 0.0, group.starts + 1
        # A thread of its own for each pipe: a process that is stopped in the midst of a message holds up no other.
        group.reader = threading.Thread(target=self._read, args=(group, ours), name="camera-messages", daemon=True)
        group.reader.start()

    def _read(self, group: Group, pipe: Connection) -> None:
        with pipe:
            while True:
                try:
                    said = pipe.recv_bytes()
                except (EOFError, OSError):
                    return
                group.beat = time.monotonic()
                topic, line, payload = said.partition(b"\n")
                if not line:
                    continue
                with self._one:
                    if topic:
                        self.publish(topic.decode("utf-8", "replace"), payload)
                    else:
                        self.log.info(payload.decode("utf-8", "replace"))

    def _ended(self, group: Group, how: str) -> None:
        """Its process has ended without being asked to."""
        if group.reader is not None:
            group.reader.join(GOODBYE)
        group.process.close()
        group.process = None
        steady = time.monotonic() - group.began > STEADY
        if steady:
            group.backoff.reset()
        wait = group.backoff.delay()
        group.due = time.monotonic() + wait
        names = ", ".join(group.cameras)
        told = f"the process of {names} has ended ({how}); started again in {wait:.1f} s"
        self.log.warning(told)
        with self._one:
            for name in group.cameras:
                self.publish(f"cameras/{name}/health", down(self.now(), f"its process has ended ({how})"))
        if not steady and len(group.cameras) > 1:
            half = len(group.cameras) // 2
            other = Group(group.cameras[half:], self.backoff(), group.due)
            group.cameras = group.cameras[:half]
            self.groups.append(other)

    def _end(self) -> None:
        processes = [group.process for group in self.groups if group.process is not None]
        for process in processes:
            process.terminate()
        end = time.monotonic() + GOODBYE
        for process in processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()
        for group in self.groups:
            if group.reader is not None:
                group.reader.join(GOODBYE)


def work(
    pipe: Connection,
    cameras: Mapping[str, CameraSettings],
    watchers: Watchers,
    at_once: int,
    parent: int,
) -> None:
    """The life of one process. parent: its supervisor's process id."""
    _end_with(parent)
    from cameras.worker import Worker

    one = threading.Lock()

    def send(message: bytes) -> None:
        try:
            with one:
                pipe.send_bytes(message)
        except OSError:
            os._exit(1)  # nobody is there to hear it

    worker = Worker(
        cameras,
        watchers,
        lambda topic, payload: send(topic.encode() + b"\n" + payload),
        lambda said: send(b"\n" + said.encode()),
        lambda: send(b""),
        at_once=at_once,
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the supervisor too, which asks us to end
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()
    os._exit(0)  # readers may be in FFmpeg still, which has seconds to spare


def _end_with(parent: int) -> None:
    """Let the kernel end this process when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)

"""doorman: lets cameras of one platform in, so many at once: asks it for their streams, and ends what nobody reads.

Cameras are in several processes; this is in the one that minds them, which alone knows the platform's secrets and how
many streams are open in all. One thread decides (cameras/platforms/turns.py), a few others wait for the platform.

A stream that the platform does not end when it is asked to counts as open for `linger` more, in which platforms end by
themselves what nobody reads. A camera whose process has gone has left.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from cameras.platforms.door import BACK, GO, NO
from cameras.platforms.gateway import Gateway, GatewayFailed, Granted
from cameras.platforms.settings import OfPlatform
from cameras.platforms.turns import Turns

LOOK = 0.2
"""Seconds between two looks at whose turn is over."""
CALLS = 8
"""Requests to one platform at the same time, at most."""
GOODBYE = 5.0
"""Seconds that there are to end streams when it is to stop."""

Who = tuple[int, str]
"""A process, and its camera."""
Tell = Callable[[str, str, str], object]
"""(camera, word, text): to the process that asked."""


class Log(Protocol):
    """The part of structlog's loggers that is used here."""

    def warning(self, event: str, /, **context: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Count:
    """How a platform is doing."""

    streams: int
    """Places that are taken."""
    most: int
    waiting: int
    longest: float
    """How long the camera waits that waits longest, seconds."""
    given: int
    """Streams, since it began; as are the next two."""
    refused: int
    unstopped: int


@dataclass(slots=True)
class _Camera:
    of: OfPlatform
    tell: Tell
    gateway: Gateway | None = None
    """That gave, or is giving, its stream."""
    granted: Granted | None = None
    left: bool = False
    """It left before the platform had answered."""
    renew: float = 0.0
    """When the platform is told that it still looks, on the monotonic clock."""


class Doorman:
    """`start`, `stop` from one thread; `want`, `done`, `lost`, `change`, `count` from any."""

    def __init__(self, gateway: Gateway, log: Log) -> None:
        self._gateway, self._log = gateway, log
        self._turns: Turns[Who] = Turns(gateway.settings.streams, gateway.settings.turn)
        self._cameras: dict[Who, _Camera] = {}
        self._later: list[tuple[float, Who]] = []
        """When what could not be stopped counts no more."""
        self._todo: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._given = self._refused = self._unstopped = 0
        self._told = ""
        """What went wrong last with a stream that is there; '' where one was ended since."""
        self._count = self._counted(0.0)
        self._closed = False
        self._left, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"platform-{gateway.name}", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"platform-{gateway.name}-{n}", daemon=True)
            for n in range(min(CALLS, gateway.settings.streams + 1))
        ]

    def start(self) -> None:
        for each in (self._thread, *self._workers):
            each.start()

    def stop(self) -> None:
        """Streams that are open are ended, if that is quickly done."""
        end = time.monotonic() + GOODBYE
        self._todo.put(self._leave_all)
        self._left.wait(GOODBYE)
        self._ending.set()
        self._todo.put(None)
        self._thread.join()
        for _ in self._workers:
            self._calls.put(None)
        for each in self._workers:
            each.join(max(0.0, end - time.monotonic()))

    def want(self, owner: int, camera: str, of: OfPlatform, tell: Tell) -> None:
        """A camera's process asks for its stream."""
        self._todo.put(partial(self._want, (owner, camera), of, tell))

    def done(self, owner: int, camera: str) -> None:
        """... and looks at it no more."""
        self._todo.put(partial(self._done, (owner, camera)))

    def lost(self, owner: int) -> None:
        """A process has ended, and all its cameras have left."""
        self._todo.put(partial(self._lost, owner))

    def change(self, gateway: Gateway) -> None:
        """From now on it is asked so. What is open stays open, and is ended by those that opened it."""
        self._todo.put(partial(self._change, gateway))

    def count(self) -> Count:
        return self._count

    # The thread.

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                what = self._todo.get(timeout=LOOK)
            except queue.Empty:
                what = int
            if what is not None:
                what()
            self._look(time.monotonic())

    def _look(self, at: float) -> None:
        for each in [each for each in self._later if each[0] <= at]:
            self._later.remove(each)
            self._turns.ended(each[1])
        if self._closed and self._turns.taken == len(self._later):
            self._left.set()
        while not self._closed and (who := self._turns.take(at)) is not None:
            camera = self._cameras[who]
            camera.gateway = self._gateway
            self._calls.put(partial(self._play, who, camera, self._gateway))
        for who in self._turns.over(at):
            self._tell(who, BACK, "")
        for camera in self._cameras.values():
            self._renew(camera, at)
        self._count = self._counted(at)

    def _counted(self, at: float) -> Count:
        turns, done = self._turns, (self._given, self._refused, self._unstopped)
        return Count(turns.taken, turns.places, turns.waiting, turns.longest(at), *done)

    def _renew(self, camera: _Camera, at: float) -> None:
        if (
            camera.granted is None
            or camera.gateway is None
            or camera.gateway.settings.alive is None
            or at < camera.renew
        ):
            return
        camera.renew = at + camera.gateway.settings.alive.every
        self._calls.put(partial(self._alive, camera.gateway, camera.granted))

    def _tell(self, who: Who, word: str, text: str) -> None:
        self._cameras[who].tell(who[1], word, text)

    def _want(self, who: Who, of: OfPlatform, tell: Tell) -> None:
        if who in self._cameras:  # its last words were lost
            self._done(who)
        if who in self._cameras:  # the platform is being asked already
            self._cameras[who].left = False
            return
        self._cameras[who] = _Camera(of, tell)
        self._turns.want(who, of.priority, time.monotonic())

    def _done(self, who: Who) -> None:
        camera = self._cameras.get(who)
        if camera is None:
            return
        if camera.gateway is not None and camera.granted is None:
            camera.left = True  # the platform is being asked: its answer is waited for
            return
        del self._cameras[who]
        if self._turns.leave(who):
            self._end(who, camera)

    def _lost(self, owner: int) -> None:
        for who in [each for each in self._cameras if each[0] == owner]:
            self._done(who)
            self._turns.forget(who)

    def _leave_all(self) -> None:
        """No more are let in."""
        self._closed = True
        for who in list(self._cameras):
            self._done(who)

    def _change(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._turns.places, self._turns.turn = gateway.settings.streams, gateway.settings.turn

    def _played(self, who: Who, camera: _Camera, granted: Granted | None, why: str) -> None:
        """The platform has answered. granted: None: it refused."""
        camera.granted = granted
        self._given += granted is not None
        self._refused += granted is None
        if granted is None or camera.left:
            del self._cameras[who]
            self._turns.leave(who)
            if not camera.left:
                camera.tell(who[1], NO, why)
            self._end(who, camera)
            return
        at = time.monotonic()
        self._turns.began(who, at)
        alive = self._gateway.settings.alive
        camera.renew = at + (alive.every if alive is not None else 0.0)
        camera.tell(who[1], GO, granted.url)

    def _end(self, who: Who, camera: _Camera) -> None:
        self._calls.put(partial(self._stop, who, camera, camera.gateway or self._gateway))

    def _stopped(self, who: Who, camera: _Camera, why: str) -> None:
        if not why:
            self._turns.ended(who)
            self._told = ""
            return
        self._unstopped += 1
        linger = self._gateway.settings.linger
        if why != self._told:
            self._log.warning(f"{camera.of.shown}: its stream can't be ended: {why}; it counts for {linger:g} s more")
        self._told = why
        self._later.append((time.monotonic() + linger, who))

    # The others: what takes long.

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def _play(self, who: Who, camera: _Camera, gateway: Gateway) -> None:
        try:
            granted, why = gateway.play(camera.of), ""
        except GatewayFailed as error:
            granted, why = None, str(error)
        self._todo.put(partial(self._played, who, camera, granted, why))

    def _stop(self, who: Who, camera: _Camera, gateway: Gateway) -> None:
        why = ""
        try:
            if camera.granted is not None:
                gateway.stop(camera.granted)
            else:
                gateway.stop_unknown(camera.of)
        except GatewayFailed as error:
            why = str(error) if camera.granted is not None else ""
        self._todo.put(partial(self._stopped, who, camera, why))

    def _alive(self, gateway: Gateway, granted: Granted) -> None:
        try:
            gateway.alive(granted)
        except GatewayFailed as error:
            why = f"platform {gateway.name}: {error}; its stream may end"
            if why != self._told:
                self._log.warning(why)
            self._told = why


Doormen = Mapping[str, Doorman]
"""By platform."""

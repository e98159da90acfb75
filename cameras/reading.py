"""reading: one camera's stream, opened again and again for as long as it is wanted.

A thread of its own reads and decodes; what is to be looked at goes into `Newest`. Where a stream breaks, stalls or
can't be opened it is tried again after a while, longer each time; a recording is played at the speed at which it was
taken, and begun again where it shall `loop`. A snapshot is one picture, and the camera is left alone until the next.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cameras.clock import StreamClock
from cameras.evidence.ring import Ring
from cameras.folders import Folder
from cameras.platforms.door import Doors, Refused
from cameras.sampling import Newest, Sampler
from cameras.settings import CameraSettings
from cameras.streams import Facts, Picture, Stalled, Stream, StreamFailed
from pipeline.backoff import Backoff

STEADY = 10.0
"""A stream that stood this long was a good one: the next attempt is made soon again, seconds."""
PATIENCE = 6.0
"""A stream whose packets come, but for so many times `stall` without a picture among them, is opened again: key frames
may be that far apart."""

UNOPENED = "it has not been opened yet"
State = Literal["up", "down", "away", "stalled"]
Say = Callable[[str], object]


class _TurnOver(Exception):
    """Others wait for a stream of its platform."""


@dataclass(slots=True)
class Doing:
    """How a camera is doing. Written by its reader, each field is read at once by others."""

    state: State = "down"
    reason: str = UNOPENED
    """Why it is not up, in plain words; '' while it is."""
    facts: Facts = field(default_factory=Facts)
    clock: StreamClock | None = None
    packets: int = 0
    """Pictures that came, over all openings; as are the next two."""
    dropped: int = 0
    undecodable: int = 0
    ended: bool = False
    """It was a recording, and there is no more of it."""
    alive: float = field(default_factory=time.monotonic)
    """When its reader last did something, on the monotonic clock; infinity while there is nothing to do."""

    def whose(self) -> tuple[Literal["camera", "arrival", "recording"], float | None]:
        """Whose time its pictures have, and by how many seconds that is ahead of our clock at arrival."""
        clock = self.clock
        if clock is None:
            return "recording", None
        return "camera" if clock.by_camera else "arrival", None if math.isnan(clock.offset) else clock.offset


class Reader:
    """Reads one camera until `stopping`."""

    def __init__(
        self,
        name: str,
        settings: CameraSettings,
        newest: Newest[Picture],
        say: Say,
        stopping: threading.Event,
        *,
        environment: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
        backoff: Backoff | None = None,
        ring: Ring | None = None,
        doors: Doors | None = None,
    ) -> None:
        """doors: through which it gets to its stream; None: it has an address."""
        self._doors = doors if settings.platform is not None else None
        self.name, self.settings, self.doing = name, settings, Doing()
        self._newest, self._say, self._stopping = newest, say, stopping
        self._environment, self._now, self._ring = environment, now, ring
        self._backoff = backoff or Backoff()
        self._sampler = Sampler(settings.fps)
        self._pictured = self._began = 0.0
        self._last = -math.inf
        self._told = ""
        """What was last said of it; '' where it was well."""
        if settings.every is not None:
            self.doing.alive = math.inf

    def run(self) -> None:
        """A live stream, a recording or a folder: until `stopping`, or the end of a recording."""
        while self.settings.every is not None and not self._stopping.is_set():
            self.snapshot()
            self._wait(self.settings.every)
        while not self._stopping.is_set() and not self.doing.ended:
            began = time.monotonic()
            try:
                self._once()
                if self.doing.ended:
                    self._down("down", f"{self.settings.shown}: the recording has ended")
                continue
            except Stalled as error:
                self._down("stalled", str(error))
            except (StreamFailed, ValueError) as error:
                self._down("down", str(error))
            if time.monotonic() - began > STEADY:
                self._backoff.reset()
            wait = self._backoff.delay()
            if self.doing.reason != self._told:
                self._told = self.doing.reason
                self._say(f"{self.name}: {self._told}; trying again in {wait:.1f} s, then less and less often")
            self._wait(wait)

    def snapshot(self) -> None:
        """One picture, if there is one."""
        self._breathe()
        try:
            with self._admitted() as settings:
                if settings is not None:
                    self._shoot(settings)
        except (StreamFailed, ValueError) as error:
            if self.doing.reason != str(error):
                self._say(f"{self.name}: {error}; trying again in {self.settings.every:g} s")
            self._down("stalled" if isinstance(error, Stalled) else "down", str(error))
        self.doing.alive = math.inf

    def _shoot(self, settings: CameraSettings) -> None:
        stream = self._open(settings)
        try:
            if isinstance(stream, Stream):
                picture = stream.first()
            else:
                newest = stream.newest()
                if newest is None:
                    raise StreamFailed(f"{self.settings.shown}: there is no picture in it")
                picture = newest
            self._up(stream)
            self._put(picture)
            self._count(stream)
        finally:
            stream.close()

    def hangs(self) -> bool:
        """Its reader has done nothing for so long that FFmpeg must have forgotten its own limits."""
        most = 3.0 * max(self.settings.stall, 10.0)
        return not self.doing.ended and time.monotonic() - self.doing.alive > most

    @contextmanager
    def _admitted(self) -> Iterator[CameraSettings | None]:
        """The settings with the address; of a platform's camera when it is its turn, and for as long as it looks. None:
        it is time to stop. Raises StreamFailed."""
        if self._doors is None:
            yield self.settings
            return
        if self.doing.reason == UNOPENED:
            self._down("down", f"{self.settings.shown}: it waits for its turn")
        try:
            url = self._doors.enter(self.name, self._stopping, self._breathe)
            yield None if url is None else self.settings.read_from(url)
        except Refused as refused:
            raise StreamFailed(f"{self.settings.shown}: {refused}") from None
        finally:
            self._doors.leave(self.name)

    def _open(self, settings: CameraSettings) -> Stream | Folder:
        if not settings.live and Path(settings.url).is_dir():
            return Folder(settings, follow=self._stopping)
        return Stream(settings, self._environment, start=self._now(), now=self._now, ring=self._ring)

    def _once(self) -> None:
        """From its opening to its end, or to that of its turn. Raises StreamFailed."""
        self._breathe()
        with self._admitted() as settings:
            if settings is None:
                return
            try:
                self._watch(self._open(settings))
            except _TurnOver:
                return
        if self._stopping.is_set():
            return
        if self.settings.live:
            raise StreamFailed(f"{self.settings.shown}: it ended")
        self.doing.ended = not self.settings.loop

    def _watch(self, stream: Stream | Folder) -> None:
        self._pictured = self._began = time.monotonic()
        counted, opened = Facts(), False
        try:
            for picture in stream.pictures(lambda: self._heard(stream, counted)):
                self._pictured = time.monotonic()
                if self._stopping.is_set():
                    return
                if not opened:
                    self._up(stream)
                    opened = True
                if self._sampler.wanted(picture.ts):
                    if stream.clock is None:
                        self._wait(picture.ts - self._now())
                    self._put(picture)
        finally:
            self._hear(stream, counted)
            stream.close()
        if not opened and not self._stopping.is_set() and not self.settings.live:
            raise StreamFailed(f"{self.settings.shown}: there is no picture in it")

    def _heard(self, stream: Stream | Folder, counted: Facts) -> None:
        """Something came. counted: what has been counted of this stream before."""
        self._hear(stream, counted)
        seen = self._pictured > self._began or time.monotonic() - self._began > self.settings.stall
        if seen and self._doors is not None and self._doors.back(self.name):
            raise _TurnOver
        quiet = time.monotonic() - self._pictured
        if isinstance(stream, Stream) and self.settings.live and quiet > PATIENCE * self.settings.stall:
            raise Stalled(f"{self.settings.shown}: what comes holds no picture, for {quiet:.0f} s")

    def _hear(self, stream: Stream | Folder, counted: Facts) -> None:
        self._breathe()
        facts, doing = stream.facts, self.doing
        doing.packets += facts.packets - counted.packets
        doing.undecodable += facts.undecodable - counted.undecodable
        counted.packets, counted.undecodable = facts.packets, facts.undecodable

    def _count(self, stream: Stream | Folder) -> None:
        self.doing.packets += stream.facts.packets
        self.doing.undecodable += stream.facts.undecodable

    def _put(self, picture: Picture) -> None:
        """Unless a stream before had later pictures: a look is shown them in their order, and none twice."""
        if picture.ts <= self._last:
            return
        self._last = picture.ts
        if self._newest.put(self.name, picture):
            self.doing.dropped += 1

    def _up(self, stream: Stream | Folder) -> None:
        doing = self.doing
        doing.facts, doing.clock = stream.facts, stream.clock
        if doing.state != "up":
            facts = stream.facts
            self._say(f"{self.name}: up: {facts.codec}, {facts.width} x {facts.height}")
        doing.state, doing.reason = "up", ""
        self._told = ""

    def _down(self, state: State, reason: str) -> None:
        self.doing.state, self.doing.reason = state, reason

    def _breathe(self) -> None:
        self.doing.alive = time.monotonic()

    def _wait(self, seconds: float) -> None:
        """Until then, or until it is to stop."""
        end = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            self._breathe()
            self._stopping.wait(min(left, 1.0))

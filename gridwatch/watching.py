"""watching: a clip, looked at by a camera's watchers at full speed, opened as a recording.

What the watchers say becomes the messages that a camera publishes, and these are entries, in memory, which are judged
as any recording is. Time is the clip's own, from `ORIGIN` or from when it is said to have been taken: the same clip and
configuration give the same cases, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.camera_section import Camera, CameraCity
from gridwatch.problems import Exit, Problem
from gridwatch.recordings import Opened, always

if TYPE_CHECKING:
    from cameras.settings import CameraSettings
    from cameras.watcher import Frame
    from pipeline.entries import Kind
    from pipeline.journal import JournalBatch
    from pipeline.runtime.compose import City

ORIGIN = 946_684_800.0
"""When a clip begins, UTC seconds, if nobody says: 2000-01-01."""
_BLOCK = 8_192


@dataclass(slots=True)
class Clip:
    """A clip and the camera that it is taken to be of."""

    file: Path
    camera: Camera
    city: City
    start: float = ORIGIN
    said: list[tuple[float, str, bytes]] = field(default_factory=list)
    """When, topic, payload, in the order of the pictures."""
    pictures: int = 0
    last: float = 0.0
    """When the last picture was taken."""

    def frames(self) -> Iterator[Frame]:
        """The pictures that are looked at. Raises Problem where it is no video."""
        from cameras.sampling import Sampler
        from cameras.streams import Stream, StreamFailed
        from cameras.watcher import Frame

        settings = _of_file(self.camera.settings, self.file)
        sampler = Sampler(settings.fps)
        try:
            stream = Stream(settings, {}, self.start)
            try:
                for picture in stream.pictures():
                    if sampler.wanted(picture.ts):
                        yield Frame(picture.ts, picture.image())
            finally:
                stream.close()
        except StreamFailed as error:
            raise Problem(str(error)) from None

    def watch(self, progress: Callable[[float], object] = lambda _: None) -> None:
        """Look at it, once. progress: told how many seconds of it have been looked at. Raises Problem."""
        from cameras.looking import Looking

        begin(self.camera)
        looking = Looking(self.camera.name, self.camera.watchers, self.camera.zones())
        for frame in self.frames():
            self.said += [(frame.ts, topic, payload) for topic, payload in looking.look(frame)]
            self.pictures += 1
            self.last = frame.ts
            progress(frame.ts - self.start)
        if not self.pictures:
            raise Problem(f"{self.file}: there is no picture in it that can be decoded")

    def opened(self) -> Opened:
        """What was said, as a recording. Raises Problem where no stream of the configuration takes it."""
        recorded = _Recorded(self)
        return Opened(
            name=self.file.name,
            entries=lambda: recorded,
            first=0,
            head=recorded.head,
            load=always(self.city),
            current=b"{}",
            city=self.city,
        )


def clip(file: Path, cameras: CameraCity, name: str | None = None, start: float = ORIGIN) -> Clip:
    """A clip of the camera of that name; None: of the only one. Raises Problem."""
    if not file.is_file():
        raise Problem(f"{file}: there is no such file", Exit.USAGE)
    camera = cameras.camera(name)
    if not camera.watchers:
        raise Problem(f"{cameras.city.file}: the camera '{camera.name}' has no watchers", Exit.USAGE)
    return Clip(file, camera, cameras.city, start)


def begin(camera: Camera) -> None:
    """Begin each of its watchers, to know that they can be. Raises Problem: a model that is missing, a zone."""
    from cameras.models import ModelError
    from cameras.watcher import View

    for name, each in camera.watchers.items():
        try:
            each.begin(View(camera.name, camera.zones()))
        except (ModelError, ValueError) as error:
            raise Problem(f"cameras.{camera.name}.watchers.{name}: {error}") from None


def _of_file(settings: CameraSettings, file: Path) -> CameraSettings:
    """The camera's settings with the clip in place of its stream; where it takes snapshots, as often."""
    fps = 1.0 / settings.every if settings.every is not None else settings.fps
    different = {"url": str(file.resolve()), "user_env": None, "password_env": None, "every": None, "fps": fps}
    return settings.model_copy(update=different)


class _Recorded:
    """The entries: what was said, and ticks beside it."""

    first = 0

    def __init__(self, clip: Clip) -> None:
        topics = sorted({topic for _, topic, _ in clip.said})
        self._clip = clip
        self._sources = {topic: _sources(clip.city, topic) for topic in topics}
        told = [source for sources in self._sources.values() for source in sources]
        if not told:
            raise Problem(
                f"{clip.city.file}: no stream takes what the camera says: expected a stream with the topic"
                f" 'cameras/{{camera}}/sightings', 'codec: sightings' and 'unknown: accept'",
                Exit.USAGE,
            )
        self._ticking = sorted(set(told))
        step = clip.city.configuration.time.tick
        self._ticks = [clip.start + n * step for n in range(math.ceil((clip.last - clip.start) / step) + 2)]
        self.head = len(self._ticks) * len(self._ticking)
        self.head += sum(len(self._sources[topic]) for _, topic, _ in clip.said)

    def read(self, start: int = 0, max_rows: int = _BLOCK) -> Iterator[JournalBatch]:
        """From `start` on, in blocks of at most `max_rows`."""
        from pipeline.entries import EntryBuffer
        from pipeline.journal import JournalBatch

        buffer, begin = EntryBuffer(), start
        for kind, source, topic, ts, payload in islice(self._entries(), start, None):
            buffer.add(kind, source, topic, ts, payload)
            if len(buffer) >= max_rows:
                yield JournalBatch(begin, buffer.batch())
                begin += len(buffer)
                buffer = EntryBuffer()
        if len(buffer):
            yield JournalBatch(begin, buffer.batch())

    def _entries(self) -> Iterator[tuple[Kind, str, str, float, bytes]]:
        """In the order of their times; a tick before what came at the same moment."""
        from pipeline.entries import Kind

        ticks, said = iter(self._ticks), iter(self._clip.said)
        tick, next_ = next(ticks, None), next(said, None)
        while tick is not None or next_ is not None:
            if tick is not None and (next_ is None or tick <= next_[0]):
                yield from ((Kind.TICK, source, "", tick, b"") for source in self._ticking)
                tick = next(ticks, None)
            elif next_ is not None:
                ts, topic, payload = next_
                yield from ((Kind.DELIVERY, source, topic, ts, payload) for source in self._sources[topic])
                next_ = next(said, None)


def _sources(city: City, topic: str) -> Sequence[str]:
    """The sources of which some stream takes the topic."""
    from connectors.codecs.topics import TopicPattern

    streams = city.configuration.streams.values()
    return sorted({stream.source for stream in streams if TopicPattern(stream.topic).match(topic) is not None})

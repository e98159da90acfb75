"""watching: a clip, looked at by a camera's watchers at full speed, opened as a recording.

What the watchers say becomes the messages that a camera publishes, and these are entries, in memory, which are judged
as any recording is. Time is the clip's own, from `ORIGIN` or from when it is said to have been taken: the same clip and
configuration give the same cases, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.camera_section import Camera, CameraCity
from gridwatch.problems import Exit, Problem
from gridwatch.recordings import Opened, always

if TYPE_CHECKING:
    from cameras.settings import CameraSettings
    from cameras.watcher import Frame
    from gridwatch.watching_evidence import ClipEvidence
    from pipeline.runtime.compose import City

ORIGIN = 946_684_800.0
"""When a clip begins, UTC seconds, if nobody says: 2000-01-01."""


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
    evidence: ClipEvidence | None = None
    """None: nothing is kept of it."""

    def frames(self) -> Iterator[Frame]:
        """The pictures that are looked at. Raises Problem where it is no video."""
        from cameras.sampling import Sampler
        from cameras.streams import Stream, StreamFailed
        from cameras.watcher import Frame

        settings = _of_file(self.camera.settings, self.file)
        sampler = Sampler(settings.fps)
        try:
            stream = Stream(settings, {}, self.start, ring=self.evidence.ring if self.evidence else None)
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
        from cameras.presets import scenes

        begin(self.camera)
        settings = self.camera.settings

        def unread(what: str) -> None:
            raise Problem(f"cameras.{self.camera.name}.{what}")

        if settings.presets and not any(preset.pictures for preset in settings.presets.values()):
            unread("presets: none has pictures, by which it is known in a clip")
        known = scenes(settings, unread)
        views = dict(settings.views(self.camera.name))
        witness = self.evidence.witness if self.evidence else None
        looking = Looking(self.camera.name, self.camera.watchers, views, scenes=known, witness=witness)
        for frame in self.frames():
            self.said += [(frame.ts, topic, payload) for topic, payload in looking.look(frame)]
            if self.evidence is not None:
                self.evidence.go_on()
            self.pictures += 1
            self.last = frame.ts
            progress(frame.ts - self.start)
        if not self.pictures:
            raise Problem(f"{self.file}: there is no picture in it that can be decoded")

    def opened(self) -> Opened:
        """What was said, as a recording. Raises Problem where no stream of the configuration takes it."""
        from replay.messages import Messages

        sources = {topic: _sources(self.city, topic) for topic in {topic for _, topic, _ in self.said}}
        said = [(ts, source, topic, payload) for ts, topic, payload in self.said for source in sources[topic]]
        if not said:
            raise Problem(
                f"{self.city.file}: no stream takes what the camera says: expected a stream with the topic"
                f" 'cameras/{{camera}}/sightings', 'codec: sightings' and 'unknown: accept'",
                Exit.USAGE,
            )
        ticking = sorted({source for _, source, _, _ in said})
        tick = self.city.configuration.time.tick
        recorded = Messages(lambda: said, len(said), ticking, (self.start, self.last), tick)
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

    for name, each in camera.watchers.items():
        for preset, view in camera.settings.views(camera.name):
            if each.presets and preset not in each.presets:
                continue
            try:
                each.begin(view)
            except (ModelError, ValueError) as error:
                where = f", at the preset '{preset}'" if preset else ""
                raise Problem(f"cameras.{camera.name}.watchers.{name}{where}: {error}") from None


def _of_file(settings: CameraSettings, file: Path) -> CameraSettings:
    """The camera's settings with the clip in place of its stream; where it takes snapshots, as often."""
    fps = 1.0 / settings.every if settings.every is not None else settings.fps
    different = {"url": str(file.resolve()), "user_env": None, "password_env": None, "every": None, "fps": fps}
    return settings.model_copy(update=different)


def _sources(city: City, topic: str) -> Sequence[str]:
    """The sources of which some stream takes the topic."""
    from connectors.codecs.topics import TopicPattern

    streams = city.configuration.streams.values()
    return sorted({stream.source for stream in streams if TopicPattern(stream.topic).match(topic) is not None})

"""camera_beside: the cameras of a running city for its console: what they said last, their latest pictures, zones.

Of its own cameras it knows what the configuration says; of those of edge boxes what they say. Zones that are drawn in
the console are checked as the configuration is and kept in a file of the data folder, which the cameras at work watch.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cameras.latest_form import Shown
from console.cameras_known import Change, Known, Picture, Tried, Watching, Zones
from gridwatch.camera_health import CameraHealth
from gridwatch.camera_section import Camera, CameraFile, read_cameras
from gridwatch.cameras_frames import FrameFiles
from gridwatch.cameras_heard import CamerasHeard
from gridwatch.cameras_listening import CameraListening
from gridwatch.drawn_zones import FILE, DrawnZones, fingerprint, read_zones, stamp, write_zones
from gridwatch.problems import Problem
from gridwatch.watching import begin
from gridwatch.zone_warnings import looks_at, looks_everywhere, warnings_of
from pipeline.faults import Faulty

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pipeline.runtime.config import Configuration


class CameraBeside:
    """`start` and `stop` once each; the rest is `console.cameras_known.Cameras`."""

    def __init__(
        self,
        file: Path,
        configuration: Callable[[], Configuration],
        log: Any,
        environment: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
        engine: sa.Engine | None = None,
    ) -> None:
        """file: the city's. configuration: what is in force of it. engine: the store, where it is kept how cameras
        were; None: nowhere."""
        self._file, self._configuration, self._now = file, configuration, now
        self._folder = configuration().data
        self._heard = CamerasHeard(FrameFiles(self._folder, now()))
        self._health = None if engine is None else CameraHealth(self._heard, engine, log, now)
        base = file.resolve().parent
        self._listening = CameraListening(self._hear, base, environment, log)
        self._lock = threading.Lock()
        self._read: tuple[object, CameraFile | None] | None = None
        """What the file says, and which file that was; so of its own zones, and of those that were drawn."""
        self._own: tuple[object, dict[str, Zones]] | None = None
        self._drawn: tuple[object, DrawnZones] | None = None

    def start(self) -> None:
        """Begin to listen; returns at once."""
        if self._health is not None:
            self._health.start()
        self._listening.follow(self._configuration().sources)

    def stop(self) -> None:
        """Returns when nothing is heard any more."""
        with self._lock:
            self._listening.stop()
        if self._health is not None:
            self._health.stop()

    # What is known.

    def known(self) -> Sequence[Known]:
        with self._lock:
            self._listening.follow(self._configuration().sources)
        cameras, drawn = self._cameras(), self._zones()
        names = sorted({*cameras, *self._heard.names()})
        return [self._one(name, cameras.get(name), drawn) for name in names]

    def camera(self, id: str) -> Known | None:
        cameras = self._cameras()
        if id not in cameras and id not in self._heard.names():
            return None
        return self._one(id, cameras.get(id), self._zones())

    def changes(self, id: str) -> Sequence[Change]:
        return self._heard.changes(id, self._now())

    def picture(self, id: str, preset: str | None, infrared: bool | None) -> tuple[Picture, bytes] | None:
        found = self._heard.frames.picture(id, preset, infrared)
        return None if found is None else (_picture(found[0]), found[1])

    # Zones.

    def own_zones(self, id: str) -> Zones:
        at = stamp(self._file)
        with self._lock:
            own = self._own
        if own is None or own[0] != at:
            try:
                found = read_cameras(self._file, DrawnZones())
            except (Faulty, Problem):
                return {}
            own = at, {name: _zones(each) for name, each in found.cameras.items()}
            with self._lock:
                self._own = own
        return own[1].get(id, {})

    def try_zones(self, id: str, zones: Zones) -> Tried:
        drawn = read_zones(self._folder).drawing(id, {"zones": zones})
        try:
            camera = read_cameras(self._file, drawn).cameras[id]
        except Faulty as faulty:
            inside = f"cameras.{id}.zones."
            return Tried([(each.path.removeprefix(inside), each.message) for each in faulty.faults])
        except (Problem, KeyError) as error:
            return Tried([("", str(error))])
        try:
            begin(camera)
        except (Problem, ImportError) as error:
            return Tried([("", str(error))])
        return Tried(warnings=warnings_of(camera, self._taken()))

    def keep_zones(self, id: str, zones: Zones | None, revision: int) -> None:
        own = fingerprint(self.own_zones(id))
        with self._lock:
            drawn = read_zones(self._folder).drawing(id, {"revision": revision, "of": own, "zones": zones})
            write_zones(self._folder, drawn)
            self._read = self._drawn = None

    # Inside.

    def _hear(self, topic: str, payload: bytes) -> None:
        self._heard.hear(topic, payload, self._now())

    def _cameras(self) -> Mapping[str, Camera]:
        """Those of the city's own file."""
        at = stamp(self._file), stamp(self._folder / FILE)
        with self._lock:
            if self._read is None or self._read[0] != at:
                self._read = at, _readable(self._file)
            found = self._read[1]
        return {} if found is None else found.cameras

    def _zones(self) -> DrawnZones:
        """Those that were drawn."""
        at = stamp(self._folder / FILE)
        with self._lock:
            if self._drawn is None or self._drawn[0] != at:
                self._drawn = at, read_zones(self._folder)
            return self._drawn[1]

    def _one(self, id: str, camera: Camera | None, drawn: DrawnZones) -> Known:
        health, sightings, readings = self._heard.said(id)
        about = self._heard.about(id)
        shown = self._heard.frames.of(id)
        pictures = tuple(_picture(each) for each in shown)
        unseen = self._heard.unseen(id)
        if camera is None:
            name, area, lon, lat = ("", "", None, None) if about is None else _placed(about)
            return Known(
                id,
                name,
                area,
                lon,
                lat,
                presets=tuple(sorted({each.preset for each in shown} - {""})),
                health=health,
                pictures=pictures,
                unseen=unseen,
                sightings=sightings,
                readings=readings,
            )
        settings, said = camera.settings, drawn.cameras.get(id, {})
        lon, lat = settings.place
        revision = said.get("revision")
        ours = id in drawn.names
        return Known(
            id,
            settings.name,
            settings.area,
            lon,
            lat,
            tuple(_watching(camera)),
            tuple(settings.presets),
            said["zones"] if ours else _zones(camera),
            ours,
            revision if isinstance(revision, int) else 0,
            ours and said.get("of") != fingerprint(self.own_zones(id)),
            health,
            pictures,
            unseen,
            sightings,
            readings,
        )

    def _taken(self) -> Collection[str] | None:
        """The zones that some stream of sightings takes; None: there is no such stream."""
        streams = self._configuration().streams.values()
        said = [zones for each in streams if isinstance(zones := getattr(each, "zones", None), tuple)]
        return {zone for zones in said for zone in zones} if said else None


def _readable(file: Path) -> CameraFile | None:
    """None: it has faults, which whoever runs the cameras is told."""
    try:
        return read_cameras(file)
    except (Faulty, Problem):
        return None


def _zones(camera: Camera) -> Zones:
    return {
        name: {"corners": [list(point) for point in area.corners]}
        | {key: said for key, said in (("about", area.about), ("preset", area.preset)) if said}
        for name, area in camera.settings.zones.items()
    }


def _watching(camera: Camera) -> Iterator[Watching]:
    zones = camera.zones()
    for name, watcher in camera.watchers.items():
        parameters = dict(camera.settings.watchers.get(name, {}))
        everywhere, looked_at = looks_everywhere(name, watcher), tuple(looks_at(name, watcher, zones))
        yield Watching(name, looked_at, everywhere, watcher.presets, parameters)


def _picture(shown: Shown) -> Picture:
    tag = f"{round(shown.ts * 1000):x}-{'i' if shown.infrared else 'd'}"
    return Picture(tag, shown.ts, shown.width, shown.height, shown.preset, shown.infrared, shown.away, shown.heads)


def _placed(about: Shown) -> tuple[str, str, float | None, float | None]:
    return about.name[:80], about.area[:80], about.lon, about.lat

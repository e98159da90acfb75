"""cameras_running: the cameras of one file at work: their processes, and the publisher that sends what they say.

The same for an edge box and beside a city: what cameras see goes to the broker, and whoever judges it subscribes there.
All that can be known to be wrong is found before anything starts: missing models, zones, variables of the environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cameras.latest_form import TOPIC
from gridwatch.camera_section import Camera, CameraFile, lacking
from gridwatch.drawn_zones import stamp
from gridwatch.problems import Problem
from gridwatch.watching import begin
from pipeline.faults import Fault, Faulty

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from cameras.platforms.gateway import Gateway
    from cameras.platforms.running import Platforms
    from cameras.platforms.settings import OfPlatform
    from cameras.publish import Publisher
    from cameras.settings import CamerasSettings
    from cameras.supervisor import Supervisor
    from cameras.watcher import Watcher
    from pipeline.runtime.reloads import Reloads

PART = "cameras"
"""Of a file, as reloads tell of it."""


class CamerasRunning:
    """`start`, `reload`, `look`, `stop` from one thread.

    load: reads the file; raises Faulty. log: a structlog logger. registry: where the numbers go. reloads: where it is
    told how reading the file again went.
    """

    def __init__(
        self,
        load: Callable[[], CameraFile],
        log: Any,
        registry: CollectorRegistry,
        reloads: Reloads,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._reloads = reloads
        self._load, self._log, self._registry, self._environment = load, log, registry, environment
        self._file: CameraFile | None = None
        self._publisher: Publisher | None = None
        self._supervisor: Supervisor | None = None
        self._zones: object = None
        """Which zones were drawn when the file was read."""
        self._one = threading.Lock()

    @property
    def file(self) -> CameraFile:
        """What is in force."""
        if self._file is None:
            raise RuntimeError("it has not been started")
        return self._file

    def start(self) -> None:
        """Raises Faulty, Problem, OSError: nothing has been begun then."""
        from cameras.confine import shield
        from cameras.platforms.running import Platforms
        from cameras.supervisor import Supervisor
        from gridwatch.camera_metrics import CameraMetrics

        found = self._load()
        self._zones = None if found.zones is None else stamp(found.zones)
        begin_all(found, found.cameras.values(), self._environment)
        platforms = Platforms(self._environment, found.file.resolve().parent, self._log)
        gateways = _gateways(platforms, found)
        self._publisher = self._make(found)
        shield()
        self._platforms = platforms
        self._metrics = CameraMetrics(self._log)
        self._metrics.keep(set(found.cameras))
        self._supervisor = Supervisor(
            *_parts(found),
            self._publish,
            self._log,
            environment=self._environment,
            evidence=found.evidence,
            frames=found.frames,
            gates=platforms,
        )
        self._metrics.supervisor, self._metrics.publisher = self._supervisor, self._publisher
        self._metrics.platforms = platforms
        self._registry.register(self._metrics)
        self._file = found
        self._publisher.start()
        platforms.change(found.platforms, _of_platforms(found), gateways)
        self._supervisor.start()
        self._reloads.begin(PART)

    def reload(self) -> bool:
        """Read the file again. False: it has faults, which are in the log; all stays as it was."""
        if self._supervisor is None:
            raise RuntimeError("it has not been started")
        old = self.file
        try:
            found = self._load()
            if found.metrics != old.metrics:
                message = "expected what it was when this run began; stop and start to change 'metrics'"
                raise Faulty([Fault(str(found.file), 0, "metrics", message)])
            fresh = [each for name, each in found.cameras.items() if each != old.cameras.get(name)]
            begin_all(found, fresh, self._environment)
            gateways = _gateways(self._platforms, found)
            self._lead_to(found)
        except (Faulty, Problem, OSError) as error:
            for line in str(error).splitlines():
                self._log.error(line)
            count = self._reloads.refused(PART, error)
            self._log.error(f"the cameras stay as they were: {count} to be mended", file=str(old.file))
            return False
        self._file = found
        self._metrics.keep(set(found.cameras))
        self._platforms.change(found.platforms, _of_platforms(found), gateways)
        self._supervisor.change(*_parts(found), found.evidence, found.frames)
        changed = [name for name in {*old.cameras, *found.cameras} if old.cameras.get(name) != found.cameras.get(name)]
        self._reloads.taken(PART)
        self._log.info("the cameras were read again", cameras=len(found.cameras), changed=len(changed))
        return True

    def look(self) -> None:
        """Read the file again where zones were drawn. Raises Problem where something that goes on for ever has ended: a
        fault of our own."""
        zones = self._file and self._file.zones
        if zones and stamp(zones) != self._zones:
            self._zones = stamp(zones)
            self.reload()
        for each in (self._supervisor, self._publisher):
            if each is not None and not each.alive:
                raise Problem(f"The {type(each).__name__.lower()} of cameras has ended by a fault of its own.")

    def stop(self) -> None:
        """The processes end, and what they said goes out where there is a link; the rest waits in the spool."""
        if self._supervisor is not None:
            self._supervisor.stop()
            self._platforms.stop()
            self._registry.unregister(self._metrics)
        if self._publisher is not None:
            self._publisher.stop()
        self._supervisor = self._publisher = None

    def _publish(self, topic: str, payload: bytes) -> None:
        self._metrics.note(topic, payload)
        with self._one:
            if self._publisher is None:
                return
            _, camera, what = topic.split("/")
            if what == "frame":
                self._publisher.offered.put(f"{TOPIC}/{camera}", payload)
            else:
                self._publisher.publish(topic, payload)

    def _make(self, found: CameraFile) -> Publisher:
        from cameras.publish import Publisher

        if found.publish is None:
            raise Problem(f"{found.file}: there is no section 'publish' that says to which broker what is seen goes")
        try:
            return Publisher(found.publish, self._log, self._environment, found.file.resolve().parent)
        except (ValueError, FileNotFoundError) as error:  # a variable of the environment, a file of TLS
            raise Problem(f"publish: {error}") from None

    def _lead_to(self, found: CameraFile) -> None:
        """Send to another broker, if it is another. What waits goes there too, where the spool is the same."""
        old, one = self.file, self._publisher
        if found.publish == old.publish or one is None:
            return
        with self._one:  # what is said meanwhile waits in the pipes
            one.stop(0.0)  # the spool is one publisher's at a time
            try:
                fresh = self._make(found)
            except (Problem, OSError):
                fresh = self._make(old)
                raise
            finally:
                self._publisher = self._metrics.publisher = fresh
                fresh.start()


def _gateways(platforms: Platforms, found: CameraFile) -> dict[str, Gateway]:
    """Raises Problem."""
    try:
        return platforms.make(found.platforms)
    except (ValueError, FileNotFoundError) as error:  # a variable of the environment, a file of TLS
        raise Problem(f"platforms: {error}") from None


def _of_platforms(found: CameraFile) -> dict[str, OfPlatform]:
    every = ((name, each.settings.platform) for name, each in found.cameras.items())
    return {name: of for name, of in every if of is not None}


def begin_all(found: CameraFile, cameras: Iterable[Camera], environment: Mapping[str, str]) -> None:
    """Begin every watcher of each camera, and what keeps evidence, to know that they can be. Raises Problem with all
    that is wrong."""
    if find_spec("av") is None:  # only their processes import it
        raise lacking(ImportError(name="av"))
    wrong = _evidence(found)
    for camera in cameras:
        try:
            camera.settings.credentials(environment)
            camera.settings.onvif_credentials(environment)
        except ValueError as error:
            wrong.append(f"cameras.{camera.name}.{error}")
        for name, watcher in camera.watchers.items():
            try:
                begin(Camera(camera.name, camera.settings, {name: watcher}))
            except Problem as problem:
                wrong.append(str(problem))
            except ImportError as error:
                wrong.append(f"cameras.{camera.name}.watchers.{name} needs {error.name}, which is not installed")
    if wrong:
        raise Problem("\n".join(wrong))


def _evidence(found: CameraFile) -> list[str]:
    """Why none can be kept."""
    if found.evidence is None:
        return []
    try:
        from cameras.evidence.keeping import Keeping
        from cameras.evidence.store import StoreFailed
        from cameras.models import ModelError
    except ImportError as error:
        return [str(lacking(error))]
    try:
        Keeping(found.evidence, int).check()
    except (ModelError, StoreFailed) as error:
        return [f"evidence: {error}"]
    return []


def _parts(found: CameraFile) -> tuple[CamerasSettings, Mapping[str, Mapping[str, Watcher]]]:
    from cameras.settings import CamerasSettings

    cameras = {name: each.settings for name, each in found.cameras.items()}
    return CamerasSettings(cameras=cameras), {name: each.watchers for name, each in found.cameras.items()}

"""camera_section: what a file says of cameras: how each is read, what watches it, where what it sees goes.

Reads one file, a city's or an edge box's: that one has no `city`, `sources`, `streams` and `rules`. Reports the faults
of all of it at once, those of the watchers' parameters too, each with file, line and path, as `gridwatch check` does.
Zones that were drawn in the console come from a file of their own, in place of its own (gridwatch/drawn_zones.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.drawn_zones import FILE, DrawnZones, folder_of, kept_zones
from gridwatch.problems import Exit, Problem, city_file
from pipeline.faults import Fault, Faulty, did_you_mean

if TYPE_CHECKING:
    from cameras.evidence.settings import EvidenceSettings
    from cameras.evidence.vehicle_photos import VehiclePhotos
    from cameras.latest_settings import LatestSettings
    from cameras.platforms.settings import PlatformSettings
    from cameras.publish import Broker
    from cameras.settings import CameraSettings
    from cameras.watcher import Watcher, Zone
    from gridwatch.edge_file import CameraSections
    from pipeline.runtime.compose import City
    from pipeline.runtime.document import Document
    from pipeline.runtime.sections import MetricsSection

CITY = ("city", "sources", "streams", "rules")
"""A file that has one of these is a city's."""
OURS = ("cameras", "platforms", "publish", "evidence", "frames", "vehicle_photos")
"""The sections that are read here."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera, as the configuration has it."""

    name: str
    settings: CameraSettings
    watchers: Mapping[str, Watcher]

    def zones(self) -> dict[str, Zone]:
        return {name: area.zone(name) for name, area in self.settings.zones.items()}

    def resolved(self, base: Path) -> Camera:
        """The same with the files that it names taken from `base` on, where they are relative."""
        from cameras.files import resolved

        watchers = {name: resolved(each, base) for name, each in self.watchers.items()}
        return Camera(self.name, self.settings.resolved(base), watchers)


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What a file says of cameras, without fault."""

    file: Path
    cameras: Mapping[str, Camera]
    publish: Broker | None
    evidence: EvidenceSettings | None
    metrics: MetricsSection | None
    """Of an edge box; None: off, or a city's, whose own they are."""
    frames: LatestSettings | None = None
    """The latest pictures; None: there are none."""
    drawn: frozenset[str] = frozenset()
    """The cameras whose zones were drawn in the console."""
    zones: Path | None = None
    """Where zones that are drawn are kept; None: an edge box's, which has none."""
    vehicle_photos: VehiclePhotos | None = None
    """What is kept of vehicles' pictures; None: nothing."""
    platforms: Mapping[str, PlatformSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CameraCity:
    """A city and its cameras."""

    city: City
    cameras: Mapping[str, Camera]

    def camera(self, name: str | None) -> Camera:
        """The camera of that name; None: the only one. Raises Problem."""
        there = ", ".join(sorted(self.cameras))
        if not self.cameras:
            raise Problem(f"{self.city.file}: there is no section 'cameras' that says what to watch for", Exit.USAGE)
        if name is None and len(self.cameras) > 1:
            raise Problem(f"{self.city.file}: which camera is meant? --camera NAME: {there}", Exit.USAGE)
        if name is not None and name not in self.cameras:
            hint = did_you_mean(name, self.cameras) or f"; there are: {there}"
            raise Problem(f"{self.city.file}: no camera '{name}'{hint}", Exit.USAGE)
        return self.cameras[name] if name is not None else next(iter(self.cameras.values()))


def load_cameras(config: Path) -> CameraCity:
    """A city's. Raises Faulty with every fault of the file and its registers."""
    found, city = load_both(config)
    if city is None:
        raise Faulty([Fault(str(found.file), 0, "", "expected a city's configuration, got an edge box's: no 'city'")])
    return CameraCity(city, found.cameras)


def load_both(config: Path) -> tuple[CameraFile, City | None]:
    """What a file says of cameras, and of its city; None: it is an edge box's. Raises Faulty with every fault."""
    from pipeline.runtime.compose import load_city
    from pipeline.runtime.document import read_document

    file = city_file(config)
    faults: list[Fault] = []
    document = read_document(file)
    found = _read(file, document, faults)
    city: City | None = None
    if not _alone(document):
        try:
            city = load_city(file)
        except Faulty as faulty:
            faults += faulty.faults
    if faults or found is None:
        raise Faulty(faults)
    return found, city


def read_cameras(config: Path, drawn: DrawnZones | None = None) -> CameraFile:
    """Only what a file says of cameras, whatever else it says. drawn: zones to be tried; None: those that are kept.
    Raises Faulty with every fault of that."""
    from pipeline.runtime.document import read_document

    file = city_file(config)
    faults: list[Fault] = []
    found = _read(file, read_document(file), faults, drawn)
    if faults or found is None:
        raise Faulty(faults)
    return found


def _alone(document: Document) -> bool:
    return isinstance(document.data, dict) and bool(document.data) and not any(key in document.data for key in CITY)


def _read(file: Path, document: Document, faults: list[Fault], drawn: DrawnZones | None = None) -> CameraFile | None:
    """None: there are faults."""
    alone = _alone(document)
    if alone:
        faults += document.faults
    elif not isinstance(document.data, dict):  # that is told with the rest of the city
        return None
    data = {key: said for key, said in document.data.items() if said is not None or key == "metrics"}
    ours = {key for key in OURS if key in data}
    if not alone and not ours:
        return CameraFile(file, {}, None, None, None)
    if drawn is None:
        drawn = kept_zones(file, data, alone)
        faults += drawn.faults
    data = drawn.laid_over(data)
    document = drawn.beside(document)
    from pydantic import ValidationError

    from pipeline.runtime.explain import faults_of

    try:
        from gridwatch.edge_file import CitySections, EdgeSections
    except ImportError as error:
        raise lacking(error) from None
    model = EdgeSections if alone else CitySections
    try:
        sections = model.model_validate(data if alone else {key: data[key] for key in ours})
    except ValidationError as error:
        faults += faults_of(error, document, model)
        return None
    base = file.resolve().parent
    cameras = {
        name: Camera(name, each, _watchers(name, each, document, faults)).resolved(base)
        for name, each in sections.cameras.items()
    }
    faults += [fault for each in cameras.values() for fault in _presets(each, document)]
    faults += _evidence(sections, document)
    faults += _platforms(sections, document)
    metrics = sections.metrics if isinstance(sections, EdgeSections) else None
    evidence = sections.evidence and sections.evidence.resolved(base)
    frames = sections.frames and sections.frames.hiding(sections.evidence)
    ours_drawn = drawn.names & cameras.keys()
    zones = None if alone else folder_of(file, data) / FILE
    photos = sections.vehicle_photos if isinstance(sections, CitySections) else None
    if photos is not None:
        faults += _photos(document)
    return CameraFile(
        file,
        cameras,
        sections.publish,
        evidence,
        metrics,
        frames,
        ours_drawn,
        zones,
        photos and photos.resolved(base),
        sections.platforms,
    )


def lacking(error: ImportError) -> Problem:
    """A package that is not installed, and how it is."""
    return Problem(f"Cameras need {error.name}: pip install 'gridwatch[cameras]'", Exit.CANNOT_RUN)


def _photos(document: Document) -> Iterator[Fault]:
    """Where no photo could ever come from."""
    from connectors.codecs.carried import bringing

    if document.data.get("runtime") == "cluster":
        message = "expected runtime: embedded, whose journal vehicles' pictures are read from; leave the section out"
        yield document.fault(("vehicle_photos",), message)
    streams = document.data.get("streams")
    given = streams.values() if isinstance(streams, dict) else ()
    codecs = bringing()
    if not any(isinstance(each, dict) and each.get("codec") in codecs for each in given):
        message = f"expected a stream that can bring pictures, of codec {' or '.join(codecs)}; there is none"
        yield document.fault(("vehicle_photos",), message)


def _watchers(name: str, settings: CameraSettings, document: Document, faults: list[Fault]) -> dict[str, Watcher]:
    from pydantic import ValidationError

    from cameras.watchers import watcher
    from pipeline.registry import NotRegistered
    from pipeline.runtime.explain import faults_of

    found = {}
    for kind, parameters in settings.watchers.items():
        path = ("cameras", name, "watchers", kind)
        try:
            found[kind] = watcher(kind).model_validate(dict(parameters))
        except ValidationError as error:
            faults += faults_of(error, document, watcher(kind), path)
        except (NotRegistered, TypeError) as error:
            faults.append(document.fault(path, str(error)))
    return found


def _presets(camera: Camera, document: Document) -> Iterator[Fault]:
    """Pictures that are not there, and presets of watchers that the camera does not have."""
    for name, preset in camera.settings.presets.items():
        for n, file in enumerate(preset.pictures):
            if not file.is_file():
                yield document.fault(
                    ("cameras", camera.name, "presets", name, "pictures", n), f"there is no file {file}"
                )
    known = camera.settings.presets
    for name, each in camera.watchers.items():
        for meant in each.presets:
            if meant not in known:
                hint = did_you_mean(meant, known) or f"; presets: {', '.join(known) or 'none'}"
                path = ("cameras", camera.name, "watchers", name, "presets")
                yield document.fault(path, f"no preset '{meant}'{hint}")


def _platforms(sections: CameraSections, document: Document) -> Iterator[Fault]:
    """Cameras of platforms that are not there, and values that a platform needs and nobody gives."""
    for name, camera in sections.cameras.items():
        of = camera.platform
        if of is None:
            continue
        platform = sections.platforms.get(of.name)
        if platform is None:
            known = sections.platforms
            hint = did_you_mean(of.name, known) or f"; there are: {', '.join(sorted(known)) or 'none'}"
            yield document.fault(("cameras", name, "platform", "name"), f"no platform '{of.name}'{hint}")
        elif lacking := platform.lacking(of.values):
            told = ", ".join(f"'{each}'" for each in lacking)
            path = ("cameras", name, "platform", "values")
            yield document.fault(path, f"expected {told}, which the platform '{of.name}' is asked with")


def _evidence(sections: CameraSections, document: Document) -> Iterator[Fault]:
    """Names that no camera has: what was meant would never be kept."""
    cameras = sections.cameras.values()
    known = {
        "cameras": set(sections.cameras),
        "zones": {zone for camera in cameras for zone in camera.zones},
        "watcher": {watcher for camera in cameras for watcher in camera.watchers},
    }
    when: Mapping[str, Any] = sections.evidence.when if sections.evidence is not None else {}
    for name, trigger in when.items():
        for key, names in known.items():
            said = getattr(trigger, key)
            for each in (said,) if isinstance(said, str) else said:
                if each and each not in names:
                    hint = did_you_mean(each, names) or f"; there are: {', '.join(sorted(names)) or 'none'}"
                    yield document.fault(("evidence", "when", name, key), f"no camera has this{hint}")

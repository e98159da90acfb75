"""camera_section: a city's configuration with its section `cameras`: how each is read and what watches it.

Reads one file. Reports the faults of all of it at once, those of the watchers' parameters too, each with file, line and
path, as `gridwatch check` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.problems import Exit, Problem, city_file
from pipeline.faults import Fault, Faulty, did_you_mean

if TYPE_CHECKING:
    from cameras.settings import CameraSettings, CamerasSettings
    from cameras.watcher import Watcher, Zone
    from pipeline.runtime.compose import City
    from pipeline.runtime.document import Document


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera, as the configuration has it."""

    name: str
    settings: CameraSettings
    watchers: Mapping[str, Watcher]

    def zones(self) -> dict[str, Zone]:
        return {name: area.zone(name) for name, area in self.settings.zones.items()}


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
    """Raises Faulty with every fault of the file and its registers."""
    from pipeline.runtime.compose import load_city
    from pipeline.runtime.document import read_document

    file = city_file(config)
    faults: list[Fault] = []
    cameras: dict[str, Camera] = {}
    document = read_document(file)
    settings = _settings(document, faults)
    if settings is not None:
        for name, each in settings.cameras.items():
            cameras[name] = Camera(name, each, _watchers(name, each, document, faults))
    try:
        city = load_city(file)
    except Faulty as faulty:
        raise Faulty([*faults, *faulty.faults]) from None
    if faults:
        raise Faulty(faults)
    return CameraCity(city, cameras)


def _settings(document: Document, faults: list[Fault]) -> CamerasSettings | None:
    data: Any = document.data
    said = data.get("cameras") if isinstance(data, dict) else None
    if not said or not isinstance(said, dict):  # what is no mapping is told with the rest of the file
        return None
    from pydantic import ValidationError

    from cameras.settings import CamerasSettings
    from pipeline.runtime.explain import faults_of

    try:
        return CamerasSettings.model_validate({"cameras": said})
    except ValidationError as error:
        faults += faults_of(error, document, CamerasSettings)
        return None


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

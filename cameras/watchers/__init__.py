"""watchers: one file for each thing that a camera's pictures are watched for. Packages add theirs by entry points.

    [project.entry-points."gridwatch.watchers"]
    flood = "my_package:Flood"

The dict below is all of ours; `watcher(name)` finds them all. A watcher's settings can be read without the packages of
`gridwatch[cameras]`; what looks at pictures is imported when it begins.
"""

from __future__ import annotations

from cameras.watcher import Watcher
from cameras.watchers.bin_fullness import BinFullness
from cameras.watchers.load_not_covered import LoadNotCovered
from cameras.watchers.number_plate import NumberPlate
from cameras.watchers.object_detector import ObjectDetector
from cameras.watchers.parked_vehicle import ParkedVehicle
from cameras.watchers.parking_spaces import ParkingSpaces
from cameras.watchers.presence import Presence
from cameras.watchers.scene_health import SceneHealth
from cameras.watchers.smoke import Smoke
from cameras.watchers.standing_water import StandingWater
from cameras.watchers.static_object import StaticObject
from pipeline.registry import Registry

WATCHERS: dict[str, type[Watcher]] = {
    "bin_fullness": BinFullness,
    "load_not_covered": LoadNotCovered,
    "number_plate": NumberPlate,
    "object_detector": ObjectDetector,
    "parked_vehicle": ParkedVehicle,
    "parking_spaces": ParkingSpaces,
    "presence": Presence,
    "scene_health": SceneHealth,
    "smoke": Smoke,
    "standing_water": StandingWater,
    "static_object": StaticObject,
}

REGISTRY = Registry("watcher", "cameras.watchers:WATCHERS", "gridwatch.watchers")


def watchers() -> list[str]:
    """The names of all watchers, ours and those of installed packages, sorted."""
    return REGISTRY.names()


def watcher(name: str) -> type[Watcher]:
    """The watcher of that name. pipeline.registry.NotRegistered: no watcher 'static_objct'; did you mean …?

    TypeError where a plug-in's entry point is no watcher.
    """
    return REGISTRY.kind(name, Watcher)

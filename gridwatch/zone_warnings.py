"""zone_warnings: what is no fault of a camera's zones, and yet may not be what was meant.

Reads a camera as it is configured and the zones that the city's streams take. Watchers differ in what they need of a
zone: a space must be large enough and overlap no other, a bin's must say which bin it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cameras.watcher import Watcher, Zone
    from gridwatch.camera_section import Camera

_WIDE = 960
_SPACE = 100
"""Pixels of a picture so wide that a parking space covers, or it can't be told (docs/watchers.md)."""
_SHAPE = 9 / 16


def warnings_of(camera: Camera, taken: Collection[str] | None) -> list[tuple[str, str]]:
    """(zone, what). taken: the zones that some stream takes; None: not known."""
    zones = camera.zones()
    found: list[tuple[str, str]] = []
    looked_at = {name for kind, each in camera.watchers.items() for name in looks_at(kind, each, zones)}
    for name, zone in zones.items():
        if camera.watchers and name not in looked_at:
            found.append((name, _NO_BIN if BINS in camera.watchers and not zone.about else _NOBODY))
        elif taken is not None and name not in taken and not zone.about:
            found.append((name, _NO_STREAM))
    spaces = camera.watchers.get("parking_spaces")
    if spaces is not None:
        found += _spaces(spaces, {name: zones[name] for name in looks_at("parking_spaces", spaces, zones)})
    return found


BINS, WHOLE = "bin_fullness", "scene_health"
"""The watcher that looks at zones that say which bin stands there; and the one for which zones are nothing."""
_NOBODY = "no watcher of this camera looks at this zone"
_NO_BIN = "say in 'about' which bin stands there; without it nobody looks at this zone"
_NO_STREAM = "no stream takes this zone, so that no rule knows it; add it to 'zones' of the stream of sightings"


def looks_at(kind: str, watcher: Watcher, zones: Mapping[str, Zone]) -> list[str]:
    """The zones at which a watcher of this kind looks; none: at the whole picture."""
    if kind == WHOLE:
        return []
    if kind == BINS:
        beside = getattr(watcher, "beside", ())
        return [name for name, zone in zones.items() if zone.about or name in beside]
    named = getattr(watcher, "zones", ())
    return [name for name in zones if not named or name in named]


def looks_everywhere(kind: str, watcher: Watcher) -> bool:
    """Whether it looks at whatever zones there are."""
    return kind not in (BINS, WHOLE) and not getattr(watcher, "zones", ())


def _spaces(watcher: Watcher, zones: Mapping[str, Zone]) -> Iterator[tuple[str, str]]:
    from cameras.polygons import area

    if getattr(watcher, "detector", None) is None:
        for name, zone in zones.items():
            if area(zone.corners.tolist()) * _WIDE * _WIDE * _SHAPE < _SPACE:
                yield name, "too small for a space: whether it is taken can't be told"
    for (one, first), (other, second) in combinations(zones.items(), 2):
        x, y = first.corners.mean(0).tolist()
        u, v = second.corners.mean(0).tolist()
        if first.contains(u, v) or second.contains(x, y):
            yield one, f"lies over '{other}': one vehicle takes both"

"""made: what tests of evidence are made of: drawn clips as packets, settings, and pictures that somebody saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from cameras.evidence.faces import Hider, Region
from cameras.evidence.keeping import Keeping
from cameras.evidence.manifest import Manifest
from cameras.evidence.ring import Ring
from cameras.evidence.settings import EvidenceSettings, Faces
from cameras.evidence.store import Store
from cameras.evidence.taking import Taken
from cameras.watcher import Frame, Image

DRAWN = {"none": "drawn pictures, in which nobody is"}
TS = 1_777_636_800.0
"""2026-05-01 12:00:00 UTC"""


def settings(store: Path | str, when: dict[str, Any] | None = None, **more: Any) -> EvidenceSettings:
    """Faces are not looked for, so that no model is needed; one trigger: whatever is seen."""
    given = {"store": str(store), "faces": DRAWN, "before": "1s", "after": "1s", "when": when or {"any": {}}}
    return EvidenceSettings.model_validate(given | more)


def ring_of(clip: Path, start: float = TS, seconds: float = 60.0, room: int = 10_000_000) -> Ring:
    """A clip's packets, as if a camera had sent them from `start` on."""
    ring = Ring(seconds, room)
    with av.open(str(clip)) as container:
        stream: Any = container.streams.video[0]
        ring.open(stream)
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                ring.hear(packet, start + float(packet.pts * stream.time_base))
    return ring


def picture(value: int = 120) -> Image:
    return np.full((96, 160, 3), value, np.uint8)


def told(track: int = 7, label: str = "object", **more: Any) -> dict[str, Any]:
    """An object, as messages of sightings have it."""
    return {"track": track, "label": label, "box": [0.4, 0.4, 0.2, 0.2], "still": 0.0} | more


def taken(ts: float = TS, camera: str = "gate", trigger: str = "any", **more: Any) -> Taken:
    seen = told(**more.pop("told", {}))
    given: dict[str, Any] = {"frame": Frame(ts, picture()), "clock": ("arrival", -0.04), "begin": ts - 1, "end": ts + 1}
    return Taken(camera, trigger, "static_object", seen, **(given | more))


class Pretends(Hider):
    """Finds heads where a test says that they are."""

    def __init__(self, where: Callable[[Image], list[Region]]) -> None:
        super().__init__(Faces.model_validate(DRAWN))
        self._where = where

    def find(self, image: Image) -> list[Region]:
        return self._where(image)


def kept(store: str | Path) -> list[Manifest]:
    at = Store(str(store))
    return [found for where in at.places() if (found := at.manifest(where)) is not None]


class Said(list[str]):
    """What was said of it."""

    def keeping(self, given: EvidenceSettings, **how: Any) -> Keeping:
        one = Keeping(given, self.append, now=lambda: TS, **how)
        one.camera("gate", None, lambda: ("arrival", -0.04))
        return one

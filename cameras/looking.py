"""looking: one camera's watchers at work, scene by scene: from its pictures to the messages that go out.

A picture gives one message of sightings, also where nothing is seen, and one of readings for each thing that something
was measured of (docs/connectors/cameras.md). While the camera looks elsewhere its watchers pause, and there are none.

Each look counts its own tracks. What goes out must be one camera's, and never given twice, also over restarts and with
several watchers: it is made of the second in which the look was begun, its own number among 256, and the look's track.
No clock: time is that of the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cameras.backoff import Backoff
from cameras.scenes import Scene, Scenes
from cameras.watcher import Frame, Look, Measured, Seen, View, Watcher, Zone

Message = tuple[str, bytes]
"""Topic and payload."""
Failed = Callable[[str, Exception], None]
"""Told of a watcher that raised: its name and what it raised."""

_SHIFT = 20
"""A look of a second before may have counted to 2**20 / 256 tracks for each second since."""
_LOOKS = 256
_REST, _LONGEST = 10.0, 600.0
"""Seconds for which a watcher that raised is left alone: at first, and at most."""

_encode = msgspec.json.Encoder().encode


class Looking:
    """One camera's watchers.

    first: the second (a whole number) from which track numbers are counted: UTC at the start where the camera goes on
    for ever, 0 where the same pictures must give the same bytes. failed: told of a watcher that raised, which is then
    begun anew after a while; None: the exception goes on to the caller.
    """

    def __init__(
        self,
        camera: str,
        watchers: Mapping[str, Watcher],
        zones: Mapping[str, Zone] | None = None,
        first: int = 0,
        scenes: Scenes | None = None,
        failed: Failed | None = None,
    ) -> None:
        self.camera = camera
        self.away = False
        """It looks where nobody asked it to."""
        self._watchers = dict(sorted(watchers.items()))
        self._view = View(camera, zones or {})
        self._scenes = scenes or Scenes()
        self._failed = failed
        self._looks: dict[tuple[str, Scene], tuple[Look, int]] = {}
        self._begun = 0
        self._first = first
        self._shape: tuple[int, ...] = ()
        self._resting: dict[str, tuple[float, Backoff]] = {}

    def look(self, frame: Frame) -> list[Message]:
        """What the next picture says."""
        scene = self._scenes.of(frame)
        self.away = scene is None
        if scene is None:
            return []
        if frame.image.shape != self._shape:  # a camera was set to another size: what was known fits no more
            self._shape = frame.image.shape
            self._looks.clear()
        frame = Frame(frame.ts, frame.image, scene.infrared)
        objects: list[dict[str, Any]] = []
        measured: dict[str, dict[str, float]] = {}
        for name, watcher in self._watchers.items():
            number, said = self._ask(name, watcher, scene, frame)
            for one in said:
                if isinstance(one, Seen):
                    objects.append(_seen(one, number))
                else:
                    measured.setdefault(one.about or self.camera, {})[one.metric] = one.value
        return [
            (f"cameras/{self.camera}/sightings", _encode({"ts": frame.ts, "objects": objects})),
            *(
                (f"cameras/{self.camera}/readings", _encode({"ts": frame.ts, "about": about} | values))
                for about, values in sorted(measured.items())
            ),
        ]

    def _ask(self, name: str, watcher: Watcher, scene: Scene, frame: Frame) -> tuple[int, list[Seen | Measured]]:
        until, backoff = self._resting.get(name, (0.0, None))
        if frame.ts < until:
            return 0, []
        try:
            if (name, scene) not in self._looks:
                self._looks[name, scene] = watcher.begin(self._view), self._number(frame.ts)
            look, number = self._looks[name, scene]
            return number, list(look.look(frame))
        except Exception as error:
            if self._failed is None:
                raise
            backoff = backoff or Backoff(_REST, _LONGEST)
            if frame.ts > until + _LONGEST:
                backoff.reset()
            self._resting[name] = frame.ts + backoff.delay(), backoff
            for key in [key for key in self._looks if key[0] == name]:
                del self._looks[key]
            self._failed(name, error)
            return 0, []

    def _number(self, ts: float) -> int:
        """Where a new look's numbers begin."""
        index = self._begun % _LOOKS
        second = max(self._first, int(ts)) if self._first else 0
        self._begun += 1
        return (second << _SHIFT) + index


def _seen(seen: Seen, number: int) -> dict[str, Any]:
    told: dict[str, Any] = {"track": number + seen.track * _LOOKS, "label": seen.label}
    if seen.score == seen.score:  # NaN: unknown, and left out
        told["score"] = round(seen.score, 3)
    told |= {"box": [round(edge, 5) for edge in seen.box], "still": round(seen.still, 1)}
    return told | {"zone": seen.zone} if seen.zone else told

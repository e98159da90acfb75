"""pointing: where a camera points, asked by ONVIF again and again, and which of its presets that is.

While it moves it is at none, and neither is it where its position has changed since it was asked before. A position is
that of a preset when it is within `tolerance` of the one that the camera has stored. Which it is where no position is
known, the picture decides (cameras/scenes.py); so it does where ONVIF fails, which is told once, and tried again after
a while. It never costs a picture.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping

from cameras.onvif import OnvifCamera, OnvifFailed, Position, Status
from cameras.scenes import Pointing
from cameras.settings import CameraSettings, OnvifSettings
from pipeline.backoff import Backoff

_FRESH = 100
"""Answers after which it is asked for its presets again: somebody may have stored one anew."""
_SAME = 0.002
"""Of its range: by less a position differs without a movement."""


def pointing(
    asked: int,
    status: Status,
    before: Position | None,
    presets: Mapping[str, Position | None],
    tolerance: float,
) -> Pointing | None:
    """What an answer means; None: nothing.

    before: the position in the answer before. presets: where each is, None where that is not known.
    """
    at = status.position
    moved = at is not None and before is not None and at.off(before) > _SAME
    if at is None:
        return None if status.moving is None else Pointing(asked, status.moving, "", frozenset(presets))
    near = [
        (at.off(place), name) for name, place in presets.items() if place is not None and at.off(place) <= tolerance
    ]
    unknown = frozenset(name for name, place in presets.items() if place is None)
    return Pointing(asked, bool(status.moving) or moved, min(near)[1] if near else "", unknown)


class Asking:
    """Asks one camera, in a thread of its own (`run`), until `stopping`."""

    def __init__(
        self,
        name: str,
        settings: CameraSettings,
        onvif: OnvifSettings,
        say: Callable[[str], object],
        stopping: threading.Event,
        environment: Mapping[str, str],
        backoff: Backoff | None = None,
    ) -> None:
        self._name, self._settings, self._onvif = name, settings, onvif
        self._say, self._stopping, self._environment = say, stopping, environment
        self._backoff = backoff or Backoff()
        self._count = itertools.count()
        self._said: Pointing | None = None
        self._told = ""

    def pointing(self) -> Pointing | None:
        """What it said last; None: it says nothing. From any thread."""
        return self._said

    def run(self) -> None:
        """Until `stopping`."""
        while not self._stopping.is_set():
            try:
                self._ask()
            except (OnvifFailed, ValueError) as error:
                self._tell(f"{error}; until that is mended, its presets are known by the picture")
                self._said = None
                self._stopping.wait(self._backoff.delay())
        self._said = None

    def _ask(self) -> None:
        """As long as it answers."""
        onvif = self._onvif
        user, password = self._settings.onvif_credentials(self._environment)
        with OnvifCamera(onvif.host, onvif.port, user, password) as camera:
            profile = onvif.profile or next((each.token for each in camera.profiles()), "")
            presets: dict[str, Position | None] = {}
            before: Position | None = None
            for n in itertools.count():
                if self._stopping.is_set():
                    return
                if n % _FRESH == 0:
                    presets = self._presets(camera, profile)
                asked = next(self._count)
                status = camera.status(profile)
                self._said = pointing(asked, status, before, presets, onvif.tolerance)
                before = status.position
                self._backoff.reset()
                self._stopping.wait(onvif.poll)

    def _presets(self, camera: OnvifCamera, profile: str) -> dict[str, Position | None]:
        """Where each preset of the configuration is."""
        stored = {each.token: each for each in camera.presets(profile)}
        found: dict[str, Position | None] = {}
        for name, preset in self._settings.presets.items():
            one = stored.get(preset.token) if preset.token else None
            found[name] = None if one is None else one.position
            if preset.token and one is None:
                there = ", ".join(f"{each.token} ({each.name})" for each in stored.values()) or "none"
                self._tell(f"presets.{name}: the camera has no preset with the token '{preset.token}'; it has: {there}")
        return found

    def _tell(self, what: str) -> None:
        """Once, and not again until something else was told."""
        if what != self._told:
            self._told = what
            self._say(f"{self._name}: {what}")

"""running: the platforms of one file at work: who asks for which camera, and how each platform is doing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cameras.platforms.door import DONE, NO, WANT
from cameras.platforms.doorman import Count, Doorman, Log, Tell
from cameras.platforms.gateway import Gateway
from cameras.platforms.settings import OfPlatform, PlatformSettings

Wanted = Mapping[str, PlatformSettings]
Cameras = Mapping[str, OfPlatform]
"""Those of platforms, by name."""


class Platforms:
    """`make`, `change`, `stop` from one thread; `hear`, `lost`, `counts` from any."""

    def __init__(self, environment: Mapping[str, str], folder: Path, log: Log) -> None:
        """folder: what files of TLS are relative to."""
        self._environment, self._folder, self._log = environment, folder, log
        self._settings: Wanted = {}
        self._cameras: Cameras = {}
        self._doormen: dict[str, Doorman] = {}

    def make(self, settings: Wanted) -> dict[str, Gateway]:
        """Gateways to what is new or has changed, none of them asked yet.

        Raises ValueError, FileNotFoundError where one can't be: a variable of the environment or a file is missing.
        """
        return {
            name: Gateway(name, each, self._environment, self._folder)
            for name, each in settings.items()
            if each != self._settings.get(name)
        }

    def change(self, settings: Wanted, cameras: Cameras, fresh: Mapping[str, Gateway]) -> None:
        """From now on these. fresh: of `make`. A platform that is no longer there gives nothing more, and ends what its
        cameras leave."""
        self._settings, self._cameras = settings, cameras
        for name, gateway in fresh.items():
            if name in self._doormen:
                self._doormen[name].change(gateway)
            else:
                self._doormen[name] = Doorman(gateway, self._log)
                self._doormen[name].start()

    def stop(self) -> None:
        for each in self._doormen.values():
            each.stop()
        self._doormen.clear()
        self._settings = {}

    def hear(self, owner: int, camera: str, word: bytes, tell: Tell) -> None:
        """A word of a camera's process. owner: the process. tell: to it."""
        if word == DONE:  # of the platform that it was of, which may be another by now; the others don't know it
            for each in list(self._doormen.values()):
                each.done(owner, camera)
            return
        of = self._cameras.get(camera)
        if word == WANT and of is not None and of.name in self._settings:
            self._doormen[of.name].want(owner, camera, of, tell)
        elif word == WANT:
            tell(camera, NO, "the configuration has it no more")

    def lost(self, owner: int) -> None:
        """A process has ended."""
        for each in list(self._doormen.values()):
            each.lost(owner)

    def counts(self) -> dict[str, Count]:
        """How each is doing."""
        return {name: self._doormen[name].count() for name in sorted(self._settings) if name in self._doormen}

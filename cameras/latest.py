"""latest: the latest picture of each camera, small and with heads hidden, for who watches over the city.

Reads the pictures that are looked at; of each camera one every `every` seconds is made small, heads are hidden in it as
they are in evidence, and it goes out as a message. One thread a process does that, at a low priority, at the newest
picture of each camera: nothing queues up, and no camera is held up. Where persons can't be found no picture goes out
(fail closed), but a word that says why.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import cv2
import msgspec
import numpy as np

from cameras.evidence.faces import Hider, hide
from cameras.evidence.marking import jpeg
from cameras.evidence.settings import Faces
from cameras.latest_form import LARGEST, Shown, closed
from cameras.latest_settings import LatestSettings
from cameras.models import ModelError
from cameras.sampling import Newest
from cameras.scenes import Scene
from cameras.settings import CameraSettings
from cameras.watcher import Frame, Image

Message = tuple[str, bytes]
Say = Callable[[str], object]

AGAIN = 60.0
"""Seconds until a model that could not be had is looked for again."""
_LOOK = 0.5
_NICE = 10
"""The thread's priority, for the kernel: cameras first."""
_READY = 64
"""Messages that wait to be said, at most; then the oldest go."""


class Waiting(NamedTuple):
    """A picture of which the latest is to be made. scene: None where the camera is away."""

    frame: Frame
    scene: Scene | None


class Latest:
    """Of the cameras of one process. `see` and `tell` are for the thread that looks; `start` and `stop` once each."""

    def __init__(self, settings: LatestSettings, cameras: Mapping[str, CameraSettings], say: Say) -> None:
        """say: told in plain words what goes wrong."""
        self._given, self._say = settings, say
        self._about = {name: _about(name, each) for name, each in cameras.items()}
        self._last: dict[str, float] = {}
        """When each camera's last one was taken."""
        self._waiting: Newest[Waiting] = Newest()
        self._done: deque[Message] = deque(maxlen=_READY)
        self._hider: Hider | None = None
        self._fault, self._tried = "", -float("inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="latest", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """What waits is let go."""
        self._stopping.set()

    def see(self, camera: str, frame: Frame, scene: Scene | None) -> None:
        """A picture was looked at. scene: None where the camera is away."""
        last = self._last.get(camera)
        if last is None or not 0 <= frame.ts - last < self._given.every:
            self._last[camera] = frame.ts
            self._waiting.put(camera, Waiting(frame, scene))

    def tell(self) -> list[Message]:
        """What was made since, as messages."""
        told = []
        while self._done:
            told.append(self._done.popleft())
        return told

    def make(self, camera: str, waiting: Waiting) -> Message:
        """One message, here and now."""
        frame, scene = waiting
        about = self._about.get(camera) or Shown(camera=camera, ts=0.0)
        hider = self._ready()
        preset, infrared = scene or ("", frame.infrared)
        what: dict[str, Any] = {"ts": round(frame.ts, 3), "preset": preset, "infrared": infrared, "away": scene is None}
        if hider is None:
            return _message(_with(about, what | {"reason": self._fault}), b"")
        small = shrunk(frame.image, self._given.width)
        heads = hider.find(small)
        data = jpeg(hide(small, heads), self._given.quality)
        size = {"height": small.shape[0], "width": small.shape[1], "heads": len(heads)}
        if len(data) > LARGEST - 4096:
            return _message(_with(about, what | {"reason": "its picture is too large: give `frames` less width"}), b"")
        return _message(_with(about, what | size), data)

    def _ready(self) -> Hider | None:
        """What finds persons; None: it can't be had, and `_fault` says why."""
        if self._hider is None and time.monotonic() >= self._tried + AGAIN:
            self._tried = time.monotonic()
            try:
                self._hider, self._fault = Hider(self._given.faces or Faces()), ""
            except ModelError as error:
                if str(error) != self._fault:
                    self._fault = str(error)
                    self._say(f"no latest pictures: {error}")
        return self._hider

    def _run(self) -> None:
        if hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not self._stopping.is_set():
            for camera, waiting in self._waiting.take(_LOOK):
                try:
                    self._done.append(self.make(camera, waiting))
                except Exception as error:  # noqa: BLE001  what nothing can be made of must not end what comes after
                    self._say(f"{camera}: no latest picture could be made ({type(error).__name__}: {error})")


def shrunk(image: Image, width: int) -> Image:
    """The picture at that width, its shape kept; no larger than it is."""
    high, wide = image.shape[:2]
    if wide <= width:
        return image
    size = width, max(1, round(high * width / wide))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _about(name: str, settings: CameraSettings) -> Shown:
    """What goes out of a camera with each of its pictures."""
    lon, lat = settings.place
    return Shown(camera=name, ts=0.0, name=settings.name, area=settings.area, lon=lon, lat=lat)


def _with(about: Shown, what: dict[str, Any]) -> Shown:
    return msgspec.structs.replace(about, **what)


def _message(shown: Shown, data: bytes) -> Message:
    return f"cameras/{shown.camera}/frame", closed(shown, data)

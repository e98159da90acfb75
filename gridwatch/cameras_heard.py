"""cameras_heard: what cameras said last, as the city hears it from its brokers, for those who look at cameras.

Judging goes by the journal; this is beside it: of each camera the newest sightings, the newest readings of each thing,
how it is and how it was in the last day, and why it has no picture. Messages are read only when somebody asks. What
comes may be anything, so everything is bounded.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from cameras.latest_form import TOPIC, Shown, opened
from console.cameras_known import Change
from console.cameras_told import SILENT
from gridwatch.cameras_frames import FrameFiles

MOST = 2000
"""Cameras."""
_THINGS = 64
"""Things that a camera measures."""
_CHANGES = 500
_DAY = 86_400.0
_LARGEST = 1 << 18
"""Bytes of a message but pictures."""
_LONG = 300
"""Characters of a reason."""


class _Health(msgspec.Struct):
    ts: float
    state: str
    reason: str = ""


class _About(msgspec.Struct):
    about: str = ""


_health = msgspec.json.Decoder(_Health).decode
_about = msgspec.json.Decoder(_About).decode


@dataclass(slots=True)
class Heard:
    """One camera."""

    sightings: bytes = b""
    health: bytes = b""
    readings: dict[str, bytes] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=_CHANGES))
    unwritten: int = 0
    """How many of them, the newest, are otherwise than the store has them."""
    unseen: str = ""
    """Why there is no new picture."""


class CamerasHeard:
    """`hear` from one thread a broker; the rest from any."""

    def __init__(self, frames: FrameFiles) -> None:
        self.frames = frames
        self._lock = threading.Lock()
        self._cameras: dict[str, Heard] = {}

    def hear(self, topic: str, payload: bytes, now: float) -> None:
        """A message has come. now: UTC seconds. Raises OSError where a picture can't be kept."""
        levels = topic.split("/")
        if len(levels) == 2 and levels[0] == TOPIC:
            self._picture(levels[1], payload, now)
        elif len(levels) == 3 and levels[0] == "cameras" and len(payload) <= _LARGEST:
            with self._lock:
                heard = self._of(levels[1])
                if heard is not None:
                    _note(heard, levels[2], payload, now)

    def names(self) -> set[str]:
        """Of whom anything is known."""
        with self._lock:
            return {*self._cameras, *self.frames.cameras()}

    def said(self, camera: str) -> tuple[Mapping[str, Any], Mapping[str, Any], dict[str, Mapping[str, Any]]]:
        """Its newest health, sightings and readings by what they are about; empty where there are none."""
        with self._lock:
            heard = self._cameras.get(camera)
            if heard is None:
                return {}, {}, {}
            health, sightings, readings = heard.health, heard.sightings, dict(heard.readings)
        return _read(health), _read(sightings), {about: _read(each) for about, each in readings.items()}

    def unseen(self, camera: str) -> str:
        """Why it has no new picture; '' where nobody says."""
        with self._lock:
            heard = self._cameras.get(camera)
            return "" if heard is None else heard.unseen

    def about(self, camera: str) -> Shown | None:
        """What came with its newest picture."""
        return next(iter(self.frames.of(camera)), None)

    def changes(self, camera: str, now: float) -> list[Change]:
        """How it was in the last day, the oldest first; what held when the day began is the first."""
        with self._lock:
            heard = self._cameras.get(camera)
            return [] if heard is None else [each for each in heard.changes if each.until >= now - _DAY]

    def remember(self, changes: Mapping[str, Iterable[Change]]) -> None:
        """How cameras were before this process, the oldest first. Before anything is heard."""
        with self._lock:
            for camera, mine in changes.items():
                heard = self._of(camera)
                if heard is not None:
                    heard.changes.extendleft(reversed(list(mine)))

    def unwritten(self) -> dict[str, list[Change]]:
        """What the store doesn't know yet; from now on it does, unless `not_written` is said."""
        with self._lock:
            some = {name: heard for name, heard in self._cameras.items() if heard.unwritten}
            found = {name: list(heard.changes)[-heard.unwritten :] for name, heard in some.items()}
            for heard in some.values():
                heard.unwritten = 0
        return found

    def not_written(self, changes: Mapping[str, Sequence[Change]]) -> None:
        """The store could not be told."""
        with self._lock:
            for camera, mine in changes.items():
                heard = self._cameras[camera]
                heard.unwritten = min(heard.unwritten + len(mine), len(heard.changes))

    def _picture(self, camera: str, payload: bytes, now: float) -> None:
        found = opened(camera, payload)
        if found is None:
            return
        with self._lock:
            heard = self._of(camera)
            if heard is None:
                return
            heard.unseen = found[0].reason[:_LONG]
        if found[1]:
            self.frames.take(found[0], payload, now)

    def _of(self, camera: str) -> Heard | None:
        """None: there are too many."""
        if camera not in self._cameras and (len(self._cameras) >= MOST or not 0 < len(camera) <= 200):
            return None
        return self._cameras.setdefault(camera, Heard())


def _note(heard: Heard, what: str, payload: bytes, now: float) -> None:
    if what == "sightings":
        heard.sightings = payload
    elif what == "readings":
        try:
            about = _about(payload).about
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        if about in heard.readings or len(heard.readings) < _THINGS:
            heard.readings[about] = payload
    elif what == "health":
        try:
            said = _health(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        heard.health = payload
        at = min(said.ts, now)  # a clock that is ahead must not make all that is true later look late
        _change(heard, Change(at, said.state[:20], said.reason[:_LONG], at))


def _change(heard: Heard, now: Change) -> None:
    """A stretch goes on where the camera says the same again in time; otherwise another begins."""
    last = heard.changes[-1] if heard.changes else None
    if (last is not None and now.ts < last.until) or not math.isfinite(now.ts):
        return  # an old one, late
    at_once = last is not None and now.ts - last.until <= SILENT
    if last is not None and at_once:
        heard.changes[-1] = replace(last, until=now.ts, reason=now.reason if now.state == last.state else last.reason)
        heard.unwritten = max(heard.unwritten, 1)
    if last is None or not at_once or last.state != now.state:
        heard.changes.append(now)
        heard.unwritten = min(heard.unwritten + 1, len(heard.changes))


def _read(payload: bytes) -> Mapping[str, Any]:
    try:
        said = msgspec.json.decode(payload) if payload else {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}

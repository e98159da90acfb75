"""health: how a camera is doing, as the messages that go out: at every change, and every `EVERY` seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:  # it imports FFmpeg, which is for the processes of cameras alone
    from cameras.reading import Doing

EVERY = 30.0
_AWAY = (
    "it turns, or what it sees is none of its presets; if that stays so, turn it back, or give its preset a picture of"
    " what it sees now"
)

_encode = msgspec.json.Encoder().encode


class Health:
    """One camera's. Counts are since its process was started."""

    def __init__(self, camera: str, doing: Doing, evidence: Callable[[], Mapping[str, Any]] | None = None) -> None:
        """evidence: how keeping it goes; None: none is kept."""
        self.camera = camera
        self._doing, self._evidence = doing, evidence
        self._looked = 0
        self._away = False
        self._told: tuple[str, str] | None = None
        self._at = -math.inf
        self._before = (-math.inf, 0, 0)

    def looked(self, away: bool) -> None:
        """A picture has been looked at. away: by what it shows."""
        self._looked += 1
        self._away = away

    def due(self, now: float) -> bytes | None:
        """The message, if it is time for one. now: UTC seconds."""
        doing = self._doing
        away = doing.state == "up" and self._away
        state, reason = ("away", _AWAY) if away else (doing.state, doing.reason)
        clock = time.monotonic()
        if (state, reason) == self._told and clock < self._at + EVERY:
            return None
        at, packets, looked = self._before
        gone = clock - at
        steady = self._told is not None and self._told[0] == state and gone > 0
        self._before = clock, doing.packets, self._looked
        self._told, self._at = (state, reason), clock
        facts = doing.facts
        said: dict[str, Any] = {
            "ts": round(now, 3),
            "state": state,
            "reason": reason,
            "fps": round((doing.packets - packets) / gone, 2) if steady else facts.rate,
            "looked": round((self._looked - looked) / gone, 2) if steady else None,
            "dropped": doing.dropped,
            "undecodable": doing.undecodable,
            "offset": _rounded(None if doing.clock is None else doing.clock.offset),
            "clock": None if doing.clock is None else "camera" if doing.clock.by_camera else "arrival",
            "codec": facts.codec or None,
            "width": facts.width or None,
            "height": facts.height or None,
            "keyframe_interval": _rounded(facts.keyframe_interval),
        }
        if self._evidence is not None:
            said["evidence"] = self._evidence()
        return _encode(said)


def down(now: float, reason: str) -> bytes:
    """The message about a camera whose process has ended. now: UTC seconds."""
    return _encode({"ts": round(now, 3), "state": "down", "reason": reason})


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 3)

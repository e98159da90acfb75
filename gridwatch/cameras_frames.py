"""cameras_frames: the latest pictures of cameras, kept in the data folder: one file for each scene of each camera.

A newer picture takes the place of the one before, so that nothing grows; a scene is a preset by day or by infrared
light, so that zones can be drawn on a picture of each. They survive a restart. Nothing of them is in the journal.
"""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

from cameras.evidence.store import folder
from cameras.latest_form import LARGEST, Shown, opened

FOLDER = "frames"
"""In the data folder."""
KEPT = 30 * 86_400.0
"""Seconds: what is older when the city starts is deleted: the camera is gone, or turns there no more."""
MOST, SCENES = 2000, 24
"""Cameras, and scenes of each: of more than that the oldest goes."""
_SUFFIX = ".frame"
_LATE = 60.0
"""Seconds: a picture that says it is from further in the future has a wrong clock, and is not taken."""


class FrameFiles:
    """Any thread. A file that can't be read is none."""

    def __init__(self, data: Path, now: float) -> None:
        """data: the city's data folder. now: UTC seconds."""
        self._root = data / FOLDER
        self._lock = threading.Lock()
        self._known: dict[str, dict[tuple[str, bool], Shown]] = {}
        for file in sorted(self._root.glob(f"*/*{_SUFFIX}"))[: MOST * SCENES]:
            found = self._read(file)
            if found is None or self._at(found[0]) != file or found[0].ts < now - KEPT:
                file.unlink(missing_ok=True)
            else:
                self._known.setdefault(found[0].camera, {})[found[0].scene] = found[0]

    def take(self, shown: Shown, payload: bytes, now: float) -> bool:
        """Keep a picture in place of the scene's one before. False: it is older, or there are too many cameras. Raises
        OSError."""
        with self._lock:
            scenes = self._known.get(shown.camera, {})
            before = scenes.get(shown.scene)
            late = before is not None and before.ts > shown.ts and before.ts <= now + _LATE
            if late or shown.ts > now + _LATE or (not scenes and len(self._known) >= MOST):
                return False
            self._write(self._at(shown), payload)
            self._known.setdefault(shown.camera, {})[shown.scene] = shown
            if len(self._known[shown.camera]) > SCENES:
                oldest = min(self._known[shown.camera].values(), key=lambda each: each.ts)
                del self._known[shown.camera][oldest.scene]
                self._at(oldest).unlink(missing_ok=True)
            return True

    def cameras(self) -> list[str]:
        """Of which there is a picture."""
        with self._lock:
            return list(self._known)

    def of(self, camera: str) -> list[Shown]:
        """What there is of it, the newest first."""
        with self._lock:
            return sorted(self._known.get(camera, {}).values(), key=lambda each: -each.ts)

    def picture(self, camera: str, preset: str | None, infrared: bool | None) -> tuple[Shown, bytes] | None:
        """The newest of these scenes, with its JPEG; None of either: whatever it is."""
        for shown in self.of(camera):
            if preset in (None, shown.preset) and infrared in (None, shown.infrared):
                return self._read(self._at(shown))
        return None

    def _at(self, shown: Shown) -> Path:
        light = "infrared" if shown.infrared else "day"
        preset = folder(shown.preset) if shown.preset else ""
        return self._root / folder(shown.camera) / f"{preset}@{light}{_SUFFIX}"

    def _read(self, file: Path) -> tuple[Shown, bytes] | None:
        try:
            with file.open("rb") as source:
                payload = source.read(LARGEST + 1)
        except OSError:
            return None
        return opened("", payload)

    def _write(self, at: Path, payload: bytes) -> None:
        at.parent.mkdir(parents=True, exist_ok=True)
        part = at.with_name(f".{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(payload)
            part.replace(at)
        finally:
            part.unlink(missing_ok=True)

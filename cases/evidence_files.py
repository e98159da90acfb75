"""evidence_files: which of what cameras and terminals took belongs to which case, and where cases' files are kept.

A camera's store deletes by age, on whichever machine it is; the city's copy of what belongs to a case stays as long as
the case needs it (docs/decisions/evidence-with-cases.md). Files are named by their own SHA-256, so that the same file
is kept once, and a changed one is no longer what its name says.

    {folder}/3f/3f9a….jpg
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

EARLY = 60.0
"""Seconds: what stands in a zone may have been seen so long before the rule found it wrong."""
FOLDER = "evidence-of-cases"
"""The files' folder in a city's data folder."""
_LOCATION = re.compile(r"^([0-9a-f]{2})/(\1[0-9a-f]{62})(\.[a-z0-9]{1,8}(?:\.age)?)?$")


class Seen(NamedTuple):
    """What says of a piece of camera evidence to which case it belongs."""

    camera: str
    track: int
    zone: str
    """Of the picture; '' for none."""
    captured: float
    """UTC seconds."""


class Happening(NamedTuple):
    """What says of a member of a case (an episode) which evidence is of it."""

    subject: str
    part: str
    """A track or a zone, where the subject is a camera."""
    started: float
    ended: float
    """UTC seconds; NaN while it goes on."""


def belongs(seen: Seen, to: Happening) -> bool:
    """What is about a track has that track's evidence, which no other ever has; what is about a zone what was taken
    there while it went on."""
    if not to.part or seen.camera != to.subject:
        return False
    if to.part == str(seen.track):
        return True
    ended = math.inf if math.isnan(to.ended) else to.ended
    return to.part == seen.zone and to.started - EARLY <= seen.captured <= ended


def belongs_to_vehicle(seen: Seen, to: Happening, before: float, after: float) -> bool:
    """What a vehicle's terminal took belongs to what was wrong with that vehicle then. Seen.camera: the vehicle.
    before, after: seconds; so long before its start, and after its end, it still does."""
    ended = math.inf if math.isnan(to.ended) else to.ended
    return seen.camera == to.subject and to.started - before <= seen.captured <= ended + after


def belonging(seen: Iterable[Seen], to: Iterable[Happening]) -> list[Seen]:
    """What belongs to any of them, by time."""
    members = list(to)
    found = (each for each in seen if any(belongs(each, member) for member in members))
    return sorted(found, key=lambda each: (each.captured, each.camera, each.track))


class Kept(NamedTuple):
    """Where a file is kept, and what it is."""

    location: str
    sha256: str


class Files:
    """The files of a city's cases. Any thread and process may use the folder: what is written twice is the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes, suffix: str = "") -> Kept:
        """Keep a file; on disk when this returns. suffix: of its name, such as '.jpg'. Raises OSError, ValueError."""
        digest = hashlib.sha256(data).hexdigest()
        location = f"{digest[:2]}/{digest}{suffix}"
        at = self._at(location)
        if not at.exists():
            at.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            part = at.with_name(f".{secrets.token_hex(8)}.part")
            try:
                with part.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(at)
            finally:
                part.unlink(missing_ok=True)
        return Kept(location, digest)

    def read(self, location: str) -> bytes | None:
        """None: it is not there (any more). Raises OSError, ValueError."""
        try:
            return self._at(location).read_bytes()
        except FileNotFoundError:
            return None

    def path(self, location: str) -> Path | None:
        """Where it is, to be read from there; None: it is not there (any more). Raises OSError, ValueError."""
        at = self._at(location)
        return at if at.is_file() else None

    def remove(self, location: str) -> bool:
        """Delete it; False: it was not there. Raises OSError, ValueError."""
        try:
            self._at(location).unlink()
        except FileNotFoundError:
            return False
        return True

    def _at(self, location: str) -> Path:
        """Raises ValueError where it is none of ours: a location from outside leads nowhere else."""
        if not _LOCATION.match(location):
            raise ValueError(f"expected where a case's file is kept, such as '3f/3f9a….jpg', got '{location}'")
        return self._folder / location


def intact(location: str, data: bytes) -> bool:
    """Whether a file is still what its name says."""
    found = _LOCATION.match(location)
    return found is not None and hashlib.sha256(data).hexdigest() == found[2]

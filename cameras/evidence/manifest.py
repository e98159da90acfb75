"""manifest: what belongs to one piece of evidence: of what it is, when it was taken, and each file with its SHA-256.

It lies beside the files and is written after them, so that without it there is no evidence; nothing is changed after.
The same goes out as a message on `cameras/{camera}/evidence`, with where it is and its own SHA-256.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

NAME = "manifest.json"
FORMAT = 1
KINDS = ("clean", "marked", "clip", "sealed")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of it."""

    name: str
    kind: Literal["clean", "marked", "clip", "sealed"]
    sha256: str
    bytes: int
    captured: float
    """When the picture was taken, or the first of a clip, UTC seconds."""
    until: float | None = None
    """When the last of a clip was."""
    offset: float | None
    """Seconds by which that clock was ahead of ours; None: not known, or a recording."""


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about faces."""

    by: str
    """The model that found persons; '' where none were looked for."""
    heads: int
    """How many are hidden in the picture."""
    clip: int | None = None
    """The most that are hidden in one picture of the clip; None: there is none."""
    reason: str = ""
    """Why none were looked for."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    format: int = FORMAT
    id: str
    camera: str
    track: int
    label: str
    score: float | None
    zone: str
    watcher: str
    trigger: str
    category: str
    box: tuple[float, float, float, float]
    """left, top, width, height, as shares of the picture"""
    still: float | None
    """Seconds for which it had stood; None: nobody knows."""
    captured: float
    """When the picture was taken, UTC seconds."""
    clock: Literal["camera", "arrival", "recording"]
    """Whose time that is."""
    offset: float | None
    faces: Hidden
    files: tuple[File, ...]
    lacking: dict[str, str] = {}
    """What was asked for and could not be had, and why."""
    sent: dict[str, Any] = {}
    """Of a vehicle's photo: which terminal sent it, what was said of it, and the SHA-256 of the file that came."""


def described(
    name: str, kind: Any, data: bytes, captured: float, offset: float | None, until: float | None = None
) -> File:
    """A file's entry."""
    digest = hashlib.sha256(data).hexdigest()
    return File(name=name, kind=kind, sha256=digest, bytes=len(data), captured=captured, until=until, offset=offset)


def encode(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(data: bytes) -> Manifest | None:
    """None: that is no manifest, or not all of one."""
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.format == FORMAT else None


def message(data: bytes, url: str) -> bytes:
    """What goes out about it. data: the manifest as it is stored. url: of its folder."""
    told = {"ts": msgspec.json.decode(data)["captured"], "url": url, "sha256": hashlib.sha256(data).hexdigest()}
    return msgspec.json.encode(told | msgspec.json.decode(data))


def day(ts: float) -> str:
    """The UTC day of a time, 2026-05-01."""
    return (_EPOCH + timedelta(seconds=ts)).strftime("%Y-%m-%d")

"""manifest: what belongs to an exported case: each part with its SHA-256, and by what the case came about.

It is in the file itself. Its own SHA-256, which `gridwatch cases export` prints, stands for the whole: whoever knows it
from elsewhere knows that nothing has been exchanged. Steps are chained: each one's hash covers the one before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

FORMAT = 1
NAME = "manifest.json"
CASE = "case.json"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of an export. Times are UTC seconds."""

    name: str
    kind: str
    """page, data, or of evidence frame, marked, clip, sealed, photo, file."""
    media: str
    bytes: int
    sha256: str
    captured: float | None = None
    """When it was taken."""
    clock_offset: float | None = None
    """Seconds by which that clock was ahead; None: not known."""
    source: str = ""
    """Who or what took it: a camera, a person."""


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """Something that belongs to the case and is not in the file."""

    name: str
    why: str
    sha256: str = ""
    """What it had when it was kept, where that is known."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """By what the case came about; '' for what nothing is known of."""

    id: str = ""
    version: str = ""
    configuration: str = ""
    """SHA-256 of the configuration that was in force, as the journal stores it."""
    world: str = ""
    """SHA-256 of the registers that were."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export is."""

    format: int = FORMAT
    form: str
    """html, zip, pdf"""
    gridwatch: str
    """The version that wrote it."""
    city: str
    time_zone: str
    case: str
    number: str
    revision: int
    state: str
    exported: str
    """When, ISO 8601 UTC."""
    by: str
    contact: bool
    """Whether it names who reported."""
    rule: Rule
    steps: int
    chain: str
    """The hash of the last step, which covers all before it."""
    parts: tuple[Part, ...]
    lacking: tuple[Lacking, ...] = ()


def part(name: str, kind: str, data: bytes, media: str, **of: Any) -> Part:
    """A part's entry."""
    return Part(name=name, kind=kind, media=media, bytes=len(data), sha256=sha256(data), **of)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def as_json(content: Any) -> bytes:
    """JSON that may stand in a page: the same content gives the same bytes, and nothing in it ends a script."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return text.replace("<", "\\u003c").encode("utf-8", "backslashreplace")


def encode(manifest: Manifest) -> bytes:
    return as_json(msgspec.to_builtins(manifest))


def decode(data: bytes) -> Manifest | None:
    """None: that is no manifest, or one that a newer gridwatch wrote."""
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.format == FORMAT else None


def chained(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps in their order, each with its `hash`: SHA-256 over the hash before it and the step as canonical JSON."""
    before, found = "", []
    for step in steps:
        said = {key: value for key, value in step.items() if key != "hash"}
        text = json.dumps(said, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        before = sha256(before.encode() + text.encode("utf-8", "backslashreplace"))
        found.append({**said, "hash": before})
    return found

"""opening: a sealed original is opened only by who says why, and that is noted before it is opened.

Notes are files of their own, numbered, never overwritten, each with the SHA-256 of the one before: what is changed or
taken out of their midst is found by `check_notes`. They stay when the evidence is deleted. An attempt with a wrong key
is noted too: it was one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cameras.evidence.manifest import Manifest
from cameras.evidence.sealing import SealFailed, unseal
from cameras.evidence.store import OPENINGS, Place, Store

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ATTEMPTS = 20
"""Somebody else may note something at the same time, and take the number."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One opening."""

    number: int
    at: str
    """ISO 8601, UTC."""
    by: str
    reason: str
    id: str
    """Of the evidence."""
    camera: str
    files: dict[str, str]
    """What was opened: name and SHA-256."""
    before: str
    """The SHA-256 of the note before; '' in the first."""


def open_sealed(
    store: Store, where: Place, manifest: Manifest, *, by: str, reason: str, identity: str, now: float
) -> dict[str, bytes]:
    """The originals, by the names that they had. identity: the secret key. now: UTC seconds.

    Raises ValueError where nobody says who and why, SealFailed, StoreFailed.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("expected who opens it, and why: both are noted, and without them nothing is opened")
    sealed = {file.name: file.sha256 for file in manifest.files if file.kind == "sealed"}
    if not sealed:
        raise SealFailed(f"{manifest.id}: no original was sealed; its trigger has no 'sealed'")
    _note(store, manifest, sealed, by.strip(), reason.strip(), now)
    opened = {}
    for name, expected in sealed.items():
        data = store.read(f"{where.path}/{name}")
        if data is None or hashlib.sha256(data).hexdigest() != expected:
            raise SealFailed(f"{manifest.id}: {name} {'is missing' if data is None else 'has been changed'}")
        opened[name.removesuffix(".age")] = unseal(data, identity)
    return opened


def notes(store: Store) -> list[Note]:
    """All that can be read, in order. Raises StoreFailed."""
    found = (_decode(store.read(path)) for path in store.openings())
    return [note for note in found if note is not None]


def check_notes(store: Store) -> list[str]:
    """What is wrong with the notes, in plain words. Raises StoreFailed."""
    faults, before = [], ""
    for number, path in enumerate(store.openings(), 1):
        data = store.read(path)
        note = _decode(data)
        if data is None or note is None:
            faults.append(f"{path}: it can't be read")
            continue
        if note.number != number or not path.endswith(f"{number:08}.json"):
            faults.append(f"{path}: expected number {number}: one before it is missing")
            return faults
        if note.before != before:
            faults.append(f"{path}: the one before it has been changed")
        before = hashlib.sha256(data).hexdigest()
    return faults


def _note(store: Store, manifest: Manifest, sealed: dict[str, str], by: str, reason: str, now: float) -> None:
    for _ in range(_ATTEMPTS):
        there = store.openings()
        last = store.read(there[-1]) if there else None
        note = Note(
            number=int(there[-1].rpartition("/")[2].removesuffix(".json")) + 1 if there else 1,
            at=(_EPOCH + timedelta(seconds=now)).isoformat(timespec="milliseconds"),
            by=by,
            reason=reason,
            id=manifest.id,
            camera=manifest.camera,
            files=sealed,
            before="" if last is None else hashlib.sha256(last).hexdigest(),
        )
        if store.add(f"{OPENINGS}/{note.number:08}.json", msgspec.json.encode(note) + b"\n"):
            return
    raise SealFailed("it can't be noted, and so is not opened: others note something all the time; try again")


def _decode(data: Any) -> Note | None:
    try:
        return None if data is None else msgspec.json.decode(data, type=Note)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None

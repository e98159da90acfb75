"""episode: something was wrong from A to B, and what became known of it, one change after another."""

from __future__ import annotations

import hashlib
import uuid
from enum import StrEnum

import msgspec


class Change(StrEnum):
    """What an episode event says."""

    OPENED = "opened"
    ENDED = "ended"
    REOPENED = "reopened"
    """The end is taken back: a row came that disproves it."""
    WITHDRAWN = "withdrawn"
    """The whole episode is taken back: what a tick concluded from silence was wrong."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """An episode as known after an event. Times are UTC seconds, NaN where not (yet) so."""

    id: str
    rule: str
    rule_version: str
    subject: str
    part: str
    """What else the key names: a reading's metric, a sighting's track, a presence's zone; '' otherwise."""
    started: float
    confirmed: float
    ended: float
    reason: str
    """Why it ended: clear, gap, removed, forgotten; '' while open."""
    measure: float
    """The worst measure so far, in the detector's unit; NaN where it gives none."""
    lon: float
    lat: float
    place: str
    late: bool


class EpisodeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one episode. `known`: the tick after which it was known, UTC seconds; -inf before any tick."""

    change: Change
    known: float
    position: int
    """The journal position of the entry that made it known."""
    episode: Episode


_FIXED = 0xF << 76 | 0x3 << 62
_VERSION_5 = 0x5 << 76 | 0x2 << 62
"""The bits of a UUID that say its version and variant, and what they say in version 5."""


def city_namespace(city: str) -> uuid.UUID:
    """The UUID namespace of a city's episodes and cases."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"gridwatch:{city}")


def episode_id(namespace: uuid.UUID, rule: str, key: str, started: float) -> str:
    """UUIDv5 of (rule id, key, start in integer microseconds): the same episode, the same id, wherever judged."""
    # RFC 9562, section 5.5, by hand: a fifth of what uuid.uuid5 takes, and there is one for each change.
    name = f"{rule}\x1f{key}\x1f{round(started * 1e6)}".encode()
    bits = int.from_bytes(hashlib.sha1(namespace.bytes + name, usedforsecurity=False).digest()[:16], "big")
    text = f"{bits & ~_FIXED | _VERSION_5:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

"""episode: something was wrong from A to B, and what became known of it, one change after another."""

from __future__ import annotations

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
    """What else the key names: the metric of a reading; '' otherwise."""
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


def city_namespace(city: str) -> uuid.UUID:
    """The UUID namespace of a city's episodes and cases."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"gridwatch:{city}")


def episode_id(namespace: uuid.UUID, rule: str, key: str, started: float) -> str:
    """UUIDv5 of (rule id, key, start in integer microseconds): the same episode, the same id, wherever judged."""
    return str(uuid.uuid5(namespace, f"{rule}\x1f{key}\x1f{round(started * 1e6)}"))

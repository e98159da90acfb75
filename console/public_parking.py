"""public_parking: the free spaces of car parks and street sections, with how old each count is.

Reads what the watchers `parking_spaces` last said (`spaces_free`, `spaces_taken`), and the register of zones for
places. An old count is no count: a driver who is sent to a full car park believes nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import sqlalchemy as sa
from shapely.geometry import shape

from cases.registers.rows import Kept, standing

MOST = 2_000
"""Car parks and street sections that are told."""
_TOGETHER = 1.0
"""Seconds between what is free and what is taken, of one count."""


class Count(NamedTuple):
    """What was counted last. at: UTC seconds. taken: None where it was not said."""

    about: str
    """A zone of the registers, or a camera."""
    at: float
    free: int
    taken: int | None


class Counts(Protocol):
    """What the running city gives: the last count of each."""

    def __call__(self) -> Iterable[Count]:
        """In any order."""
        ...


class Parking(NamedTuple):
    """A car park. age: seconds. free: None where the count is old."""

    id: str
    lon: float | None
    lat: float | None
    at: float
    age: float
    free: int | None
    taken: int | None


def parking(connection: sa.Connection, counts: Iterable[Count], now: float, stale: float) -> list[Parking]:
    """By id. now: UTC seconds. stale: a count that is older, in seconds, says nothing any more."""
    newest = sorted(counts, key=lambda each: each.about)[:MOST]
    zones = {row.id: row for row in standing(connection, "zones") if row.holds(now)} if newest else {}
    return [_one(each, zones.get(each.about), now, stale) for each in newest]


def paired(free: Iterable[tuple[str, float, float]], taken: Iterable[tuple[str, float, float]]) -> list[Count]:
    """Counts out of readings (subject, ts, value) of both metrics, the newest of each subject."""
    beside = {subject: (ts, value) for subject, ts, value in taken}
    found = []
    for subject, ts, value in free:
        other = beside.get(subject)
        together = other is not None and abs(other[0] - ts) <= _TOGETHER
        found.append(Count(subject, ts, round(value), round(other[1]) if other is not None and together else None))
    return found


def _one(count: Count, zone: Kept | None, now: float, stale: float) -> Parking:
    age = max(now - count.at, 0.0)
    data = {} if zone is None else zone.data
    middle = shape(data["geometry"]).representative_point() if data.get("geometry") else None
    known = age <= stale
    return Parking(
        id=count.about,
        lon=None if middle is None else round(middle.x, 6),
        lat=None if middle is None else round(middle.y, 6),
        at=count.at,
        age=age,
        free=max(count.free, 0) if known else None,
        taken=count.taken if known else None,
    )

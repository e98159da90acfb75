"""retention: which sealed segments may go.

Only whole ones, oldest first, so that what is kept has no hole; never one with an entry that the oldest snapshot needs,
because a restart reads the journal from there.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.journal.sealed import Sealed
from pipeline.journal.survey import Segment


def expendable(
    segments: Sequence[Segment], *, keep_from: int, max_age: float | None, max_bytes: int | None, now: float
) -> list[Sealed]:
    """The segments to delete, in order. See Journal.retain."""
    size = sum(s.size for s in segments)
    chosen: list[Sealed] = []
    for at, segment in enumerate(segments):
        if not isinstance(segment, Sealed) or segment.end > keep_from:
            break
        too_much = max_bytes is not None and size > max_bytes
        age = _age(segments[at:], now)
        too_old = max_age is not None and age is not None and age > max_age
        if not too_much and not too_old:
            break
        chosen.append(segment)
        size -= segment.size
    return chosen


def _age(segments: Sequence[Segment], now: float) -> float | None:
    """Seconds since the first one's latest entry. One that can't say is as old as the next that can: it is older."""
    for segment in segments:
        if isinstance(segment, Sealed) and segment.received is not None:
            return now - segment.received
    return None

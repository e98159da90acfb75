"""putting: what became known, into a store, as entries of the one ordered log."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from cases.fold import Logged
from cases.making import Known, RuleFacts, case_of
from cases.store import Store
from pipeline.episode import EpisodeEvent

NOWHERE = (math.nan, math.nan)


def known_of(event: EpisodeEvent, facts: RuleFacts, where: tuple[float, float] = NOWHERE) -> Known:
    """What the engine's event is for cases. where: of something that stands still."""
    return Known(event.known, event.change, case_of(event, facts, where))


def logged(known: Iterable[Known]) -> list[Logged]:
    """In the log's order; each is known at its position's second."""
    seen: Counter[tuple[str, int]] = Counter()
    entries = []
    for each in known:
        key = each.case.id, each.case.position
        entry = Logged(
            stamp=float(each.case.position),
            confirmed=each.case.confirmed,
            id=each.case.id,
            position=each.case.position,
            nth=seen[key],
            known=each,
        )
        seen[key] += 1
        entries.append(entry)
    return sorted(entries, key=lambda entry: entry.place)


def put(store: Store, known: Iterable[Known], through: int) -> int:
    """How many were new."""
    return store.apply(logged(known), through=through)

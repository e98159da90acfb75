"""retention: deletes what is older than it may be kept, and what is left of evidence that was never finished.

By the time of capture, to the second. What has no manifest is no evidence: it is deleted when it is two days old, and
nobody can be writing it any more. Whatever has not the names of evidence stays, and so does the log of openings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cameras.evidence.manifest import day
from cameras.evidence.store import Place, Store

_DAY = 86_400.0
_UNFINISHED = 2, 4
"""Days: when it is looked whether there is a manifest. What is found later goes with what is old."""


class Pruned(NamedTuple):
    """What was deleted."""

    old: int
    unfinished: int


def prune(store: Store, now: float, keep: float, *, only_count: bool = False) -> Pruned:
    """now: UTC seconds. keep: seconds. only_count: nothing is deleted. Raises StoreFailed."""
    old = set(_old(store, now - keep))
    unfinished = set(_unfinished(store, now)) - old
    if not only_count:
        for where in sorted(old | unfinished):
            store.remove(where)
    return Pruned(len(old), len(unfinished))


def _old(store: Store, until: float) -> Iterator[Place]:
    for where in store.places(last=day(until)):
        manifest = None if where.day < day(until) else store.manifest(where)
        if where.day < day(until) or (manifest is not None and manifest.captured < until):
            yield where


def _unfinished(store: Store, now: float) -> Iterator[Place]:
    younger, older = _UNFINISHED
    for where in store.places(first=day(now - older * _DAY), last=day(now - younger * _DAY)):
        if store.manifest(where) is None:
            yield where

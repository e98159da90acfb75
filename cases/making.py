"""making: cases out of episode events, the same way live and in replay.

Reads what became known about episodes and the version that was in force then; reports each as the case as it then
stood. Category and unit are the rule's; what stands still (a bin) has its place from the registers, as of the time at
which its episode started.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
import pyarrow as pa

from cases.case import Case
from pipeline.engine import Engine
from pipeline.entries import Kind
from pipeline.episode import Change, Episode, EpisodeEvent


class RuleFacts(msgspec.Struct, frozen=True):
    """What a case takes from its rule when it opens."""

    category: str = ""
    unit: str = ""


OWN = {"source_down": RuleFacts("source.down")}
"""Of the rules that are gridwatch's own (docs/concepts/time.md, rule 12)."""


class Known(msgspec.Struct, frozen=True):
    """A case as it stood after one event, and when that was known."""

    known: float
    """The tick after which it was known, UTC seconds; -inf before any tick."""
    change: Change
    case: Case


def case_of(event: EpisodeEvent, facts: RuleFacts, where: tuple[float, float] = (math.nan, math.nan)) -> Case:
    """The case of an episode after an event. where: lon, lat for an episode that has no position of its own."""
    episode = event.episode
    lon, lat = where if math.isnan(episode.lon) else (episode.lon, episode.lat)
    values = {name: getattr(episode, name) for name in episode.__struct_fields__}
    return Case(
        **values | {"lon": lon, "lat": lat},
        category=facts.category,
        unit=facts.unit,
        withdrawn=event.change is Change.WITHDRAWN,
        opened_position=event.position,
        position=event.position,
    )


def judge(engine: Engine, batch: pa.RecordBatch, first: int) -> list[Known]:
    """Feed entries to the engine; what became known, in its order, by the versions in force at each entry."""
    found: list[Known] = []
    for start, end in _between_versions(batch):
        events = engine.feed(batch.slice(start, end - start), first + start)
        found += _made(engine, events)
    return found


def _between_versions(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """Stretches of entries that one version judges: each begins with its VERSION entry."""
    at = np.flatnonzero(batch.column("kind").to_numpy() == Kind.VERSION).tolist()
    edges = sorted({0, *at, batch.num_rows})
    yield from itertools.pairwise(edges)


def _made(engine: Engine, events: Iterable[EpisodeEvent]) -> Iterator[Known]:
    facts: dict[str, RuleFacts] | None = None
    for event in events:
        if facts is None:
            rules = engine.version.rules if engine.version else []
            facts = OWN | {rule.id: RuleFacts(rule.category, rule.detector.unit) for rule in rules}
        where = _located(engine, event.episode) if math.isnan(event.episode.lon) else (math.nan, math.nan)
        case = case_of(event, facts.get(event.episode.rule, RuleFacts()), where)
        yield Known(event.known, event.change, case)


def _located(engine: Engine, episode: Episode) -> tuple[float, float]:
    code = engine.names.find(episode.subject)
    if engine.version is None or code < 0:
        return math.nan, math.nan
    lon, lat = engine.version.world.location(np.array([code], np.int32), np.array([episode.started]))
    return float(lon[0]), float(lat[0])


class Standing:
    """Cases as they stand, in memory: what replay collects. Give it what became known in the engine's order."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}

    def take(self, known: Iterable[Known]) -> None:
        """Each event's case in place of the one before; what a case got when it opened stays."""
        for each in known:
            case = each.case
            before = self.cases.get(case.id)
            if before is not None:
                kept = {"category": before.category, "unit": before.unit, "opened_position": before.opened_position}
                case = msgspec.structs.replace(case, **kept)
            self.cases[case.id] = case

    def refresh(self, open_episodes: Iterable[Episode]) -> None:
        """The worst measure so far of what goes on."""
        for episode in open_episodes:
            case = self.cases.get(episode.id)
            if case is not None and case.open:
                self.cases[case.id] = msgspec.structs.replace(case, measure=episode.measure)

    def list(self) -> list[Case]:
        """Those that were not taken back, sorted by (started, id)."""
        standing = (case for case in self.cases.values() if not case.withdrawn)
        return sorted(standing, key=lambda case: (case.started, case.id))

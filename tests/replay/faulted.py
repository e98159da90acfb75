"""faulted: recordings for tests of faults, and what becomes of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipeline.engine import LoadVersion
from pipeline.entries import Kind
from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.version import Version
from replay.faults import parse
from tests.test_engine import final, judged
from tests.timelines import Journal, numbered
from tests.tiny_city import city, rule, stream

Plain = tuple[int, str, str, float, bytes]
"""kind, source, topic, received, payload"""


@dataclass
class Recording:
    """A drawn journal as replay reads it."""

    journal: Journal
    first: int = 0

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        assert start == self.first
        for position, batch in self.journal.batches(range(0, len(self.journal.entries), max_rows)):
            yield JournalBatch(self.first + position, batch)


def loading(journal: Journal) -> LoadVersion:
    def load(payload: bytes, names: Names) -> Version:
        version = journal.version(payload)
        return replace(version, world=version.world.bind(names))

    return load


def pieces(journal: Journal, text: str, seed: int, rows: int = 65_536, first: int = 0) -> list[JournalBatch]:
    """What a replay with these faults reads, in blocks of so many entries."""
    recording = Recording(journal, first)
    return list(parse(text).entries(recording, loading(journal), seed).read(first, rows))


def entries(journal: Journal, text: str, seed: int, rows: int = 65_536) -> list[Plain]:
    return [tuple(entry.values()) for piece in pieces(journal, text, seed, rows) for entry in piece.batch.to_pylist()]


def faulted(journal: Journal, text: str, seed: int) -> Journal:
    """The journal with what happens to its deliveries."""
    return Journal(numbered(entries(journal, text, seed)), journal.versions)


def same_cases(journal: Journal, text: str, seed: int) -> None:
    """All of every episode, but for the journal positions."""
    assert final(*judged(faulted(journal, text, seed))) == final(*judged(journal))


def plain(journal: Journal) -> list[Plain]:
    return [entry[1:] for entry in journal.entries]


def others(found: list[Plain]) -> list[Plain]:
    """What is no delivery."""
    return [entry for entry in found if entry[0] != Kind.DELIVERY]


def deliveries(found: list[Plain]) -> list[Plain]:
    return [entry for entry in found if entry[0] == Kind.DELIVERY]


def said(entry: Plain) -> tuple[str, bytes]:
    """What a delivery says, whenever it was received."""
    return entry[2], entry[4]


def who(entry: Plain) -> str:
    return str(json.loads(entry[4])[0]["s"])


def talk(subjects: int, rows: int, *, every: float = 10.0, lateness: float = 0.0, tick: float = 10.0) -> Journal:
    """Subjects s0, s1 … each of which says something `every` so many seconds, each at times of its own; ticks."""
    found: list[Plain] = []
    for s in range(subjects):
        times = [1000.0 + every * i + every * s / subjects for i in range(rows)]
        found += [(Kind.DELIVERY, "src", "p", t, json.dumps([{"s": f"s{s}", "ts": t, "v": 1}]).encode()) for t in times]
    found += [(Kind.TICK, "src", "", 1000.0 + tick * i, b"") for i in range(math.ceil(rows * every / tick) + 1)]
    found.sort(key=lambda entry: (entry[3], -entry[0]))
    version = city(rule(for_=20), streams=[stream(lateness=lateness)])
    return Journal(numbered([(Kind.VERSION, "", "", 0.0, b"v1"), *found]), {b"v1": version})


def likely(n: int, p: float, beyond: float = 1e-6) -> Callable[[int], bool]:
    """Whether a count of n with probability p is one that comes about: not in the tails of that probability each."""

    def logarithm(k: int) -> float:
        choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        return choose + k * math.log(p) + (n - k) * math.log1p(-p)

    def is_likely(count: int) -> bool:
        below = sum(math.exp(logarithm(k)) for k in range(count + 1))
        above = sum(math.exp(logarithm(k)) for k in range(count, n + 1))
        return min(below, above) > beyond

    return is_likely

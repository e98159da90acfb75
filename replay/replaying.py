"""replaying: the very engine over a recorded journal, in event time, as fast as it goes.

Reads a journal's entries, reports the cases that they come to. The same entries give the same cases, byte for byte,
however they are read; they are those that the embedded runtime has found in them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from cases.case import Case
from cases.making import Standing, judge
from pipeline.engine import Engine, LoadVersion
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import JournalBatch
from replay.fusing import Fusing

BATCH = 65_536
"""Entries judged at once: the more, the less each costs; beyond this nothing is gained."""


class Entries(Protocol):
    """What is replayed: a journal (pipeline.journal.JournalReader), or what reads like one."""

    @property
    def first(self) -> int:
        """The position of the oldest entry."""
        ...

    def read(self, start: int = 0, max_rows: int = BATCH) -> Iterator[JournalBatch]:
        """The entries from `start` on, in order."""
        ...


@dataclass(slots=True)
class Replayed:
    """What came of a replay."""

    cases: list[Case] = field(default_factory=list)
    """Sorted by (started, id); those that were taken back are left out. Open ones with their worst measure so far."""
    found: list[Case] = field(default_factory=list)
    """What is held against labels: the cases, those of several rules and subjects once for each of them."""
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by what became of them: live, late, or why they were set aside."""
    entries: int = 0
    versions: int = 0
    """VERSION entries met."""
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """How many were judged."""
        return self.counts["live"] + self.counts["late"]


def replay(
    journal: Entries,
    load_version: LoadVersion,
    *,
    start: int | None = None,
    current: bytes | None = None,
    batch: int = BATCH,
    progress: Callable[[int], object] = lambda _: None,
) -> Replayed:
    """Judge a journal from position `start` (none: its beginning) to its end.

    current: the payload of a version that is in force before the first entry; None where the journal itself says what
    is. Raises pipeline.engine.NoVersion where neither does, and JournalError. progress: is told the next position.
    """
    began = time.perf_counter()
    fusing = Fusing()
    engine, standing, result = Engine(fusing.listening(load_version)), Standing(), Replayed()
    first = journal.first if start is None else start
    engine.position = first
    if current is not None:
        buffer = EntryBuffer()
        buffer.add(Kind.VERSION, "", "", 0.0, current)
        engine.position -= 1
        fusing.take(buffer.batch(), engine.position, ())
        engine.feed(buffer.batch(), engine.position)
    for piece in journal.read(first, batch):
        known = judge(engine, piece.batch, piece.first)
        standing.take(known)
        fusing.take(piece.batch, piece.first, known)
        engine.take_asides()
        result.versions += int((piece.batch.column("kind").to_numpy() == Kind.VERSION).sum())
        progress(engine.position)
    standing.refresh(engine.episodes())
    fusing.finish()
    result.cases = result.found = standing.list()
    if fusing.configured:
        result.cases, result.found = fusing.cases(standing.cases)
    result.counts = engine.counts
    result.entries = engine.position - first
    result.seconds = time.perf_counter() - began
    return result


def json_lines(cases: Iterable[Case]) -> str:
    """Cases as JSON, one a line, with the keys of `Case.to_json`."""
    return "".join(json.dumps(case.to_json(), ensure_ascii=False, allow_nan=False) + "\n" for case in cases)

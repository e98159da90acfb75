"""Repeats and another order in the demo city: the same cases, to the last digit, from all of its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.journal import JournalBatch
from pipeline.names import Names
from pipeline.runtime.compose import load_city
from pipeline.version import Version
from replay.faults import parse
from replay.replaying import Entries, Replayed, replay
from replay.scenarios.families import SMALL, START
from replay.scenarios.library import BY_NAME
from replay.scenarios.recording import entries

HOURS = {"fleet": 2.0, "sensors": 16.0}
DEMO = Path(__file__).parents[2] / "configs" / "demo" / "city.yaml"


@dataclass
class Kept:
    """A recording in memory."""

    batches: list[pa.RecordBatch]
    first: int = 0

    def read(self, start: int = 0, max_rows: int = 65_536) -> Iterator[JournalBatch]:
        at = start
        for batch in self.batches:
            for begin in range(0, batch.num_rows, max_rows):
                yield JournalBatch(at, batch.slice(begin, max_rows))
                at += min(max_rows, batch.num_rows - begin)


@cache
def recording(family: str) -> Entries:
    city = SMALL[family].city(BY_NAME["plain"], 11)
    made = entries(city, START, HOURS[family] * 3600, "city", b"{}")
    return Kept([buffer.batch() for buffer in made])


def loading(lateness: float) -> Callable[[bytes, Names], Version]:
    city = load_city(DEMO)

    def load(_: bytes, names: Names) -> Version:
        version = city.version(names)
        return replace(version, streams=[replace(stream, lateness=lateness) for stream in version.streams])

    return load


def cases(result: Replayed) -> list[str]:
    """All of each, but where in the journal it was found."""
    return [repr(case.to_json() | {"reason": case.reason}) for case in result.cases]


@cache
def without(family: str, lateness: float) -> Replayed:
    return replay(recording(family), loading(lateness))


@pytest.mark.parametrize("family, lateness", [("fleet", 0.0), ("fleet", 30.0), ("sensors", 0.0), ("sensors", 600.0)])
@pytest.mark.parametrize("text", ["repeat=30%", "reorder, repeat=5min@30%"])
def test_the_same_cases(family: str, lateness: float, text: str) -> None:
    load, faults = loading(lateness), parse(text)
    found = replay(faults.entries(recording(family), load, 5), faults.version(load, 5))
    before = without(family, lateness)
    assert len(before.cases) > 5
    assert found.rows == before.rows
    assert found.counts["repeated"] + found.counts["disordered"] > 0.2 * before.rows
    assert cases(found) == cases(before)


@pytest.mark.parametrize("text", ["drop=20%", "gap", "reorder=30s", "jitter=20m", "bias", "skew", "freeze"])
def test_other_faults_are_felt(text: str) -> None:
    load, faults = loading(0.0), parse(text)
    found = replay(faults.entries(recording("fleet"), load, 5), faults.version(load, 5))
    assert cases(found) != cases(without("fleet", 0.0))

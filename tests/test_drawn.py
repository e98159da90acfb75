"""What drawn journals are good for, and what must hold of the oracle itself on every one of them.

An oracle that broke a promise of docs/concepts/time.md would teach the engine to break it too.
"""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.entries import SCHEMA, Kind
from pipeline.episode import EpisodeEvent
from tests.drawn import journals, rolled
from tests.timelines import Journal, journal_batches, numbered

RARE = {
    "3 right after wrong",
    "7 position evicted",
    "7 presence evicted",
    "7 reading evicted",
    "7 sighting evicted",
    "9 assumed",
    "14 assumed withdrawn",
    "14 silence ended",
    "14 silence withdrawn",
    "15 fifth gap",
    "15 gap filled",
    "17 assumed, broken hold withdrawn",
    "17 assumed, unbroken hold withdrawn",
    "17 silence ended",
    "17 silence withdrawn",
    "18 of a stream that is gone",
    "carry: late",
    "carry: live",
    "carry: more than are kept",
    "carry: none before",
    "carry: not the newest",
    "carry: several of one time",
    "carry: too old",
    "carry: without a value",
}


def test_every_rule_comes_to_pass() -> None:
    hits: Counter[str] = Counter()
    for seed in range(1000):
        out = rolled(seed).outcome()
        hits.update(set(+out.hits) | set(out.counts) | {str(e.change) for e in out.events})
        hits.update({e.episode.reason for e in out.events} | {"late episode" for e in out.events if e.episode.late})
    asides = {"future", "too old", "repeated", "disordered", "unknown", "unmatched", "undecodable"}
    changes = {
        "opened",
        "ended",
        "reopened",
        "withdrawn",
        "clear",
        "gap",
        "removed",
        "forgotten",
        "late episode",
        "late",
    }
    assert (RARE | asides | changes) - set(hits) == set()


def without_position(events: list[EpisodeEvent]) -> list[str]:
    return [repr((e.change, e.known, e.episode)) for e in events]


def doubled(journal: Journal) -> Journal:
    """Every delivery twice."""
    twice = [[entry[1:]] * (2 if entry[1] == Kind.DELIVERY else 1) for entry in journal.entries]
    return Journal(numbered(entry for both in twice for entry in both), journal.versions)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(journals())
def test_any_row_delivered_again_changes_nothing(journal: Journal) -> None:
    assert without_position(doubled(journal).outcome().events) == without_position(journal.outcome().events)


def only(journal: Journal, subject: str) -> Journal:
    """The same journal with one subject's rows alone."""
    entries = []
    for position, kind, source, topic, received, payload in journal.entries:
        if kind == Kind.DELIVERY and payload not in (b"{", b"{}"):
            payload = json.dumps([row for row in json.loads(payload) if row["s"] == subject]).encode()
        entries.append((position, kind, source, topic, received, payload))
    return Journal(entries, journal.versions)


@pytest.mark.parametrize("seed", range(1000, 1060))
def test_subjects_say_nothing_of_each_other(seed: int) -> None:
    journal = rolled(seed)
    events = journal.outcome().events
    for subject in "abc":
        mine = [event for event in only(journal, subject).outcome().events if event.episode.subject == subject]
        assert [repr(e) for e in mine] == [repr(e) for e in events if e.episode.subject == subject]


@pytest.mark.parametrize("seed", range(2000, 2060))
def test_what_always_holds_of_events(seed: int) -> None:
    out = rolled(seed).outcome()
    state: dict[str, str] = {}
    may = {"": {"opened"}, "opened": {"ended", "withdrawn"}, "reopened": {"ended", "withdrawn"}}
    may |= {"ended": {"reopened", "withdrawn", "ended"}, "withdrawn": set()}
    positions = [event.position for event in out.events]
    assert positions == sorted(positions)
    for event in out.events:
        e = event.episode
        assert str(event.change) in may[state.get(e.id, "")], "opened once, and nothing after it was withdrawn"
        assert not e.confirmed < e.started
        assert not e.ended < e.started
        state[e.id] = str(event.change)
    assert {id for id, last in state.items() if last == "withdrawn"} == set(out.withdrawn)


@given(st.integers(0, 10_000), st.lists(st.integers(-5, 60), max_size=5))
@settings(max_examples=30, deadline=None)
def test_batches_are_the_entries(seed: int, cuts: list[int]) -> None:
    journal = rolled(seed)
    batches = journal_batches(journal.entries, cuts)
    assert all(batch.schema == SCHEMA for _, batch in batches)
    whole = pa.Table.from_batches([batch for _, batch in batches]).to_pylist()
    names = ("kind", "source", "topic", "received", "payload")
    assert [tuple(entry[name] for name in names) for entry in whole] == [entry[1:] for entry in journal.entries]
    assert [first for first, _ in batches] == sorted({0} | {cut for cut in cuts if 0 < cut < len(journal.entries)})

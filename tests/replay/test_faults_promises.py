"""Repeats and another order within `lateness` change no case, of any rule, in any journal."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine
from pipeline.registry import detectors
from replay.faults import parse
from tests.contract_journals import journals as journals_of
from tests.drawn import journals, rolled
from tests.replay.faulted import (
    entries,
    loading,
    pieces,
    plain,
    same_cases,
)
from tests.test_engine import final
from tests.timelines import Journal

DRAWN = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
OF_DETECTORS = settings(DRAWN, max_examples=5)
HARMLESS = ["repeat=40s@60%", "reorder=80%", "repeat=20s@60%, reorder=80%"]
"""Within what drawn journals forget."""


@DRAWN
@given(journals(), st.sampled_from(HARMLESS), st.integers(0, 9))
def test_repeats_and_another_order_give_the_same_cases(drawn: Journal, text: str, seed: int) -> None:
    same_cases(drawn, text, seed)


@pytest.mark.parametrize("text", HARMLESS)
@pytest.mark.parametrize("seed", range(5000, 5060, 10))
def test_the_same_cases_far_and_wide(seed: int, text: str) -> None:
    for one in range(seed, seed + 10):
        same_cases(rolled(one), text, one)


@pytest.mark.parametrize("name", detectors())
@OF_DETECTORS
@given(data=st.data())
def test_the_same_cases_of_every_detector(name: str, data: st.DataObject) -> None:
    same_cases(data.draw(journals_of(name)), data.draw(st.sampled_from(HARMLESS)), data.draw(st.integers(0, 9)))


def of_rows(drawn: Journal, text: str, seed: int) -> dict[str, tuple[object, ...]]:
    """The episodes with the faults of rows too."""
    engine = Engine(parse(text).version(loading(drawn), seed))
    events = [event for piece in pieces(drawn, text, seed) for event in engine.feed(piece.batch, piece.first)]
    return final(engine, events)


@pytest.mark.parametrize("seed", range(6000, 6200, 10))
def test_nor_does_it_where_rows_have_faults_as_well(seed: int) -> None:
    """How long a delivery may be put off is by the wrong clock."""
    for one in range(seed, seed + 10):
        drawn, rows = rolled(one), "skew=15s@70%, jitter=10m, jitter=5%, bias"
        assert of_rows(drawn, f"{rows}, repeat=40s@60%, reorder=80%", one) == of_rows(drawn, rows, one)


def test_drawn_journals_are_put_in_another_order() -> None:
    """Otherwise the above would say little."""
    moved: Counter[str] = Counter()
    for seed in range(200):
        drawn = rolled(seed)
        waits = any(one.lateness for version in drawn.versions.values() for one in version.streams)
        moved[f"{waits}"] += entries(drawn, "reorder=80%", seed) != plain(drawn)
    assert moved["True"] > 20
    assert moved["False"] > 20

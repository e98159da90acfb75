"""Stopped vehicles on real roads: the page of the docs is what comes of the recordings, and what it must reach."""

from __future__ import annotations

import pytest

from benchmarks.roadtrack import FOLDER, PAGE, RULE, measure, page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir(),
        reason="there is no roadtrack: put the recordings into ../shared/data, or name their folder in GRIDWATCH_DATA",
    ),
    pytest.mark.timeout(600),
]


def test_the_page_is_what_comes_of_the_recordings() -> None:
    pytest.importorskip("trackers", reason="needs gridwatch[cameras]")
    outcome = measure()
    score = outcome.scores[RULE]
    assert score.labels == 75
    assert score.f1 >= 0.9
    assert not [case for case in score.false if case.subject.startswith("N.")], "nothing stops in normal traffic"
    assert page(outcome) == PAGE.read_text("utf-8"), "python -m benchmarks.roadtrack --write"

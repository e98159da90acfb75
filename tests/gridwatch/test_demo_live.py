"""The demo as people start it: broker, city and gridwatch in one process, cases within its first minute."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gridwatch.cli.demo import run_demo
from gridwatch.cli.demo_city import DemoCity
from pipeline.runtime.logs import logger
from replay.score import score
from replay.simulator import labels


@pytest.mark.slow
def test_first_cases_are_seen_live_and_are_the_labelled_ones(tmp_path: Path) -> None:
    def factory(config: Path, different: Mapping[str, Any]) -> DemoCity:
        return DemoCity(config, different, log=logger(io.StringIO()), port=0)

    watch = run_demo(factory, headless=True, seconds=50.0, seed=3, folder=tmp_path)
    found = {case.rule for case in watch.cases}
    assert {labels.OVERSPEED, labels.NO_GO, labels.OFF_ROUTE, labels.BIN_FULL} <= found
    scores = score(watch.cases, watch.city.labels, until=watch.clock())
    assert not scores[""].false
    assert watch.publisher.sent > 3_000
    assert watch.rows > watch.publisher.sent
    assert (tmp_path / "var" / "cases.sqlite").exists()

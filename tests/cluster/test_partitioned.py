"""A city's journal dealt to partitions, judged apart and put together again comes to the cases of one engine."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from replay.scenarios.library import SCENARIOS
from tests.cluster.local import LocalCluster, told
from tests.cluster.recordings import recorded


@pytest.mark.parametrize("scenario", ["plain", "dead-zones", "reordered"])
def test_the_same_cases(tmp_path: Path, scenario: str) -> None:
    opened = recorded(tmp_path, scenario, hours=2.0)
    whole = opened.judge()
    assert any(case.members > 1 for case in whole.cases), "some are made of several"
    cluster = LocalCluster(4, opened.load)
    assert told(cluster.run(opened.entries())) == told(whole)
    fused = {case.id for case in whole.cases if case.members > 1}
    at = {each.id: found.partition for found in cluster.found for each in found.logged}
    assert len({at[id] for id in fused}) > 1


@pytest.mark.slow
@pytest.mark.parametrize("family", ["fleet", "sensors"])
@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_every_scenario_with_judges_that_are_killed(tmp_path: Path, scenario: str, family: str) -> None:
    opened = recorded(tmp_path, scenario, family, seed=7)
    expected = told(opened.judge())
    assert expected
    for seed in range(2):
        chance = random.Random(f"{scenario}/{family}/{seed}")
        cluster = LocalCluster(chance.randrange(1, 7), opened.load, chance)
        assert told(cluster.run(opened.entries(), rows=chance.choice([300, 1_000, 5_000]))) == expected, seed

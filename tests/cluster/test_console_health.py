"""What keeps cases of a city on Kafka from being filed, by what the console reads along."""

from __future__ import annotations

import math

import pytest

from gridwatch.health_cluster import held
from pipeline.runtime.cluster.seen import SeenPartition, SeenSource

NOW = 1_780_000_000.0


@pytest.mark.parametrize(
    "passed, moved, ticks, expected",
    [
        pytest.param([1.0, 1.5], 1.0, {"fleet": {"a": 0.5}}, None, id="all is well"),
        pytest.param([], 1.0, {"fleet": {"a": 0.5}}, None, id="nothing is known yet"),
        pytest.param([1.0, math.inf], 1.0, {"fleet": {"a": 0.5}}, ("unjudged", 1, "", ""), id="no judge"),
        pytest.param([1.0, 90.0], 1.0, {"fleet": {"a": 0.5}}, ("partition", 1, "", ""), id="one partition is behind"),
        pytest.param([90.0, 88.0], 1.0, {"fleet": {"a": 0.5}}, ("all", None, "", ""), id="all are behind, and move"),
        pytest.param([90.0, 90.0], 50.0, {"fleet": {"a": 0.5}}, ("gone", None, "", ""), id="all stand: who is gone?"),
        pytest.param(
            [20.0, 20.5],
            20.0,
            {"fleet": {"a": 0.5, "b": 20.0}, "bins": {"": 0.5}},
            ("member", None, "fleet", "b"),
            id="a member stopped",
        ),
        pytest.param(
            [20.0, 20.0], 20.0, {"fleet": {"a": 0.5}, "": {"": 20.0}}, ("member", None, "", ""), id="the clock"
        ),
        pytest.param([1.0], 1.0, {"fleet": {"a": 0.5, "b": math.inf}}, None, id="one joined and has not ticked"),
    ],
)
def test_who_holds_it_up(
    passed: list[float], moved: float, ticks: dict[str, dict[str, float]], expected: tuple[object, ...] | None
) -> None:
    """All in seconds before now."""
    partitions = {at: SeenPartition(passed=NOW - ago, moved=NOW - moved) for at, ago in enumerate(passed)}
    sources = {name: SeenSource({who: NOW - ago for who, ago in of.items()}) for name, of in ticks.items()}
    said = held(partitions, sources, NOW)
    assert (None if said is None else (said.why, said.partition, said.source, said.member)) == expected

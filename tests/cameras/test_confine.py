"""What a process of cameras gets of the environment; what it may do stands in test_supervisor."""

from __future__ import annotations

import pytest

from cameras.confine import environment_for

ENVIRONMENT = {
    "PATH": "/usr/bin",
    "LC_ALL": "C.UTF-8",
    "XDG_CACHE_HOME": "/cache",
    "CUDA_VISIBLE_DEVICES": "0",
    "GATE_PASSWORD": "gate",
    "EDGE_PASSWORD": "edge",
    "AWS_SECRET_ACCESS_KEY": "store",
    "DATABASE_URL": "db",
}
PLAIN = {"PATH", "LC_ALL", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES", "PYTHONPATH"}


@pytest.mark.parametrize(
    "variables, keeps, gets",
    [
        pytest.param([], False, PLAIN, id="nothing-secret"),
        pytest.param(["GATE_PASSWORD"], False, PLAIN | {"GATE_PASSWORD"}, id="its-cameras"),
        pytest.param(["NOT_SET"], False, PLAIN, id="what-is-not-set"),
        pytest.param([], True, PLAIN | {"AWS_SECRET_ACCESS_KEY"}, id="the-object-store-where-evidence-is-kept"),
    ],
)
def test_a_process_gets_what_it_needs_and_nothing_else(variables: list[str], keeps: bool, gets: set[str]) -> None:
    given = environment_for(ENVIRONMENT, variables, keeps)
    assert set(given) == gets
    assert all(given[name] == said for name, said in ENVIRONMENT.items() if name in given)

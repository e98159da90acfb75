"""How all tests are run: the long files first, and without looking for garbage among what is only collected.

What `make test` gives to several processes, it gives file by file. A long file that is begun last is waited for by all
the others, so those with tests that are marked `slow` come first, then those that start services, then the rest; among
these, those with the most tests.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes is the machine's business, and it may be busy; the rest as it is, by CI's profile in CI.
settings.register_profile("tests", settings.default, deadline=None)
settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks: dict[Path, int] = {}
    for item in items:
        own = next((n for n, mark in enumerate(("browser", "slow", "service")) if item.get_closest_marker(mark)), 3)
        ranks[item.path] = min(own, ranks.get(item.path, own))
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (ranks[item.path], -tests[item.path], item.path))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of modules are imported, none of which is ever garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()

"""A town on a broker, and runtimes on it that are stopped afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.runtime.embedded import Embedded
from tests.runtime.kit import Lines, Run, Town, connected
from tests.services.mosquitto import Mosquitto, Running, mosquitto

__all__ = ["mosquitto"]


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running) -> Town:
    return Town(tmp_path / "town", mosquitto)


@pytest.fixture
def run(town: Town) -> Iterator[Run]:
    """Starts runtimes, stops them afterwards."""
    made: list[Embedded] = []

    def start(log: Lines | None = None, subscribed: bool = True, **different: Any) -> Embedded:
        running = town.embedded(log, **different)
        made.append(running)
        running.start()
        if subscribed:
            connected(running)
        return running

    yield start
    for running in made:
        running.stop()

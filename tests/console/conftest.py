from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.kit import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.engine.dispose()


@pytest.fixture
def open_town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path, public=True)
    yield town
    town.engine.dispose()

"""again: one failure by chance passes, and is named; a defect fails again; many are not tried."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.again import MOST, failed

ROOT = Path(__file__).parents[1]
CHANCE = """
from pathlib import Path

def test_first_time_unlucky():
    if not (tried := Path("tried")).exists():
        tried.touch()
        raise AssertionError("by chance")
"""
DEFECT = """
def test_never():
    raise AssertionError("a defect")
"""
MANY = "\n".join(f"def test_{n}():\n    assert not {n}\n" for n in range(MOST + 2))


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:xdist"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("test", "status", "last"),
    [(CHANCE, 0, "1 passed"), (DEFECT, 1, "1 failed"), (MANY, 1, "")],
    ids=["chance", "defect", "many"],
)
def test_what_failed_is_run_again(tmp_path: Path, test: str, status: int, last: str) -> None:
    (tmp_path / "test_it.py").write_text(test, "utf-8")
    assert python(tmp_path, "pytest", ".").returncode == 1
    named = failed(tmp_path / ".pytest_cache/v/cache/lastfailed")
    ended = python(tmp_path, "tests.again")
    assert ended.returncode == status
    lines = ended.stdout.splitlines()
    assert last in (lines[-1] if lines else "")
    assert [name in ended.stdout for name in named] == [len(named) <= MOST] * len(named)


def test_nothing_has_failed(tmp_path: Path) -> None:
    assert failed(tmp_path / "lastfailed") == []
    assert python(tmp_path, "tests.again").returncode == 1

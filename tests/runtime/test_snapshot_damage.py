"""Snapshots that are damaged or gone: a restart judges more of the journal, and the cases are the same."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.journal import Snapshots
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS
from tests.runtime.kit import Lines, Town, connected, drive, judged, public, replayed
from tests.services.mosquitto import Mosquitto, Running, mosquitto

__all__ = ["mosquitto"]


def flip(file: Path, at: float) -> int:
    """Turn over one bit, at so much of the file."""
    data = bytearray(file.read_bytes())
    data[int(at * len(data))] ^= 4
    return file.write_bytes(bytes(data))


def cut(file: Path, keep: int) -> int:
    return file.write_bytes(file.read_bytes()[:keep])


def refill(file: Path) -> None:
    """An intact snapshot of something else."""
    Snapshots(file.parent).save(int(file.stem), b"the state of another program")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, mosquitto: Mosquitto | Running) -> Town:
    """What two runs have left: two snapshots, open cases, and rows that both have seen."""
    town = Town(tmp_path_factory.mktemp("damage") / "town", mosquitto)
    for seconds in (range(15), range(10, 30)):
        running = town.embedded()
        running.start()
        connected(running)
        town.send(drive(seconds))
        judged(running, 3 * seconds.stop)
        running.stop()
    return town


DAMAGE: dict[str, tuple[Callable[[Path, Path], object], int]] = {
    "as-they-are": (lambda *_: None, 0),
    "newest-flipped": (lambda _, new: flip(new, 0.5), 1),
    "newest-flipped-in-its-first-byte": (lambda _, new: flip(new, 0.0), 1),
    "newest-empty": (lambda _, new: cut(new, 0), 1),
    "newest-cut": (lambda _, new: cut(new, 100), 1),
    "newest-gone": (lambda _, new: new.unlink(), 0),
    "both-flipped": (lambda *both: [flip(each, 0.5) for each in both], 2),
    "both-gone": (lambda _, new: shutil.rmtree(new.parent), 0),
    "newest-of-something-else": (lambda _, new: refill(new), 0),
}
"""What happens to the older and the newest, and how many are then passed over with a word."""


@pytest.mark.parametrize("damage, passed_over", [pytest.param(*what, id=name) for name, what in DAMAGE.items()])
def test_the_cases_are_the_same(
    tmp_path: Path, left: Town, damage: Callable[[Path, Path], object], passed_over: int
) -> None:
    town = copy.copy(left)
    town.folder, town.file, town.data = tmp_path, tmp_path / "city.yaml", tmp_path / "data"
    shutil.copytree(left.folder, tmp_path, dirs_exist_ok=True)
    old, new = sorted((town.data / JOURNAL / SNAPSHOTS).iterdir())
    damage(old, new)
    log = Lines()
    running = town.embedded(log)
    running.start()
    try:
        connected(running)
        town.send(drive(range(25, 40)))
        judged(running, 120)
    finally:
        running.stop()
    assert len([line for line in log.said("error") if "passed over" in line]) == passed_over
    stored = running.cases.list()
    assert public(stored) == replayed(town.data)
    assert len(stored) > 10
    assert len({case.id for case in stored}) == len(stored)

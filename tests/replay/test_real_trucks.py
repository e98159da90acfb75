"""Real refuse trucks against rules of vehicles: one jump there is, and nothing that their file can't tell.

The expectations are counted from the file here, by other means than the engine's. The file has places and times, no
speeds, no ignition: nobody can be too fast by it, or have been cut off under way.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path

from typer.testing import CliRunner

from gridwatch.cli import app
from tests.replay.test_real_recordings import ROOT, TRUCKS, here, imported, replayed

CONFIG = ROOT / "configs" / "examples" / "jersey_city" / "city.yaml"


def speeds() -> Iterator[tuple[float, str, float]]:
    """(km/h, truck, when it was there) of each step from fix to fix, in a plane at 40.7 degrees north."""
    fixes: dict[str, list[tuple[float, float, float]]] = {}
    with TRUCKS.open() as lines:
        for row in csv.DictReader(lines):
            when = datetime.fromisoformat(row["time"] + "-05:00").timestamp()
            fixes.setdefault(row["truck"], []).append((when, float(row["lon"]), float(row["lat"])))
    for truck, mine in fixes.items():
        for (then, x, y), (now, lon, lat) in pairwise(sorted(mine)):
            metres = hypot((lon - x) * 111_320 * cos(radians(40.7)), (lat - y) * 111_045)
            yield metres / (now - then) * 3.6, truck, now


@here(TRUCKS)
def test_the_one_jump(tmp_path: Path) -> None:
    fast = [step for step in speeds() if step[0] > 100.0]
    assert len(fast) == 1
    ((kmh, truck, when),) = fast
    cases = replayed(imported(tmp_path, "jersey_city", TRUCKS, "gps")).cases
    (jump,) = [case for case in cases if case.rule == "jump"]
    assert (jump.subject, jump.started) == (truck, when)
    # a second more than from fix to fix: their times are whole seconds
    assert 0.97 * kmh < jump.measure < kmh


@here(TRUCKS)
def test_nobody_is_too_fast_or_cut_off_by_a_file_that_can_not_tell(tmp_path: Path) -> None:
    cases = replayed(imported(tmp_path, "jersey_city", TRUCKS, "gps")).cases
    assert {case.rule for case in cases} == {"park", "silent-truck", "jump"}


def test_the_check_says_what_the_file_can_not_tell() -> None:
    done = CliRunner().invoke(app, ["check", str(CONFIG)])
    assert done.exit_code == 0, done.output
    assert "no stream gives 'speed'" in done.output

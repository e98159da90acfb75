"""Real recordings, imported and replayed: nothing is lost, and what is found is what is there.

The expectations are counted from the files here, by other means than the engine's.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import bins
from gridwatch.cli import app
from pipeline.journal import Contents, Journal
from pipeline.journal.contents import CONTENTS
from pipeline.runtime.compose import load_version
from replay.replaying import Replayed, json_lines, replay

ROOT = Path(__file__).resolve().parents[2]
TRUCKS = bins.DATA / "gps" / "jersey_city_refuse_trucks.csv"
CAR = bins.DATA / "gps" / "car_1s.gpx"


def here(file: Path) -> pytest.MarkDecorator:
    why = f"there is no {file.name}: put the recordings into ../shared/data, or name their folder in GRIDWATCH_DATA"
    return pytest.mark.skipif(not file.exists(), reason=why)


def imported(folder: Path, example: str, file: Path, stream: str, more: Iterable[str] = ()) -> Path:
    config = ROOT / "configs" / "examples" / example
    words = ["import", str(file), "--config", str(config), "--stream", stream, "--to", str(folder / "j"), *more]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return folder / "j"


def replayed(journal: Path, batch: int = 65_536) -> Replayed:
    contents = Contents(journal / CONTENTS)
    return replay(Journal.read_only(journal), lambda p, names: load_version(p, contents, names), batch=batch)


def silences(times: Iterable[float], after: float) -> list[float]:
    """When silences of at least `after` seconds between these times began to be wrong."""
    return [before + after for before, next_ in pairwise(sorted(times)) if next_ - before >= after]


@here(TRUCKS)
def test_the_refuse_trucks_of_jersey_city(tmp_path: Path) -> None:
    result = replayed(imported(tmp_path, "jersey_city", TRUCKS, "gps"))
    assert (result.rows, +result.counts) == (7349, {"live": 7349}), "all rows, none set aside"
    assert Counter(case.rule for case in result.cases) == {"park": 38, "silent-truck": 156, "jump": 1}
    times: dict[str, list[float]] = {}
    with TRUCKS.open() as lines:
        for row in csv.DictReader(lines):
            times.setdefault(row["truck"], []).append(datetime.fromisoformat(row["time"] + "-05:00").timestamp())
    end = max(map(max, times.values()))
    expected = {(truck, at) for truck, mine in times.items() for at in silences([*mine, end], 3600)}
    assert {(case.subject, case.started) for case in result.cases if case.rule == "silent-truck"} == expected


@here(CAR)
def test_the_car_drive(tmp_path: Path) -> None:
    result = replayed(imported(tmp_path, "car_drive", CAR, "gps", ["--subject", "car"]))
    assert +result.counts == {"live": 104}
    points = CAR.read_text().partition("<trk>")[2]
    times = [datetime.fromisoformat(text).timestamp() for text in re.findall(r"<time>(.*?)</time>", points)]
    assert [case.started for case in result.cases] == silences(times, 20)
    assert len(result.cases) == 5


@here(TRUCKS)
def test_any_batches_give_the_same_bytes(tmp_path: Path) -> None:
    journal = imported(tmp_path, "jersey_city", TRUCKS, "gps")
    assert json_lines(replayed(journal, 997).cases) == json_lines(replayed(journal).cases)


@here(bins.FILE)
def test_the_bins_of_wyndham_against_their_own_word() -> None:
    scores, bridged = bins.measure()
    ours = scores[bins.OURS]
    assert (ours.cases, ours.occurrences) == (3573, 3605)
    assert ours.precision >= 0.9988
    assert ours.recall >= 0.9900
    assert ours.f1 >= 0.9944
    for name in bins.BASELINES:
        assert ours.f1 > scores[name].f1, name
    assert bins.PAGE.read_text("utf-8") == bins.page(scores, bridged), "python -m benchmarks.bins --write"


@here(bins.FILE)
def test_each_bin_stands_where_its_register_says(tmp_path: Path) -> None:
    result = replayed(imported(tmp_path, "wyndham", bins.FILE, "bins"))
    assert +result.counts == {"live": 29357}
    assert all(144 < case.lon < 145 and -39 < case.lat < -37 for case in result.cases)


@pytest.mark.parametrize(
    "found, occurred, matched",
    [
        pytest.param([(1, 3)], [(2, 9)], 1, id="overlap"),
        pytest.param([(1, 3)], [(4, 9)], 0, id="side-by-side"),
        pytest.param([(1, 9)], [(2, 3), (5, 6)], 1, id="one-case-is-one-occurrence"),
        pytest.param([(2, 3), (5, 6)], [(1, 9)], 1, id="one-occurrence-is-one-case"),
        pytest.param([(1, 2), (3, 4)], [(1, 1), (4, 5)], 2, id="two"),
    ],
)
def test_matching(found: list[bins.Span], occurred: list[bins.Span], matched: int) -> None:
    assert bins.score({"b": found}, {"b": occurred}).matched == matched


@pytest.mark.parametrize(
    "full, expected",
    [
        pytest.param({1: 8, 2: 10, 3: 0}, [(1, 2)], id="one"),
        pytest.param({1: 8, 2: 0, 3: 8}, [(1, 1), (3, 3)], id="two"),
        pytest.param({1: 8, 4: 8}, [(1, 4)], id="three-days-of-silence"),
        pytest.param({1: 8, 5: 8}, [(1, 1), (5, 5)], id="four-days-of-silence"),
    ],
)
def test_runs(full: dict[int, int], expected: list[bins.Span]) -> None:
    days = [bins.Day(day, tenths, "") for day, tenths in full.items()]
    assert bins.runs(days, lambda d: d.full >= 8, bins.UNKNOWN) == expected

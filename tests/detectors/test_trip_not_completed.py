"""trip_not_completed: from the site, loaded, to where the manifest sends it, in time."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.trip_not_completed import TripNotCompleted
from pipeline.names import Names
from pipeline.version import Hold, Rule
from replay.driving import drive
from tests.detectors.haulage import PLANE, city, drives
from tests.detectors.whole_runs import same_however_split
from tests.places import positions

SHEET: dict[str, object] = {"site": "dig", "disposal": "tip", "valid_from": 0.0, "valid_to": 480.0}
NEXT: dict[str, object] = {"site": "dig", "disposal": "tip", "valid_from": 540.0, "valid_to": 3000.0}


def found(where: str, load: str, sheets: list[dict[str, object]]) -> list[tuple[float, float]]:
    """(started, ended) in minutes. load: tenths, '?' where it is not known."""
    world = city(sheets)
    rows = drives(where, world, load=[np.nan if x == "?" else int(x) / 10 for x in load])
    episodes = drive([Rule("trip", TripNotCompleted(), Hold())], rows, world)
    return [(e.started / 60, e.ended / 60) for e in episodes]


@pytest.mark.parametrize(
    "where, load, expected",
    [
        #             0            11 min, due at 8
        pytest.param("SS..--T-....", "099999000000", [], id="completed"),
        pytest.param("SS..--......", "099999999999", [(8, None)], id="late"),
        pytest.param("SS..--...-T.", "099999999999", [(8, 10)], id="late-and-then-completed"),
        pytest.param("SS..W.--T...", "099999999000", [(4, 5)], id="in-another-tip"),
        pytest.param("SS..WW--....", "099990000000", [(4, None)], id="emptied-in-another-tip"),
        pytest.param("SS......T...", "099900000000", [(4, 8)], id="emptied-on-the-way"),
        pytest.param("SS......T...", "099339399000", [], id="between-empty-and-loaded-nobody-can-say"),
        pytest.param("SS..--------", "000000000000", [], id="left-it-empty"),
        pytest.param("....--------", "099999999999", [], id="never-was-at-the-site"),
        pytest.param("SSSSSSSSSSSS", "099999999999", [], id="still-at-the-site"),
        pytest.param("SS..--T-....", "????????????", [], id="no-load-known-completed"),
        pytest.param("SS..--......", "????????????", [(8, None)], id="no-load-known-late"),
        pytest.param("SS..W.--T...", "????????????", [(4, 5)], id="no-load-known-in-another-tip"),
        pytest.param("SS..--......", "???000000000", [], id="left-it-empty-as-was-heard-later"),
        pytest.param("SS..--......", "?9?999??????", [(8, None)], id="the-last-known-load"),
        pytest.param("SS.SS.--T...", "000099990000", [], id="back-for-the-load"),
        pytest.param("T.SS.--T....", "900999900000", [], id="at-the-tip-with-the-last-load-before"),
    ],
)
def test_trips(where: str, load: str, expected: list[tuple[float, float | None]]) -> None:
    some = [(started, None if np.isnan(ended) else ended) for started, ended in found(where, load, [SHEET])]
    assert some == expected


def test_the_next_manifest_ends_it() -> None:
    assert found("SS..--......", "099999999999", [SHEET, NEXT]) == [(8, 9)]


def test_no_manifest_no_disposal_no_trip() -> None:
    assert found("SS..--......", "099999999999", []) == []
    assert found("SS..W.......", "099990000000", [{**SHEET, "disposal": ""}]) == []


def test_a_manifest_without_a_site_begins_with_a_load() -> None:
    sheet: dict[str, object] = {**SHEET, "site": ""}
    assert [started for started, _ in found("..........", "0099999999", [sheet])] == [8]
    assert found("..........", "0000000000", [sheet]) == []


def test_what_the_case_shows() -> None:
    world = city([SHEET])
    rows = drives("SS..W....--T", world, load=[0.9] * 12)
    (first, second) = drive([Rule("trip", TripNotCompleted(), Hold())], rows, world)
    assert (first.place, first.measure, second.place, second.measure) == ("wrong-tip", 0.0, "", 2.0)


def test_who_has_no_manifest_is_said() -> None:
    world = city([SHEET])
    (missing,) = TripNotCompleted().missing(world.names.codes(["truck", "truck1", "stranger"]), world).values()
    assert missing.tolist() == [False, True, True]


@pytest.mark.parametrize("seed", range(30))
def test_any_split_of_the_runs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    names = Names()
    sheets = [
        {
            "id": f"m{k}", "vehicle": f"truck{k % 4}", "site": ["dig", "dig", ""][k % 3],
            "disposal": ["tip", "wrong-tip"][k % 2],
            "valid_from": 700.0 * (k // 4), "valid_to": 700.0 * (k // 4) + 400.0 + 100.0 * (k % 5),
        }
        for k in range(12)
    ]  # fmt: skip
    world = city(sheets).bind(names)
    n = 200
    who = sorted(chance.choice([f"truck{k}" for k in range(5)], n).tolist())
    x = chance.choice([0.0, 95.0, 2_000.0, 5_000.0, 10_000.0], n, p=[0.3, 0.1, 0.4, 0.1, 0.1])
    lon, lat = PLANE.to_degrees(x, np.zeros(n))
    ts = np.concatenate([np.cumsum(chance.choice([10.0, 60.0, 100.0], who.count(w))) for w in sorted(set(who))])
    rows = positions(names, who, lon.tolist(), lat.tolist(), ts.tolist())
    rows.load = chance.choice([np.nan, 0.0, 0.3, 0.9], n, p=[0.3, 0.1, 0.1, 0.5])
    rows.accuracy = chance.choice([np.nan, 20.0], n)
    assert any(same_however_split(TripNotCompleted(), rows, world, seed))

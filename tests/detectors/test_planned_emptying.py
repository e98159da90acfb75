"""planned_emptying: a bin to be emptied in a window, by readings and by ticks."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from detectors.planned_emptying import PlannedEmptying
from pipeline.registers import Table
from pipeline.rows import Reading
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.places import registers

H = 3600.0
PLAN: dict[str, object] = {"id": "p", "subject": "bin", "hours": "06:00-10:00"}


def found(
    levels: dict[float, float], *, until: float | None = None, plan: dict[str, object] = PLAN, **parameters: str
) -> list[tuple[float, float | None, float | None]]:
    """(started, ended, measure), hours and %. levels: by the hour."""
    some = registers(bins=[{"id": "bin", "lon": 104.0, "lat": 30.0}])
    world = World(replace(some, plans=Table.of("plans", [dict(plan)])))
    records: list[dict[str, float | str]] = [
        {"subject": "bin", "metric": "fullness", "ts": h * H, "value": level} for h, level in levels.items()
    ]
    rule = Rule("not-emptied", PlannedEmptying.model_validate(parameters), Hold())
    episodes = drive([rule], table(Reading, records, world.names), world, until=None if until is None else until * H)
    return [
        (e.started / H, None if math.isnan(e.ended) else e.ended / H, None if math.isnan(e.measure) else e.measure)
        for e in episodes
    ]


@pytest.mark.parametrize(
    "levels, expected",
    [  # the window from 6 to 10
        pytest.param({2: 60, 7: 60, 9: 5, 11: 6, 12: 6}, [], id="emptied"),
        pytest.param({2: 60, 6: 60, 12: 70, 18: 75}, [(12, None, 75)], id="not-emptied"),
        pytest.param({2: 60, 6: 60, 12: 5, 18: 9}, [], id="emptied-as-is-heard-later"),
        pytest.param({2: 60, 6: 60, 12: 70, 18: 5, 24: 6}, [(12, 18, 70)], id="emptied-late"),
        pytest.param({1: 60, 3: 5, 4: 5, 7: 14, 12: 20}, [(12, None, 20)], id="emptied-too-early"),
        pytest.param({2: 5, 6: 6, 12: 8, 18: 9}, [], id="nothing-in-it"),
        pytest.param({2: 60, 9: 62, 10: 63, 11: 20, 12: 64, 13: 64}, [(10, None, 64)], id="an-echo-is-no-emptying"),
        pytest.param({2: 60, 9: 62, 9.5: 20, 10.5: 21, 11: 21}, [], id="two-that-agree-are"),
        pytest.param({2: 60, 12: 70, 29: 71, 31: 72}, [(12, 31, 71)], id="until-the-next-window"),
        pytest.param({7: 60, 9: 62, 12: 70}, [], id="heard-of-in-the-window-for-the-first-time"),
    ],
)
def test_by_readings(levels: dict[float, float], expected: list[tuple[float, float | None, float]]) -> None:
    assert found(levels) == expected


def test_by_ticks() -> None:
    assert found({2: 60, 6: 60}, until=21.9) == []
    assert found({2: 60, 6: 60}, until=22.1) == [(22, None, None)]
    assert found({2: 60, 6: 60}, until=14.1, grace="4h") == [(14, None, None)]
    assert found({2: 60, 7: 5, 8: 5}, until=45.9) == []
    assert found({2: 60, 7: 5, 8: 5}, until=46.1) == [(46, None, None)]


def test_a_bin_of_no_plan() -> None:
    assert found({2: 60, 6: 60, 12: 70, 18: 75}, until=100, plan=PLAN | {"subject": "other"}) == []
    world = World(registers(bins=[{"id": "bin", "lon": 104.0, "lat": 30.0}]))
    (missing,) = PlannedEmptying().missing(world.names.codes(["bin"]), world).values()
    assert missing.tolist() == [True]


def test_any_unit() -> None:
    assert PlannedEmptying().unit == "%"
    assert PlannedEmptying.model_validate({"drop": "10 cm", "empty": "5 cm"}).unit == "cm"

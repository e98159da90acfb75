"""Density, times to handle and how right rules are: by hand, and what must hold for any places."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cases.database import reading
from cases.deadlines.settings import WorkingHoursSection
from cases.indicators.asking import Question
from cases.indicators.density import ask_density, corners, hexagons
from cases.indicators.handling import EDGES, ask_handling
from cases.indicators.quality import ask_quality
from cases.indicators.working import WorkingTime
from tests.cases.indicators.made import case, keep

HOUR = 3600.0
WEEK = 7 * 86_400.0
MONDAY = 1_772_409_600.0  # 2026-03-02, UTC
WORKING = WorkingTime(WorkingHoursSection(), UTC, {})


@given(
    st.lists(st.tuples(st.floats(-5e4, 5e4), st.floats(-5e4, 5e4)), min_size=1, max_size=50),
    st.sampled_from([50.0, 500.0, 2_000.0]),
)
def test_a_place_lies_in_its_hexagon(places: list[tuple[float, float]], width: float) -> None:
    plane = np.array(places)
    cells = hexagons(plane, width)
    around = corners(cells, width)
    middle = around.mean(axis=1)
    # Of a hexagon's six sides the place lies on the inner side: no further along the normal than half the width.
    angles = np.radians(60 * np.arange(6))
    along = (plane - middle) @ np.array([np.cos(angles), np.sin(angles)])
    assert (along <= width / 2 * (1 + 1e-6) + 1e-6).all()


def test_where_cases_are(database: sa.Engine) -> None:
    here: dict[str, Any] = {"opened": MONDAY, "lon": 120.16, "lat": 30.25}
    keep(
        database,
        [
            *(case(f"here-{n}", **here) for n in range(3)),
            case("there", opened=MONDAY, lon=120.20, lat=30.25, responsible="u1"),
            case("nowhere", opened=MONDAY),
            case("before", **here | {"opened": MONDAY - 1}),
            case("merged", state="merged", **here),
        ],
    )
    with reading(database) as connection:
        found = ask_density(connection, Question(MONDAY, MONDAY + 1, 1e12, UTC), 500.0)
        only = ask_density(connection, Question(MONDAY, MONDAY + 1, 1e12, UTC, where={"unit": "u1"}), 500.0)
    assert ([each.cases for each in found.cells], found.nowhere, found.width) == ([3, 1], 1, 500.0)
    lon, lat = np.mean(found.cells[0].corners, axis=0)
    assert abs(lon - 120.16) < 0.004
    assert abs(lat - 30.25) < 0.004
    assert [each.cases for each in only.cells] == [1]


def test_many_hexagons_become_fewer(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.indicators.density.CELLS", 3)
    keep(database, [case(str(n), opened=MONDAY, lon=120 + n / 100, lat=30.0) for n in range(10)])
    with reading(database) as connection:
        found = ask_density(connection, Question(MONDAY, MONDAY + 1, 1e12, UTC), 500.0)
    assert len(found.cells) <= 3
    assert found.width > 500.0
    assert sum(each.cases for each in found.cells) == 10


def test_how_long_it_took(database: sa.Engine) -> None:
    #      MONDAY 09:00 filed            all of it worked: 09:00 to 12:00
    filed = MONDAY + 9 * HOUR
    keep(
        database,
        [
            *(case(f"{n}", filed=filed, handled=filed + n * HOUR, responsible="u1") for n in (1, 2, 3)),
            case("closed", filed=filed, closed=filed + 30 * HOUR, responsible="u2"),
            case("false", filed=filed, handled=filed + HOUR, verdict="false alarm"),
            case("rejected", filed=filed, handled=filed + HOUR, state="rejected"),
            case("later", filed=filed, handled=filed + WEEK),
        ],
    )
    question = Question(MONDAY, MONDAY + 3 * 86_400, 1e12, UTC, by=("unit",))
    with reading(database) as connection:
        whole, groups = ask_handling(connection, question, WORKING)
        nothing, _ = ask_handling(connection, Question(0, 1, 1e12, UTC), WORKING)
    assert (whole.cases, whole.median, whole.p95) == (4, 2 * HOUR, 30 * HOUR)
    assert [(each.group, each.cases, each.median) for each in groups] == [
        (("u1",), 3, 2 * HOUR),
        (("u2",), 1, 30 * HOUR),
    ]
    assert groups[0].worked_median == 2 * HOUR
    edges = dict(zip(EDGES, whole.bars, strict=False))
    assert (edges[2 * HOUR], edges[4 * HOUR], edges[48 * HOUR], sum(whole.bars)) == (1, 2, 1, 4)
    assert (nothing.cases, nothing.median, sum(nothing.bars)) == (0, None, 0)


def test_how_right_rules_are(database: sa.Engine) -> None:
    def found(id: str, verdict: str, week: int = 0, **values: Any) -> dict[str, Any]:
        opened = MONDAY + week * WEEK
        return case(id, **{"rule": "bin-full", "channel": "machine", "opened": opened, "verdict": verdict, **values})

    keep(
        database,
        [
            found("1", "confirmed"),
            found("2", "confirmed", 1),
            found("3", "false alarm", 1),
            found("4", "known fixture", 1),
            found("5", "duplicate"),
            found("6", "", state="rejected"),
            found("7", "", rule="overspeed"),
            found("8", "false alarm", channel="hand"),
        ],
    )
    with reading(database) as connection:
        bins, speed = ask_quality(connection, Question(MONDAY, MONDAY + 2 * WEEK, 1e12, UTC, "week"))
    assert (bins.rule, bins.cases, bins.confirmed, bins.false, bins.rejected) == ("bin-full", 6, 2, 2, 1)
    assert bins.precision == 0.5
    assert [(period.name, cases, false) for period, cases, false in bins.by_period] == [
        ("2026-W10", 3, 0),
        ("2026-W11", 3, 2),
    ]
    assert (speed.rule, speed.precision) == ("overspeed", None)

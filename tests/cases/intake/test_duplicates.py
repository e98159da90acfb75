"""Likely duplicates: near, alike, lately; explained."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cases.database import reading, writing
from cases.intake.duplicates import MOST, RADIUS, RECENT, WORTH, Likely, Told, likely, near, sameness
from cases.tables import CASES
from tests.console.kit import case_row

LON, LAT, NOW = 120.16, 30.25, 1_780_000_000.0
METRE = 1 / 110_800
TOLD = Told("06042", LON, LAT, "垃圾桶满了")
ALIKE = sameness([["06042", "bin.full"]], lambda code: {"0192": "06042"}.get(code, code))


def case(**different: Any) -> dict[str, Any]:
    own = {"id": "c", "category": "06042", "lon": LON, "lat": LAT, "text": "", "state": "filed", "closed": None}
    return own | different


def find(*cases: dict[str, Any], told: Told = TOLD) -> list[Likely]:
    return likely(told, cases, NOW, ALIKE)


@pytest.mark.parametrize(
    "different, score",
    [
        pytest.param({}, 1.0, id="the-same"),
        pytest.param({"text": "垃圾桶满了"}, 1.0, id="the-same-words"),
        pytest.param({"lat": LAT + 75 * METRE}, 0.75, id="half-the-way"),
        pytest.param({"lat": LAT + 151 * METRE}, None, id="too-far"),
        pytest.param({"category": "bin.full"}, 0.812, id="alike"),
        pytest.param({"category": "0192"}, 1.0, id="another-code-of-it"),
        pytest.param({"category": "06013"}, 0.625, id="another-category-at-the-spot"),
        pytest.param({"category": "06013", "lat": LAT + 75 * METRE}, None, id="another-category"),
        pytest.param({"category": "06013", "lat": LAT + 40 * METRE, "text": "垃圾桶满了!"}, 0.593, id="said-alike"),
        pytest.param({"state": "closed", "closed": NOW - RECENT / 2}, 0.938, id="closed-lately"),
        pytest.param({"state": "closed", "closed": NOW - RECENT - 1}, None, id="closed-long-ago"),
        pytest.param({"state": "rejected", "closed": None}, None, id="rejected"),
        pytest.param({"lon": None, "lat": None}, None, id="nowhere"),
    ],
)
def test_how_likely(different: dict[str, Any], score: float | None) -> None:
    assert [each.score for each in find(case(**different))] == (
        [] if score is None else [pytest.approx(score, abs=2e-3)]
    )


def test_it_says_why() -> None:
    (found,) = find(case(lat=LAT + 30 * METRE, category="bin.full", text="垃圾桶又满了"))
    assert found.metres == pytest.approx(30, abs=0.5)
    assert (found.category, found.time) == (0.5, 1.0)
    assert found.words == pytest.approx(2 * 3 / (4 + 5), abs=1e-3)
    assert math.isnan(find(case())[0].words)


def test_the_best_first_and_not_too_many() -> None:
    found = find(*(case(id=f"{n:02}", lat=LAT + 2 * n * METRE) for n in reversed(range(30))))
    assert [each.case["id"] for each in found] == [f"{n:02}" for n in range(MOST)]


PLACES = st.floats(-RADIUS * 1.2, RADIUS * 1.2)


@given(
    st.lists(
        st.builds(
            lambda x, y, **more: case(lon=LON + x / 96_000, lat=LAT + y * METRE, **more),
            PLACES,
            PLACES,
            category=st.sampled_from(["06042", "bin.full", "x"]),
            text=st.text(max_size=8),
            state=st.sampled_from(["filed", "closed"]),
            closed=st.floats(NOW - 2 * RECENT, NOW + 60),
        ),
        max_size=12,
    ),
    st.text(max_size=8),
)
def test_always(cases: list[dict[str, Any]], text: str) -> None:
    cases = [each | {"id": f"{n}"} for n, each in enumerate(cases)]
    told = TOLD._replace(text=text)
    found = find(*cases, told=told)
    assert found == find(*reversed(cases), told=told) or any(math.isnan(each.words) for each in found)
    assert [each.case["id"] for each in found] == [each.case["id"] for each in find(*reversed(cases), told=told)]
    for each in found:
        assert WORTH <= each.score <= 1
        assert each.metres <= RADIUS


def test_candidates_are_found_in_the_store(database: sa.Engine) -> None:
    rows = [
        case_row("here", lon=LON, lat=LAT),
        case_row("edge", lon=LON, lat=LAT + 149 * METRE),
        case_row("beyond", lon=LON, lat=LAT + 155 * METRE),
        case_row("east", lon=LON + 160 / 96_000, lat=LAT),
        case_row("lately", lon=LON, lat=LAT, state="closed", closed=NOW - 60),
        case_row("long-ago", lon=LON, lat=LAT, state="closed", closed=NOW - RECENT - 60),
        case_row("taken-back", lon=LON, lat=LAT, withdrawn=True),
        case_row("nowhere"),
    ]
    with writing(database) as connection:
        connection.execute(CASES.insert(), rows)
    with reading(database) as connection:
        found = {row["id"] for row in connection.execute(near(LON, LAT, NOW)).mappings()}
    assert found == {"here", "edge", "lately"}


def test_candidates_are_found_by_an_index(database: sa.Engine) -> None:
    if database.dialect.name != "sqlite":
        return
    with reading(database) as connection:
        query = near(LON, LAT, NOW).compile(database, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert any("place" in row[-1] for row in plan), plan

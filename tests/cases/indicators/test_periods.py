"""Periods of a city's own time."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.indicators.periods import KINDS, MOST, around, periods

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    "kind, start, end, names",
    [
        pytest.param("day", "2026-02-28", "2026-03-02T00:00:01", ["2026-02-28", "2026-03-01", "2026-03-02"], id="day"),
        pytest.param("week", "2025-12-31", "2026-01-06", ["2026-W01", "2026-W02"], id="week"),
        pytest.param("month", "2026-01-31T23:59", "2026-02-01", ["2026-01"], id="month"),
        pytest.param("month", "2025-12-05", "2026-02-05", ["2025-12", "2026-01", "2026-02"], id="over-new-year"),
        pytest.param("quarter", "2026-03-31", "2026-10-01", ["2026-Q1", "2026-Q2", "2026-Q3"], id="quarter"),
        pytest.param("year", "2024-06-01", "2026-06-01", ["2024", "2025", "2026"], id="year"),
        pytest.param("whole", "2024-06-01", "2026-06-01", ["whole"], id="whole"),
        pytest.param("day", "2026-03-01", "2026-03-01", [], id="nothing"),
    ],
)
def test_their_names(kind: str, start: str, end: str, names: list[str]) -> None:
    found = periods(at(start), at(end), kind, SHANGHAI)
    assert [each.name for each in found] == names


def test_a_day_on_which_the_clocks_change() -> None:
    found = periods(at("2026-03-28", BERLIN), at("2026-03-31", BERLIN), "day", BERLIN)
    assert [(each.end - each.start) / 3600 for each in found] == [24, 23, 24]


@given(st.sampled_from(sorted(KINDS)), st.floats(0, 4e9), st.floats(0, 2e7), st.sampled_from([SHANGHAI, BERLIN]))
def test_they_cover_what_is_asked_without_a_gap(kind: str, start: float, length: float, zone: ZoneInfo) -> None:
    found = periods(start, start + length, kind, zone)
    edges = [each.start for each in found] + ([found[-1].end] if found else [])
    assert edges == sorted(set(edges))
    assert not found or (edges[0], edges[-1]) == (start, start + length)
    assert all(a.end == b.start for a, b in pairwise(found))
    for each in found:
        whole = around(each.start, kind, zone)
        assert (whole.name, whole.start <= each.start, whole.end >= each.end) == (each.name, True, True)


def test_the_one_before() -> None:
    assert around(at("2026-03-31T12:00"), "month", SHANGHAI, back=1).name == "2026-02"
    assert around(at("2026-01-01T12:00"), "week", SHANGHAI, back=1).name == "2025-W52"


def test_too_many_are_refused() -> None:
    assert len(periods(0, MOST * 86_400.0, "day", ZoneInfo("UTC"))) == MOST
    with pytest.raises(ValueError, match="longer ones"):
        periods(0, (MOST + 1) * 86_400.0, "day", ZoneInfo("UTC"))

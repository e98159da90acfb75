"""Working time: examples as people tell them, and any against an oracle that walks from minute to minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cases.deadlines import Limit, Unit, WorkingHours, WorkingHoursSection
from pipeline.calendars import CALENDARS, HOLIDAY, WORKDAY, Calendar
from tests.cases.deadlines.oracle import Oracle

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = CALENDARS["china"]()
YEAR = {date(2024, 10, 1) + timedelta(days=n): HOLIDAY for n in range(7)} | {
    date(2024, 9, 29): WORKDAY,
    date(2024, 10, 12): WORKDAY,
}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def hours(
    section: dict[str, Any] | None = None, calendar: Calendar | None = None, zone: ZoneInfo = SHANGHAI
) -> WorkingHours:
    return WorkingHours(
        WorkingHoursSection.model_validate(section or {}), zone, CHINA if calendar is None else calendar
    )


@pytest.mark.parametrize(
    "start, limit, due",
    [
        #  08    12    14    18      08    12
        #  |=====|     |=====|  ...  |=====|        Wed 2024-06-05, Thu 06-06
        pytest.param("2024-06-05 08:00", "4 work hours", "2024-06-05 12:00", id="ends-at-noon-not-at-two"),
        pytest.param("2024-06-05 14:00", "4 work hours", "2024-06-05 18:00", id="ends-in-the-evening"),
        pytest.param("2024-06-05 11:00", "4 work hours", "2024-06-05 17:00", id="over-noon"),
        pytest.param("2024-06-05 13:00", "1 work hour", "2024-06-05 15:00", id="begins-in-the-break"),
        pytest.param("2024-06-05 23:00", "1 work hour", "2024-06-06 09:00", id="begins-at-night"),
        pytest.param("2024-06-05 10:30", "1 work day", "2024-06-06 10:30", id="a-day"),
        pytest.param("2024-06-07 17:00", "2 work hours", "2024-06-11 09:00", id="over-a-weekend-and-dragon-boat"),
        pytest.param("2024-02-03 17:00", "2 work hours", "2024-02-04 10:00", id="a-sunday-that-is-worked"),
        pytest.param("2024-02-09 17:00", "2 work hours", "2024-02-18 09:00", id="over-spring-festival"),
        pytest.param("2024-09-30 17:00", "5 work days", "2024-10-12 17:00", id="national-day-and-its-saturday"),
        pytest.param("2024-06-07 23:00", "2 urgent hours", "2024-06-08 01:00", id="urgent-goes-on-at-night"),
        pytest.param("2024-06-07 23:00", "1 urgent day", "2024-06-08 23:00", id="urgent-day"),
        pytest.param("2024-06-07 23:00", "90min", "2024-06-08 00:30", id="clock-time"),
    ],
)
def test_due(start: str, limit: str, due: str) -> None:
    found = hours().due(at(start), Limit.parse(limit))
    assert datetime.fromtimestamp(found, SHANGHAI).strftime("%Y-%m-%d %H:%M") == due


@pytest.mark.parametrize(
    "section, start, limit, due",
    [
        pytest.param({"day": "6h"}, "2024-06-05 08:00", "1 work day", "2024-06-05 16:00", id="a-day-of-six-hours"),
        pytest.param(
            {"hours": "workdays 09:00-12:00,13:00-17:00"}, "2024-06-05 10:00", "1 work day", "2024-06-06 10:00",
            id="a-day-is-what-a-monday-has",
        ),
        pytest.param(
            {"hours": "Mo-Sa 20:00-04:00"}, "2024-06-08 22:00", "8 work hours", "2024-06-10 22:00", id="nights",
        ),
        pytest.param(
            {"hours": "00:00-24:00"}, "2024-06-08 22:00", "3 work hours", "2024-06-09 01:00", id="always",
        ),
        pytest.param(
            {"hours": "Mo-Fr 08:00-18:00,17:00-19:00"}, "2024-06-05 16:00", "3 work hours", "2024-06-05 19:00",
            id="what-overlaps-counts-once",
        ),
        pytest.param(
            {"seasons": [{"from": "05-01", "to": "09-30", "hours": "workdays 08:00-12:00,15:00-18:00"}]},
            "2024-06-05 12:00", "1 work hour", "2024-06-05 16:00", id="summer",
        ),
        pytest.param(
            {"seasons": [{"from": "11-15", "to": "03-15", "hours": "workdays 09:00-12:00"}]},
            "2024-01-31 08:00", "1 work hour", "2024-01-31 10:00", id="winter-over-new-year",
        ),
        pytest.param(
            {"seasons": [{"from": "11-15", "to": "03-15", "hours": "workdays 09:00-12:00"}]},
            "2024-06-05 08:00", "1 work hour", "2024-06-05 09:00", id="not-winter",
        ),
    ],
)  # fmt: skip
def test_a_citys_own_hours(section: dict[str, Any], start: str, limit: str, due: str) -> None:
    found = hours(section).due(at(start), Limit.parse(limit))
    assert datetime.fromtimestamp(found, SHANGHAI).strftime("%Y-%m-%d %H:%M") == due


def test_a_year_that_no_calendar_knows_has_weekdays() -> None:
    national_day = at("2090-10-02 08:00")  # a Monday
    assert hours().due(national_day, Limit.parse("2 work hours")) == national_day + 7200
    assert hours().due(at("2090-10-01 08:00"), Limit.parse("2 work hours")) == national_day + 7200


@pytest.mark.parametrize(
    "night, long",
    [
        pytest.param("2024-03-31", 5, id="spring-forward"),
        pytest.param("2024-10-27", 7, id="fall-back"),
        pytest.param("2024-06-02", 6, id="any-other"),
    ],
)
def test_a_window_in_which_the_clocks_change(night: str, long: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    always = hours({"hours": "00:00-06:00"}, {}, berlin)
    midnight = at(f"{night} 00:00", berlin)
    assert always.worked(midnight, midnight + 12 * 3600) == long * 3600


def test_a_suspended_clock_stands_still() -> None:
    city, limit = hours(), Limit.parse("4 work hours")
    due = city.due(at("2024-06-05 10:00"), limit)
    assert due == at("2024-06-05 16:00")
    # an hour after the start it is suspended, until two weeks later at night: three hours are left
    resumed = city.resume(due, at("2024-06-05 11:00"), at("2024-06-19 22:00"), limit)
    assert resumed == at("2024-06-20 11:00")
    # an hour late when it is suspended: an hour late when it goes on
    late = city.resume(due, at("2024-06-05 17:00"), at("2024-06-20 10:00"), limit)
    assert city.remaining(at("2024-06-20 10:00"), late, limit) == -3600
    urgent = Limit.parse("2 urgent hours")
    assert city.resume(7200.0, 3600.0, 90000.0, urgent) == 93600.0


@pytest.mark.parametrize(
    "section, path",
    [
        pytest.param({"hours": "off"}, "hours", id="nobody-works"),
        pytest.param({"hours": "holidays 08:00-12:00"}, "hours", id="holidays-only"),
        pytest.param({"hours": "8-12"}, "hours", id="no-schedule"),
        pytest.param({"day": "0h"}, "day", id="no-day"),
        pytest.param({"day": "25h"}, "day", id="too-long"),
        pytest.param({"seasons": [{"from": "2024-05-01", "to": "09-30", "hours": "08:00-12:00"}]}, "from", id="a-year"),
        pytest.param({"seasons": [{"from": "05-01", "to": "09-31", "hours": "08:00-12:00"}]}, "to", id="no-such-day"),
    ],
)
def test_hours_that_cannot_be_meant(section: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WorkingHoursSection.model_validate(section)
    assert path in caught.value.errors()[0]["loc"]


def test_a_limit_that_never_ends_is_said() -> None:
    nobody = {date(2024, 1, 1) + timedelta(days=n): HOLIDAY for n in range(130 * 366)}
    with pytest.raises(ValueError, match="nobody works enough for this limit"):
        hours({}, nobody).due(at("2024-01-01 08:00"), Limit.parse("1 work hour"))


def test_without_a_configuration() -> None:
    assert WorkingHours.always(SHANGHAI).worked(at("2024-06-03 00:00"), at("2024-06-10 00:00")) == 40 * 3600


ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
PERIODS = st.lists(st.integers(6 * 60, 22 * 60), min_size=2, max_size=6, unique=True).map(
    lambda edges: [(a, b) for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)]
)
MINUTES = st.integers(int(at("2024-09-20 00:00")) // 60, int(at("2024-11-10 00:00")) // 60)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def both(zone: ZoneInfo, periods: list[tuple[int, int]]) -> tuple[WorkingHours, Oracle]:
    text = "workdays " + ",".join(f"{clock(start)}-{clock(end)}" for start, end in periods)
    return hours({"hours": text}, YEAR, zone), Oracle(zone, periods, YEAR)


@settings(max_examples=60, deadline=None)
@given(ZONES, PERIODS, MINUTES, st.integers(1, 600))
def test_as_the_oracle_says(zone: ZoneInfo, periods: list[tuple[int, int]], start: int, amount: int) -> None:
    fast, slow = both(zone, periods)
    since = start * 60
    if sum(b - a for a, b in periods) < 10:
        amount = min(amount, 20)
    due = fast.advance(since, amount * 60, True)
    assert due == slow.due(since, amount)
    assert fast.worked(since, due) == slow.worked(since, int(due)) * 60 == amount * 60
    later = since + 3 * 86400
    assert fast.worked(since, later) == slow.worked(since, later) * 60
    assert [fast.working(ts) for ts in (since, due, later)] == [slow.works(int(ts)) for ts in (since, due, later)]


TIMES = st.floats(at("1990-01-01 00:00"), at("2090-01-01 00:00"))
SECONDS = st.floats(0.001, 400 * 3600)


@settings(deadline=None)
@given(ZONES, PERIODS, TIMES, st.floats(-9e7, 9e7), st.floats(-9e7, 9e7))
def test_what_is_worked_adds_up(
    zone: ZoneInfo, periods: list[tuple[int, int]], start: float, one: float, two: float
) -> None:
    fast, _ = both(zone, periods)
    middle, end = start + one, start + one + two
    whole = fast.worked(start, end)
    assert whole == pytest.approx(fast.worked(start, middle) + fast.worked(middle, end), abs=1e-5)
    assert whole == -fast.worked(end, start)
    assert 0 <= abs(whole) <= abs(end - start) + 1e-5


@settings(deadline=None)
@given(ZONES, PERIODS, TIMES, SECONDS, SECONDS, st.floats(0, 1e6))
def test_deadlines_are_monotone_and_exact(
    zone: ZoneInfo, periods: list[tuple[int, int]], start: float, seconds: float, more: float, later: float
) -> None:
    fast, _ = both(zone, [(480, 720), *((a + 720, b) for a, b in periods if a + 720 < b)][:2])
    due = fast.advance(start, seconds, True)
    assert due >= start
    assert fast.worked(start, due) == pytest.approx(seconds, abs=1e-5)
    assert fast.advance(start, seconds + more, True) >= due
    assert fast.advance(start + later, seconds, True) >= due
    # going back again: the same working time, and never later than it was
    back = fast.advance(due, -seconds, True)
    assert fast.worked(back, due) == pytest.approx(seconds, abs=1e-5)
    # in two steps as in one
    assert fast.worked(due, fast.advance(fast.advance(start, seconds, True), more, True)) == pytest.approx(
        more, abs=1e-5
    )


@settings(deadline=None)
@given(TIMES, st.sampled_from(["4 work hours", "2 work days", "2 urgent hours"]), SECONDS, SECONDS)
def test_what_was_left_is_left(start: float, text: str, until: float, pause: float) -> None:
    city, limit = hours(), Limit(Limit.parse(text).amount, Unit(Limit.parse(text).unit))
    due = city.due(start, limit)
    suspended, resumed = start + until, start + until + pause
    again = city.resume(due, suspended, resumed, limit)
    left = city.remaining(suspended, due, limit)
    assert city.remaining(resumed, again, limit) == pytest.approx(left, abs=1e-5)
    assert again >= due - 1e-5 or left < 0

"""Hours: texts that people write, and any schedule against a scalar one that walks from day to day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.calendars import CALENDARS, HOLIDAY, WORKDAY, known_until, worked
from pipeline.hours import DAYS, KINDS, Hours, Timetables, parse

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = CALENDARS["china"]()


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    """'2024-02-04 08:30' in a zone, UTC seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    "text, when, inside",
    [
        #  00:00      04:30                20:00      24:00
        #  ======open==|                     |===open===
        pytest.param("20:00-04:30", "2024-06-05 20:00", True, id="starts-inside"),
        pytest.param("20:00-04:30", "2024-06-05 19:59:59.9", False, id="before"),
        pytest.param("20:00-04:30", "2024-06-06 04:29:59.9", True, id="after-midnight"),
        pytest.param("20:00-04:30", "2024-06-06 04:30", False, id="ends-outside"),
        # 2024-06-07 is a Friday
        pytest.param("Mo-Fr 20:00-04:30", "2024-06-08 02:00", True, id="fridays-night-goes-on-on-saturday"),
        pytest.param("Mo-Fr 20:00-04:30; Sa,Su off", "2024-06-08 02:00", True, id="off-is-about-beginnings"),
        pytest.param("Mo-Fr 20:00-04:30", "2024-06-08 21:00", False, id="saturday"),
        pytest.param("Mo-Fr 20:00-04:30", "2024-06-10 02:00", False, id="sundays-night-is-not-mondays"),
        pytest.param("Sa-Mo 08:00-09:00", "2024-06-09 08:30", True, id="a-range-over-the-weekend"),
        pytest.param("Sa-Mo 08:00-09:00", "2024-06-11 08:30", False, id="not-in-it"),
        pytest.param("Mo,We 07:00-09:00,17:00-19:00", "2024-06-05 18:00", True, id="second-window"),
        pytest.param("Mo,We 07:00-09:00,17:00-19:00", "2024-06-05 12:00", False, id="between"),
        pytest.param("08:00-20:00; Su 10:00-12:00", "2024-06-09 08:30", False, id="later-replaces"),
        pytest.param("08:00-20:00; Su 10:00-12:00", "2024-06-09 11:00", True, id="with-its-own"),
        pytest.param("Su 10:00-12:00; 08:00-20:00", "2024-06-09 08:30", True, id="order-counts"),
        pytest.param("00:00-24:00", "2024-06-09 00:00", True, id="all-day"),
        pytest.param("off", "2024-06-09 00:00", False, id="never"),
        pytest.param("20:00-00:00", "2024-06-09 23:59", True, id="until-midnight"),
        pytest.param("20:00-00:00", "2024-06-10 00:00", False, id="no-longer"),
        # 2024-02-04 is a Sunday that was worked, 2024-02-12 a Monday off, 2024-02-24 an ordinary Saturday
        pytest.param("workdays 07:00-09:00", "2024-02-04 08:00", True, id="a-sunday-that-is-worked"),
        pytest.param("workdays 07:00-09:00", "2024-02-12 08:00", False, id="a-monday-off"),
        pytest.param("restdays 07:00-09:00", "2024-02-12 08:00", True, id="is-a-rest-day"),
        pytest.param("holidays 07:00-09:00", "2024-02-12 08:00", True, id="and-a-holiday"),
        pytest.param("restdays 07:00-09:00", "2024-02-24 08:00", True, id="a-saturday"),
        pytest.param("holidays 07:00-09:00", "2024-02-24 08:00", False, id="is-no-holiday"),
        pytest.param("Su 07:00-09:00", "2024-02-04 08:00", True, id="a-name-is-a-name"),
        pytest.param("workdays 07:00-09:00; Su off", "2024-02-04 08:00", False, id="mixed"),
        pytest.param("Mo,holidays 07:00-09:00", "2024-02-13 08:00", True, id="a-list-of-both"),
        # as spreadsheets and people write them
        pytest.param("mo-FR 7:00-9:00 ;", "2024-06-07 08:00", True, id="loosely"),
        pytest.param("Mo\uff0cFr 07\uff1a00\u201309\uff1a00\uff1b Sa off", "2024-06-07 08:00", True, id="full-width"),
    ],
)
def test_a_time_is_in_hours_or_not(text: str, when: str, inside: bool) -> None:
    assert Hours(text, SHANGHAI, CHINA).at(np.array([at(when)])).tolist() == [inside]


@pytest.mark.parametrize(
    "text, why",
    [
        pytest.param("", "", id="nothing"),
        pytest.param("always", "", id="no-window"),
        pytest.param("Mo-Fr", "", id="days-alone"),
        pytest.param("8-9", ": no window '8-9'", id="no-minutes"),
        pytest.param("08:00", ": no window '08:00'", id="no-end"),
        pytest.param("08:00-25:00", ": '08:00-25:00' is not within 00:00-24:00", id="no-such-hour"),
        pytest.param("08:60-09:00", ": '08:60-09:00' is not within 00:00-24:00", id="no-such-minute"),
        pytest.param("24:00-06:00", ": '24:00-06:00' is not within 00:00-24:00", id="begins-at-the-end"),
        pytest.param("08:00-08:00", ": '08:00-08:00' has no length; all day is 00:00-24:00", id="no-length"),
        pytest.param("Mon 08:00-09:00", ": no day 'mon'; did you mean 'mo'?", id="slip"),
        pytest.param("workday 08:00-09:00", ": no day 'workday'; did you mean 'workdays'?", id="singular"),
        pytest.param("x 08:00-09:00", ": no day 'x'; known: " + ", ".join([*DAYS, *KINDS]), id="unlike-any"),
        pytest.param("Mo-holidays 08:00-09:00", ": no range of days 'mo-holidays'", id="no-range"),
        pytest.param("Mo-Fr 08:00-09:00, Sa 10:00-11:00", ": no window 'sa 10:00-11:00'", id="comma-for-semicolon"),
    ],
)  # fmt: skip
def test_a_text_that_says_no_hours(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"^expected hours such as 'Mo-Fr 20:00-04:30', got ") as caught:
        parse(text)
    assert str(caught.value) == f"expected hours such as 'Mo-Fr 20:00-04:30', got '{text}'{why}"


@pytest.mark.parametrize(
    "text, when, current, following",
    [
        pytest.param(
            "20:00-04:30", "2024-06-05 21:00", ("2024-06-05 20:00", "2024-06-06 04:30"),
            ("2024-06-06 20:00", "2024-06-07 04:30"), id="inside",
        ),
        pytest.param(
            "20:00-04:30", "2024-06-05 12:00", ("2024-06-04 20:00", "2024-06-05 04:30"),
            ("2024-06-05 20:00", "2024-06-06 04:30"), id="between",
        ),
        pytest.param(
            "20:00-04:30", "2024-06-05 20:00", ("2024-06-05 20:00", "2024-06-06 04:30"),
            ("2024-06-06 20:00", "2024-06-07 04:30"), id="at-the-start",
        ),
        pytest.param(
            "Mo 06:00-10:00,09:00-12:00", "2024-06-10 11:00", ("2024-06-10 09:00", "2024-06-10 12:00"),
            ("2024-06-17 06:00", "2024-06-17 10:00"), id="the-newest-of-two",
        ),
        pytest.param(
            "holidays 06:00-10:00", "2024-07-01 00:00", ("2024-06-10 06:00", "2024-06-10 10:00"),
            ("2024-09-15 06:00", "2024-09-15 10:00"), id="months-away",
        ),
        pytest.param("off", "2024-07-01 00:00", None, None, id="none"),
        pytest.param("holidays 06:00-10:00", "2090-07-01 00:00", None, None, id="a-year-that-nobody-knows"),
    ],
)  # fmt: skip
def test_windows_around_a_time(
    text: str, when: str, current: tuple[str, str] | None, following: tuple[str, str] | None
) -> None:
    hours = Hours(text, SHANGHAI, CHINA)
    for found, expected in ((hours.current, current), (hours.next, following)):
        window = [float(column[0]) for column in found(np.array([at(when)]))]
        assert window == ([at(each) for each in expected] if expected else pytest.approx([np.nan] * 2, nan_ok=True))


def test_odd_clocks_are_in_no_window() -> None:
    hours = Hours("00:00-24:00", SHANGHAI)
    ts = np.array([np.nan, np.inf, -np.inf, 1e18, -1e18, 0.0])
    assert hours.at(ts).tolist() == [False] * 5 + [True]
    assert np.isnan(hours.current(ts)[0]).tolist() == [True] * 5 + [False]
    assert hours.at(np.empty(0)).tolist() == []


def test_times_of_many_years_at_once() -> None:
    hours = Hours("12:00-13:00", SHANGHAI)
    noons = np.array([at(f"{year}-01-01 12:30") for year in range(1970, 2100)])
    assert hours.at(noons[::-1]).all()
    assert not hours.at(noons + 3600).any()


def test_many_schedules_at_once() -> None:
    tables = Timetables(["06:00-08:00", "Mo 07:00-09:00", "06:00-08:00"], SHANGHAI, {})
    number = tables.numbers(["", "Mo 07:00-09:00", "06:00-08:00", "06:00-08:00"])
    ts = np.array([at("2024-06-11 07:30")] * 3 + [at("2024-06-11 08:30")])  # a Tuesday
    assert tables.at(number, ts).tolist() == [True, False, True, False]
    assert tables.at(number[:0], ts[:0]).tolist() == []


# -- clocks that change

PARIS, LORD_HOWE = ZoneInfo("Europe/Paris"), ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    "text, day, start, end",
    [
        # 2024-03-31 02:00 CET becomes 03:00 CEST at 01:00 UTC; 2024-10-27 03:00 CEST becomes 02:00 CET at 01:00 UTC
        pytest.param("01:00-05:00", "2024-03-31", "00:00", "03:00", id="an-hour-less"),
        pytest.param("01:00-05:00", "2024-10-27", "-01:00", "04:00", id="an-hour-more"),
        pytest.param("02:30-05:00", "2024-03-31", "01:30", "03:00", id="begins-at-a-time-that-is-not-there"),
        pytest.param("02:15-02:45", "2024-03-31", "01:15", "01:45", id="lies-in-it"),
        pytest.param("02:30-05:00", "2024-10-27", "00:30", "04:00", id="begins-at-a-time-that-comes-twice"),
        pytest.param("01:00-02:30", "2024-10-27", "-01:00", "01:30", id="ends-at-one"),
    ],
)
def test_a_day_on_which_the_clocks_change(text: str, day: str, start: str, end: str) -> None:
    midnight = at(day + " 00:00", ZoneInfo("UTC"))

    def minutes(said: str) -> float:
        sign = -1 if said.startswith("-") else 1
        hour, minute = said.lstrip("-").split(":")
        return sign * (int(hour) * 60 + int(minute))

    found = Hours(text, PARIS).current(np.array([midnight + 12 * 3600.0]))
    assert [float(each[0]) for each in found] == [midnight + 60 * minutes(start), midnight + 60 * minutes(end)]


# -- any schedule, by walking from day to day


def scalar(text: str, zone: ZoneInfo, calendar: dict[date, str], first: date, days: int) -> list[tuple[float, float]]:
    """The windows that begin on some days, in order, by a second reading of the same rules."""
    found = []
    for k in range(days):
        day = first + timedelta(days=k)
        rest = calendar.get(day, WORKDAY if day.weekday() < 5 else "rest") != WORKDAY
        names = [DAYS[day.weekday()], "restdays" if rest else "workdays"]
        names += ["holidays"] if calendar.get(day) == HOLIDAY else []
        said = "off"
        for part in text.split("; "):
            which, _, windows = part.rpartition(" ")
            if not which or any(name in names for name in which.split(",")):
                said = windows
        for window in [] if said == "off" else said.split(","):
            begin, end = (int(t[:2]) * 60 + int(t[3:]) for t in window.split("-"))
            start = datetime.combine(day, time(begin // 60, begin % 60), zone)
            over = day + timedelta(days=1) if end <= begin or end == 1440 else day
            stop = datetime.combine(over, time(end // 60 % 24, end % 60), zone)
            stops = [stop.replace(fold=fold).astimezone(UTC).timestamp() for fold in (0, 1)]
            found.append((start.astimezone(UTC).timestamp(), max(stops)))
    return sorted(found)


clock = st.sampled_from(["00:00", "01:30", "02:00", "02:30", "03:00", "08:15", "12:00", "20:00", "23:45"])
windows = st.one_of(
    st.just("off"), st.just("00:00-24:00"),
    st.lists(
        st.tuples(clock, clock).filter(lambda w: w[0] != w[1]).map("-".join), min_size=1, max_size=3
    ).map(",".join),
)  # fmt: skip
days = st.lists(
    st.sampled_from([*DAYS, *KINDS]), min_size=1, max_size=4, unique=True
).map(",".join)  # fmt: skip
parts = st.one_of(windows, st.tuples(days, windows).map(" ".join))
zones = st.sampled_from([SHANGHAI, PARIS, LORD_HOWE, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia")])


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(parts, min_size=1, max_size=4).map("; ".join), zone=zones,
    first=st.dates(date(2003, 12, 1), date(2026, 6, 1)), days=st.integers(1, 20), data=st.data(),
)  # fmt: skip
def test_any_schedule(text: str, zone: ZoneInfo, first: date, days: int, data: st.DataObject) -> None:
    # around: a window that begins the day before may go on, and the last one before may be long ago
    expected = scalar(text, zone, CHINA, first - timedelta(days=3), days + 6)
    low, high = (datetime.combine(d, time(), UTC).timestamp() for d in (first, first + timedelta(days=days)))
    edges = [t for window in expected for t in window if low <= t < high]
    ts = data.draw(st.lists(st.floats(low, high, exclude_max=True), min_size=1, max_size=30)) + edges
    ts += [t - 0.001 for t in edges if t - 0.001 >= low]
    hours = Hours(text, zone, CHINA)
    (start, end), (after, _) = hours.current(np.array(ts)), hours.next(np.array(ts))
    for k, (t, inside) in enumerate(zip(ts, hours.at(np.array(ts)).tolist(), strict=True)):
        assert inside == any(a <= t < b for a, b in expected), t
        before = [w for w in expected if w[0] <= t]
        if before:
            assert (start[k], end[k]) == max(before)
        later = [w for w in expected if w[0] > t]
        if later:
            assert after[k] == min(later)[0]


# -- calendars


def test_a_calendar_knows_whole_years() -> None:
    assert known_until({}) is None
    assert known_until({date(2025, 10, 1): HOLIDAY, date(2024, 1, 1): HOLIDAY}) == date(2025, 12, 31)
    assert (known_until(CHINA) or date.min) >= date(2025, 12, 31)


@pytest.mark.parametrize(
    "day, on",
    [
        pytest.param(date(2024, 2, 4), True, id="a-sunday-that-is-worked"),
        pytest.param(date(2024, 2, 12), False, id="a-monday-off"),
        pytest.param(date(2024, 2, 20), True, id="a-tuesday"),
        pytest.param(date(2024, 2, 24), False, id="a-saturday"),
        pytest.param(date(2090, 2, 24), True, id="by-the-day-of-the-week-where-nothing-is-known"),
    ],
)
def test_who_works_when(day: date, on: bool) -> None:
    assert worked(day, CHINA) == on

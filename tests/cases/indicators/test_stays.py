"""The time in each state: by hand, and as the oracle has it on steps that hypothesis makes."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.database import reading
from cases.deadlines.settings import WorkingHoursSection
from cases.deadlines.working import WorkingHours
from cases.indicators.asking import Question
from cases.indicators.stays import Spread, ask_stays, spread
from cases.indicators.working import WorkingTime
from cases.life import State
from pipeline.calendars import HOLIDAY, WORKDAY
from tests.cases.indicators import oracle
from tests.cases.indicators.made import case, keep, moves

HOUR = 3600.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = 1_772_409_600.0 - 8 * HOUR  # 2026-03-02 00:00 in Shanghai
WORKING = WorkingTime(WorkingHoursSection(), SHANGHAI, {})


def test_stays_on_both_clocks(database: sa.Engine) -> None:
    #        filed  dispatched   handling      handled
    #  08:00   09:00    10:00  (lunch) 15:00
    at = {name: MONDAY + hour * HOUR for name, hour in {"file": 9, "dispatch": 10, "accept": 11, "handled": 15}.items()}
    keep(
        database,
        [case("a", opened=MONDAY + 8 * HOUR, responsible="u1", state="handled"), case("b", opened=MONDAY)],
        moves(
            "a",
            ("reported", "filed", at["file"]),
            ("filed", "filed", at["file"] + 60),
            ("filed", "dispatched", at["dispatch"]),
            ("dispatched", "handling", at["accept"]),
            ("handling", "handled", at["handled"]),
        ),
    )
    question = Question(MONDAY, MONDAY + 86_400, 1e12, SHANGHAI, by=("unit",))
    with reading(database) as connection:
        found = ask_stays(connection, question, WORKING)
    assert [(each.state, each.group, each.stays, each.clock.median, each.working.median) for each in found] == [
        ("reported", ("u1",), 1, HOUR, HOUR),
        ("filed", ("u1",), 1, HOUR, HOUR),
        ("dispatched", ("u1",), 1, HOUR, HOUR),
        ("handling", ("u1",), 1, 4 * HOUR, 2 * HOUR),
    ]


def test_a_stay_belongs_to_the_period_in_which_it_ends(database: sa.Engine) -> None:
    keep(database, [case("a", opened=-50.0)], moves("a", ("reported", "filed", 0.0), ("filed", "x", 99.0)))
    with reading(database) as connection:
        for start, end, expected in ((-100, 0, []), (0, 1, [50.0]), (1, 100, [99.0]), (100, 200, [])):
            found = ask_stays(connection, Question(start, end, 1e12, UTC), WORKING)
            assert [each.clock.median for each in found] == expected


STEPS = st.tuples(
    st.sampled_from([state.value for state in State]),
    st.sampled_from([state.value for state in State]),
    st.integers(0, 90),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    drawn=st.lists(st.tuples(st.booleans(), st.sampled_from(["u1", "u2"]), st.lists(STEPS, max_size=6)), max_size=6),
    start=st.integers(0, 50),
    length=st.integers(1, 90),
    by=st.sampled_from([(), ("unit",)]),
)
def test_the_oracle_agrees(
    database: sa.Engine,
    drawn: list[tuple[bool, str, list[tuple[str, str, int]]]],
    start: int,
    length: int,
    by: tuple[str, ...],
) -> None:
    cases, steps = [], []
    expected: dict[tuple[str, tuple[str, ...], str], list[tuple[float, float]]] = defaultdict(list)
    question = Question(start * HOUR, (start + length) * HOUR, 80 * HOUR, UTC, "day", by)
    for k, (withdrawn, unit, moved) in enumerate(drawn):
        one = case(str(k), opened=float(k) * HOUR, withdrawn=withdrawn, responsible=unit)
        own = moves(str(k), *((a, b, at * HOUR) for a, b, at in moved))
        cases.append(one)
        steps += own
        for state, came, left in oracle.stays(one, own):
            for period in question.periods():
                if period.start <= left < period.end:
                    expected[period.name, (unit,) if by else (), state].append((came, left))
    keep(database, cases, steps)
    with reading(database) as connection:
        found = ask_stays(connection, question, WORKING)
    hours = WorkingHours(WorkingHoursSection(), SHANGHAI, {})
    assert {(each.period.name, each.group, each.state) for each in found} == set(expected)
    for each in found:
        pairs = expected[each.period.name, each.group, each.state]
        assert each.stays == len(pairs)
        for got, values in (
            (each.clock, [left - came for came, left in pairs]),
            (each.working, [hours.worked(came, left) for came, left in pairs]),
        ):
            shares = (oracle.exceeded_by_no_more_than(share, values) for share in ((1, 2), (9, 10)))
            assert got == pytest.approx(tuple(shares), abs=1e-6)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60))
def test_percentiles_are_values_that_occurred(values: list[float]) -> None:
    expected = Spread(*(oracle.exceeded_by_no_more_than(share, values) for share in ((1, 2), (9, 10))))
    assert spread(np.array(values)) == expected


CALENDAR = {date(2026, 3, 4): HOLIDAY, date(2026, 3, 7): WORKDAY}


@pytest.mark.parametrize(
    "hours",
    [
        "workdays 08:00-12:00,14:00-18:00",
        "20:00-04:30",
        "08:00-12:00,10:00-14:00",
        "08:00-18:00,09:00-10:00,17:00-19:00",
        "00:00-24:00",
        "Mo 23:00-01:00; Tu 00:30-02:00",
    ],
)
@given(pairs=st.lists(st.tuples(st.integers(0, 900_000), st.integers(0, 900_000)).map(sorted), max_size=8))
@settings(deadline=None, max_examples=30)
def test_working_time_of_many_is_that_of_each(hours: str, pairs: list[list[int]]) -> None:
    section = WorkingHoursSection(hours=hours)
    one = WorkingHours(section, SHANGHAI, CALENDAR)
    since, until = np.array(pairs, np.float64).reshape(-1, 2).T + MONDAY
    found = WorkingTime(section, SHANGHAI, CALENDAR).between(since, until)
    assert found == pytest.approx(
        [one.worked(a, b) for a, b in zip(since.tolist(), until.tolist(), strict=True)], abs=1e-6
    )


def test_nobody_works() -> None:
    calendar: dict[date, Any] = {date.fromordinal(date(2026, 2, 20).toordinal() + k): HOLIDAY for k in range(40)}
    always_off = WorkingTime(WorkingHoursSection(), SHANGHAI, calendar)
    assert always_off.between(np.array([MONDAY]), np.array([MONDAY + 86_400])).tolist() == [0.0]

"""The counts: the page's rules by hand, published months, and the oracle's numbers on cases that hypothesis makes."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.database import reading
from cases.indicators.asking import Question
from cases.indicators.catalogue import COUNTS, RATES, rates, score
from cases.indicators.counting import Line, ask
from cases.indicators.dimensions import DIMENSIONS
from cases.indicators.periods import KINDS
from cases.life import VERDICTS, State
from tests.cases.indicators import oracle
from tests.cases.indicators.made import case, keep

START, END = 0.0, 100.0
HANDLED = {"filed": 10.0, "dispatched": 20.0, "due": 50.0, "handled": 40.0, "state": "handled"}
CLOSED = {**HANDLED, "closed": 60.0, "state": "closed"}


def answer(database: sa.Engine, **how: Any) -> list[Line]:
    usual: dict[str, Any] = {"start": START, "end": END, "now": 1e12, "zone": UTC}
    question = Question(**usual | how)
    with reading(database) as connection:
        return list(ask(connection, question))


@pytest.mark.parametrize(
    "values, expected",
    [
        pytest.param({}, {"reported": 1}, id="only-told"),
        pytest.param({"filed": 10.0}, {"valid": 1, "filed": 1, "filed_in_time": 1, "found_public": 1}, id="no-limit"),
        pytest.param({"filed": 10.0, "file_due": 10.0}, {"filed_in_time": 1}, id="filed-just-in-time"),
        pytest.param({"filed": 10.0, "file_due": 9.0}, {"filed": 1, "filed_in_time": 0}, id="filed-late"),
        pytest.param({"filed": 10.0, "file_due": 9.0, "reopenings": 1}, {"filed_in_time": 1}, id="filed-by-reopening"),
        pytest.param({"filed": 10.0, "dispatched": 9.0}, {"dispatched": 0}, id="dispatched-before-it-was-reopened"),
        pytest.param({"filed": 10.0, "channel": "machine"}, {"found_machine": 1, "found_public": 0}, id="machine"),
        pytest.param({"filed": 10.0, "channel": "collector"}, {"found_collector": 1}, id="collector"),
        pytest.param({"filed": 10.0, "withdrawn": True}, {"reported": 0, "filed": 0}, id="withdrawn"),
        pytest.param({"filed": 10.0, "state": "merged"}, {"reported": 0, "filed": 0}, id="merged"),
        pytest.param({"filed": 10.0, "state": "rejected"}, {"reported": 1, "valid": 0, "filed": 0}, id="rejected"),
        pytest.param({**CLOSED, "verdict": "false alarm"}, {"reported": 1, "valid": 0, "due": 0}, id="false-alarm"),
        pytest.param({**CLOSED, "verdict": "confirmed"}, {"valid": 1, "due": 1}, id="confirmed"),
        pytest.param({"closed": 30.0, "state": "closed"}, {"valid": 1, "filed": 0, "due": 0}, id="over-before-filing"),
        pytest.param(HANDLED, {"due": 1, "handled": 1, "handled_in_time": 1, "closed": 0}, id="handled"),
        pytest.param({**HANDLED, "due": 40.0}, {"handled_in_time": 1}, id="handled-just-in-time"),
        pytest.param({**HANDLED, "due": 39.0}, {"handled": 1, "handled_in_time": 0}, id="handled-late"),
        pytest.param({**HANDLED, "handled": 100.0}, {"handled": 0, "overdue_waiting": 1}, id="handled-after-the-end"),
        pytest.param({**HANDLED, "due": 100.0}, {"due": 0, "handled": 0, "filed": 1}, id="due-after-the-end"),
        pytest.param({**HANDLED, "filed": -9.0, "handled": -1.0}, {"filed": 0, "handled_in_time": 1}, id="early"),
        pytest.param({**HANDLED, "state": "suspended"}, {"filed": 1, "due": 0}, id="suspended"),
        pytest.param(CLOSED, {"closed": 1, "closed_in_time": 1}, id="closed-after-the-deadline-handled-in-time"),
        pytest.param({**CLOSED, "handled": None}, {"handled": 1, "handled_in_time": 0}, id="closed-and-never-handled"),
        pytest.param({**HANDLED, "returns": 1}, {"dispatched": 1, "dispatched_right": 0}, id="returned"),
        pytest.param({**CLOSED, "reworks": 2, "extensions": 3}, {"reworked": 1, "extended": 1}, id="counted-once"),
        pytest.param({"filed": 10.0}, {"due": 0, "overdue_waiting": 0}, id="without-a-deadline"),
    ],
)
def test_what_is_counted(database: sa.Engine, values: dict[str, Any], expected: dict[str, int]) -> None:
    one = case("a", opened=0.0, **values)
    keep(database, [one])
    (line,) = answer(database)
    assert {name: line.counts[name] for name in expected} == expected
    assert line.counts == oracle.numbers([one], START, END)


def test_a_period_that_goes_on_ends_now(database: sa.Engine) -> None:
    keep(database, [case("a", opened=0.0, filed=1.0, due=30.0), case("b", opened=0.0, filed=1.0, due=31.0)])
    (line,) = answer(database, now=31.0)
    assert (line.counts["due"], line.period.end) == (1, 31.0)
    assert answer(database, now=0.0) == []


@pytest.mark.parametrize(
    "counted, published",
    [
        pytest.param(
            {"due": 972, "closed": 911, "closed_in_time": 737, "filed": 996, "found_collector": 953},
            {"closing": 0.9372, "closing_in_time": 0.7582, "own_discovery": 0.9568, "collector_discovery": 0.9568},
            id="天门-2016-12",
        ),
        pytest.param(
            {"due": 52434, "closed": 43523, "closed_in_time": 40394, "reworked": 276, "extended": 104},
            {"closing": 0.8301, "closing_in_time": 0.7704, "rework": 0.0053, "extension": 0.0020},
            id="郑州-2019-04-08",
        ),
    ],
)
def test_published_rates_follow_from_the_counts_published_with_them(
    counted: dict[str, int], published: dict[str, float]
) -> None:
    """天门: 应结案 972, 结案 911, 按期结案 737; of 996 filed 953 by collectors, 43 by WeChat. 郑州: a week's table."""
    counts = dict.fromkeys(COUNTS, 0) | counted
    counts["found_public"] = counts["filed"] - counts["found_collector"]
    found = rates(counts)
    assert {name: round(found[name] or 0, 4) for name in published} == published


def test_the_month_of_tianmen_from_its_cases(database: sa.Engine) -> None:
    def of(k: int) -> dict[str, Any]:
        values: dict[str, Any] = {"opened": 0.0, "channel": "collector" if k < 953 else "wechat"}
        if k < 996:
            values |= {"filed": 1.0, "due": 50.0 if k < 972 else 150.0}
        if k < 911:
            values |= {"handled": 40.0 if k < 737 else 60.0, "closed": 70.0, "state": "closed"}
        return values

    keep(database, [case(f"{k:04}", **of(k)) for k in range(1054)])
    (line,) = answer(database)
    assert line.counts["reported"] == 1054
    assert [round(100 * (line.rates[name] or 0), 2) for name in ("closing", "closing_in_time")] == [93.72, 75.82]


def test_days_in_the_citys_zone_and_groups(database: sa.Engine) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    midnight = 1_772_294_400.0  # 2026-03-01 00:00 in Shanghai
    moments = {"a": -1.0, "b": 0.0, "c": 86_399.0, "d": 86_400.0}
    grids = {"a": "", "b": "420101001002003", "c": "420101001009001", "d": "420101001002003"}
    keep(database, [case(id, opened=midnight + at, grid=grids[id]) for id, at in moments.items()])
    found = answer(
        database, start=midnight - 86_400, end=midnight + 2 * 86_400, zone=zone, period="day", by=("street", "channel")
    )
    assert [(line.period.name, line.group, line.counts["reported"]) for line in found] == [
        ("2026-02-28", ("", "hand"), 1),
        ("2026-03-01", ("420101001", "hand"), 2),
        ("2026-03-02", ("420101001", "hand"), 1),
    ]
    (only,) = answer(database, start=midnight - 86_400, end=midnight + 86_400, where={"community": "420101001009"})
    assert only.counts["reported"] == 1
    (none,) = answer(database, start=midnight - 86_400, end=midnight + 86_400, where={"community": "42010100100"})
    assert none.counts["reported"] == 0


@pytest.mark.parametrize("how", [{"by": ("untit",)}, {"period": "dya"}, {"where": {"streat": "x"}}])
def test_what_cannot_be_asked_is_refused_with_a_suggestion(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="did you mean"):
        Question(0, 1, 2, UTC, **how)


MOMENTS = st.one_of(st.none(), st.integers(-60, 160).map(float))
CASES: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    opened=st.integers(-60, 160).map(float),
    state=st.sampled_from([state.value for state in State]),
    withdrawn=st.booleans(),
    verdict=st.sampled_from(["", "", *VERDICTS]),
    channel=st.sampled_from(["machine", "collector", "hand", "open311"]),
    responsible=st.sampled_from(["", "u1", "u2"]),
    category=st.sampled_from(["06012", "06042", "08004", "vehicle.overspeed", "a.b.c", ".x", "x..", "plain", ""]),
    grid=st.sampled_from(["", "420101001002003", "420101001009001", "42010100200100123", "x-1"]),
    **dict.fromkeys(("officer", "rule", "level", "area_class", "mode"), st.sampled_from(["", "a", "甲"])),
    **dict.fromkeys(("filed", "file_due", "dispatched", "due", "handled", "closed"), MOMENTS),
    **dict.fromkeys(("returns", "reworks", "extensions", "reopenings"), st.integers(0, 2)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    drawn=st.lists(CASES, max_size=12),
    period=st.sampled_from(["whole", *KINDS]),
    by=st.lists(st.sampled_from(sorted(oracle.DIMENSIONS)), unique=True, max_size=2),
    start=st.integers(-60, 60),
    length=st.integers(1, 160),
    now=st.integers(0, 200),
)
def test_the_oracle_agrees(
    database: sa.Engine, drawn: list[dict[str, Any]], period: str, by: list[str], start: int, length: int, now: int
) -> None:
    hours = 12 * 3600.0  # a time drawn is half a day, so that all kinds of periods are met
    times = ("opened", "filed", "file_due", "dispatched", "due", "handled", "closed")
    cases = [case(str(k), **values) for k, values in enumerate(drawn)]
    for each in cases:
        each.update({name: each[name] * hours for name in times if each[name] is not None})
    keep(database, cases)
    question = Question(start * hours, (start + length) * hours, now * hours, UTC, period, tuple(by))
    with reading(database) as connection:
        lines = list(ask(connection, question))

    def group(each: dict[str, Any]) -> tuple[str, ...]:
        return tuple(oracle.DIMENSIONS[name](each) for name in by)

    expected = {}
    for one in question.periods():
        for wanted in {group(each) for each in cases} if by else {()}:
            counted = oracle.numbers([each for each in cases if group(each) == wanted], one.start, one.end)
            if not by or any(counted.values()):
                expected[one, wanted] = counted
    assert {(line.period, line.group): line.counts for line in lines} == expected
    assert [(line.period.start, line.group) for line in lines] == sorted((p.start, g) for p, g in expected)
    for line in lines:
        assert all(value is None or 0 <= value <= 1 for value in line.rates.values())
        assert line.counts["handled"] + line.counts["overdue_waiting"] == line.counts["due"]


def test_the_catalogue_is_the_page() -> None:
    assert set(oracle.NUMBERS) == set(COUNTS)
    assert set(oracle.DIMENSIONS) == set(DIMENSIONS)
    assert {name: moment for name, (moment, _) in oracle.NUMBERS.items()} == {c.id: c.moment for c in COUNTS.values()}
    assert all(set(rate.numerator + rate.denominator) <= set(COUNTS) for rate in RATES.values())


@pytest.mark.parametrize(
    "found, weights, expected",
    [
        pytest.param({"handling": 1.0, "rework": 0.0}, {"handling": 30, "rework": 10}, 100.0, id="best"),
        pytest.param({"handling": 0.5, "rework": 1.0}, {"handling": 3, "rework": 1}, 37.5, id="less-is-better"),
        pytest.param({"handling": None, "rework": 0.1}, {"handling": 30, "rework": 10}, 90.0, id="unknown-left-out"),
        pytest.param({"handling": None}, {"handling": 1}, None, id="nothing-known"),
    ],
)
def test_the_score(found: dict[str, float | None], weights: dict[str, float], expected: float | None) -> None:
    value = score(found, weights)
    assert value == (None if expected is None else pytest.approx(expected))

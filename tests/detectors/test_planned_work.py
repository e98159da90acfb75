"""planned_work: a street to be swept by a time of day, found by rows and by ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from detectors.planned_work import PlannedWork
from pipeline.geo import Plane
from pipeline.registers import Line, Route, Table, Zone
from pipeline.rows import Position
from pipeline.version import Hold, Rule
from pipeline.world import World
from replay.driving import drive, table
from tests.places import box, registers

PLANE = Plane(104.0, 30.0)
MIN = 60.0
PLAN: dict[str, object] = {"id": "p", "subject": "sweeper", "route": "lane", "hours": "01:00-02:00", "share": 0.9}
"""20 pieces of 50 m, by 02:00, UTC; days begin at 0 s."""


def way(*metres: tuple[float, float]) -> Line:
    points: Line = np.array([PLANE.to_degrees(x, y) for x, y in metres])
    return points


def city(*plans: dict[str, object], length: float = 1_000.0) -> World:
    """One lane eastward from 0 m, and a park of 600 m by 600 m north of it."""
    (west, south), (east, north) = way((0, 100), (600, 700))
    some = registers(
        [{"id": "sweeper"}],
        zones=[Zone("park", "patrol", [[box(west, south, east, north)]])],
        routes=[Route("lane", [way((0, 0), (length, 0))])],
    )
    return World(replace(some, plans=Table.of("plans", [dict(plan) for plan in plans or (PLAN,)])))


Fix = tuple[float, float, float]
"""minute, metres east, metres north"""


def rows(world: World, fixes: Sequence[Fix], **columns: Sequence[float]) -> Position:
    records: list[dict[str, float | str]] = []
    for k, (minute, x, y) in enumerate(fixes):
        lon, lat = PLANE.to_degrees(x, y)
        record: dict[str, float | str] = {
            "subject": "sweeper",
            "ts": minute * MIN,
            "lon": float(lon),
            "lat": float(lat),
        }
        records.append(record | {name: values[k] for name, values in columns.items()})
    return table(Position, records, world.names)


def along(minute: float, begin: float = 0.0, end: float = 1_000.0, step: float = 100.0) -> list[Fix]:
    """Eastward on the lane: a fix every half a minute."""
    return [(minute + k / 2, x, 0.0) for k, x in enumerate(np.arange(begin, end + 1, step).tolist())]


START: Fix = (10, -900.0, 0.0)
"""Before the window."""


def found(
    world: World,
    fixes: Sequence[Fix],
    judge: PlannedWork | None = None,
    until: float | None = None,
    **columns: Sequence[float],
) -> list[tuple[float, float | None, float | None]]:
    """(started, ended, measure): minutes and %; None: not yet, none."""
    rule = Rule("not-swept", judge or PlannedWork(), Hold())
    some = rows(world, [START, *fixes], **{name: [values[0], *values] for name, values in columns.items()})
    episodes = drive([rule], some, world, until=None if until is None else until * MIN)
    return [
        (e.started / MIN, None if math.isnan(e.ended) else e.ended / MIN, None if math.isnan(e.measure) else e.measure)
        for e in episodes
    ]


HOME: list[Fix] = [(121, -900.0, 0.0), (130, -900.0, 0.0)]
"""After the deadline, somewhere else."""


@pytest.mark.parametrize(
    "fixes, expected",
    [  # window 60 to 120 min
        pytest.param([*along(70), *HOME], [], id="done"),
        pytest.param([*along(70, end=500), *HOME], [(121, None, 55.0)], id="half-of-it"),
        pytest.param([*along(70, end=900), *HOME], [], id="nearly-all"),
        pytest.param([*along(70, end=500), *along(90, 500), *HOME], [], id="in-two-goes"),
        pytest.param([*along(50), (100, 0.0, 500.0), *HOME], [(121, None, 0.0)], id="too-early"),
        pytest.param([*along(110, end=500), *along(125, 500)], [(125, 127, 55.0)], id="done-late"),
        pytest.param([*HOME, (1499, 0.0, 0.0), (1500, 0.0, 0.0)], [(121, 1500, 0.0)], id="until-the-next-window"),
        pytest.param([(70, 0.0, 0.0), (71.1, 1_000.0, 0.0), *HOME], [(121, None, 10.0)], id="fixes-too-far-apart"),
        pytest.param([(70, 0.0, 0.0), (71, 1_000.0, 0.0), *HOME], [], id="near-enough"),
        pytest.param([(59.5, 0.0, 0.0), (60, 1_000.0, 0.0), *HOME], [(121, None, 5.0)], id="from-before-the-window"),
        pytest.param([(m, x, 31.0) for m, x, _ in along(70)] + HOME, [(121, None, 0.0)], id="on-the-next-street"),
    ],
)
def test_by_rows(fixes: list[Fix], expected: list[tuple[float, float | None, float]]) -> None:
    assert found(city(), fixes) == expected


@pytest.mark.parametrize(
    "fixes, until, expected",
    [  # the deadline at 120, 10 minutes of grace
        pytest.param([(30, 0.0, 0.0)], 129, [], id="not-yet"),
        pytest.param([(30, 0.0, 0.0)], 131, [(130, None, None)], id="it-never-came"),
        pytest.param(along(70, end=500), 131, [(130, None, None)], id="it-went-silent-half-way"),
        pytest.param(along(70), 1500, [], id="done-and-silent"),
        pytest.param(along(70), 1571, [(1570, None, None)], id="done-and-silent-the-next-day"),
        pytest.param([(70, 0.0, 0.0), *along(122)], None, [(122, 126.5, 5.0)], id="rows-came-in-time"),
        pytest.param([(70, 0.0, 0.0), (140, 0.0, 0.0)], None, [(140, None, 5.0)], id="no-tick-said-so"),
    ],
)
def test_by_ticks(fixes: list[Fix], until: float | None, expected: list[tuple[float, float | None, float]]) -> None:
    assert found(city(), fixes, until=until) == expected


def test_only_while_it_works() -> None:
    judge = PlannedWork(working="brush")
    fixes = [*along(70), *HOME]
    n = len(fixes)
    assert found(city(), fixes, judge, brush=[1.0] * n) == []
    assert found(city(), fixes, judge, brush=[math.nan] * n) == [], "not known is not off"
    assert found(city(), fixes, judge) == [], "no such column"
    assert found(city(), fixes, judge, brush=[0.0] * n) == [(121, None, 0.0)]
    assert found(city(), fixes, brush=[0.0] * n) == [], "the rule asks for no column"
    half = [1.0] * 6 + [0.0] * (n - 6)
    assert found(city(), fixes, judge, brush=half) == [(121, None, 55.0)]
    gaps = [float(k % 2) for k in range(n)]
    assert found(city(), fixes, judge, brush=gaps) == [(121, None, 50.0)], "both ends of a way have to be work"


def test_a_fix_that_is_less_accurate_than_the_radius_does_not_count() -> None:
    fixes = [*along(70), *HOME]
    assert found(city(), fixes, accuracy=[30.0] * len(fixes)) == []
    assert found(city(), fixes, accuracy=[31.0] * len(fixes)) == [(121, None, 0.0)]


def test_an_area() -> None:
    world = city(PLAN | {"route": "", "zone": "park", "share": 1.0})
    lanes = [125.0 + 50 * k for k in range(12)]
    walk = [(61 + k, x, y) for k, (x, y) in enumerate((x, y) for y in lanes for x in (0.0, 600.0))]
    assert found(world, [*walk, *HOME]) == []
    ((started, ended, measure),) = found(world, [*walk[:12], *HOME])
    assert (started, ended) == (121, None)
    assert measure == pytest.approx(50.0, abs=1)


def test_who_has_no_plan_is_right_and_said() -> None:
    world = city(PLAN | {"subject": "other"})
    assert found(world, [*along(70), *HOME], until=3000) == []
    (missing,) = PlannedWork().missing(world.names.codes(["sweeper"]), world).values()
    assert missing.tolist() == [True]
    (missing,) = PlannedWork().missing(world.names.codes(["sweeper"]), city().bind(world.names)).values()
    assert missing.tolist() == [False]


@pytest.mark.parametrize(
    "later, expected",
    [
        pytest.param(city(), [True, 55.0], id="the-same"),
        pytest.param(city(PLAN | {"share": 0.5}), [False, 55.0], id="a-lower-share"),
        pytest.param(city(length=1_100.0), [False, 0.0], id="another-lane"),
        pytest.param(city(PLAN | {"id": "q"}), [False, 0.0], id="another-plan"),
    ],
)
def test_the_registers_change_in_a_window(later: World, expected: list[object]) -> None:
    """What was done of other pieces is not known, so that the window does not count."""
    old = city()
    memory = np.zeros(1, PlannedWork.memory)
    for fix in (START, *along(70, end=500)):
        PlannedWork().judge(rows(old, [fix]), old, memory)
    answer = PlannedWork().judge(rows(later.bind(old.names), HOME[:1]), later.bind(old.names), memory)
    assert answer.measure is not None
    assert [*answer.wrong.tolist(), *answer.measure.tolist()] == expected


def test_what_was_done_before_anybody_looked_nobody_knows() -> None:
    world = city()
    for fixes in ([*along(70, end=500), *HOME], HOME):
        assert drive([Rule("not-swept", PlannedWork(), Hold())], rows(world, fixes), world, until=1569 * MIN) == []

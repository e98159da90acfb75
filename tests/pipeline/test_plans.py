"""plans: which window counts when; pieces of routes and areas, and which of them a way passes."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geo import Plane, distance
from pipeline.pieces import MOST, Pieces, how_many, of_area, of_route
from pipeline.plans import Plans
from pipeline.registers import Line, Registers, Route, Table
from tests.places import box

H = 3600.0
DAY = 86400.0
PLANE = Plane(104.0, 30.0)


def way(*metres: tuple[float, float]) -> Line:
    points: Line = np.array([PLANE.to_degrees(x, y) for x, y in metres])
    return points


def flat(middles: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[tuple[float, float]]:
    x, y = PLANE.to_metres(middles[:, 0], middles[:, 1])
    return [(round(float(a), 1), round(float(b), 1)) for a, b in zip(x, y, strict=True)]


def plans(*rows: dict[str, object]) -> Plans:
    lane = Route("lane", [way((0, 0), (1_000, 0))])
    table = Table.of("plans", [{"id": f"p{k}", "subject": "car", **row} for k, row in enumerate(rows)])
    return Plans(replace(Registers(routes=[lane]), plans=table), {"car": 0, "cart": 1})


def at(some: Plans, hours: float, *, placed: bool = False, owner: int = 0) -> tuple[int, float, float, float, float]:
    """(plan, start, end, following, following_end), in hours, of the subject then."""
    now = some.current(np.array([owner], np.int32), np.array([hours * H]), placed=placed)
    times = (now.start, now.end, now.following, now.following_end)
    return int(now.plan[0]), *(float(t[0]) / H for t in times)  # type: ignore[return-value]


NAN, INF = math.nan, math.inf
MORNING: dict[str, object] = {"hours": "06:00-09:00"}
EVENING: dict[str, object] = {"hours": "18:00-20:00"}
WEEKLY: dict[str, object] = {"hours": "Mo,We 08:00-22:00"}


@pytest.mark.parametrize(
    "rows, hours, expected",
    [
        #                       1970-01-01 is a Thursday; UTC
        pytest.param([MORNING], 7, (0, 6, 9, 30, 33), id="in-the-window"),
        pytest.param([MORNING], 6, (0, 6, 9, 30, 33), id="its-start-belongs-to-it"),
        pytest.param([MORNING], 12, (0, 6, 9, 30, 33), id="over-and-still-asked-for"),
        pytest.param([MORNING], 30, (0, 30, 33, 54, 57), id="the-next"),
        pytest.param([MORNING, EVENING], 12, (0, 6, 9, 18, 20), id="two-plans-the-first"),
        pytest.param([MORNING, EVENING], 19, (1, 18, 20, 30, 33), id="the-newest-counts"),
        pytest.param([MORNING, {"hours": "08:00-10:00"}], 8.5, (1, 8, 10, 30, 33), id="one-window-in-another"),
        pytest.param([MORNING, MORNING], 7, (1, 6, 9, 30, 33), id="together-the-last-id"),
        pytest.param([MORNING | {"valid_to": DAY}], 7, (0, 6, 9, INF, NAN), id="for-one-day"),
        pytest.param([MORNING | {"valid_to": DAY}], 32, (0, 6, 9, INF, NAN), id="a-day-after-its-end"),
        pytest.param([MORNING | {"valid_to": DAY}], 33, (-1, NAN, NAN, INF, NAN), id="and-no-longer"),
        pytest.param([{"hours": "Th 06:00-09:00"}], 99, (0, 6, 9, 174, 177), id="once-a-week-until-the-next"),
        pytest.param([MORNING | {"valid_from": 7 * H}], 8, (-1, NAN, NAN, 30, 33), id="a-window-that-began-before-it"),
        pytest.param([MORNING | {"valid_from": 7 * H}], 5, (-1, NAN, NAN, 30, 33), id="not-yet"),
        pytest.param([EVENING | {"valid_to": 19 * H}], 19.5, (0, 18, 20, INF, NAN), id="it-began-in-time"),
        pytest.param([MORNING | {"subject": "cart"}], 7, (-1, NAN, NAN, INF, NAN), id="another's"),
        pytest.param([MORNING | {"route": "lane"}], 7, (-1, NAN, NAN, INF, NAN), id="of-the-other-sort"),
        pytest.param([], 7, (-1, NAN, NAN, INF, NAN), id="no-plan"),
    ],
)
def test_which_window_counts(rows: list[dict[str, object]], hours: float, expected: tuple[float, ...]) -> None:
    assert at(plans(*rows), hours) == pytest.approx(expected, nan_ok=True)


def test_the_unknown_have_none() -> None:
    assert at(plans(MORNING), 7, owner=-1)[0] == -1
    assert plans(MORNING).any(np.array([0, 1, -1], np.int32), placed=False).tolist() == [True, False, False]
    assert plans(MORNING).any(np.array([0], np.int32), placed=True).tolist() == [False]


LATE = EVENING | {"valid_from": 3 * DAY + 19 * H}
SEVERAL = plans(
    *({**row, "subject": who} for who in ("car", "cart") for row in (MORNING | {"valid_to": 5 * DAY}, LATE, WEEKLY))
)
at(SEVERAL, 0.0, owner=1)  # what the hours are is found out once


@given(st.lists(st.floats(0, 20 * 24), min_size=1, max_size=12))
@settings(deadline=None)
def test_what_was_asked_before_changes_nothing(hours: list[float]) -> None:
    asked = copy.deepcopy(SEVERAL)
    alone = [at(copy.deepcopy(SEVERAL), when) for when in hours]
    for when, expected in zip(hours, alone, strict=True):
        assert at(asked, when) == pytest.approx(expected, nan_ok=True)
    whole = asked.current(np.zeros(len(hours), np.int32), np.array(hours) * H, placed=False)
    assert whole.plan.tolist() == [plan for plan, *_ in alone]


def test_the_deadline() -> None:
    some = plans(MORNING, {"hours": "08:00-10:00"}, MORNING | {"subject": "cart"})
    ts = np.array([7.0, 8.0, 8.0, 11.0]) * H
    now = some.current(np.array([0, 0, 0, 0], np.int32), ts, placed=False)
    done = np.array([False, False, True, False])
    # the window until 9 is taken over by the next, at 8
    assert (now.deadline(ts, done) / H).tolist() == [10.0, 10.0, 33.0, 33.0]
    nobody = some.current(np.array([-1], np.int32), ts[:1], placed=False)
    assert nobody.deadline(ts[:1], done[:1]).tolist() == [INF]


def test_what_is_not_given() -> None:
    lane: dict[str, object] = {"route": "lane", "hours": "06:00-09:00"}
    some = plans(lane, lane | {"subject": "cart", "share": 0.5, "radius": 10.0})
    now = some.current(np.array([0, 1, -1], np.int32), np.full(3, 7 * H), placed=True)
    assert now.share.tolist() == [0.9, 0.5, 1.0]
    assert now.radius.tolist() == [30.0, 10.0, 0.0]
    assert now.pieces.tolist() == [20, 20, 0]
    assert len(set(now.work.tolist())) == 3


def test_a_plan_is_the_same_only_where_its_pieces_are() -> None:
    lane: dict[str, object] = {"id": "p", "subject": "car", "route": "lane", "hours": "06:00-09:00"}

    def work(length: float, **more: object) -> int:
        table = Table.of("plans", [{**lane, **more}, {**lane, "id": "a"}])
        some = Plans(replace(Registers(routes=[Route("lane", [way((0, 0), (length, 0))])]), plans=table), {"car": 0})
        return int(some.current(np.zeros(1, np.int32), np.array([7 * H]), placed=True).work[0])

    assert work(1_000) == work(1_000, share=0.5, hours="06:00-08:00")
    assert len({work(1_000), work(1_100), work(1_000, id="q")}) == 3


# ---- pieces ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines, expected",
    [
        pytest.param([way((0, 0), (200, 0))], [(25, 0), (75, 0), (125, 0), (175, 0)], id="four"),
        pytest.param([way((0, 0), (30, 0))], [(15, 0)], id="short"),
        pytest.param([way((0, 0), (60, 0), (60, 40))], [(25, 0), (60, 15)], id="round-a-corner"),
        pytest.param([way((0, 0), (50, 0)), way((500, 0), (550, 0))], [(25, 0), (525, 0)], id="two-parts"),
        pytest.param([way((0, 0), (0, 0), (50, 0))], [(25, 0)], id="a-segment-of-no-length"),
        pytest.param([way((7, 0), (7, 0))], [(7, 0)], id="a-route-of-no-length"),
    ],
)
def test_pieces_of_a_route(lines: list[Line], expected: list[tuple[float, float]]) -> None:
    assert flat(of_route(lines)) == expected


def test_a_long_route_has_no_more_pieces_than_bits() -> None:
    assert len(of_route([way((0, 0), (40_000, 0))])) == MOST
    assert len(of_route([way((k * 100.0, 0), (k * 100.0 + 90, 0)) for k in range(400)])) == MOST


@pytest.mark.parametrize("wide, high", [(1_000, 1_000), (20_000, 5_000), (100, 100), (900, 12), (3, 3), (50_000, 1)])
def test_cells_of_an_area(wide: float, high: float) -> None:
    (west, east), (south, north) = PLANE.to_degrees([0, wide], [0, high])
    middles, reach = of_area([[box(west, south, east, north)]])
    assert 1 <= len(middles) <= MOST
    assert wide * high < 2_500 * MOST or len(middles) > MOST * 0.8
    assert all(0 < x < wide and 0 < y < high for x, y in flat(middles))
    chance = np.random.default_rng(0)
    lon, lat = PLANE.to_degrees(chance.uniform(0, wide, 200), chance.uniform(0, high, 200))
    nearest = distance(lon[:, None], lat[:, None], middles[:, 0], middles[:, 1]).min(axis=1)
    # nobody in the area is farther than a cell's corner from the next cell's middle, but along a cut edge
    assert (nearest <= reach * 2.1).all()
    assert (nearest <= reach * 1.01).mean() > 0.8


def test_a_hole_has_no_cells() -> None:
    (west, east), (south, north) = PLANE.to_degrees([0, 1_000], [0, 1_000])
    (w, e), (s, n) = PLANE.to_degrees([300, 700], [300, 700])
    middles, _ = of_area([[box(west, south, east, north), box(w, s, e, n)]])
    assert not any(300 < x < 700 and 300 < y < 700 for x, y in flat(middles))


def test_a_narrow_crooked_area_has_one() -> None:
    bent = way((0, 0), (40, 0), (40, 1), (1, 1), (1, 40), (0, 40), (0, 0))
    middles, _ = of_area([[bent]])
    assert len(middles) == 1


def test_what_a_way_passes() -> None:
    lane = of_route([way((0, 0), (500, 0))])  # middles at 25, 75 … 475
    both = Pieces([lane, np.empty((0, 2)), lane[:3]], np.array([30.0, 30.0, 10.0]))
    assert both.count.tolist() == [10, 0, 3]

    def passed(plan: int, a: tuple[float, float], b: tuple[float, float]) -> list[int]:
        (ax, ay), (bx, by) = PLANE.to_degrees(*a), PLANE.to_degrees(*b)
        ends = [np.array([v], np.float64) for v in (ax, ay, bx, by)]
        bits = both.passed(np.array([plan]), (ends[0], ends[1]), (ends[2], ends[3]))
        found = np.flatnonzero(np.unpackbits(bits[0])).tolist()
        assert how_many(bits).tolist() == [len(found)]
        return found

    assert passed(0, (25, 0), (25, 0)) == [0]
    assert passed(0, (50, 10), (50, 10)) == [0, 1]
    assert passed(0, (25, 29), (225, 29)) == [0, 1, 2, 3, 4]
    assert passed(0, (225, 29), (25, 29)) == [0, 1, 2, 3, 4]
    assert passed(0, (25, 31), (225, 31)) == []
    assert passed(0, (-500, 0), (900, 0)) == list(range(10))
    assert passed(1, (25, 0), (225, 0)) == []
    assert passed(2, (0, 0), (500, 0)) == [0, 1, 2]
    assert passed(2, (0, 11), (500, 11)) == []

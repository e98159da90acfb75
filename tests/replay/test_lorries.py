"""A lorry's turns: possible by the laws of motion, by its timetable, and wrong only where a label says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
import shapely

from replay.labels import Label
from replay.simulator import labels
from replay.simulator.lorry_wrongs import TURNS
from replay.simulator.motion import Pace, drive
from replay.simulator.rates import Rates
from replay.simulator.rounds import Rounds
from replay.simulator.streets import streets
from replay.simulator.stretches import Stretch
from replay.simulator.timetable import LOCAL, Timetable
from replay.simulator.town import DARK, Town
from replay.simulator.trips import Lorry
from replay.simulator.violations import Maker

START = 1_700_000_000.0
TOWN = Town()
MAKER = Maker(TOWN)
NEVER = Rates(0.0)


def lorry(number: int, wrongs: Rates = NEVER, near: Rates = NEVER, edge: Rates = NEVER) -> Lorry:
    return Lorry(TOWN.lorries[number], MAKER, np.random.default_rng([1, number]), wrongs, near, edge)


def until(some: Lorry, seconds: float, start: float = START) -> Iterator[Stretch]:
    for stretch in some.stretches(start):
        if stretch.start > start + seconds:
            return
        yield stretch


def found(some: Lorry, seconds: float) -> list[Label]:
    return [label for stretch in until(some, seconds) for label in stretch.labels]


def told(stretches: Iterable[Stretch]) -> list[tuple[object, ...]]:
    return [(s.leg.kind, s.leg.seconds, s.leg.signals, s.leg.shown, s.leg.jump, s.dead) for s in stretches]


@pytest.mark.parametrize("number", range(0, 60, 6))
def test_no_true_place_is_further_than_130_km_h_from_the_one_before(number: int) -> None:
    previous = None
    for stretch in until(lorry(number, Rates(0.4)), 5_000):
        x, y, speed, _ = stretch.place(np.arange(stretch.start, stretch.end, 1.0))
        assert (np.hypot(np.diff(x), np.diff(y)) * 3.6 < 130).all()
        assert speed.max() < 130
        if previous is not None:
            assert math.hypot(x[0] - previous[0], y[0] - previous[1]) < 1.0
        previous = tuple(column[0] for column in stretch.place(np.array([stretch.end]))[:2])


@pytest.mark.parametrize("number", range(1, 60, 7))
def test_usual_turns_have_nothing_wrong_in_them_at_any_hour(number: int) -> None:
    some, turn = lorry(number), list[Stretch]()
    for stretch in until(some, 30 * 3600.0):
        if stretch.leg.kind == "load" and turn and turn[0].leg.kind == "load":
            slot = some.table.at(turn[0].start)
            assert MAKER.truth.labels(turn, some.truck, some.table, slot) == []
        turn = [stretch] if stretch.leg.kind == "load" else [*turn, stretch]


def test_lorry_loads_hauls_and_tips_under_its_trip_sheets() -> None:
    some, tips = lorry(0), 0
    sheets = list(Timetable(TOWN.lorries[0], TOWN).manifests(START, START + 30_000))
    loads = [stretch.start for stretch in until(some, 30_000) if stretch.leg.kind == "load"]
    assert len(loads) > 5
    for start in loads:
        assert any(sheet.since - 1.0 <= start <= sheet.since + 300 for sheet in sheets)
    for stretch in until(lorry(0), 30_000):
        ends = np.array([stretch.start, stretch.end])
        if stretch.true("body", ends).any():
            assert stretch.true("load", ends).tolist() == pytest.approx([0.95, 0.0], abs=1e-6)
            assert stretch.course is None
            tips += 1
        if stretch.course is not None:
            assert stretch.true("lid", ends).tolist() == [0.0, 0.0]
            assert stretch.ignition
    assert abs(tips - len(loads)) <= 1


@pytest.mark.parametrize("rule", TURNS)
def test_each_wrong_happens(rule: str) -> None:
    rates = Rates({rule: 1.0})
    some = [label for number in (0, 3, 7, 10, 20) for label in found(lorry(number, rates), 4 * 3600.0)]
    assert sum(label.rule == rule for label in some) >= 3
    if rule == labels.SUSPICIOUS_STOP:
        assert any(label.late for number in (0, 8, 15, 19) for label in found(lorry(number, rates), 30_000.0))


@pytest.mark.parametrize("rule", TURNS)
def test_what_is_nearly_wrong_or_on_the_edge_of_it_is_right(rule: str) -> None:
    share = Rates({rule: 1.0})
    usual = told(until(lorry(3), 4 * 3600.0))
    for near, edge in ((share, NEVER), (NEVER, share)):
        some = list(until(lorry(3, near=near, edge=edge), 4 * 3600.0))
        assert [label for stretch in some for label in stretch.labels] == []
        if near is share:
            assert told(some) != usual


def test_hours_permits_and_stuck_sensors() -> None:
    late = [found(lorry(number, Rates({labels.OUTSIDE_HOURS: 0.5})), 86_400.0) for number in range(0, 60, 5)]
    assert sum(label.rule == labels.OUTSIDE_HOURS for some in late for label in some) >= 5
    without = found(lorry(17, Rates({labels.NO_PERMIT: 0.5})), 6 * 3600.0)
    assert {label.rule for label in without} == {labels.NO_PERMIT}
    assert found(lorry(17), 86_400.0) == []
    stuck = [label for n in (0, 1) for label in found(lorry(n, Rates({labels.SENSOR_CONSTANT: 1.0})), 12 * 3600.0)]
    assert stuck
    assert {label.rule for label in stuck} == {labels.SENSOR_CONSTANT}
    assert found(lorry(0, near=Rates({labels.SENSOR_CONSTANT: 1.0})), 12 * 3600.0) == []


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_at_any_hour_most_may_drive_and_some_may_not(hour: int) -> None:
    ts = START // 86_400 * 86_400 + hour * 3600 - LOCAL
    may = [Timetable(truck, TOWN).ends(ts) > ts for truck in TOWN.lorries]
    assert 0.7 * len(may) < sum(may) < len(may) - 2


def test_course_keeps_to_the_street_stands_where_it_is_told_and_stops_at_its_end() -> None:
    way = TOWN.ways["H-01-01"]
    course = drive(streets(), way, Pace(), np.random.default_rng(1), stand=(900.0, 100.0))
    line = shapely.LineString(streets().nodes[way])
    x, y, _, _ = course.at(np.linspace(0, course.seconds, 500))
    assert shapely.distance(shapely.points(x, y), line).max() < 1.0
    assert course.speed[0] == course.speed[-1] == 0.0
    assert (np.diff(course.t) >= 0).all()
    assert course.stand is not None
    a, b = course.stand
    x, y, speed, _ = course.at(np.array([a, b]))
    assert b - a == pytest.approx(100.0)
    assert speed.tolist() == [0.0, 0.0]
    assert shapely.line_locate_point(line, shapely.Point(x[0], y[0])) == pytest.approx(900.0, abs=1.0)


def test_longest_way_through_the_dark_is_no_silence() -> None:
    darks = []
    for number, truck in enumerate(TOWN.lorries):
        for route in truck.routes:
            course = MAKER.right(TOWN.ways[route], truck, np.random.default_rng(number))
            darks += [b - a for a, b in MAKER.truth.dark(course)]
    assert min(darks) > 60
    assert max(darks) < labels.LOST_AFTER - 30


def test_refuse_trucks_come_to_all_their_bins_and_stay_where_there_is_network() -> None:
    truck = TOWN.refuse[3]
    emptied = []
    for stretch in Rounds(truck, TOWN, np.random.default_rng(1)).stretches(0.0):
        if stretch.start > 9_000:
            break
        emptied += [number for _, number in stretch.emptied]
        if stretch.course is not None:
            assert not shapely.contains_xy(DARK, stretch.course.x, stretch.course.y).any()
    assert set(emptied) == set(truck.round)

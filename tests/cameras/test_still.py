"""Still: for how long an object has stood, and that it stays the same object, whatever the detector and tracker do."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.boxes import Box
from cameras.path import Path
from cameras.still import NOBODY, Standing, Still, Stood
from pipeline.units import Quantity

CAR: Box = (100.0, 100.0, 120.0, 130.0)
STEP = 0.1


def at(x: float, y: float = 0.0, box: Box = CAR) -> Box:
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


class Camera:
    """Pictures ten times a second: the boxes in them, each with the tracker's number."""

    def __init__(self, standing: Standing | None = None) -> None:
        self.still = Still(standing)
        self.frame = 0

    def see(self, *seen: tuple[int, Box]) -> list[Stood]:
        ts, self.frame = 1_000.0 + self.frame * STEP, self.frame + 1
        return self.still.see(ts, [box for _, box in seen], [track for track, _ in seen])

    def watch(self, seconds: float, *seen: tuple[int, Box]) -> list[Stood]:
        """The same for so long; the last picture's answer."""
        return [self.see(*seen) for _ in range(round(seconds / STEP))][-1]


# ---- one object ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where, stood",
    [  # t: seconds since the first picture; after 20 s it has stood for so long
        pytest.param(lambda _: CAR, 20.0, id="from-the-first-picture"),
        pytest.param(lambda t: at(max(0.0, 50 - 10 * t)), 15.0, id="drives-up-and-stops-after-5-s"),
        pytest.param(lambda t: at(2 * t), 1.8, id="creeps-a-tenth-of-its-width-a-second"),
        pytest.param(lambda t: at(60 * t), 0.1, id="drives"),
        pytest.param(lambda t: at(random.Random(t).uniform(-1, 1)), 20.0, id="trembles"),
        pytest.param(lambda t: at(40 if 9 < t < 9.35 else 0), 20.0, id="a-few-stray-boxes"),
        pytest.param(lambda t: (100, 100, 120, 112) if 8 < t < 12 else CAR, 20.0, id="its-lower-half-is-hidden"),
        pytest.param(lambda t: (94, 94, 126, 136) if t > 10 else CAR, 20.0, id="drawn-larger"),
        pytest.param(lambda t: at(5.0 if t > 10 else 0), 9.5, id="pushed-aside"),
    ],
)
def test_how_long_it_has_stood(where: Callable[[float], Box], stood: float) -> None:
    path = Path(0.18)
    last = [path.go(n * STEP, where(n * STEP)) for n in range(201)][-1]
    assert last == pytest.approx(stood, abs=0.6)


@pytest.mark.parametrize("rate", [1.0, 5.0, 10.0, 25.0, 50.0])
def test_how_many_pictures_a_second_hardly_matters(rate: float) -> None:
    path, stood = Path(0.18), 0.0
    for n in range(round(20 * rate) + 1):
        stood = path.go(n / rate, at(max(0.0, 50 - 10 * n / rate)))
    assert stood == pytest.approx(15.0, abs=1.1)


@given(st.lists(st.tuples(st.floats(0.01, 5), st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=200))
@settings(deadline=None)
def test_nobody_has_stood_for_longer_than_it_is_known(steps: list[tuple[float, float, float]]) -> None:
    path, ts = Path(0.18), 0.0
    first = None
    for step, x, y in steps:
        ts += step
        first = ts if first is None else first
        assert 0.0 <= path.go(ts, at(x, y)) <= ts - first
        assert len(path._places) <= 64


# ---- the same object -------------------------------------------------------------------------------------------------


def test_it_stays_the_same_behind_a_lorry_and_goes_on_standing() -> None:
    camera = Camera()
    camera.watch(10, (1, CAR))
    camera.watch(5)
    (again,) = camera.see((2, CAR))
    assert again.number == 1
    assert again.still == pytest.approx(15.0, abs=0.2)


def test_what_has_stood_for_three_seconds_is_not_known_again_after_ten() -> None:
    camera = Camera()
    camera.watch(3, (1, CAR))
    camera.watch(10)
    (other,) = camera.see((2, CAR))
    assert (other.number, other.still) == (2, 0.0)


@pytest.mark.parametrize(
    "stood, unseen, same",
    [
        pytest.param(60.0, 50.0, True, id="stood-for-longer"),
        pytest.param(10.0, 50.0, False, id="another-may-have-taken-its-place"),
        pytest.param(700.0, 650.0, False, id="so-long-that-anybody-may-stand-there"),
    ],
)
def test_what_stands_there_after_nobody_looked(stood: float, unseen: float, same: bool) -> None:
    camera = Camera()
    (before,) = camera.watch(stood, (1, CAR))
    camera.frame += round(unseen / STEP)
    camera.still.pause(unseen)
    camera.watch(1.0)  # hidden when the camera is back
    (after,) = camera.watch(2.0, (7, at(1)))
    assert (after.number == before.number) == same
    assert after.still == pytest.approx(stood + unseen + 3.0 if same else 1.9, abs=0.3)


def test_nothing_is_remembered_for_ever() -> None:
    camera = Camera(Standing(remember=Quantity(20.0)))
    camera.watch(60, (1, CAR))
    camera.watch(21)
    (other,) = camera.see((2, CAR))
    assert (other.number, other.still) == (2, 0.0)


def test_a_box_without_a_track_is_the_object_in_its_place() -> None:
    camera = Camera()
    camera.watch(10, (1, CAR))
    faint, new = camera.see((-1, at(1)), (-1, at(300)))
    assert (faint.number, new.number) == (1, NOBODY)


def test_traffic_over_the_place_of_a_parked_car_is_not_that_car() -> None:
    camera = Camera()
    camera.watch(10, (1, CAR))
    numbers = set()
    for n in range(100):  # past the place of the car, which is not seen for now: 40 a second
        (passing,) = camera.see((2, at(-200 + 4 * n)))
        numbers.add(passing.number)
        assert passing.still < 1.0
    assert numbers == {2}


def test_what_passes_and_takes_the_track_is_found_out() -> None:
    """The tracker goes on with a lorry under the car's number; the car is found again as a new track."""
    camera = Camera()
    camera.watch(10, (1, CAR))
    for n in range(10):
        camera.see((1, at(6 * n)))
    lorry, car = camera.see((1, at(66)), (2, CAR))
    assert car.number == 1
    assert lorry.number == 2
    (later,) = camera.watch(3, (2, CAR))
    assert later.number == 1


def test_what_drives_off_keeps_its_number_and_leaves_no_place() -> None:
    camera = Camera()
    camera.watch(10, (1, CAR))
    for n in range(30):
        (gone,) = camera.see((1, at(6 * n)))
    assert (gone.number, gone.still < 0.5) == (1, True)
    camera.watch(3)
    (other,) = camera.see((2, CAR))
    assert (other.number, other.still) == (2, 0.0)


def test_a_car_drawn_together_with_the_lorry_behind_it_is_known_again() -> None:
    camera = Camera()
    camera.watch(30, (1, CAR))
    camera.watch(3, (1, (100.0, 70.0, 140.0, 130.0)))
    together, car = camera.see((1, (100.0, 70.0, 140.0, 130.0)), (2, CAR))
    assert car.number == 1
    assert together.number == 2


def test_two_that_stand_close_stay_apart() -> None:
    camera = Camera()
    camera.watch(10, (1, CAR), (2, at(12)))
    one, other = camera.see((-1, at(12)), (-1, CAR))
    assert (one.number, other.number) == (2, 1)


def test_numbers_begin_where_they_are_told_to() -> None:
    assert Still(first=7).see(0.0, [CAR], [1])[0].number == 7


# ---- whatever comes --------------------------------------------------------------------------------------------------

seen = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 6), st.integers(0, 3)), max_size=5)


@given(st.lists(seen, max_size=60))
@settings(deadline=None)
def test_no_number_is_twice_in_a_picture_and_the_memory_is_bounded(pictures: list[list[tuple[int, int, int]]]) -> None:
    camera = Camera()
    for picture in pictures:
        once = list({track: (track, at(8 * x, 8 * y)) for track, x, y in picture}.values())
        numbers = [stood.number for stood in camera.see(*once) if stood.number != NOBODY]
        assert len(numbers) == len(set(numbers))
    camera.watch(25)
    assert camera.still._objects == {}
    assert camera.still._followed == {}

"""presence: something is in a zone or nothing is, in drawn streets and on a real clip.

0 s        6         15                               40           t
|- learns -|         a stall is set up                is packed up
                     |- one presence, still = t - 15 -|
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest

from benchmarks.bins import DATA
from cameras.looking import Looking
from cameras.watcher import Frame, Seen, View, Zone
from cameras.watchers.presence import Presence
from pipeline.units import Quantity
from tests.cameras.drawn import (
    BAG,
    BOX,
    LORRY,
    PERSON,
    START,
    Look,
    Moves,
    Stays,
    Street,
    clouds,
    dusk,
    exposure,
    shadow,
    sudden,
    traffic,
)

SMALL = Street(320, 180)
PAVEMENT = Zone("pavement", np.array([[0.1, 0.45], [0.6, 0.45], [0.6, 0.66], [0.1, 0.66]]))
LANE = Zone("lane", np.array([[0.0, 0.66], [1.0, 0.66], [1.0, 0.9], [0.0, 0.9]]))
VIEW = View("gate", {"pavement": PAVEMENT})
STALL = Stays((0.35, 0.62), Look((0.12, 0.12), (60, 90, 170), rough=22, seed=11), since=15.0, until=40.0)
ROAD = partial(traffic, 50, y=0.8)
SHOPPERS = [
    Moves(PERSON, [(t, -0.05, 0.62), (t + 3, 0.25, 0.62), (t + 8, 0.25, 0.62), (t + 12, 1.05, 0.62)])
    for t in range(15, 39, 3)
]
"""One after the other comes, stands for five seconds and goes; from 17 s to 44 s somebody is there."""

Told = list[tuple[float, list[Seen]]]


def watched(frames: Iterable[Frame], view: View = VIEW, **settings: Any) -> Told:
    """What is told of each picture, with its seconds from the start."""
    look = Presence(**settings).begin(view)
    return [(f.ts - START, [s for s in look.look(f) if isinstance(s, Seen)]) for f in frames]


def presences(told: Told) -> dict[tuple[str, int], list[tuple[float, Seen]]]:
    """By zone and number."""
    found: dict[tuple[str, int], list[tuple[float, Seen]]] = {}
    for t, seen in told:
        for one in seen:
            found.setdefault((one.zone, one.track), []).append((t, one))
    return found


film = partial(SMALL.film, 50.0, every=0.5)


# ---- something is there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film, things=[STALL]), id="plain"),
        pytest.param(partial(SMALL.film, 50.0, every=2.0, things=[STALL]), id="key-frames-2s"),
        pytest.param(partial(film, things=[*ROAD(), STALL]), id="traffic-beside"),
        pytest.param(partial(film, things=[STALL], light=clouds), id="clouds"),
        pytest.param(partial(film, things=[STALL], light=sudden(25, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, things=[STALL], light=sudden(25, 1.6)), id="suddenly-brighter"),
        pytest.param(partial(film, things=[STALL], light=dusk(50)), id="dusk"),
        pytest.param(partial(film, things=[*ROAD(), STALL], light=exposure), id="exposure"),
        pytest.param(partial(film, things=[STALL], shake=3), id="shake"),
        pytest.param(partial(film, things=[STALL], rain=True), id="rain"),
        pytest.param(partial(film, things=[STALL], noise=8), id="noise"),
        pytest.param(partial(film, things=[STALL], quality=30), id="blocks"),
        pytest.param(partial(film, things=[STALL], infrared=True), id="infrared"),
    ],
)
def test_a_stall_is_one_presence_from_its_first_second_to_its_last(frames: Any) -> None:
    told = watched(frames())
    ((zone, number),) = found = presences(told)
    seen = found[zone, number]
    assert (zone, number, seen[0][1].label) == ("pavement", 1, "presence")
    assert 15.0 < seen[0][0] <= 20.0
    assert 36.0 <= seen[-1][0] < 40.0
    assert all(one.still == pytest.approx(t - 15.0, abs=2.5) for t, one in seen)
    assert all(0 < one.score <= 1 for _, one in seen)


def test_its_box_is_around_it_and_its_score_its_share_of_the_zone() -> None:
    (seen,) = presences(watched(film(things=[STALL]))).values()
    left, top, width, height = STALL.box()
    assert seen[-1][1].box == pytest.approx((left, top, width, height), abs=0.02)
    assert seen[-1][1].score == pytest.approx(0.12 * 0.12 / (0.5 * 0.21), abs=0.03)


def test_people_who_come_and_go_are_one_presence() -> None:
    (seen,) = presences(watched(film(things=SHOPPERS))).values()
    assert seen[0][0] < 20.0
    assert seen[-1][0] > 43.0
    assert seen[-1][1].still > 25.0


def test_an_empty_zone_ends_it_and_what_comes_then_is_another() -> None:
    again = Stays(STALL.place, BOX, since=30.0)
    told = watched(film(things=[Stays(STALL.place, STALL.look, since=15.0, until=25.0), again]))
    assert [(seen[0][0], seen[-1][0]) for seen in presences(told).values()] == [(16.0, 24.5), (31.0, 49.5)]


def test_who_is_hidden_for_a_moment_has_not_gone() -> None:
    hidden = [Stays(STALL.place, STALL.look, since=15.0, until=25.0), Stays(STALL.place, STALL.look, since=27.0)]
    (seen,) = presences(watched(film(things=hidden))).values()
    assert [one for t, one in seen if 25.0 <= t < 27.0] == []
    assert seen[-1][1].still == pytest.approx(49.5 - 15.0, abs=1.0)


def test_what_stays_is_told_for_as_long_as_it_stays() -> None:
    told = watched(SMALL.film(1000.0, every=5.0, things=[Stays(STALL.place, STALL.look, since=50.0)]))
    (seen,) = presences(told).values()
    assert len(seen) == len([t for t, _ in told if t >= 60.0])
    assert seen[-1][1].still == pytest.approx(945.0)


def test_after_days_it_belongs_to_the_scene() -> None:
    told = watched(
        SMALL.film(400.0, every=5.0, things=[Stays(STALL.place, STALL.look, since=50.0)]), fixture=Quantity(200.0)
    )
    (seen,) = presences(told).values()
    assert 240.0 <= seen[-1][0] <= 280.0


def test_one_picture_in_ten_seconds_is_enough() -> None:
    told = watched(SMALL.film(300.0, every=10.0, things=[Stays(STALL.place, STALL.look, since=95.0, until=200.0)]))
    (seen,) = presences(told).values()
    assert (seen[0][0], seen[-1][0], seen[-1][1].still) == (120.0, 190.0, 90.0)


# ---- nothing is there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film, things=ROAD()), id="traffic-beside"),
        pytest.param(partial(film, light=clouds, things=ROAD()), id="clouds"),
        pytest.param(partial(film, light=sudden(20, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, light=sudden(20, 1.6)), id="suddenly-brighter"),
        pytest.param(partial(film, light=exposure, things=ROAD()), id="exposure"),
        pytest.param(partial(film, light=dusk(50)), id="dusk"),
        pytest.param(partial(film, light=shadow((0.2, 0.5, 0.15, 0.12), 20)), id="a-shadow-falls"),
        pytest.param(partial(film, light=shadow((0.2, 0.5, 0.1, 0.3), 10, 0.01)), id="a-shadow-creeps"),
        pytest.param(partial(film, light=shadow((0.2, 0.5, 0.1, 0.3), 10, 0.1)), id="a-shadow-runs"),
        pytest.param(partial(film, shake=3, things=ROAD()), id="shake"),
        pytest.param(partial(film, rain=True, things=ROAD()), id="rain"),
        pytest.param(partial(film, noise=8), id="noise"),
        pytest.param(partial(film, quality=25), id="blocks"),
        pytest.param(
            partial(film, things=[Stays((0.3, 0.62), BAG), Stays((0.45, 0.6), BOX)]), id="there-from-the-start"
        ),
        pytest.param(partial(film, things=[Stays(STALL.place, STALL.look, until=20.0)]), id="and-taken-away"),
    ],
)
def test_nothing_is_in_the_zone(frames: Any) -> None:
    assert presences(watched(frames())) == {}


# ---- zones, time, scenes ---------------------------------------------------------------------------------------------


def test_it_is_in_the_zone_in_which_it_stands() -> None:
    view = View("gate", {"pavement": PAVEMENT, "lane": LANE})
    lorry = Stays((0.4, 0.85), LORRY, since=20.0)  # it hides the pavement, and stands in the lane
    frames = list(film(things=[lorry]))
    assert {zone for zone, _ in presences(watched(frames, view))} == {"lane"}
    assert presences(watched(frames, view, zones=("pavement",))) == {}
    assert {zone for zone, _ in presences(watched(frames, View("gate")))} == {""}


def test_numbers_are_given_once() -> None:
    view = View("gate", {"pavement": PAVEMENT, "lane": LANE})
    found = presences(watched(film(things=[*traffic(50, every=12, y=0.8), STALL]), view))
    numbers = [number for _, number in found]
    assert len(numbers) == len(set(numbers)) >= 3


def test_a_zone_that_the_camera_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="camera 'gate' has no zone 'kerb'; its zones: pavement"):
        Presence(zones=("kerb",)).begin(VIEW)


def test_it_goes_on_after_the_camera_looked_elsewhere() -> None:
    stall = Stays(STALL.place, STALL.look, since=15.0)
    frames = list(film(things=[stall]))
    later = [Frame(f.ts + 600.0, f.image) for f in frames[60:]]
    (seen,) = presences(watched([*frames, *later])).values()
    assert seen[-1][1].still == pytest.approx(634.5, abs=1.0)


def test_a_camera_that_was_turned_learns_the_new_scene() -> None:
    turned = [Frame(f.ts + 50.0, f.image[:, ::-1].copy()) for f in Street(320, 180, seed=9).film(40.0, every=0.5)]
    other = [Frame(f.ts, 255 - f.image) for f in turned]
    told = watched([*film(), *other])
    assert [seen for t, seen in told if t > 75.0 and seen] == []


def test_from_day_to_infrared_light_nothing_seems_to_come() -> None:
    """Each light is a scene of its own, which the worker keeps apart; by night the stall comes at 50 s."""
    night = SMALL.film(60.0, every=0.5, things=[Stays(STALL.place, STALL.look, since=20.0)], infrared=True)
    looking = Looking("gate", {"presence": Presence()}, {"": VIEW})
    told = []
    for frame in [*SMALL.film(30.0, every=0.5), *(Frame(f.ts + 30.0, f.image, True) for f in night)]:
        objects = [one for topic, said in looking.look(frame) for one in json.loads(said).get("objects", [])]
        told += [(frame.ts - START, one["zone"], one["still"]) for one in objects]
    assert {zone for _, zone, _ in told} == {"pavement"}
    assert 50.0 < told[0][0] < 54.0
    assert told[-1][2] == pytest.approx(39.5, abs=2.0)


def test_the_same_pictures_say_the_same() -> None:
    frames = list(film(things=[STALL, *ROAD()]))[:60]
    assert watched(frames) == watched(frames)


# ---- a real clip -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_cars_of_a_real_car_park_are_seen() -> None:
    """Cars drive through from 5 to 9 s, from 15 to 19 s (two together) and from 26 to 28 s; rain has wetted it."""
    av, clip, due = pytest.importorskip("av"), DATA / "video" / "car-detection.mp4", 0.0
    if not clip.exists():
        pytest.skip(f"there is no {clip.name}")
    look = Presence().begin(View("car park"))
    times: dict[int, list[float]] = {}
    with av.open(str(clip)) as opened:
        for picture in opened.decode(video=0):
            if picture.time + 1e-6 >= due:
                due = picture.time + 0.25
                for one in look.look(Frame(picture.time, picture.to_ndarray(format="bgr24"))):
                    assert isinstance(one, Seen)
                    times.setdefault(one.track, []).append(picture.time)
    spans = [(each[0], each[-1]) for each in times.values()]
    expected = [(7.5, 9.0), (16.0, 19.0), (26.75, 28.0)]
    assert len(spans) == len(expected)
    for span, right in zip(spans, expected, strict=True):
        assert span == pytest.approx(right, abs=1.25)

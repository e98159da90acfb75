"""static_object: what comes to rest in drawn streets is found, once and in its place, and nothing else is.

0 s        6        20                  25 + a picture         t
|- learns -|        a bag is left       told as an object,     still = t - 20
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from cameras.boxes import overlap
from cameras.watcher import Fractions, Frame, Seen, View, Zone
from cameras.watchers import watcher, watchers
from cameras.watchers.static_object import StaticObject
from pipeline.registry import NotRegistered
from tests.cameras.drawn import (
    BAG,
    BOX,
    CAR,
    HEAP,
    LORRY,
    PERSON,
    START,
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

LEFT = Stays((0.30, 0.62), BAG, since=20.0)
SMALL = Street(480, 270)
SECOND = 1.0


def watched(frames: Iterable[Frame], view: View | None = None, **settings: Any) -> list[tuple[float, list[Seen]]]:
    """What is told of each picture, with its seconds from the start."""
    look = StaticObject(**settings).begin(view or View("gate"))
    return [(f.ts - START, [s for s in look.look(f) if isinstance(s, Seen)]) for f in frames]


def tracks(told: list[tuple[float, list[Seen]]]) -> dict[tuple[int, str], list[tuple[float, Seen]]]:
    found: dict[tuple[int, str], list[tuple[float, Seen]]] = {}
    for t, seen in told:
        for one in seen:
            found.setdefault((one.track, one.label), []).append((t, one))
    return found


def edges(box: Fractions) -> tuple[float, float, float, float]:
    return box[0], box[1], box[0] + box[2], box[1] + box[3]


film = partial(SMALL.film, 45.0, every=SECOND / 2)


# ---- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film, things=[LEFT]), id="plain"),
        pytest.param(partial(SMALL.film, 40.0, every=0.2, things=[LEFT]), id="5-a-second"),
        pytest.param(partial(SMALL.film, 60.0, every=2.0, things=[LEFT]), id="key-frames-2s"),
        pytest.param(partial(film, things=[LEFT, *traffic(45)]), id="traffic"),
        pytest.param(partial(film, things=[LEFT], light=clouds), id="clouds"),
        pytest.param(partial(film, things=[LEFT], light=sudden(32, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, things=[LEFT], light=sudden(32, 1.6)), id="suddenly-brighter"),
        pytest.param(partial(film, things=[LEFT], light=dusk(45)), id="dusk"),
        pytest.param(partial(film, things=[LEFT, *traffic(45)], light=exposure), id="exposure"),
        pytest.param(partial(film, things=[LEFT], shake=3), id="shake"),
        pytest.param(partial(film, things=[LEFT], rain=True), id="rain"),
        pytest.param(partial(film, things=[LEFT], noise=8), id="noise"),
        pytest.param(partial(film, things=[LEFT], quality=30), id="blocks"),
        pytest.param(partial(film, things=[LEFT], infrared=True), id="infrared"),
    ],
)
def test_a_bag_is_one_object_in_its_place(frames: Any) -> None:
    told = watched(frames())
    found = tracks(told)
    assert [label for _, label in found] == ["object"]
    (seen,) = found.values()
    assert 20.0 < seen[0][0] <= 32.0
    last, one = seen[-1]
    assert last == told[-1][0], "it stands to the end"
    assert overlap(edges(one.box), edges(LEFT.box())) > 0.4
    assert one.still == pytest.approx(last - 20.0, abs=2.5)
    assert 0.25 <= one.score <= 1


def test_a_picture_in_ten_seconds_is_enough() -> None:
    bag = Stays((0.30, 0.62), BAG, since=95.0)
    found = tracks(watched(SMALL.film(220.0, every=10.0, things=[bag, *traffic(220)])))
    assert [label for _, label in found] == ["object"]
    (seen,) = found.values()
    assert seen[0][0] <= 160.0
    assert seen[-1][1].still == pytest.approx(seen[-1][0] - 100.0, abs=10.0)


@pytest.mark.parametrize("look", [pytest.param(HEAP, id="heap"), pytest.param(LORRY, id="lorry")])
def test_what_is_large_and_stands_for_half_an_hour_stays_what_it_is(look: Any) -> None:
    """Its outline is not learned as the scene, from where nothing of it would be left in the end."""
    stays = Stays((0.45, 0.70), look, since=100.0)
    (seen,) = tracks(watched(Street(320, 180).film(1800.0, every=5.0, things=[stays]))).values()
    assert [seen[0][0], seen[-1][0]] == pytest.approx([115.0, 1795.0], abs=5.0)


def test_a_cloud_is_no_noise_that_a_heap_could_hide_in() -> None:
    heap = Stays((0.45, 0.62), HEAP, since=60.0)
    (seen,) = tracks(watched(Street(320, 180).film(100.0, every=1.0, light=clouds, things=[heap]))).values()
    assert [seen[0][0], seen[-1][0]] == pytest.approx([65.0, 99.0], abs=2.0)


def test_what_stood_there_in_the_first_seconds_may_come_again() -> None:
    """It has not stood there since: its likeness was there for a moment, and was gone."""
    place = (0.4, 0.7)
    found = tracks(watched(film(things=[Stays(place, CAR, since=1.0, until=5.0), Stays(place, CAR, since=20.0)])))
    assert [label for _, label in found] == ["object"]
    (seen,) = found.values()
    assert seen[-1][1].still == pytest.approx(seen[-1][0] - 20.0, abs=2.0)


def test_a_parked_car_is_an_object() -> None:
    parks = Moves(CAR, [(12, -0.2, 0.7), (16, 0.4, 0.7), (99, 0.4, 0.7)])
    found = tracks(watched(film(things=[parks])))
    assert [label for _, label in found] == ["object"]
    place = edges(Stays((0.4, 0.7), CAR).box())
    assert overlap(edges(next(iter(found.values()))[-1][1].box), place) > 0.7


def test_the_heap_that_a_tipper_leaves_is_found() -> None:
    tipper = Moves(LORRY, [(12, 1.2, 0.85), (16, 0.5, 0.85), (26, 0.5, 0.85), (30, -0.3, 0.85)])
    heap = Stays((0.66, 0.87), HEAP, since=22.0)
    told = watched(SMALL.film(60.0, every=0.5, things=[tipper, heap]))
    standing = [one for one in told[-1][1] if one.label == "object"]
    assert len(standing) == 1
    assert overlap(edges(standing[0].box), edges(heap.box())) > 0.5
    assert standing[0].still >= 60.0 - 30.0 - 2.0, "since it could be seen whole, at least"


def test_what_is_taken_away_again_ends() -> None:
    told = watched(film(things=[Stays((0.30, 0.62), BAG, since=15.0, until=30.0)]))
    assert [seen for t, seen in told if t > 31.0 and seen] == []
    assert {label for _, label in tracks(told)} == {"object"}


def test_what_was_there_and_is_taken_is_told_as_removed() -> None:
    found = tracks(watched(film(things=[Stays((0.30, 0.62), BOX, until=20.0)])))
    assert [label for _, label in found] == ["removed"]


def test_a_removal_is_told_for_a_while_only() -> None:
    told = watched(film(things=[Stays((0.30, 0.62), BOX, until=15.0)]), told="15s")
    assert [seen for t, seen in told if t > 31.5 and seen] == []


def test_who_passes_in_front_does_not_end_it() -> None:
    lorry = Moves(LORRY, [(30, 1.2, 0.8), (32, 0.35, 0.8), (38, 0.35, 0.8), (40, -0.4, 0.8)])
    found = tracks(watched(SMALL.film(50.0, every=0.5, things=[LEFT, lorry])))
    bag = [seen for seen in found.values() if overlap(edges(seen[0][1].box), edges(LEFT.box())) > 0.4]
    assert len(bag) == 1
    assert bag[0][-1][0] == 49.5


# ---- what is not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(partial(film), id="empty"),
        pytest.param(
            partial(film, things=[Stays((0.3, 0.62), BAG), Stays((0.6, 0.9), BOX)]), id="there-from-the-start"
        ),
        pytest.param(partial(film, things=traffic(45)), id="traffic"),
        pytest.param(partial(SMALL.film, 90.0, every=2.0, things=traffic(90)), id="traffic-2s"),
        pytest.param(partial(SMALL.film, 400.0, every=10.0, things=traffic(400)), id="traffic-10s"),
        pytest.param(partial(film, light=clouds, things=traffic(45)), id="clouds"),
        pytest.param(partial(film, light=sudden(20, 0.5)), id="suddenly-darker"),
        pytest.param(partial(film, light=sudden(20, 1.6)), id="suddenly-brighter"),
        pytest.param(partial(film, light=exposure, things=traffic(45)), id="exposure"),
        pytest.param(partial(film, light=shadow((0.5, 0.80, 0.06, 0.08), 20)), id="a-shadow-falls"),
        pytest.param(partial(film, shake=3, things=traffic(45)), id="shake"),
        pytest.param(partial(film, rain=True, things=traffic(45)), id="rain"),
        pytest.param(partial(film, noise=8), id="noise"),
        pytest.param(
            partial(film, things=[Moves(PERSON, [(15, 0, 0.62), (19, 0.3, 0.62), (23, 0.3, 0.62), (28, 1, 0.62)])]),
            id="a-person-stands-for-4s",
        ),
    ],
)
def test_nothing_comes_to_rest(frames: Any) -> None:
    assert tracks(watched(frames())) == {}


def test_a_shadow_that_creeps_is_no_object() -> None:
    found = tracks(watched(film(light=shadow((0.2, 0.55, 0.1, 0.3), 10, 0.004))))
    assert "object" not in {label for _, label in found}


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(film, id="plain"),
        pytest.param(partial(film, light=clouds), id="clouds"),
        pytest.param(partial(film, shake=3), id="shake"),
    ],
)
def test_a_car_parked_from_the_start_that_leaves_is_no_object(frames: Any) -> None:
    leaves = Moves(CAR, [(-1, 0.4, 0.7), (20, 0.4, 0.7), (23, 1.2, 0.7)])
    assert {label for _, label in tracks(watched(frames(things=[leaves])))} == {"removed"}


def test_a_frozen_stream_makes_no_object_of_a_passing_car() -> None:
    def frozen() -> Iterator[Frame]:
        frames = list(SMALL.film(20.0, every=0.5, things=[Moves(CAR, [(17, -0.2, 0.7), (23, 1.2, 0.7)])]))
        yield from frames
        yield from (Frame(frames[-1].ts + n / 2, frames[-1].image) for n in range(1, 60))

    assert tracks(watched(frozen())) == {}


# ---- zones, time, numbers --------------------------------------------------------------------------------------------

NEAR = Zone("pavement", np.array([[0.2, 0.5], [0.4, 0.5], [0.4, 0.7], [0.2, 0.7]]))
FAR = Zone("lane", np.array([[0.7, 0.5], [0.9, 0.5], [0.9, 0.9], [0.7, 0.9]]))


def test_zones_limit_where_it_looks() -> None:
    view = View("gate", {"pavement": NEAR, "lane": FAR})
    both = list(film(things=[LEFT, Stays((0.5, 0.95), BOX, since=20.0)]))
    (found,) = tracks(watched(both, view)).values()
    assert {seen.zone for _, seen in found} == {"pavement"}
    assert tracks(watched(both, view, zones=("lane",))) == {}
    assert len(tracks(watched(both))) == 2


def test_a_zone_that_the_camera_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="camera 'gate' has no zone 'kerb'; its zones: lane, pavement"):
        StaticObject(zones=("kerb",)).begin(View("gate", {"pavement": NEAR, "lane": FAR}))


def test_it_goes_on_after_the_camera_looked_elsewhere() -> None:
    before = list(film(things=[LEFT]))
    after = [Frame(f.ts + 600.0, f.image) for f in SMALL.film(60.0, every=0.5, things=[Stays((0.3, 0.62), BAG)])][90:]
    found = tracks(watched([*before, *after]))
    assert [label for _, label in found] == ["object"]
    assert next(iter(found.values()))[-1][1].still > 600.0


def test_the_same_pictures_say_the_same() -> None:
    frames = list(film(things=[LEFT]))
    assert watched(frames) == watched(frames)


def test_a_picture_of_the_same_time_says_the_same() -> None:
    frames = list(film(things=[LEFT]))
    twice = [f for frame in frames for f in (frame, frame)]
    assert watched(twice)[::2] == watched(frames)


# ---- the registry ----------------------------------------------------------------------------------------------------


def test_watchers_are_found_by_name() -> None:
    assert watcher("static_object") is StaticObject
    assert "static_object" in watchers()


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(NotRegistered, match=r"no watcher 'static_objct'; did you mean 'static_object'\?"):
        watcher("static_objct")

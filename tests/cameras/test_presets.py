"""Presets: a camera that turns away and back, or changes to infrared light, knows what stood there, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bins import DATA
from cameras.handing import Handing
from cameras.looking import Looking
from cameras.presets import scenes
from cameras.scenes import Scene, Scenes
from cameras.settings import CameraSettings
from cameras.watcher import Frame, Image, Look, Measured, Said, Seen, View, Watcher
from cameras.watchers.static_object import StaticObject
from tests.cameras.drawn import BAG, BOX, PERSON, START, Moves, Stays, Street, Thing
from tests.cameras.street import EDGE, HIGH, WIDE
from tests.cameras.street import Street as Other

EVERY = 0.5


def view(seed: int) -> Street:
    """A street of another shape, with what happens in it."""
    street = Street(WIDE, HIGH, seed)
    street.picture = Other(seed).scene[EDGE : EDGE + HIGH, EDGE : EDGE + WIDE].astype(np.float32)
    return street


GATE, YARD, ELSEWHERE = (view(seed) for seed in (1, 2, 3))


def part(
    street: Street, begin: float, end: float, things: Sequence[Thing] = (), every: float = EVERY, **how: Any
) -> Iterator[Frame]:
    """What a street shows from one second of the story to another."""
    film = street.film(end, every, things, **how)
    return (frame for frame in film if frame.ts - START >= begin)


def turning(before: Street, after: Street, begin: float, end: float) -> Iterator[Frame]:
    """The way from one to the other: the picture moves, blurred."""
    wide = np.concatenate((before.picture, ELSEWHERE.picture, after.picture), axis=1)
    count = round((end - begin) / EVERY)
    for n in range(count):
        left = round((n + 0.5) / count * 2 * WIDE)
        image = cv2.blur(wide[:, left : left + WIDE], (WIDE // 6, 1))
        yield Frame(START + begin + n * EVERY, np.clip(image, 0, 255).astype(np.uint8))


def known(*streets: tuple[str, Street]) -> Scenes:
    found = Scenes()
    for name, street in streets or (("gate", GATE), ("yard", YARD)):
        found.learn(name, next(street.film(1)).image)
    return found


def watch(looking: Looking, frames: Iterator[Frame]) -> dict[int, list[tuple[float, float]]]:
    """Each object's times, seconds of the story, and for how long it has stood."""
    found: dict[int, list[tuple[float, float]]] = {}
    for frame in frames:
        for topic, payload in looking.look(frame):
            if topic.endswith("sightings"):
                for one in json.loads(payload)["objects"]:
                    found.setdefault(one["track"], []).append((frame.ts - START, one["still"]))
    return found


# ---- it turns away and back ------------------------------------------------------------------------------------------

#    0         30        40  42            100 102       130 s
#    |--- gate, a bag is left at 20 ---|turns|--- yard ---|turns|--- gate ---|


def tour(left: Sequence[Thing], at_return: Sequence[Thing] = ()) -> Iterator[Frame]:
    return chain(
        part(GATE, 0, 40, left),
        turning(GATE, YARD, 40, 42),
        part(YARD, 42, 100, every=2.0),
        turning(YARD, GATE, 100, 102),
        part(GATE, 102, 130, [*left, *at_return]),
    )


def static() -> Looking:
    return Looking("c", {"static": StaticObject()}, scenes=known())


def test_what_stood_is_the_same_with_its_number_and_its_time() -> None:
    found = watch(static(), tour([Stays((0.5, 0.8), BAG, since=20)]))
    assert len(found) == 1
    (times,) = found.values()
    assert max(ts for ts, _ in times if ts < 42) > 39  # it was seen until the camera turned away ...
    assert min(ts for ts, _ in times if ts > 42) < 105  # ... and at once when it was back
    assert all(abs(ts - still - 20) < 1.0 for ts, still in times)


def test_what_stood_is_the_same_though_somebody_hides_it_at_the_return() -> None:
    passes = Moves(PERSON, [(100, 0.5, 0.85), (106, 0.5, 0.85), (109, 0.9, 0.85)])
    found = watch(static(), tour([Stays((0.5, 0.8), BAG, since=20), passes]))
    assert len(found) == 1


def test_nothing_new_is_found_where_nothing_is() -> None:
    assert watch(static(), tour([])) == {}


def test_what_was_left_meanwhile_is_found_when_it_has_settled() -> None:
    found = watch(static(), tour([], [Stays((0.4, 0.8), BOX)]))
    (times,) = found.values()
    first, still = times[0]
    assert 106 < first < 112
    assert 4 < still < 8  # counted from when it was first seen
    assert all(abs(ts - still - 103) < 1.5 for ts, still in times)


def test_what_was_taken_away_meanwhile_is_gone() -> None:
    found = watch(static(), tour([Stays((0.5, 0.8), BAG, since=20, until=70)]))
    assert all(ts < 110 for times in found.values() for ts, _ in times)


# ---- by day and by infrared light ------------------------------------------------------------------------------------

#    0         30          60          90         120 s
#    |-- day ---|- infrared -|--- day ---|- infrared -|


def nights(things: Sequence[Thing]) -> Iterator[Frame]:
    return chain(*(part(GATE, at, at + 30, things, infrared=at in (30, 90)) for at in (0, 30, 60, 90)))


@pytest.mark.parametrize(
    "since, seen_in",
    [
        pytest.param(15, (0, 60), id="left-by-day"),  # it was there when infrared light was used for the first time
        pytest.param(40, (30, 60, 90), id="left-in-the-dark"),
        pytest.param(70, (60, 90), id="left-the-next-day"),
    ],
)
def test_the_light_changes_nothing(since: float, seen_in: tuple[int, ...]) -> None:
    looking = Looking("c", {"static": StaticObject()})
    found = watch(looking, nights([Stays((0.5, 0.8), BAG, since=since)]))
    assert len(found) == 1
    (times,) = found.values()
    assert {int(ts // 30) * 30 for ts, _ in times} >= set(seen_in)
    assert all(abs(ts - still - since) < 1.5 for ts, still in times)


# ---- which picture goes to whom --------------------------------------------------------------------------------------


class Paints(Watcher):
    """Keeps, for each of its looks, what it was shown."""

    def begin(self, view: View) -> Look:
        looks.append(Painted(view))
        return looks[-1]


class Painted:
    def __init__(self, view: View) -> None:
        self.view, self.shown, self.paused = view, list[tuple[str, bool]](), list[float]()

    def look(self, frame: Frame) -> Said:
        self.shown.append((STREETS[int(frame.image[0, 0, 0])], frame.infrared))
        self.paused.append(frame.paused)
        return [Seen(1, "bag", 1.0, (0.1, 0.1, 0.1, 0.1), 0.0), Measured("lit", 1.0)]


looks: list[Painted] = []
STREETS = ["gate", "yard", "elsewhere"]


class Marked(Scenes):
    """Scenes that are written into the picture's first pixel."""

    def of(self, frame: Frame) -> Scene | None:
        where = STREETS[int(frame.image[0, 0, 0])]
        return None if where == "elsewhere" else Scene(where, frame.infrared)


def marked(where: str, infrared: bool, n: float) -> Frame:
    image = np.zeros((4, 4, 3), np.uint8)
    image[0, 0, 0] = STREETS.index(where)
    return Frame(START + n, image, infrared)


@given(st.lists(st.tuples(st.sampled_from(STREETS), st.booleans(), st.floats(0.1, 1e4)), max_size=40))
def test_no_look_is_ever_shown_another_scene(story: list[tuple[str, bool, float]]) -> None:
    looks.clear()
    looking = Looking("c", {"a": Paints(), "b": Paints(presets=("gate",))}, scenes=Marked())
    tracks: dict[int, set[tuple[int, str, bool]]] = {}
    at = 0.0
    for where, infrared, wait in story:
        at += wait
        messages = looking.look(marked(where, infrared, at))
        assert looking.away == (where == "elsewhere")
        if not looking.away:
            for n, one in enumerate(json.loads(messages[0][1])["objects"]):
                tracks.setdefault(one["track"], set()).add((n, where, infrared))
    there = [(where, infrared) for where, infrared, _ in story if where != "elsewhere"]
    assert sorted(shown for each in looks for shown in set(each.shown)) == sorted(
        [*set(there), *{one for one in there if one[0] == "gate"}]
    )
    assert all(len(set(each.shown)) == 1 for each in looks)
    assert all(len(of) == 1 for of in tracks.values())
    assert sum(len(each.shown) for each in looks) == len(there) + sum(where == "gate" for where, _ in there)


def test_how_long_a_scene_was_not_seen() -> None:
    looks.clear()
    looking = Looking("c", {"a": Paints()}, scenes=Marked())
    story = [("gate", 0), ("gate", 1), ("elsewhere", 2), ("gate", 12), ("gate", 13), ("yard", 20), ("gate", 73)]
    for where, at in story:
        looking.look(marked(where, False, at))
    assert [each.paused for each in looks] == [[0, 0, 11, 0, 60], [0]]


def test_a_view_has_the_zones_of_its_preset() -> None:
    looks.clear()
    corner = [[0, 0], [1, 0], [1, 1]]
    settings = CameraSettings.model_validate(
        {
            "url": "rtsp://10.0.0.7/1",
            "presets": {"gate": {"pictures": ["gate.jpg"]}, "yard": {"pictures": ["yard.jpg"]}},
            "zones": {"lane": {"corners": corner, "preset": "gate"}, "sky": corner},
        }
    )
    looking = Looking("c", {"a": Paints()}, dict(settings.views("c")), scenes=Marked())
    for n, where in enumerate(("gate", "yard")):
        looking.look(marked(where, False, n))
    assert [sorted(each.view.zones) for each in looks] == [["lane", "sky"], ["sky"]]
    (_, said), *_ = looking.look(marked("yard", False, 3))
    assert json.loads(said)["zones"] == ["sky"]
    assert [name for name, _ in CameraSettings(url="rtsp://10.0.0.7/1").views("c")] == [""]


def test_how_long_it_has_looked_elsewhere_is_told_now_and_then() -> None:
    looks.clear()
    looking = Looking("c", {"a": Paints()}, scenes=Marked())
    told = []
    for n in range(0, 8000, 20):
        where = "gate" if n < 100 or n > 7500 else "elsewhere"
        for topic, payload in looking.look(marked(where, False, n)):
            if topic == "cameras/c/readings" and "health_away" in (said := json.loads(payload)):
                told.append((n, said["health_away"], said["about"]))
    assert told[0] == (160, 0.008, "c")
    assert {later - sooner for (sooner, _, _), (later, _, _) in pairwise(told[:-1])} == {60}
    assert min(n for n, away, _ in told if away >= 0.5) == 3700 + 60 - 3700 % 60 - 20  # an hour
    assert told[-1] == (7520, 0.0, "c")


# ---- one object by day and by infrared light -------------------------------------------------------------------------

BOX_1, BOX_2, BESIDE = (0.1, 0.1, 0.2, 0.2), (0.11, 0.1, 0.2, 0.2), (0.6, 0.1, 0.2, 0.2)
NAN = float("nan")


def bag(number: int, still: float, box: tuple[float, float, float, float] = BOX_1) -> tuple[int, Seen]:
    return number, Seen(0, "object", 1.0, box, still)


@pytest.mark.parametrize(
    "story, told",
    [
        pytest.param([(9, False, bag(1, 9)), (20, True, bag(2, 5, BOX_2))], [(1, 9), (1, 20)], id="in-its-place"),
        pytest.param([(9, False, bag(1, 9)), (20, True, bag(2, 5, BESIDE))], [(1, 9), (2, 5)], id="elsewhere"),
        pytest.param([(9, False, bag(1, 1)), (20, True, bag(2, 5))], [(1, 1), (2, 5)], id="it-moved"),
        pytest.param([(9, False, bag(1, 9)), (20, True, bag(2, 1))], [(1, 9), (2, 1)], id="it-drives-over-the-place"),
        pytest.param(
            [(9, False, bag(1, 9)), (20, True, bag(2, 5, BESIDE)), (30, True, bag(2, 5))],
            [(1, 9), (2, 5), (2, 5)],
            id="it-stood-elsewhere-before",
        ),
        pytest.param([(9, False, bag(1, 9)), (20, False, bag(2, 5))], [(1, 9), (2, 5)], id="the-light-is-the-same"),
        pytest.param(
            [(9, False, bag(1, 9)), (20, True, None), (200, True, bag(2, 5))], [(1, 9), (2, 5)], id="much-later"
        ),
        pytest.param(
            [(9, False, bag(1, 9)), (20, True, bag(2, 5)), (30, True, bag(2, 0))],
            [(1, 9), (1, 20), (1, 0)],
            id="then-it-moves",
        ),
        pytest.param(
            [(9, False, bag(1, 9)), (20, True, bag(2, NAN)), (30, True, bag(2, NAN))],
            [(1, 9), (1, 20), (1, 30)],
            id="its-look-does-not-know-since-when",
        ),
        pytest.param([(9, False, bag(1, NAN)), (20, True, bag(2, 5))], [(1, NAN), (1, NAN)], id="nobody-knows"),
        pytest.param(
            [(9, False, bag(1, 9)), (20, True, bag(2, 5)), (30, False, bag(1, 30)), (40, True, bag(2, 25))],
            [(1, 9), (1, 20), (1, 30), (1, 40)],
            id="to-and-fro",
        ),
    ],
)
def test_the_same_object_in_another_light(
    story: list[tuple[float, bool, tuple[int, Seen] | None]], told: list[tuple[int, float]]
) -> None:
    handing = Handing()
    rows = [handing.handed(ts, infrared, [] if one is None else [one]) for ts, infrared, one in story]
    got = [(number, one.still) for row in rows for number, one in row]
    assert [number for number, _ in got] == [number for number, _ in told]
    assert np.allclose([still for _, still in got], [still for _, still in told], equal_nan=True)


objects = st.lists(
    st.tuples(st.integers(0, 5), st.floats(0, 50), st.sampled_from([BOX_1, BOX_2, BESIDE])),
    max_size=4,
    unique_by=lambda one: one[0],
)


@given(st.lists(st.tuples(st.booleans(), objects), max_size=20))
def test_no_number_is_given_twice_in_a_picture(story: list[tuple[bool, list[Any]]]) -> None:
    handing = Handing()
    for n, (infrared, row) in enumerate(story):
        seen = [bag(number + 100 * infrared, still, box) for number, still, box in row]
        got = [number for number, _ in handing.handed(20.0 * n, infrared, seen)]
        assert len(set(got)) == len(got) == len(seen)


# ---- the configuration -----------------------------------------------------------------------------------------------


def test_pictures_that_can_not_be_read_are_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "gate.png"), next(GATE.film(1)).image)
    (tmp_path / "yard.png").write_text("no picture")
    presets = {"gate": {"pictures": ["gate.png"]}, "yard": {"pictures": ["yard.png"]}}
    settings = CameraSettings.model_validate({"url": "street.mp4", "presets": presets}).resolved(tmp_path)
    assert settings.url == str(tmp_path / "street.mp4")
    told: list[str] = []
    found = scenes(settings, told.append)
    assert told == [f"presets.yard: {tmp_path / 'yard.png'} is no picture that can be read"]
    assert found.of(next(GATE.film(1))) == Scene("gate", False)
    assert found.of(Frame(START + 60, next(YARD.film(1)).image)) is None


# ---- real pictures ---------------------------------------------------------------------------------------------------

CLIPS = [
    DATA / "video" / "car-detection.mp4",
    DATA / "video" / "motorway_720p.mp4",
    DATA / "video" / "residential_street.mp4",
    DATA / "roadtrack" / "K295_179.mp4",
]


@pytest.mark.skipif(not all(each.is_file() for each in CLIPS), reason=f"real data is missing: {CLIPS[0].parent}")
def test_views_of_real_cameras_are_told_apart_and_a_turn_is_seen() -> None:
    views: dict[str, list[Image]] = {}
    for file in CLIPS:
        with av.open(str(file)) as clip:
            frames = islice(clip.decode(video=0), 0, 301, 60)
            views[file.stem] = [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames]
    scenes = Scenes()
    for name, images in views.items():
        scenes.learn(name, images[0])
    shown = [(name, image) for name, images in views.items() for image in images]
    seen = [(name, scenes.of(Frame(60.0 * n, image))) for n, (name, image) in enumerate(shown)]
    assert all(scene is not None and scene.preset == name for name, scene in seen)
    for image in (images[0] for images in views.values()):
        rows, width = slice(image.shape[0] // 5, image.shape[0] * 4 // 5), round(image.shape[1] * 0.6)
        scenes = Scenes()
        scenes.learn("before", image[rows, :width])
        for turned, away in ((0.04, False), (0.15, True), (0.3, True)):
            left = round(turned * width)
            now = np.ascontiguousarray(image[rows, left : left + width])
            assert (scenes.of(Frame(100.0 * left, now)) is None) == away

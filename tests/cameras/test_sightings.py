"""Sightings: boxes in, gridwatch's messages out: followed, timed, as its own codec reads them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from cameras.sightings import Picture, Seen, Sightings, messages

pytest.importorskip("trackers", reason="needs gridwatch[cameras]")
from cameras.tracking import UNTRACKED, Tracker


def picture(n: int, *boxes: tuple[float, float, float, float], score: float = 0.9, tracks: object = None) -> Picture:
    """The n-th of ten a second."""
    some = np.array(boxes, np.float64).reshape(-1, 4)
    return 1e9 + n / 10, some, np.full(len(some), score), ["car"] * len(some), tracks  # type: ignore[return-value]


def told(*pictures: Picture) -> list[list[dict[str, object]]]:
    return [json.loads(payload)["objects"] for _, payload in messages(pictures, 10.0)]


PARKED, SMALL = (0.5, 0.5, 0.1, 0.2), (0.1, 0.1, 0.01, 0.02)


def test_a_message_a_picture_also_where_nothing_is_seen() -> None:
    found = list(messages([picture(0), picture(1, PARKED), picture(2, PARKED)], 10.0))
    assert [ts for ts, _ in found] == [1e9, 1e9 + 0.1, 1e9 + 0.2]
    assert found[0][1] == b'{"ts":1000000000.0,"objects":[]}'
    (one,) = json.loads(found[2][1])["objects"]
    assert one == {"track": 1, "label": "car", "score": 0.9, "box": [0.5, 0.5, 0.1, 0.2], "still": 0.0}


def test_what_moves_is_followed_and_what_stands_stands() -> None:
    pictures = [picture(n, (0.01 * n, 0.1, 0.1, 0.2), PARKED) for n in range(100)]
    last = told(*pictures)[-1]
    assert [one["track"] for one in last] == [1, 2]
    assert float(str(last[0]["still"])) < 0.5
    assert last[1]["still"] == 9.8


def test_a_parked_car_is_the_same_after_the_detector_missed_it() -> None:
    pictures = [picture(n, PARKED) if not 100 <= n < 150 else picture(n) for n in range(200)]
    found = told(*pictures)
    assert {one["track"] for objects in found for one in objects} == {1}
    assert found[-1][0]["still"] == 19.8
    assert [len(objects) for objects in found[100:150]] == [0] * 50


def test_a_faint_box_begins_no_track_but_carries_one_on() -> None:
    assert told(*[picture(n, SMALL, score=0.1) for n in range(10)])[-1] == []
    going = told(*[picture(n, SMALL, score=0.9 if n < 5 else 0.1) for n in range(10)])
    assert [one["track"] for one in going[-1]] == [1]


def test_an_unknown_score_is_sure_and_is_not_told() -> None:
    (one,) = told(*[picture(n, SMALL, score=math.nan) for n in range(3)])[-1]
    assert "score" not in one


def test_somebody_elses_tracks_are_taken_where_they_are_given() -> None:
    camera = Sightings(10.0)
    (one,) = camera.see(picture(0, PARKED, tracks=np.array([77])))
    assert one == Seen(1, "car", 0.9, PARKED, 0.0)
    (same,) = camera.see(picture(1, (0.1, 0.1, 0.1, 0.2), tracks=np.array([77])))
    assert same.track == 1


def test_the_same_pictures_give_the_same_bytes() -> None:
    dice = np.random.default_rng(0)
    pictures = []
    for n in range(60):
        place = dice.uniform(0, 0.8, (8, 2))
        pictures.append(picture(n, *[(x, y, 0.1, 0.1) for x, y in place.tolist()]))
    assert list(messages(pictures, 10.0)) == list(messages(pictures, 10.0))


def test_tracks_come_in_the_order_of_the_boxes() -> None:
    tracker = Tracker(10.0)
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [90, 0, 99, 10]], np.float64)
    scores = np.array([0.9, 0.3, 0.1])
    assert tracker.follow(0.0, boxes, scores).tolist() == [UNTRACKED] * 3
    first = tracker.follow(0.1, boxes, scores).tolist()
    assert first[2] == UNTRACKED
    assert tracker.follow(0.2, boxes[::-1], scores[::-1]).tolist() == first[::-1]
    assert tracker.follow(0.3, boxes[:0], scores[:0]).tolist() == []

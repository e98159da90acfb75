"""static_object on real clips: the car that stops on the shoulder is found, and nothing else stands for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bins import DATA
from cameras.watcher import Frame, Seen, View
from cameras.watchers.static_object import StaticObject
from pipeline.units import Quantity

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STOPPED = DATA / "roadtrack" / "K295_179.mp4"
QUIET = ("residential_street.mp4", "motorway_720p.mp4", "brightness_change.avi", "car-detection.mp4")


def objects(clip: Path, watcher: StaticObject) -> dict[int, list[tuple[float, Seen]]]:
    """What stands, five times a second, by its number; `removed` left out."""
    av = pytest.importorskip("av")
    if not clip.exists():
        pytest.skip(f"there is no {clip}")
    look, due = watcher.begin(View("road")), 0.0
    found: dict[int, list[tuple[float, Seen]]] = {}
    with av.open(str(clip)) as opened:
        for picture in opened.decode(video=0):
            if picture.time + 1e-6 < due:
                continue
            due += 0.2
            for seen in look.look(Frame(picture.time, picture.to_ndarray(format="bgr24"))):
                if isinstance(seen, Seen) and seen.label == "object":
                    found.setdefault(seen.track, []).append((picture.time, seen))
    return found


@pytest.mark.parametrize("name", QUIET)
def test_nothing_stands_for_half_a_minute(name: str) -> None:
    found = objects(DATA / "video" / name, StaticObject())
    assert [seen for each in found.values() for _, seen in each if seen.still >= 30.0] == []


def test_the_car_on_the_shoulder_is_found_once() -> None:
    """It stops in the 233rd picture, 10 a second, in the 16 x 20 pixels whose upper left corner is at (334, 194)."""
    found = objects(STOPPED, StaticObject(pixels=400_000, smallest=Quantity(0.00006)))
    standing = [each for each in found.values() if each[-1][1].still >= 30.0]
    assert len(standing) == 1
    when, seen = next(one for one in standing[0] if one[1].still >= 30.0)
    assert when == pytest.approx(23.3 + 30.0, abs=5.0)
    x, y = (seen.box[0] + seen.box[2] / 2) * 640, (seen.box[1] + seen.box[3] / 2) * 540
    assert 330 <= x <= 354
    assert 190 <= y <= 218

"""The demo's clips: the same each time, a loop without a seam, and as true as they say."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="drawn clips need the extra 'cameras'")
cv2 = pytest.importorskip("cv2")

from replay.simulator.pictures import FPS, MAKERS, Clip, clips, write, write_picture  # noqa: E402
from replay.simulator.pictures.clip import Drive  # noqa: E402
from replay.simulator.pictures.lens import Lens  # noqa: E402
from replay.simulator.pictures.solids import Solid, box  # noqa: E402


@pytest.fixture(scope="module")
def drawn() -> dict[str, Clip]:
    return clips(1)


def shown(clip: Clip, t: float) -> Any:
    """What is there at a time, without light and noise. Shape (height, width, 3)."""
    canvas = clip.backdrop.copy()
    clip.act(canvas, t)
    return canvas.astype(np.int16)


def changed(clip: Clip, t: float, then: float, part: tuple[slice, slice]) -> float:
    """Which share of a part of the picture looks different at two times."""
    return float((np.abs(shown(clip, t) - shown(clip, then)).max(axis=2)[part] > 12).mean())


def within(clip: Clip) -> tuple[slice, slice]:
    """The rows and columns of what is wrong in a clip."""
    left, top, wide, high = clip.happenings[0].box
    rows, columns = clip.lens.height, clip.lens.width
    return slice(round(top * rows), round((top + high) * rows)), slice(
        round(left * columns), round((left + wide) * columns)
    )


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_same_seed_draws_the_same_pictures_and_another_seed_others(name: str) -> None:
    first, again, other = (next(MAKERS[name](seed).pictures()) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_clip_ends_as_it_began(drawn: dict[str, Clip], name: str) -> None:
    clip = drawn[name]
    whole = slice(0, clip.lens.height), slice(0, clip.lens.width)
    moving = {"roadside": 0.06, "street": 0.06, "yard": 0.02}[name]  # a car or somebody may be under way
    assert changed(clip, 0.0, clip.seconds - 1 / FPS, whole) < moving
    if clip.happenings:
        assert changed(clip, 0.0, clip.seconds - 1 / FPS, within(clip)) == 0.0


def test_it_goes_on_where_it_began(drawn: dict[str, Clip]) -> None:
    clip = drawn["roadside"]
    over = list(clip.pictures(clip.seconds - 0.4, clip.seconds + 0.4))
    assert len(over) == 4
    assert np.abs(over[2].astype(np.int16) - next(clip.pictures()).astype(np.int16)).mean() < 6


@pytest.mark.parametrize("name", ["roadside", "yard"])
def test_what_is_wrong_is_there_from_when_to_when_it_says(drawn: dict[str, Clip], name: str) -> None:
    clip = drawn[name]
    (wrong,) = clip.happenings
    part = within(clip)
    assert changed(clip, 0.0, wrong.started - 14.0, part) < 0.6  # nothing, or not yet enough
    assert changed(clip, 0.0, wrong.started + 15.0, part) > 0.45
    assert changed(clip, 0.0, wrong.ended - 8.0, part) > 0.3
    assert changed(clip, 0.0, wrong.ended + 10.0, part) < 0.05


def test_nothing_is_wrong_in_the_street(drawn: dict[str, Clip]) -> None:
    assert not drawn["street"].happenings


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_zones_are_within_the_picture(drawn: dict[str, Clip], name: str) -> None:
    corners = list(itertools.chain(*drawn[name].zones.values()))
    assert corners
    assert all(0.0 <= edge <= 1.0 for corner in corners for edge in corner)


def test_a_file_is_what_a_camera_gives(drawn: dict[str, Clip], tmp_path: Path) -> None:
    clip = drawn["street"]
    write(clip, tmp_path / "street.mp4", start=2.0, end=5.0)
    write(clip, tmp_path / "fast.mp4", start=2.0, end=5.0, faster=2)
    write_picture(clip, tmp_path / "empty.png")
    with av.open(str(tmp_path / "street.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", FPS)
        frames = [frame.to_ndarray(format="bgr24") for frame in file.decode(stream)]
    assert len(frames) == 3 * FPS
    drawings = [picture.astype(np.int16) for picture in clip.pictures(2.0, 5.0)]
    assert (
        np.abs(frames[-1].astype(np.int16) - drawings[-1]).mean() < 8
    )  # coding loses noise, and slow light for a while
    with av.open(str(tmp_path / "fast.mp4")) as file:
        assert file.streams.video[0].average_rate == 2 * FPS
    assert cv2.imread(str(tmp_path / "empty.png")).shape == frames[0].shape
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.png", "fast.mp4", "street.mp4"]


#  x   50 ────────→ 20 (stands) ────────→ -10
@pytest.mark.parametrize(
    "t, x",
    [
        pytest.param(9.9, None, id="not-yet-there"),
        pytest.param(10.0, 50.0, id="comes"),
        pytest.param(12.0, 34.0, id="at-its-pace"),
        pytest.param(15.0, 20.0, id="stands"),
        pytest.param(24.9, 20.0, id="stands-still"),
        pytest.param(29.0, -2.0, id="is-off-again"),
        pytest.param(40.0, None, id="has-gone"),
    ],
)
def test_who_stops(t: float, x: float | None) -> None:
    each = Drive(Solid(()), 10.0, 0.0, -8.0, 50.0, -10.0, stop=20.0, waits=10.0)
    assert each.stands() == (15.0, 25.0)
    assert each.x(t) == (None if x is None else pytest.approx(x))


def test_what_is_ahead_is_in_the_middle_and_what_is_nearer_is_larger() -> None:
    lens = Lens(up=6.0, right=30.0, down=0.0)
    far = np.array([[50.0, 50.0 * np.sqrt(3.0), 6.0]])
    assert lens.seen(far)[0].tolist() == pytest.approx([320.0, 180.0])
    assert lens.scale(far[0] / 2) == pytest.approx(2 * lens.scale(far[0]), rel=0.1)
    assert lens.times(2).seen(far)[0].tolist() == pytest.approx([640.0, 360.0])


def test_of_a_box_three_faces_are_seen_and_none_where_it_is_behind_the_camera() -> None:
    lens, thing = Lens(up=5.0, right=0.0, down=10.0), box((-1.0, 1.0), (-1.0, 1.0), (0.0, 2.0), (100, 100, 100))
    assert len(list(thing.seen(lens, 4.0, 15.0, 30.0))) == 3
    assert list(thing.seen(lens, 0.0, -15.0, 0.0)) == []

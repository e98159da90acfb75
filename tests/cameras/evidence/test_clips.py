"""Clips: really encoded and decoded, with what is hidden in every picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
from cameras.evidence.clips import ClipFailed, make, original
from cameras.evidence.faces import Region
from cameras.evidence.ring import Cut, Ring
from cameras.watcher import Image
from tests.cameras.clips import HEIGHT, WIDTH, clip
from tests.cameras.evidence.made import TS, Pretends, ring_of


def cut_of(tmp_path: Path, begin: float = TS, end: float = TS + 5, **how: int) -> Cut:
    found = ring_of(clip(tmp_path / "a.mp4", **how)).cut(begin, end)
    assert found is not None
    return found


def nobody(_: Image) -> list[Region]:
    return []


def decoded(data: bytes) -> list[tuple[float, Image]]:
    with av.open(io.BytesIO(data), "r") as container:
        frames: list[Any] = list(container.decode(video=0))
    return [(float(f.pts * f.time_base), np.asarray(f.to_ndarray(format="bgr24"))) for f in frames if f.pts is not None]


@pytest.mark.parametrize(
    "begin, end, fps, expected",
    [
        pytest.param(0.0, 4.9, 30.0, 50, id="all"),
        pytest.param(1.0, 3.0, 30.0, 21, id="from-to"),
        pytest.param(1.0, 3.0, 5.0, 11, id="fewer-a-second"),
        pytest.param(-9.0, 0.5, 30.0, 6, id="as-far-as-it-reaches"),
    ],
)
@pytest.mark.parametrize("bframes", [0, 2])
def test_a_clip_shows_its_time(
    tmp_path: Path, begin: float, end: float, fps: float, expected: int, bframes: int
) -> None:
    made = make(cut_of(tmp_path, bframes=bframes), TS + begin, TS + end, fps, Pretends(nobody))
    found = decoded(made.data)
    assert len(found) == expected
    assert made.first == pytest.approx(TS + max(begin, 0.0), abs=0.01)
    assert found[-1][0] == pytest.approx(made.last - made.first, abs=0.01)
    grey = [int(image[5, 5, 1]) for _, image in found]
    assert grey[0] == pytest.approx(40 + max(begin, 0.0) * 10, abs=4)
    assert grey == sorted(grey)


def chequers(image: Image) -> list[Region]:
    """Where the picture has fine detail, taken for a head."""
    there = np.argwhere(np.abs(np.diff(image[..., 1].astype(int), axis=1)) > 80)
    if not len(there):
        return []
    (top, left), (bottom, right) = there.min(0), there.max(0)
    return [(max(0, int(left) - 4), int(top) - 2, int(right) + 5, int(bottom) + 2)]


def chequered(path: Path, bframes: int = 2) -> Ring:
    """A grey picture across which something finely chequered goes."""
    pattern = np.kron(np.indices((6, 6)).sum(0) % 2, np.ones((4, 4)))[..., None] * 200
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"bf": str(bframes), "g": "10", "crf": "12"}
        for n in range(30):
            image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
            image[30:54, 4 + 4 * n : 28 + 4 * n] = pattern
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode())
    return ring_of(path)


def test_nothing_that_is_to_be_hidden_is_in_any_picture(tmp_path: Path) -> None:
    cut = chequered(tmp_path / "a.mp4").cut(TS, TS + 5)
    assert cut is not None
    seen = make(cut, TS, TS + 5, 10.0, Pretends(nobody))
    hidden = make(cut, TS, TS + 5, 10.0, Pretends(chequers))
    assert all(chequers(image) for _, image in decoded(seen.data))
    assert hidden.heads == 1
    assert not any(chequers(image) for _, image in decoded(hidden.data))


def test_who_is_missed_in_one_picture_is_hidden_by_those_before_and_after(tmp_path: Path) -> None:
    cut = chequered(tmp_path / "a.mp4").cut(TS, TS + 5)
    assert cut is not None
    asked = 0

    def now_and_then(image: Image) -> list[Region]:
        nonlocal asked
        asked += 1
        return [(max(0, left - 8), top, right + 8, bottom) for left, top, right, bottom in chequers(image)] * (
            asked % 3 == 2
        )

    made = make(cut, TS, TS + 2.9, 10.0, Pretends(now_and_then))
    assert not any(chequers(image) for _, image in decoded(made.data))


def test_a_clip_of_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(ClipFailed, match="no picture"):
        make(cut_of(tmp_path), TS + 60, TS + 61, 5.0, Pretends(nobody))


def test_damaged_packets_are_left_out(tmp_path: Path) -> None:
    whole = cut_of(tmp_path)
    broken = [p._replace(data=b"\x00" * 40) if n % 7 == 3 else p for n, p in enumerate(whole.packets)]
    made = make(whole._replace(packets=tuple(broken)), TS, TS + 5, 30.0, Pretends(nobody))
    assert 0 < len(decoded(made.data)) <= 50


@pytest.mark.parametrize("bframes", [0, 2])
def test_an_original_is_the_packets_as_they_came(tmp_path: Path, bframes: int) -> None:
    cut = cut_of(tmp_path, bframes=bframes)
    with av.open(io.BytesIO(original(cut)), "r") as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert packets == [packet.data for packet in cut.packets]
    found = decoded(original(cut))
    with av.open(str(tmp_path / "a.mp4")) as container:
        expected = [np.asarray(f.to_ndarray(format="bgr24")) for f in container.decode(video=0)]
    assert [ts for ts, _ in found] == sorted(ts for ts, _ in found)
    assert all((a == b).all() for (_, a), b in zip(found, expected, strict=True))
    assert found[0][1].shape == (HEIGHT, WIDTH, 3)

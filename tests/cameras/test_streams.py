"""Streams of every kind: what they give, how they end, and that no password is told."""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

pytest.importorskip("av", reason="needs gridwatch[cameras]")
import av

from cameras.folders import Folder
from cameras.settings import Area, CameraSettings
from cameras.streams import Picture, Stalled, Stream, StreamFailed
from pipeline.units import Quantity
from tests.cameras.clips import HEIGHT, WIDTH, clip, drawn, jpeg
from tests.services.rtsp import RtspServer, of_file
from tests.services.web_camera import WebCamera

NOW = 1.7e9
SECRET = "p@ss/w:rd?"
KEEPER = {"CAMERA_USER": "keeper", "CAMERA_PASSWORD": SECRET}


def camera(url: str | Path, **how: Any) -> CameraSettings:
    return CameraSettings(url=str(url), **{"stall": Quantity(2.0), **how})


def guarded(url: str) -> CameraSettings:
    return camera(url, user_env="CAMERA_USER", password_env="CAMERA_PASSWORD")


def taken(stream: Stream, most: int = 10_000) -> list[Picture]:
    try:
        return list(itertools.islice(stream.pictures(), most))
    finally:
        stream.close()


# ---- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bframes", [0, 3])
def test_all_pictures_of_a_file_in_their_order(tmp_path: Path, bframes: int) -> None:
    stream = Stream(camera(clip(tmp_path / "a.mp4", bframes=bframes), fps=10.0), start=NOW)
    pictures = taken(stream)
    assert [round(picture.ts - NOW, 3) for picture in pictures] == [n / 10 for n in range(50)]
    means = [float(picture.image()[:30].mean()) for picture in pictures]
    assert means == pytest.approx([40 + n for n in range(50)], abs=4)
    facts = stream.facts
    assert (facts.codec, facts.width, facts.height, facts.rate) == ("h264", WIDTH, HEIGHT, 10.0)
    assert (facts.packets, facts.pictures, facts.undecodable) == (50, 50, 0)
    assert facts.keyframe_interval == pytest.approx(1.0)


@pytest.mark.parametrize("bframes", [0, 3])
def test_key_frames_come_without_waiting_for_the_next(tmp_path: Path, bframes: int) -> None:
    stream = Stream(camera(clip(tmp_path / "a.mp4", bframes=bframes)), start=NOW)
    packets = []
    for picture in stream.pictures():
        packets.append(stream.facts.packets)
        assert picture.image()[:30].mean() == pytest.approx(40 + (picture.ts - NOW) * 10, abs=4)
    assert packets == [1, 11, 21, 31, 41]
    stream.close()


def test_pictures_that_no_other_refers_to_are_left_out_where_few_are_wanted(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mp4", fps=25, bframes=2)
    all_of_them = Stream(camera(file, fps=25.0), start=NOW)
    few = Stream(camera(file, fps=5.0), start=NOW)
    assert len(taken(all_of_them)) == 50
    assert 50 / 4 <= len(taken(few)) < 40


def test_damage_is_counted_and_nothing_is_shown_that_was_made_of_it(tmp_path: Path) -> None:
    """Of three pictures an end was lost, as a lost UDP packet does. Those up to the next key frame refer to them."""
    cut = {13, 27, 38}
    with av.open(str(clip(tmp_path / "a.mp4"))) as whole, av.open(str(tmp_path / "b.mkv"), "w") as damaged:
        stream = damaged.add_stream_from_template(whole.streams.video[0])
        for n, packet in enumerate(whole.demux(whole.streams.video[0])):
            if packet.dts is not None:
                part = av.Packet(bytes(packet)[: packet.size * 3 // 5]) if n in cut else packet
                part.pts, part.dts, part.time_base = packet.pts, packet.dts, packet.time_base
                part.is_keyframe, part.stream = packet.is_keyframe, stream
                damaged.mux(part)
    read = Stream(camera(tmp_path / "b.mkv", fps=10.0), start=NOW)
    pictures = taken(read)
    numbers = [round((picture.ts - NOW) * 10) for picture in pictures]
    assert numbers == [*range(13), *range(20, 27), *range(30, 38), *range(40, 50)]
    assert read.facts.undecodable == 50 - len(numbers)
    for n, picture in zip(numbers, pictures, strict=True):
        assert np.abs(picture.image().astype(int) - drawn(n)).mean() < 8


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_rubbish_is_no_stream(tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(random.Random(2).randbytes(size))
    with pytest.raises(StreamFailed, match=r"a\.mp4: "):
        taken(Stream(camera(file)))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(StreamFailed, match=r"^/nowhere/a\.mp4: there is no such file$"):
        Stream(camera("/nowhere/a.mp4"))


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_of_pictures_in_the_order_of_their_times(tmp_path: Path) -> None:
    for n, name in enumerate(["b.jpg", "a.JPG", "c.jpeg"]):
        (tmp_path / name).write_bytes(jpeg(20 * n))
        os.utime(tmp_path / name, (NOW + n, NOW + n))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.jpg").write_bytes(jpeg(9)[:80])
    os.utime(tmp_path / "broken.jpg", (NOW + 1.5, NOW + 1.5))
    folder = Folder(camera(tmp_path))
    pictures = list(folder.pictures())
    assert [picture.ts - NOW for picture in pictures] == [0, 1, 2]
    assert [round(float(picture.image()[:30].mean()) / 20) for picture in pictures] == [2, 3, 4]
    assert (folder.facts.undecodable, folder.facts.pictures) == (1, 3)
    newest = Folder(camera(tmp_path)).newest()
    assert newest is not None
    assert newest.ts == NOW + 2


def test_what_a_camera_uploads_is_found_once_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(0))
    os.utime(tmp_path / "a.jpg", (NOW, NOW))
    stop = threading.Event()
    found = Folder(camera(tmp_path), follow=stop).pictures()
    assert next(found).ts == NOW
    (tmp_path / "b.jpg").write_bytes(jpeg(1))
    assert next(found).ts == pytest.approx(time.time(), abs=10)
    stop.set()
    assert list(found) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StreamFailed, match="can't be read"):
        Folder(camera(tmp_path / "none"))


# ---- RTSP ------------------------------------------------------------------------------------------------------------


@pytest.mark.service
@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("fps", [None, 25.0])
def test_a_live_stream_has_the_time_of_its_pictures(
    rtsp_server: Callable[..., RtspServer], transport: str, fps: float | None
) -> None:
    stream = Stream(camera(rtsp_server().url, transport=transport, fps=fps))
    ages, times = [], []
    for picture in itertools.islice(stream.pictures(), 8 if fps is None else 60):
        assert picture.image().shape == (180, 320, 3)
        ages.append(time.time() - picture.ts)
        times.append(picture.ts)
    stream.close()
    assert -1.0 < min(ages) <= sorted(ages)[len(ages) // 2] < 2.0
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert min(steps) > 0
    assert sorted(steps)[len(steps) // 2] == pytest.approx(0.48 if fps is None else 0.04, abs=0.01)
    assert stream.facts.codec == "h264"
    assert stream.facts.keyframe_interval == pytest.approx(0.48, abs=0.01)
    assert stream.clock is not None
    assert abs(stream.clock.offset) < 2.0


@pytest.mark.service
def test_the_cameras_own_clock_is_heard(rtsp_server: Callable[..., RtspServer]) -> None:
    """GStreamer sends its first report within five seconds or so."""
    stream = Stream(camera(rtsp_server().url, fps=25.0))
    assert stream.clock is not None
    for n, _ in enumerate(stream.pictures()):
        assert n < 1000
        if stream.clock.by_camera:
            break
    stream.close()


@pytest.mark.service
def test_a_file_served_to_its_end(rtsp_server: Callable[..., RtspServer], tmp_path: Path) -> None:
    server = rtsp_server(launch=of_file(clip(tmp_path / "a.mp4", pictures=40, fps=20)))
    assert 10 <= len(taken(Stream(camera(server.url, fps=20.0)))) <= 40


@pytest.mark.service
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_server_that_falls_silent(rtsp_server: Callable[..., RtspServer], transport: str) -> None:
    server = rtsp_server()
    stream = Stream(camera(server.url, transport=transport, fps=25.0))
    pictures = stream.pictures()
    assert len(list(itertools.islice(pictures, 10))) == 10
    server.freeze()
    with pytest.raises(Stalled, match="nothing came for 2 s"):
        list(pictures)
    with pytest.raises(StreamFailed, match="did not answer"):
        Stream(camera(server.url, transport=transport))


@pytest.mark.service
def test_a_server_with_a_password(rtsp_server: Callable[..., RtspServer]) -> None:
    server = rtsp_server(user="keeper", password=SECRET)
    assert len(taken(Stream(guarded(server.url), KEEPER), 2)) == 2
    for wrong in (camera(server.url), guarded(server.url.replace("cam", "none"))):
        with pytest.raises(StreamFailed, match=r"user and password|no stream of that path"):
            Stream(wrong, KEEPER)


# ---- HTTP ------------------------------------------------------------------------------------------------------------


def test_motion_jpeg(web_camera: Callable[..., WebCamera]) -> None:
    web = web_camera(jpeg, user="keeper", password=SECRET)
    stream = Stream(guarded(web.url("mjpeg")), KEEPER)
    pictures = taken(stream, 10)
    assert stream.facts.codec == "mjpeg"
    assert pictures[-1].image().shape == (HEIGHT, WIDTH, 3)
    assert all(abs(time.time() - picture.ts) < 10 for picture in pictures)
    steps = [b.ts - a.ts for a, b in itertools.pairwise(pictures)]
    assert sorted(steps)[len(steps) // 2] == pytest.approx(0.05, abs=0.04)


def test_a_snapshot_by_http(web_camera: Callable[..., WebCamera]) -> None:
    stream = Stream(camera(web_camera(jpeg).url("snapshot.jpg"), every=Quantity(60.0)))
    assert stream.first().ts == pytest.approx(time.time(), abs=10)
    stream.close()


@pytest.mark.parametrize(
    "path, words",
    [("rubbish", "no video|can't be opened|did not answer"), ("silence", "did not answer"), ("none", "no stream of")],
)
def test_a_web_server_that_is_no_camera(web_camera: Callable[..., WebCamera], path: str, words: str) -> None:
    with pytest.raises(StreamFailed, match=words):
        Stream(camera(web_camera(jpeg).url(path)))


# ---- secrets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url, address",
    [
        ("rtsp://h:554/a", "rtsp://keeper:p%40ss%2Fw%3Ard%3F@h:554/a"),
        ("http://h/a?u={user}&p={password}", "http://h/a?u=keeper&p=p%40ss%2Fw%3Ard%3F"),
        ("/srv/a.mp4", "/srv/a.mp4"),
    ],
)
def test_user_and_password_go_into_the_address_in_memory_only(url: str, address: str) -> None:
    settings = guarded(url)
    assert settings.address(KEEPER) == address
    assert "keeper" not in repr(settings)
    assert SECRET not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1:1/a", "http://127.0.0.1:1/a?p={password}", "gopher://x/a"])
def test_no_error_tells_a_password(url: str) -> None:
    with pytest.raises(StreamFailed) as caught:
        Stream(guarded(url), KEEPER)
    told = "".join(traceback.format_exception(caught.value))
    assert not any(secret in told for secret in (SECRET, "p%40ss", "keeper"))


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ValueError, match="user_env: the environment variable 'CAMERA_USER' is not set"):
        Stream(guarded("rtsp://127.0.0.1:1/a"), {})


# ---- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, words",
    [
        ({"url": "rtsp://keeper:hush@h/a"}, "no user or password in the address"),
        ({"url": "rtsp://[::1/a"}, "expected an address"),
        ({"url": ""}, "expected an address"),
        ({"url": "a.mp4", "fps": 5.0, "keyframes": True}, "one of 'keyframes', 'fps' and 'every'"),
        ({"url": "a.mp4", "fps": 0}, "greater than 0"),
        ({"url": "a.mp4", "every": 5}, "bare number"),
        ({"url": "a.mp4", "zones": {"lane": [[0, 0], [1, 1]]}}, "at least three corners"),
        ({"url": "a.mp4", "zones": {"lane": [[0, 0], [1, 1], [2, 0]]}}, "shares of the picture"),
        ({"url": "a.mp4", "speed": 1}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_meant(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        CameraSettings(**said)
    assert "hush" not in str(caught.value)


def test_zones_with_and_without_what_stands_there() -> None:
    corners = [[0, 0], [1, 0], [1, 1]]
    settings = CameraSettings.model_validate(
        {"url": "a.mp4", "zones": {"lane": corners, "bin": {"corners": corners, "about": "bin-7"}}}
    )
    assert settings.zones["lane"] == Area.model_validate(corners)
    assert settings.zones["bin"].zone("bin").about == "bin-7"
    assert settings.zones["lane"].zone("lane").corners.shape == (3, 2)

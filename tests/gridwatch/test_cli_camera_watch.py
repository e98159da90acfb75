"""`gridwatch camera watch`: a drawn clip, what is written, what is told, and real clips by the example."""

from __future__ import annotations

import json
import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from benchmarks.bins import DATA
from benchmarks.pages import ROOT
from gridwatch.cli import app

for each in ("av", "cv2", "trackers"):
    pytest.importorskip(each, reason="needs gridwatch[cameras]")

EXAMPLE = ROOT / "configs" / "examples" / "road_camera"
FPS, STOPS, LENGTH = 5, 15.0, 40.0
"""Pictures a second; when something is put down, and how long the clip is, seconds."""

CITY = """
city: street
time_zone: UTC
sources:
  cameras: {type: import, tick: 500ms, down: 1h}
cameras:
  corner:
    url: rtsp://camera.example/1
    fps: 5
    zones:
      all: [[0, 0], [1, 0], [1, 1], [0, 1]]
    watchers:
      static_object: {}
streams:
  sightings:
    source: cameras
    topic: cameras/{camera}/sightings
    codec: sightings
    unknown: accept
    zones: [all]
    gap: 30s
rules:
  - id: left-behind
    detector: stationary
    category: waste.left
    gap: 30s
    parameters: {still: 10s, labels: [object]}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["camera", "watch", *map(str, words)], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street; at 15 s a crate stands there, at 60 % from the left and 80 % from the top, to the end."""
    import av

    from tests.cameras.street import HIGH, WIDE, Street

    file = tmp_path_factory.mktemp("clip") / "street.mp4"
    street = Street(3)
    with av.open(str(file), "w") as out:
        stream: Any = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"preset": "veryfast", "crf": "18"}
        for n in range(round(FPS * LENGTH)):
            image = street.picture(noise=1.0)
            if n >= FPS * STOPS:
                image[136:152, 184:200] = (30, 60, 220)
                image[140:148, 188:196] = (240, 240, 240)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = n
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return file


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "city.yaml").write_text(CITY)
    return tmp_path / "city.yaml"


def seconds(text: str) -> float:
    """Of a clip that begins in 2000."""
    return (datetime.fromisoformat(text) - datetime.fromisoformat("2000-01-01T00:00:00Z")).total_seconds()


# ---- what comes of it ------------------------------------------------------------------------------------------------


def test_what_is_left_is_a_case(clip: Path, city: Path) -> None:
    result = run(clip, "--config", city)
    assert result.exit_code == 0, result.output
    first = result.stdout.splitlines()[0]
    assert first.startswith("left-behind at 0:2")
    assert first.endswith("60 % from the left and 80 % from the top, in all")
    assert "200 pictures of 0:39.8 were looked at" in result.stdout
    (case,) = [json.loads(line) for line in run(clip, "--config", city, "--json", "-").stdout.splitlines()]
    assert (case["subject"], case["rule"], case["place"]) == ("corner", "left-behind", "all")
    assert STOPS + 10 - 2 <= seconds(case["started"]) <= STOPS + 10 + 2
    assert case["ended"] is None


def test_the_same_bytes_each_time_and_from_any_place(clip: Path, city: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "copy.mp4"
    other.parent.mkdir()
    other.write_bytes(clip.read_bytes())
    assert run(clip, "--config", city, "--json", tmp_path / "a.jsonl").exit_code == 0
    assert run(other, "--config", city.parent, "--camera", "corner", "--json", tmp_path / "b.jsonl").exit_code == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes() != b""


def test_a_clip_begins_when_it_is_said_to(clip: Path, city: Path) -> None:
    (case,) = map(
        json.loads, run(clip, "--config", city, "--start", "2026-03-01T08:00", "--json", "-").stdout.splitlines()
    )
    assert case["started"].startswith("2026-03-01T08:00:2")


def test_what_was_seen_is_drawn(clip: Path, city: Path, tmp_path: Path) -> None:
    import av
    import numpy as np

    result = run(clip, "--config", city, "--video", tmp_path / "out.mp4")
    assert result.exit_code == 0, result.output
    with av.open(str(tmp_path / "out.mp4")) as drawn, av.open(str(clip)) as plain:
        pairs = list(zip(drawn.decode(video=0), plain.decode(video=0), strict=True))
    assert [round(a.time, 3) for a, _ in pairs] == [round(b.time, 3) for _, b in pairs]

    def red(frame: av.VideoFrame) -> int:
        """Pixels of the frame that is drawn around the crate, left of it."""
        part = frame.to_ndarray(format="bgr24")[136:152, 178:184].astype(np.int16)
        return int(((part[..., 2] > 150) & (part[..., 1] < 110)).sum())

    assert max(red(a) for a, _ in pairs[: round(FPS * STOPS)]) == 0
    assert red(pairs[-1][0]) > red(pairs[-1][1])


# ---- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, code, told",
    [
        pytest.param("static_object: {}", "static_objet: {}", 1, "did you mean 'static_object'?", id="watcher"),
        pytest.param("static_object: {}", "static_object: {settle: 5}", 1, "got a bare number", id="parameter"),
        pytest.param("static_object: {}", "static_object: {zones: [here]}", 3, "no zone 'here'", id="zone"),
        pytest.param("      static_object: {}", "      {}", 2, "has no watchers", id="no-watchers"),
        pytest.param("fps: 5", "fps: 0", 1, "cameras.corner.fps", id="rate"),
        pytest.param("topic: cameras/", "topic: videos/", 2, "no stream takes what the camera says", id="no-stream"),
        pytest.param("[0, 0], [1, 0],", "[0, 0],", 0, "", id="three-corners"),
        pytest.param("[0, 0], [1, 0], [1, 1],", "[0, 0],", 1, "at least three corners", id="two-corners"),
        pytest.param("cameras:\n  corner:", "unknown:\n  corner:", 1, "unknown", id="unknown-section"),
        pytest.param("static_object: {}", "object_detector: {model: none.onnx}", 3, "no such model", id="model"),
    ],
)
def test_a_configuration_with_faults(clip: Path, city: Path, old: str, new: str, code: int, told: str) -> None:
    assert old in CITY
    city.write_text(CITY.replace(old, new, 1))
    result = run(clip, "--config", city)
    assert (result.exit_code, told in result.output) == (code, True), result.output
    assert "Traceback" not in result.output


def test_which_camera_is_meant(clip: Path, city: Path) -> None:
    second = "cameras:\n  gate:\n    url: rtsp://camera.example/2\n    fps: 5\n    watchers: {static_object: {}}\n"
    city.write_text(CITY.replace("cameras:\n  corner", second + "  corner", 1))
    assert "which camera is meant? --camera NAME: corner, gate" in run(clip, "--config", city).output
    assert "did you mean 'gate'?" in run(clip, "--config", city, "--camera", "gat").output
    result = run(clip, "--config", city, "--camera", "gate")
    assert (result.exit_code, "left-behind at 0:2" in result.stdout) == (0, True), result.output


def test_what_is_no_clip_is_told(clip: Path, city: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    assert "no such file" in run(tmp_path / "none.mp4", "--config", city).output
    result = run(tmp_path / "text.mp4", "--config", city)
    assert (result.exit_code, "no video that FFmpeg knows" in result.output) == (3, True), result.output
    assert "name another file" in run(clip, "--config", city, "--video", clip).output
    assert clip.stat().st_size > 0


# ---- real clips ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["residential_street.mp4", "motorway_720p.mp4", "car-detection.mp4", "brightness_change.avi"]
)
def test_nothing_to_report(name: str) -> None:
    file = DATA / "video" / name
    if not file.is_file():
        pytest.skip(f"real data is missing: {file}")
    result = run(file, "--config", EXAMPLE, "--json", "-")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.slow
def test_a_car_that_stops_far_off_is_one_case() -> None:
    """16 x 20 pixels large it stops on the shoulder at 23.2 s, by what the clip's makers say, and stays."""
    file = DATA / "roadtrack" / "K295_179.mp4"
    if not file.is_file():
        pytest.skip(f"real data is missing: {file}")
    result = run(file, "--config", EXAMPLE)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("stopped-vehicle at")]
    assert [int(each) for each in re.findall(r"(\d+) % from", line)] == pytest.approx([53, 39], abs=2)
    (case,) = [json.loads(each) for each in run(file, "--config", EXAMPLE, "--json", "-").stdout.splitlines()]
    assert 23.2 + 30 - 5 <= seconds(case["started"]) <= 23.2 + 30 + 5

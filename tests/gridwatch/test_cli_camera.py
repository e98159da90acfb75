"""`gridwatch camera test`: what it says of a stream, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("av", reason="needs gridwatch[cameras]")
import cv2
import numpy as np

from gridwatch.cli import app
from tests.cameras.clips import HEIGHT, WIDTH, clip, jpeg
from tests.services.rtsp import RtspServer, rtsp_server
from tests.services.web_camera import WebCamera, web_camera

__all__ = ["rtsp_server", "web_camera"]


def told_of(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["camera", "test", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.service
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_live_stream(
    rtsp_server: Callable[..., RtspServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("CAMERA_USER", "keeper")
    monkeypatch.setenv("CAMERA_PASSWORD", "hush-hush")
    server = rtsp_server(user="keeper", password="hush-hush")
    named = ("--user-env", "CAMERA_USER", "--password-env", "CAMERA_PASSWORD", "--transport", transport)
    said = told_of(server.url, *named, "--seconds", "2", "--json", "--picture", tmp_path / "a.png")
    found = json.loads(said)
    assert (found["codec"], found["width"], found["height"], found["said_rate"]) == ("h264", 320, 180, 25.0)
    assert found["rate"] == pytest.approx(25, abs=5)
    assert found["keyframe_interval"] == pytest.approx(0.48, abs=0.01)
    assert found["undecodable"] == 0
    assert found["health"] == found["advice"] == []
    assert "keeper" not in said
    image = cv2.imread(str(tmp_path / "a.png"))
    assert image is not None
    assert image.shape == (180, 320, 3)


def test_a_recording_in_words(tmp_path: Path) -> None:
    said = told_of(clip(tmp_path / "a.mp4"), "--picture", tmp_path / "a.jpg")
    for line in ("codec h264", f"size {WIDTH} x {HEIGHT}", "key frames every 1.00 s", "not decoded 0 of 50"):
        assert line in " ".join(said.split()), said
    assert (tmp_path / "a.jpg").exists()


def test_what_should_be_mended_is_said(tmp_path: Path) -> None:
    rare = told_of(clip(tmp_path / "a.mp4", pictures=110, keyframes=50), "--seconds", "20", code=1)
    assert "Key frames come every 5.0 s" in " ".join(rare.split())


def test_a_picture_in_which_nothing_can_be_seen(web_camera: Callable[..., WebCamera]) -> None:
    black = bytes(cv2.imencode(".jpg", np.zeros((96, 160, 3), np.uint8))[1])
    found = json.loads(told_of(web_camera(lambda _: black).url("mjpeg"), "--seconds", "1", "--json", code=1))
    assert found["health"] == ["black"]
    assert found["clock"] == "arrival"


@pytest.mark.parametrize(
    "words, code, told",
    [
        pytest.param(["rtsp://u:hush@h/a"], 2, "URL: expected no user or password in the address", id="password"),
        pytest.param(["rtsp://127.0.0.1:1/a"], 3, "nobody listens there", id="nobody"),
        pytest.param(["a.mp4"], 3, "a.mp4: there is no such file", id="no file"),
        pytest.param(["a.mp4", "--user-env", "A B"], 2, "--user-env: ", id="no variable's name"),
        pytest.param(["a.mp4", "--user-env", "NOBODY_SET_THIS"], 3, "'NOBODY_SET_THIS' is not set", id="not set"),
        pytest.param(["a.mp4", "--transport", "post"], 2, "--transport: ", id="transport"),
    ],
)
def test_what_cannot_be(words: list[str], code: int, told: str) -> None:
    said = told_of(*words, code=code)
    assert told in said
    assert "hush" not in said


def test_a_picture_of_no_kind(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    assert "--picture: expected a name" in told_of(tmp_path / "a.jpg", "--picture", tmp_path / "a.mov", code=2)

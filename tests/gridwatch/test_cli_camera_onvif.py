"""`gridwatch camera discover` and `gridwatch camera onvif`: what they tell, and that what they print can be used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("onvif", reason="needs gridwatch[cameras]")
import cv2

from cameras import discovery
from cameras.settings import CamerasSettings
from gridwatch.cli import app
from pipeline.runtime.document import parse_document
from tests.cameras.clips import HEIGHT, WIDTH, clip
from tests.services.onvif_camera import Discoverable, OnvifServer, onvif_server

__all__ = ["onvif_server"]
Servers = Callable[..., OnvifServer]


def told_of(*words: str | int, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["camera", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def dome(onvif_server: Servers, monkeypatch: pytest.MonkeyPatch) -> Sequence[str | int]:
    """A camera that can be turned, as the command's words."""
    monkeypatch.setenv("DOME_USER", "watch")
    monkeypatch.setenv("DOME_PASSWORD", "hush-hush")
    server = onvif_server(user="watch", password="hush-hush")
    server.presets["3"] = ('Yard "north": 2', None)
    server.presets["4"] = ("Yard", None)
    return ["onvif", "127.0.0.1", "--port", server.port, "--user-env", "DOME_USER", "--password-env", "DOME_PASSWORD"]


def test_what_it_gives_as_the_configuration_has_it(dome: Sequence[str | int]) -> None:
    said = told_of(*dome)
    assert "gridwatch test dome 1.0: can be turned" in said
    assert "hush-hush" not in said
    assert "geheim" not in said
    found: Any = parse_document(said[said.index("cameras:") :], "printed").data
    camera = CamerasSettings.model_validate(found).cameras["127.0.0.1"]
    assert camera.url == "rtsp://192.0.2.7:554/stream1"
    assert (camera.user_env, camera.password_env) == ("DOME_USER", "DOME_PASSWORD")
    assert camera.onvif is not None
    assert camera.onvif.port == dome[3]
    assert {name: preset.token for name, preset in camera.presets.items()} == {
        "Gate": "1",
        "Yard": "2",
        'Yard "north": 2': "3",
        "Yard (4)": "4",
    }


def test_what_it_gives_for_machines(dome: Sequence[str | int]) -> None:
    said = json.loads(told_of(*dome, "--json"))
    assert said["ptz"] is True
    assert said["profiles"][1] == {
        "token": "sub",
        "name": "sub",
        "codec": "h264",
        "width": 640,
        "height": 360,
        "fps": 25.0,
        "url": "rtsp://192.0.2.7:554/stream2",
        "ptz": True,
    }
    assert said["presets"][1:3] == [
        {"token": "2", "name": "Yard", "position": {"pan": 0.5, "tilt": -0.2, "zoom": 0.1}},
        {"token": "3", "name": 'Yard "north": 2', "position": None},
    ]


def test_a_camera_that_can_not_be_turned(onvif_server: Servers) -> None:
    said = told_of("onvif", "127.0.0.1", "--port", onvif_server(ptz=False).port)
    assert "can't be turned" in said
    assert "presets" not in said


@pytest.mark.parametrize(
    "words, code, told",
    [
        pytest.param(["127.0.0.1", "--port", 1], 3, "ONVIF at 127.0.0.1:1: it can't be reached", id="nobody"),
        pytest.param(["h", "--user-env", "NOBODY_SET_THIS"], 2, "--user-env: the environment variable", id="not-set"),
    ],
)
def test_what_fails(words: list[str | int], code: int, told: str) -> None:
    assert told in told_of("onvif", *words, code=code)


MATCH = """<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<e:Header><w:RelatesTo>{message}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch>
<d:Scopes>onvif://www.onvif.org/name/Gate onvif://www.onvif.org/hardware/X1</d:Scopes>
<d:XAddrs>http://10.0.0.7:8000/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"""


def test_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Discoverable(MATCH)
    monkeypatch.setattr(discovery.discover, "__defaults__", (3.0, None, there.group))
    asked = ("discover", "--seconds", "0.3", "--interface", "127.0.0.1")
    try:
        said = told_of(*asked)
        found = json.loads(told_of(*asked, "--json"))
    finally:
        there.close()
    assert "10.0.0.7 8000 Gate X1" in " ".join(said.split())
    assert found == {
        "host": "10.0.0.7",
        "port": 8000,
        "name": "Gate",
        "hardware": "X1",
        "scopes": ["onvif://www.onvif.org/name/Gate", "onvif://www.onvif.org/hardware/X1"],
        "address": "http://10.0.0.7:8000/onvif/device_service",
    }


def test_nobody_is_there_and_a_wrong_interface() -> None:
    assert "No camera answered" in told_of("discover", "--seconds", "0.1", "--interface", "127.0.0.1")
    assert "--interface 10.0.0.2" in told_of("discover", "--interface", "192.0.2.1", code=3)


def test_a_plain_picture_for_a_preset(tmp_path: Path) -> None:
    pixels = []
    for name, how in (("plain.png", ["--plain"]), ("grid.png", [])):
        told_of("test", str(clip(tmp_path / "a.mp4")), "--picture", str(tmp_path / name), *how)
        image = cv2.imread(str(tmp_path / name))
        assert image is not None
        pixels.append(image[0, WIDTH // 10].tolist())
        assert image.shape == (HEIGHT, WIDTH, 3)
    plain, grid = pixels
    assert max(plain) - min(plain) < 20  # grey
    assert grid == [0, 255, 255]

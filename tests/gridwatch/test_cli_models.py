"""`gridwatch models`: which there are, and fetching them from a server of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from tests.cameras.test_models import CONTENT, SHA, server

__all__ = ["server"]

CITY = """
city: street
time_zone: UTC
sources:
  cameras: {type: import, tick: 500ms, down: 1h}
cameras:
  a: {url: rtsp://camera.example/1, watchers: {object_detector: {model: {url: "URL", sha256: SHA}}}}
  b: {url: rtsp://camera.example/2, watchers: {object_detector: {model: {url: "URL", sha256: SHA}, tiles: 2}}}
  c: {url: rtsp://camera.example/3, watchers: {static_object: {}}}
streams:
  sightings: {source: cameras, topic: "cameras/{camera}/sightings", codec: sightings, unknown: accept}
"""


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, words)])


def city(folder: Path, url: str) -> Path:
    (folder / "city.yaml").write_text(CITY.replace("URL", url).replace("SHA", SHA))
    return folder


def test_those_that_a_city_uses_are_fetched_once(server: str, tmp_path: Path) -> None:
    config = city(tmp_path, f"{server}/good.onnx")
    file = tmp_path / "cache" / "gridwatch" / "models" / f"good-{SHA[:12]}.onnx"
    assert run("list", "--config", config).stdout == f"good  missing  {file}\n"
    refused = run("pull", "--config", config)
    assert (refused.exit_code, "--allow-http" in refused.output, file.exists()) == (3, True, False)
    assert run("pull", "--config", config, "--allow-http").stdout == f"good: fetched: {file}\n"
    assert file.read_bytes() == CONTENT
    assert run("pull", "good", "--config", config).stdout == f"good: is there: {file}\n"
    (row,) = map(json.loads, run("list", "--config", config, "--json").stdout.splitlines())
    assert row == {"name": "good", "there": "there", "file": str(file), "url": f"{server}/good.onnx", "sha256": SHA}
    file.write_bytes(b"other")
    assert run("list", "--config", config).stdout == f"good  damaged  {file}\n"


def test_the_model_of_a_watchers_part_is_used_too(server: str, tmp_path: Path) -> None:
    config = city(tmp_path, f"{server}/good.onnx")
    text = (config / "city.yaml").read_text()
    nested = text.replace("object_detector: {", "parking_spaces: {detector: {").replace("}}}}\n", "}}}}}\n")
    (config / "city.yaml").write_text(nested.replace("}, tiles: 2}}}\n", "}, tiles: 2}}}}\n"))
    assert run("list", "--config", config).stdout.splitlines()[0].startswith("good  missing  ")


def test_another_file_than_the_one_that_was_meant(server: str, tmp_path: Path) -> None:
    result = run("pull", "--config", city(tmp_path, f"{server}/other.onnx"), "--allow-http")
    assert (result.exit_code, "it was thrown away" in result.output) == (3, True)


def test_those_known_by_name() -> None:
    assert run("list").stdout.startswith("yolox_nano  missing  ")
    result = run("pull", "yolox_nan")
    assert (result.exit_code, "did you mean 'yolox_nano'?" in result.output) == (2, True)

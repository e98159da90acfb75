"""A clip of a camera that turns away for a minute and back: one case where the rule waits for longer, by its preset."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("av", reason="needs gridwatch[cameras]")
import av
import cv2

from gridwatch.cli import app
from tests.cameras.drawn import BAG, START, Stays
from tests.cameras.street import HIGH, WIDE
from tests.cameras.test_presets import GATE, YARD, tour

CONFIG = """
city: tour
time_zone: UTC
sources: {{cameras: {{type: import, tick: 500ms, down: 1h}}}}
cameras:
  tower:
    url: rtsp://camera.example/stream1
    fps: 5
    presets: {{gate: {{pictures: [gate.png]}}, yard: {{pictures: [yard.png]}}}}
    zones: {{drive: {{corners: [[0, 0.1], [1, 0.1], [1, 1], [0, 1]], preset: gate}}}}
    watchers: {{static_object: {{zones: [drive], presets: [gate]}}}}
streams:
  seen:
    source: cameras
    topic: cameras/{{camera}}/sightings
    codec: sightings
    unknown: accept
    labels: [object]
    zones: [drive]
    gap: {gap}
rules:
  - id: left
    detector: stationary
    category: waste
    clear: 5s
    gap: {gap}
    parameters: {{still: 10s, labels: [object]}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip, and a picture of each preset."""
    folder = tmp_path_factory.mktemp("tour")
    with av.open(str(folder / "tour.mp4"), "w") as out:
        stream: Any = out.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame in tour([Stays((0.5, 0.8), BAG, since=20)]):
            picture: Any = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
            picture.pts, picture.time_base = round((frame.ts - START) * 1000), Fraction(1, 1000)
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    for name, street in (("gate", GATE), ("yard", YARD)):
        cv2.imwrite(str(folder / f"{name}.png"), next(street.film(1)).image)
    return folder


def watched(folder: Path, config: str) -> tuple[int, str]:
    (folder / "city.yaml").write_text(config)
    words = ["camera", "watch", str(folder / "tour.mp4"), "--config", str(folder), "--json", "-"]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output


@pytest.mark.parametrize("gap, cases", [("30s", 2), ("2min", 1)])
def test_what_is_left_is_one_case_where_the_rule_waits(folder: Path, gap: str, cases: int) -> None:
    code, said = watched(folder, CONFIG.format(gap=gap))
    assert code == 0, said
    found = [json.loads(line) for line in said.splitlines()]
    assert len(found) == cases
    assert found[-1]["measure"] > 100  # it has stood since 20 s


@pytest.mark.parametrize(
    "wrong, told",
    [
        pytest.param(
            ("presets: [gate]}}", "}}"), "at the preset 'yard': camera 'tower' has no zone 'drive'", id="zone"
        ),
        pytest.param(("[gate.png]", "[city.yaml]"), "presets.gate: ", id="no-picture"),
        pytest.param(
            ("{pictures: [gate.png]}, yard: {pictures: [yard.png]}", "{token: '1'}"),
            "expected pictures of it",
            id="token",
        ),
    ],
)
def test_what_does_not_fit_is_told(folder: Path, wrong: tuple[str, str], told: str) -> None:
    code, said = watched(folder, CONFIG.format(gap="30s").replace(*wrong))
    assert code != 0
    assert told in said

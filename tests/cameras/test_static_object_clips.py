"""static_object on clips as cameras record them: a part of what docs/results/static_object.md is made of.

And the example street_camera on some of them: one case for a bag, one for a tipper with its heap, none where nothing is
left.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("av", reason="needs gridwatch[cameras]")

from benchmarks.pages import ROOT
from benchmarks.static_clips import VIDEOS, Clip, Rests, ground, write
from benchmarks.static_object import PAGE, run
from benchmarks.static_situations import PLACES, grid, tipper
from benchmarks.static_sprites import bag
from benchmarks.static_weather import clouds, sways
from gridwatch.cli import app

pytestmark = pytest.mark.timeout(300)
REAL = pytest.mark.skipif(not all(each.exists() for each in VIDEOS.values()), reason=f"needs {VIDEOS['street'].parent}")


@REAL
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("clouds, fast (flat)", id="clouds-on-flat-colours"),
        pytest.param("clouds, strong and sharp (street)", id="clouds", marks=pytest.mark.slow),
        pytest.param("pole, 0.5 % (flat)", id="sways", marks=pytest.mark.slow),
        pytest.param("people pass all the time (flat)", id="people", marks=pytest.mark.slow),
        pytest.param("traffic (flat)", id="traffic", marks=pytest.mark.slow),
    ],
)
def test_a_bag_is_found_and_nothing_else(name: str) -> None:
    (situation,) = (each for each in grid() if each.name == name)
    (result,) = run([situation])
    assert result.found
    assert result.delay <= 9.0
    assert result.lasting == 0


def numbers() -> dict[str, tuple[int, int, int]]:
    """The page's sums: found, of how many, wrong; by group."""
    rows = re.findall(
        r"^\| ([a-z ,]+) \| (?:(\d+) of (\d+))? ?\| (\d+) in \d+ min \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return {name: (int(found or 0), int(of or 0), int(wrong)) for name, found, of, wrong in rows}


def test_the_page_says_what_the_watcher_is_relied_on_for() -> None:
    said = numbers()
    found, of = (sum(each[n] for each in said.values()) for n in (0, 1))
    assert of >= 45
    assert found / of >= FOUND
    assert sum(wrong for _, _, wrong in said.values()) <= WRONG


FOUND, WRONG = 0.88, 4
"""Of what is left, the share that is found; and all wrong objects that stood for 15 s."""


# ---- the example -----------------------------------------------------------------------------------------------------

EXAMPLE = ROOT / "configs" / "examples" / "street_camera"
LEFT = Rests(bag(), PLACES["flat"], 8.0)
BAG = Clip(ground("flat"), 46.0, (LEFT,))


def cases(clip: Clip, folder: Path) -> list[dict[str, Any]]:
    """What `gridwatch camera watch` writes."""
    file, out = write(clip, folder / "clip.mp4"), folder / "cases.jsonl"
    done = CliRunner().invoke(app, ["camera", "watch", str(file), "--config", str(EXAMPLE), "--json", str(out)])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(BAG, 1, id="a-bag"),
        pytest.param(replace(BAG, light=clouds(0.4, 12)), 1, id="a-bag-under-clouds", marks=pytest.mark.slow),
        pytest.param(replace(BAG, light=sways(0.01)), 1, id="a-bag-while-the-camera-sways", marks=pytest.mark.slow),
        pytest.param(replace(BAG, actors=(), light=clouds(0.6, 20)), 0, id="only-clouds", marks=pytest.mark.slow),
        pytest.param(replace(BAG, actors=(), light=sways(0.02)), 0, id="only-shake", marks=pytest.mark.slow),
    ],
)
def test_what_is_left_in_a_street_is_one_case(clip: Clip, expected: int, tmp_path: Path) -> None:
    assert len(cases(clip, tmp_path)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("waits", [15.0, 50.0])
def test_a_tipper_and_its_heap_are_one_case(waits: float, tmp_path: Path) -> None:
    clip = tipper("", ground("flat"), waits).clip
    assert len(cases(replace(clip, seconds=clip.seconds + 10.0), tmp_path)) == 1

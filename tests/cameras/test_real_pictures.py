"""Real pictures: what docs/results/pictures.md says is so, and does not drop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.camera_faults import FAULTS, HARMLESS, VIDEOS, health
from benchmarks.pictures import MODEL, PAGE, PHOTOS, PLATES, photos, plates

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def needs(*paths: Path) -> pytest.MarkDecorator:
    missing = [path for path in paths if not path.exists()]
    return pytest.mark.skipif(bool(missing), reason=f"there is no {missing[0] if missing else ''}")


def row(name: str) -> list[str]:
    """The cells of the page's row of that name."""
    found = re.search(rf"(?m)^\| {re.escape(name)} \|(.*)\|$", PAGE.read_text("utf-8"))
    assert found, f"{PAGE.name} has no row '{name}'"
    return [cell.strip() for cell in found[1].split("|")]


@needs(PLATES)
def test_plates_are_read_as_well_as_the_page_says() -> None:
    pytest.importorskip("rapidocr", reason="reading plates needs rapidocr")
    chosen, other = plates()
    for cell, half in zip(row("gridwatch")[:2], (chosen, other), strict=True):
        right, of = map(int, cell.split(" of "))
        assert half.of == of
        assert half.ours >= right - 1  # another processor may round the model's answers otherwise
        assert half.ours > half.signs + 0.2 * of
        assert half.home >= half.ours


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs(video), id=name.replace(" ", "-")) for name, video in VIDEOS.items()]
)
def test_faults_of_a_camera_are_found_and_nothing_else(name: str) -> None:
    place = list(VIDEOS).index(name) + 1  # the first cell is the fault
    for what, fault, values in health(VIDEOS[name]):
        if not fault:
            assert max(values.values()) < 0.5, what
        else:
            assert (values[fault] >= 0.5) >= ("not found" not in row(what)[place]), what


def test_the_page_has_every_change() -> None:
    for what in [*HARMLESS, *FAULTS]:
        assert len(row(what)) == 1 + len(VIDEOS)


@needs(PHOTOS, MODEL)
def test_waste_at_containers_is_told_better_than_by_the_commonest_class() -> None:
    found = photos()
    for name, each in found.items():
        of, commonest, right = map(int, row(name)[:3])
        assert (each.of, each.commonest) == (of, commonest)
        assert each.right >= right - 2
    for name in ("all", "near, by telephone"):
        assert found[name].between()[0] > found[name].commonest / found[name].of

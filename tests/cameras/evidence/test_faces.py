"""Heads are hidden so that nothing of them is left: where they are, and a real face."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cv2", reason="needs gridwatch[cameras]")
import cv2

from benchmarks.bins import DATA
from cameras.evidence.faces import Hider, head, hide, tiles
from cameras.evidence.settings import Faces
from cameras.models import Model, ModelError
from cameras.tiles import parts
from cameras.watcher import Image

NANO = DATA / "models" / "yolox_nano.onnx"
_PORTRAIT = (185, 110, 345, 320)
"""Where the face is in Matplotlib's portrait of Grace Hopper (US Navy, public domain), which is 512 x 600 pixels."""


#       left top right bottom                where its head can be
@pytest.mark.parametrize(
    "box, expected",
    [
        pytest.param((100, 100, 140, 200), (94, 94, 146, 146), id="stands"),
        pytest.param((100, 100, 200, 220), (85, 85, 215, 215), id="cut-off-at-the-chest"),
        pytest.param((100, 100, 200, 140), (85, 85, 215, 155), id="lies"),
        pytest.param((100, 100, 110, 200), (98, 98, 112, 137), id="half-behind-a-post"),
        pytest.param((0, 0, 40, 100), (0, 0, 46, 46), id="at-the-edge"),
    ],
)
def test_where_a_head_can_be(box: tuple[float, ...], expected: tuple[int, ...]) -> None:
    left, top, right, bottom = box
    assert head((left, top, right, bottom), 480, 640) == expected


#  pixels of the picture's longer side: what is looked at closely is no larger than 640
@pytest.mark.parametrize("longer, expected", [(160, 2), (640, 2), (1280, 3), (1920, 4), (3840, 8)])
def test_how_closely_a_picture_is_looked_at(longer: int, expected: int) -> None:
    assert tiles(longer, 640) == expected
    found = parts(longer * 9 // 16, longer, expected, ())
    assert all(max(right - left, bottom - top) <= 640 for left, top, right, bottom in found[1:])


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_of_what_is_hidden_a_few_colours_are_left(left: int, top: int, wide: int, high: int, seed: int) -> None:
    """Two pictures that differ within the hidden part but not in its patches' means are the same when hidden."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (64, 64, 3), np.uint8).astype(np.uint8)
    region = (left, top, min(64, left + wide), min(64, top + high))
    hidden = hide(image, [region])
    outside = np.ones((64, 64), bool)
    outside[region[1] : region[3], region[0] : region[2]] = False
    assert (hidden[outside] == image[outside]).all()
    size = max(6, -(-max(region[2] - region[0], region[3] - region[1]) // 5))
    turned = image.copy()  # each patch upside down: other details, the same colours
    if (region[2] - region[0]) % size == 0 and (region[3] - region[1]) % size == 0:
        for y in range(region[1], region[3], size):
            for x in range(region[0], region[2], size):
                turned[y : y + size, x : x + size] = image[y : y + size, x : x + size][::-1]
        assert np.abs(hide(turned, [region]).astype(int) - hidden).max() <= 1


@pytest.fixture(scope="module")
def hider() -> Hider:
    if not NANO.exists():
        pytest.skip(f"{NANO} is not here")
    return Hider(Faces(model=Model(file=NANO)))


@pytest.fixture(scope="module")
def portrait() -> Image:
    spec = find_spec("matplotlib")
    file = Path(str(spec.origin)).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg" if spec else Path("none")
    if not file.exists():
        pytest.skip("Matplotlib's portrait of Grace Hopper is not here")
    return np.asarray(cv2.imread(str(file)), np.uint8)


@pytest.mark.parametrize("wide", [24, 32, 64, 128])
def test_a_real_face_in_a_street_is_hidden(hider: Hider, portrait: Image, wide: int) -> None:
    """wide: pixels of the face in a picture of 1280 x 720. See docs/guides/evidence.md."""
    share = wide / (_PORTRAIT[2] - _PORTRAIT[0])
    small = cv2.resize(portrait, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(wide)
    street = np.clip(rng.normal(120, 6, (720, 1280, 3)), 0, 255).astype(np.uint8)
    street[200 : 200 + small.shape[0], 500 : 500 + small.shape[1]] = small
    left, top, right, bottom = (round(edge * share) for edge in _PORTRAIT)
    face = np.s_[200 + top : 200 + bottom, 500 + left : 500 + right]
    regions = hider.find(street)
    covered = np.zeros((720, 1280), bool)
    for a, b, c, d in regions:
        covered[b:d, a:c] = True
    assert covered[face].mean() > 0.99
    edges = [float(cv2.Laplacian(image[face], cv2.CV_64F).var()) for image in (street, hide(street, regions))]
    assert edges[1] < edges[0] / 50


def test_without_its_model_nothing_can_be_hidden(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such model"):
        Hider(Faces(model=Model(file=tmp_path / "none.onnx")))


def test_where_no_faces_are_looked_for_a_reason_is_needed() -> None:
    assert Hider(Faces(none="a drawn street, nobody in it")).find(np.zeros((50, 50, 3), np.uint8)) == []
    with pytest.raises(ValueError, match="at least 8"):
        Faces(none="so")
    with pytest.raises(ValueError, match="either 'none'"):
        Faces(none="a drawn street", closely=600)

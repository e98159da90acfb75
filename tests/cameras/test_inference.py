"""A model at work: batches, sizes, and files that are no such model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cameras.inference import Session, session
from cameras.models import ModelError
from cameras.watcher import Image
from cameras.yolox import Picking
from tests.cameras.tiny_model import tiny

pytest.importorskip("onnx", reason="models for tests are made with it")
pytest.importorskip("onnxruntime", reason="needs gridwatch[cameras]")
pytest.importorskip("cv2", reason="needs gridwatch[cameras]")

CPU = ("CPUExecutionProvider",)
ALL = Picking(0.1, 0.45, None)


def picture(*cells: tuple[int, int], side: int = 64) -> Image:
    """Grey, with white squares of 8 x 8 at (column, row)."""
    image = np.full((side, side, 3), 90, np.uint8)
    for x, y in cells:
        image[8 * y : 8 * y + 8, 8 * x : 8 * x + 8] = 250
    return image


PICTURES = [picture((n, 1), (2, n)) if n % 3 else picture() for n in range(11)]


@pytest.mark.parametrize("batch", ["n", 1, 4, 16])
def test_pictures_are_the_same_in_any_batch(batch: int | str, tmp_path: Path) -> None:
    running = Session(tiny(tmp_path / "tiny.onnx", batch), CPU, 1)
    assert running.batch == (8 if batch == "n" else batch)
    together = running.find([(image, ALL) for image in PICTURES])
    alone = [running.find([(image, ALL)])[0] for image in PICTURES]
    for one, other in zip(together, alone, strict=True):
        assert [column.tolist() for column in one] == [column.tolist() for column in other]
    assert [sorted(found.boxes.tolist()) for found in together[:2]] == [[], [[8, 8, 16, 16], [16, 8, 24, 16]]]
    assert running.find([]) == []


def test_boxes_are_in_the_pictures_own_pixels(tmp_path: Path) -> None:
    running = Session(tiny(tmp_path / "tiny.onnx"), CPU, 1)
    large = np.repeat(np.repeat(picture((3, 5)), 4, axis=0), 4, axis=1)
    wide = large[128:, :]  # the padding below is found to be nothing
    found = running.find([(large, ALL), (wide, ALL), (large, Picking(0.1, 0.45, frozenset({0})))])
    assert [one.boxes.tolist() for one in found] == [[[96, 160, 128, 192]], [[96, 32, 128, 64]], []]


def test_a_process_has_one_session_for_all_who_ask_for_the_same(tmp_path: Path) -> None:
    file = tiny(tmp_path / "tiny.onnx")
    first = session(file, CPU, 1)
    assert session(tmp_path / "." / "tiny.onnx", list(CPU), 1) is first
    assert session(file, CPU, 2) is not first


def test_what_is_no_such_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(ModelError, match="can't load it"):
        Session(tmp_path / "text.onnx", CPU, 1)
    with pytest.raises(ModelError, match="multiples of 32"):
        Session(tiny(tmp_path / "odd.onnx", side=40), CPU, 1)
    with pytest.raises(ModelError, match=r"no provider 'CPUExecutionProvidr' here; did you mean"):
        Session(tiny(tmp_path / "tiny.onnx"), ["CPUExecutionProvidr"], 1)
    with pytest.raises(ModelError, match=r"expected an answer of shape \(1, 84, 5 \+ classes\), got \(1, 83, 7\)"):
        Session(tiny(tmp_path / "short.onnx", rows=83), CPU, 1).find([(picture(), ALL)])

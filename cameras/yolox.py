"""yolox: a picture as YOLOX wants it, and the boxes in what it answers.

YOLOX (Ge et al. 2021, https://github.com/Megvii-BaseDetection/YOLOX) sees a picture that is scaled to fit into its
input and padded at the right and at the bottom, blue, green, red, 0..255. For each cell of three grids (8, 16 and 32
pixels a cell) it answers with one row: where the box's middle is within the cell, the logarithm of its size in cells,
how sure it is that something is there, and of what kind. As its own `export_onnx.py` writes it, without
`--decode_in_inference`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cameras.watcher import Image
from pipeline.rows import Floats, Longs

STRIDES = (8, 16, 32)
"""Pixels a cell of each grid."""
_PADDING = 114
"""The grey that the model was trained with."""

COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
"""The classes of COCO (https://cocodataset.org), in the order of the models that were trained on it."""


class Found(NamedTuple):
    """The objects in one picture, the surest first."""

    boxes: Floats
    """Shape (n, 4): left, top, right, bottom, pixels of the picture."""
    scores: Floats
    """Shape (n,), 0..1"""
    classes: Longs
    """Shape (n,): the class's place in the model's list."""


class Picking(NamedTuple):
    """Which boxes are taken."""

    least: float
    """Of its score, 0..1."""
    overlap: float
    """Of two that share more than this (intersection over union) only the surer is taken, whatever their classes."""
    classes: frozenset[int] | None
    """What is looked for; None: anything."""


def rows_of(height: int, width: int) -> int:
    """How many rows the model answers with, for an input of that size."""
    return sum((height // stride) * (width // stride) for stride in STRIDES)


def letterbox(image: Image, out: NDArray[np.float32]) -> float:
    """Write a picture into `out`, shape (3, height, width), as the model wants it; returns what it was scaled by."""
    import cv2

    _, height, width = out.shape
    scale = float(min(height / image.shape[0], width / image.shape[1]))
    high, wide = max(1, int(image.shape[0] * scale)), max(1, int(image.shape[1] * scale))
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    out[:] = _PADDING
    out[:, :high, :wide] = cv2.resize(image, (wide, high), interpolation=method).transpose(2, 0, 1)
    return scale


def decode(answer: NDArray[np.float32], height: int, width: int) -> tuple[Floats, Floats]:
    """The boxes, shape (n, 4), left, top, right, bottom, pixels of the model's input, and their scores for each class,
    shape (n, classes).

    answer: shape (n, 5 + classes), for an input of that size. A score is that something is there, times the class's.
    """
    cells, strides = _grid(height, width)
    said = answer.astype(np.float64)
    middle = (said[:, :2] + cells) * strides
    half = np.exp(np.minimum(said[:, 2:4], 10.0)) * strides / 2.0  # larger than any picture, and still finite
    return np.concatenate((middle - half, middle + half), axis=1), said[:, 4:5] * said[:, 5:]


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack((x, y), axis=-1).reshape(-1, 2))
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def pick(boxes: Floats, scores: Floats, picking: Picking) -> Found:
    """The objects. boxes: shape (n, 4); scores: shape (n, classes)."""
    if picking.classes is not None:
        known = [c for c in sorted(picking.classes) if c < scores.shape[1]]
        asked = np.zeros_like(scores)
        asked[:, known] = scores[:, known]
        scores = asked
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    sure = np.flatnonzero((best >= picking.least) & (best > 0) & np.isfinite(boxes).all(axis=1))
    return surest(Found(boxes[sure], best[sure], classes[sure].astype(np.int64)), picking.overlap)


def surest(found: Found, overlap: float) -> Found:
    """Each object once: of boxes that share more than `overlap` the surest, the surest first."""
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes[order]
    size = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    open_ = np.ones(len(order), bool)
    taken = []
    for i in range(len(order)):
        if not open_[i]:
            continue
        taken.append(i)
        low, high = np.maximum(boxes[:, :2], boxes[i, :2]), np.minimum(boxes[:, 2:], boxes[i, 2:])
        both = np.prod(np.maximum(high - low, 0.0), axis=1)
        open_ &= both <= overlap * (size + size[i] - both)
    kept = order[taken]
    return Found(found.boxes[kept], found.scores[kept], found.classes[kept])

"""bin_pictures: does waste lie beside or out of the container in this picture? Learnt from pictures of both sorts.

For pictures of any place, where no picture of the empty bin is to be had: what officers or citizens send in. The object
detector (YOLOX, cameras.yolox) knows no waste, but heaps of bags resemble much that it knows. Its likelihoods of all
classes, the five highest of each, in the whole picture and in three parts of its lower half, go into a logistic
regression with a ridge (van Houwelingen 1992), which a few hundred pictures are enough for.

No learnt weights come with it: what waste looks like differs from city to city, and docs/results/pictures.md says how
much two hundred pictures teach. Deterministic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cameras.watcher import Image
from cameras.yolox import letterbox
from pipeline.rows import Floats

_HIGHEST = 5
_LEAST = 1e-4
"""Likelihoods are compared by their logarithms, from here on."""
_PART = 0.62
"""The parts are squares of this share of the picture's shorter side, their lower edge at `_BOTTOM` of its height."""
_BOTTOM = 0.95
_STEPS = 30


class Features:
    """What the object detector makes of a picture."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """model: YOLOX as ONNX, of a fixed input size."""
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0]

    def of(self, image: Image) -> Floats:
        """Shape (classes,)."""
        high, wide = image.shape[:2]
        side, bottom = max(1, int(_PART * min(high, wide))), int(_BOTTOM * high)
        parts = [image[bottom - side : bottom, x : x + side] for x in (0, (wide - side) // 2, wide - side)]
        return np.asarray(np.mean([self._likely(each) for each in (image, *parts)], axis=0), np.float64)

    def _likely(self, part: Image) -> Floats:
        given = np.zeros((1, *self._input.shape[1:]), np.float32)
        letterbox(np.ascontiguousarray(part), given[0])
        found: NDArray[np.float32] = self._session.run(None, {self._input.name: given})[0][0]
        likely = np.sort(found[:, 4:5] * found[:, 5:], axis=0)[-_HIGHEST:].mean(0)
        return np.asarray(np.log(likely + _LEAST), np.float64)


class Judge:
    """Tells pictures with waste from those without."""

    def __init__(self, features: Floats, dirty: NDArray[np.bool_], ridge: float = 30.0) -> None:
        """Learns. features: shape (n, classes); dirty: shape (n,). ridge: how many pictures doubt weighs against."""
        self._middle, self._spread = features.mean(0), features.std(0) + 1e-9
        rows = self._rows(features)
        kept = np.full(rows.shape[1], ridge)
        kept[-1] = 1e-6  # how common waste is may be anything
        self._weights = np.zeros(rows.shape[1])
        for _ in range(_STEPS):  # Newton's method; the problem is convex
            likely = 1.0 / (1.0 + np.exp(-rows @ self._weights))
            slope = rows.T @ (likely - dirty) + kept * self._weights
            bend = (rows * (likely * (1.0 - likely))[:, None]).T @ rows + np.diag(kept)
            self._weights -= np.linalg.solve(bend, slope)

    def _rows(self, features: Floats) -> Floats:
        scaled = (features - self._middle) / self._spread
        return np.concatenate((scaled, np.ones((len(scaled), 1))), axis=1)

    def dirty(self, features: Floats) -> Floats:
        """How likely there is waste in each picture, 0..1. features: shape (n, classes)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self._rows(features) @ self._weights)), np.float64)

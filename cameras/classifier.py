"""classifier: what does this picture show, of a few things that a city's own model tells apart?

A model as training frameworks export it (ONNX): one input of shape (n, 3, height, width), red, green, blue, levels 0..1
less `mean` over `spread`; one output of shape (n, classes), likelihoods or their logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cameras.models import ModelError
from cameras.watcher import Image
from pipeline.rows import Floats

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, which most models were trained on."""


class PictureClassifier:
    """A model at work."""

    def __init__(self, file: Path, mean: Sequence[float], spread: Sequence[float], threads: int) -> None:
        """Raises ModelError where the model is not of that form."""
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # whatever onnxruntime finds wrong with a file
            raise ModelError(f"{file}: onnxruntime can't load it: {str(error)[:200]}") from error
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or shape[1] != 3 or not all(isinstance(each, int) for each in shape[2:]):
            raise ModelError(f"{file}: expected one input of shape (n, 3, height, width), got {shape}")
        self._name, (self._high, self._wide) = inputs[0].name, shape[2:]
        self._mean, self._spread = np.array(mean), np.array(spread)
        answer = self._ask(np.zeros((3, self._high, self._wide), np.float32))
        self.classes = len(answer) if answer.ndim == 1 else 0
        """How many it tells apart; 0: its answer is none of classes."""

    def likely(self, image: Image) -> Floats:
        """How likely the picture shows each of the classes. Shape (classes,), of sum 1."""
        import cv2

        small = cv2.resize(image, (self._wide, self._high), interpolation=cv2.INTER_AREA)[..., ::-1]
        scaled = (small / 255.0 - self._mean) / self._spread
        likely = self._ask(np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32))
        if likely.min() < 0 or abs(float(likely.sum()) - 1.0) > 1e-3:  # logarithms
            likely = np.exp(likely - likely.max())
            likely /= likely.sum()
        return likely

    def _ask(self, picture: NDArray[np.float32]) -> Floats:
        answer = self._session.run(None, {self._name: picture[None]})[0]
        return np.asarray(answer[0], np.float64)

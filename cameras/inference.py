"""inference: one model, loaded once in a process, that looks at the pictures of all its cameras.

Reads an ONNX file of YOLOX's form, says the objects in each of some pictures. Pictures go through it in batches where
the model's first dimension is open or larger than 1; where it is 1, one after another. Which device works is for the
configuration to say; how many threads too, because a camera's process shares its cores with others.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cameras.models import ModelError
from cameras.watcher import Image
from cameras.yolox import STRIDES, Found, Picking, decode, letterbox, pick, rows_of
from pipeline.faults import did_you_mean

_OPEN = 640
"""Height and width, pixels, where the model leaves them open."""
_BATCH = 8
"""Pictures at once, where the model leaves it open: more are no faster, and take their memory."""


class Session:
    """A model at work. Any thread may use it."""

    def __init__(self, file: Path, providers: Sequence[str], threads: int) -> None:
        """providers: of onnxruntime, the first that can do it does it. threads: at most. Raises ModelError."""
        try:
            import onnxruntime  # type: ignore[import-untyped]
        except ModuleNotFoundError as error:
            raise ModelError(f"Detecting objects needs {error.name}: pip install 'gridwatch[cameras]'") from None
        there = onnxruntime.get_available_providers()
        for provider in providers:
            if provider not in there:
                hint = did_you_mean(provider, there) or f"; there are: {', '.join(there)}"
                raise ModelError(
                    f"onnxruntime has no provider '{provider}' here{hint} (a GPU's comes with another package of"
                    " onnxruntime, such as onnxruntime-gpu)"
                )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # errors, which are raised; warnings are about the model's graph
        try:
            self._session: Any = onnxruntime.InferenceSession(str(file), options, providers=list(providers))
        except Exception as error:  # whatever onnxruntime finds wrong with a file
            raise ModelError(f"{file}: onnxruntime can't load it: {_short(error)}") from error
        self._file = file
        self._read_shapes()

    def _read_shapes(self) -> None:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)" or len(outputs) != 1:
            raise self._wrong("one input of shape (n, 3, height, width), float, and one output")
        batch, _, height, width = (each if isinstance(each, int) else None for each in shape)
        self.batch = batch or _BATCH
        self._fixed = batch is not None
        self.height, self.width = height or _OPEN, width or _OPEN
        if self.height % STRIDES[-1] or self.width % STRIDES[-1]:
            raise self._wrong(f"an input whose sides are multiples of {STRIDES[-1]}")
        self._input = inputs[0].name
        columns = outputs[0].shape[-1]
        self.classes = columns - 5 if isinstance(columns, int) else 0
        """How many the model tells apart; 0: it doesn't say."""

    def find(self, asked: Sequence[tuple[Image, Picking]]) -> list[Found]:
        """The objects in each picture, in its own pixels. Pictures may be of any sizes. Raises ModelError."""
        found: list[Found] = []
        for start in range(0, len(asked), self.batch):
            found += self._find(asked[start : start + self.batch])
        return found

    def _find(self, asked: Sequence[tuple[Image, Picking]]) -> list[Found]:
        n = self.batch if self._fixed else len(asked)
        given = np.zeros((n, 3, self.height, self.width), np.float32)
        scales = [letterbox(image, place) for (image, _), place in zip(asked, given, strict=False)]
        answers = self._session.run(None, {self._input: given})[0]
        if answers.ndim != 3 or answers.shape[:2] != (n, rows_of(self.height, self.width)) or answers.shape[2] < 6:
            raise self._wrong(
                f"an answer of shape ({n}, {rows_of(self.height, self.width)}, 5 + classes), got {answers.shape}: the"
                " model has to be YOLOX as its export_onnx.py writes it"
            )
        found = []
        for (image, picking), answer, scale in zip(asked, answers, scales, strict=False):
            boxes, scores = decode(answer, self.height, self.width)
            one = pick(boxes, scores, picking)
            high, wide = image.shape[:2]
            within = np.clip(one.boxes / scale, 0.0, np.array([wide, high, wide, high], np.float64))
            some = (within[:, 2] - within[:, 0] >= 1.0) & (within[:, 3] - within[:, 1] >= 1.0)
            found.append(Found(within[some], one.scores[some], one.classes[some]))
        return found

    def _wrong(self, expected: str) -> ModelError:
        return ModelError(f"{self._file}: this model can't be used: expected {expected}")


_sessions: dict[tuple[Path, tuple[str, ...], int], Session] = {}
_lock = threading.Lock()


def session(file: Path, providers: Sequence[str], threads: int) -> Session:
    """The process's session of that model: the same for all who ask for the same. Raises ModelError."""
    key = (file.resolve(), tuple(providers), threads)
    with _lock:
        if key not in _sessions:
            _sessions[key] = Session(file, providers, threads)
        return _sessions[key]


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]

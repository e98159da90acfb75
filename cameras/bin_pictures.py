"""bin_pictures: does waste lie beside or out of the container in this picture? Learnt from pictures of both sorts.

For pictures of any place, where no picture of the empty bin is to be had: what officers or citizens send in. The object
detector (YOLOX, cameras.yolox) knows no waste, but heaps of bags resemble much that it knows. Its likelihoods of all
classes, the five highest of each, in the whole picture and in three parts of its lower half, go into a logistic
regression with a ridge (van Houwelingen 1992), which a few hundred pictures are enough for.

No learnt weights come with it: what waste looks like differs from city to city, and docs/results/pictures.md says how
much two hundred pictures teach. Deterministic.

    python -m cameras.bin_pictures FOLDER WEIGHTS.json     learns from FOLDER/clean and FOLDER/dirty; MODEL.onnx as a
                                                           third word is another model than yolox_nano
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.models import Model, ModelError, digest, model_file
from cameras.onnx_session import on_processor
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
        self._session = on_processor(model, threads)
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

    @classmethod
    def load(cls, file: Path) -> tuple[Self, str]:
        """What `save` has written, and the SHA-256 of the model that it was learnt with. Raises ModelError."""
        try:
            given = json.loads(file.read_text("utf-8"))
            judge, meant = cls.__new__(cls), str(given["model"])
            judge._middle, judge._spread, judge._weights = (
                np.array(given[name], np.float64) for name in ("middle", "spread", "weights")
            )
            if not len(judge._middle) == len(judge._spread) == len(judge._weights) - 1 > 0:
                raise ValueError("its columns are not as long as each other")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{file}: expected weights that python -m cameras.bin_pictures wrote: {error}") from error
        return judge, meant

    def save(self, file: Path, model: Path) -> None:
        """Write what was learnt. model: the one whose features it was learnt from."""
        columns = {"middle": self._middle, "spread": self._spread, "weights": self._weights}
        told = {name: [float(each) for each in column] for name, column in columns.items()}
        file.write_text(json.dumps({"model": digest(model)} | told) + "\n", "utf-8")

    def _rows(self, features: Floats) -> Floats:
        scaled = (features - self._middle) / self._spread
        return np.concatenate((scaled, np.ones((len(scaled), 1))), axis=1)

    def dirty(self, features: Floats) -> Floats:
        """How likely there is waste in each picture, 0..1. features: shape (n, classes)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self._rows(features) @ self._weights)), np.float64)


def learn(folder: Path, model: Path) -> Judge:
    """From the pictures in folder/clean and folder/dirty. ValueError: too few, or one is no picture."""
    files = [
        (file, dirty)
        for dirty, name in enumerate(("clean", "dirty"))
        for file in sorted((folder / name).glob("*"))
        if file.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]
    dirty = np.array([each for _, each in files], np.bool_)
    if min(dirty.sum(), (~dirty).sum()) < _ENOUGH:
        raise ValueError(f"{folder}: expected {_ENOUGH} pictures or more in each of the folders clean and dirty")
    features = Features(model)
    return Judge(np.array([features.of(_picture(file)) for file, _ in files]), dirty)


_ENOUGH = 10


def _picture(file: Path) -> Image:
    found = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise ValueError(f"{file} is no picture that can be read")
    return np.asarray(found, np.uint8)


def main(words: list[str]) -> str:
    """The command; what it says."""
    if len(words) not in (2, 3):
        return "usage: python -m cameras.bin_pictures FOLDER WEIGHTS.json [MODEL.onnx]"
    path = model_file(Model.model_validate(words[2] if len(words) == 3 else "yolox_nano"))
    learn(Path(words[0]), path).save(Path(words[1]), path)
    return f"{words[1]}: learnt from {words[0]}"


if __name__ == "__main__":
    try:
        sys.stdout.write(main(sys.argv[1:]) + "\n")
    except (ValueError, OSError, ModelError) as error:
        sys.exit(str(error))

"""bin_classifier: how likely is there waste beside or out of a bin in this picture? The classifier of `bin_fullness`.

Optional, and of two kinds. Either a city's own ONNX classifier of pictures (`cameras.classifier`), or what
`cameras.bin_pictures` has learnt from a few hundred photographs, which `weights` names.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from cameras.classifier import MEAN, SPREAD, PictureClassifier
from cameras.models import MODELS, Model, ModelError, digest, model_file
from cameras.watcher import Image


class Classifier(BaseModel):
    """What tells pictures with waste from those without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = Field(MODELS["yolox_nano"], description="the classifier; with weights: whose likelihoods they weigh")
    weights: Path | None = Field(None, description="what python -m cameras.bin_pictures has learnt and written")
    waste: tuple[int, ...] = Field((1,), min_length=1, description="the classes of the classifier that are waste")
    mean: tuple[float, float, float] = Field(MEAN, description="of ImageNet, if not said")
    spread: tuple[float, float, float] = Field(SPREAD, description="of ImageNet, if not said")
    threads: int = Field(1, ge=1, le=64, description="of the processor, at most")

    def begin(self) -> Judging:
        """Raises ModelError where the model or the weights can't be had, or do not fit each other."""
        path = model_file(self.model)
        if self.weights is None:
            return _Own(self, path)
        return _learnt(path, self.weights, self.threads)


class Judging(Protocol):
    """A classifier at work."""

    def waste(self, image: Image) -> float:
        """How likely there is waste in the picture, 0..1."""
        ...


class _Learnt:
    def __init__(self, model: Path, weights: Path, threads: int) -> None:
        from cameras.bin_pictures import Features, Judge

        self._judge, meant = Judge.load(weights)
        if meant != digest(model):
            raise ModelError(f"{weights}: it was learnt with another model; learn it anew with {model}")
        self._features = Features(model, threads)

    def waste(self, image: Image) -> float:
        return float(self._judge.dirty(self._features.of(image)[None])[0])


_learnt = lru_cache(maxsize=4)(_Learnt)


class _Own:
    def __init__(self, given: Classifier, model: Path) -> None:
        self._classifier = PictureClassifier(model, given.mean, given.spread, given.threads)
        self._waste = list(given.waste)
        if not 0 <= min(given.waste) <= max(given.waste) < self._classifier.classes:
            raise ModelError(f"{model}: expected likelihoods of classes, with {max(given.waste)} among them (`waste`)")

    def waste(self, image: Image) -> float:
        return float(self._classifier.likely(image)[self._waste].sum())

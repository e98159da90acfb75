"""load_not_covered: is there a lorry whose load is open, where it has to be covered?

The object detector finds and follows lorries; a classifier of the city's own looks at each, in the pictures that show
all of it and large enough, and says how likely its load is covered, open, or there is none. Its pictures vote: the
geometric mean of their likelihoods counts, so that one picture proves little. A lorry whose load is as likely open as
`sure` is told as `uncovered_load`, in every picture in which it is seen, until its pictures say otherwise by far.

No classifier is named by default and none was measured: what a load looks like depends on where the camera hangs, and
a city that wants this has to teach one with its own pictures. Cameras that look down into bodies see loads, those that
look from the side see none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from cameras.classifier import MEAN, SPREAD, PictureClassifier
from cameras.inference import Session
from cameras.models import Model, ModelError, model_file
from cameras.watcher import Fractions, Frame, Image, Measured, Seen, View
from cameras.watchers.object_detector import DetectorLook, ObjectDetector
from pipeline.faults import did_you_mean
from pipeline.rows import Floats
from pipeline.units import Quantity, Seconds, Share

TOLD = "uncovered_load"
_EDGE = 0.005
"""Of the picture: what is nearer to its edge may be cut by it."""
_LEAST = 0.01
"""No load is less likely in one picture, whatever the classifier says: a wrong one costs two right ones."""
_FORGET = 600.0
"""Seconds after which a lorry that is not seen is forgotten."""


class LoadNotCovered(ObjectDetector):
    """Is there a lorry whose load is open? Its other parameters are those of object_detector."""

    measured: ClassVar[bool] = False

    labels: tuple[str, ...] = ("truck",)
    """What is looked for, of the detector's classes."""
    classifier: Model = Field(description="a file, or url and sha256")
    """ONNX, as `cameras.classifier` says. There is no default."""
    loads: tuple[str, ...] = Field(("covered", "uncovered", "empty"), min_length=2)
    """What it tells apart, in its order."""
    uncovered: str = "uncovered"
    """Which of them is an open load."""
    mean: tuple[float, float, float] = MEAN
    """What levels of red, green and blue, 0 to 1, are reduced by; ImageNet's."""
    spread: tuple[float, float, float] = SPREAD
    """... and then divided by."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""
    smallest: int = Field(64, ge=8, le=4000)
    """Pixels: a lorry that is less wide or less high is not judged."""
    each: Seconds = Field(Quantity(0.4), ge=0)
    """Between two pictures of one lorry that are judged, at least: those that follow at once show the same."""
    pictures: int = Field(3, ge=1, le=100)
    """So many must have been judged before a lorry is told."""
    most: int = Field(20, ge=1, le=1000)
    """No more are judged."""
    sure: Share = Field(Quantity(0.75), ge=0.5, lt=1)
    """A load that is open by so much is told; no longer, when by less than a half."""

    def begin(self, view: View) -> LoadLook:
        """Raises ModelError where a model can't be had or is not what is said about it; ValueError: a zone that the
        camera does not have."""
        if self.uncovered not in self.loads:
            raise ModelError(f"uncovered: `loads` has no '{self.uncovered}'{did_you_mean(self.uncovered, self.loads)}")
        classifier = PictureClassifier(model_file(self.classifier), self.mean, self.spread, self.threads)
        if classifier.classes != len(self.loads):
            raise ModelError(
                f"The classifier {self.classifier.name} tells {classifier.classes} classes apart, and `loads` names"
                f" {len(self.loads)}: name all of them, in its order."
            )
        return LoadLook(self, view.only(self.zones), self.running(), classifier)


class _Votes:
    """What the pictures of one lorry say."""

    __slots__ = ("due", "last", "logs", "pictures", "told")

    def __init__(self, classes: int) -> None:
        self.logs: Floats = np.zeros(classes)
        self.pictures = 0
        self.due = self.last = float("-inf")
        self.told = False

    def likely(self) -> Floats:
        """The geometric mean of the pictures' likelihoods, of sum 1."""
        shares = np.exp(self.logs / max(1, self.pictures))
        return np.asarray(shares / shares.sum(), np.float64)


class LoadLook(DetectorLook):
    """Lorries and their loads in one scene."""

    def __init__(self, given: LoadNotCovered, view: View, running: Session, classifier: PictureClassifier) -> None:
        super().__init__(given, view, running)
        self._load, self._classifier = given, classifier
        self._open = given.loads.index(given.uncovered)
        self._zoned = bool(view.zones)
        self._votes: dict[int, _Votes] = {}

    def told(self, frame: Frame, seen: Sequence[Seen]) -> Sequence[Seen | Measured]:
        """Those whose load is open."""
        found = []
        for one in seen:
            votes = self._votes.setdefault(one.track, _Votes(len(self._load.loads)))
            votes.last = frame.ts
            self._judge(frame, one, votes)
            score = float(votes.likely()[self._open])
            enough = votes.pictures >= self._load.pictures
            votes.told = enough and score >= (0.5 if votes.told else self._load.sure)
            if votes.told:
                found.append(one._replace(label=TOLD, score=score))
        self._votes = {track: each for track, each in self._votes.items() if frame.ts - each.last <= _FORGET}
        return found

    def _judge(self, frame: Frame, one: Seen, votes: _Votes) -> None:
        if frame.ts < votes.due or votes.pictures >= self._load.most or (self._zoned and not one.zone):
            return
        image = _whole(frame.image, one.box, self._load.smallest)
        if image is not None:
            votes.due = frame.ts + self._load.each
            votes.pictures += 1
            votes.logs += np.log(np.maximum(self._classifier.likely(image), _LEAST))


def _whole(image: Image, box: Fractions, smallest: int) -> Image | None:
    """The picture of a lorry; None: it is too small, or may be cut by the picture's edge."""
    left, top, width, height = box
    if min(left, top) < _EDGE or max(left + width, top + height) > 1 - _EDGE:
        return None
    high, wide = image.shape[:2]
    part = image[round(top * high) : round((top + height) * high), round(left * wide) : round((left + width) * wide)]
    return part if min(part.shape[:2]) >= smallest else None

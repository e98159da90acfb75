"""object_detector: which vehicles are in the picture, where, and for how long has each stood there?

Looks at each picture with a neural network (YOLOX), follows what it finds from picture to picture and says for how long
it has stood. Reports a sighting for each object: what a rule makes of it (too long, in that zone, by night) is the
rule's. What stood there when the watcher began has stood for nobody knows how long, and so no rule finds it too long.
An object is in a zone if the middle of its lower edge is, which is where it touches the ground.

What is seen depends on the model, and on how large things are: of clear vehicles YOLOX-nano finds nine in ten that are
20 pixels large or more at its input's size (416), a twentieth of the picture, two in three of 10 to 15, and hardly any
below. `tiles` look closer, at their price in time; they do not help where haze or the dark leave no more than a smear.
What it never learnt, a heap or a barrier, it does not see: that is for `static_object`. Persons are not looked for
unless somebody asks for them; nobody is recognised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from cameras.inference import Session, session
from cameras.known import Known
from cameras.models import MODELS, Model, ModelError, model_file
from cameras.sightings import Sightings
from cameras.still import Standing
from cameras.tiles import Part, parts, together
from cameras.tracking import Tracking
from cameras.watcher import Fractions, Frame, Image, Measured, Said, Seen, View, Watcher
from cameras.yolox import COCO, Found, Picking
from pipeline.faults import did_you_mean
from pipeline.units import Quantity, Seconds, Share

_PICTURES = 1.5
"""Between two pictures nothing is lost, whatever the seconds of `tracking` and `standing`."""
_Picture = tuple[float, int, int, Found]
"""When, its height and width, and what was found in it, in pixels."""


class ObjectDetector(Watcher):
    """Which vehicles are in the picture, where, and for how long has each stood there?"""

    measured: ClassVar[bool] = True
    together: ClassVar[bool] = True

    model: Model = Field(MODELS["yolox_nano"], description="a name, a file, or url and sha256")
    """YOLOX as ONNX."""
    classes: tuple[str, ...] = COCO
    """What the model tells apart, in its order."""
    labels: tuple[str, ...] = ("bicycle", "car", "motorcycle", "bus", "truck")
    """What is looked for, of the classes."""
    faint: Share = Field(Quantity(0.10), gt=0, le=1)
    """A fainter object is nothing. What is found at all must be surer: `tracking.sure`."""
    same: Share = Field(Quantity(0.45), gt=0, le=1)
    """Boxes that share more than this (intersection over union) are one object."""
    tiles: int = Field(0, ge=0, le=8)
    """Into how many the zones' part of the picture, or all of it, is cut along its longer side to be looked at closely.
    Each costs as much time as the picture."""
    learn: Seconds = Field(Quantity(3.0), ge=0)
    """What stands there within so long from the first picture on was there before: nobody knows for how long."""
    tracking: Tracking = Tracking()
    """How objects are followed."""
    standing: Standing = Standing()
    """What counts as standing."""
    providers: tuple[str, ...] = Field(("CPUExecutionProvider",), min_length=1)
    """Of onnxruntime: what the model runs on; the first that can do it does it."""
    threads: int = Field(1, ge=1, le=64)
    """Of the processor, at most, for all cameras of a process."""

    def begin(self, view: View) -> DetectorLook:
        """Raises ModelError where the model can't be had or is not what is said about it."""
        return DetectorLook(self, view, self.running())

    def running(self) -> Session:
        """The process's session of its model. Raises ModelError as `begin` does."""
        running = session(model_file(self.model), self.providers, self.threads)
        if running.classes not in (0, len(self.classes)):
            raise ModelError(
                f"The model {self.model.name} tells {running.classes} classes apart, and `classes` names"
                f" {len(self.classes)}: name all of them, in the model's order."
            )
        for label in self.labels:
            if label not in self.classes:
                raise ModelError(f"labels: the model has no class '{label}'{did_you_mean(label, self.classes)}")
        return running


class DetectorLook:
    """The object detector at work on one scene. A watcher that is built on it says in `told` what it makes of that."""

    def __init__(self, given: ObjectDetector, view: View, running: Session) -> None:
        self.session = running
        meant = frozenset(given.classes.index(label) for label in given.labels)
        self.picking = Picking(given.faint, given.same, meant or None)
        self.stood: dict[int, float] = {}
        """By track, of those in the last picture: the seconds for which each has been seen to stand, also of those that
        stood there before, for which their `still` is unknown."""
        self._given = given
        self._view = view
        self._first: _Picture | None = None
        self._following: tuple[Sightings, Known] | None = None

    def look(self, frame: Frame) -> Sequence[Seen | Measured]:
        """What the next picture says."""
        (said,) = self.look_together([(self, frame)])
        if isinstance(said, Exception):
            raise said
        return said

    @classmethod
    def look_together(cls, pictures: Sequence[tuple[DetectorLook, Frame]]) -> list[Said | Exception]:
        """The next picture of each of several looks, in the model's batches: see `cameras.watcher.Together`."""
        sessions: dict[int, list[int]] = {}
        for n, (looking, _) in enumerate(pictures):
            sessions.setdefault(id(looking.session), []).append(n)
        found: dict[int, list[Found] | Exception] = {}
        for those in sessions.values():
            found |= zip(those, _find([pictures[n] for n in those]), strict=True)
        return [looking._answer(frame, found[n]) for n, (looking, frame) in enumerate(pictures)]

    def _answer(self, frame: Frame, found: list[Found] | Exception) -> Said | Exception:
        if isinstance(found, Exception):
            return found
        try:
            return self.understand(frame, found)
        except Exception as error:  # noqa: BLE001  it is the caller's to say whose it is
            return error

    def told(self, frame: Frame, seen: Sequence[Seen]) -> Sequence[Seen | Measured]:
        """What goes out of the next picture. seen: the objects in it."""
        return seen

    def parts(self, image: Image) -> list[Part]:
        """The parts of the picture that the model is to look at."""
        return parts(image.shape[0], image.shape[1], self._given.tiles, self._view.zones.values())

    def understand(self, frame: Frame, found: Sequence[Found]) -> Sequence[Seen | Measured]:
        """What the model's answers for those parts say."""
        return self.told(frame, self._seen(frame, found))

    def _seen(self, frame: Frame, found: Sequence[Found]) -> list[Seen]:
        """The objects in the picture. How often pictures come is known from the second one on: the first is looked at
        with it. Where they come seldom, what is to be followed from one to the next may be lost for longer.
        """
        height, width = frame.image.shape[:2]
        now = (frame.ts, height, width, together(found, self.parts(frame.image), self._given.same))
        if self._following is not None:
            self._following[0].pause(frame.paused)
            return self._follow(now, *self._following)
        if self._first is None:
            self._first = now
            return []
        first, given = self._first, self._given
        between = max(now[0] - first[0], 0.01)
        sightings = Sightings(1.0 / between, *_seldom(given.tracking, given.standing, between))
        self._following = sightings, Known(first[0] + given.learn)
        self._follow(first, *self._following)
        return self._follow(now, *self._following)

    def _follow(self, picture: _Picture, sightings: Sightings, before: Known) -> list[Seen]:
        ts, height, width, found = picture
        edges = found.boxes / np.array([width, height, width, height], np.float64)
        boxes = np.concatenate((edges[:, :2], edges[:, 2:] - edges[:, :2]), axis=1)
        labels = [self._given.classes[each] for each in found.classes.tolist()]
        seen = []
        self.stood.clear()
        for one in sightings.see((ts, boxes, found.scores, labels, None)):
            left, top, wide, high = one.box
            known = before.see(ts, one.track, (left, top, left + wide, top + high), one.still)
            still = math.nan if known else one.still
            self.stood[one.track] = one.still
            seen.append(Seen(one.track, one.label, one.score, one.box, still, self._zone(one.box)))
        before.forget(ts)
        return seen

    def _zone(self, box: Fractions) -> str:
        left, top, width, height = box
        zones = self._view.zones.values()
        return next((zone.name for zone in zones if zone.contains(left + width / 2, top + height)), "")


def _seldom(tracking: Tracking, standing: Standing, between: float) -> tuple[Tracking, Standing]:
    """The settings for pictures that come every `between` seconds: what is in one and in the next has not been lost."""
    longer = Quantity(_PICTURES * between)
    return (
        tracking.model_copy(update={"lost": max(tracking.lost, longer)}),
        standing.model_copy(
            update={"settle": max(standing.settle, longer), "remember": max(standing.remember, longer)}
        ),
    )


def _find(pictures: Sequence[tuple[DetectorLook, Frame]]) -> Sequence[list[Found] | Exception]:
    """What the one session of these looks finds in the parts of each picture. Of what fails together each is tried
    alone.

    Looks at the same picture, several watchers of one camera, have it looked at once where they ask the same.
    """
    asked: list[tuple[Image, Picking]] = []
    places: dict[tuple[int, Part, Picking], int] = {}
    whose: list[list[int]] = []
    for looking, frame in pictures:
        whose.append([])
        for part in looking.parts(frame.image):
            question = (id(frame.image), part, looking.picking)
            if question not in places:
                places[question] = len(asked)
                left, top, right, bottom = part
                asked.append((frame.image[top:bottom, left:right], looking.picking))
            whose[-1].append(places[question])
    try:
        answers = pictures[0][0].session.find(asked)
    except Exception as error:  # noqa: BLE001  whatever onnxruntime raises
        return [error] if len(pictures) == 1 else [_find([each])[0] for each in pictures]
    return [[answers[place] for place in each] for each in whose]

"""watcher: the contract between a camera's worker and whoever looks at its pictures.

A watcher answers one question about pictures: is something standing there that was not, how full is that bin, is the
picture any good? Its settings are a frozen model, as a detector's are; what it remembers is in the `Look` that it
begins for one scene of one camera. A scene is a preset by day, or by infrared light: zones and backgrounds belong to
it, and the worker keeps a look for each and shows it only that scene's pictures.

What is seen becomes rows: `Seen` a sighting (an object with its track), `Measured` a reading. Time is the picture's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from cameras.polygons import LEAST, area, crossing
from pipeline.rows import Floats

Image = NDArray[np.uint8]
"""Shape (height, width, 3), blue, green, red, as OpenCV has them."""
Fractions = tuple[float, float, float, float]
"""left, top, width, height, as shares of the picture"""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture."""

    ts: float
    """When it was taken, UTC seconds."""
    image: Image
    infrared: bool = False
    """Taken by infrared light, so without colours."""
    paused: float = 0.0
    """Seconds since the picture of this scene before, if the camera looked elsewhere in between: what happened here in
    that time nobody saw, and nothing was hidden in it. 0: it did not look elsewhere."""


class Seen(NamedTuple):
    """One object in a picture."""

    track: int
    """Its number: of one camera, given once and never to another object."""
    label: str
    score: float
    """0..1, NaN: unknown"""
    box: Fractions
    still: float
    """Seconds for which it has stood in its place."""
    zone: str = ""
    """The zone that it is in; '' for none."""
    text: str = ""
    """What is written on it, such as a number plate; '' where nothing was read."""
    text_score: float = math.nan
    """How sure that is, 0..1."""


class Measured(NamedTuple):
    """One number that a picture says."""

    metric: str
    value: float
    """In the metric's unit."""
    about: str = ""
    """Whom it is about: a thing in the registers (a bin, a street section); '' is the camera itself."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture."""

    name: str
    corners: Floats
    """Shape (n, 2), x and y as shares of the picture, in order around it."""
    about: str = ""
    """The thing of the registers that stands there; '' for none."""

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Which pixels of a picture of this height and width are in it. Shape `shape`."""
        import cv2

        height, width = shape
        corners = np.round(self.corners * np.array([width, height])).astype(np.int32)
        drawn = np.zeros(shape, np.uint8)
        cv2.fillPoly(drawn, [corners], 1)
        return drawn.astype(bool)

    def contains(self, x: float, y: float) -> bool:
        """Whether a point, in shares of the picture, is in it or on its edge."""
        import cv2

        return bool(cv2.pointPolygonTest(self.corners.astype(np.float32), (x, y), False) >= 0)


@dataclass(frozen=True, slots=True)
class View:
    """One scene of one camera: what a look is begun for."""

    camera: str
    zones: Mapping[str, Zone] = field(default_factory=dict)
    """By name; none: the whole picture is meant."""

    def only(self, names: Sequence[str]) -> View:
        """The same with those zones; with all if none is named. ValueError: a zone that the camera does not have."""
        for name in names:
            if name not in self.zones:
                known = ", ".join(sorted(self.zones)) or "none"
                raise ValueError(f"camera '{self.camera}' has no zone '{name}'; its zones: {known}")
        return View(self.camera, {name: self.zones[name] for name in sorted(names)}) if names else self


class Look(Protocol):
    """A watcher at work on one scene."""

    def look(self, frame: Frame) -> Sequence[Seen | Measured]:
        """What the next picture says. Pictures come in the order of their times, of one size, and may lie seconds or
        minutes apart; after a while in which the camera looked elsewhere they go on as if nothing had been."""
        ...


Said = Sequence[Seen | Measured]
"""What one look says about one picture."""


@runtime_checkable
class Together(Look, Protocol):
    """A look that can be asked together with those of other cameras, because what is costly is shared: a model."""

    @classmethod
    def look_together(cls, pictures: Sequence[tuple[Any, Frame]]) -> Sequence[Said | Exception]:
        """The next picture of each of some looks of this class: for each what it says, as alone, or what it raised.

        What goes wrong with one of them costs none of the others. If it raises itself, all of them have failed.
        """
        ...


class Watcher(BaseModel):
    """What a camera's pictures are watched for. Annotated attributes are its parameters, each with unit and default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured: ClassVar[bool] = True
    """Whether its defaults were measured on real pictures; if not, docs call it 'contract only'."""

    together: ClassVar[bool] = False
    """Whether its looks are `Together`: the pictures of several cameras that wait are then taken at once."""

    presets: tuple[str, ...] = ()
    """The presets in which it looks; not given: all that the camera has."""

    def begin(self, view: View) -> Look:
        """Begin to look at a scene. It knows nothing of it yet: what is there in its first pictures was there."""
        raise NotImplementedError(f"{type(self).__name__} does not look: it has no begin")


def corners(points: Sequence[Sequence[float]]) -> Floats:
    """A polygon as a configuration writes it, checked. Raises ValueError.

    points: at least three [x, y], shares of the picture, 0..1, whose edges do not cross.
    """
    found: Any = np.array(points, np.float64) if len({len(p) for p in points}) == 1 else None
    if found is None or found.ndim != 2 or found.shape[1] != 2 or len(found) < 3:
        raise ValueError("expected at least three corners [x, y], such as [[0.1, 0.5], [0.9, 0.5], [0.9, 1], [0.1, 1]]")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError("expected corners as shares of the picture, 0 to 1: x from the left, y from the top")
    crossed = crossing(points)
    if crossed is not None:
        raise ValueError(f"expected edges that do not cross: those after corners {crossed[0]} and {crossed[1]} do")
    if area(points) < LEAST:
        raise ValueError("expected corners around a part of the picture: nothing is between these")
    return np.asarray(found, np.float64)

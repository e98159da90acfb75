"""scenes: which of a camera's scenes is this picture, or does it look elsewhere?

A scene is a preset by day, or by infrared light (see cameras.watcher). Infrared pictures have no colours. A grey yard
by day has few; between the two limits the last answer stands, and so it does in a picture too dark or too bright to
have any. Which preset it is, is known in two ways:

- By the picture. What is compared with pictures that were learnt is where it is lighter or darker than its
  surroundings, in units of the local contrast, so that light, haze and exposure do not matter; the best place within
  `shake` counts. What fits no preset is away: the camera turns, or looks where nobody asked it to, or a lorry fills the
  picture. A picture in which next to nothing can be seen fits none either: while the camera turns, for a moment. If it
  lasts longer, it is fog, the dark, or a bag over the camera, which is there where it was.
- By what the camera says (`Pointing`), where it does. While it moves it is away. That it stands at a preset is
  believed at once if the picture fits, and otherwise when it has said so again: it may have begun to move since.

A camera that has arrived swings and focuses for a moment, which is not shown either. So what is between two presets is
shown to nobody. Without presets there is one, '', and a camera is never away: that its view has turned is for the
watcher `scene_health` to find. No clock, no randomness; about half a millisecond a picture and four references.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cameras.watcher import Frame, Image
from pipeline.units import Quantity, Seconds, Share

_COLOURS = 48
"""Width in pixels at which colours are looked at: chroma noise is averaged away."""
_WIDTH = 64
"""... and at which presets are compared."""
_NEAR = 3
"""Pixels of that picture: how far around a place its surroundings reach."""
_NOISE = 4.0
"""Grey levels: a contrast no larger than this says nothing."""
_DARK, _BRIGHT = 24, 245
"""Darker or brighter pixels have no colour."""

Pattern = NDArray[np.float32]


class Scene(NamedTuple):
    """What a look is begun for."""

    preset: str
    """'' where no presets are known."""
    infrared: bool


class Pointing(NamedTuple):
    """Where a camera says that it points."""

    asked: int
    """The number of the question to which this is the answer; they grow."""
    moving: bool
    preset: str = ""
    """Where it is; '' for none of which the position is known."""
    open: frozenset[str] = frozenset()
    """Where it may be instead, because their positions are not known."""


class Knowing(BaseModel):
    """How scenes are told apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grey: float = Field(1.5, ge=0, le=255)
    """Grey levels, of 255: a picture whose colours differ by no more is infrared (19 of 20 pixels)."""
    coloured: float = Field(2.5, ge=0, le=255)
    """... and one whose colours differ by this is not. Tarmac that fills a picture by day has 3."""
    fits: Share = Field(Quantity(0.45), gt=0, lt=1)
    """A picture is of a preset when it correlates with a picture of it by this."""
    leaves: Share = Field(Quantity(0.35), gt=0, lt=1)
    """... and is no longer of the one before when by less than this."""
    shake: Share = Field(Quantity(0.06), ge=0, lt=0.25)
    """A preset is never reached to the pixel: by this share of the picture it may be off."""
    clear: Share = Field(Quantity(0.25), gt=0, lt=1)
    """With less than this share of its preset's contrasts, next to nothing can be seen in a picture."""
    turns: Seconds = Field(Quantity(30.0), ge=0)
    """No camera takes so long to turn."""
    arrives: Seconds = Field(Quantity(1.0), ge=0)
    """For so long it swings and focuses when it has turned."""


class Scenes:
    """One camera's scenes."""

    def __init__(self, settings: Knowing | None = None, pointing: Callable[[], Pointing | None] = lambda: None) -> None:
        """pointing: what the camera says; None: it says nothing."""
        self._given = settings or Knowing()
        self._pointing = pointing
        self._presets: dict[str, list[Pattern]] = {}
        self._infrared = False
        self._preset: str | None = None
        """Where it is; None: away."""
        self._ts = -math.inf
        """When the picture before was taken."""
        self._arrived = -math.inf
        self._last: str | None = None
        """Where it was when something could last be seen."""
        self._unclear: float | None = None
        """Since when next to nothing can be seen."""
        self._doubt: tuple[str, int] | None = None
        """Where it says that it is, though the picture does not fit, and the question since which it does not."""
        self._shown: dict[Scene, Pattern] = {}
        """What it saw where it said that it was."""

    def add(self, preset: str) -> None:
        """A preset that is known by what the camera says."""
        self._presets.setdefault(preset, [])

    def learn(self, preset: str, image: Image) -> None:
        """A picture of a preset. Several may be given, by day and by night, of any size."""
        self._presets.setdefault(preset, []).append(_inner(pattern(image), self._given.shake))

    def of(self, frame: Frame) -> Scene | None:
        """The next picture's scene; None: away. A picture that is said to be infrared is."""
        self._infrared = frame.infrared or self._without_colours(frame.image)
        if not self._presets:
            return Scene("", self._infrared)
        before, self._ts = self._ts, frame.ts
        preset = self._where(frame)
        if preset != self._preset:
            self._preset = preset
            self._arrived = frame.ts if frame.ts - before < self._given.arrives else -math.inf
        if preset is None or frame.ts - self._arrived < self._given.arrives:
            return None
        return Scene(preset, self._infrared)

    def _where(self, frame: Frame) -> str | None:
        seen, said = pattern(frame.image), self._pointing()
        if said is None:
            return self._by_picture(seen, frame.ts, self._presets)
        if said.moving:
            self._last = None
            return None
        if said.preset:
            return said.preset if self._believed(said, seen) else None
        return self._by_picture(seen, frame.ts, said.open)

    def _by_picture(self, seen: Pattern, ts: float, of: Collection[str]) -> str | None:
        fits = {preset: self._fit(preset, seen) for preset in of}
        preset = max(fits, key=lambda each: (fits[each], each == self._preset), default=None)
        if preset is not None and fits[preset] >= self._needed(preset):
            self._last, self._unclear = preset, None
            return preset
        if self._last is None or contrasts(seen) >= self._given.clear * max(
            map(contrasts, self._known(self._last)), default=0.0
        ):
            self._last = self._unclear = None
            return None
        self._unclear = ts if self._unclear is None else self._unclear
        return self._last if ts - self._unclear >= self._given.turns and self._last in of else None

    def _believed(self, said: Pointing, seen: Pattern) -> bool:
        """Whether it is where it says."""
        preset = self._last = said.preset
        self._unclear = None
        if self._fit(preset, seen) >= self._given.leaves:
            self._doubt = None
            return True
        if self._doubt is None or self._doubt[0] != preset:
            self._doubt = preset, said.asked
        # The next question may be on its way already; the one after it was asked after this picture came.
        if said.asked < self._doubt[1] + 2:
            return False
        self._doubt = None
        self._shown[Scene(preset, self._infrared)] = _inner(seen, self._given.shake)
        return True

    def _needed(self, preset: str) -> float:
        return self._given.leaves if preset == self._preset else self._given.fits

    def _known(self, preset: str) -> list[Pattern]:
        shown = self._shown.get(Scene(preset, self._infrared))
        return self._presets[preset] if shown is None else [*self._presets[preset], shown]

    def _fit(self, preset: str, seen: Pattern) -> float:
        return max((likeness(seen, known) for known in self._known(preset)), default=-1.0)

    def _without_colours(self, image: Image) -> bool:
        found = colours(image)
        if found is None:
            return self._infrared
        return found < (self._given.coloured if self._infrared else self._given.grey)


def small(image: Image, width: int) -> Image:
    """The picture at that width or its own, whichever is less, and its proportions.

    Every n-th pixel, at least two for each that is wanted, and then their averages: a large picture costs no more
    than a small one.
    """
    step = max(1, image.shape[1] // (2 * width))
    thin = np.ascontiguousarray(image[min(step // 2, image.shape[0] - 1) :: step, step // 2 :: step])
    wide = min(width, thin.shape[1])
    high = max(1, round(thin.shape[0] * wide / thin.shape[1]))
    return np.asarray(cv2.resize(thin, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)


def colours(image: Image) -> float | None:
    """How far, in grey levels, the most coloured twentieth of the picture is from grey; None: it can't be told."""
    tiny = small(image, _COLOURS).astype(np.int16)
    lit = (tiny.max(2) > _DARK) & (tiny.min(2) < _BRIGHT)
    if np.count_nonzero(lit) < lit.size / 20:
        return None
    off = np.abs(tiny[..., ::2] - tiny[..., 1:2]).max(2)[lit]
    # A whole level may be rounding: the mean of those around the limit is smoother than the one at it.
    return float(np.sort(off)[int(len(off) * 0.92) : int(len(off) * 0.98) + 1].mean())


def pattern(image: Image, width: int = _WIDTH) -> Pattern:
    """Where the picture is lighter or darker than around there, by the local contrast. Shape (high, width)."""
    grey = cv2.cvtColor(small(image, width), cv2.COLOR_BGR2GRAY).astype(np.float32)
    size = (2 * _NEAR + 1, 2 * _NEAR + 1)
    off = grey - cv2.blur(grey, size)
    return np.asarray(off / np.sqrt(cv2.blur(off * off, size) + _NOISE**2), np.float32)


def _inner(whole: Pattern, shake: float) -> Pattern:
    high, wide = whole.shape
    x, y = round(wide * shake), round(high * shake)
    return np.ascontiguousarray(whole[y : high - y, x : wide - x])


def contrasts(seen: Pattern) -> float:
    """How much can be seen in a picture: 0, nothing, to about 1."""
    return float(np.square(seen).mean())


def likeness(seen: Pattern, known: Pattern) -> float:
    """The best correlation (-1..1) of a known pattern's inner part with any place of the one that is seen."""
    if seen.shape[0] < known.shape[0] or seen.shape[1] < known.shape[1]:
        return -1.0
    return float(cv2.matchTemplate(seen, known, cv2.TM_CCOEFF_NORMED).max())

"""scenes: which of a camera's scenes is this picture, or does it look elsewhere?

A scene is a preset by day, or by infrared light (see cameras.watcher). Both are told by the picture:

- Infrared pictures have no colours. A grey yard by day has few; between the two limits the last answer stands, and so
  it does in a picture too dark or too bright to have any.
- A preset is known by pictures of it that were learnt. What is compared is where the picture is lighter or darker than
  its surroundings, in units of the local contrast, so that light, haze and exposure do not matter; the best place
  within `shake` counts. A picture that fits no preset is away: the camera turns, or looks where nobody asked it to.

Without learnt presets there is one, '', and a camera is never away: that its view has turned is for the watcher
`scene_health` to find. No clock, no randomness; about half a millisecond a picture and four references.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cameras.watcher import Frame, Image
from pipeline.units import Quantity, Share

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


class Scenes:
    """One camera's scenes."""

    def __init__(self, settings: Knowing | None = None) -> None:
        self._given = settings or Knowing()
        self._presets: list[tuple[str, Pattern]] = []
        self._infrared = False
        self._preset: str | None = None

    def learn(self, preset: str, image: Image) -> None:
        """A picture of a preset. Several may be given, by day and by night, of any size."""
        self._presets.append((preset, _inner(pattern(image), self._given.shake)))

    def of(self, frame: Frame) -> Scene | None:
        """The next picture's scene; None: away. A picture that is said to be infrared is."""
        self._infrared = frame.infrared or self._without_colours(frame.image)
        if not self._presets:
            return Scene("", self._infrared)
        self._preset = self._nearest(frame.image)
        return None if self._preset is None else Scene(self._preset, self._infrared)

    def _without_colours(self, image: Image) -> bool:
        found = colours(image)
        if found is None:
            return self._infrared
        return found < (self._given.coloured if self._infrared else self._given.grey)

    def _nearest(self, image: Image) -> str | None:
        seen = pattern(image)
        best: dict[str, float] = {}
        for preset, known in self._presets:
            best[preset] = max(best.get(preset, -1.0), likeness(seen, known))
        preset = max(best, key=lambda each: (best[each], each == self._preset))
        needed = self._given.leaves if preset == self._preset else self._given.fits
        return preset if best[preset] >= needed else None


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


def likeness(seen: Pattern, known: Pattern) -> float:
    """The best correlation (-1..1) of a known pattern's inner part with any place of the one that is seen."""
    if seen.shape[0] < known.shape[0] or seen.shape[1] < known.shape[1]:
        return -1.0
    return float(cv2.matchTemplate(seen, known, cv2.TM_CCOEFF_NORMED).max())

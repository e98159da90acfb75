"""pictures: a camera's picture made small, its brightness and colours apart, and laid onto another that it belongs on.

Watchers that ask where something is need no more than about 130,000 pixels: a bag is still ten of them wide, and a
picture costs as much whether the camera has two megapixels or eight.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.watcher import Image

PIXELS = 130_000
"""About 480 x 270."""

Levels = NDArray[Any]
"""Shape (height, width): one channel, or several; whole numbers 0..255, or float32."""
cv: Any = cv2
"""OpenCV. Its type hints do not know that a number may stand for a picture, nor which numbers a result has."""


def small(image: Image, pixels: int = PIXELS) -> Image:
    """The picture with at most so many pixels, its shape kept; no larger than it is.

    A pixel is the mean of those that it covers, or, of more than four, of the four in its middle: the mean of sixteen
    costs ten times as much, and takes away little more noise.
    """
    height, width = image.shape[:2]
    share = min(1.0, (pixels / (height * width)) ** 0.5)
    size = max(8, round(width * share)), max(8, round(height * share))
    if size == (width, height):
        return image
    how = cv.INTER_LINEAR if share < 0.5 else cv.INTER_AREA
    return np.asarray(cv.resize(image, size, interpolation=how), np.uint8)


def apart(image: Image) -> Image:
    """Brightness, and two channels of colour (128: none), by ITU-R BT.601. Shape as the picture's."""
    return np.asarray(cv.cvtColor(image, cv.COLOR_BGR2YCrCb), np.uint8)


class Aligner:
    """Lays pictures onto a reference: a pole that sways in the wind shifts the whole picture by a few pixels.

    Phase correlation (Kuglin and Hines 1975): the shift is a peak in the inverse transform of the two pictures' phases.
    It does not mind the light, and what moves in the picture only lowers the peak.
    """

    def __init__(self, shape: tuple[int, int], farthest: float) -> None:
        """shape: height, width of the pictures. farthest: pixels; a longer shift is no shake, and is not followed."""
        height, width = shape
        # A whole number of pixels that a transform is quick for. OpenCV pads other sizes, and is then off by one.
        self._size = _quick(width / 2), _quick(height / 2)
        self._window = cv.createHanningWindow(self._size, cv.CV_32F)
        self._scale = width / self._size[0], height / self._size[1]
        self._farthest = farthest

    def shift(self, levels: Levels, reference: Levels) -> tuple[float, float]:
        """By how many pixels, right and down, the picture lies off the reference; 0, 0 where that can't be said."""
        one, other = self._halved(reference), self._halved(levels)
        (x, y), peak = cv.phaseCorrelate(one, other, self._window)
        x, y = x * self._scale[0], y * self._scale[1]
        if peak < _PEAK or max(abs(x), abs(y)) > self._farthest:
            return 0.0, 0.0
        return x, y

    def _halved(self, levels: Levels) -> Levels:
        return np.asarray(cv.resize(levels, self._size, interpolation=cv.INTER_AREA).astype(np.float32))


def _quick(length: float) -> int:
    """The longest even number up to a length, and at least 8, that is a product of 2, 3 and 5 only."""
    for size in range(max(8, int(length)) & ~1, 8, -2):
        if cv.getOptimalDFTSize(size) == size:
            return size
    return 8


_PEAK = 0.05
"""The share of the correlation in its peak: below it the two pictures show no common scene, such as fog or the dark."""
_STILL = 0.12
"""Pixels: a smaller shift is not worth the blur of putting it right."""


def shifted(image: Image, x: float, y: float) -> Image:
    """The picture moved back by a shift; its rim is repeated where nothing is known."""
    if abs(x) < _STILL and abs(y) < _STILL:
        return image
    move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]], np.float32)
    size = image.shape[1], image.shape[0]
    flags = cv.INTER_LINEAR | cv.WARP_INVERSE_MAP
    return np.asarray(cv.warpAffine(image, move, size, flags=flags, borderMode=cv.BORDER_REPLICATE), np.uint8)


def slopes(levels: Levels) -> tuple[Levels, Levels]:
    """Levels a pixel, to the right and down (Sobel). Shape as theirs, float32."""
    right, down = (cv.Sobel(levels, cv.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    return np.asarray(right), np.asarray(down)


def drawn(flags: NDArray[Any]) -> Levels:
    """A mask as OpenCV wants it: 255 where it is so, 0 elsewhere."""
    return np.asarray(flags.astype(np.uint8) * np.uint8(255))


def read_empty(path: Path) -> Image:
    """A picture of a scene with nothing in it, which a watcher's `empty` names. ValueError: it can't be read."""
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise ValueError(f"empty: {path} is no picture that can be read")
    return np.asarray(found, np.uint8)

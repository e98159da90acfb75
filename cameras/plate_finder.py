"""plate_finder: where on a vehicle is there something written, such as its number plate?

Takes the text detector that comes with RapidOCR (PP-OCRv6, Apache-2.0; DB, Liao et al. 2020), or another one of its
kind: for each pixel it answers how likely it is within a line of text. Colours are not asked for: plates are blue,
green, yellow, white and black, and by infrared light all of them are grey. Each line is cut out and turned upright;
which of them is a plate is for the reader to say. A plate of two lines, as at the back of lorries, is two texts, and is
not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cameras.onnx_session import on_processor
from cameras.plate_reader import packaged
from cameras.watcher import Image

_OURS = "PP-OCRv6_det_small.onnx"
_LARGEST = 640
"""Pixels: a larger picture is made smaller. A plate is a tenth of a lorry's side, and 64 pixels then."""
_STRIDE = 32
"""The detector's pictures have sides that are multiples of this."""
_TEXT, _SURE = 0.3, 0.5
"""A pixel as likely as this is in a text; a text's pixels are as likely as that on average."""
_AROUND = 0.7
"""The detector answers with the middle of a text: it is larger by this share of its height."""
_FLAT, _LONG = 2.0, 8.0
"""A plate is 3.1 times as wide as it is high; one that is turned away is less, and the middle of a text more."""
_MOST = 4
"""Texts of one vehicle, the largest: a bus is full of them."""


class Finds(BaseModel):
    """How plates are found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path | None = None
    """A text detector (ONNX, PP-OCR's); not given: that of the package rapidocr."""
    threads: int = Field(1, ge=1, le=64)
    """Of the processor, at most."""
    smallest: int = Field(80, ge=16, le=1000)
    """Pixels: what is less wide is not read. Of plates of 60, one in four that was told was wrong."""


class PlateFinder:
    """A text detector that finds what may be plates."""

    def __init__(self, settings: Finds | None = None) -> None:
        """FileNotFoundError: there is no model."""
        self._given = settings or Finds()
        self._session = on_processor(self._given.model or packaged(_OURS), self._given.threads)
        self._input = self._session.get_inputs()[0].name

    def find(self, image: Image) -> list[Image]:
        """What may be plates in a picture of a vehicle, upright and cut out, the largest first."""
        high, wide = image.shape[:2]
        if wide < self._given.smallest:
            return []
        scale = min(1.0, _LARGEST / max(high, wide))
        sides = [max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (wide, high)]
        stretch = np.array([wide / sides[0], high / sides[1]])
        found = []
        for middle, size, angle in _lines(self._likely(image, sides[0], sides[1])):
            width, height = size * stretch  # it lies nearly level
            width, height = width + _AROUND * height, height + _AROUND * height
            if width >= self._given.smallest and _FLAT <= width / height <= _LONG:
                found.append((width, middle * stretch, height, angle))
        found.sort(key=lambda each: -each[0])
        return [_cut(image, middle, width, height, angle) for width, middle, height, angle in found[:_MOST]]

    def _likely(self, image: Image, wide: int, high: int) -> NDArray[np.float32]:
        """How likely each pixel is in a text. Shape (high, wide)."""
        import cv2

        given = cv2.resize(image, (wide, high)).astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
        likely: NDArray[np.float32] = self._session.run(None, {self._input: given})[0][0, 0]
        return likely


def _lines(likely: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    """Each line of text: its middle, its width and height, pixels, and by how many degrees it is turned (clockwise)."""
    import cv2

    for outline in cv2.findContours((likely > _TEXT).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
        middle, (width, height), angle = cv2.minAreaRect(outline)
        if min(width, height) < 3.0:
            continue
        inside = np.zeros(likely.shape, np.uint8)
        cv2.fillPoly(inside, [outline], 1)
        if float(likely[inside > 0].mean()) < _SURE:
            continue
        if width < height:
            width, height, angle = height, width, angle - 90.0
        yield np.array(middle), np.array([width, height]), (angle + 90.0) % 180.0 - 90.0


def _cut(image: Image, middle: NDArray[np.float64], width: float, height: float, angle: float) -> Image:
    """That part of the picture, turned upright."""
    import cv2

    turn = np.radians(angle)
    right = np.array([np.cos(turn), np.sin(turn)]) * width / 2
    down = np.array([-np.sin(turn), np.cos(turn)]) * height / 2
    corners = np.array([middle - right - down, middle + right - down, middle - right + down], np.float32)
    wide, high = round(width), max(1, round(height))
    to = cv2.getAffineTransform(corners, np.array([[0, 0], [wide, 0], [0, high]], np.float32))
    cut = cv2.warpAffine(image, to, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


@lru_cache(maxsize=8)
def plate_finder(settings: Finds) -> PlateFinder:
    """The process's finder: the same for all who ask for the same."""
    return PlateFinder(settings)
